"""WooCommerce's webhooks (reference: WooCommerce 3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from stockrecon.channels.push import (
    Arrived,
    Heard,
    Notice,
    Object,
    Unreadable,
    document,
    ids,
    key_of,
    needed,
    places,
    prove,
    revealed,
    rows,
    signed_base64,
)
from stockrecon.core.settings import ShopSettings

_PING = re.compile(rb"webhook_id=[0-9]{1,20}")


class WooCommercePush:
    """The answer is a 2xx; there is no second try, and after five failures in a row the webhook is disabled
    (reference: WooCommerce 3.4). No limit is documented; WordPress itself waits five seconds for an answer."""

    within = 5.0
    oldest = timedelta(days=3)
    again = False

    def secrets(self, settings: ShopSettings) -> Mapping[str, str]:
        """The webhook's own secret, as it was entered with it; one that was made through the API without a secret has
        the consumer's (the plug-in)."""
        own = revealed(settings.options.get("webhook_secret"))
        return {"secret": own or needed(settings, "consumer_secret")["consumer_secret"]}

    def is_probe(self, arrived: Arrived) -> bool:
        """When a webhook is saved, a form with its number is sent, unsigned, and has to be answered (the plug-in)."""
        return _PING.fullmatch(arrived.body.strip()) is not None

    def heard(self, arrived: Arrived, secrets: Mapping[str, str]) -> Heard:
        """Signed is the raw body, in base64; topic and source stand in headers that the signature does not cover
        (reference: WooCommerce 3.4)."""
        prove(arrived.headers.get("x-wc-webhook-signature"), signed_base64(secrets["secret"], arrived.body))
        topic = arrived.headers.get("x-wc-webhook-topic", "")
        if not topic or not topic.isprintable() or len(topic) > 80:
            raise Unreadable("X-WC-Webhook-Topic is missing, or no topic")
        told = document(arrived.body)
        resource = topic.partition(".")[0]
        notice = Notice(
            key=key_of(topic, arrived.headers.get("x-wc-webhook-delivery-id", ""), arrived.body),
            kind=topic,
            places=places(_places(resource, told)),
            orders=ids([told.get("id")]) if resource == "order" else (),
        )
        return Heard(_address(arrived.headers.get("x-wc-webhook-source", "")), notice)

    def means(self, shop: str, settings: ShopSettings, identity: str) -> bool:
        """By the site's address, as it is configured or as the site itself writes it; before the first reading every
        shop with this secret: a message too many costs a reading."""
        return not identity or shop in (_address(identity), _address(settings.base_url or ""))


def _places(resource: str, told: Object) -> Iterator[tuple[object, object]]:
    """A variation is told as a product of its own that names its parent."""
    if resource == "product":
        parent = told.get("parent_id")
        yield (parent, told.get("id")) if parent else (told.get("id"), None)
    for line in rows(told.get("line_items")):
        yield line.get("product_id"), line.get("variation_id")


def _address(url: str) -> str:
    """A site's host and path: it may be entered with another scheme, and with or without a slash at its end. "" for
    what is no address: nothing proves the header that it stands in."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return f"{(parts.hostname or '').lower()}{parts.path.rstrip('/')}" if parts.hostname else ""
