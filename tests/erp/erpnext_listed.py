"""What is refused of product bundles, sales orders and listings of marketplaces, and what is filled in.

Written from the vendor's public source (Product Bundle, `validate_uom_is_integer`; frappe/ecommerce_integrations'
Ecommerce Item).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.erp.erpnext_errors import Raised, invalid

if TYPE_CHECKING:
    from tests.erp.erpnext_kept import Kept

Doc = dict[str, Any]
_NEVER = "1970-01-01 00:00:00"


def put_up(site: Kept, doctype: str, doc: Doc) -> None:
    {"Product Bundle": _bundle, "Ecommerce Item": _listing, "Sales Order": _order}[doctype](site, doc)


def _bundle(site: Kept, doc: Doc) -> None:
    """Counts may have parts where the unit may; a bundle holds no bundles, and is no stock item itself."""
    parent = site.find("Item", str(doc.get("new_item_code")))
    if parent is not None and parent.get("is_stock_item"):
        raise invalid(f"Parent Item {parent['name']} must not be a Stock Item")
    for row in doc["items"]:
        item = site.find("Item", str(row.get("item_code")))
        if item is None:
            raise Raised("LinkValidationError", f"Could not find Row #{row['idx']}: Item: {row.get('item_code')}")
        inner = site.tables["Product Bundle"].get(item["name"])
        if inner is not None and not inner.get("disabled"):
            words = f"Row #{row['idx']}: Child Item should not be a Product Bundle. Please remove Item {item['name']}"
            raise invalid(f"{words} and Save")
        row["uom"] = row.get("uom") or item["stock_uom"]
        _whole(site, row, "uom", "qty")


def _order(site: Kept, doc: Doc) -> None:
    for row in doc["items"]:
        item = site.find("Item", str(row.get("item_code")))
        if item is None:
            raise Raised("LinkValidationError", f"Could not find Row #{row['idx']}: Item: {row.get('item_code')}")
        row["stock_uom"] = item["stock_uom"]
        row["uom"] = row.get("uom") or item["stock_uom"]
        row["conversion_factor"] = row.get("conversion_factor") or 1
        row["stock_qty"] = row["qty"] * row["conversion_factor"]
        row.setdefault("delivered_qty", 0)
        _whole(site, row, "stock_uom", "stock_qty")
        _whole(site, row, "uom", "qty")


def _whole(site: Kept, row: Doc, unit: str, field: str) -> None:
    if site.tables["UOM"].get(row[unit], {}).get("must_be_whole_number") and abs(row[field] - int(row[field])) > 1e-7:
        words = f"Row {row['idx']}: Quantity ({row[field]}) cannot be a fraction. To allow this, disable"
        raise Raised("UOMMustBeIntegerError", f"{words} 'Must be Whole Number' in UOM {row[unit]}.")


def _listing(site: Kept, doc: Doc) -> None:
    """A listing, or a SKU, stands once in each integration for an item."""
    for name in ("integration", "erpnext_item_code", "integration_item_code"):
        if not doc.get(name):
            raise Raised("MandatoryError", f"[Ecommerce Item, {doc.get('name') or ''}]: {name}")
    item = site.find("Item", str(doc["erpnext_item_code"]))
    if item is None:
        raise Raised("LinkValidationError", f"Could not find ERPNext Item Code: {doc['erpnext_item_code']}")
    doc["erpnext_item_code"] = item["name"]
    same = [
        "integration",
        "erpnext_item_code",
        "integration_item_code",
        *(["variant_id"] if doc.get("variant_id") else []),
    ]
    for names in (same, ["integration", "sku"] if doc.get("sku") else []):
        if names and any(
            all(one.get(name) == doc[name] for name in names) for one in site.tables["Ecommerce Item"].values()
        ):
            raise Raised("DuplicateEntryError", "Ecommerce Item already exists")
    doc["has_variants"] = int(doc.get("has_variants") or 0)
    doc["inventory_synced_on"] = doc.get("inventory_synced_on") or _NEVER
