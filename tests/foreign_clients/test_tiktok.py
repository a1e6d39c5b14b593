"""The npm package tiktok-shop-sdk (MIT) works against the sandbox as it stands, and is refused with a wrong secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.sandbox.run import Handle, start_in_thread
from tests.foreign_clients.conftest import Node

SHOP = "tiktok-shop-vn"
TEE, RED, BLUE, MUG = "1729592969712207008", "1729592969712207012", "1729592969712207013", "1729592969712209000"
Sdk = Callable[..., list[dict]]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Handle]:
    """A folder of files served as TikTok Shop: two SKUs of one product and one of another, three orders."""
    now = datetime.now(UTC)
    folder = tmp_path / "shops" / SHOP
    folder.mkdir(parents=True)
    (folder / "shop.yaml").write_text(f"as_of: {now.isoformat()}\nimitates: tiktok-shop\nzone: Asia/Ho_Chi_Minh\n")
    (folder / "listings.csv").write_text(
        "item_id,variation_id,seller_sku,title,sellable,campaign,withheld,committed,state\n"
        f"{TEE},{RED},TEE-RED,Tee,40,10,2,0,ok\n{TEE},{BLUE},TEE-BLUE,Tee,20,0,0,0,ok\n{MUG},{MUG},MUG,Mug,5,0,0,1,ok\n"
    )
    (folder / "campaigns.csv").write_text(
        "campaign_id,item_id,variation_id,starts_at,ends_at,locked,sold,state\n"
        f"11.11,{TEE},{RED},{now.isoformat()},{(now + timedelta(days=1)).isoformat()},10,0,running\n"
    )
    (folder / "orders.csv").write_text(
        "order_id,item_id,variation_id,quantity,status,created_at,paid_at,cancelled_at\n"
        f"576461413000000001,{TEE},{RED},2,unpaid,{(now - timedelta(minutes=9)).isoformat()},,\n"
        f"576461413000000002,{MUG},{MUG},1,paid,{(now - timedelta(hours=8)).isoformat()},"
        f"{(now - timedelta(hours=7)).isoformat()},\n"
        f"576461413000000003,{TEE},{BLUE},1,cancelled,{(now - timedelta(hours=6)).isoformat()},,"
        f"{(now - timedelta(hours=5)).isoformat()}\n"
    )
    with start_in_thread(tmp_path, load=tmp_path / "shops") as running:
        yield running


@pytest.fixture
def sdk(node: Node, sandbox: Handle) -> Sdk:
    """Calls of the client, with keys of the ready file or others."""

    def run(*calls: list, **keys: str) -> list[dict]:
        given = {**sandbox.credentials[SHOP], **keys}
        return node("tiktok-shop-sdk", sandbox.base_urls[SHOP], given, *calls)

    return run


def data(answer: dict) -> dict:
    """What a call that worked told."""
    assert "value" in answer, answer
    assert (answer["value"]["code"], answer["value"]["message"]) == (0, "Success")
    return dict(answer["value"]["data"])


def test_it_finds_its_shop_and_reads_products_stock_and_orders(sdk: Sdk, sandbox: Handle) -> None:
    """The cipher from the list of shops; pages by token; the split of the stock; a row for each ordered unit."""
    given = sandbox.credentials[SHOP]
    shops, warehouses, first = sdk(
        ["shop.getAuthorizedShops"],
        ["logistic.getWarehouseList"],
        ["product.searchProducts", {"query": {"page_size": 1}, "body": {"status": "ACTIVATE"}}],
    )
    assert [(shop["id"], shop["cipher"]) for shop in data(shops)["shops"]] == [(given["shop_id"], given["shop_cipher"])]
    place = data(warehouses)["warehouses"][0]["id"]
    assert [row["id"] for row in data(first)["products"]] == [TEE]
    token = data(first)["next_page_token"]
    second, detail, stock, orders, one, cancelled = sdk(
        ["product.searchProducts", {"query": {"page_size": 1, "page_token": token}, "body": {"status": "ACTIVATE"}}],
        ["product.getProduct", {"product_id": TEE, "query": {"return_under_review_version": False}}],
        ["product.searchInventory", {"sku_ids": [RED]}],
        ["order.getOrderList", {"query": {"page_size": 10, "sort_order": "ASC"}, "body": {"create_time_ge": 1}}],
        ["order.getOrderDetail", {"ids": ["576461413000000001", "576461413000000002"]}],
        ["return_refund.searchCancellation", {"query": {"page_size": 50}, "body": {"cancel_types": ["CANCEL"]}}],
    )
    assert ([row["id"] for row in data(second)["products"]], data(second)["next_page_token"]) == ([MUG], "")
    assert data(detail)["skus"][0]["inventory"] == [{"warehouse_id": place, "quantity": 50}]
    sku = data(stock)["inventory"][0]["skus"][0]
    assert (sku["total_available_quantity"], sku["total_committed_quantity"]) == (50, 2)
    assert sku["total_available_inventory_distribution"] == {
        "in_shop_inventory": {"quantity": 40},
        "campaign_inventory": [{"campaign_name": "11.11", "quantity": 10}],
    }
    found = [(row["status"], len(row["line_items"])) for row in data(orders)["orders"]]
    assert found == [("AWAITING_SHIPMENT", 1), ("CANCELLED", 1), ("UNPAID", 2)]
    assert [row["id"] for row in data(one)["orders"]] == ["576461413000000001", "576461413000000002"]
    assert [row["order_id"] for row in data(cancelled)["cancellations"]] == ["576461413000000003"]


def write(item: str, sku: str, units: int) -> list:
    body = {"skus": [{"id": sku, "inventory": [{"quantity": units}]}]}
    return ["product.updateProductInventory", {"product_id": item, "body": body}]


def test_it_sets_stock_and_cannot_see_that_a_campaign_refused_it(sdk: Sdk, sandbox: Handle) -> None:
    """The client takes code 0 for success; by the vendor's page such answers can hold failures in `data.errors`."""
    mug, red, missing = sdk(write(MUG, MUG, 17), write(TEE, RED, 20), write("9", "9", 1))
    assert data(mug) == {}
    assert [fault["code"] for fault in data(red)["errors"]] == [12052393]
    assert missing["error"]["code"] == 12052032
    shop = sandbox.sandbox.shops[SHOP].shop
    assert [shop.exposed(key) for key in ((MUG, MUG), (TEE, RED))] == [17, 50]


def test_it_renews_its_tokens(sdk: Sdk, sandbox: Handle) -> None:
    """By refresh, once for each token, and by a new consent; the new token works."""
    old = sandbox.credentials[SHOP]
    refresh = ["auth.refreshAccessToken", {"refresh_token": old["refresh_token"]}]
    first, again = sdk(refresh, refresh)
    tokens = first["value"]["data"]
    assert tokens["access_token_expire_in"] > datetime.now(UTC).timestamp()
    assert again["error"]["code"] == 36004005
    (shops,) = sdk(["shop.getAuthorizedShops"], access_token=tokens["access_token"])
    assert data(shops)["shops"]
    served = sandbox.sandbox.shops[SHOP]
    with sandbox.sandbox.lock:
        code = served.face.issue_code(sandbox.clock.now())
        served.face.revoke()
    expired, granted = sdk(
        ["shop.getAuthorizedShops"], ["auth.getAccessToken", {"auth_code": code}], access_token=tokens["access_token"]
    )
    assert expired["error"]["code"] == 105002
    (shops,) = sdk(["shop.getAuthorizedShops"], access_token=granted["value"]["data"]["access_token"])
    assert data(shops)["shops"]


def test_with_a_wrong_secret_it_gets_nothing(sdk: Sdk, sandbox: Handle) -> None:
    """Every call is refused, and nothing is written."""
    old = sandbox.credentials[SHOP]
    answers = sdk(
        ["shop.getAuthorizedShops"],
        ["logistic.getWarehouseList"],
        ["product.searchProducts", {"query": {"page_size": 1}, "body": {"status": "ALL"}}],
        ["product.searchInventory", {"sku_ids": [RED]}],
        write(MUG, MUG, 17),
        ["order.getOrderList", {"query": {"page_size": 1}, "body": {"create_time_ge": 1}}],
        ["auth.refreshAccessToken", {"refresh_token": old["refresh_token"]}],
        app_secret="another",
    )
    assert [answer["error"]["code"] for answer in answers] == [106001] * 6 + [36009004]
    assert not sandbox.sandbox.shops[SHOP].shop.effects
    assert sandbox.credentials[SHOP] == old


def test_where_the_client_is_wrong_the_vendor_s_page_is_right(sdk: Sdk) -> None:
    """It sends `{}` for an empty body and signs nothing; the page signs what is sent. Without a body it works."""
    empty, none = sdk(
        ["product.searchProducts", {"query": {"page_size": 1}, "body": {}}],
        ["product.searchProducts", {"query": {"page_size": 1}}],
    )
    assert empty["error"]["code"] == 106001
    assert data(none)["total_count"] == 2
