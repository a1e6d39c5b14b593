"""Moves as the ledger's movements: signed changes of available, with time, kind and reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from stockrecon.core.model import Sku
from stockrecon.ledgers.odoo.fields import down, up
from stockrecon.ledgers.odoo.moves import Move
from stockrecon.ledgers.odoo.places import Scope
from stockrecon.ledgers.odoo.sales import Sale
from stockrecon.ledgers.odoo.setup import Available, Setup

# A correction's reference, and what Odoo 18 hangs behind it: the name of the user that counted.
_OURS = re.compile(r"(?P<ref>stockrecon:.*:[^\s:]+)(?: \(.*\))?", re.DOTALL)
_MARK = "stockrecon:"
"""Whatever reason begins like this, be it typed by hand: an adjustment that takes a correction back is one of ours too.
As a manual movement it would be a write-up where the balance is negative, and the next cancellation one too many."""
# Copied from a list where the name hung behind the reference.
_NAME_INSIDE = re.compile(r" \([^()]*\):undo$")


@dataclass(frozen=True, slots=True)
class Teller:
    """Turns moves into rows of `movements`. `chained`: moves out that only take on another one's units."""

    setup: Setup
    scope: Scope
    skus: Mapping[int, Sku]
    sales: Mapping[int, Sale]
    chained: frozenset[int]
    since: datetime

    def rows(self, found: Iterable[Move]) -> Iterator[dict[str, object]]:
        """Those at or after `since`; older ones are part of a list that does not reach back to its beginning."""
        for move in found:
            if move.product in self.skus:
                for row in self._told(move):
                    at = row["at"]
                    if isinstance(at, datetime) and at >= self.since and row["quantity"]:
                        yield row

    def _told(self, move: Move) -> Iterator[dict[str, object]]:
        takes = self._takes(move)
        if takes and self._is_sale(move):
            yield from self._sold(move)
        elif move.state == "done" and (takes or move.enters):
            yield self._done(move, takes)

    def _takes(self, move: Move) -> bool:
        """Whether it takes units off available: of several steps the first, but what is on hand goes with the last."""
        if self.setup.available is Available.ON_HAND:
            return move.sent
        return move.leaves and move.id not in self.chained

    def _is_sale(self, move: Move) -> bool:
        return self.scope.usage(move.goal) == "customer"

    def _sold(self, move: Move) -> Iterator[dict[str, object]]:
        """An order takes its units when it is confirmed, and gives them back when its move is cancelled."""
        if self.setup.available is Available.ON_HAND:
            if move.state == "done":
                yield self._row(move, move.date or move.changed, -up(move.units), "order")
            return
        if not move.is_open and move.state not in ("done", "cancel"):
            return
        sale = self.sales.get(move.sale_line or 0)
        # A move that was split off (a backorder) is younger than its order.
        taken = min(move.created, sale.at) if sale is not None and sale.at is not None else move.created
        yield self._row(move, taken, -up(move.units), "order")
        if move.state == "cancel":
            yield self._row(move, move.changed, up(move.units), "cancel", "-cancel")

    def _done(self, move: Move, takes: bool) -> dict[str, object]:
        at = move.date or move.changed
        quantity = -up(move.units) if takes else down(move.units)
        other = self.scope.usage(move.goal if takes else move.source)
        if other == "inventory" or move.inventory:
            return self._adjusted(move, at, quantity)
        if other == "customer":
            return self._row(move, at, quantity, "return")
        if other == "supplier" or (other == "production" and move.enters):
            return self._row(move, at, quantity, "receipt")
        return self._row(move, at, quantity, "transfer")

    def _adjusted(self, move: Move, at: datetime, quantity: int) -> dict[str, object]:
        reason = move.reference.strip()
        if reason.lower().startswith(_MARK):
            ours = _OURS.fullmatch(reason)
            ref = _NAME_INSIDE.sub(":undo", ours["ref"]) if ours is not None else ""
            return {**self._row(move, at, quantity, "correction"), "ref": ref}
        counted = any(fnmatchcase(move.reference, pattern) for pattern in self.setup.stocktakes)
        return self._row(move, at, quantity, "stocktake" if counted else "manual")

    def _row(self, move: Move, at: datetime, quantity: int, kind: str, ending: str = "") -> dict[str, object]:
        sale = self.sales.get(move.sale_line or 0) if kind in ("order", "cancel", "return") else None
        return {
            "id": f"{move.id}{ending}",
            "sku": self.skus[move.product],
            "at": at,
            "quantity": quantity,
            "kind": kind,
            "shop": sale.shop if sale is not None else "",
            "order_id": sale.order_id if sale is not None else "",
            "note": " ".join(part for part in (move.reference, move.origin) if part),
        }
