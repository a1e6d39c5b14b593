"""The documents behind Stock Ledger Entries: what kind of movement each made, for which order of which shop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from stockrecon.core.model import MovementKind
from stockrecon.ledgers.erpnext.amended import FROM, Amendments
from stockrecon.ledgers.erpnext.api import Api
from stockrecon.ledgers.erpnext.fields import Object, amount, flag, named, text
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.paging import some
from stockrecon.ledgers.erpnext.stock import shop_of

SALES: Mapping[str, tuple[str, str]] = {
    "Delivery Note": ("Delivery Note Item", "against_sales_order"),
    "Sales Invoice": ("Sales Invoice Item", "sales_order"),
}
"""Documents by which sold units leave, their tables, and the field of a row that names its Sales Order."""
_KINDS: Mapping[str, MovementKind] = {
    "Purchase Receipt": MovementKind.RECEIPT,
    "Purchase Invoice": MovementKind.RECEIPT,
    "Subcontracting Receipt": MovementKind.RECEIPT,
    "Stock Reconciliation": MovementKind.STOCKTAKE,
    "Opening Stock": MovementKind.RECEIPT,
    "Material Issue": MovementKind.MANUAL,
    "Material Receipt": MovementKind.MANUAL,
    "Stock Entry": MovementKind.TRANSFER,
}
"""By the Stock Entry's or Stock Reconciliation's purpose, else by the voucher's type; what is not here is by hand."""


@dataclass(frozen=True, slots=True)
class Sold:
    """Whose order a document is; `shop` and `order_id` are "" where nothing names them."""

    order_id: str = ""
    shop: str = ""
    returns: bool = False


@dataclass(slots=True)
class Vouchers:
    """What is asked of the documents, each once. `orders`: Sales Orders that are known already, by name."""

    api: Api
    options: Options
    orders: dict[str, Object] = field(default_factory=dict)
    entries: dict[str, Object] = field(default_factory=dict)
    counts: dict[str, Object] = field(default_factory=dict)
    sales: dict[tuple[str, str], Object] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[Object]] = field(default_factory=dict)
    counted: dict[str, Decimal] = field(default_factory=dict)
    amended: Amendments = field(init=False)

    def __post_init__(self) -> None:
        self.amended = Amendments(self.api)

    def read(self, ledger: Iterable[Object]) -> None:
        """The documents that these Stock Ledger Entries name."""
        names: dict[str, set[str]] = {}
        for row in ledger:
            kind = named(row, "voucher_type", "Stock Ledger Entry")
            names.setdefault(kind, set()).add(named(row, "voucher_no", "Stock Ledger Entry"))
        fields = self.entry_fields()
        for row in some(self.api, "Stock Entry", fields, "name", names.get("Stock Entry", ())):
            self.entries[named(row, "name", "Stock Entry")] = row
        self._read_counts(names.get("Stock Reconciliation", ()))
        for doctype in SALES:
            self._read_sales(doctype, names.get(doctype, ()))
        if self.orders:
            self.amended.learn("Sales Order", self.orders, self.header_fields("Sales Order"))

    def entry_fields(self) -> tuple[str, ...]:
        own = self.options.ref_field
        return ("purpose", "docstatus", own) if own in self.api.meta("Stock Entry") else ("purpose", "docstatus")

    def header_fields(self, doctype: str) -> tuple[str, ...]:
        """Those of the configured fields that this kind of document has, and what it was amended from."""
        known = self.api.meta(doctype)
        return tuple(name for name in (self.options.order_field, self.options.shop_field, FROM) if name in known)

    def kind(self, row: Object) -> MovementKind:
        """Of one Stock Ledger Entry that is no sale."""
        kind, name = text(row.get("voucher_type")), text(row.get("voucher_no"))
        purpose = text((self.entries.get(name) or self.counts.get(name) or {}).get("purpose"))
        for said in (purpose, kind):
            if said in self.options.kinds:
                return self.options.kinds[said]
        return _KINDS.get(purpose) or _KINDS.get(kind) or MovementKind.MANUAL

    def ref(self, row: Object) -> str:
        """The correction's reference that the Stock Entry behind a row carries; "" for none."""
        if text(row.get("voucher_type")) != "Stock Entry":
            return ""
        return text(self.entries.get(text(row.get("voucher_no")), {}).get(self.options.ref_field))

    def sold(self, doctype: str, name: str) -> Sold:
        """Whose order a sale is: by its own fields, else by those of the Sales Order that its rows name."""
        document = self.sales.get((doctype, name), {})
        order, shop = self.named_by(doctype, document)
        if not order or not shop:
            link = SALES[doctype][1]
            behind = {text(row.get(link)) for row in self.rows.get((doctype, name), ())} - {""}
            if len(behind) == 1:
                theirs, of_shop = self.named_by("Sales Order", self.orders.get(behind.pop(), {}))
                order, shop = order or theirs, shop or of_shop
        return Sold(order, shop, flag(document.get("is_return")))

    def named_by(self, doctype: str, document: Object) -> tuple[str, str]:
        """Order id and shop as a document's own fields say; all that were amended from one another say the same.

        The newest that says anything is right: people amend to correct. With `order_field: name` a Sales Order's own
        name is the order's, which amending changes (`X` becomes `X-1`), so the oldest is.
        """
        order = shop = name = ""
        for one in self.amended.line(doctype, document):
            order = order or text(one.get(self.options.order_field))
            shop = shop or (text(one.get(self.options.shop_field)) if self.options.shop_field else "")
            name = text(one.get(FROM)) or text(one.get("name"))
        if self.options.order_field == "name":
            order = name if doctype == "Sales Order" else ""
        return order, shop_of(shop, self.options) if shop else ""

    def for_order(self, row: Object) -> bool:
        """Whether a Stock Ledger Entry of a sale carries out a Sales Order, which had taken the units before."""
        doctype, name = text(row.get("voucher_type")), text(row.get("voucher_no"))
        link = SALES[doctype][1]
        rows = self.rows.get((doctype, name), [])
        detail = text(row.get("voucher_detail_no"))
        own = [one for one in rows if text(one.get("name")) == detail]
        # Of a Product Bundle's components some versions name the packed row, which is none of these.
        return any(text(one.get(link)) for one in (own or rows))

    def _read_counts(self, names: Collection[str]) -> None:
        for row in some(self.api, "Stock Reconciliation", ("purpose",), "name", names):
            self.counts[named(row, "name", "Stock Reconciliation")] = row
        doctype = "Stock Reconciliation Item"
        rows = some(self.api, doctype, ("qty", "current_qty"), "parent", names, parent="Stock Reconciliation")
        for row in rows:
            change = amount(row.get("qty"), f"{doctype}.qty") - amount(row.get("current_qty"), f"{doctype}.current_qty")
            self.counted[named(row, "name", doctype)] = change

    def _read_sales(self, doctype: str, names: Collection[str]) -> None:
        if not names:
            return
        fields = ("is_return", *self.header_fields(doctype))
        found = {named(row, "name", doctype): row for row in some(self.api, doctype, fields, "name", names)}
        self.sales |= {(doctype, name): row for name, row in found.items()}
        self.amended.learn(doctype, found, fields)
        table, link = SALES[doctype]
        fields = (link,)
        rows = some(self.api, table, fields, "parent", names, parent=doctype)
        for row in rows:
            self.rows.setdefault((doctype, named(row, "parent", table)), []).append(row)
        behind = {text(row.get(link)) for row in rows} - {"", *self.orders}
        wanted = self.header_fields("Sales Order")
        for row in some(self.api, "Sales Order", wanted, "name", behind):
            self.orders[named(row, "name", "Sales Order")] = row
