"""What documents do to stock: ledger entries and bins, written when one is submitted, undone when it is cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tests.erp.erpnext_errors import Raised, invalid

if TYPE_CHECKING:
    from tests.erp.erpnext_kept import Kept

Doc = dict[str, Any]
ENTRIES = {"Material Receipt": ("t_warehouse",), "Material Issue": ("s_warehouse",)}
ENTRIES["Material Transfer"] = ("s_warehouse", "t_warehouse")


@dataclass(frozen=True)
class Change:
    """`level` is the new quantity of a reconciliation; None for a change by `by`."""

    item: str
    warehouse: str
    by: float
    level: float | None
    detail: str


def validate(site: Kept, doctype: str, doc: Doc) -> None:
    """What is refused already when a draft is saved. Completes what Frappe completes."""
    if not doc.get("items"):
        raise Raised("MandatoryError", f"[{doctype}, {doc.get('name') or ''}]: items")
    if doctype == "Stock Entry":
        _entry(site, doc)
    elif doctype == "Stock Reconciliation":
        _reconciliation(site, doc)
    if doc.get("company") is None:
        doc["company"] = site.company
    if doc["company"] not in site.tables["Company"]:
        raise Raised("LinkValidationError", f"Could not find Company: {doc['company']}")
    now = site.local_now()
    # Without set_posting_time the document is booked at the time at which it is saved.
    if not doc.get("set_posting_time"):
        doc["posting_date"], doc["posting_time"] = None, None
    doc["posting_date"] = _date(doc.get("posting_date")) or now.date().isoformat()
    doc["posting_time"] = str(doc.get("posting_time") or now.time().isoformat())
    if doc["posting_date"] > now.date().isoformat():
        raise invalid("Posting Date cannot be in the future")


def _entry(site: Kept, doc: Doc) -> None:
    purpose = doc.get("purpose") or doc.get("stock_entry_type")
    if purpose not in ENTRIES:
        raise invalid(f"Purpose must be one of {', '.join(ENTRIES)}, not {purpose}")
    doc["purpose"] = purpose
    doc["stock_entry_type"] = doc.get("stock_entry_type") or purpose
    for row in doc["items"]:
        item = _item(site, row)
        for side in ENTRIES[purpose]:
            _warehouse(site, row.get(side), doc)
        quantity = float(row.get("qty") or 0)
        if quantity <= 0:
            raise invalid(f"Row #{row['idx']}: Quantity for Item {item['name']} cannot be zero or negative.")
        row["uom"] = row.get("uom") or item["stock_uom"]
        row["stock_uom"] = item["stock_uom"]
        row["conversion_factor"] = float(row.get("conversion_factor") or 1)
        row["transfer_qty"] = quantity * row["conversion_factor"]
        whole = site.tables["UOM"].get(item["stock_uom"], {}).get("must_be_whole_number")
        if whole and row["transfer_qty"] != int(row["transfer_qty"]):
            words = f"Quantity ({quantity}) cannot be a fraction in row {row['idx']}. To allow this, disable"
            raise Raised("UOMMustBeIntegerError", f"{words} 'Must be Whole Number' in UOM {item['stock_uom']}.")
        rate = row.get("basic_rate") or item.get("valuation_rate")
        if purpose == "Material Receipt" and not rate and not row.get("allow_zero_valuation_rate"):
            raise invalid(f"Valuation Rate for the Item {item['name']}, is required to do accounting entries.")


def _reconciliation(site: Kept, doc: Doc) -> None:
    doc["purpose"] = doc.get("purpose") or "Stock Reconciliation"
    kept = []
    seen: set[tuple[str, str]] = set()
    for row in doc["items"]:
        item = _item(site, row)
        _warehouse(site, row.get("warehouse"), doc)
        key = (row["item_code"], row["warehouse"])
        if key in seen:
            raise invalid(f"Row # {row['idx']}: Same item and warehouse combination already entered.")
        seen.add(key)
        if row.get("qty") is None and row.get("valuation_rate") is None:
            raise invalid(f"Row # {row['idx']}: Please specify either Quantity or Valuation Rate or both")
        held = site.bin(*key)["actual_qty"]
        row["current_qty"] = held
        row["qty"] = float(held if row.get("qty") is None else row["qty"])
        if row["qty"] < 0:
            raise invalid(f"Row # {row['idx']}: Negative Quantity is not allowed")
        if row["qty"] and not (row.get("valuation_rate") or item.get("valuation_rate")):
            raise invalid(f"Row # {row['idx']}: Valuation Rate is required for Item {item['name']}")
        row["quantity_difference"] = row["qty"] - held
        if row["quantity_difference"] or row.get("valuation_rate") is not None:
            kept.append(row)
    if not kept:
        words = "None of the items have any change in quantity or value."
        raise Raised("EmptyStockReconciliationItemsError", words)
    # Rows that change nothing are dropped without a word but this.
    doc["items"] = kept


def _item(site: Kept, row: Doc) -> Doc:
    code = row.get("item_code")
    if not code:
        raise Raised("MandatoryError", f"Row #{row['idx']}: Item Code is required")
    item = site.find("Item", code)
    if item is None:
        raise Raised("LinkValidationError", f"Could not find Row #{row['idx']}: Item Code: {code}")
    row["item_code"] = item["name"]
    if item.get("disabled"):
        raise invalid(f"Item {item['name']} is disabled")
    if not item.get("is_stock_item", 1):
        raise invalid(f"{item['name']} is not a stock Item")
    if item.get("has_variants"):
        raise Raised(
            "ItemTemplateCannotHaveStock", f"Item {item['name']} is a template, please select one of its variants"
        )
    if item.get("has_batch_no") or item.get("has_serial_no"):
        raise invalid(f"Row #{row['idx']}: Serial / Batch Bundle is required for Item {item['name']}")
    return item


def _warehouse(site: Kept, name: Any, doc: Doc) -> None:
    if not name:
        raise invalid("Warehouse is mandatory for stock Item")
    warehouse = site.tables["Warehouse"].get(str(name))
    if warehouse is None:
        raise Raised("LinkValidationError", f"Could not find Warehouse: {name}")
    if warehouse["is_group"]:
        raise invalid(f"Group node warehouse is not allowed to select for transactions: {name}")
    if doc.get("company") not in (None, warehouse["company"]):
        raise Raised("InvalidWarehouseCompany", f"Warehouse {name} does not belong to company {doc['company']}")


def changes(doctype: str, doc: Doc) -> Iterator[Change]:
    """What the document does when it is submitted."""
    packed = doc.get("packed_items", [])
    bundled = {row["parent_item"] for row in packed}
    back = -1 if doc.get("is_return") else 1
    for row in packed:
        yield Change(row["item_code"], row["warehouse"], -back * abs(row["qty"]), None, row["name"])
    for row in (one for one in doc["items"] if one["item_code"] not in bundled):
        code, detail = row["item_code"], row["name"]
        if doctype == "Stock Reconciliation":
            yield Change(code, row["warehouse"], 0.0, row["qty"], detail)
        elif doctype == "Delivery Note":
            yield Change(code, row["warehouse"], -back * abs(row["stock_qty"]), None, detail)
        elif doctype == "Purchase Receipt":
            yield Change(code, row["warehouse"], back * abs(row["stock_qty"]), None, detail)
        else:
            for side in ENTRIES[doc["purpose"]]:
                sign = 1 if side == "t_warehouse" else -1
                yield Change(code, row[side], sign * row["transfer_qty"], None, detail)


def book(site: Kept, doctype: str, doc: Doc) -> Mapping[str, float]:
    """Writes ledger entries and bins; what changed by `item @ warehouse`. All or nothing."""
    _not_frozen(site, doc)
    planned = list(changes(doctype, doc))
    after: dict[tuple[str, str], float] = {}
    for change in planned:
        key = (change.item, change.warehouse)
        held = after.get(key, site.bin(*key)["actual_qty"])
        after[key] = change.level if change.level is not None else held + change.by
        if after[key] < 0 and not site.settings["allow_negative_stock"]:
            words = f"{-after[key]:g} units of {change.item} needed in {change.warehouse} to complete this transaction."
            raise Raised("NegativeStockError", words)
    effect: dict[str, float] = {}
    for change in planned:
        held = site.bin(change.item, change.warehouse)["actual_qty"]
        by = change.level - held if change.level is not None else change.by
        _write(site, doctype, doc, change, by)
        name = f"{change.item} @ {change.warehouse}"
        effect[name] = effect.get(name, 0) + by
    return effect


def unbook(site: Kept, doctype: str, doc: Doc) -> Mapping[str, float]:
    """Marks the document's entries as cancelled and writes the opposite ones, which are marked as well."""
    _not_frozen(site, doc)
    entries = [
        entry
        for entry in site.tables["Stock Ledger Entry"].values()
        if (entry["voucher_type"], entry["voucher_no"]) == (doctype, doc["name"]) and not entry["is_cancelled"]
    ]
    for entry in entries:
        held = site.bin(entry["item_code"], entry["warehouse"])["actual_qty"]
        if held - entry["_by"] < 0 and not site.settings["allow_negative_stock"]:
            words = f"{entry['_by'] - held:g} units of {entry['item_code']} needed in {entry['warehouse']}."
            raise Raised("NegativeStockError", words)
    effect: dict[str, float] = {}
    for entry in entries:
        entry["is_cancelled"] = 1
        site.stamp(entry)
        change = Change(entry["item_code"], entry["warehouse"], -entry["_by"], None, entry["voucher_detail_no"])
        undone = _write(site, doctype, doc, change, -entry["_by"])
        undone["is_cancelled"] = 1
        if doctype != "Stock Reconciliation":
            # The program works out levels for entries that are not cancelled.
            undone["qty_after_transaction"] = 0.0
        name = f"{change.item} @ {change.warehouse}"
        effect[name] = effect.get(name, 0) - entry["_by"]
    return effect


def _write(site: Kept, doctype: str, doc: Doc, change: Change, by: float) -> Doc:
    held = site.bin(change.item, change.warehouse, make=True)
    held["actual_qty"] += by
    site.project(held)
    # A reconciliation's entry tells the level, and 0 for the change (reference: ERP-41102).
    told = 0.0 if change.level is not None and not site.reconciliations_tell_the_change else by
    return site.insert_row(
        "Stock Ledger Entry",
        item_code=change.item,
        warehouse=change.warehouse,
        posting_date=doc["posting_date"],
        posting_time=doc["posting_time"],
        posting_datetime=f"{doc['posting_date']} {doc['posting_time']}",
        actual_qty=told,
        qty_after_transaction=held["actual_qty"],
        voucher_type=doctype,
        voucher_no=doc["name"],
        voucher_detail_no=change.detail,
        is_cancelled=0,
        company=doc.get("company") or site.company,
        stock_uom=held["stock_uom"],
        docstatus=1,
        _by=by,
    )


def _not_frozen(site: Kept, doc: Doc) -> None:
    frozen = site.settings["stock_frozen_upto"]
    if frozen and doc["posting_date"] <= str(frozen):
        raise Raised("StockFreezeError", f"Stock transactions before {frozen} are frozen")


def _date(value: Any) -> str | None:
    if value in (None, ""):
        return None
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise invalid(f"{value} is not a valid date") from None
