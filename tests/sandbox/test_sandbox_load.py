"""`--load`: what stands in the files comes out over HTTP, and what cannot be served is refused by file and line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import OrderStatus
from stockrecon.errors import ConfigFault, UsageFault
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.load import load_folder
from stockrecon.sandbox.shopee.market import ShopeeShop
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.truth import truth as true_state
from tests.sandbox.tiktok import TiktokWorld
from tests.sandbox.world import Ticks, World

AS_OF = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
LISTINGS = "item_id,variation_id,seller_sku,title,sellable,campaign,withheld,committed,state,message,fulfilment\n"
CAMPAIGNS = "campaign_id,item_id,variation_id,starts_at,ends_at,locked,sold,state\n"
ORDERS = (
    "order_id,item_id,variation_id,quantity,status,created_at,paid_at,shipped_at,cancelled_at,updated_at,"
    "cancelled_by,cancel_reason\n"
)


def folder(root: Path, name: str, imitates: str, **files: str) -> Path:
    place = root / name
    place.mkdir()
    about = f"as_of: {AS_OF.isoformat()}\nimitates: {imitates}\nzone: Asia/Ho_Chi_Minh\ncomplete: true\n"
    (place / "shop.yaml").write_text(files.pop("shop", about), "utf-8")
    for table, text in files.items():
        (place / f"{table}.csv").write_text(text, "utf-8")
    return place


def load_world(root: Path, now: datetime = AS_OF) -> World:
    shops = {loaded.shop.name: loaded.shop for loaded in load_folder(root)}
    ticks = Ticks()
    clock = SandboxClock(now, ticks)
    shopee = shops.setdefault("shopee-vn", ShopeeShop("shopee-vn"))
    lazada = shops.setdefault("lazada-vn", LazadaShop("lazada-vn"))
    assert isinstance(shopee, ShopeeShop)
    assert isinstance(lazada, LazadaShop)
    return World(ticks, clock, Sandbox(list(shops.values()), clock, ticks=ticks), shopee, lazada)


def truth(world: World, name: str) -> dict[str, tuple]:
    rows = true_state(world.sandbox.shops[name].shop, world.now)["listings"]
    return {
        row["seller_sku"]: (row["sellable"], row["campaign"], row["withheld"], row["committed"], row["state"])
        for row in rows  # type: ignore[attr-defined]
    }


def test_a_lazada_folder_comes_out_in_every_bucket(tmp_path: Path) -> None:
    """Sellable, campaign, withheld and committed, on the wire and in the true state."""
    folder(
        tmp_path,
        "lazada-vn",
        "lazada",
        listings=LISTINGS + "500,5001,A-1,Tee,50,50,2,3,ok,,seller\n500,5002,A-2,Tee,9,0,0,0,unlisted,,seller\n"
        "600,6001,B,Mug,4,0,0,0,error,Category is inactive,seller\n700,7001,F,Fan,6,0,0,1,ok,,platform\n",
        campaigns=CAMPAIGNS + "c1,500,5001,2026-11-10T00:00:00+07:00,2026-11-13T00:00:00+07:00,60,10,running\n"
        "c2,500,5001,2026-11-01T00:00:00+07:00,2026-11-02T00:00:00+07:00,30,25,ended\n",
        orders=ORDERS + "1,500,5001,2,unpaid,2026-11-11T11:50:00Z,,,,,,\n2,500,5001,3,paid,2026-11-11T09:00:00Z,"
        "2026-11-11T09:01:00Z,,,,,\n3,500,5001,1,cancelled,2026-11-10T09:00:00Z,,,2026-11-10T10:00:00Z,,seller,"
        "Out of stock\n",
    )
    world = load_world(tmp_path)
    assert truth(world, "lazada-vn") == {
        "A-1": (50, 50, 2, 3, "ok"),
        "A-2": (9, 0, 0, 0, "unlisted"),
        "B": (4, 0, 0, 0, "error"),
        "F": (6, 0, 0, 1, "ok"),
    }
    rows = {row["item_id"]: row for row in world.ask_lazada("GET", "/products/get", limit=50)["data"]["products"]}
    sku = rows[500]["skus"][0]
    assert sku["multiWarehouseInventories"][0]["totalQuantity"] == 105
    assert [(window["sellableQuantity"], window["endTime"]) for window in sku["channelInventories"]] == [
        (50, "2026-11-13 00:00:00"),
        (5, "2026-11-02 00:00:00"),
    ]
    assert rows[600]["rejectReason"][0]["violationDetail"] == "Category is inactive"
    assert rows[700]["skus"][0]["fblWarehouseInventories"][0]["sellableQuantity"] == 6
    assert rows[700]["skus"][0]["quantity"] == 0
    orders = world.ask_lazada("GET", "/orders/get", created_after="2026-11-01T00:00:00+08:00", sort_direction="ASC")
    assert [(row["order_id"], row["statuses"]) for row in orders["data"]["orders"]] == [
        (3, ["canceled"]),
        (2, ["pending"]),
        (1, ["unpaid"]),
    ]
    assert orders["data"]["orders"][0]["updated_at"] == "2026-11-10 18:00:00 +0800"


def test_a_loaded_market_lives_on_from_its_as_of(tmp_path: Path) -> None:
    """The hold is released at its own time; what was due before `as_of` stays as the file told it."""
    folder(
        tmp_path,
        "lazada-vn",
        "lazada",
        listings=LISTINGS + "500,5001,A-1,Tee,5,0,2,0,ok,,seller\n",
        orders=ORDERS + "1,500,5001,1,unpaid,2026-11-11T11:50:00Z,,,,,,\n2,500,5001,2,unpaid,2026-11-11T11:55:00Z,"
        ",,,,,\n3,500,5001,1,unpaid,2026-11-07T11:55:00Z,,,,,,\n",
    )
    world = load_world(tmp_path)
    orders = world.lazada.orders
    assert [orders[name].lines[0].held for name in "123"] == [0, 2, 0]
    world.advance(minutes=24)
    assert world.lazada.buckets(("500", "5001")) == (5, 0, 2, 0)
    world.advance(minutes=1)
    assert world.lazada.buckets(("500", "5001")) == (7, 0, 0, 0)
    world.advance(hours=72)
    assert [orders[name].status for name in "123"] == [
        OrderStatus.CANCELLED,
        OrderStatus.CANCELLED,
        OrderStatus.UNPAID,
    ]
    assert world.lazada.buckets(("500", "5001")) == (7, 0, 0, 0)


def test_a_shopee_folder_comes_out_with_reserve_and_models(tmp_path: Path) -> None:
    """Totals include the lock; campaign units that no campaign names are reserved all the same."""
    folder(
        tmp_path,
        "shopee-vn",
        "shopee",
        listings=LISTINGS + "11,,A, T ,40,8,0,0,ok,,seller\n12,121,B-1,T,1,0,,,ok,,\n12,122,B-2,T,2,3,,,ok,,\n"
        "13,,C,T,5,0,,,banned,,seller\n14,,D,T,6,0,,,ok,,platform\n",
        campaigns=CAMPAIGNS + "649,11,,2026-11-11T06:00:00Z,2026-11-11T18:00:00Z,20,12,running\n",
        orders=ORDERS + "X1,11,,2,shipped,2026-11-10T09:00:00Z,,2026-11-11T09:00:00Z,,,,\nX1,12,121,1,shipped,"
        "2026-11-10T09:00:00Z,,,,,,\n",
    )
    world = load_world(tmp_path)
    assert truth(world, "shopee-vn") == {
        "A": (40, 8, 0, 0, "ok"),
        "B-1": (1, 0, 0, 0, "ok"),
        "B-2": (2, 3, 0, 0, "ok"),
        "C": (5, 0, 0, 0, "banned"),
        "D": (6, 0, 0, 0, "ok"),
    }
    path = "/api/v2/product/get_item_base_info"
    items = world.ask_shopee("GET", path, item_id_list="11,14").body["response"]["item_list"]  # type: ignore[index]
    assert items[0]["item_name"] == " T "
    assert items[0]["stock_info_v2"]["seller_stock"][0]["stock"] == 48
    assert items[1]["stock_info_v2"]["shopee_stock"][0]["stock"] == 6
    models = world.ask_shopee("GET", "/api/v2/product/get_model_list", item_id=12).body["response"]["model"]  # type: ignore[index]
    assert [model["stock_info_v2"]["summary_info"]["total_reserved_stock"] for model in models] == [0, 3]
    detail = world.ask_shopee(
        "GET", "/api/v2/order/get_order_detail", order_sn_list="X1", response_optional_fields="item_list"
    ).body["response"]["order_list"][0]  # type: ignore[index]
    assert (detail["order_status"], len(detail["item_list"])) == ("SHIPPED", 2)
    assert detail["update_time"] == int(datetime(2026, 11, 11, 9, tzinfo=UTC).timestamp())
    world.advance(hours=6)
    assert truth(world, "shopee-vn")["A"] == (48, 0, 0, 0, "ok")


def test_a_tiktok_folder_comes_out_split_and_held(tmp_path: Path) -> None:
    """Ids of 19 digits; campaign units named and unnamed; what unpaid and paid orders hold."""
    tee, red, blue = "1729592969712207008", "1729592969712207012", "1729592969712207013"
    folder(
        tmp_path,
        "tiktok-shop-vn",
        "tiktok-shop",
        listings=LISTINGS + f"{tee},{red},A-1,Tee,40,60,2,3,ok,,seller\n{tee},{blue},A-2,Tee,9,0,0,0,unlisted,,seller\n"
        "600,6001,B,Mug,4,0,0,0,error,Category is inactive,seller\n700,7001,F,Fan,6,0,0,1,ok,,platform\n",
        campaigns=CAMPAIGNS + f"11.11,{tee},{red},2026-11-10T00:00:00+07:00,2026-11-13T00:00:00+07:00,60,10,running\n",
        orders=ORDERS + f"1,{tee},{red},2,unpaid,2026-11-11T11:50:00Z,,,,,,\n2,{tee},{red},3,paid,2026-11-11T09:00:00Z,"
        f"2026-11-11T09:01:00Z,,,,,\n3,{tee},{red},1,cancelled,2026-11-10T09:00:00Z,,,2026-11-10T10:00:00Z,,seller,"
        "Out of stock\n",
    )
    shop = load_folder(tmp_path)[0].shop
    assert isinstance(shop, TiktokShop)
    clock = SandboxClock(AS_OF, Ticks())
    world = TiktokWorld(Ticks(), clock, Sandbox([shop], clock), shop)
    rows = true_state(shop, AS_OF)["listings"]
    names = ("sellable", "campaign", "withheld", "committed", "state")
    assert [tuple(row[name] for name in names) for row in rows] == [  # type: ignore[attr-defined]
        (40, 60, 2, 3, "ok"),
        (9, 0, 0, 0, "unlisted"),
        (4, 0, 0, 0, "error"),
        (6, 0, 0, 1, "ok"),
    ]
    stock = world.stock((tee, red))
    assert (stock["total_available_quantity"], stock["total_committed_quantity"]) == (100, 5)
    assert stock["total_available_inventory_distribution"] == {
        "in_shop_inventory": {"quantity": 40},
        "campaign_inventory": [
            {"campaign_name": "11.11", "quantity": 50},
            {"campaign_name": "Campaign", "quantity": 10},
        ],
    }
    found = world.ask("POST", "/order/202309/orders/search", {}, sort_order="ASC")["orders"]
    assert [(row["id"], row["status"], len(row["line_items"])) for row in found] == [
        ("3", "CANCELLED", 1),
        ("2", "AWAITING_SHIPMENT", 3),
        ("1", "UNPAID", 2),
    ]
    assert found[1]["update_time"] - found[1]["paid_time"] == 3600
    world.advance(hours=72)
    assert shop.buckets((tee, red)) == (92, 10, 0, 3)


@pytest.mark.parametrize(
    ("imitates", "listings", "text"),
    [
        (
            "shopee",
            "abc,,A,T,1,0,0,0,ok,,\n",
            "listings.csv:2: item_id: 'abc' cannot be served: shopee's ids are whole",
        ),
        ("shopee", "007,,A,T,1,0,0,0,ok,,\n", "'007' cannot be served"),
        ("shopee", "7,0,A,T,1,0,0,0,ok,,\n", "listings.csv:2: variation_id: '0' cannot be served"),
        ("lazada", "7,,A,T,1,0,0,0,ok,,\n", "listings.csv:2: variation_id: is empty, but on lazada"),
        ("lazada", "7,1,A,T,1,,,,,,\n8,1,B,T,1,,,,,,\n", "listings.csv:3: variation_id: variation 1 belongs to item 7"),
        ("shopee", "7,,A,T,1,,,,,,\n7,2,B,T,1,,,,,,\n", "item 7 stands with and without variations (see line 2)"),
        ("shopee", "7,,A,T,1,,,,,,\n7,,B,T,1,,,,,,\n", "listings.csv:3: repeats item_id, variation_id of line 2"),
        ("shopee", "7,,A,T,-1,0,0,0,ok,,\n", "listings.csv:2:5: sellable: -1 is negative"),
        ("shopee", "7,,A,T,1.0,0,0,0,ok,,\n", "listings.csv:2:5: sellable: '1.0' is not a whole number"),
        ("shopee", "7,,A,T,1,0,0,0,fine,,\n", "state: 'fine' is none of ok, warning"),
        ("shopee", "7,,A,T,1,0,0,0\n", "listings.csv:2: has 8 cells, the header 11"),
        ("tiktok-shop", "7,,A,T,1,0,0,0,ok,,\n", "variation_id: is empty, but on tiktok-shop every listing has one"),
        ("shopee", f"{2**63},,A,T,1,0,0,0,ok,,\n", "'9223372036854775808' cannot be served"),
        ("nowhere", "7,,A,T,1,0,0,0,ok,,\n", "shop.yaml: imitates: must be one of lazada, "),
    ],
)
def test_what_cannot_be_served_is_named_by_line(tmp_path: Path, imitates: str, listings: str, text: str) -> None:
    """A ConfigFault, exit code 2."""
    folder(tmp_path, "shop", imitates, listings=LISTINGS + listings)
    with pytest.raises(ConfigFault) as caught:
        load_folder(tmp_path)
    assert text in str(caught.value)
    assert caught.value.exit_code == 2


def test_all_faults_of_all_shops_are_told_at_once(tmp_path: Path) -> None:
    """A bad time, a missing column, a bad shop.yaml, a campaign on nothing."""
    folder(tmp_path, "a", "shopee", listings="item_id,sellable\n1,2\n")
    folder(
        tmp_path,
        "b",
        "shopee",
        listings=LISTINGS + "7,,A,T,1,,,,,,\n",
        orders=ORDERS + "1,7,,1,paid,2026-02-31T00:00:00Z,,,,,,\n",
    )
    folder(
        tmp_path,
        "c",
        "shopee",
        listings=LISTINGS + "7,,A,T,1,,,,,,\n",
        campaigns=CAMPAIGNS + "c,8,,2026-11-11T00:00:00Z,2026-11-12T00:00:00Z,5,,running\n",
    )
    folder(tmp_path, "d", "shopee", shop="imitates: shopee\n", listings=LISTINGS)
    folder(tmp_path, "e", "shopee", listings="item_id,seller_sku,sellable,sellable\n1,A,2,3\n")
    with pytest.raises(ConfigFault) as caught:
        load_folder(tmp_path)
    found = [str(fault).removeprefix(f"{tmp_path}/") for fault in caught.value.faults]
    assert found == [
        "a/listings.csv:1: lacks the column seller_sku",
        "b/orders.csv:2:6: created_at: '2026-02-31T00:00:00Z' is not an ISO 8601 time",
        "c/campaigns.csv:2: item_id: no listing 8 stands in listings.csv",
        "d/shop.yaml: as_of: is missing",
        "e/listings.csv:1: names twice the column sellable",
    ]


def test_no_folder_and_an_empty_one_are_usage_faults(tmp_path: Path) -> None:
    """With the way on."""
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageFault) as caught:
            load_folder(place)
        assert caught.value.way_on


def test_a_clock_past_as_of_plays_what_happened_since(tmp_path: Path) -> None:
    """The world runs on: a campaign that has ended meanwhile has returned its stock."""
    folder(
        tmp_path,
        "shopee-vn",
        "shopee",
        listings=LISTINGS + "11,,A,T,40,8,,,ok,,\n",
        campaigns=CAMPAIGNS + "649,11,,2026-11-11T06:00:00Z,2026-11-11T18:00:00Z,20,12,running\n",
    )
    world = load_world(tmp_path, AS_OF + timedelta(days=1))
    assert truth(world, "shopee-vn")["A"] == (48, 0, 0, 0, "ok")
