"""Which warehouses the SKUs of a shop show, and what to say where that is a question (reference: Lazada 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stockrecon.channels.lazada.fields import plain
from stockrecon.channels.lazada.listings import Variation
from stockrecon.errors import ReadFault

_MOST_NAMED = 5


@dataclass(slots=True)
class Warehouses:
    """`chosen`: the one that counts, "" for all. `seller` asks Lazada for the codes of all of the seller's.

    `units`: by code, as the SKUs show them; those without stock are left out of Lazada's answers.
    """

    who: str
    chosen: str
    seller: Callable[[], Iterable[str]]
    units: dict[str, int] = field(default_factory=dict)

    def note(self, variations: Iterable[Variation]) -> None:
        for one in variations:
            for code, units in one.places:
                self.units[code] = self.units.get(code, 0) + units

    def warnings(self) -> list[str]:
        """What to say where the stock of several warehouses was counted as one.

        Raises ReadFault where the one that counts is not the seller's: every SKU would show 0 in it.
        """
        used = sorted(code for code, units in self.units.items() if units)
        if not self.chosen and len(used) > 1:
            said = f"the stock of {len(used)} warehouses is counted as one ({_named(used)})"
            return [f"{said}: what moves between them is not seen; name the one that the ledger keeps with warehouse"]
        if not self.chosen or not used or self.chosen.casefold() in (code.casefold() for code in self.units):
            return []
        try:
            told = list(self.seller())
        except ReadFault:
            told = []
        if self.chosen.casefold() in (code.casefold() for code in told):
            return []
        known = sorted({*told, *used})
        words = f"the seller has no warehouse {plain(self.chosen, 40)}, there are {_named(known)}"
        raise ReadFault(self.who, words, way_on="correct warehouse in the configuration")


def elsewhere(chosen: str, seller: Callable[[], Iterable[str]]) -> frozenset[str]:
    """The seller's warehouses that do not count, in small letters; none where all do or Lazada does not tell."""
    if not chosen:
        return frozenset()
    try:
        return frozenset(code.casefold() for code in seller()) - {chosen.casefold()}
    except ReadFault:
        return frozenset()


def _named(codes: list[str]) -> str:
    more = f" and {len(codes) - _MOST_NAMED} more" if len(codes) > _MOST_NAMED else ""
    return ", ".join(plain(code, 40) for code in codes[:_MOST_NAMED]) + more
