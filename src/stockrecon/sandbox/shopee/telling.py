"""Shopee's pushes: orders, promotions that lock and give back, bans; none of ordinary stock (reference: Shopee 6)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.push import Hook, Notice, PushRules
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.shopee import views
from stockrecon.sandbox.shopee.gate import ShopeeKeys
from stockrecon.sandbox.shopee.market import ShopeeShop
from stockrecon.sandbox.wire import Body

RULES = PushRules(
    retries=(timedelta(seconds=300), timedelta(seconds=1800), timedelta(seconds=10_800)), empty=True, seconds=3.0
)
"""Any 2xx with an empty body within 3 seconds is a receipt (reference: Shopee 6.1)."""
ORDER, PROMOTION, RESERVED, VIOLATION = "3", "7", "8", "16"
_ACTIONS = {"upcoming": "promo_lock_stock", "ended": "promo_end", "cancelled": "promo_cancelled"}


def signature(key: str, url: str, body: bytes) -> str:
    """What the header `Authorization` holds: HMAC-SHA256 over address, bar and body (reference: Shopee 6.2)."""
    return hmac.new(key.encode(), url.encode() + b"|" + body, hashlib.sha256).hexdigest()


def notices(shop: ShopeeShop, keys: ShopeeKeys, event: Event, hook: Hook) -> Iterator[Notice]:
    for code, data in _told(shop, keys, event):
        stamp = int(event.at.timestamp())
        envelope: Body = {"data": data, "shop_id": keys.shop_id, "code": int(code), "timestamp": stamp}
        body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Authorization": signature(keys.partner_key, hook.url, body)}
        yield Notice(code, body, headers)


def _told(shop: ShopeeShop, keys: ShopeeKeys, event: Event) -> Iterator[tuple[str, Body]]:
    stamp = int(event.at.timestamp())
    if event.kind == "order":
        status = views.ORDER_STATUS[OrderStatus(event.what)]
        yield from _reserved(shop, keys, event, stamp)
        data: Body = {"items": [], "ordersn": event.subject, "status": status, "completed_scenario": ""}
        yield ORDER, {**data, "update_time": stamp}
    elif event.kind == "campaign" and event.what in _ACTIONS:
        campaign = shop.campaigns[event.subject]
        yield (
            PROMOTION,
            {
                **_promoted(keys, event.item_id, event.variation_id, views.promotion_id(campaign)),
                "action": _ACTIONS[event.what],
                "start_time": int(campaign.starts_at.timestamp()),
                "end_time": int(campaign.ends_at.timestamp()),
                "reserved_stock": campaign.locked if event.what == "upcoming" else 0,
                "update_time": stamp,
            },
        )
    elif event.kind == "listing" and event.what == ListingState.BANNED:
        listing = shop.listing(event.key)
        reason = listing.message if listing else ""
        data = {"item_id": int(event.item_id), "item_name": listing.title if listing else "", "item_status": "BANNED"}
        yield VIOLATION, {**data, "deboost": False, "item_status_details": [{"violation_reason": reason}]}


def _promoted(keys: ShopeeKeys, item_id: str, variation_id: str, promotion: int) -> Body:
    return {
        "shop_id": keys.shop_id,
        "item_id": int(item_id),
        "variation_id": int(variation_id or 0),
        "promotion_type": "flash_sale",
        "promotion_id": promotion,
    }


def _reserved(shop: ShopeeShop, keys: ShopeeKeys, event: Event, stamp: int) -> Iterator[tuple[str, Body]]:
    """An order of campaign units moves what is reserved, when it is placed and, while the campaign lives, cancelled."""
    sign = {OrderStatus.UNPAID: -1, OrderStatus.CANCELLED: 1}.get(OrderStatus(event.what))
    for line in shop.orders[event.subject].lines:
        campaign = shop.campaigns.get(line.campaign_id)
        if campaign is None or campaign.over or sign is None:
            continue
        new = campaign.left
        yield (
            RESERVED,
            {
                **_promoted(keys, line.item_id, line.variation_id, views.promotion_id(campaign)),
                "changed_values": [{"name": "reserved_stock", "old": new - sign * line.quantity, "new": new}],
                "action": "place_order" if sign < 0 else "cancel_order",
                "ordersn": event.subject,
                "update_time": stamp,
            },
        )
