"""What TikTok Shop's face answers: envelope, gate, tokens, shapes, limits, webhooks (reference: TikTok 2)."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from stockrecon.core.model import ListingState
from stockrecon.sandbox.wire import Call
from tests.sandbox.tiktok import (
    ACTIVITIES,
    BLUE,
    CANCELLATIONS,
    MUG,
    ORDERS,
    RED,
    SEARCH,
    SHOPS,
    STOCK,
    WAREHOUSES,
    TiktokWorld,
    make_tiktok,
    update_path,
)
from tests.sandbox.world import NOON

SECONDS = int(NOON.timestamp())


@pytest.fixture
def world() -> TiktokWorld:
    return make_tiktok()


def said(world: TiktokWorld, method: str, path: str, body: object = None, **more: object) -> tuple[int, int, str]:
    """HTTP status, code and message."""
    answer = world.send(method, path, body, **more)  # type: ignore[arg-type]
    return answer.status, answer.body["code"], answer.body["message"]  # type: ignore[index]


# The gate


@pytest.mark.parametrize(
    ("name", "value", "status", "code", "word"),
    [
        ("app_key", None, 400, 36009004, "app_key"),
        ("app_key", "other", 400, 36009004, "app_key"),
        ("timestamp", None, 400, 36009004, "lesser than 0"),
        ("timestamp", "-1", 400, 36009004, "lesser than 0"),
        ("timestamp", str(SECONDS - 301), 400, 36009004, "earlier than 5 minutes"),
        ("timestamp", str(SECONDS + 31), 400, 36009004, "more than 30 seconds"),
        ("sign", None, 401, 36009004, "required signature"),
        ("sign", "0" * 64, 401, 106001, "'sign' query parameter"),
        ("x-tts-access-token", None, 401, 36009004, "x-tts-access-token"),
        ("x-tts-access-token", "other", 401, 36009004, "x-tts-access-token"),
    ],
)
def test_the_gate_names_what_is_wrong(
    world: TiktokWorld, name: str, value: str | None, status: int, code: int, word: str
) -> None:
    """One code for many faults, told apart by its message; `data` is null."""

    def spoil(pool: dict, headers: dict) -> None:
        place = headers if name.startswith("x-") else pool
        place.pop(name)
        if value is not None:
            place[name] = value

    answer = world.send("GET", WAREHOUSES, spoil=spoil)
    assert (answer.status, answer.body["code"], answer.body["data"]) == (status, code, None)  # type: ignore[index]
    assert word in answer.body["message"]  # type: ignore[index]


def test_a_shop_is_named_by_its_cipher_and_only_where_there_is_one(world: TiktokWorld) -> None:
    """Missing 106013, another's 101000; on the list of shops, which tells it, 36009004."""
    cipher = world.given["shop_cipher"]
    shop = world.ask("GET", SHOPS)["shops"][0]
    assert (shop["id"], shop["cipher"], shop["region"]) == (world.given["shop_id"], cipher, "VN")
    assert said(world, "GET", SHOPS, shop_cipher=cipher)[:2] == (400, 36009004)
    assert said(world, "GET", WAREHOUSES, shop_cipher="")[:2] == (400, 106013)
    assert said(world, "GET", WAREHOUSES, shop_cipher="ROW_x")[:2] == (401, 101000)


def test_paths_methods_and_versions(world: TiktokWorld) -> None:
    """404, 405 and 400; an unknown path is told before a wrong app key."""
    wrong = {"spoil": lambda pool, headers: pool.update(app_key="x")}
    assert said(world, "GET", "/product/202309/nothing", **wrong)[:2] == (404, 36009009)
    assert said(world, "POST", "/api/v2/token/steal")[:2] == (404, 36009009)
    assert said(world, "GET", SEARCH)[:2] == (405, 36009010)
    assert said(world, "POST", "/api/v2/token/get")[:2] == (405, 36009010)
    assert said(world, "POST", "/product/202212/products/search", {}, page_size=1)[:2] == (400, 36009014)
    for version in ("202309", "202312", "202502"):
        assert world.ask("POST", f"/product/{version}/products/search", {}, page_size=1)["total_count"] == 2


def test_a_body_is_a_json_object(world: TiktokWorld) -> None:
    """Anything else is 36009022; no body is an empty object."""

    def form(pool: dict, headers: dict) -> None:
        headers["content-type"] = "application/x-www-form-urlencoded"

    assert said(world, "POST", SEARCH, [], page_size=1)[:2] == (400, 36009022)
    assert said(world, "POST", SEARCH, {}, page_size=1, spoil=form)[:2] == (400, 36009022)
    assert world.ask("POST", SEARCH, page_size=1)["total_count"] == 2


def test_an_inactive_seller_is_refused_everywhere_but_named(world: TiktokWorld) -> None:
    """12052700, within HTTP 200; the list of shops still answers."""
    world.shop.inactive = True
    for method, path in (("POST", SEARCH), ("POST", ORDERS), ("GET", WAREHOUSES)):
        assert world.refused(method, path, page_size=1) == 12052700
    assert world.ask("GET", SHOPS)["shops"]


def test_fifty_a_second_for_each_call(world: TiktokWorld) -> None:
    """Whatever id stands in its path; then 429 with 36009002, for that call alone, until time passes."""
    paths = [f"/product/202309/products/{number}" for number in range(50)]
    assert {said(world, "GET", path)[1] for path in paths} == {12052032}
    assert said(world, "GET", paths[0])[:2] == (429, 36009002)
    assert said(world, "GET", SHOPS)[1] == 0
    world.ticks.seconds += 0.02
    assert said(world, "GET", paths[0])[1] == 12052032
    assert said(world, "GET", paths[0])[1] == 36009002


# Tokens


def token(world: TiktokWorld, way: str, **query: str) -> dict:
    """An unsigned call to the host of the tokens."""
    given = {"app_key": world.given["app_key"], "app_secret": world.given["app_secret"], **query}
    call = Call("GET", f"/api/v2/token/{way}", tuple(given.items()))
    outcome = world.sandbox.handle(world.sandbox.shops[world.shop.name], call)
    assert outcome.answer is not None
    assert outcome.answer.status == 200
    return dict(outcome.answer.body)  # type: ignore[call-overload]


def with_token(world: TiktokWorld, access: str) -> tuple[int, int]:
    return said(world, "GET", SHOPS, spoil=lambda pool, headers: headers.update({"x-tts-access-token": access}))[:2]


def test_an_access_token_lives_seven_days_and_is_renewed_once(world: TiktokWorld) -> None:
    """105002 then, not the code of a token that never was; the ends of the new ones are told as times."""
    old = world.given
    world.advance(days=7)
    assert with_token(world, old["access_token"]) == (401, 105002)
    assert with_token(world, "never") == (401, 36009004)
    refresh = {"refresh_token": old["refresh_token"], "grant_type": "refresh_token"}
    answer = token(world, "refresh", **refresh)
    assert (answer["code"], answer["message"]) == (0, "success")
    data, now = answer["data"], int(world.now.timestamp())
    assert data["access_token_expire_in"] == now + 7 * 86_400
    assert data["refresh_token_expire_in"] == now + 365 * 86_400
    assert with_token(world, data["access_token"]) == (200, 0)
    assert token(world, "refresh", **refresh)["code"] == 36004005
    world.advance(days=365)
    last = {"refresh_token": data["refresh_token"], "grant_type": "refresh_token"}
    assert token(world, "refresh", **last)["code"] == 36004001


def test_a_revoked_token_counts_as_expired(world: TiktokWorld) -> None:
    """So that a client renews it."""
    world.do("faults", kind="revoke-token")
    assert said(world, "GET", SHOPS)[:2] == (401, 105002)


@pytest.mark.parametrize(
    "wrong", [{"app_secret": "x"}, {"app_key": "x"}, {"grant_type": "authorization_code"}, {"grant_type": ""}]
)
def test_tokens_are_handed_to_the_app_alone(world: TiktokWorld, wrong: dict) -> None:
    """And by the one grant type; the code is not used up by it."""
    code = str(world.do("codes")["code"])
    good = {"auth_code": code, "grant_type": "authorized_code"}
    assert token(world, "get", **{**good, **wrong})["code"] == 36009004
    assert token(world, "get", **good)["data"]["seller_base_region"] == "VN"


def test_the_consent_page_hands_out_a_code_that_works_once(world: TiktokWorld) -> None:
    """By redirect with the state, within 30 minutes; without a redirect it is told as JSON."""
    served = world.sandbox.shops[world.shop.name]

    def consent(**query: str) -> tuple[int, str, object]:
        answer = world.sandbox.handle(served, Call("GET", "/open/authorize", tuple(query.items()))).answer
        assert answer is not None
        return answer.status, answer.location, answer.body

    status, location, _ = consent(service_id="1", state="s", redirect_uri="http://127.0.0.1:1/back?a=1")
    asked = parse_qs(urlsplit(location).query)
    assert (status, asked["a"], asked["state"]) == (302, ["1"], ["s"])
    first = {"auth_code": asked["code"][0], "grant_type": "authorized_code"}
    assert token(world, "get", **first)["code"] == 0
    assert token(world, "get", **first)["code"] == 36004004
    assert consent()[0] == 400
    late = str(consent(service_id="1")[2]["code"])  # type: ignore[index]
    world.advance(minutes=30)
    assert token(world, "get", auth_code=late, grant_type="authorized_code")["code"] == 36004004


# Products


def test_products_come_by_page_with_a_token(world: TiktokWorld) -> None:
    """Opaque, and empty after the last; an empty list has no key at all."""
    first = world.ask("POST", SEARCH, {"status": "ALL"}, page_size=1)
    assert [row["id"] for row in first["products"]] == ["500"]
    last = world.ask("POST", SEARCH, {"status": "ALL"}, page_size=1, page_token=first["next_page_token"])
    assert ([row["id"] for row in last["products"]], last["next_page_token"]) == (["600"], "")
    empty = world.ask("POST", SEARCH, {"status": "FREEZE"}, page_size=1)
    assert empty == {"total_count": 0, "next_page_token": ""}


def test_a_product_as_it_stands_in_the_search(world: TiktokWorld) -> None:
    """Ids are text; each warehouse's quantity; nothing of Tokopedia outside Indonesia."""
    row = world.ask("POST", SEARCH, {"seller_skus": ["TEE-BLUE"]}, page_size=10)["products"][0]
    created = int((NOON - timedelta(days=30)).timestamp())
    price = {"currency": "VND", "tax_exclusive_price": "100000", "sale_price": "100000"}
    place = next(iter(world.shop.warehouses))
    assert row == {
        "id": "500",
        "title": "Tee, red",
        "status": "ACTIVATE",
        "sales_regions": ["VN"],
        "create_time": created,
        "update_time": created,
        "is_not_for_sale": False,
        "has_draft": False,
        "audit": {"status": "APPROVED"},
        "skus": [
            {
                "id": sku,
                "seller_sku": name,
                "price": price,
                "inventory": [{"warehouse_id": place, "quantity": units}],
                "status_info": {"status": "NORMAL"},
            }
            for sku, name, units in (("5001", "TEE-RED", 10), ("5002", "TEE-BLUE", 20))
        ],
    }


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        ({}, {}, 12019109),
        ({}, {"page_size": 0}, 12019109),
        ({}, {"page_size": 101}, 12019109),
        ({}, {"page_size": 1, "page_token": "!"}, 12019108),
        ({}, {"page_size": 1, "page_token": "b2Zm"}, 12019108),
        ({"seller_skus": [str(number) for number in range(11)]}, {"page_size": 1}, 12019027),
        ({"sku_ids": [str(number) for number in range(11)]}, {"page_size": 1}, 12019087),
        ({"status": "LIVE"}, {"page_size": 1}, 12052910),
        ({"create_time_ge": "1"}, {"page_size": 1}, 12052910),
        ({"seller_skus": "A"}, {"page_size": 1}, 12052910),
        ({"listing_platforms": ["TIKTOK_SHOP"]}, {"page_size": 1}, 12052910),
        ({"status": "ACTIVATE", "listing_platforms": ["EBAY"]}, {"page_size": 1}, 12052910),
    ],
)
def test_a_bad_search_is_refused(world: TiktokWorld, body: dict, query: dict, code: int) -> None:
    """Each by its own code."""
    assert world.refused("POST", SEARCH, body, **query) == code


def test_a_search_is_narrowed_by_time_both_ends_included(world: TiktokWorld) -> None:
    """By creation and by the last edit, which neither orders nor numbers that are set move."""
    tee, mug = (int((NOON - timedelta(days=days)).timestamp()) for days in (30, 29))

    def ids(**body: int) -> list[str]:
        rows = world.ask("POST", SEARCH, body, page_size=10).get("products", [])
        return [row["id"] for row in rows]

    assert ids(create_time_ge=tee, create_time_le=tee) == ["500"]
    assert ids(create_time_ge=mug) == ["600"]
    assert ids(create_time_ge=mug + 1) == []
    world.shop.place(world.now, [(*RED, 1)])
    world.update(RED, 5)
    world.shop.edit(world.now, MUG, 1)
    assert ids(update_time_ge=SECONDS) == []
    world.shop.set_state(world.now, MUG, ListingState.UNLISTED)
    assert ids(update_time_ge=SECONDS) == ["600"]
    assert ids(update_time_ge=SECONDS + 1) == ids(update_time_le=SECONDS - 1, create_time_ge=mug) == []


def test_more_than_ten_thousand_hits_are_refused_until_time_narrows_them(world: TiktokWorld) -> None:
    """12052180, on the first page already."""
    created = NOON - timedelta(days=10)
    for number in range(9_999):
        world.shop.add(str(10_000 + number), str(200_000 + number), "X", 1, created + timedelta(seconds=number))
    assert world.refused("POST", SEARCH, {}, page_size=100) == 12052180
    first = int(created.timestamp())
    assert world.ask("POST", SEARCH, {"create_time_ge": first}, page_size=100)["total_count"] == 9_999


@pytest.mark.parametrize(
    ("state", "status", "audit", "failed"),
    [
        (ListingState.OK, "ACTIVATE", "APPROVED", False),
        (ListingState.WARNING, "ACTIVATE", "FAILED", True),
        (ListingState.ERROR, "FAILED", "FAILED", True),
        (ListingState.BANNED, "PLATFORM_DEACTIVATED", "NONE", True),
        (ListingState.REVIEWING, "PENDING", "AUDITING", False),
        (ListingState.UNLISTED, "SELLER_DEACTIVATED", "NONE", False),
        (ListingState.DELETED, "DELETED", "NONE", False),
    ],
)
def test_a_product_s_state_by_its_status_and_audit(
    world: TiktokWorld, state: ListingState, status: str, audit: str, failed: bool
) -> None:
    """The search tells these two, the product itself why."""
    world.do("listings", item_id=MUG[0], variation_id=MUG[1], state=str(state), message="too shiny")
    row = world.ask("POST", SEARCH, {"status": status, "sku_ids": [MUG[1]]}, page_size=10)["products"][0]
    assert (row["status"], row["audit"]["status"]) == (status, audit)
    assert row["skus"][0]["status_info"] == {"status": "NORMAL"}
    detail = world.ask("GET", f"/product/202309/products/{MUG[0]}")
    told = [reason["reasons"] for reason in detail.get("audit_failed_reasons", [])]
    assert told == ([["too shiny"]] if failed else [])
    assert world.refused("GET", "/product/202309/products/9") == 12052032


def test_a_sku_that_differs_from_its_product_is_switched_off_or_gone(world: TiktokWorld) -> None:
    """By whom is told; the product stays live."""
    seen = []
    for state in ("banned", "unlisted", "deleted"):
        world.do("listings", item_id=RED[0], variation_id=RED[1], state=state)
        row = world.ask("POST", SEARCH, {"sku_ids": [BLUE[1]]}, page_size=10)["products"][0]
        seen.append((row["status"], [sku["status_info"].get("deactivation_source") for sku in row["skus"]]))
    assert seen == [("ACTIVATE", ["PLATFORM", None]), ("ACTIVATE", ["SELLER", None]), ("ACTIVATE", [None])]


def test_a_status_that_no_state_has_is_set_by_a_trait(world: TiktokWorld) -> None:
    """FREEZE, and a global product that did not come through; a frozen product takes no update."""
    world.do("listings", item_id=MUG[0], variation_id=MUG[1], status="FREEZE", sync_fault="no qualification")
    row = world.ask("POST", SEARCH, {"status": "FREEZE"}, page_size=10)["products"][0]
    assert row["product_sync_fail_reasons"] == ["no qualification"]
    assert world.refused("POST", update_path(MUG[0]), {"skus": [entry(MUG[1], 5)]}) == 12052901


def test_tokopedia_mirrors_what_is_sold_in_indonesia() -> None:
    """Its own status, the filter by place, products that are there alone, and orders from there."""
    world = make_tiktok("ID")

    def row(**body: object) -> dict:
        found = world.ask("POST", SEARCH, {"status": "ACTIVATE", **body}, page_size=10).get("products", [])
        return {one["id"]: (one.get("status"), one.get("integrated_platform_statuses")) for one in found}

    both = ("ACTIVATE", [{"platform": "TOKOPEDIA", "status": "ACTIVATE"}])
    assert row() == {"500": both, "600": both}
    world.do("listings", item_id="600", variation_id="6001", mirror="FAILED")
    world.do("listings", item_id="500", variation_id="5001", mirror="none")
    assert row(listing_platforms=["TOKOPEDIA"]) == {
        "600": ("ACTIVATE", [{"platform": "TOKOPEDIA", "status": "FAILED"}])
    }
    assert set(row(listing_platforms=["TIKTOK_SHOP"])) == {"500", "600"}
    world.do("listings", item_id="600", variation_id="6001", mirror="", mirror_only="yes")
    assert row()["600"] == (None, both[1])
    assert set(row(listing_platforms=["TIKTOK_SHOP"])) == {"500"}
    for source, platform in (("tokopedia", "TOKOPEDIA"), ("", "TIKTOK_SHOP")):
        placed = world.do("orders", action="place", item_id="600", variation_id="6001", source=source)
        order = world.ask("GET", "/order/202507/orders", ids=placed["order_id"])["orders"][0]
        assert order["commerce_platform"] == platform


# Stock


def test_what_can_be_bought_is_split_and_what_orders_hold_stands_beside_it(world: TiktokWorld) -> None:
    """100 = 50 in the shop + 30 in a campaign + 20 with a creator; six units of orders, unpaid ones too, on top."""
    world.shop.edit(world.now, MUG, 106)
    body = {"item_id": MUG[0], "variation_id": MUG[1]}
    world.do("campaigns", action="start", **body, locked=30, name="11.11")
    world.do("campaigns", action="start", **body, locked=20, name="py001", sort="creator")
    world.shop.place(world.now, [(*MUG, 4)])
    world.shop.place(world.now, [(*MUG, 2)], paid=True)
    place = next(iter(world.shop.warehouses))
    assert world.stock(MUG) == {
        "id": "6001",
        "seller_sku": "MUG",
        "total_available_quantity": 100,
        "total_committed_quantity": 6,
        "warehouse_inventory": [{"warehouse_id": place, "available_quantity": 100, "committed_quantity": 6}],
        "total_available_inventory_distribution": {
            "in_shop_inventory": {"quantity": 50},
            "campaign_inventory": [{"campaign_name": "11.11", "quantity": 30}],
            "creator_inventory": [{"creator_name": "py001", "quantity": 20}],
        },
    }
    assert world.stock(RED)["total_available_inventory_distribution"] == {"in_shop_inventory": {"quantity": 10}}


def test_stock_is_asked_for_by_product_or_by_sku(world: TiktokWorld) -> None:
    """SKU ids win; what the shop does not have is left out; too many, none and no numbers are refused."""

    def ids(**body: list[str]) -> list[tuple[str, list[str]]]:
        rows = world.ask("POST", STOCK, body).get("inventory", [])
        return [(row["product_id"], [sku["id"] for sku in row["skus"]]) for row in rows]

    assert ids(product_ids=["500", "9"]) == [("500", ["5001", "5002"])]
    assert ids(product_ids=["600"], sku_ids=["5002", "6001", "7"]) == [("500", ["5002"]), ("600", ["6001"])]
    assert ids(sku_ids=["7"]) == []
    many = [str(number) for number in range(1, 602)]
    assert world.refused("POST", STOCK, {"product_ids": many[:101]}) == 12019120
    assert world.refused("POST", STOCK, {"sku_ids": many}) == 12019015
    assert len(world.ask("POST", STOCK, {"product_ids": ["500"], "sku_ids": many[:600]})) == 0
    for body in ({}, {"product_ids": ["abc"]}):
        assert world.refused("POST", STOCK, body) == 12019008


def entry(sku: str, units: object, **place: str) -> dict:
    return {"id": sku, "inventory": [{**place, "quantity": units}]}


def test_an_update_that_is_taken_answers_nothing(world: TiktokWorld) -> None:
    """Code 0, no echo; it is the whole of what can be bought that was set."""
    place = next(iter(world.shop.warehouses))
    assert world.ask("POST", update_path("500"), {"skus": [entry("5001", 7, warehouse_id=place)]}) == {}
    assert world.stock(RED)["total_available_quantity"] == 7
    assert [(effect.before, effect.after, effect.call) for effect in world.shop.effects] == [
        (10, 7, update_path("500"))
    ]


def test_failures_hide_inside_an_answer_of_zero(world: TiktokWorld) -> None:
    """By SKU, with what is wrong with each warehouse; the others are set."""
    body = {"skus": [entry("5001", 7), entry("5009", 7), entry("5002", 7, warehouse_id="77")]}
    assert world.ask("POST", update_path("500"), body)["errors"] == [
        {"code": 12052556, "message": "The SKU id not exist.", "detail": {"sku_id": "5009"}},
        {
            "code": 12052990,
            "message": "Check failed",
            "detail": {
                "sku_id": "5002",
                "extra_errors": [{"warehouse_id": "77", "code": 12052097, "message": "The warehouse does not exist"}],
            },
        },
    ]
    assert [world.shop.exposed(key) for key in (RED, BLUE)] == [7, 20]


def test_a_campaign_lock_is_told_inside_an_answer_of_zero(world: TiktokWorld) -> None:
    """12052393 for a decrease while it runs; an increase is taken."""
    world.do("campaigns", action="start", item_id=MUG[0], variation_id=MUG[1], locked=30)
    assert [fault["code"] for fault in world.update(MUG, 60)] == [12052393]
    assert world.update(MUG, 101) == []
    assert world.stock(MUG)["total_available_quantity"] == 101


@pytest.mark.parametrize(
    ("item", "body", "code"),
    [
        ("abc", {"skus": [entry("5001", 1)]}, 12052031),
        ("9", {"skus": [entry("5001", 1)]}, 12052032),
        ("500", {}, 12052902),
        ("500", {"skus": []}, 12052902),
        ("500", {"skus": [{"inventory": []}]}, 12052036),
        ("500", {"skus": [entry("5001", 1), entry("5001", 2)]}, 12052553),
        ("500", {"skus": [{"id": "5001"}]}, 12019022),
        ("500", {"skus": [{"id": "5001", "inventory": [{"quantity": 1}, {"quantity": 2}]}]}, 12019022),
        ("500", {"skus": [entry("5001", -1)]}, 12019024),
        ("500", {"skus": [entry("5001", "7")]}, 12019024),
        ("500", {"skus": [entry("5001", True)]}, 12019024),
        ("500", {"skus": [entry(str(number), 1) for number in range(101)]}, 12052050),
    ],
)
def test_an_update_that_is_refused_whole_changes_nothing(world: TiktokWorld, item: str, body: dict, code: int) -> None:
    """The codes of reference: TikTok 2.7."""
    assert world.refused("POST", update_path(item), body) == code
    assert not world.shop.effects


def test_the_platform_s_own_stock_stands_apart(world: TiktokWorld) -> None:
    """In a warehouse that the seller's list lacks, in the search of Fulfilled by TikTok; an update is refused."""
    world.shop.add("700", "7001", "FAN", 6, NOON, title="Fan", platform=True, committed=2)
    own = {row["id"]: row["type"] for row in world.ask("GET", WAREHOUSES)["warehouses"]}
    assert list(own.values()) == ["SALES_WAREHOUSE", "RETURN_WAREHOUSE"]
    place = world.stock(("700", "7001"))["warehouse_inventory"][0]
    assert place["warehouse_id"] not in own
    assert (place["available_quantity"], place["committed_quantity"]) == (6, 2)
    found = world.ask("POST", "/fbt/202408/inventory/search", {"sku_ids": ["7001", "5001"]}, page_size=10)
    detail = {"total_quantity": 8, "available_quantity": 6, "reserved_quantity": 2}
    assert found["inventory"][0]["goods"]["skus"] == [{"id": "7001", "on_hand_detail": detail}]
    (theirs,) = world.ask("GET", "/fbt/202408/warehouses")["warehouses"]
    assert found["inventory"][0]["fbt_warehouse_id"] == theirs["fbt_warehouse_id"]
    assert theirs["warehouse_ids"] == [place["warehouse_id"]]
    assert [fault["code"] for fault in world.update(("700", "7001"), 5)] == [12052037]


def test_a_warehouse_on_holiday_is_told(world: TiktokWorld) -> None:
    """Its stock is shown as ever and cannot be bought, which only the list of warehouses says."""
    world.do("listings", item_id=MUG[0], variation_id=MUG[1], warehouse="RESTRICTED")
    row = world.ask("GET", WAREHOUSES)["warehouses"][0]
    assert (row["effect_status"], row["is_default"]) == ("RESTRICTED", True)


# Orders


def test_an_order_has_a_row_for_each_unit(world: TiktokWorld) -> None:
    """No quantity; times that have not come are left out; the hour of remorse is told."""
    order = world.shop.place(world.now, [(*RED, 2), (*MUG, 1)])
    row = world.ask("GET", "/order/202309/orders", ids=f"{order.order_id},1")["orders"][0]
    assert [(item["sku_id"], item["product_id"], item["display_status"]) for item in row["line_items"]] == [
        ("5001", "500", "UNPAID"),
        ("5001", "500", "UNPAID"),
        ("6001", "600", "UNPAID"),
    ]
    assert len({item["id"] for item in row["line_items"]}) == 3
    assert "quantity" not in json.dumps(row)
    assert {name: row[name] for name in row if name.endswith("_time")} == {
        "create_time": SECONDS,
        "update_time": SECONDS,
        "cancel_order_sla_time": SECONDS + 72 * 3600,
    }
    world.advance(minutes=5)
    world.shop.pay(world.now, order.order_id)
    paid = world.ask("GET", "/order/202507/orders", ids=order.order_id)["orders"][0]
    assert (paid["status"], paid["paid_time"], paid["is_on_hold_order"]) == ("ON_HOLD", SECONDS + 300, True)
    assert {item["display_status"] for item in paid["line_items"]} == {"AWAITING_SHIPMENT"}
    assert "commerce_platform" not in paid


def test_an_order_names_the_warehouse_that_it_is_sent_from(world: TiktokWorld) -> None:
    """By which it is found; where the platform sends it, the platform's, which the seller's list lacks."""
    first, second = next(iter(world.shop.warehouses)), "7068517275539720999"
    world.do("listings", item_id=RED[0], variation_id=RED[1], places=f"{first}=2,{second}=5")
    world.shop.add("700", "7001", "MUG-FBT", 9, world.now, platform=True)
    lines = ([(*RED, 3)], [(*RED, 2)], [(*MUG, 1)], [("700", "7001", 1)])
    ids = [world.shop.place(world.now, wanted).order_id for wanted in lines]
    assert world.do("orders", action="cancel", order_id=ids[2])["status"] == "cancelled"
    rows = {row["id"]: row["warehouse_id"] for row in world.ask("POST", ORDERS, {}, page_size=10)["orders"]}
    assert [rows[one] for one in ids] == [second, first, first, "7232382932030232001"]
    found = world.ask("POST", ORDERS, {"warehouse_ids": [second]}, page_size=10)
    assert ([row["id"] for row in found["orders"]], found["total_count"]) == (ids[:1], 1)
    told = {row["id"] for row in world.ask("GET", WAREHOUSES)["warehouses"] if row["type"] == "SALES_WAREHOUSE"}
    assert told == {first, second}


def test_orders_are_found_by_status_and_time(world: TiktokWorld) -> None:
    """Newest first unless asked otherwise; the upper end is not included; a change by time alone moves an order."""
    ids = []
    for _ in range(3):
        ids.append(world.shop.place(world.now, [(*RED, 1)], paid=True).order_id)
        world.advance(minutes=1)

    def found(query: dict, **body: object) -> list[str]:
        rows = world.ask("POST", ORDERS, body, **{"page_size": 10, **query}).get("orders", [])
        return [row["id"] for row in rows]

    assert found({}) == ids[::-1]
    assert found({"sort_field": "update_time", "sort_order": "ASC"}) == ids
    assert found({}, create_time_ge=SECONDS, create_time_lt=SECONDS + 60) == ids[:1]
    assert found({}, order_status="AWAITING_SHIPMENT") == []
    world.advance(minutes=58)
    assert found({}, order_status="AWAITING_SHIPMENT", update_time_ge=SECONDS + 3600) == [ids[1], ids[0]]
    page = world.ask("POST", ORDERS, {}, page_size=2)
    assert (page["total_count"], len(page["orders"])) == (3, 2)
    assert found({"page_size": 2, "page_token": page["next_page_token"]}) == ids[:1]
    assert world.ask("POST", ORDERS, {"create_time_lt": 1}) == {"total_count": 0, "next_page_token": ""}


@pytest.mark.parametrize(
    ("path", "body", "query", "code"),
    [
        (ORDERS, {}, {"page_size": 101}, 36009004),
        (ORDERS, {}, {"page_token": "x"}, 36009004),
        (ORDERS, {}, {"sort_field": "paid_time"}, 36009004),
        (ORDERS, {"order_status": "CANCEL"}, {}, 36009004),
        (CANCELLATIONS, {}, {"page_size": 51}, 25001001),
        (CANCELLATIONS, {"create_time_ge": True}, {}, 25001001),
        (ACTIVITIES, {"page_size": 101}, {}, 17029001),
        (ACTIVITIES, {"status": "LIVE"}, {}, 17029001),
    ],
)
def test_a_bad_question_is_refused(world: TiktokWorld, path: str, body: dict, query: dict, code: int) -> None:
    """By the code of its part of the interface."""
    assert world.refused("POST", path, body, **query) == code


def test_a_cancelled_order_and_its_cancellation(world: TiktokWorld) -> None:
    """Asked for, then granted: pending, then complete; an unpaid one that the channel ends has no refund."""
    asked = world.shop.place(world.now, [(*RED, 2)], paid=True)
    world.advance(hours=2)
    world.shop.request_cancel(world.now, asked.order_id, reason="no_longer_needed")
    row = world.ask("POST", CANCELLATIONS, {"order_ids": [asked.order_id]})["cancellations"][0]
    assert (row["cancel_status"], row["cancel_type"], row["role"]) == (
        "CANCELLATION_REQUEST_PENDING",
        "BUYER_CANCEL",
        "BUYER",
    )
    assert [unit["sku_id"] for unit in row["cancel_line_items"]] == ["5001", "5001"]
    order = world.ask("GET", "/order/202309/orders", ids=asked.order_id)["orders"][0]
    assert (order["status"], order["is_buyer_request_cancel"]) == ("AWAITING_SHIPMENT", True)
    assert order["request_cancel_time"] == SECONDS + 7200
    world.advance(hours=1)
    world.shop.cancel(world.now, asked.order_id, reason="no_longer_needed")
    late = world.shop.place(world.now, [(*RED, 1)])
    world.advance(hours=72)
    rows = world.ask("POST", CANCELLATIONS, {}, page_size=10, sort_field="update_time")["cancellations"]
    assert [(row["order_id"], row["cancel_status"], row["role"], row["create_time"]) for row in rows] == [
        (asked.order_id, "CANCELLATION_REQUEST_COMPLETE", "BUYER", SECONDS + 7200),
        (late.order_id, "CANCELLATION_REQUEST_SUCCESS", "SYSTEM", SECONDS + 75 * 3600),
    ]
    assert world.ask("POST", CANCELLATIONS, {"cancel_types": ["CANCEL"]})["total_count"] == 1
    gone = world.ask("GET", "/order/202309/orders", ids=asked.order_id)["orders"][0]
    assert (gone["status"], gone["cancel_time"], gone["cancellation_initiator"], gone["cancel_reason"]) == (
        "CANCELLED",
        SECONDS + 10_800,
        "BUYER",
        "no_longer_needed",
    )


def test_a_parcel_that_came_back_is_a_return(world: TiktokWorld) -> None:
    """The order is completed, and nothing is put back into stock."""
    order = world.shop.place(world.now, [(*RED, 2)], paid=True)
    world.shop.ship(world.now, order.order_id)
    world.shop.send_back(world.now, order.order_id)
    found = world.ask("POST", "/return_refund/202309/returns/search", {})["return_orders"]
    assert [(row["order_id"], len(row["return_line_items"])) for row in found] == [(order.order_id, 2)]
    assert world.ask("POST", ORDERS, {"order_status": "COMPLETED"})["total_count"] == 1
    assert world.stock(RED)["total_available_quantity"] == 8


def test_a_parcel_that_waits_is_told(world: TiktokWorld) -> None:
    """Control arranges it; its units are committed still."""
    placed = world.do("orders", action="place", item_id=RED[0], variation_id=RED[1], paid=True)
    world.do("orders", action="arrange", order_id=placed["order_id"])
    assert world.ask("POST", ORDERS, {"order_status": "AWAITING_COLLECTION"})["total_count"] == 1
    assert world.stock(RED)["total_committed_quantity"] == 1


# Promotions


def test_only_promotions_of_the_seller_are_listed(world: TiktokWorld) -> None:
    """Platform campaigns and creators show in the stock alone; a promotion by its limit, through its stages."""
    body = {"action": "start", "item_id": MUG[0], "variation_id": MUG[1], "locked": 9}
    for sort in ("", "creator"):
        world.do("campaigns", **body, sort=sort)
    starts = (NOON + timedelta(hours=1)).isoformat()
    ends = (NOON + timedelta(hours=2)).isoformat()
    made = world.do("campaigns", **body, sort="promotion", name="Flash", starts_at=starts, ends_at=ends)

    def status() -> str:
        rows = world.ask("POST", ACTIVITIES, {})["activities"]
        assert [(row["id"], row["title"], row["begin_time"]) for row in rows] == [
            (made["campaign_id"], "Flash", SECONDS + 3600)
        ]
        return str(rows[0]["status"])

    stages = [status()]
    for _ in range(2):
        world.advance(hours=1)
        stages.append(status())
    assert stages == ["NOT_START", "ONGOING", "EXPIRED"]
    detail = world.ask("GET", f"/promotion/202309/activities/{made['campaign_id']}")
    assert [(row["id"], row["skus"][0]["quantity_limit"]) for row in detail["products"]] == [("600", 9)]
    assert world.refused("GET", "/promotion/202309/activities/1") == 17029009
    assert world.ask("POST", ACTIVITIES, {"status": "ONGOING"}) == {"total_count": 0, "next_page_token": ""}


# Webhooks


def told(world: TiktokWorld) -> list[dict]:
    """The messages that wait to be sent, each with a good signature."""
    world.sandbox.settled()
    found = []
    for push in world.sandbox.pusher.waiting:
        key, body = world.given, push.notice.body
        message = key["app_key"].encode() + body
        sign = hmac.new(key["app_secret"].encode(), message, hashlib.sha256).hexdigest()
        assert push.notice.headers["Authorization"] == sign
        found.append({"kind": push.notice.kind, **json.loads(body)})
    world.sandbox.pusher.waiting.clear()
    return found


def test_the_life_of_an_order_is_told(world: TiktokWorld) -> None:
    """Type 1 with each status, `CANCEL` so spelled; type 11 beside a cancellation."""
    world.do("webhooks", url="http://127.0.0.1:9/hook")
    order_id = world.do("orders", action="place", item_id=MUG[0], variation_id=MUG[1])["order_id"]
    first = told(world)
    assert first == [
        {
            "kind": "ORDER_STATUS_CHANGE",
            "type": 1,
            "tts_notification_id": first[0]["tts_notification_id"],
            "shop_id": world.given["shop_id"],
            "timestamp": SECONDS,
            "data": {
                "order_id": order_id,
                "order_status": "UNPAID",
                "is_on_hold_order": True,
                "update_time": SECONDS,
            },
        }
    ]
    world.do("orders", action="pay", order_id=order_id)
    world.advance(hours=1)
    world.do("orders", action="arrange", order_id=order_id)
    world.do("orders", action="request-cancel", order_id=order_id)
    world.do("orders", action="cancel", order_id=order_id, by="seller")
    assert [
        (one["type"], one["data"].get("order_status", one["data"].get("cancel_status"))) for one in told(world)
    ] == [
        (1, "ON_HOLD"),
        (1, "AWAITING_SHIPMENT"),
        (1, "AWAITING_COLLECTION"),
        (11, "CANCELLATION_REQUEST_PENDING"),
        (1, "CANCEL"),
        (11, "CANCELLATION_REQUEST_COMPLETE"),
    ]


def test_products_promotions_and_returns_are_told(world: TiktokWorld) -> None:
    """Types 5, 37, 39 and 12; campaigns of the platform are told by none."""
    world.do("webhooks", url="http://127.0.0.1:9/hook")
    where = {"item_id": MUG[0], "variation_id": MUG[1]}
    world.do("listings", **where, state="error", message="too shiny")
    product, audit = told(world)
    assert (product["type"], product["data"]["status"]) == (5, "PRODUCT_AUDIT_FAILURE")
    assert product["data"]["suspended_reason"] == "too shiny"
    assert (audit["type"], audit["data"]["audit"]) == (37, {"status": "FAILED"})
    world.do("listings", **where, state="ok", status="FREEZE")
    statuses = [one["data"].get("status", one["data"].get("audit")) for one in told(world)]
    assert statuses == ["PRODUCT_STATUS_CHANGED", {"status": "NONE"}] * 2
    world.do("listings", **where, status="")
    told(world)
    for sort in ("", "promotion"):
        made = world.do("campaigns", action="start", **where, locked=5, sort=sort)
    world.advance(hours=1)
    statuses = [(one["data"]["activity_id"], one["data"]["status"]) for one in told(world)]
    assert statuses == [(made["campaign_id"], "ONGOING"), (made["campaign_id"], "EXPIRED")]
    order = world.shop.place(world.now, [(*RED, 1)], paid=True)
    world.shop.ship(world.now, order.order_id)
    world.shop.send_back(world.now, order.order_id)
    assert (told(world)[-1]["type"], world.shop.orders[order.order_id].status) == (12, "returned")


def test_low_and_no_stock_are_told_with_another_meaning_of_available(world: TiktokWorld) -> None:
    """Type 27: `available_quantity` is what ordinary buyers can take; said once as the stock falls through a step."""
    world.do("webhooks", url="http://127.0.0.1:9/hook", kinds=["INVENTORY_*"])
    world.shop.start_campaign(world.now, RED, 2, NOON, NOON + timedelta(hours=1))
    world.shop.start_campaign(world.now, RED, 1, NOON, NOON + timedelta(hours=1), sort="creator")
    for _ in range(3):
        world.shop.place(world.now, [(*RED, 2)])
    only = told(world)
    assert [one["data"]["current_inventory_status"] for one in only] == ["LOW_STOCK"]
    assert only[0]["data"]["inventory_distribution"] == {
        "total_quantity": 10,
        "available_quantity": 1,
        "creator_reserved_quantity": 1,
        "campaign_reserved_quantity": 2,
        "committed_quantity": 6,
    }
    world.shop.edit(world.now, MUG, 0)
    assert [one["data"]["current_inventory_status"] for one in told(world)] == ["OUT_OF_STOCK"]


def test_the_vendor_s_own_call_sets_a_webhook(world: TiktokWorld) -> None:
    """One address for each topic, only on this machine; control's hooks are not its to see or to take."""
    path, address = "/event/202309/webhooks", "http://127.0.0.1:9/own"
    world.do("webhooks", url="http://127.0.0.1:9/control")
    assert world.ask("GET", path) == {"total_count": 0}
    for place in (address + "/old", address):
        assert world.ask("PUT", path, {"event_type": "ORDER_STATUS_CHANGE", "address": place}) == {}
    row = {"event_type": "ORDER_STATUS_CHANGE", "address": address, "create_time": SECONDS, "update_time": SECONDS}
    assert world.ask("GET", path) == {"webhooks": [row], "total_count": 1}
    world.shop.place(world.now, [(*MUG, 1)])
    world.sandbox.settled()
    assert [push.hook.url for push in world.sandbox.pusher.waiting] == ["http://127.0.0.1:9/control", address]
    assert world.ask("DELETE", path, {"event_type": "ORDER_STATUS_CHANGE"}) == {}
    assert world.ask("GET", path) == {"total_count": 0}
    for body in ({"event_type": "NEW_MESSAGE", "address": address}, {"event_type": "ORDER_STATUS_CHANGE"}):
        assert world.refused("PUT", path, body) == 36009004
    for place in ("http://example.com/x", "http://127.0.0.1:9/" + "x" * 255):
        assert world.refused("PUT", path, {"event_type": "ORDER_STATUS_CHANGE", "address": place}) == 36009004


def test_faults_keep_the_vendor_s_form(world: TiktokWorld) -> None:
    """A failing service, a wrong total; the credentials of the configuration are without the cipher."""
    world.do("faults", kind="status", status=503)
    assert said(world, "GET", SHOPS)[:2] == (503, 36009003)
    world.do("faults", kind="wrong-total")
    assert world.ask("POST", SEARCH, {}, page_size=1)["total_count"] == 3
    face = world.sandbox.shops[world.shop.name].face
    assert set(face.config()) == {"app_key", "app_secret", "access_token", "refresh_token", "shop_id", "service_id"}
    assert set(face.credentials()) - set(face.config()) == {"shop_cipher"}
