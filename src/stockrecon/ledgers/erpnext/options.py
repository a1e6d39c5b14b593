"""What the configuration says of an ERPNext ledger, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import cast

from stockrecon.core.model import MovementKind
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.ledgers.erpnext.fields import Object, amount
from stockrecon.ledgers.given import kinds_of, names_of, shops_of, text_of, texts_of, zone_name

BIN_FIELDS = (
    "actual_qty",
    "reserved_qty",
    "reserved_qty_for_production",
    "reserved_qty_for_sub_contract",
    "reserved_qty_for_production_plan",
    "reserved_stock",
)
"""What is there and what of it is promised (reference: ERPNext 3.6); what is only on its way is neither."""
USUAL = "actual_qty - reserved_qty"
LISTING_FIELDS: Mapping[str, str] = {
    "doctype": "Ecommerce Item",
    "shop": "integration",
    "item_id": "integration_item_code",
    "variation_id": "variant_id",
    "sku": "erpnext_item_code",
}
"""Where Frappe's own integrations keep what a shop calls an item; each can be named otherwise."""
_FORMULA = re.compile(r"\s*actual_qty\s*(?:-\s*[a-z_]+\s*)*")
_HISTORY = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Formula:
    """`actual_qty` less these fields of Bin."""

    less: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return ("actual_qty", *self.less)

    @property
    def promises(self) -> bool:
        """Whether a Sales Order lowers available, so that its delivery does not do so once more."""
        return bool({"reserved_qty", "reserved_stock"} & set(self.less))

    def of(self, row: Object) -> Decimal:
        """Available of one Bin. Raises Malformed."""
        return amount(row.get("actual_qty"), "Bin.actual_qty") - sum(
            (amount(row.get(name), f"Bin.{name}") for name in self.less), Decimal(0)
        )

    def __str__(self) -> str:
        return " - ".join(self.fields)


@dataclass(frozen=True, slots=True)
class Options:
    """`correct_at`: the warehouse that corrections are posted in; "": several are read and none is named.

    `shops`: the configured shop by the value of `shop_field` that stands for it; empty: the values are the names.
    """

    base_url: str
    api_key: str
    api_secret: Secret
    warehouses: tuple[str, ...]
    formula: Formula
    zone: str | None
    order_field: str
    shop_field: str
    shops: Mapping[str, str]
    kinds: Mapping[str, MovementKind]
    listings: Mapping[str, str] | None
    ref_field: str
    correct_at: str
    expense_account: str
    cost_center: str
    history: timedelta
    rate: float


def read_options(settings: LedgerSettings) -> Options:
    """Raises UsageFault for what is missing or cannot be meant."""
    given = settings.options
    secret, warehouses = given.get("api_secret"), texts_of(given.get("warehouses"))
    if not isinstance(secret, Secret) or not given.get("base_url") or not given.get("api_key") or not warehouses:
        raise UsageFault("ledger: base_url, api_key, api_secret and warehouses are needed")
    if len(set(warehouses)) != len(warehouses):
        raise UsageFault("ledger.warehouses: a warehouse stands there twice, so that its stock would count twice")
    correct_at = text_of(given, "correct_at") or (warehouses[0] if len(warehouses) == 1 else "")
    if correct_at and correct_at not in warehouses:
        words = f"ledger.correct_at: {correct_at} is none of ledger.warehouses, so a correction there would not count"
        raise UsageFault(words, way_on=f"one of: {', '.join(warehouses)}")
    return Options(
        base_url=text_of(given, "base_url").rstrip("/"),
        api_key=text_of(given, "api_key"),
        api_secret=secret,
        warehouses=warehouses,
        formula=read_formula(text_of(given, "available") or USUAL),
        zone=zone_name(text_of(given, "zone") or settings.zone),
        order_field=text_of(given, "order_field") or "po_no",
        shop_field=text_of(given, "shop_field"),
        shops=shops_of(given.get("shops")),
        kinds=kinds_of(given.get("kinds")),
        listings=_listings(given.get("listings")),
        ref_field=text_of(given, "ref_field") or "custom_stockrecon_ref",
        correct_at=correct_at,
        expense_account=text_of(given, "expense_account"),
        cost_center=text_of(given, "cost_center"),
        history=cast(timedelta, given.get("history") or _HISTORY),
        rate=float(str(given.get("requests_per_second") or 5.0)),
    )


def read_formula(text: str) -> Formula:
    """`actual_qty - reserved_qty - ...`. Raises UsageFault."""
    names = tuple(each.strip() for each in text.split("-"))
    known = f"actual_qty less any of {', '.join(BIN_FIELDS[1:])}"
    unknown = [name for name in names if name not in BIN_FIELDS]
    if _FORMULA.fullmatch(text) is None or unknown or len(set(names)) != len(names):
        raise UsageFault(f"ledger.available: {text!r} is not understood", way_on=f"write {known}, each once")
    if {"reserved_qty", "reserved_stock"} <= set(names):
        words = "ledger.available: reserved_qty and reserved_stock both hold what Sales Orders promise"
        raise UsageFault(words, way_on="take one of them")
    return Formula(names[1:])


def _listings(value: object) -> Mapping[str, str] | None:
    if value is None:
        return None
    names = names_of(value)
    unknown = sorted(names.keys() - {*LISTING_FIELDS, "seller_sku", "units"})
    if unknown:
        words = f"ledger.listings: {', '.join(unknown)}: no such key"
        raise UsageFault(words, way_on=f"here are {', '.join(LISTING_FIELDS)}, seller_sku, units")
    return {**LISTING_FIELDS, **names}
