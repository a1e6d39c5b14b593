"""What counts as available, out of the numbers that Omisell tells of a SKU.

Omisell has two knobs by which a listing differs from what lies there by design: buffer stock is kept back from
available, supplementary stock lets listings sell beyond it (help.omisell.com, buffer and supplementary stock).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stockrecon.errors import UsageFault
from stockrecon.ledgers.omisell.fields import Object, number

SIGNS = {"available": 1, "on_hand": 1, "held": -1, "buffer": -1, "supplementary": 1}
_FORMULA = re.compile(r"\s*[a-z_]+\s*([+-]\s*[a-z_]+\s*)*")
_TERM = re.compile(r"([+-]?)\s*([a-z_]+)")
_WAYS = "write `available`, or `on_hand` less any of `held` and `buffer`; either plus `supplementary`"


@dataclass(frozen=True, slots=True)
class Formula:
    """Names of `ledger.fields`, each added or taken off as its meaning says."""

    names: tuple[str, ...]

    @staticmethod
    def read(text: str) -> Formula:
        """`on_hand - held + supplementary`. Raises UsageFault."""
        terms = [(-1 if sign == "-" else 1, name) for sign, name in _TERM.findall(text)]
        names = tuple(name for _, name in terms)
        fault = ""
        if _FORMULA.fullmatch(text) is None or any(SIGNS.get(name) != sign for sign, name in terms):
            fault = "is not understood"
        elif len(set(names)) != len(names):
            fault = "names something twice"
        elif ("available" in names) == ("on_hand" in names):
            fault = "needs one of available and on_hand"
        elif "available" in names and {"held", "buffer"} & set(names):
            fault = "takes off once more what Omisell's available has taken off"
        if fault:
            raise UsageFault(f"ledger.available: {text!r} {fault}", way_on=_WAYS)
        return Formula(names)

    def of(self, row: Object, fields: Mapping[str, str], where: str) -> int:
        """Available of one row. Raises Malformed where a number is missing: unknown is never 0."""
        return sum(SIGNS[name] * number(row, fields[name], f"{where}: {name}") for name in self.names)

    def knobs(self) -> str:
        """What becomes of the two knobs, in a sentence."""
        if "available" in self.names:
            buffer = "Omisell has taken buffer stock off already"
        elif "buffer" in self.names:
            buffer = "buffer stock is taken off"
        else:
            buffer = "buffer stock is NOT taken off"
        extra = "is added" if "supplementary" in self.names else "is NOT added"
        return f"{buffer}; supplementary stock {extra}"

    def __str__(self) -> str:
        head, *rest = self.names
        return head + "".join(f" {'-' if SIGNS[name] < 0 else '+'} {name}" for name in rest)
