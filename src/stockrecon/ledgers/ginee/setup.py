"""What the configuration says of a Ginee ledger, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.ledgers.given import shops_of, text_of, texts_of, zone_name

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
    secret, key = options.get("secret_key"), text_of(options, "access_key")
    if not isinstance(secret, Secret) or not key:
        raise UsageFault("ledger: access_key and secret_key are needed")
    history, rate = options.get("history"), options.get("requests_per_second")
    return Setup(
        base_url=(text_of(options, "base_url") or HOST).rstrip("/"),
        access_key=key,
        secret=secret,
        country=text_of(options, "country") or "ID",
        warehouses=_warehouses(options.get("warehouses")),
        correct_at=text_of(options, "correct_at"),
        formula=read_formula(text_of(options, "available") or USUAL),
        order_field=text_of(options, "order_field") or "externalOrderSn",
        shops=shops_of(options.get("shops")),
        history=min(history, LONGEST_HISTORY) if isinstance(history, timedelta) else DEFAULT_HISTORY,
        zone=zone_name(options.get("zone")) or "UTC",
        record=settings.folder / (text_of(options, "record") or DEFAULT_RECORD),
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


def _warehouses(value: object) -> tuple[str, ...]:
    found = texts_of(value)
    if len(set(found)) != len(found):
        raise UsageFault("ledger.warehouses: a warehouse stands there twice, so that its stock would count twice")
    return found
