"""What Shopify tells by itself: topics, payloads, signed headers (reference: Shopify 1.9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

import pytest

from stockrecon.core.model import ListingState
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.push import Pusher
from tests.sandbox.shopify_world import DOCUMENTS, HERE, MUG, TEE, Site, gid, item_gid, row

ITEM = int(item_gid(MUG).rpartition("/")[2])


class Heard:
    """A shop that tells everything, and what came of it."""

    def __init__(self, *kinds: str) -> None:
        self.site = Site()
        self.messages: list[tuple[Mapping[str, str], bytes]] = []
        self.fails = b"nothing"
        """What a message that is not taken holds."""
        self.site.sandbox.pusher = Pusher(self.site.clock, self.site.sandbox.lock, self._take)
        asked = {"shop": "shopify", "url": "http://127.0.0.1:9/hook", "kinds": list(kinds)}
        status, _ = Control(self.site.sandbox).handle("POST", "webhooks", json.dumps(asked).encode())
        assert status == 200

    def _take(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]:
        assert seconds == 5.0
        self.messages.append((headers, body))
        return (500 if self.fails in body else 200), b"ok"

    def told(self) -> list[tuple[str, dict]]:
        """Topics and payloads since the last look."""
        self.site.sandbox.settled()
        self.site.sandbox.pusher.deliver()
        found = [(headers["X-Shopify-Topic"], json.loads(body)) for headers, body in self.messages]
        self.messages.clear()
        return found


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_an_order_tells_of_itself_and_of_the_levels_it_touches(heard: Heard) -> None:
    """Created, paid, cancelled: each also as updated but the first; a level for each that moved."""
    shop = heard.site.shop
    order = shop.place(heard.site.now, [(*MUG, 2)])
    told = dict(heard.told())
    assert set(told) == {"orders/create", "inventory_levels/update"}
    assert told["inventory_levels/update"] == {
        "inventory_item_id": ITEM,
        "location_id": HERE,
        "available": 4,
        "updated_at": "2026-11-11T12:00:00Z",
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/143143430001?inventory_item_id={ITEM}",
    }
    created = told["orders/create"]
    assert (created["admin_graphql_api_id"], created["financial_status"]) == (gid("Order", order.order_id), "pending")
    assert created["line_items"][0]["variant_id"] == 8001
    heard.site.advance(minutes=1)
    shop.pay(heard.site.now, order.order_id)
    assert [topic for topic, _ in heard.told()] == ["orders/paid", "orders/updated"]
    shop.cancel(heard.site.now, order.order_id)
    told = dict(heard.told())
    assert set(told) == {"orders/cancelled", "orders/updated", "inventory_levels/update"}
    assert told["orders/cancelled"]["cancelled_at"] == "2026-11-11T12:01:00Z"
    assert told["inventory_levels/update"]["available"] == 6


def test_a_write_tells_of_its_levels_alone(heard: Heard) -> None:
    """The item's other location is not told of; a set that changes nothing tells nothing."""
    heard.site.set("a", row(TEE, 9, 10))
    (told,) = heard.told()
    assert (told[0], told[1]["location_id"], told[1]["available"]) == ("inventory_levels/update", HERE, 9)
    heard.site.set("b", row(TEE, 9, 9))
    assert heard.told() == []


def test_a_message_is_signed_over_its_bytes(heard: Heard) -> None:
    """Base64 of HMAC-SHA256 with the app's secret, beside topic, shop, version, ids and time."""
    heard.site.shop.edit(heard.site.now, MUG, 3)
    heard.site.sandbox.settled()
    heard.site.sandbox.pusher.deliver()
    ((headers, body),) = heard.messages
    good = base64.b64encode(hmac.new(b"shpss_b", body, hashlib.sha256).digest()).decode()
    assert headers["X-Shopify-Hmac-Sha256"] == good
    assert headers["X-Shopify-Shop-Domain"] == "shopify.myshopify.com"
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Triggered-At"].startswith("2026-11-11T12:00:00")
    assert headers["X-Shopify-Webhook-Id"] != headers["X-Shopify-Event-Id"]


def test_messages_of_one_event_share_its_id(heard: Heard) -> None:
    """To be told apart by the webhook's id, and joined by the event's."""
    order = heard.site.shop.place(heard.site.now, [(*MUG, 1)], paid=True)
    heard.told()
    heard.site.shop.ship(heard.site.now, order.order_id)
    heard.site.sandbox.settled()
    heard.site.sandbox.pusher.deliver()
    topics = [headers["X-Shopify-Topic"] for headers, _ in heard.messages]
    assert topics == ["orders/fulfilled", "orders/updated"]
    assert len({headers["X-Shopify-Event-Id"] for headers, _ in heard.messages}) == 1
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in heard.messages}) == 2


def test_products_and_bulk_jobs_tell_too(heard: Heard) -> None:
    """A status that changed, a product that is gone, a job that is over."""
    shop = heard.site.shop
    shop.set_state(heard.site.now, MUG, ListingState.UNLISTED)
    ((topic, payload),) = heard.told()
    assert (topic, payload["status"], payload["variants"][0]["id"]) == ("products/update", "draft", 8001)
    shop.set_state(heard.site.now, MUG, ListingState.DELETED)
    assert heard.told() == [("products/delete", {"id": 800})]
    heard.site.data("bulk_run", q=DOCUMENTS["bulk_inner"])
    heard.site.advance(seconds=2)
    ((topic, payload),) = heard.told()
    assert (topic, payload["status"], payload["error_code"]) == ("bulk_operations/finish", "completed", None)


def test_a_failed_message_is_tried_eight_times_more(heard: Heard) -> None:
    """With the payload of the first attempt, over four hours; then it is given up."""
    heard.fails = b'"available":3'
    heard.site.shop.edit(heard.site.now, MUG, 3)
    first = heard.told()
    heard.site.shop.edit(heard.site.now, MUG, 5)
    heard.told()
    later: list[tuple[str, dict]] = []
    for _ in range(240):
        heard.site.advance(minutes=1)
        later += heard.told()
    assert [payload["available"] for _, payload in later] == [3] * 8
    assert first[0][1] == later[0][1]
    pushes = Control(heard.site.sandbox).handle("GET", "webhooks", b"")[1]["pushes"]  # type: ignore[index]
    assert [push["state"] for push in pushes] == ["given up", "delivered"]


def test_a_hook_hears_its_topics_alone() -> None:
    """By the vendor's names, or a pattern of them."""
    heard = Heard("orders/*")
    heard.site.shop.place(heard.site.now, [(*MUG, 1)], paid=True)
    assert {topic for topic, _ in heard.told()} == {"orders/create", "orders/paid", "orders/updated"}
