"""What links sales documents: deliveries tell their orders what was sent, and hold them from being cancelled.

Written from the vendor's public source (Sales Order, Delivery Note, `get_reserved_qty`; Frappe's links and amendments).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.erp.erpnext_errors import Raised, invalid

if TYPE_CHECKING:
    from tests.erp.erpnext_kept import Kept

Doc = dict[str, Any]
Tables = dict[str, dict[str, Doc]]
LINKED = {
    "Sales Order": (("Delivery Note", "against_sales_order"), ("Sales Invoice", "sales_order")),
    "Delivery Note": (("Delivery Note", "return_against"), ("Sales Invoice", "delivery_note")),
}
"""What links to a document, by its own field or by one of its rows'."""
_OPEN = "To Deliver and Bill"


def linked(tables: Tables, doctype: str, name: str) -> None:
    """Raises for a document to which a submitted one links: that one has to be cancelled before it."""
    for other, field in LINKED.get(doctype, ()):
        for doc in tables[other].values():
            if doc["docstatus"] == 1 and any(row.get(field) == name for row in (doc, *doc.get("items", []))):
                words = f"Cannot delete or cancel because {doctype} {name} is linked with {other} {doc['name']}"
                raise Raised("LinkExistsError", words)


def tell_orders(site: Kept, note: Doc) -> None:
    """Counts anew what was delivered, and given back, of the orders of a delivery note; returns lower the first."""
    sent: dict[str, float] = {}
    back: dict[str, float] = {}
    for one in site.tables["Delivery Note"].values():
        for row in one["items"] if one["docstatus"] == 1 else []:
            detail, units = str(row.get("so_detail")), float(row.get("qty") or 0)
            sent[detail] = sent.get(detail, 0) + units
            if one.get("is_return"):
                back[detail] = back.get(detail, 0) - units
    orders = {row.get("against_sales_order") for row in note["items"]}
    for order in (site.tables["Sales Order"][str(name)] for name in orders - {None, ""}):
        for row in order["items"]:
            row["delivered_qty"], row["returned_qty"] = sent.get(row["name"], 0), back.get(row["name"], 0)
        ordered = sum(row["qty"] for row in order["items"])
        order["per_delivered"] = 100 * sum(row["delivered_qty"] for row in order["items"]) / ordered
        if order["docstatus"] == 1 and order.get("status") not in ("Closed", "On Hold"):
            order["status"] = "To Bill" if order["per_delivered"] >= 100 else _OPEN
        site.stamp(order)
    site.reserve()


def reserved(site: Kept) -> dict[tuple[str, str], float]:
    """What open orders hold, by item and warehouse: of each row the part that is still to be sent."""
    held: dict[tuple[str, str], float] = {}
    for order in site.tables["Sales Order"].values():
        if order["docstatus"] == 1 and order.get("status") not in ("Closed", "On Hold"):
            for key, units in _held(order, bool(site.settings["dont_reserve_sales_order_qty_on_sales_return"])):
                held[key] = held.get(key, 0) + units
    return held


def _held(order: Doc, without_returns: bool) -> Iterator[tuple[tuple[str, str], float]]:
    packed = order.get("packed_items", [])
    bundled = {row["parent_item"] for row in packed}
    for row in order["items"]:
        done = (row.get("delivered_qty") or 0) + ((row.get("returned_qty") or 0) if without_returns else 0)
        left = max(0.0, (row["qty"] - done) / row["qty"])
        if row["item_code"] not in bundled:
            yield (row["item_code"], row["warehouse"]), row["stock_qty"] * left
        for part in (one for one in packed if one["parent_detail_docname"] == row["name"]):
            yield (part["item_code"], part["warehouse"]), part["qty"] * left


def amended_name(tables: Tables, doctype: str, amended: str) -> str:
    """The name of the document that takes the place of a cancelled one: `X-1`, and `X-2` in the place of `X-1`."""
    before = tables[doctype].get(amended)
    if before is None or before["docstatus"] != 2:
        words = f"{amended} cannot be amended because it is not cancelled. Please cancel the document before creating"
        raise invalid(f"{words} an amendment.")
    stem, number = amended, 1
    if before.get("amended_from"):
        stem, _, last = amended.rpartition("-")
        number = int(last) + 1
    name = f"{stem}-{number}"
    if name in tables[doctype]:
        raise Raised("DuplicateEntryError", f"{doctype} {name} already exists")
    return name


def copied(doc: Doc) -> Doc:
    """What the form copies when a person amends: everything but what the program itself counts."""
    own = {"name", "owner", "creation", "modified", "modified_by", "docstatus", "idx", "status", "items"}
    counted = {"name", "parent", "delivered_qty", "returned_qty"}
    rows = [{key: value for key, value in row.items() if key not in counted} for row in doc.get("items", [])]
    kept = {key: value for key, value in doc.items() if key not in own | {"per_delivered", "packed_items"}}
    return {**kept, "items": rows, "amended_from": doc["name"]}
