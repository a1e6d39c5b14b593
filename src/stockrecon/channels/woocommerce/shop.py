"""What a shop's settings say about stock (reference: WooCommerce 3.2 and 3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from stockrecon.channels.woocommerce.api import WooApi
from stockrecon.channels.woocommerce.errors import Refused
from stockrecon.channels.woocommerce.fields import Malformed, whole
from stockrecon.errors import AuthFault

MANAGES_OFF = (
    "stock management is switched off in the shop (WooCommerce > Settings > Products > Inventory): it tells no numbers"
)


@dataclass(frozen=True, slots=True)
class StockSettings:
    """`manages`: whether stock is managed at all. `hold`: how long an unpaid order keeps its units from others, and how
    often WooCommerce looks for those that are older; None: it keeps none, and nobody looks. `threshold`: with so few
    units WooCommerce calls a product out of stock.
    """

    manages: bool
    hold: timedelta | None
    threshold: int


def stock_settings(api: WooApi) -> StockSettings | None:
    """None where the key's user may not see them: stock can be compared without. Raises ReadFault."""
    try:
        told = api.stock_settings()
    except (Refused, AuthFault, Malformed):
        return None
    if "woocommerce_manage_stock" not in told:
        return None
    minutes = whole(told.get("woocommerce_hold_stock_minutes", ""))
    return StockSettings(
        manages=told["woocommerce_manage_stock"] == "yes",
        hold=timedelta(minutes=min(minutes, 10**6)) if minutes else None,
        threshold=whole(told.get("woocommerce_notify_no_stock_amount", "")) or 0,
    )
