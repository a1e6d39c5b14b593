"""Shopify's webhooks (reference: Shopify 1.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from stockrecon.channels.push import (
    Arrived,
    Heard,
    Notice,
    Object,
    Unreadable,
    document,
    identity,
    ids,
    key_of,
    needed,
    places,
    prove,
    rows,
    signed_base64,
)
from stockrecon.core.settings import ShopSettings

_DOMAIN = ".myshopify.com"
INVENTORY_ITEM = "inventory-item:"
"""Stands before an id where a message names neither product nor variant (inventory_levels)."""


class ShopifyPush:
    """The answer is a 2xx within 5 seconds. It tries again 8 times within 4 hours with the same payload, in any order,
    and sometimes delivers a day late (reference: Shopify 1.9)."""

    within = 5.0
    oldest = timedelta(days=3)
    again = True

    def secrets(self, settings: ShopSettings) -> Mapping[str, str]:
        """The app's client secret signs. For an app whose configuration needs none for reading it is still this one."""
        return needed(settings, "client_secret")

    def is_probe(self, arrived: Arrived) -> bool:
        return False

    def heard(self, arrived: Arrived, secrets: Mapping[str, str]) -> Heard:
        """Signed is the raw body, in base64. Topic and shop stand in headers, which the signature does not cover:
        whoever changes them has another listing looked at, and nothing else (reference: Shopify 1.9)."""
        prove(arrived.headers.get("x-shopify-hmac-sha256"), signed_base64(secrets["client_secret"], arrived.body))
        topic = arrived.headers.get("x-shopify-topic", "")
        if not topic or not topic.isprintable() or len(topic) > 80:
            raise Unreadable("X-Shopify-Topic is missing, or no topic")
        told = document(arrived.body)
        resource = topic.partition("/")[0]
        event = arrived.headers.get("x-shopify-event-id") or arrived.headers.get("x-shopify-webhook-id", "")
        notice = Notice(
            # One event may be told of several topics and places: its id alone would take them for one.
            key=key_of(topic, event, arrived.body),
            kind=topic,
            told_at=_moment(arrived.headers.get("x-shopify-triggered-at", "")),
            places=places(_places(resource, told)),
            orders=_orders(resource, told),
            whole=resource in ("locations", "shop"),
        )
        return Heard(arrived.headers.get("x-shopify-shop-domain", "").strip().lower(), notice)

    def means(self, shop: str, settings: ShopSettings, identity: str) -> bool:
        """By the shop's domain: configured, or the address's, or what it said it is. Before the first reading every
        shop of the app: a message too many costs a reading."""
        named = str(settings.options.get("shop") or "").strip().lower()
        if not named:
            host = (urlsplit(settings.base_url or "").hostname or "").lower()
            named = host if host.endswith(_DOMAIN) else identity
        return not named or shop == (named if "." in named else f"{named}{_DOMAIN}")


def _places(resource: str, told: Object) -> Iterator[tuple[object, object]]:
    if resource == "products":
        yield told.get("id"), None
    elif resource == "variants":
        yield told.get("product_id"), told.get("id") or told.get("variant_id")
    elif resource in ("inventory_levels", "inventory_items"):
        number = identity(told.get("inventory_item_id") if resource == "inventory_levels" else told.get("id"))
        yield None, f"{INVENTORY_ITEM}{number}" if number else None
    for name in ("line_items", "refund_line_items"):
        for line in rows(told.get(name)):
            inside = line.get("line_item")
            part = inside if isinstance(inside, dict) else line
            yield part.get("product_id"), part.get("variant_id")


def _orders(resource: str, told: Object) -> tuple[str, ...]:
    """By id and by name: the configuration says which of them the ledger knows."""
    if resource == "orders":
        return ids([told.get("id"), told.get("name")])
    return ids([told.get("order_id")])


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
