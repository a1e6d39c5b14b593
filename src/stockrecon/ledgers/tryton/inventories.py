"""The inventories behind moves, and the marks by which corrections are known among them.

A correction is an inventory of one line that carries a link as an attachment, named by the correction's reference:
an inventory has no text of its own that a program may write (its number comes from Tryton's sequence).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.fields import identity, ids, link, reference, text
from stockrecon.ledgers.tryton.moves import Move
from stockrecon.ledgers.tryton.paging import some

INVENTORY = "stock.inventory"
LINE = "stock.inventory.line"
ATTACHMENT = "ir.attachment"
LINK = "stockrecon:correction"
"""Where a mark's link leads: nowhere; it tells a mark from what people attach."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """`ref`: of the correction that it is; "" for any other."""

    id: int
    number: str
    lines: int
    ref: str = ""


def marks(tryton: Tryton, inventories: Iterable[int]) -> dict[int, str]:
    """The references of those of the inventories that are corrections."""
    # Attachments can be searched by what they are attached to alone.
    asked = [f"{INVENTORY},{one}" for one in sorted(set(inventories))]
    found: dict[int, str] = {}
    rows = some(tryton, ATTACHMENT, "resource", asked, ("name", "resource"), [["link", "=", LINK]])
    for row in rows:
        found.setdefault(reference(row.get("resource"))[1], text(row.get("name")))
    return found


class Inventories:
    """Looks up, for moves that a count made, which inventory that was; each inventory once."""

    def __init__(self, tryton: Tryton) -> None:
        self._tryton = tryton
        self._known: dict[int, Inventory] = {}

    def of(self, moves: Iterable[Move]) -> Mapping[int, Inventory]:
        """By the inventory's line."""
        lines = sorted({move.origin[1] for move in moves if move.origin[0] == LINE})
        owners: dict[int, int] = {}
        for row in some(self._tryton, LINE, "id", lines, ("inventory",)):
            owner = link(row.get("inventory"), f"{LINE}: inventory")
            if owner is not None:
                owners[identity(row.get("id"), f"{LINE}: id")] = owner
        self._learn(set(owners.values()) - self._known.keys())
        return {line: self._known[owner] for line, owner in owners.items() if owner in self._known}

    def _learn(self, wanted: set[int]) -> None:
        rows = some(self._tryton, INVENTORY, "id", sorted(wanted), ("number", "lines"))
        found = [
            Inventory(
                identity(row.get("id"), f"{INVENTORY}: id"),
                text(row.get("number")),
                len(ids(row.get("lines"), f"{INVENTORY}: lines")),
            )
            for row in rows
        ]
        refs = marks(self._tryton, (one.id for one in found if one.lines == 1))
        for one in found:
            self._known[one.id] = Inventory(one.id, one.number, one.lines, refs.get(one.id, ""))
