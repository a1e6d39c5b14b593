"""Stock Entries found again by the reference that they carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from stockrecon.errors import ReadFault
from stockrecon.ledgers.erpnext.api import Api
from stockrecon.ledgers.erpnext.errors import WHO
from stockrecon.ledgers.erpnext.fields import Object, amount, named, text, units
from stockrecon.ledgers.erpnext.history import ENTRY_FIELDS, paired
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.paging import some

DOCTYPE = "Stock Entry"
LONGEST = 140
"""Characters of a Data field, unless the site gives it another length."""


@dataclass(frozen=True, slots=True)
class Found:
    """One Stock Entry with a correction's reference. A draft has moved nothing; a cancelled one did, and was undone."""

    ref: str
    name: str
    docstatus: int

    @property
    def is_draft(self) -> bool:
        return self.docstatus == 0


def find(api: Api, options: Options, refs: Sequence[str]) -> list[Found]:
    """Those that exist, drafts and cancelled ones among them. Raises ReadFault where that cannot be told."""
    why_not = field_fault(api, options)
    if why_not:
        raise ReadFault(WHO, f"nobody can tell what has been posted: {why_not}")
    rows = some(api, DOCTYPE, ("docstatus",), options.ref_field, refs)
    return [
        Found(text(row.get(options.ref_field)), named(row, "name", DOCTYPE), int(text(row.get("docstatus")) or 0))
        for row in rows
    ]


def quantity(api: Api, options: Options, entry: Found) -> int:
    """What it moved in the ledger's warehouses when it was posted, as the Stock Ledger Entries tell."""
    rows = some(api, "Stock Ledger Entry", ENTRY_FIELDS, "voucher_no", [entry.name], [("voucher_type", "=", DOCTYPE)])
    own = [row for row in rows if text(row.get("warehouse")) in options.warehouses]
    total = sum(
        (amount(row.get("actual_qty"), "Stock Ledger Entry.actual_qty") for row, back in paired(own) if not back),
        Decimal(0),
    )
    whole = units(total)
    if whole is None:
        raise ReadFault(WHO, f"{DOCTYPE} {entry.name} ({entry.ref}) moved {total}, which is no whole number of units")
    return whole


def field_fault(api: Api, options: Options) -> str:
    """Why the field for the reference does not serve; "" where it does."""
    field: Object | None = api.meta(DOCTYPE).get(options.ref_field)
    make = "Customize Form > Stock Entry (docs/ledgers/erpnext.md, Corrections)"
    if field is None:
        return f"{DOCTYPE} has no field {options.ref_field}; add it, type Data, Unique and No Copy ticked: {make}"
    if text(field.get("fieldtype")) != "Data":
        return f"{DOCTYPE}.{options.ref_field} is of type {text(field.get('fieldtype'))}; it has to be Data: {make}"
    if text(field.get("unique")) != "1":
        return f"{DOCTYPE}.{options.ref_field} is not unique, so that posting twice is possible; tick Unique: {make}"
    return ""


def longest(api: Api, options: Options) -> int:
    """How many characters of a reference the site keeps."""
    told = text(api.meta(DOCTYPE).get(options.ref_field, {}).get("length"))
    return int(told) if told.isdigit() and 0 < int(told) < 1000 else LONGEST
