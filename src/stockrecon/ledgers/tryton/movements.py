"""What moves mean as movements of "available": their kind, their time, and what of them was taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from stockrecon.core.model import MovementKind, Sku
from stockrecon.ledgers.tryton.inventories import LINE, Inventory
from stockrecon.ledgers.tryton.moves import Move
from stockrecon.ledgers.tryton.places import Scope
from stockrecon.ledgers.tryton.setup import Setup

_DAY = timedelta(days=1)
_CANCELLED = "-cancel"
"""What the id of a cancellation has behind its move's."""
_SHIPMENTS = {
    "stock.shipment.out": "Customer Shipment",
    "stock.shipment.out.return": "Customer Return",
    "stock.shipment.in": "Supplier Shipment",
    "stock.shipment.in.return": "Supplier Return",
    "stock.shipment.internal": "Internal Shipment",
}


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of the ledger's movements."""

    id: str
    sku: Sku
    at: datetime
    units: Decimal
    kind: MovementKind
    shop: str = ""
    order_id: str = ""
    ref: str = ""
    note: str = ""

    def row(self) -> dict[str, object]:
        return {
            "id": self.id,
            "sku": self.sku,
            "at": self.at,
            "quantity": int(self.units),
            "kind": self.kind.value,
            "shop": self.shop or None,
            "order_id": self.order_id or None,
            "ref": self.ref or None,
            "note": self.note or None,
        }


@dataclass(frozen=True, slots=True)
class Teller:
    """`inventories`: by line, of the moves that are told."""

    scope: Scope
    setup: Setup
    inventories: Mapping[int, Inventory]

    def movements(self, sku: Sku, move: Move) -> Iterator[Movement]:
        """What it did to available, oldest first: nothing before it counts, and twice where it was taken back."""
        made = self._made(sku, move)
        if move.state == "cancelled" and not self._counted(move):
            return
        if move.is_open and not self.setup.available.counts_open(leaves=move.leaves):
            return
        if move.state not in ("draft", "assigned", "done", "cancelled"):
            return
        yield made
        if move.state == "cancelled":
            # A cancelled move is never changed again: what changed it last was its cancellation.
            kind = MovementKind.CANCEL if made.kind is MovementKind.ORDER else _TAKEN_BACK.get(made.kind, made.kind)
            yield replace(
                made, id=made.id + _CANCELLED, at=max(made.at, move.changed), units=-made.units, kind=kind, ref=""
            )

    def _counted(self, move: Move) -> bool:
        """Whether a cancelled move had ever counted: done ones have a date, and can be cancelled as well."""
        return self.setup.available.counts_open(leaves=move.leaves) or move.effective is not None

    def _made(self, sku: Sku, move: Move) -> Movement:
        kind, inventory = self._kind(move)
        order_id, shop = self._order(move) if move.other == "customer" else ("", "")
        return Movement(
            id=str(move.id),
            sku=sku,
            at=self._at(move),
            units=move.signed,
            kind=kind,
            shop=shop,
            order_id=order_id,
            ref=inventory.ref if inventory is not None else "",
            note=_note(move, inventory),
        )

    def _at(self, move: Move) -> datetime:
        """When it began to count.

        What an inventory counts is made and done at once. Of what is done later, Tryton keeps the day alone; its last
        change is the time of day, unless that came on a later day (a new cost price changes old moves).
        """
        counts_at_once = self.setup.available.counts_open(leaves=move.leaves) or move.origin[0] == LINE
        if counts_at_once or move.effective is None:
            return move.made
        ends = datetime.combine(move.effective + _DAY, time(), self.scope.zone).astimezone(UTC)
        return max(move.made, min(move.changed, ends - timedelta(microseconds=1)))

    def _kind(self, move: Move) -> tuple[MovementKind, Inventory | None]:
        if move.other == "lost_found":
            inventory = self.inventories.get(move.origin[1]) if move.origin[0] == LINE else None
            return self._counted_kind(inventory), inventory
        if move.other == "customer":
            return (MovementKind.ORDER if move.leaves else MovementKind.RETURN), None
        if move.other == "supplier":
            return (MovementKind.RETURN if move.leaves else MovementKind.RECEIPT), None
        if move.other == "production" and not move.leaves:
            return MovementKind.RECEIPT, None
        return MovementKind.TRANSFER, None

    def _counted_kind(self, inventory: Inventory | None) -> MovementKind:
        if inventory is not None and inventory.ref:
            return MovementKind.CORRECTION
        if inventory is not None and inventory.lines >= self.setup.stocktake_lines:
            return MovementKind.STOCKTAKE
        return MovementKind.MANUAL

    def _order(self, move: Move) -> tuple[str, str]:
        order, shop = move.told_order, move.told_shop
        if self.setup.order_pattern is not None:
            match = self.setup.order_pattern.fullmatch(order)
            found = match.groupdict() if match is not None else {}
            order, shop = found.get("order") or "", found.get("shop") or shop
        shops = self.setup.shops
        return order, (shops.get(shop, "") if shops else shop) if order else ""


_TAKEN_BACK = {MovementKind.STOCKTAKE: MovementKind.MANUAL}
"""Who cancels the move of a count puts the balance back by hand.

A correction's stays one: by hand it would be one more write-up below zero to the audit, which nobody made.
"""


def one_after_another(told: Sequence[Movement]) -> list[Movement]:
    """Those of one product. An order that is cancelled and made anew is taken again after it was given back.

    Tryton stamps what one transaction does (an amendment of a sale, a program) with one time, and among movements of
    one time the ids decide, as texts: 10 before 9-cancel. What is made anew is told a microsecond later.
    """
    given_back: dict[tuple[str, str, datetime], set[str]] = {}
    for one in told:
        if one.kind is MovementKind.CANCEL and one.order_id:
            given_back.setdefault((one.shop, one.order_id, one.at), set()).add(one.id.removesuffix(_CANCELLED))
    later = {
        (one.id, one.at)
        for one in told
        if one.kind is MovementKind.ORDER and given_back.get((one.shop, one.order_id, one.at), set()) - {one.id}
    }
    return [
        replace(one, at=one.at + timedelta(microseconds=1))
        if (one.id.removesuffix(_CANCELLED), one.at) in later
        else one
        for one in told
    ]


def _note(move: Move, inventory: Inventory | None) -> str:
    if inventory is not None:
        return f"Inventory {inventory.number}".strip()
    model, number = move.shipment
    return f"{_SHIPMENTS.get(model, '')} {number}".strip()
