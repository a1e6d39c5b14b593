"""Webhooks of a WooCommerce site: how they are set, and what is sent, signed (reference: WooCommerce 3.4).

A delivery that fails is not repeated; five failures in a row disable the webhook. The payload is what the API itself
would answer for the order or product at that moment.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.model import ListingState
from stockrecon.sandbox.push import Hook, Notice, PushRules, checked_url
from stockrecon.sandbox.records import Event, MarketRefusal
from stockrecon.sandbox.wire import Body
from stockrecon.sandbox.woocommerce import order_views, pages, views
from stockrecon.sandbox.woocommerce.gate import Refused
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.pages import Kind, Reply
from stockrecon.sandbox.woocommerce.site import WORDPRESS
from stockrecon.sandbox.woocommerce.visit import Route, Visit, route

PUSH_RULES = PushRules(statuses=frozenset(range(200, 303)), seconds=60.0, disabled_after=5)
TOPICS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "product.created": ["woocommerce_new_product", "woocommerce_new_product_variation"],
    "product.updated": ["woocommerce_update_product", "woocommerce_update_product_variation"],
    "product.deleted": ["wp_trash_post"],
}
"""What can be subscribed to here, and the site's own hooks behind it."""
PING = "ping"
_NO_PLACE = "Webhook delivery URL must be a valid URL starting with http:// or https://."


@dataclass(slots=True, kw_only=True)
class SiteHook(Hook):
    """A webhook that was set through the API; it also hears the ping that tells its receiver of it."""

    name: str
    topic: str
    status: str
    created_at: datetime
    modified_at: datetime


KIND: Kind[SiteHook] = Kind(
    lambda hook: hook.number, lambda hook: hook.created_at, lambda hook: hook.modified_at, lambda hook: hook.name
)


class Webhooks:
    """`hooks` are all of the shop, those that control has set too."""

    def __init__(self, hooks: list[Hook]) -> None:
        self._hooks = hooks

    def routes(self) -> list[Route]:
        return [
            route("/webhooks", "list", manager=True, GET=self._list, POST=self._create),
            route("/webhooks/#", "item", manager=True, GET=self._item, PUT=self._update, DELETE=self._delete),
        ]

    def _own(self) -> list[SiteHook]:
        return [hook for hook in self._hooks if isinstance(hook, SiteHook)]

    def _list(self, visit: Visit) -> Reply:
        want = pages.wanted(visit.ask)
        visit.ask.faults.check()
        found = pages.sorted_by(self._own(), KIND, want)
        shape = lambda hook: _shown(visit, hook)  # noqa: E731
        return pages.page(found, want, shape, visit.call, visit.address("/webhooks"))

    def _found(self, visit: Visit) -> SiteHook:
        found = next((hook for hook in self._own() if str(hook.number) == visit.ids[0]), None)
        if found is None:
            raise Refused("woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.", 404)
        return found

    def _item(self, visit: Visit) -> Reply:
        return Reply(_shown(visit, self._found(visit)))

    def _create(self, visit: Visit) -> Reply:
        ask = visit.ask
        topic, url = _topic(ask.text("topic")), _place(ask.text("delivery_url"))
        secret, status = ask.text("secret") or secrets.token_urlsafe(37), ask.choice("status", _STATUSES, "active")
        ask.faults.check()
        number = max((hook.number for hook in self._hooks), default=0) + 1
        hook = SiteHook(
            url=url,
            kinds=(topic, PING),
            secret=secret,
            number=number,
            alive=status == "active",
            name=ask.text("name") or f"Webhook created on {visit.now:%b %d, %Y @ %I:%M %p}",
            topic=topic,
            status=status,
            created_at=visit.now,
            modified_at=visit.now,
        )
        self._hooks.append(hook)
        visit.shop.events.append(Event("ping", visit.now, str(number)))
        return Reply(_shown(visit, hook), 201, {"Location": visit.address(f"/webhooks/{number}")})

    def _update(self, visit: Visit) -> Reply:
        hook, ask = self._found(visit), visit.ask
        status = ask.choice("status", _STATUSES)
        topic = _topic(ask.text("topic")) if ask.get("topic") is not None else hook.topic
        url = _place(ask.text("delivery_url")) if ask.get("delivery_url") is not None else hook.url
        ask.faults.check()
        hook.topic, hook.kinds, hook.url = topic, (topic, PING), url
        hook.name, hook.secret = ask.text("name", hook.name), ask.text("secret", hook.secret)
        hook.modified_at = visit.now
        if status:
            hook.status, hook.alive, hook.failures = status, status == "active", 0
        return Reply(_shown(visit, hook))

    def _delete(self, visit: Visit) -> Reply:
        hook, force = self._found(visit), visit.ask.flag("force")
        if not force:
            raise Refused("woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.", 501)
        self._hooks.remove(hook)
        return Reply(_shown(visit, hook))


_STATUSES = ("active", "paused", "disabled")


def _topic(text: str) -> str:
    if text not in TOPICS:
        raise Refused("woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.", 400)
    return text


def _place(url: str) -> str:
    try:
        return checked_url(url)
    except MarketRefusal as refusal:
        raise Refused("woocommerce_rest_shop_webhook_invalid_delivery_url", _NO_PLACE, 400) from refusal


def _shown(visit: Visit, hook: SiteHook) -> Body:
    """One that failed too often is disabled; nobody sees its secret."""
    resource, event = hook.topic.split(".")
    return {
        "id": hook.number,
        "name": hook.name,
        "status": hook.status if hook.alive or hook.status != "active" else "disabled",
        "topic": hook.topic,
        "resource": resource,
        "event": event,
        "hooks": TOPICS[hook.topic],
        "delivery_url": hook.url,
        **views.written("date_created", hook.created_at, visit.shop.region),
        **views.written("date_modified", hook.modified_at, visit.shop.region),
        "_links": views.links(visit.root, f"webhooks/{hook.number}"),
    }


# What is sent


def notices(shop: WooShop, event: Event, hook: Hook, root: str, secret: str) -> Iterable[Notice]:
    """What the site sends of an event to a webhook. `secret`: that of a webhook which has none of its own."""
    if event.kind == PING:
        if isinstance(hook, SiteHook) and event.subject == str(hook.number):
            body = f"webhook_id={hook.number}".encode()
            yield Notice(PING, body, {"Content-Type": "application/x-www-form-urlencoded", **_agent(shop)})
        return
    topic, payload = _told(shop, event, root)
    if topic:
        yield _signed(shop, topic, payload, hook, root, hook.secret or secret, event)


def _told(shop: WooShop, event: Event, root: str) -> tuple[str, Body]:
    if event.kind == "order":
        return _order_told(shop, event, root)
    listing = shop.listing(event.key)
    if event.kind not in ("stock", "listing") or (listing is None and event.what != ListingState.DELETED):
        return "", {}
    if listing is None or event.what == ListingState.DELETED:
        return "product.deleted", {"id": int(event.variation_id or event.item_id)}
    topic = "product.created" if event.subject == "created" else "product.updated"
    # A variation is told of as well, in the shape of a product.
    return topic, views.product(shop, listing, root, edit=False)


def _order_told(shop: WooShop, event: Event, root: str) -> tuple[str, Body]:
    order, topic = shop.orders[event.subject], f"order.{event.what}"
    deleted: Body = {"id": int(order.order_id)}
    return topic, deleted if event.what == "deleted" else order_views.order(shop, order, root)


def _agent(shop: WooShop) -> dict[str, str]:
    return {"User-Agent": f"WooCommerce/{shop.site.version} Hookshot (WordPress/{WORDPRESS})"}


def _signed(shop: WooShop, topic: str, payload: Body, hook: Hook, root: str, secret: str, event: Event) -> Notice:
    body = json.dumps(payload).encode()
    resource, what = topic.split(".")
    delivery = hashlib.md5(f"{hook.number} {topic} {event}".encode(), usedforsecurity=False).hexdigest()
    headers = {
        "Content-Type": "application/json",
        **_agent(shop),
        "X-WC-Webhook-Source": f"{root}/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": what,
        "X-WC-Webhook-Signature": signature(secret, body),
        "X-WC-Webhook-ID": str(hook.number),
        "X-WC-Webhook-Delivery-ID": delivery,
    }
    return Notice(topic, body, headers)


def signature(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the body as it is sent (reference: WooCommerce 3.4)."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
