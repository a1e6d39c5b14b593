"""Which warehouses a shop has, as its SKUs and Lazada tell them, and what to say where that is a question (3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stockrecon.channels.lazada.fields import plain
from stockrecon.channels.lazada.listings import Variation
from stockrecon.channels.lazada.verdicts import Refused
from stockrecon.channels.origins import Origins, named
from stockrecon.errors import AuthFault, ReadFault


@dataclass(slots=True)
class Warehouses:
    """`chosen`: the one that counts, "" for all. `told`: the codes of all of the seller's, none where all count, or
    where Lazada refuses to tell them: `refused` is why.

    `units`: by code, as the SKUs show them; those without stock are left out of Lazada's answers.
    """

    who: str
    chosen: str
    told: tuple[str, ...] = ()
    refused: str = ""
    units: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, who: str, chosen: str, seller: Callable[[], Iterable[str]]) -> Warehouses:
        """Asks Lazada (`seller`) where one counts. Raises ReadFault where it fails: that is no seller with one."""
        if not chosen:
            return cls(who, chosen)
        try:
            told = tuple(dict.fromkeys(seller()))
        except (Refused, AuthFault) as fault:
            return cls(who, chosen, refused=fault.what)
        return cls(who, chosen, told, "" if told else "its list names none")

    def note(self, variations: Iterable[Variation]) -> None:
        for one in variations:
            for code, units in one.places:
                self.units[code] = self.units.get(code, 0) + units

    @property
    def origins(self) -> Origins:
        """Where the units of orders may be sent from; codes in small letters."""
        known = Origins(
            chosen=self.chosen.casefold(),
            known=frozenset(code.casefold() for code in self.told),
            refused=self.refused,
            vendor="Lazada",
            word="warehouse",
            option="warehouse",
        )
        return known.seeing(code.casefold() for code in self.units)

    def warnings(self) -> list[str]:
        """What to say where the stock of several warehouses was counted as one.

        Raises ReadFault where the one that counts is not the seller's: every SKU would show 0 in it.
        """
        used = [code for code, units in self.units.items() if units]
        if not self.chosen and len(used) > 1:
            said = f"the stock of {len(used)} warehouses is counted as one ({named(used)})"
            return [f"{said}: what moves between them is not seen; name the one that the ledger keeps with warehouse"]
        if not self.chosen or not used or self.chosen.casefold() in (code.casefold() for code in self.units):
            return []
        if self.chosen.casefold() in (code.casefold() for code in self.told):
            return []
        words = f"the seller has no warehouse {plain(self.chosen, 40)}, there are {named({*self.told, *used})}"
        raise ReadFault(self.who, words, way_on="correct warehouse in the configuration")
