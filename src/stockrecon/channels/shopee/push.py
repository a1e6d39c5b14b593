"""Shopee's push messages (reference: Shopee 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from stockrecon.channels.push import (
    Arrived,
    Heard,
    Notice,
    Object,
    document,
    identity,
    ids,
    inner,
    key_of,
    moment,
    needed,
    places,
    prove,
    revealed,
    signed_hex,
)
from stockrecon.core.settings import ShopSettings

KINDS = {
    3: "order_status",
    7: "item_promotion",
    8: "reserved_stock_change",
    9: "promotion_update",
    16: "violation_item",
    23: "booking_status",
}
"""Codes that concern stock, by the names of the vendor's page. There is none for ordinary stock (reference: 6.3)."""
_BOOKING = 23
"""A booking takes stock before there is an order, and names no item (reference: Shopee 5.3)."""


class ShopeePush:
    """The answer is a 2xx with an empty body within 3 seconds. It tries again after 5 minutes, 30 minutes and 3 hours,
    in any order, and what got lost can be asked for 3 days long (reference: Shopee 6.1)."""

    within = 3.0
    oldest = timedelta(days=3)
    again = True

    def secrets(self, settings: ShopSettings) -> Mapping[str, str]:
        """The console makes a key of its own for pushes ("Live Push Partner Key"): `push_key`. Where it made none, the
        API's key signs (the vendor's console; reference: Shopee 6.2 knows the latter only)."""
        found = needed(settings, "push_url", "partner_key")
        return {"url": found["push_url"], "key": revealed(settings.options.get("push_key")) or found["partner_key"]}

    def is_probe(self, arrived: Arrived) -> bool:
        """When the address is entered, an empty body is sent to it (the vendor's console)."""
        return not arrived.body.strip()

    def heard(self, arrived: Arrived, secrets: Mapping[str, str]) -> Heard:
        """Signed is the address as it stands in the console, `|`, and the raw body (reference: Shopee 6.2)."""
        wanted = signed_hex(secrets["key"], secrets["url"].encode(), b"|", arrived.body)
        prove((arrived.headers.get("authorization") or "").lower(), wanted)
        told = document(arrived.body)
        code = identity(told.get("code"))
        data = inner(told.get("data"))
        number = int(code) if code.isascii() and code.isdigit() else 0
        notice = Notice(
            key=_key(told, arrived.body),
            kind=KINDS.get(number, f"code {code or 0}"[:40]),
            told_at=moment(told.get("timestamp")),
            places=places([(data.get("item_id"), data.get("variation_id"))]),
            orders=ids([data.get("ordersn"), data.get("order_sn")]),
            whole=number == _BOOKING,
        )
        return Heard(identity(told.get("shop_id")) or identity(data.get("shop_id")), notice)

    def means(self, shop: str, settings: ShopSettings, identity: str) -> bool:
        return shop == str(settings.options.get("shop_id"))


def _key(told: Object, body: bytes) -> str:
    """Real messages carry an id that the documents do not show (reference: Shopee 6.3)."""
    message = identity(told.get("msg_id"))
    return key_of("msg_id", message) if message else key_of(body)
