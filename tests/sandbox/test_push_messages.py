"""What Shopee and Lazada tell by themselves: their signatures, and which events they have words for."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from stockrecon.core.model import ListingState
from stockrecon.sandbox.lazada.gate import LazadaKeys
from stockrecon.sandbox.lazada.telling import signature as lazada_signature
from stockrecon.sandbox.shopee.telling import signature as shopee_signature
from tests.sandbox.world import LAZADA_SKU, NOON, SHOPEE_ITEM, World

URL = "http://127.0.0.1:9/told"
SECONDS = int(NOON.timestamp())


def test_shopee_signs_its_pushes_over_the_address_too() -> None:
    """Vector 7 of reference: Shopee 1.2, on the vendor's own sample."""
    body = (
        b'{"data":{"items":[],"ordersn":"220810QSK8S7BX","status":"PROCESSED","completed_scenario":"",'
        b'"update_time":1660123127},"shop_id":727720655,"code":3,"timestamp":1660123127}'
    )
    wanted = "07774084c9057710b28349f71fd7a4f904d8dcf6b19b9cd27a457c53f9cf4ea9"
    assert shopee_signature("test-partner-key", "https://example.com/shopee/webhook", body) == wanted


def test_lazada_signs_its_messages_like_the_reference() -> None:
    """The vector of reference: Lazada 7."""
    body = (
        b'{"seller_id":"1234567","message_type":0,"data":{"order_status":"unpaid","trade_order_id":"260422900198363",'
        b'"trade_order_line_id":"260422900298363","status_update_time":1603698638},"timestamp":1603766859530,'
        b'"site":"lazada_vn"}'
    )
    wanted = "b0cfd0349e915667babf3c35e2335fb09653527421c46a94bd9e70e874c16322"
    assert lazada_signature(LazadaKeys("123456", "helloworld", "1"), body) == wanted


def told(world: World, name: str) -> list[tuple[str, dict]]:
    """What a shop's hook is told since the last look, each with a good signature."""
    world.sandbox.settled()
    pushes, world.sandbox.pusher.waiting = world.sandbox.pusher.waiting, []
    given = world.sandbox.shops[name].credentials()
    found = []
    for push in pushes:
        body, said = push.notice.body, json.loads(push.notice.body)
        if name == "shopee-vn":
            sign = shopee_signature(str(given["partner_key"]), URL, body)
            assert (said["shop_id"], said["code"]) == (given["shop_id"], int(push.notice.kind))
        else:
            sign = lazada_signature(LazadaKeys(str(given["app_key"]), str(given["app_secret"]), ""), body)
            assert (said["site"], said["message_type"]) == ("lazada_vn", int(push.notice.kind))
        assert push.notice.headers["Authorization"] == sign
        found.append((push.notice.kind, said["data"]))
    return found


def hook(world: World, name: str, *kinds: str) -> None:
    world.sandbox.settled()
    world.sandbox.pusher.add_hook(world.sandbox.shops[name].face, URL, kinds)


def test_shopee_tells_of_orders_and_of_what_is_reserved(world: World) -> None:
    """Code 3 with each status; code 8 before it where the units are a promotion's; none for ordinary stock."""
    hook(world, "shopee-vn")
    shop = world.shopee
    campaign = shop.start_campaign(NOON, SHOPEE_ITEM, 20, NOON, NOON + timedelta(hours=1), campaign_id="77")
    order = shop.place(NOON, [(*SHOPEE_ITEM, 2)], campaign_id="77")
    shop.edit(NOON, SHOPEE_ITEM, 5)
    lock, reserved, unpaid = told(world, "shopee-vn")
    assert (lock[0], lock[1]["action"], lock[1]["reserved_stock"]) == ("7", "promo_lock_stock", 20)
    assert reserved == (
        "8",
        {
            "shop_id": lock[1]["shop_id"],
            "item_id": 1001,
            "variation_id": 0,
            "promotion_type": "flash_sale",
            "promotion_id": 77,
            "changed_values": [{"name": "reserved_stock", "old": 20, "new": 18}],
            "action": "place_order",
            "ordersn": order.order_id,
            "update_time": SECONDS,
        },
    )
    assert (unpaid[0], unpaid[1]["status"]) == ("3", "UNPAID")
    shop.pay(NOON, order.order_id)
    shop.cancel(NOON, order.order_id)
    assert [(kind, data.get("status", data.get("action"))) for kind, data in told(world, "shopee-vn")] == [
        ("3", "READY_TO_SHIP"),
        ("8", "cancel_order"),
        ("3", "CANCELLED"),
    ]
    world.advance(hours=1)
    ((kind, data),) = told(world, "shopee-vn")
    assert (kind, data["action"], data["reserved_stock"], data["update_time"]) == ("7", "promo_end", 0, SECONDS + 3600)
    assert campaign.over == "ended"


def test_shopee_tells_of_a_ban_alone(world: World) -> None:
    """Code 16; other states are told by none."""
    hook(world, "shopee-vn")
    for state in (ListingState.UNLISTED, ListingState.BANNED, ListingState.OK):
        world.shopee.set_state(NOON, SHOPEE_ITEM, state, "counterfeit")
    ((kind, data),) = told(world, "shopee-vn")
    assert (kind, data["item_id"], data["item_status"]) == ("16", 1001, "BANNED")


def test_lazada_tells_of_every_unit_of_an_order(world: World) -> None:
    """Type 0 with the number of its item, through its life; a request to cancel is not told."""
    hook(world, "lazada-vn", "0")
    order = world.lazada.place(NOON, [(*LAZADA_SKU, 2)])
    for doing in (world.lazada.pay, world.lazada.request_cancel, world.lazada.cancel):
        doing(NOON, order.order_id)
    rows = [data for _, data in told(world, "lazada-vn")]
    assert [row["order_status"] for row in rows] == ["unpaid"] * 2 + ["pending"] * 2 + ["canceled"] * 2
    items = world.ask_lazada("GET", "/order/items/get", order_id=order.order_id)["data"]
    assert [row["trade_order_line_id"] for row in rows[:2]] == [str(item["order_item_id"]) for item in items]


@pytest.mark.parametrize(
    ("state", "status"),
    [("reviewing", "PENDING"), ("error", "REJECTED"), ("banned", "LOCK"), ("ok", "APPROVED"), ("unlisted", None)],
)
def test_lazada_tells_of_quality_control(world: World, state: str, status: str | None) -> None:
    """Type 1 with the reason."""
    hook(world, "lazada-vn")
    world.lazada.set_state(NOON, LAZADA_SKU, ListingState(state), "Category is inactive")
    rows = [(kind, data["status"], data["reason"]) for kind, data in told(world, "lazada-vn")]
    assert rows == ([("1", status, "Category is inactive")] if status else [])


def test_lazada_tells_of_shallow_stock_once(world: World) -> None:
    """Type 6 as sellable falls below 5, with the total and what orders hold."""
    hook(world, "lazada-vn", "6")
    world.lazada.place(NOON, [(*LAZADA_SKU, 5)])
    assert told(world, "lazada-vn") == []
    for _ in range(2):
        world.lazada.place(NOON, [(*LAZADA_SKU, 1)])
    ((kind, data),) = told(world, "lazada-vn")
    numbers = ("real_quantity", "withhold_quantity", "occupy_quantity")
    assert (kind, data["sku_id"], [data[name] for name in numbers]) == ("6", "5001", [10, 7, 0])


def test_what_counts_as_a_receipt_is_the_vendor_s_own(world: World) -> None:
    """Shopee: any 2xx without a body; Lazada: 200 with anything; the waits between attempts."""
    shopee, lazada = (world.sandbox.shops[name].face.push_rules for name in ("shopee-vn", "lazada-vn"))
    assert shopee is not None
    assert lazada is not None
    answers = [(200, b""), (204, b""), (200, b"{}"), (500, b"")]
    assert [shopee.received(*answer) for answer in answers] == [True, True, False, False]
    assert [lazada.received(*answer) for answer in answers] == [True, False, True, False]
    assert [wait.total_seconds() for wait in shopee.retries] == [300, 1800, 10_800]
    assert [wait.total_seconds() for wait in lazada.retries] == [1800] * 12
