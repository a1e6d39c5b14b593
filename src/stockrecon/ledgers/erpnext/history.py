"""Movements of available: Stock Ledger Entries and, where Sales Orders promise units, what these took and gave back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from stockrecon.core.model import MovementKind
from stockrecon.ledgers.erpnext.api import Api, Filter
from stockrecon.ledgers.erpnext.errors import Refused
from stockrecon.ledgers.erpnext.fields import Object, amount, flag, moment, named, text, units, written
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.paging import some, whole_list
from stockrecon.ledgers.erpnext.vouchers import SALES, Vouchers

ENTRY_FIELDS = (
    "item_code",
    "warehouse",
    "creation",
    "voucher_type",
    "voucher_no",
    "voucher_detail_no",
    "actual_qty",
    "is_cancelled",
)
_ORDER_FIELDS = ("creation", "modified", "docstatus", "status")
_LINE_FIELDS = ("item_code", "warehouse", "stock_qty", "qty", "delivered_qty", "delivered_by_supplier")
_PACKED_FIELDS = ("item_code", "warehouse", "qty", "parent_item", "parent_detail_docname")
_GIVEN_BACK = frozenset({"Closed", "On Hold"})
"""Sales Orders in these states hold no units (ERPNext: get_reserved_qty)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change of available before it is a row; `quantity` may hold a fraction, which is then told."""

    id: str
    sku: str
    at: datetime
    quantity: Decimal
    kind: MovementKind
    order_id: str = ""
    shop: str = ""
    ref: str = ""
    note: str = ""

    def row(self, whole: int) -> dict[str, object]:
        return {
            "id": self.id,
            "sku": self.sku,
            "at": self.at,
            "quantity": whole,
            "kind": self.kind.value,
            "shop": self.shop,
            "order_id": self.order_id,
            "ref": self.ref,
            "note": self.note,
        }


@dataclass(slots=True)
class History:
    """What was read of the past; `gather` may be called again for what came in meanwhile."""

    api: Api
    options: Options
    zone: str
    ledger: dict[str, Object] = field(default_factory=dict)
    orders: dict[str, Object] = field(default_factory=dict)
    lines: dict[str, list[Object]] = field(default_factory=dict)
    packed: dict[str, list[Object]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def gather(self, since: datetime) -> None:
        """What was made or cancelled since then."""
        changed: Filter = ("modified", ">=", written(since, self.zone))
        places: Filter = ("warehouse", "in", list(self.options.warehouses))
        for row in whole_list(self.api, "Stock Ledger Entry", ENTRY_FIELDS, [places, changed]):
            self.ledger[named(row, "name", "Stock Ledger Entry")] = row
        if self.options.formula.promises:
            self._gather_orders(changed)

    def rows(self, since: datetime, known: Collection[str]) -> list[dict[str, object]]:
        """The movements since then, of the SKUs that are known, in the form of the contract."""
        vouchers = Vouchers(self.api, self.options, orders=dict(self.orders))
        vouchers.read(self.ledger.values())
        events = [*self._entries(vouchers), *self._promises(vouchers)]
        made, broken = [], set()
        for event in events:
            if event.at < since or event.sku not in known:
                continue
            whole = units(event.quantity)
            if whole is None:
                broken.add(event.sku)
            elif whole:
                made.append(event.row(whole))
        if broken:
            told = ", ".join(sorted(broken)[:5])
            self.warnings.append(f"movements of a fraction of a unit are left out, of {len(broken)} SKUs: {told}")
        return made

    def _gather_orders(self, changed: Filter) -> None:
        fields = (*_ORDER_FIELDS, *Vouchers(self.api, self.options).header_fields("Sales Order"))
        found = whole_list(self.api, "Sales Order", fields, [changed, ("docstatus", "in", [1, 2])])
        names = [named(row, "name", "Sales Order") for row in found]
        self.orders |= dict(zip(names, found, strict=True))
        for doctype, kept, wanted in (
            ("Sales Order Item", self.lines, _LINE_FIELDS),
            ("Packed Item", self.packed, _PACKED_FIELDS),
        ):
            limits: list[Filter] = [("parenttype", "=", "Sales Order")]
            for name in names:
                kept[name] = []
            for row in some(self.api, doctype, wanted, "parent", names, limits, parent="Sales Order"):
                kept[named(row, "parent", doctype)].append(row)

    def _entries(self, vouchers: Vouchers) -> Iterator[Event]:
        returns_promise = self.options.formula.promises and self._returns_promise()
        for row, reverses in crossing(paired(self.ledger.values())):
            doctype = text(row.get("voucher_type"))
            if doctype not in SALES:
                yield self._other(vouchers, row, reverses)
                continue
            sold = vouchers.sold(doctype, text(row.get("voucher_no")))
            # Delivering what a Sales Order holds lowers both numbers; taking it back raises both again, unless the site
            # says that a return is not held for its order any more.
            promised = self.options.formula.promises and vouchers.for_order(row)
            if promised and (not sold.returns or returns_promise):
                continue
            kind = MovementKind.RETURN if sold.returns else MovementKind.CANCEL if reverses else MovementKind.ORDER
            yield self._event(row, kind, sold.order_id, sold.shop)

    def _other(self, vouchers: Vouchers, row: Object, reverses: bool) -> Event:
        ref = vouchers.ref(row)
        if ref:
            # A mirror image by hand would be one more write-up below zero to the audit, which nobody made.
            return self._event(row, MovementKind.CORRECTION, ref="" if reverses else ref)
        kind = vouchers.kind(row)
        quantity = amount(row.get("actual_qty"), "Stock Ledger Entry.actual_qty")
        if not quantity and text(row.get("voucher_type")) == "Stock Reconciliation":
            # It carries the level and no change (reference: ERPNext 3.6); its own document knows what was there.
            change = vouchers.counted.get(text(row.get("voucher_detail_no")), Decimal(0))
            quantity = -change if reverses else change
        return self._event(row, kind, quantity=quantity)

    def _event(
        self,
        row: Object,
        kind: MovementKind,
        order_id: str = "",
        shop: str = "",
        *,
        ref: str = "",
        quantity: Decimal | None = None,
    ) -> Event:
        name = named(row, "name", "Stock Ledger Entry")
        return Event(
            id=name,
            sku=named(row, "item_code", "Stock Ledger Entry"),
            at=moment(row.get("creation"), self.zone, f"Stock Ledger Entry {name}.creation"),
            quantity=amount(row.get("actual_qty"), "actual_qty") if quantity is None else quantity,
            kind=kind,
            order_id=order_id,
            shop=shop,
            ref=ref,
            note=f"{text(row.get('voucher_type'))} {text(row.get('voucher_no'))}",
        )

    def _promises(self, vouchers: Vouchers) -> Iterator[Event]:
        """What each Sales Order took from available, and what it gave back undelivered."""
        for name, order in self.orders.items():
            order_id, shop = vouchers.named_by("Sales Order", order)
            made = moment(order.get("creation"), self.zone, f"Sales Order {name}.creation")
            over = text(order.get("docstatus")) == "2" or text(order.get("status")) in _GIVEN_BACK
            ended = moment(order.get("modified"), self.zone, f"Sales Order {name}.modified")
            for row, sku, took, left in _taken(self.lines[name], self.packed[name], self.options.warehouses):
                number, note = named(row, "name", "Sales Order Item"), f"Sales Order {name}"
                yield Event(number, sku, made, -took, MovementKind.ORDER, order_id, shop, note=note)
                if over:
                    yield Event(f"{number}:cancel", sku, ended, left, MovementKind.CANCEL, order_id, shop, note=note)

    def _returns_promise(self) -> bool:
        """Whether units that came back are held for their Sales Order once more: ERPNext's way unless it is told."""
        try:
            told = self.api.setting("Selling Settings", "dont_reserve_sales_order_qty_on_sales_return")
        except Refused:
            return True
        return not flag(told)


def paired(rows: Iterable[Object]) -> Iterator[tuple[Object, bool]]:
    """Stock Ledger Entries in the order of their making, each with whether it takes an earlier one back.

    Cancelling a document marks its entries and adds their mirror images, all of them marked `is_cancelled`.
    """
    open_ones: dict[tuple[str, ...], list[Decimal]] = {}
    for row in sorted(rows, key=lambda row: (text(row.get("creation")), text(row.get("name")))):
        if not flag(row.get("is_cancelled")):
            yield row, False
            continue
        key = tuple(text(row.get(name)) for name in ("voucher_no", "voucher_detail_no", "item_code", "warehouse"))
        quantity = amount(row.get("actual_qty"), "Stock Ledger Entry.actual_qty")
        waiting = open_ones.setdefault(key, [])
        if -quantity in waiting:
            waiting.remove(-quantity)
            yield row, True
        else:
            waiting.append(quantity)
            yield row, False


def crossing(rows: Iterable[tuple[Object, bool]]) -> Iterator[tuple[Object, bool]]:
    """Without what only went from one of our warehouses to another, which is two entries of one row of a document."""
    groups: dict[tuple[str, ...], list[tuple[Object, bool]]] = {}
    for row, reverses in rows:
        line = (text(row.get(name)) for name in ("voucher_type", "voucher_no", "voucher_detail_no", "item_code"))
        groups.setdefault((*line, str(reverses)), []).append((row, reverses))
    for (_, _, detail, _, _), group in groups.items():
        rest = sum(amount(row.get("actual_qty"), "Stock Ledger Entry.actual_qty") for row, _ in group)
        if rest or not detail or len({text(row.get("warehouse")) for row, _ in group}) == 1:
            yield from group


def _taken(
    lines: Sequence[Object], packed: Sequence[Object], warehouses: Sequence[str]
) -> Iterator[tuple[Object, str, Decimal, Decimal]]:
    """Row, SKU, units that it took, and those of them that are not delivered. Drop shipments take none."""
    left: Mapping[str, Decimal] = {
        named(row, "name", "Sales Order Item"): _share(row)
        for row in lines
        if not flag(row.get("delivered_by_supplier"))
    }
    for row in lines:
        share = left.get(named(row, "name", "Sales Order Item"))
        if share is not None and text(row.get("warehouse")) in warehouses:
            took = amount(row.get("stock_qty"), "Sales Order Item.stock_qty")
            yield row, named(row, "item_code", "Sales Order Item"), took, took * share
    for row in packed:
        share = left.get(text(row.get("parent_detail_docname")))
        own = row.get("item_code") != row.get("parent_item")
        if share is not None and own and text(row.get("warehouse")) in warehouses:
            took = amount(row.get("qty"), "Packed Item.qty")
            yield row, named(row, "item_code", "Packed Item"), took, took * share


def _share(row: Object) -> Decimal:
    """The part of an order's row that is not delivered."""
    asked = amount(row.get("qty"), "Sales Order Item.qty")
    delivered = amount(row.get("delivered_qty"), "Sales Order Item.delivered_qty")
    return max(Decimal(0), asked - delivered) / asked if asked else Decimal(0)
