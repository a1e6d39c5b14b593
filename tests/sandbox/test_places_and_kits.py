"""Stock at several places, at the platform, in kits and in Choice, as the vendors' pages show it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stockrecon.sandbox.control import Control
from tests.sandbox.world import LAZADA_SKU, SHOPEE_ITEM, SHOPEE_MODELS, World, payload

MODEL = SHOPEE_MODELS[0]
STOCK = "/api/v2/product/update_stock"


def control(world: World, where: str, **body: object) -> tuple[int, Any]:
    return Control(world.sandbox).handle("POST", where, json.dumps(body).encode())


def shopee(world: World, key: tuple[str, str], **traits: str) -> None:
    body = {"shop": "shopee-vn", "item_id": key[0], "variation_id": key[1] or None, **traits}
    assert control(world, "listings", **body)[0] == 200


def lazada(world: World, **traits: str) -> None:
    body = {"shop": "lazada-vn", "item_id": LAZADA_SKU[0], "variation_id": LAZADA_SKU[1], **traits}
    assert control(world, "listings", **body)[0] == 200


def item(world: World) -> dict[str, Any]:
    answer = world.ask_shopee("GET", "/api/v2/product/get_item_base_info", item_id_list=SHOPEE_ITEM[0])
    return dict(answer.body["response"]["item_list"][0])


def kit(world: World) -> dict[str, Any]:
    answer = world.ask_shopee("GET", "/api/v2/product/get_model_list", item_id=MODEL[0])
    return dict(answer.body["response"]["model"][0])


def sku(world: World) -> dict[str, Any]:
    return dict(world.ask_lazada("GET", "/product/item/get", item_id=LAZADA_SKU[0])["data"])


# Shopee


def test_a_shop_with_places_tells_and_wants_all_of_them(world: World) -> None:
    """Both are shown and named by the shop; a write has to name each (reference: Shopee 3.5)."""
    shopee(world, SHOPEE_ITEM, places="VNZ=70,VNY=30")
    shown = item(world)["stock_info_v2"]["seller_stock"]
    assert [(place["location_id"], place["stock"]) for place in shown] == [("VNZ", 70), ("VNY", 30)]
    told = world.ask_shopee("GET", "/api/v2/shop/get_warehouse_detail").body["response"]
    assert [place["location_id"] for place in told] == ["VNZ", "VNY"]
    body = {"item_id": 1001, "stock_list": [{"model_id": 0, "seller_stock": [{"location_id": "VNZ", "stock": 5}]}]}
    assert "Lack of location_id" in world.ask_shopee("POST", STOCK, body).body["message"]
    body["stock_list"][0]["seller_stock"].append({"location_id": "VNY", "stock": 30})  # type: ignore[index]
    assert world.ask_shopee("POST", STOCK, body).body["error"] == ""
    assert world.shopee.exposed(SHOPEE_ITEM) == 35


def test_stock_in_shopees_warehouse_stands_beside(world: World) -> None:
    """It is part of what buyers can take, and the reserve may lie on it (reference: Shopee 3.4)."""
    shopee(world, SHOPEE_ITEM, shopee_stock="20")
    assert item(world)["stock_info_v2"]["shopee_stock"] == [{"location_id": "", "stock": 20}]
    assert world.shopee.exposed(SHOPEE_ITEM) == 120


def detail(world: World, order_id: str) -> dict[str, Any]:
    fields = "item_list,fulfillment_flag"
    answer = world.ask_shopee(
        "GET", "/api/v2/order/get_order_detail", order_sn_list=order_id, response_optional_fields=fields
    )
    return dict(answer.body["response"]["order_list"][0])


def test_an_order_tells_which_places_send_it_and_gives_back_there(world: World) -> None:
    """70 and 30, an order of 75: both send; what comes back lies where it lay (Shopee's page on get_order_detail)."""
    shopee(world, SHOPEE_ITEM, places="VNZ=70,VNY=30")
    order = world.shopee.place(world.now, [(*SHOPEE_ITEM, 75)])
    told = detail(world, order.order_id)
    assert told["item_list"][0]["product_location_id"] == ["VNZ", "VNY"]
    assert told["fulfillment_flag"] == "fulfilled_by_local_seller"
    second = world.shopee.place(world.now, [(*SHOPEE_ITEM, 5)])
    assert detail(world, second.order_id)["item_list"][0]["product_location_id"] == ["VNY"]
    world.shopee.cancel(world.now, order.order_id)
    world.shopee.cancel(world.now, second.order_id)
    shown = item(world)["stock_info_v2"]["seller_stock"]
    assert [(place["location_id"], place["stock"]) for place in shown] == [("VNZ", 70), ("VNY", 30)]


def test_what_shopee_sends_itself_is_taken_from_its_warehouse(world: World) -> None:
    """100 of the seller's, 20 of Shopee's: the order after the seller's are gone is Shopee's to send."""
    shopee(world, SHOPEE_ITEM, shopee_stock="20")
    world.shopee.place(world.now, [(*SHOPEE_ITEM, 100)])
    order = world.shopee.place(world.now, [(*SHOPEE_ITEM, 8)])
    told = detail(world, order.order_id)
    assert told["fulfillment_flag"] == "fulfilled_by_shopee"
    assert told["item_list"][0]["product_location_id"] == []
    assert item(world)["stock_info_v2"]["shopee_stock"][0]["stock"] == 12
    world.shopee.cancel(world.now, order.order_id)
    assert item(world)["stock_info_v2"]["shopee_stock"][0]["stock"] == 20
    assert world.shopee.exposed(SHOPEE_ITEM) == 20


def test_a_kit_is_what_its_parts_allow_and_takes_no_write(world: World) -> None:
    """100 of one and 20 of the other, two and three to a kit: 6. The refusal is the captured one (3.5)."""
    shopee(world, MODEL, kit="1001=2,1002/2002=3")
    assert item(world)["tag"] == {"kit": False}
    listed = world.ask_shopee("GET", "/api/v2/product/get_item_list", offset=0, page_size=10, item_status="NORMAL")
    assert [row["tag"]["kit"] for row in listed.body["response"]["item"]] == [False, True]
    assert kit(world)["stock_info_v2"]["seller_stock"] == [{"location_id": "VNZ", "stock": 6, "if_saleable": True}]
    body = {"item_id": 1002, "stock_list": [{"model_id": 2001, "seller_stock": [{"stock": 3}]}]}
    refused = world.ask_shopee("POST", STOCK, body).body
    assert refused["error"] == "product.error_busi"
    assert refused["response"]["failure_list"] == [
        {"model_id": 2001, "failed_reason": "Invalid product setting. Please verify."}
    ]


def test_an_order_of_a_kit_takes_its_parts(world: World) -> None:
    """At placement, and they come back with it; every part's change is an effect."""
    shopee(world, MODEL, kit="1001=2,1002/2002=3")
    order = world.shopee.place(world.now, [(*MODEL, 2)])
    parts = (SHOPEE_ITEM, SHOPEE_MODELS[1])
    assert [world.shopee.exposed(key) for key in (MODEL, *parts)] == [4, 96, 14]
    moved = {
        (effect.item_id, effect.variation_id): effect.after - effect.before for effect in world.shopee.effects[-3:]
    }
    assert moved == {MODEL: -2, SHOPEE_ITEM: -4, SHOPEE_MODELS[1]: -6}
    world.shopee.cancel(world.now, order.order_id)
    assert [world.shopee.exposed(key) for key in (MODEL, *parts)] == [6, 100, 20]


@pytest.mark.parametrize(
    ("key", "trait", "text"),
    [
        (MODEL, "kit", "1001"),
        (MODEL, "kit", "9=1"),
        (MODEL, "kit", "1002/2001=1"),
        (MODEL, "kit", "1001=0"),
        (SHOPEE_ITEM, "kit", "1002/2001=1"),
        (SHOPEE_ITEM, "places", "VNZ"),
        (SHOPEE_ITEM, "places", "VNZ=1,VNZ=2"),
        (SHOPEE_ITEM, "shopee_stock", "-1"),
    ],
)
def test_what_means_nothing_is_refused(key: tuple[str, str], trait: str, text: str, world: World) -> None:
    """A kit of itself or of nothing, places without numbers: the market stays as it was."""
    body = {"shop": "shopee-vn", "item_id": key[0], "variation_id": key[1] or None, trait: text}
    assert control(world, "listings", **body)[0] == 409
    assert [world.shopee.exposed(one) for one in (SHOPEE_ITEM, *SHOPEE_MODELS)] == [100, 10, 20]


def test_the_shop_can_be_shopees_and_on_holiday(world: World) -> None:
    """Both as the shop's own calls tell them (reference: Shopee 3.7)."""
    assert control(world, "shops", shop="shopee-vn", fulfilment="Pure - FBS Shop", holiday="on")[0] == 200
    assert world.ask_shopee("GET", "/api/v2/shop/get_shop_info").body["shop_fulfillment_flag"] == "Pure - FBS Shop"
    holiday = world.ask_shopee("GET", "/api/v2/shop/get_shop_holiday_mode").body["response"]
    assert holiday["holiday_mode_on"] is True
    assert control(world, "shops", shop="shopee-vn", holiday="perhaps")[0] == 409


# Lazada


def test_a_warehouse_without_stock_is_left_out(world: World) -> None:
    """So the product does not tell how many a seller has; another call does (reference: Lazada 3.3)."""
    lazada(world, places="dropshipping=7,wh-b=0")
    assert [place["warehouseCode"] for place in sku(world)["skus"][0]["multiWarehouseInventories"]] == ["dropshipping"]
    for path, more in (("/seller/warehouse/get", {"addressTypes": '["warehouse"]'}), ("/rc/warehouse/get", {})):
        module = world.ask_lazada("GET", path, **more)["result"]["module"]
        assert [place["code"] for place in module] == ["dropshipping", "wh-b"]
    careless = world.ask_lazada("GET", "/seller/warehouse/get")["result"]["module"]
    assert [place["code"] for place in careless] == ["dropshipping"]
    lazada(world, places="dropshipping=7,wh-b=3")
    shown = sku(world)["skus"][0]
    assert [place["sellableQuantity"] for place in shown["multiWarehouseInventories"]] == [7, 3]
    assert shown["quantity"] == 10


def test_the_default_warehouse_is_listed_also_without_stock(world: World) -> None:
    """Only the others are left out (Lazada's page on inventories, and its sample of a Choice item)."""
    lazada(world, places="dropshipping=0,wh-b=3")
    codes = [place["warehouseCode"] for place in sku(world)["skus"][0]["multiWarehouseInventories"]]
    assert codes == ["dropshipping", "wh-b"]


def test_a_sellers_warehouse_is_one_of_all_listings(world: World) -> None:
    """It is set with stock for one SKU and takes a write for another that never showed it."""
    other = world.lazada.add("2900", "2901", "OTHER", 5, world.now)
    lazada(world, places="dropshipping=7,wh-b=3")
    place = "<WarehouseCode>wh-b</WarehouseCode><SellableQuantity>4</SellableQuantity>"
    inner = f"<MultiWarehouseInventories><MultiWarehouseInventory>{place}</MultiWarehouseInventory>"
    text = f"<Sku><ItemId>2900</ItemId><SkuId>2901</SkuId>{inner}</MultiWarehouseInventories></Sku>"
    written = f"<Request><Product><Skus>{text}</Skus></Product></Request>"
    assert "detail" not in world.ask_lazada("POST", "/product/stock/sellable/update", payload=written)
    assert {code: held.sellable for code, held in other.warehouses.items()} == {"dropshipping": 5, "wh-b": 4}
    later = world.lazada.add("2902", "2903", "LATER", 1, world.now)
    assert list(later.warehouses) == ["dropshipping", "wh-b"]


def places(world: World) -> list[tuple[int, int, int]]:
    """Sellable, withheld and occupied units by warehouse."""
    listing = world.lazada.listing(LAZADA_SKU)
    assert listing is not None
    return [(one.sellable, one.withheld, one.occupied) for one in listing.warehouses.values()]


def test_an_order_is_held_where_its_units_lie(world: World) -> None:
    """The inventories of warehouses are independent: what wh-b sends is withheld, occupied and given back there."""
    lazada(world, places="dropshipping=7,wh-b=3")
    order = world.lazada.place(world.now, [(*LAZADA_SKU, 9)])
    assert places(world) == [(0, 7, 0), (1, 2, 0)]
    rows = world.ask_lazada("GET", "/order/items/get", order_id=order.order_id)["data"]
    assert [row["warehouse_code"] for row in rows] == ["dropshipping"] * 7 + ["wh-b"] * 2
    world.lazada.pay(world.now, order.order_id)
    assert places(world) == [(0, 0, 7), (1, 0, 2)]
    world.lazada.cancel(world.now, order.order_id)
    assert places(world) == [(7, 0, 0), (3, 0, 0)]
    shipped = world.lazada.place(world.now, [(*LAZADA_SKU, 8)], paid=True)
    world.lazada.ship(world.now, shipped.order_id)
    assert places(world) == [(0, 0, 0), (2, 0, 0)]


def test_a_hold_that_was_released_is_taken_again_where_units_lie_then(world: World) -> None:
    """After the hold the units are for sale, another buyer takes some, and the first comes back for the rest."""
    lazada(world, places="dropshipping=2,wh-b=5")
    order = world.lazada.place(world.now, [(*LAZADA_SKU, 3)])
    assert places(world) == [(0, 2, 0), (4, 1, 0)]
    later = world.now + world.lazada.hold
    world.lazada.settle(later)
    assert places(world) == [(2, 0, 0), (5, 0, 0)]
    world.lazada.place(later, [(*LAZADA_SKU, 2)], paid=True)
    world.lazada.resume_payment(later, order.order_id)
    assert places(world) == [(0, 0, 2), (2, 3, 0)]
    world.lazada.pay(later, order.order_id)
    assert places(world) == [(0, 0, 2), (2, 0, 3)]
    world.lazada.ship(later, order.order_id)
    assert places(world) == [(0, 0, 2), (2, 0, 0)]


def test_stock_in_lazadas_warehouse_stands_beside(world: World) -> None:
    """It is not part of the SKU's quantity (reference: Lazada 3.3)."""
    lazada(world, fbl="90")
    shown = sku(world)["skus"][0]
    assert [place["sellableQuantity"] for place in shown["fblWarehouseInventories"]] == [90]
    assert shown["quantity"] == 10


def test_a_choice_item_is_shown_as_lazadas_page_shows_it(world: World) -> None:
    """The seller's warehouse with nothing, Choice's with all; the ordinary call does not set it."""
    lazada(world, choice="local jit")
    shown = sku(world)
    assert shown["bizSupplement"] == {"item_type": "4"}
    (one,) = shown["skus"]
    assert [(p["warehouseCode"], p["sellableQuantity"]) for p in one["multiWarehouseInventories"]] == [
        ("dropshipping", 0)
    ]
    assert [(p["warehouseCode"], p["sellableQuantity"]) for p in one["fblWarehouseInventories"]] == [
        ("AChoice-VN-V-JIT", 10)
    ]
    assert one["quantity"] == 10
    answer = world.ask_lazada("POST", "/product/stock/sellable/update", payload=payload("SellableQuantity", 20))
    assert answer["detail"][0]["message"] == "SELLER_NOT_PERMITTED"
    lazada(world, choice="")
    assert "bizSupplement" not in sku(world)
    assert world.lazada.exposed(LAZADA_SKU) == 10


@pytest.mark.parametrize(("trait", "text"), [("choice", "jit"), ("places", "wh"), ("fbl", "many")])
def test_what_means_nothing_is_refused_there_too(trait: str, text: str, world: World) -> None:
    """And nothing moved."""
    body = {"shop": "lazada-vn", "item_id": LAZADA_SKU[0], "variation_id": LAZADA_SKU[1], trait: text}
    assert control(world, "listings", **body)[0] == 409
    assert world.lazada.exposed(LAZADA_SKU) == 10
