"""What the configuration says of a Ginee ledger, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.spool.cells import CellFault, zone_of

HOST = "https://api.ginee.com"
"""doc.ginee.com, Get Started: the one production host."""
USUAL = "warehouse - locked - spare"
"""Promotion stock counts: it is sold in a campaign out of this very stock, and is promised to nobody yet."""
BUCKETS: Mapping[str, str] = {
    "warehouse": "warehouseStock",
    "locked": "lockedStock",
    "spare": "spareStock",
    "promotion": "promotionStock",
}
"""The words of `available`, and Ginee's fields (doc.ginee.com, ListWarehouseInventory)."""
DEFAULT_HISTORY = timedelta(days=8)
DEFAULT_RATE = 5.0
DEFAULT_RECORD = "ginee-corrections.jsonl"
LONGEST_HISTORY = timedelta(days=90)
"""v2/ListOrder: "Only orders from the last 3 months are available"."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Warehouse stock less these buckets."""

    less: tuple[str, ...]

    def of(self, buckets: Mapping[str, int]) -> int | None:
        """Available of one row; None where a bucket that counts is not told."""
        if not all(name in buckets for name in ("warehouse", *self.less)):
            return None
        return buckets["warehouse"] - sum(buckets[name] for name in self.less)

    def __str__(self) -> str:
        return " - ".join(("warehouse", *self.less))


@dataclass(frozen=True, slots=True)
class Setup:
    """`warehouses`: by id, code or name; empty: the only one. `correct_at`: likewise; "": the only one that is read.

    `shops`: the configured shop by what stands for it in Ginee: its shop id, the marketplace's, or its name.
    """

    base_url: str
    access_key: str
    secret: Secret
    country: str
    warehouses: tuple[str, ...]
    correct_at: str
    formula: Formula
    order_field: str
    shops: Mapping[str, str]
    history: timedelta
    zone: str
    record: Path
    rate: float


def setup_of(settings: LedgerSettings) -> Setup:
    """Raises UsageFault for what is missing or cannot be meant."""
    options = settings.options
    secret, key = options.get("secret_key"), _text(options, "access_key")
    if not isinstance(secret, Secret) or not key:
        raise UsageFault("ledger: access_key and secret_key are needed")
    history, rate = options.get("history"), options.get("requests_per_second")
    return Setup(
        base_url=(_text(options, "base_url") or HOST).rstrip("/"),
        access_key=key,
        secret=secret,
        country=_text(options, "country") or "ID",
        warehouses=_warehouses(options.get("warehouses")),
        correct_at=_text(options, "correct_at"),
        formula=read_formula(_text(options, "available") or USUAL),
        order_field=_text(options, "order_field") or "externalOrderSn",
        shops=_shops(options.get("shops")),
        history=min(history, LONGEST_HISTORY) if isinstance(history, timedelta) else DEFAULT_HISTORY,
        zone=_zone(_text(options, "zone") or "UTC"),
        record=settings.folder / (_text(options, "record") or DEFAULT_RECORD),
        rate=rate if isinstance(rate, float) else DEFAULT_RATE,
    )


def read_formula(text: str) -> Formula:
    """`warehouse - locked - spare - promotion`, where the last two may be left out. Raises UsageFault."""
    first, *less = (part.strip() for part in text.split("-"))
    allowed = {*BUCKETS} - {"warehouse"}
    if first != "warehouse" or not set(less) <= allowed or len(set(less)) != len(less):
        words = f"ledger.available: {text!r} is not understood"
        raise UsageFault(words, way_on=f"write warehouse less any of {', '.join(sorted(allowed))}, each once")
    if "locked" not in less:
        words = f"ledger.available: {text!r} counts what open orders hold as if it could be sold again"
        raise UsageFault(words, way_on=f"take locked off as well: {USUAL}")
    return Formula(tuple(less))


def _text(options: Mapping[str, object], name: str) -> str:
    value = options.get(name)
    return value.reveal() if isinstance(value, Secret) else str(value or "")


def _warehouses(value: object) -> tuple[str, ...]:
    found = tuple(str(each) for each in value) if isinstance(value, tuple | list) else ()
    if len(set(found)) != len(found):
        raise UsageFault("ledger.warehouses: a warehouse stands there twice, so that its stock would count twice")
    return found


def _shops(value: object) -> Mapping[str, str]:
    named = {str(shop): str(there) for shop, there in value.items()} if isinstance(value, Mapping) else {}
    if len(set(named.values())) != len(named):
        raise UsageFault("ledger.shops: one shop of Ginee's stands for two, so nobody could tell whose an order is")
    return {there: shop for shop, there in named.items()}


def _zone(name: str) -> str:
    try:
        zone_of(name)
    except CellFault as fault:
        raise UsageFault(f"ledger.zone: {fault}") from None
    return name
