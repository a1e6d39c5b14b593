"""What the configuration says of a Tryton ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from enum import Enum

from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.ledgers.given import shops_of, text_of, texts_of, zone_name
from stockrecon.spool.cells import zone_of

DEFAULT_RATE = 10.0
DEFAULT_HISTORY = timedelta(days=40)
STOCKTAKE_LINES = 10
_PATH = re.compile(r"(sale|shipment)(\.[a-z][a-z0-9_]*){1,3}")


class Available(Enum):
    """What "available" means; `formula` in the words of Tryton's screens."""

    PROMISED = "promised"
    FORECAST = "forecast"
    ON_HAND = "on_hand"

    @property
    def formula(self) -> str:
        return _FORMULAS[self]

    def counts_open(self, *, leaves: bool) -> bool:
        """Whether a move counts from its making on, before it is done."""
        return self is Available.FORECAST or (self is Available.PROMISED and leaves)


_FORMULAS = {
    Available.PROMISED: "quantity less what every draft or assigned move out of the warehouses still has to take, "
    "whenever it is planned; it may be negative",
    Available.FORECAST: "quantity less what draft and assigned moves still have to take out of the warehouses, plus "
    "what they still have to bring, whenever they are planned; it may be negative",
    Available.ON_HAND: "quantity; what open orders hold is not taken off until it is shipped",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """`order_field`, `shop_field`: paths of fields from a move's sale or shipment; "": not told.

    `order_pattern`: takes an order's id, and perhaps its shop, out of what the field says. `shops`: the shop's
    configured name by what Tryton calls it. `zone`: of the times that Tryton tells, which come without one.
    """

    base_url: str
    database: str
    user: str
    password: Secret
    company: str
    warehouses: tuple[str, ...]
    available: Available
    order_field: str
    order_pattern: re.Pattern[str] | None
    shop_field: str
    shops: Mapping[str, str]
    stocktake_lines: int
    correct_at: str
    history: timedelta
    zone: tzinfo
    rate: float


def setup_of(settings: LedgerSettings) -> Setup:
    """Raises UsageFault for what is missing or cannot be meant."""
    given = settings.options
    base_url, database, user = (text_of(given, name) for name in ("base_url", "database", "user"))
    password = given.get("password")
    if not (base_url and database and user and isinstance(password, Secret)):
        raise UsageFault("ledger: base_url, database, user and password are needed")
    history, rate = given.get("history"), given.get("requests_per_second")
    return Setup(
        base_url=base_url.rstrip("/"),
        database=database,
        user=user,
        password=password,
        company=text_of(given, "company"),
        warehouses=texts_of(given.get("warehouses")),
        available=Available(text_of(given, "available") or "promised"),
        order_field=_path(given, "order_field"),
        order_pattern=_pattern(text_of(given, "order_pattern")),
        shop_field=_path(given, "shop_field"),
        shops=shops_of(given.get("shops")),
        stocktake_lines=int(text_of(given, "stocktake_lines") or STOCKTAKE_LINES),
        correct_at=text_of(given, "correct_at"),
        history=history if isinstance(history, timedelta) else DEFAULT_HISTORY,
        zone=zone_of(zone_name(given.get("zone") or settings.zone) or "UTC"),
        rate=rate if isinstance(rate, float) else DEFAULT_RATE,
    )


def _path(given: Mapping[str, object], name: str) -> str:
    value = text_of(given, name)
    if value and not _PATH.fullmatch(value):
        raise UsageFault(
            f"ledger.{name}: {value!r} is no field of a move's sale or shipment",
            way_on="write its path, such as sale.reference, sale.web_shop.name or shipment.reference",
        )
    return value


def _pattern(text: str) -> re.Pattern[str] | None:
    if not text:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageFault(f"ledger.order_pattern is no regular expression: {error}") from None
    if "order" not in pattern.groupindex:
        raise UsageFault("ledger.order_pattern names no group `order`", way_on="such as (?P<shop>[^/]+)/(?P<order>.+)")
    return pattern
