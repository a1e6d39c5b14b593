"""The npm package @congminh1254/shopee-sdk (MIT) works against the sandbox, and is refused with a wrong key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.sandbox.run import Handle, start_in_thread
from tests.foreign_clients.conftest import Node

SHOP = "shopee-vn"
MUG, TEE, RED, BLUE = 1001, 1002, 2001, 2002
ORDER = "261128ABCDEF01"
Sdk = Callable[..., list[dict]]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Handle]:
    """A folder of files served as Shopee: an item without models, one with two, one order."""
    now = datetime.now(UTC)
    created, paid = ((now - timedelta(hours=hours)).isoformat() for hours in (2, 1))
    folder = tmp_path / "shops" / SHOP
    folder.mkdir(parents=True)
    (folder / "shop.yaml").write_text(f"as_of: {now.isoformat()}\nimitates: shopee\nzone: Asia/Ho_Chi_Minh\n")
    (folder / "listings.csv").write_text(
        "item_id,variation_id,seller_sku,title,sellable,campaign,state\n"
        f"{MUG},,MUG,Mug,5,0,ok\n{TEE},{RED},TEE-RED,Tee red,40,10,ok\n{TEE},{BLUE},TEE-BLUE,Tee blue,20,0,ok\n"
    )
    (folder / "orders.csv").write_text(
        "order_id,item_id,variation_id,quantity,status,created_at,paid_at\n"
        f"{ORDER},{TEE},{BLUE},3,paid,{created},{paid}\n"
    )
    with start_in_thread(tmp_path, load=tmp_path / "shops") as running:
        yield running


@pytest.fixture
def sdk(node: Node, sandbox: Handle) -> Sdk:
    """Calls of the client, with keys of the ready file or others."""

    def run(*calls: list, **keys: object) -> list[dict]:
        given = {**sandbox.credentials[SHOP], **keys}
        return node("@congminh1254/shopee-sdk", sandbox.base_urls[SHOP], given, *calls)

    return run


LIST = ["product.getItemList", {"offset": 0, "page_size": 1, "item_status": ["NORMAL", "UNLIST"]}]


def orders() -> list:
    now = int(datetime.now(UTC).timestamp())
    window = {"time_range_field": "create_time", "time_from": now - 86_400, "time_to": now, "page_size": 20}
    return ["order.getOrderList", window]


def write(item: int, model: int, units: int) -> list:
    stock: dict[str, object] = {"seller_stock": [{"stock": units}]}
    if model:
        stock["model_id"] = model
    return ["product.updateStock", {"item_id": item, "stock_list": [stock]}]


def told(answer: dict) -> dict:
    """What a call that worked told."""
    assert "value" in answer, answer
    return dict(answer["value"]["response"])


def test_it_reads_products_stock_and_orders(sdk: Sdk) -> None:
    """Pages by offset, stock of items and of models with what is reserved, orders with their lines."""
    first, base, models, listed, detail = sdk(
        LIST,
        ["product.getItemBaseInfo", {"item_id_list": [MUG, TEE]}],
        ["product.getModelList", {"item_id": TEE}],
        orders(),
        ["order.getOrderDetail", {"order_sn_list": [ORDER], "response_optional_fields": ["item_list", "pay_time"]}],
    )
    page = told(first)
    assert ([row["item_id"] for row in page["item"]], page["total_count"], page["next_offset"]) == ([MUG], 2, 1)
    assert told(base)["item_list"][0]["stock_info_v2"]["seller_stock"][0]["stock"] == 5
    stocks = [model["stock_info_v2"]["summary_info"] for model in told(models)["model"]]
    assert [(one["total_available_stock"], one["total_reserved_stock"]) for one in stocks] == [(40, 10), (20, 0)]
    assert [row["order_sn"] for row in told(listed)["order_list"]] == [ORDER]
    line = told(detail)["order_list"][0]["item_list"][0]
    assert (line["model_id"], line["model_quantity_purchased"]) == (BLUE, 3)


def test_it_sets_stock_and_takes_a_list_of_failures_for_success(sdk: Sdk, sandbox: Handle) -> None:
    """An empty `error` satisfies the client; the vendor's page says to look into `failure_list` as well."""
    plain, model, strange, reserved = sdk(
        write(MUG, 0, 17), write(TEE, BLUE, 8), write(TEE, 2009, 8), write(TEE, RED, 9)
    )
    assert told(plain)["success_list"] == [{"stock": 17}]
    assert told(model)["success_list"] == [{"model_id": BLUE, "stock": 8}]
    for failed in (strange, reserved):
        assert (told(failed)["success_list"], len(told(failed)["failure_list"])) == ([], 1)
    shop = sandbox.sandbox.shops[SHOP].shop
    keys = ((str(MUG), ""), (str(TEE), str(BLUE)), (str(TEE), str(RED)))
    assert [shop.exposed(key) for key in keys] == [17, 8, 50]


def test_it_renews_its_tokens_by_itself(sdk: Sdk, sandbox: Handle) -> None:
    """A refused access token is renewed and the call repeated; a refresh that was used is not good again."""
    old = sandbox.credentials[SHOP]
    with sandbox.sandbox.lock:
        sandbox.sandbox.shops[SHOP].face.revoke()
    (listed,) = sdk(LIST)
    assert told(listed)["total_count"] == 2
    new = sandbox.credentials[SHOP]
    assert new["access_token"] != old["access_token"]
    good, used = sdk(["refreshToken"])[0], sdk(["refreshToken"], refresh_token=old["refresh_token"])[0]
    assert good["value"]["expire_in"] == 4 * 3600
    assert used["error"]["code"] == "error_auth"


def test_with_a_wrong_key_it_gets_nothing(sdk: Sdk, sandbox: Handle) -> None:
    """Every call is refused, and nothing is written."""
    old = sandbox.credentials[SHOP]
    calls = [LIST, ["product.getModelList", {"item_id": TEE}], write(MUG, 0, 17), orders(), ["refreshToken"]]
    answers = sdk(*calls, partner_key="another")
    assert [answer["error"]["code"] for answer in answers] == ["error_sign"] * len(calls)
    assert not sandbox.sandbox.shops[SHOP].shop.effects
    assert sandbox.credentials[SHOP] == old
