"""What Shopify tells by itself: topics, payloads in the REST shape, signed headers (reference: Shopify 1.9).

Eight retries over four hours with the payload of the first attempt; how the waits grow is our choice. Any 2xx within
five seconds is a receipt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.push import Notice, PushRules
from stockrecon.sandbox.records import Event, MarketOrder
from stockrecon.sandbox.shopify import gids, sales
from stockrecon.sandbox.shopify.schema import VERSIONS
from stockrecon.sandbox.shopify.things import levels_of, product, product_status
from stockrecon.sandbox.shopify.world import World, when
from stockrecon.sandbox.wire import Body

if TYPE_CHECKING:
    from stockrecon.sandbox.shopify.desk import Desk
    from stockrecon.sandbox.shopify.gate import ShopifyKeys

_WAITS = (1, 2, 5, 10, 20, 40, 60, 102)
PUSH_RULES = PushRules(retries=tuple(timedelta(minutes=wait) for wait in _WAITS), seconds=5.0)
LEVEL_TOPIC = "inventory_levels/update"
_TOPICS = {
    OrderStatus.PAID: "orders/paid",
    OrderStatus.SHIPPED: "orders/fulfilled",
    OrderStatus.CANCELLED: "orders/cancelled",
}


def signature(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the body as it is sent, with the app's secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def notices(desk: Desk, keys: ShopifyKeys, event: Event, now: datetime) -> Iterable[Notice]:
    """Every message about an event. One event may touch several topics, each of which is a message of its own."""
    event_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{desk.domain} {event}")
    for topic, payload in _told(desk, event, now):
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        number = int(str(payload.get("id") or payload.get("inventory_item_id") or 0))
        webhook_id = uuid.uuid5(event_id, f"{topic} {number} {payload.get('location_id', '')}")
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature(keys.client_secret, body),
            "X-Shopify-Shop-Domain": keys.domain,
            "X-Shopify-API-Version": VERSIONS[-1],
            "X-Shopify-Webhook-Id": str(webhook_id),
            "X-Shopify-Event-Id": str(event_id),
            "X-Shopify-Triggered-At": f"{event.at:%Y-%m-%dT%H:%M:%S.%f}Z",
        }
        yield Notice(topic, body, headers)


def _told(desk: Desk, event: Event, now: datetime) -> Iterator[tuple[str, Body]]:
    if event.kind == "stock":
        yield from _levels(desk, event)
    elif event.kind == "order":
        order = desk.shop.orders[event.subject]
        payload = _order(desk, order, now)
        fresh = event.what == OrderStatus.UNPAID and event.at == order.created_at
        topic = "orders/create" if fresh else _TOPICS.get(OrderStatus(event.what), "")
        if topic:
            yield topic, payload
        if not fresh:
            yield "orders/updated", payload
    elif event.kind == "listing":
        yield from _product(desk, event)
    elif event.kind == "bulk":
        yield "bulk_operations/finish", _job(desk, event)


def _levels(desk: Desk, event: Event) -> Iterator[tuple[str, Body]]:
    """One message for each level that was touched by it."""
    listing = desk.shop.listing(event.key)
    for at in levels_of(desk.shop, listing, inactive=False) if listing is not None else ():
        if at.level.updated_at == event.at:
            yield (
                LEVEL_TOPIC,
                {
                    "inventory_item_id": at.listing.item_number,
                    "location_id": at.location.number,
                    "available": at.level.quantity("available"),
                    "updated_at": when(at.level.updated_at),
                    "admin_graphql_api_id": gids.level_gid(at.location.number, at.listing.item_number),
                },
            )


def _product(desk: Desk, event: Event) -> Iterator[tuple[str, Body]]:
    own = product(desk.shop, event.item_id)
    if own is None:
        yield "products/delete", {"id": int(event.item_id)}
        return
    ids: Body = {"id": own.number, "admin_graphql_api_id": gids.gid("Product", own.number)}
    variants = [
        {"id": int(listing.variation_id), "sku": listing.seller_sku, "inventory_item_id": listing.item_number}
        for listing in own.variants
    ]
    status = product_status(own).lower()
    if event.what != ListingState.DELETED or variants:
        yield "products/update", {**ids, "title": own.variants[0].title, "status": status, "variants": variants}


def _order(desk: Desk, order: MarketOrder, now: datetime) -> Body:
    world = World(desk.shop, now, VERSIONS[-1], desk.shop.scopes, desk)
    number = gids.order_number(order.order_id)
    lines: list[Body] = []
    for place, line in enumerate(order.lines):
        listing = desk.shop.listing(line.key)
        lines.append(
            {
                "id": int(sales.line_number(sales.OrderLine(order, place))),
                "product_id": int(line.item_id),
                "variant_id": int(line.variation_id),
                "sku": listing.seller_sku if listing is not None else None,
                "quantity": line.quantity,
            }
        )
    fulfilled = sales.fulfillment(order) == "FULFILLED"
    return {
        "id": number,
        "admin_graphql_api_id": gids.gid("Order", number),
        "name": desk.shop.order_name(order.order_id),
        "created_at": when(order.created_at),
        "processed_at": when(order.created_at),
        "updated_at": when(order.updated_at),
        "cancelled_at": when(order.cancelled_at),
        "closed_at": when(sales.closed_at(order)),
        "financial_status": sales.financial(order, world).lower(),
        "fulfillment_status": "fulfilled" if fulfilled else None,
        "line_items": lines,
    }


def _job(desk: Desk, event: Event) -> Body:
    job = desk.shop.jobs[int(event.subject)]
    return {
        "admin_graphql_api_id": job.gid,
        "status": job.status.lower(),
        "error_code": job.error.lower() if job.error else None,
        "type": "query",
        "created_at": when(job.created_at),
        "completed_at": when(job.completed_at),
    }
