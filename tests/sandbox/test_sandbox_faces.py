"""What the two faces answer: wire shapes, limits, errors and statuses, tokens (reference: Shopee 2-7, Lazada 2-8)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from stockrecon.core.model import ListingState
from stockrecon.sandbox.lazada.listing import How
from stockrecon.sandbox.shopee.gate import signature
from stockrecon.sandbox.wire import Call
from tests.sandbox.world import LAZADA_SKU, NOON, SHOPEE_ITEM, World, make_world, payload

PRODUCT, ORDER, SHOP, AUTH = "/api/v2/product/", "/api/v2/order/", "/api/v2/shop/", "/api/v2/auth/"


# Shopee


def test_shopee_pages_name_the_next_offset_only_where_there_is_one(world: World) -> None:
    """`next_offset` is absent on the last page, `next` is empty, `total_count` counts items."""
    first = world.ask_shopee("GET", PRODUCT + "get_item_list", offset=0, page_size=1, item_status="NORMAL")
    assert first.body["response"] == {
        "item": [
            {
                "item_id": 1001,
                "item_status": "NORMAL",
                "update_time": int((NOON - timedelta(days=30)).timestamp()),
                "tag": {"kit": False},
            }
        ],
        "total_count": 2,
        "has_next_page": True,
        "next_offset": 1,
        "next": "",
    }
    last = world.ask_shopee("GET", PRODUCT + "get_item_list", offset=1, page_size=1, item_status="NORMAL")
    assert last.body["response"]["has_next_page"] is False  # type: ignore[index]
    assert "next_offset" not in last.body["response"]  # type: ignore[operator]


def test_shopee_lists_by_status_and_notices_a_change(world: World) -> None:
    """Repeated keys ask for several statuses; the list follows the market."""
    path = PRODUCT + "get_item_list"

    def ids(*statuses: str) -> list[int]:
        answer = world.ask_shopee("GET", path, offset=0, page_size=100, item_status=statuses)
        return [row["item_id"] for row in answer.body["response"]["item"]]  # type: ignore[index]

    assert ids("BANNED", "UNLIST") == []
    world.shopee.set_state(world.now, SHOPEE_ITEM, ListingState.BANNED)
    assert ids("BANNED", "UNLIST") == [1001]
    assert ids("NORMAL") == [1002]


@pytest.mark.parametrize(
    ("path", "query", "error"),
    [
        ("get_item_list", {"offset": 0, "page_size": 101, "item_status": "NORMAL"}, "product.error_param"),
        ("get_item_list", {"offset": -1, "page_size": 1, "item_status": "NORMAL"}, "product.error_param"),
        ("get_item_list", {"offset": 0, "page_size": 1}, "product.error_param_item_status"),
        ("get_item_list", {"offset": 0, "page_size": 1, "item_status": "normal"}, "product.error_param_item_status"),
        ("get_item_base_info", {"item_id_list": ",".join(str(n) for n in range(51))}, "product.error_param"),
        ("get_item_base_info", {"item_id_list": "abc"}, "product.error_param"),
        ("get_item_promotion", {}, "product.error_param"),
        ("get_model_list", {"item_id": 9}, "product.error_item_not_found"),
    ],
)
def test_shopee_refuses_bad_products_queries_with_200(world: World, path: str, query: dict, error: str) -> None:
    """Business errors are HTTP 200 with the module's prefix; 51 ids are too many."""
    answer = world.ask_shopee("GET", PRODUCT + path, **query)
    assert (answer.status, answer.body["error"]) == (200, error)


def test_shopee_items_with_models_show_no_stock_of_their_own(world: World) -> None:
    """base_info has stock for model-less items only; get_model_list for models only."""
    answer = world.ask_shopee("GET", PRODUCT + "get_item_base_info", item_id_list="1001,1002,9")
    plain, many = answer.body["response"]["item_list"]  # type: ignore[index]
    assert plain["stock_info_v2"]["seller_stock"] == [{"location_id": "VNZ", "stock": 100, "if_saleable": True}]
    assert plain["item_sku"] == "SKU-1"
    assert many["has_model"] is True
    assert not {"stock_info_v2", "price_info"} & set(many)
    assert answer.body["warning"] == "item not found: 9"
    models = world.ask_shopee("GET", PRODUCT + "get_model_list", item_id=1002).body["response"]["model"]  # type: ignore[index]
    assert [(model["model_id"], model["model_sku"]) for model in models] == [(2001, "SKU-2-1"), (2002, "SKU-2-2")]
    empty = world.ask_shopee("GET", PRODUCT + "get_model_list", item_id=1001).body["response"]
    assert empty["model"] == empty["tier_variation"] == []  # type: ignore[index]


def test_shopee_shows_a_promotion_until_it_ends(world: World) -> None:
    """Upcoming, then ongoing, then vanished; the reserve is part of the seller's stock."""
    world.shopee.start_campaign(
        world.now, SHOPEE_ITEM, 20, NOON + timedelta(hours=1), NOON + timedelta(hours=2), campaign_id="77"
    )

    def promotions() -> list[tuple[str, int]]:
        answer = world.ask_shopee("GET", PRODUCT + "get_item_promotion", item_id_list=1001)
        rows = answer.body["response"]["success_list"][0]["promotion"]  # type: ignore[index]
        return [
            (row["promotion_staging"], row["promotion_stock_info_v2"]["summary_info"]["total_reserved_stock"])
            for row in rows
        ]

    assert promotions() == [("upcoming", 20)]
    info = world.ask_shopee("GET", PRODUCT + "get_item_base_info", item_id_list=1001).body["response"]
    summary = info["item_list"][0]["stock_info_v2"]["summary_info"]  # type: ignore[index]
    assert summary == {"total_reserved_stock": 20, "total_available_stock": 80}
    world.advance(hours=1)
    assert promotions() == [("ongoing", 20)]
    world.advance(hours=1)
    assert promotions() == []


def stock(model: int | None, units: object, place: str = "") -> dict:
    where = {"location_id": place} if place else {}
    named = {} if model is None else {"model_id": model}
    return {**named, "seller_stock": [{**where, "stock": units}]}


def test_shopee_sets_good_models_and_names_bad_ones(world: World) -> None:
    """HTTP 200, error empty, both lists filled."""
    body = {"item_id": 1002, "stock_list": [stock(2001, 5), stock(2009, 5)]}
    answer = world.ask_shopee("POST", PRODUCT + "update_stock", body)
    assert (answer.status, answer.body["error"]) == (200, "")
    assert answer.body["response"] == {
        "success_list": [{"model_id": 2001, "stock": 5}],
        "failure_list": [{"model_id": 2009, "failed_reason": "model ID not exist in sku"}],
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"item_id": 1001, "stock_list": []}, "product.error_param"),
        ({"item_id": 1001, "stock_list": [stock(0, -1)]}, "product.error_param"),
        ({"item_id": 1001, "stock_list": [stock(0, True)]}, "product.error_param"),
        ({"item_id": 1001, "stock_list": [stock(0, 1), stock(None, 2)]}, "product.error_param"),
        ({"item_id": 1002, "stock_list": [stock(0, 1)]}, "product.error_edit_item_stock_for_item_has_model"),
        ({"item_id": 1001, "stock_list": [stock(0, 1, "VNZ")]}, "product.error_auth"),
        ({"item_id": 1002, "stock_list": [stock(n, 1) for n in range(1, 52)]}, "product.error_param"),
        ({"item_id": 9, "stock_list": [stock(0, 1)]}, "product.error_item_not_found"),
        ({"stock_list": [stock(0, 1)]}, "product.error_param"),
        ([], "error_param"),
    ],
)
def test_shopee_refuses_bad_writes_and_changes_nothing(world: World, body: object, error: str) -> None:
    """The errors of reference 3.5."""
    answer = world.ask_shopee("POST", PRODUCT + "update_stock", body)
    assert (answer.status, answer.body["error"]) == (200, error)
    assert not world.shopee.effects


def test_shopee_orders_come_by_cursor_and_their_items_when_asked_for(world: World) -> None:
    """Newest first, no quantity field lost, optional fields only on request."""
    ids = []
    for _ in range(3):
        ids.append(world.shopee.place(world.now, [("1002", "2001", 2)], paid=True).order_id)
        world.advance(minutes=1)
    window = {
        "time_range_field": "create_time",
        "time_from": int(NOON.timestamp()) - 60,
        "time_to": int(NOON.timestamp()) + 600,
    }
    first = world.ask_shopee("GET", ORDER + "get_order_list", **window, page_size=2, cursor="").body["response"]
    assert first == {"more": True, "next_cursor": "2", "order_list": [{"order_sn": ids[2]}, {"order_sn": ids[1]}]}
    rest = world.ask_shopee(
        "GET", ORDER + "get_order_list", **window, page_size=2, cursor="2", response_optional_fields="order_status"
    )
    assert rest.body["response"] == {
        "more": False,
        "next_cursor": "",
        "order_list": [{"order_sn": ids[0], "order_status": "READY_TO_SHIP"}],
    }
    bare = world.ask_shopee("GET", ORDER + "get_order_detail", order_sn_list=ids[0]).body["response"]
    assert "item_list" not in bare["order_list"][0]  # type: ignore[index]
    full = world.ask_shopee(
        "GET", ORDER + "get_order_detail", order_sn_list=ids[0], response_optional_fields="item_list,pay_time"
    ).body["response"]["order_list"][0]  # type: ignore[index]
    assert full["pay_time"] == int(NOON.timestamp())
    line = full["item_list"][0]
    assert (line["item_id"], line["model_id"], line["model_sku"]) == (1002, 2001, "SKU-2-1")
    assert line["model_quantity_purchased"] == 2


def test_shopee_orders_span_at_most_15_days(world: World) -> None:
    """One second more is refused."""
    path, end = ORDER + "get_order_list", int(NOON.timestamp())
    asked = {"time_range_field": "update_time", "page_size": 10, "time_to": end}
    good = world.ask_shopee("GET", path, **asked, time_from=end - 15 * 86_400)
    assert good.body["error"] == ""
    bad = world.ask_shopee("GET", path, **asked, time_from=end - 15 * 86_400 - 1)
    assert bad.body["error"] == "order.order_list_invalid_time"


def test_shopee_tells_of_the_shop(world: World) -> None:
    """get_shop_info is flat; an ordinary shop has no warehouse list."""
    assert world.ask_shopee("GET", SHOP + "get_shop_info").body["status"] == "NORMAL"
    assert world.ask_shopee("GET", SHOP + "get_shop_holiday_mode").body["response"]["holiday_mode_on"] is False  # type: ignore[index]
    answer = world.ask_shopee("GET", SHOP + "get_warehouse_detail")
    assert (answer.status, answer.body["error"]) == (200, "warehouse.error_not_in_whitelist")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("partner_id", None, "There is no partner_id in query."),
        ("timestamp", None, "no timestamp."),
        ("sign", None, "There is no sign in query."),
        ("access_token", None, "There is no access_token in query."),
        ("shop_id", None, "There is no shop_id in query."),
        ("timestamp", "yesterday", "Invalid timestamp"),
        ("timestamp", "1", "Timestamp is expired."),
        ("partner_id", "2", "Invalid partner_id."),
        ("sign", "0" * 64, "Wrong sign."),
    ],
)
def test_shopee_names_what_is_wrong_with_the_signature(world: World, name: str, value: str, message: str) -> None:
    """403 each time."""

    def spoil(common: dict) -> None:
        common.pop(name)
        if value is not None:
            common[name] = value

    answer = world.ask_shopee("GET", SHOP + "get_shop_info", spoil=spoil)
    assert (answer.status, answer.body["message"]) == (403, message)


def test_shopee_answers_unknown_paths_with_exactly_one_field(world: World) -> None:
    """404, as captured."""
    answer = world.ask_shopee("GET", PRODUCT + "get_nothing")
    assert (answer.status, answer.body) == (404, {"error": "error_not_found"})


def refresh_shopee(world: World, token: str) -> tuple[int, dict]:
    given = world.sandbox.shops["shopee-vn"].credentials()
    body = {"refresh_token": token, "partner_id": given["partner_id"], "shop_id": given["shop_id"]}
    answer = world.ask_shopee("POST", AUTH + "access_token/get", body)
    return answer.status, dict(answer.body)


def test_shopee_tokens_rotate_once_and_the_old_one_lives_five_minutes(world: World) -> None:
    """Access 4 h; a refresh token works once; the previous access token 300 s more (reference: Shopee 2)."""
    old = world.sandbox.shops["shopee-vn"].credentials()

    def with_token(token: object) -> int:
        tokens = world.sandbox.shops["shopee-vn"].face.tokens
        now, tokens.access = tokens.access, str(token)
        try:
            return world.ask_shopee("GET", SHOP + "get_shop_info").status
        finally:
            tokens.access = now

    status, pair = refresh_shopee(world, str(old["refresh_token"]))
    assert (status, pair["expire_in"]) == (200, 14400)
    assert refresh_shopee(world, str(old["refresh_token"])) == (
        403,
        {"error": "error_auth", "message": "Invalid refresh_token.", "request_id": pair["request_id"][:-1] + "2"},
    )
    world.advance(minutes=4, seconds=59)
    assert with_token(old["access_token"]) == 200
    world.advance(seconds=1)
    assert with_token(old["access_token"]) == 403
    world.advance(hours=3, minutes=55)
    answer = world.ask_shopee("GET", SHOP + "get_shop_info")
    assert (answer.status, answer.body["error"]) == (403, "invalid_acceess_token")
    assert refresh_shopee(world, pair["refresh_token"])[0] == 200


def test_shopee_codes_work_once_within_ten_minutes(world: World) -> None:
    """A used and a late code are refused."""
    served = world.sandbox.shops["shopee-vn"]
    given = served.credentials()
    ids = {"partner_id": given["partner_id"], "shop_id": given["shop_id"]}
    code = served.face.tokens.issue_code(world.now)
    good = world.ask_shopee("POST", AUTH + "token/get", {"code": code, **ids})
    assert good.body["shop_id_list"] == [given["shop_id"]]
    assert world.ask_shopee("POST", AUTH + "token/get", {"code": code, **ids}).body["error"] == "invalid_code"
    late = served.face.tokens.issue_code(world.now)
    world.advance(minutes=10)
    assert world.ask_shopee("POST", AUTH + "token/get", {"code": late, **ids}).body["error"] == "invalid_code"


def test_shopee_limits_the_rate_by_real_time() -> None:
    """Burst, then 429 until time has passed."""
    world = make_world(per_second=2.0, burst=3)
    path = SHOP + "get_shop_info"
    assert [world.ask_shopee("GET", path).status for _ in range(4)] == [200, 200, 200, 429]
    world.ticks.seconds += 0.5
    answers = [world.ask_shopee("GET", path) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert answers[1].body["error"] == "error_rate_limit"


# Lazada


def test_lazada_shows_stock_by_warehouse_and_lock(world: World) -> None:
    """`quantity` is what is sellable, locks included; times of windows are site-local text."""
    world.lazada.place(world.now, [(*LAZADA_SKU, 2)])
    world.lazada.start_campaign(world.now, LAZADA_SKU, 5, world.now, NOON + timedelta(hours=6))
    data = world.ask_lazada("GET", "/products/get", filter="all", limit=50, offset=0)["data"]
    assert data["total_products"] == 1
    sku = data["products"][0]["skus"][0]
    assert (sku["SkuId"], sku["SellerSku"], sku["quantity"], sku["Available"]) == (5001, "SKU-1", 8, 8)
    assert sku["multiWarehouseInventories"] == [
        {
            "warehouseCode": "dropshipping",
            "sellableQuantity": 8,
            "quantity": 8,
            "withholdQuantity": 2,
            "occupyQuantity": 0,
            "totalQuantity": 10,
        }
    ]
    window = sku["channelInventories"][0]
    assert (window["endTime"], window["sellableQuantity"]) == ("2026-11-12 01:00:00", 5)
    assert world.ask_lazada("GET", "/product/item/get", item_id=500)["data"]["item_id"] == 500


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/products/get", {"limit": 51}, "19"),
        ("/products/get", {"limit": "x"}, "19"),
        ("/products/get", {"offset": 10_001}, "14"),
        ("/products/get", {"filter": "everything"}, "36"),
        ("/products/get", {"sku_seller_list": "A,B"}, "70"),
        ("/products/get", {"create_after": "2026-11-01T00:00:00"}, "17"),
        ("/product/item/get", {"item_id": 9}, "208"),
        ("/orders/get", {}, "MissingParameter"),
        ("/orders/get", {"created_after": "2026-11-01T00:00:00+08:00", "limit": 101}, "19"),
        ("/orders/get", {"created_after": "2026-11-01T00:00:00+08:00", "offset": 5_001}, "14"),
        ("/orders/get", {"created_after": "2026-11-01T00:00:00+08:00", "status": "paid"}, "36"),
        ("/orders/get", {"created_after": "yesterday"}, "17"),
        ("/orders/get", {"created_after": "2026-11-01T00:00:00+08:00", "sort_by": "price"}, "75"),
        ("/orders/get", {"created_after": "2026-11-01T00:00:00+08:00", "sort_direction": "asc"}, "74"),
        ("/orders/items/get", {"order_ids": "1,2"}, "56"),
        ("/orders/items/get", {"order_ids": "[]"}, "39"),
        ("/orders/items/get", {"order_ids": "[9]"}, "37"),
        ("/orders/items/get", {"order_ids": str(list(range(51)))}, "38"),
        ("/order/items/get", {"order_id": 9}, "16"),
        ("/product/stock/sellable/update", {"payload": "<Request/>"}, "UnsupportedHTTPMethod"),
        ("/nothing/get", {}, "InvalidApiPath"),
    ],
)
def test_lazada_refuses_bad_queries(world: World, path: str, params: dict, code: str) -> None:
    """The codes of reference 6 and 8.2, all with HTTP 200."""
    assert world.ask_lazada("GET", path, **params)["code"] == code


def test_lazada_finds_items_by_seller_sku_and_filter(world: World) -> None:
    """Whole-word match; a sold-out item is live with nothing to sell."""
    names = json.dumps(["SKU-1", "SKU"])
    assert world.ask_lazada("GET", "/products/get", sku_seller_list=names)["data"]["total_products"] == 1
    assert world.ask_lazada("GET", "/products/get", sku_seller_list='["SKU"]')["data"]["total_products"] == 0
    assert world.ask_lazada("GET", "/products/get", filter="sold-out")["data"]["total_products"] == 0
    world.lazada.write(world.now, "5001", "500", How.SELLABLE, {"": 0}, "x")
    assert world.ask_lazada("GET", "/products/get", filter="sold-out")["data"]["total_products"] == 1


@pytest.mark.parametrize(
    ("state", "filter_", "shown"),
    [
        (ListingState.ERROR, "rejected", {"status": "Active", "subStatus": "Reject"}),
        (ListingState.BANNED, "inactive", {"status": "Suspended", "subStatus": "Lock"}),
        (ListingState.REVIEWING, "pending", {"status": "Pending QC", "subStatus": None}),
        (ListingState.UNLISTED, "inactive", {"status": "InActive"}),
        (ListingState.DELETED, "deleted", {"status": "Deleted"}),
        (ListingState.WARNING, "live", {"hiddenReason": "Too few pictures"}),
    ],
)
def test_lazada_shows_listing_states(world: World, state: ListingState, filter_: str, shown: dict) -> None:
    """Each state has its place in the product row (reference: Lazada 3.4), and its filter."""
    world.lazada.set_state(world.now, LAZADA_SKU, state, "Too few pictures")
    (row,) = world.ask_lazada("GET", "/products/get", filter=filter_)["data"]["products"]
    assert shown.items() <= row.items()
    if state is ListingState.ERROR:
        assert row["rejectReason"] == [{"suggestion": "", "violationDetail": "Too few pictures"}]


UPDATE, ADJUST, PRICE = (
    "/product/stock/sellable/update",
    "/product/stock/sellable/adjust",
    "/product/price_quantity/update",
)


@pytest.mark.parametrize(
    ("path", "text", "left"),
    [
        (UPDATE, payload("SellableQuantity", 4), 4),
        (ADJUST, payload("SellableQuantity", -4), 6),
        (PRICE, payload("Quantity", 7), 7),
        (
            UPDATE,
            json.dumps({"Request": {"Product": {"Skus": {"Sku": [{"SkuId": "5001", "SellableQuantity": 3}]}}}}),
            3,
        ),
        (UPDATE, payload("Quantity", 4), 10),
        (
            UPDATE,
            "<Request><Product><Skus><Sku><ItemId>500</ItemId><SkuId>5001</SkuId><MultiWarehouseInventories>"
            "<MultiWarehouseInventory><WarehouseCode>dropshipping</WarehouseCode><Quantity>2</Quantity>"
            "</MultiWarehouseInventory></MultiWarehouseInventories></Sku></Skus></Product></Request>",
            2,
        ),
    ],
    ids=["xml", "adjust", "total", "json", "unknown element is ignored", "multi-warehouse"],
)
def test_lazada_takes_writes_in_all_their_forms(world: World, path: str, text: str, left: int) -> None:
    """Code 0 and an empty data, also where nothing was understood (reference: Lazada 4.2, 4.3)."""
    answer = world.ask_lazada("POST", path, payload=text)
    assert (answer["code"], answer["data"]) == ("0", {})
    assert world.lazada.exposed(LAZADA_SKU) == left


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (UPDATE, payload("SellableQuantity", 4).replace("&amp;", "&"), "5"),
        (UPDATE, "<Request><Product/></Request>", "5"),
        (UPDATE, "", "30"),
        (UPDATE, "{", "1001"),
        (UPDATE, payload("SellableQuantity", 4).replace(">4<", ">4.5<"), "4152"),
        (UPDATE, payload("SellableQuantity", 4, SkuId=""), "501"),
        (UPDATE, payload("SellableQuantity", -1), "4152"),
        (ADJUST, payload("SellableQuantity", -11), "212"),
        (UPDATE, '<!DOCTYPE r [<!ENTITY a "aaa">]><Request>&a;</Request>', "5"),
        (UPDATE, payload("SellableQuantity", 1).replace("<Sku>", "<Sku/>" * 50 + "<Sku>"), "204"),
        (PRICE, payload("Quantity", 1).replace("<Sku>", "<Sku/>" * 50 + "<Sku>"), "4171"),
    ],
)
def test_lazada_refuses_bad_payloads_and_changes_nothing(world: World, path: str, text: str, code: str) -> None:
    """An unescaped ampersand, a DTD, 51 SKUs and the rest of the catalogue."""
    if "<Sku/>" in text:
        text = text.replace("<Sku/>", "<Sku><SkuId>5001</SkuId></Sku>")
    assert world.ask_lazada("POST", path, payload=text)["code"] == code
    assert not world.lazada.effects


def test_lazada_hides_a_missing_item_in_a_code_0(world: World) -> None:
    """Envelope 0, the truth in detail."""
    answer = world.ask_lazada("POST", UPDATE, payload=payload("SellableQuantity", 4, SkuId="77"))
    assert answer["code"] == "0"
    assert answer["detail"][0]["message"] == "ITEM_NOT_FOUND"


def test_lazada_names_the_sku_below_its_lock(world: World) -> None:
    """501, and in detail the sentence that OMSs know (scenario 2)."""
    world.lazada.start_campaign(world.now, LAZADA_SKU, 5, world.now, NOON + timedelta(hours=6))
    answer = world.ask_lazada("POST", UPDATE, payload=payload("SellableQuantity", 4))
    assert (answer["code"], answer["type"], answer["message"]) == ("501", "ISP", "E501: Update product failed")
    (detail,) = answer["detail"]
    assert detail["message"].startswith("negative sellable on channel inventory")
    assert (detail["item_id"], detail["sku_id"]) == (500, "5001")


def test_lazada_orders_have_a_row_per_unit(world: World) -> None:
    """No quantity field; unpaid looks the same before and after the release; times carry their offset."""
    order = world.lazada.place(world.now, [(*LAZADA_SKU, 2)])
    world.advance(minutes=31)
    asked = {"created_after": "2026-11-11T00:00:00+08:00", "status": "unpaid"}
    data = world.ask_lazada("GET", "/orders/get", **asked)["data"]
    assert (data["count"], data["countTotal"]) == (1, 1)
    (row,) = data["orders"]
    assert (row["order_id"], row["statuses"], row["items_count"]) == (int(order.order_id), ["unpaid"], 2)
    assert row["created_at"] == "2026-11-11 20:00:00 +0800"
    (bundle,) = world.ask_lazada("GET", "/orders/items/get", order_ids=f"[{order.order_id}]")["data"]
    items = bundle["order_items"]
    assert len({item["order_item_id"] for item in items}) == 2
    assert {(item["sku"], item["sku_id"], item["shop_sku"], item["status"]) for item in items} == {
        ("SKU-1", "5001", "500_VN-5001", "unpaid")
    }
    alone = world.ask_lazada("GET", "/order/items/get", order_id=order.order_id)["data"]
    assert alone == [{**item, "product_id": "500"} for item in items]


def test_lazada_orders_pass_through_their_states(world: World) -> None:
    """pending, pending with a cancel request, canceled with who and why, ready_to_ship, shipped a day later."""
    shop = world.lazada
    first, second = (shop.place(world.now, [(*LAZADA_SKU, 1)], paid=True) for _ in range(2))

    def item(order_id: str) -> dict:
        return world.ask_lazada("GET", "/order/items/get", order_id=order_id)["data"][0]

    assert item(first.order_id)["status"] == "pending"
    assert item(first.order_id)["payment_time"] == int(NOON.timestamp() * 1000)
    shop.request_cancel(world.now, first.order_id, "buyer", "late")
    assert item(first.order_id)["is_cancel_pending"] is True
    shop.cancel(world.now, first.order_id, "seller", "Change of mind")
    got = item(first.order_id)
    assert (got["status"], got["cancel_return_initiator"], got["reason"]) == (
        "canceled",
        "cancellation-seller",
        "Change of mind",
    )
    shop.ship(world.now, second.order_id)
    assert item(second.order_id)["status"] == "ready_to_ship"
    world.advance(hours=24)
    assert item(second.order_id)["status"] == "shipped"


def test_lazada_refresh_rotates_and_keeps_its_first_end(world: World) -> None:
    """refresh_expires_in shrinks; the used token is refused; an access token with it is refused."""
    given = world.sandbox.shops["lazada-vn"].credentials()
    world.advance(days=1)
    first = world.ask_lazada("POST", "/auth/token/refresh", refresh_token=given["refresh_token"])
    assert (first["code"], first["expires_in"], first["refresh_expires_in"]) == ("0", 864_000, 49 * 86_400)
    again = world.ask_lazada("POST", "/auth/token/refresh", refresh_token=given["refresh_token"])
    assert again["code"] == "IllegalRefreshToken"
    world.advance(days=10)
    assert world.ask_lazada("GET", "/seller/get")["code"] == "IllegalAccessToken"
    assert world.ask_lazada("GET", "/auth/token/refresh", refresh_token=first["refresh_token"])["code"] == "0"


@pytest.mark.parametrize("name", ["app_key", "timestamp", "sign_method", "sign", "access_token"])
def test_lazada_misses_parameters(world: World, name: str) -> None:
    """MissingParameter, except where leaving one out breaks the signature first."""
    answer = world.ask_lazada("GET", "/seller/get", spoil=lambda pool: pool.pop(name))
    assert answer["code"] == ("IncompleteSignature" if name == "access_token" else "MissingParameter")


def test_lazada_limits_the_rate_in_its_own_words() -> None:
    """HTTP 200; the wait is in the text."""
    world = make_world(per_second=1.0, burst=1)
    assert world.ask_lazada("GET", "/seller/get")["code"] == "0"
    answer = world.ask_lazada("GET", "/seller/get")
    assert answer["code"] == "ApiCallLimit"
    assert "this ban will last 1 seconds" in answer["message"]


# Beyond the ordinary shop


def two_warehouses() -> World:
    """A Shopee shop with stock in two places."""
    world = make_world()
    world.shopee.locations = ("VN1", "VN2")
    world.shopee.add("1003", "", "SKU-3", 5, NOON - timedelta(days=1))
    return world


@pytest.mark.parametrize(
    ("places", "error"),
    [
        ([{"location_id": "VN1", "stock": 2}, {"location_id": "VN2", "stock": 3}], ""),
        ([{"stock": 2}], "product.error_busi"),
        ([{"location_id": "VN1", "stock": 2}], "product.error_auth"),
    ],
)
def test_shopee_wants_every_location_of_many(places: list, error: str) -> None:
    """All of them in one call; the echo names them, and the shop lists them."""
    world = two_warehouses()
    body = {"item_id": 1003, "stock_list": [{"model_id": 0, "seller_stock": places}]}
    answer = world.ask_shopee("POST", PRODUCT + "update_stock", body)
    assert answer.body["error"] == error
    if not error:
        assert [row["location_id"] for row in answer.body["response"]["success_list"]] == ["VN1", "VN2"]  # type: ignore[index]
        listed = world.ask_shopee("GET", SHOP + "get_warehouse_detail").body["response"]
        assert [row["location_id"] for row in listed] == ["VN1", "VN2"]  # type: ignore[attr-defined]


def test_shopee_draws_an_order_from_several_places() -> None:
    """What one place lacks, the next one gives."""
    world = two_warehouses()
    world.shopee.write(world.now, "1003", {"": {"VN1": 2, "VN2": 3}}, "write")
    order = world.shopee.place(world.now, [("1003", "", 4)])
    assert world.shopee.items["1003"][""].seller == {"VN1": 0, "VN2": 1}
    world.shopee.cancel(world.now, order.order_id)
    assert world.shopee.exposed(("1003", "")) == 5


def test_shopee_in_holiday_mode_and_under_a_campaign_takes_no_stock(world: World) -> None:
    """Two whole-call refusals, with HTTP 200."""
    body = {"item_id": 1001, "stock_list": [stock(0, 50)]}
    world.shopee.start_campaign(world.now, SHOPEE_ITEM, 5, world.now, NOON + timedelta(hours=1))
    answer = world.ask_shopee("POST", PRODUCT + "update_stock", body)
    assert answer.body["error"] == "product.error_promotion_cantnot_update_stock"
    world.shopee.holiday = True
    answer = world.ask_shopee("POST", PRODUCT + "update_stock", body)
    assert answer.body["error"] == "product.error_holiday_mode_change_stock"


def test_shopee_searches_by_sku_and_hands_on_an_offset(world: World) -> None:
    """Models are searched as well."""
    path = PRODUCT + "search_item"
    found = world.ask_shopee("GET", path, page_size=10, item_sku="SKU-2-2").body["response"]
    assert found == {"item_id_list": [1002], "total_count": 1, "next_offset": ""}
    first = world.ask_shopee("GET", path, page_size=1, item_name="o").body["response"]
    assert first["total_count"] == 1  # type: ignore[index]


def test_shopee_consent_gives_a_code(world: World) -> None:
    """The legacy link; the code can be redeemed."""
    given = world.sandbox.shops["shopee-vn"].credentials()
    path = SHOP + "auth_partner"
    stamp = str(int(world.clock.now().timestamp()))
    sign = signature(str(given["partner_key"]), str(given["partner_id"]), path, stamp)
    pairs = {"partner_id": str(given["partner_id"]), "timestamp": stamp, "sign": sign, "redirect": "http://127.0.0.1/b"}
    served = world.sandbox.shops["shopee-vn"]
    answer = world.sandbox.handle(served, Call("GET", path, tuple(pairs.items()))).answer
    assert answer is not None
    assert answer.status == 302
    code = answer.location.removeprefix("http://127.0.0.1/b?code=").split("&")[0]
    ids = {"partner_id": given["partner_id"], "shop_id": given["shop_id"]}
    assert world.ask_shopee("POST", AUTH + "token/get", {"code": code, **ids}).body["error"] == ""


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("app_key", "other", "InvalidAppKey"),
        ("timestamp", "2026-11-11T12:00:00Z", "IncompleteSignature"),
        ("timestamp", "now", "IllegalTimestamp"),
        ("sign_method", "md5", "IncompleteSignature"),
        ("sign", "0" * 64, "IncompleteSignature"),
    ],
)
def test_lazada_names_what_is_wrong_with_the_signature(world: World, name: str, value: str, code: str) -> None:
    """In order: key, clock, signature."""
    assert world.ask_lazada("GET", "/seller/get", spoil=lambda pool: pool.update({name: value}))["code"] == code


def test_lazada_codes_work_once(world: World) -> None:
    """And hand out a pair with the seller's country."""
    code = world.sandbox.shops["lazada-vn"].face.tokens.issue_code(world.now)
    pair = world.ask_lazada("POST", "/auth/token/create", code=code)
    assert (pair["code"], pair["country"], pair["country_user_info"][0]["country"]) == ("0", "vn", "vn")
    assert world.ask_lazada("POST", "/auth/token/create", code=code)["code"] == "InvalidCode"
    assert world.ask_lazada("GET", "/seller/warehouse/get")["result"]["module"][0]["code"] == "dropshipping"
