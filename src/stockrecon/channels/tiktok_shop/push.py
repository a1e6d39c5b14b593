"""TikTok Shop's push messages (reference: TikTok Shop 2.3, 2.11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from stockrecon.channels.push import (
    Arrived,
    Heard,
    Notice,
    document,
    identity,
    ids,
    inner,
    key_of,
    moment,
    needed,
    places,
    prove,
    rows,
    signed_hex,
)
from stockrecon.core.settings import ShopSettings

KINDS = {
    "1": "order_status",
    "5": "product_status",
    "11": "cancellation",
    "12": "return",
    "15": "product_information",
    "16": "product_creation",
    "27": "inventory_status",
    "35": "tokopedia",
    "37": "product_audit",
    "39": "activity_status",
}
"""Types that concern stock. Another one that names a product counts as well: `inventory_update` is announced, and its
number is not known (reference: TikTok Shop 5)."""
_ACTIVITY = "39"
"""A flash sale begins or ends, and the message names no product."""


class TikTokShopPush:
    """The answer is a 200 with an empty body within 3 seconds. It tries again after 2 minutes, 30 minutes, 3 and 12
    hours, and then the message is lost (reference: TikTok Shop 2.11)."""

    within = 3.0
    oldest = timedelta(days=2)
    again = True

    def secrets(self, settings: ShopSettings) -> Mapping[str, str]:
        return needed(settings, "app_key", "app_secret")

    def is_probe(self, arrived: Arrived) -> bool:
        return not arrived.body.strip()

    def heard(self, arrived: Arrived, secrets: Mapping[str, str]) -> Heard:
        """Signed is the app's key and the raw body (reference: TikTok Shop 2.3)."""
        wanted = signed_hex(secrets["app_secret"], secrets["app_key"].encode(), arrived.body)
        prove((arrived.headers.get("authorization") or "").lower(), wanted)
        told = document(arrived.body)
        data = inner(told.get("data"))
        number = identity(told.get("type"))
        message = identity(told.get("tts_notification_id"))
        skus = [data, *rows(data.get("skus"))]
        notice = Notice(
            key=key_of("id", message) if message else key_of(arrived.body),
            kind=KINDS.get(number, f"type {number or 0}"[:40]),
            told_at=moment(told.get("timestamp")),
            places=places((data.get("product_id"), sku.get("sku_id") or sku.get("id")) for sku in skus),
            orders=ids([data.get("order_id")]),
            whole=number == _ACTIVITY,
        )
        return Heard(identity(told.get("shop_id")), notice)

    def means(self, shop: str, settings: ShopSettings, identity: str) -> bool:
        """By the shop's id; before the first reading every shop of the app: a message too many costs a reading."""
        configured = str(settings.options.get("shop_id") or "")  # the id, or the shop's code
        known = identity.rpartition(" ")[2] or (configured if configured.isdigit() else "")
        return not known or shop == known
