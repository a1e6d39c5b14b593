"""What orders took and gave back, out of the published order calls: movements of kind `order` and `cancel`.

They are no whole history: what people, receipts and counts changed is not among them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.core.model import MovementKind
from stockrecon.errors import ReadFault
from stockrecon.ledgers.omisell.api import Api
from stockrecon.ledgers.omisell.errors import WHO
from stockrecon.ledgers.omisell.fields import Object, moment, named, number, objects, plain, word
from stockrecon.ledgers.omisell.setup import Status


@dataclass(slots=True)
class Orders:
    """`gather` may be called again for what changed meanwhile. `heads`, `lines`: by Omisell's number of the order."""

    api: Api
    heads: dict[str, Object] = field(default_factory=dict)
    lines: dict[str, dict[str, int]] = field(default_factory=dict)

    def gather(self, since: datetime, until: datetime) -> int:
        """What changed between these times; how many orders did since they were read last.

        Raises ReadFault where an order is in a state that nobody has said the meaning of.
        """
        query = {"updated_from": _unix(since), "updated_to": _unix(until), "status_group": "all"}
        rows = self.api.everything("orders", lambda row: named(row, "omisell_order_number", "orders"), query)
        self._known(rows)
        changed = 0
        for row in rows:
            name = named(row, "omisell_order_number", "orders")
            before = self.heads.get(name)
            if before is not None and all(before.get(key) == row.get(key) for key in ("updated_time", "status_id")):
                continue
            changed += 1
            self.heads[name] = row
            if self._status(row) is not Status.NONE:
                self.lines[name] = lines_of(self.api.one("order", order=name), name)
        return changed

    def rows(self, since: datetime, known: Collection[str]) -> list[dict[str, object]]:
        """Movements since then, of the SKUs that are known, in the form of the contract."""
        made = []
        for name, head in self.heads.items():
            status = self._status(head)
            if status is Status.NONE:
                continue
            taken = _at(head, "created_time", name)
            # The order's last change; one after its cancellation moves it (inferred: no time of cancelling is told).
            back = _at(head, "updated_time", name) if status is Status.CANCELLED else None
            for sku, units in self.lines.get(name, {}).items():
                if sku not in known:
                    continue
                if taken >= since:
                    made.append(self._row(head, f"{name}:{sku}", sku, taken, -units, MovementKind.ORDER))
                if back is not None and back >= since:
                    made.append(self._row(head, f"{name}:{sku}:cancel", sku, back, units, MovementKind.CANCEL))
        return made

    def _row(
        self, head: Object, name: str, sku: str, at: datetime, units: int, kind: MovementKind
    ) -> dict[str, object]:
        return {
            "id": name,
            "sku": sku,
            "at": at,
            "quantity": units,
            "kind": kind.value,
            "shop": self.api.setup.shops.get(word(head.get("shop_id")), ""),
            "order_id": word(head.get("order_number")),
            "note": f"Omisell order {name.partition(':')[0]}",
        }

    def _status(self, head: Object) -> Status:
        return self.api.setup.statuses[word(head.get("status_id"))]

    def _known(self, rows: list[Object]) -> None:
        unknown: dict[str, str] = {}
        for row in rows:
            number_of = named(row, "status_id", "orders")
            if number_of not in self.api.setup.statuses:
                unknown[number_of] = plain(row.get("status_name"), 60)
        if unknown:
            told = ", ".join(f"{number_of} ({name or 'no name'})" for number_of, name in sorted(unknown.items()))
            first = min(unknown)
            raise ReadFault(
                WHO,
                f"orders are in states whose meaning for stock is not known here: {told}",
                way_on=f'say it: ledger.statuses: {{"{first}": taken}} (its units are taken off), cancelled (they came '
                "back) or none (it never took any); or ledger.orders: none",
            )


def lines_of(order: Object, name: str) -> dict[str, int]:
    """Units by inventory SKU, over all parcels: kits stand there as what they are made of (reference: Omisell 3.1)."""
    found: dict[str, int] = {}
    for parcel in objects(order.get("parcels"), f"order {name}: parcels"):
        for item in objects(parcel.get("inventory_items"), f"order {name}: inventory_items"):
            sku = named(item, "inventory_sku", f"order {name}")
            units = number(item, "quantity", f"order {name}: {sku}")
            found[sku] = found.get(sku, 0) + units
    return {sku: units for sku, units in found.items() if units}


def _at(head: Object, key: str, name: str) -> datetime:
    return moment(head.get(key), None, f"order {name}: {key}")


def _unix(at: datetime) -> str:
    return str(int(at.timestamp()))
