"""Shopify's own Python client (PyPI: ShopifyAPI) drives the sandbox's Shopify: list, read, set, orders, tokens.

It calls `https://SHOP.myshopify.com` and can be told no other address, so its requests are led to the sandbox on their
way. Nothing else can be called.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib import request as urllib_request
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit

import pytest

pytest.importorskip("shopify", reason="the package ShopifyAPI is not installed")
pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

import pyactiveresource.connection
import shopify

from stockrecon.sandbox.run import Handle, start_in_thread
from tests.sandbox.test_sandbox_load import LISTINGS, ORDERS, folder

SHOP, VERSION, BACK = "store", "2026-10", "https://app.example/back"
TEE, MUG = ("700", "7001"), ("800", "8001")
SCOPES = ["read_products", "write_inventory", "read_locations", "read_orders"]
LISTED = (
    LISTINGS + "700,7001,TEE/S,Tee,7,0,2,3,ok,,seller\n700,7002,TEE/L,Tee,9,0,0,0,ok,,seller\n"
    "800,8001,MUG,Mug,4,0,0,0,ok,,seller\n"
)
LIST = """query List($after: String) { productVariants(first: 2, after: $after, sortKey: ID) {
    nodes { id sku product { id title } inventoryItem { id tracked } }
    pageInfo { hasNextPage endCursor } } }"""
STOCK = """query Stock($query: String!, $names: [String!]!) { productVariants(first: 1, query: $query) { nodes {
    inventoryItem { id inventoryLevels(first: 5) { nodes {
        location { id name } quantities(names: $names) { name quantity } } } } } } }"""
SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
    inventorySetQuantities(input: $input) @idempotent(key: $key) {
        inventoryAdjustmentGroup { id changes { name delta } } userErrors { code field message } } }"""
ORDERED = """query Orders($query: String) { orders(first: 10, query: $query, sortKey: UPDATED_AT) { nodes {
    id name displayFinancialStatus displayFulfillmentStatus unpaid cancelledAt cancelReason
    lineItems(first: 5) { nodes { quantity variant { id } } } } } }"""


class Lead(urllib_request.HTTPHandler):
    """Leads the vendor's address to the sandbox's."""

    handler_order = 100

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def https_request(self, request: urllib_request.Request) -> urllib_request.Request:
        parts = urlsplit(request.full_url)
        assert parts.hostname == f"{SHOP}.myshopify.com", request.full_url
        request.full_url = f"{self.base_url}{parts.path}{f'?{parts.query}' if parts.query else ''}"
        return self.do_request_(request)


class Stay(urllib_request.HTTPRedirectHandler):
    """A browser would follow the consent page to the app; the tests read where to."""

    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Handle]:
    """A folder of files served as Shopify: a shirt in two sizes and a mug, three orders, by this machine's clock."""
    now = datetime.now(UTC)
    ago = [(now - timedelta(hours=hours)).isoformat() for hours in range(5)]
    orders = (
        f"1001,700,7001,2,unpaid,{ago[1]},,,,,,\n1002,700,7001,3,paid,{ago[2]},{ago[2]},,,,,\n"
        f"1003,800,8001,1,cancelled,{ago[4]},,,{ago[3]},,buyer,\n"
    )
    root = tmp_path / "shops"
    root.mkdir()
    about = f"as_of: {now.isoformat()}\nimitates: shopify\nzone: Asia/Ho_Chi_Minh\n"
    folder(root, SHOP, "shopify", listings=LISTED, orders=ORDERS + orders, shop=about)
    with start_in_thread(tmp_path, load=root) as running:
        yield running


@pytest.fixture(autouse=True)
def client(sandbox: Handle) -> Iterator[None]:
    """The client with the token of the ready file, its requests led to the sandbox."""
    lead = Lead(sandbox.base_urls[SHOP])
    urllib_request.install_opener(urllib_request.build_opener(lead, Stay(), urllib_request.ProxyHandler({})))
    given = sandbox.credentials[SHOP]
    shopify.Session.setup(api_key=str(given["client_id"]), secret=str(given["client_secret"]))
    activate(str(given["access_token"]))
    yield
    shopify.ShopifyResource.clear_session()
    shopify.Session.setup(api_key=None, secret=None)
    urllib_request.install_opener(None)


def activate(token: str, version: str = VERSION) -> None:
    shopify.ShopifyResource.activate_session(shopify.Session(f"{SHOP}.myshopify.com", version, token))


def ask(document: str, **variables: object) -> dict[str, Any]:
    """The whole answer: the client hands out its text."""
    answer: dict[str, Any] = json.loads(shopify.GraphQL().execute(document, variables))
    return answer


def data(document: str, **variables: object) -> dict[str, Any]:
    answer = ask(document, **variables)
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]
    return found


def levels(variant: str) -> tuple[str, list[dict[str, Any]]]:
    """A variant's inventory item and what lies where."""
    names = ["available", "committed", "on_hand"]
    (node,) = data(STOCK, query=f"id:{variant}", names=names)["productVariants"]["nodes"]
    return node["inventoryItem"]["id"], node["inventoryItem"]["inventoryLevels"]["nodes"]


def wanted(key: tuple[str, str], quantity: int, expected: int | None) -> dict[str, Any]:
    item, (level,) = levels(key[1])
    row = {"inventoryItemId": item, "locationId": level["location"]["id"], "quantity": quantity}
    return {"name": "available", "reason": "correction", "quantities": [{**row, "changeFromQuantity": expected}]}


def consent(state: str = "nonce") -> dict[str, str]:
    """What the app is called back with after the seller agreed."""
    address = shopify.Session(f"{SHOP}.myshopify.com", VERSION).create_permission_url(SCOPES, BACK, state)
    with pytest.raises(HTTPError) as caught:
        urllib_request.urlopen(address)
    caught.value.close()
    assert caught.value.code == 302
    back, _, query = caught.value.headers["Location"].partition("?")
    assert back == BACK
    return dict(parse_qsl(query))


def test_it_lists_every_variant_by_cursor() -> None:
    """Page by page, with the ids of the files."""
    found, after = [], None
    for _ in range(2):
        page = data(LIST, after=after)["productVariants"]
        found += [(node["id"].rpartition("/")[2], node["sku"], node["product"]["title"]) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert page["pageInfo"]["hasNextPage"] is False
    assert found == [("7001", "TEE/S", "Tee"), ("7002", "TEE/L", "Tee"), ("8001", "MUG", "Mug")]


def test_it_reads_stock() -> None:
    """What can be bought, what orders hold, and the shelf, at the shop's one location."""
    _, (level,) = levels("7001")
    assert {one["name"]: one["quantity"] for one in level["quantities"]} == {
        "available": 7,
        "committed": 5,
        "on_hand": 12,
    }
    cost = ask(LIST)["extensions"]["cost"]
    assert cost["throttleStatus"]["maximumAvailable"] == 2000.0
    assert 0 < cost["actualQueryCost"] <= cost["requestedQueryCost"]


def test_it_sets_stock(sandbox: Handle) -> None:
    """A write with what it expects to find, the same key again, and one that comes too late."""
    shop = sandbox.sandbox.shops[SHOP].shop
    first = data(SET, input=wanted(MUG, 17, 4), key="one")["inventorySetQuantities"]
    assert first["userErrors"] == []
    assert [(one["name"], one["delta"]) for one in first["inventoryAdjustmentGroup"]["changes"]] == [
        ("available", 13),
        ("on_hand", 13),
    ]
    again = data(SET, input=wanted(MUG, 17, 4), key="one")["inventorySetQuantities"]
    assert again["inventoryAdjustmentGroup"]["id"] == first["inventoryAdjustmentGroup"]["id"]
    late = data(SET, input=wanted(MUG, 3, 4), key="two")["inventorySetQuantities"]
    assert [fault["code"] for fault in late["userErrors"]] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert shop.exposed(MUG) == 17
    assert [effect.call for effect in shop.effects] == [f"/admin/api/{VERSION}/graphql.json#inventorySetQuantities"]


def test_it_reads_orders(sandbox: Handle) -> None:
    """By status and by time, with lines; what happens since is there."""
    shop = sandbox.sandbox.shops[SHOP].shop
    with sandbox.sandbox.lock:
        shop.ship(sandbox.clock.now(), "1002")
    shown = {node["id"].rpartition("/")[2]: node for node in data(ORDERED)["orders"]["nodes"]}
    assert list(shown) == ["1003", "1001", "1002"]
    states = [(one["displayFinancialStatus"], one["displayFulfillmentStatus"]) for one in shown.values()]
    assert states == [("VOIDED", "UNFULFILLED"), ("PENDING", "UNFULFILLED"), ("PAID", "FULFILLED")]
    assert [shown[number]["cancelReason"] for number in shown] == ["CUSTOMER", None, None]
    (line,) = shown["1001"]["lineItems"]["nodes"]
    assert line == {"quantity": 2, "variant": {"id": "gid://shopify/ProductVariant/7001"}}
    since = (sandbox.clock.now() - timedelta(minutes=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = data(ORDERED, query=f"updated_at:>='{since}'")["orders"]["nodes"]
    assert [node["id"].rpartition("/")[2] for node in found] == ["1001", "1002"]


def test_it_is_authorised_and_knows_its_scopes(sandbox: Handle) -> None:
    """From the consent page by a code, which the client checks the signature of; the code works once."""
    params = consent()
    assert params["state"] == "nonce"
    session = shopify.Session(params["shop"], VERSION)
    token = session.request_token(params)
    assert session.access_scopes == shopify.ApiAccess(SCOPES)
    activate(token)
    told = {scope.handle for scope in shopify.AccessScope.find()}
    assert told == {*SCOPES, "read_inventory"}
    assert data(LIST)["productVariants"]["nodes"]
    with pytest.raises(HTTPError) as caught:
        shopify.Session(params["shop"], VERSION).request_token(params)
    assert (caught.value.code, json.loads(caught.value.read())["error"]) == (400, "invalid_request")


def test_a_callback_that_is_not_the_shops_own_is_seen_by_the_client() -> None:
    """The client and the sandbox sign callbacks alike; one letter changed, and the client does not believe it."""
    params = consent("a&b=c%d é")
    assert shopify.Session.validate_params(params)
    session = shopify.Session(params["shop"], VERSION)
    with pytest.raises(shopify.ValidationException):
        session.request_token({**params, "state": "another"})


def test_with_a_wrong_token_every_call_is_refused(sandbox: Handle, capsys: pytest.CaptureFixture[str]) -> None:
    """401, and nothing is written. The client prints what it was told: its users' output is not their own."""
    input_ = wanted(MUG, 17, 4)
    activate("shpat_wrong")
    stock = {"query": "id:7001", "names": ["available"]}
    for document, variables in ((LIST, {}), (STOCK, stock), (ORDERED, {}), (SET, {"input": input_, "key": "k"})):
        with pytest.raises(HTTPError) as caught:
            ask(document, **variables)
        assert caught.value.code == 401
        assert "[API] Invalid API key or access token" in capsys.readouterr().out
    with pytest.raises(pyactiveresource.connection.UnauthorizedAccess):
        shopify.AccessScope.find()
    assert not sandbox.sandbox.shops[SHOP].shop.effects


def test_with_a_wrong_secret_or_key_there_is_no_token(sandbox: Handle) -> None:
    """The client itself sees that the callback is not signed with its secret; told to go on, it is refused."""
    params = consent()
    shopify.Session.setup(secret="another")
    session = shopify.Session(params["shop"], VERSION)
    with pytest.raises(shopify.ValidationException):
        session.request_token(params)
    forged = {**params, "hmac": shopify.Session.calculate_hmac(params)}
    with pytest.raises(HTTPError) as caught:
        session.request_token(forged)
    assert (caught.value.code, json.loads(caught.value.read())["error"]) == (401, "invalid_client")
    shopify.Session.setup(secret=str(sandbox.credentials[SHOP]["client_secret"]), api_key="another")
    with pytest.raises(HTTPError) as caught:
        session.request_token(params)
    assert caught.value.code == 400
    caught.value.close()


def test_a_bulk_query_of_the_client_ends_in_a_file(sandbox: Handle) -> None:
    """Started and polled through it; the file needs no token."""
    inner = "{ productVariants { edges { node { id inventoryItem { inventoryLevels { edges { node { id } } } } } } } }"
    run = "mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } userErrors { message } } }"
    started = data(run, q=inner)["bulkOperationRunQuery"]
    assert started["userErrors"] == []
    sandbox.clock.advance(timedelta(minutes=1))
    poll = "query($id: ID!) { bulkOperation(id: $id) { status objectCount url } }"
    job = data(poll, id=started["bulkOperation"]["id"])["bulkOperation"]
    assert (job["status"], job["objectCount"]) == ("COMPLETED", "6")
    with urllib_request.urlopen(job["url"]) as file:
        rows = [json.loads(line) for line in file]
    variants = [row["id"] for row in rows if "__parentId" not in row]
    assert variants == [f"gid://shopify/ProductVariant/{number}" for number in (7001, 7002, 8001)]
    assert sorted(row["__parentId"] for row in rows if "__parentId" in row) == variants


def test_where_the_client_is_behind_the_vendor_s_page_is_right() -> None:
    """Its resources are the REST API's, which the page calls legacy and the sandbox has not; its limits are read from a
    header that GraphQL does not send, the page counts points in each answer; and it cannot ask for an expiring token,
    which the page wants of new public apps, so it gets one that lasts.
    """
    for resource in (shopify.Product, shopify.InventoryLevel, shopify.Order):
        with pytest.raises(pyactiveresource.connection.ResourceNotFound):
            resource.find()
    shopify.AccessScope.find()
    with pytest.raises(Exception, match="No valid api call header found"):
        shopify.Limits.credit_left()
    params = consent()
    assert int(params["timestamp"]) <= time.time()
    session = shopify.Session(params["shop"], VERSION)
    assert session.request_token(params).startswith("shpat_")


def test_an_old_version_falls_forward_unseen() -> None:
    """A version that is no longer there is answered by the oldest supported one. The page says that a header tells
    it; the client hands out no headers.
    """
    activate(shopify.ShopifyResource.headers["X-Shopify-Access-Token"], "2024-01")
    assert data(LIST)["productVariants"]["nodes"]
    assert data(SET, input=wanted(MUG, 5, 4), key="k")["inventorySetQuantities"]["userErrors"] == []
