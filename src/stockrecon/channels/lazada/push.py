"""Lazada's push messages, LPM (reference: Lazada 7)."""

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
    0: "trade_order",
    1: "product_qc",
    3: "product_published",
    4: "product_edited",
    5: "product_deleted",
    6: "shallow_stock",
    10: "reverse_order",
    13: "seller_status",
    14: "fulfilment_package",
}
"""Types that concern stock. There is none for ordinary stock or a campaign's lock (reference: Lazada 7)."""
_SELLER_STATUS = 13


class LazadaPush:
    """The answer is a 200 within half a second. It tries again every 30 minutes, up to 12 times, and a retry carries
    the newest state (reference: Lazada 7)."""

    within = 0.5
    oldest = timedelta(days=1)
    again = True

    def secrets(self, settings: ShopSettings) -> Mapping[str, str]:
        return needed(settings, "app_key", "app_secret")

    def is_probe(self, arrived: Arrived) -> bool:
        return not arrived.body.strip()

    def heard(self, arrived: Arrived, secrets: Mapping[str, str]) -> Heard:
        """Signed is the app's key and the raw body, in hexadecimal of either case (reference: Lazada 7)."""
        wanted = signed_hex(secrets["app_secret"], secrets["app_key"].encode(), arrived.body)
        prove((arrived.headers.get("authorization") or "").lower(), wanted)
        told = document(arrived.body)
        data = inner(told.get("data"))
        number = _type(told.get("message_type"))
        item = data.get("item_id") or data.get("itemId")
        skus = [sku.get("sku_id") for sku in rows(data.get("sku_list"))] or [data.get("sku_id")]
        notice = Notice(
            key=key_of(arrived.body),
            kind=KINDS.get(number, f"type {number}"),
            told_at=moment(told.get("timestamp")),
            places=places((item, sku) for sku in skus),
            orders=ids([data.get("trade_order_id")]),
            whole=number == _SELLER_STATUS,
        )
        site = told.get("site")
        region = site.rpartition("_")[2].upper()[:2] if isinstance(site, str) else ""
        return Heard(f"{region}/{identity(told.get('seller_id'))}", notice)

    def means(self, shop: str, settings: ShopSettings, identity: str) -> bool:
        """By the seller's id, which is another one on each site; before the first reading by the site alone: a message
        too many costs a reading."""
        region, _, seller = shop.partition("/")
        if identity:
            return seller == identity
        return not region or not settings.region or region == settings.region.upper()


def _type(value: object) -> int:
    """A number, also as text; 0 is a type, and what is none is -1."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6 else -1
