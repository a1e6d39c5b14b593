"""What the configuration says of an Odoo ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.ledgers.given import shops_of, text_of, texts_of

DEFAULT_RATE = 5.0
DEFAULT_HISTORY = timedelta(days=40)


class Available(Enum):
    """What "available" means; `formula` in the words of Odoo's screens."""

    FREE = "free"
    PROMISED = "promised"
    ON_HAND = "on_hand"

    @property
    def formula(self) -> str:
        return _FORMULAS[self]


_FORMULAS = {
    Available.FREE: "on hand less reserved (Odoo's Free to Use). Odoo reserves no more than there is, so a deficit "
    "does not show: it stays at 0",
    Available.PROMISED: "on hand less what all confirmed transfers out still have to send, reserved or not; it may be "
    "negative",
    Available.ON_HAND: "on hand; what open orders hold is not taken off until it is sent",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """`shops`: the shop's configured name by what stands in Odoo's `shop_field`."""

    base_url: str
    key: Secret
    database: str
    user: str
    protocol: str
    companies: tuple[str, ...]
    warehouses: tuple[str, ...]
    locations: tuple[str, ...]
    available: Available
    order_field: str
    shop_field: str
    shops: Mapping[str, str]
    stocktakes: tuple[str, ...]
    correct_at: str
    history: timedelta
    rate: float


def setup_of(settings: LedgerSettings) -> Setup:
    """Raises UsageFault where the settings lack what every call needs."""
    options = settings.options
    base_url, key = options.get("base_url"), options.get("api_key")
    if not isinstance(base_url, str) or not isinstance(key, Secret):
        raise UsageFault("ledger: base_url and api_key are needed")
    protocol = text_of(options, "protocol") or "auto"
    database, user = text_of(options, "database"), text_of(options, "user")
    if protocol == "jsonrpc" and not (database and user):
        raise UsageFault("ledger: JSON-RPC needs database and user", way_on="Add both to the ledger's configuration.")
    history, rate = options.get("history"), options.get("requests_per_second")
    return Setup(
        base_url=base_url.rstrip("/"),
        key=key,
        database=database,
        user=user,
        protocol=protocol,
        companies=texts_of(options.get("companies")),
        warehouses=texts_of(options.get("warehouses")),
        locations=texts_of(options.get("locations")),
        available=Available(text_of(options, "available") or "free"),
        order_field=text_of(options, "order_field") or "client_order_ref",
        shop_field=text_of(options, "shop_field"),
        shops=shops_of(options.get("shops")),
        stocktakes=texts_of(options.get("stocktakes")),
        correct_at=text_of(options, "correct_at"),
        history=history if isinstance(history, timedelta) else DEFAULT_HISTORY,
        rate=rate if isinstance(rate, float) else DEFAULT_RATE,
    )
