"""The official Python client (PyPI: woocommerce) drives the sandbox's WooCommerce: list, read, set, orders.

Over plain HTTP it signs every call (OAuth 1.0a); over HTTPS it sends Basic authentication or, with
`query_string_auth`, key and secret in the query. Loopback stands for HTTPS there: the client is told that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("woocommerce", reason="the package woocommerce is not installed")
pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

import woocommerce

from stockrecon.sandbox.run import Handle, start_in_thread
from tests.sandbox.test_sandbox_load import LISTINGS, folder

WAYS = ("signed", "basic", "query")
DENIED = "woocommerce_rest_authentication_error"
THINGS = "".join(f"{number},,SKU-{number},Thing {number},7,0,0,0,ok,,seller\n" for number in range(1001, 1031))
SHIRT = "2001,2002,TEE/S,Tee S,5,0,0,0,ok,,seller\n2001,2003,TEE/L,Tee L,6,0,0,0,ok,,seller\n"
Client = Callable[..., Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    """A site of thirty products and a shirt in two sizes, by this machine's clock, which the client signs with."""
    root: Path = tmp_path_factory.mktemp("shops")
    folder(root, "store", "woocommerce", listings=LISTINGS + THINGS + SHIRT)
    with start_in_thread(tmp_path_factory.mktemp("beside"), load=root, per_second=1000, burst=1000) as running:
        yield running


@pytest.fixture
def client(store: Handle, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("NO_PROXY", "*")

    def made(way: str, **keys: str) -> Any:
        known = {**store.credentials["store"], **keys}
        api = woocommerce.API(
            store.base_urls["store"],
            known["consumer_key"],
            known["consumer_secret"],
            query_string_auth=way == "query",
            timeout=30,
        )
        api.is_ssl = way != "signed"
        return api

    return made


def walked(api: Any, endpoint: str, **params: object) -> list[dict]:
    """Every page, to the end that the header tells."""
    rows: list[dict] = []
    page = 1
    while True:
        answer = api.get(endpoint, params={"per_page": 20, "page": page, **params})
        assert answer.status_code == 200, answer.text
        rows += answer.json()
        if page >= int(answer.headers["X-WP-TotalPages"]):
            assert len(rows) == int(answer.headers["X-WP-Total"])
            return rows
        page += 1


@pytest.mark.parametrize("way", WAYS)
def test_it_lists_and_reads_stock(client: Client, way: str) -> None:
    """All pages, in a stable order, with the fields that were asked for; variations with their product."""
    api = client(way)
    fields = "id,type,sku,manage_stock,stock_quantity"
    rows = walked(api, "products", orderby="id", order="asc", _fields=fields)
    assert [row["id"] for row in rows] == [*range(1001, 1031), 2001]
    assert set(rows[0]) == set(fields.split(","))
    assert api.get("products/1030").json()["stock_quantity"] == 7
    sizes = walked(api, "variations", _fields="id,parent_id,stock_quantity")
    shown = {row["id"]: (row["parent_id"], row["stock_quantity"]) for row in sizes}
    assert set(shown) == {2002, 2003}
    assert shown[2003] == (2001, 6)
    assert [row["sku"] for row in api.get("products", params={"sku": "SKU-1003,SKU-1004"}).json()] == [
        "SKU-1003",
        "SKU-1004",
    ]


@pytest.mark.parametrize(("number", "way"), [*enumerate(WAYS, 1)])
def test_it_sets_stock(client: Client, store: Handle, number: int, way: str) -> None:
    """One product, one variation, and a batch in which one entry fails."""
    api, shop = client(way), store.sandbox.shops["store"].shop
    assert api.put("products/1001", {"stock_quantity": 10 * number}).json()["stock_quantity"] == 10 * number
    assert api.put("products/2001/variations/2002", {"stock_quantity": 20 * number}).status_code == 200
    wanted = [{"id": 1002, "stock_quantity": 30 * number}, {"id": 999, "stock_quantity": 1}]
    rows = api.post("products/batch", {"update": wanted}).json()["update"]
    assert rows[1]["error"]["code"] == "woocommerce_rest_product_invalid_id"
    assert [shop.exposed(key) for key in (("1001", ""), ("2001", "2002"), ("1002", ""))] == [
        10 * number,
        20 * number,
        30 * number,
    ]
    assert api.post("products/batch", {"update": wanted * 51}).status_code == 413


@pytest.mark.parametrize("way", WAYS)
def test_it_works_with_orders(client: Client, way: str) -> None:
    """Entered, taken from stock, found by status and date, cancelled, restored; the notes tell both."""
    api = client(way)
    before = api.get("products/1005").json()["stock_quantity"]
    order = api.post("orders", {"set_paid": True, "line_items": [{"product_id": 1005, "quantity": 2}]}).json()
    assert api.get("products/1005").json()["stock_quantity"] == before - 2
    params = {"status": "processing,on-hold", "modified_after": "2020-01-01T00:00:00", "dates_are_gmt": True}
    assert order["id"] in [row["id"] for row in walked(api, "orders", **params)]
    assert api.put(f"orders/{order['id']}", {"status": "cancelled"}).json()["status"] == "cancelled"
    assert api.get("products/1005").json()["stock_quantity"] == before
    notes = [row["note"] for row in api.get(f"orders/{order['id']}/notes").json()]
    assert [note.split(":")[0] for note in notes if note.startswith("Stock")] == [
        "Stock levels increased",
        "Stock levels reduced",
    ]
    assert api.delete(f"orders/{order['id']}").status_code == 200
    assert api.delete(f"orders/{order['id']}").status_code == 410


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", [{"consumer_key": "ck_wrong"}, {"consumer_secret": "cs_wrong"}])
def test_with_a_wrong_key_it_is_refused(client: Client, store: Handle, way: str, wrong: dict[str, str]) -> None:
    """Reading and writing, whichever of the two is wrong; nothing is changed."""
    api, before = client(way, **wrong), store.sandbox.shops["store"].shop.exposed(("1009", ""))
    for answer in (api.get("products"), api.get("orders"), api.put("products/1009", {"stock_quantity": 1})):
        assert answer.status_code == 401
        assert answer.json()["code"] in ("woocommerce_rest_cannot_view", "woocommerce_rest_cannot_edit", DENIED)
    assert store.sandbox.shops["store"].shop.exposed(("1009", "")) == before


@pytest.mark.parametrize(
    "params", [{"sku": "TEE/S"}, {"search": ""}, {"include": [1001, 1002]}], ids=["slash", "blank", "list"]
)
def test_what_the_client_signs_wrongly_is_refused(client: Client, params: dict[str, object]) -> None:
    """The vendor's page is right and the client wrong: it signs a slash unencoded, leaves a blank value out of what it
    signs, and signs a list as one text while it sends several values. A real site refuses these as well.
    """
    answer = client("signed").get("products", params=params)
    assert (answer.status_code, answer.json()["message"]) == (
        401,
        "Invalid signature - provided signature does not match.",
    )
    assert client("basic").get("products", params=params).status_code == 200


def test_a_list_that_the_client_repeats_is_its_last_value(client: Client) -> None:
    """PHP keeps the last of a name that comes twice: the client must join ids with commas itself."""
    assert [row["id"] for row in client("basic").get("products", params={"include": [1001, 1002]}).json()] == [1002]
    assert len(client("basic").get("products", params={"include": "1001,1002"}).json()) == 2
