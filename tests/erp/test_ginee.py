"""The imitated Ginee keeps to what the reference and the vendor's pages say, so that what is tried against it means
something."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.erp.ginee import ACCESS_KEY, SECRET_KEY, Effect, Fault, Ginee, running

Doc = dict[str, Any]
Call = Callable[..., Doc]
LIST = "/openapi/warehouse-inventory/v1/sku/list"
ADJUST = "/openapi/warehouse-inventory/v1/product/stock/update"
SPARE = "/openapi/v1/oms/stock/spare-stock/update"
ORDERS = "/openapi/order/v2/list-order"


def signed(method: str, path: str, secret: str = SECRET_KEY) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{method}${path}$".encode(), hashlib.sha256).digest()
    return {"Authorization": f"{ACCESS_KEY}:{base64.b64encode(digest).decode()}", "X-Advai-Country": "ID"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Ginee, httpx.Client]]:
    """One server for all tests; each test gets a house of its own behind it."""
    house = Ginee()
    with running(house) as address, httpx.Client(base_url=address, trust_env=False) as client:
        yield house, client


@pytest.fixture
def house(served: tuple[Ginee, httpx.Client]) -> Ginee:
    """A house with 40 of `00123` in the warehouse Hanoi, made anew."""
    made = served[0]
    made.__dict__.update(Ginee().__dict__)
    made.item("00123", 40, made.warehouse("Hanoi"))
    return made


@pytest.fixture
def client(served: tuple[Ginee, httpx.Client]) -> httpx.Client:
    return served[1]


@pytest.fixture
def call(house: Ginee, client: httpx.Client) -> Call:
    """POSTs a signed call; gives the envelope."""

    def post(path: str, **body: Any) -> Doc:
        document: Doc = client.post(path, json=body, headers=signed("POST", path)).json()
        return document

    return post


def hanoi(house: Ginee) -> str:
    return house.stock("00123").warehouse_id


def line(units: int, sku: str = "00123", **more: Any) -> list[Doc]:
    return [{"masterSku": sku, "quantity": units, **more}]


def buckets(call: Call, warehouse: str, sku: str = "00123") -> Doc:
    found: Doc = call(LIST, warehouseId=warehouse, masterSkuList=[sku])["data"]["content"][0]["warehouseInventory"]
    return found


def test_the_signature_is_over_method_and_path_alone(house: Ginee, client: httpx.Client) -> None:
    """Computed by another program over POST$/openapi/shop/v1/list$: it does not rest on the helper of these tests."""
    known = "CFsLeeDEdvzpSWnw/IzlaBLl2Va6SJzdFiZb2Gmc/Ds="
    headers = {"Authorization": f"0123456789abcdef:{known}", "X-Advai-Country": "VN"}
    answer = client.post("/openapi/shop/v1/list", json={"page": 0, "size": 2}, headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (200, "SUCCESS", "OK")
    assert answer.headers["Date"] == "Wed, 11 Nov 2026 06:00:00 GMT"
    assert set(answer.json()) == {"code", "message", "data", "extra", "transactionId", "pricingStrategy"}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "UNAUTHORIZED"),
        (signed("POST", LIST, "wrong"), "UNAUTHORIZED"),
        (signed("GET", LIST), "UNAUTHORIZED"),
        (signed("POST", ADJUST), "UNAUTHORIZED"),
        (signed("POST", LIST) | {"X-Advai-Country": "XX"}, "PARAMETER_ERROR"),
    ],
)
def test_who_may_not_call(house: Ginee, client: httpx.Client, headers: dict[str, str], code: str) -> None:
    """No key, a wrong one, the signature of another call, no country."""
    answer = client.post(LIST, json={"warehouseId": hanoi(house)}, headers=headers)
    assert (answer.json()["code"], answer.json()["data"]) == (code, None)
    assert answer.status_code == (401 if code == "UNAUTHORIZED" else 200)


def test_a_missing_right_and_a_quiet_gateway(house: Ginee, client: httpx.Client) -> None:
    """A right is missing for a path; a quiet gateway tells everything by the code alone."""
    house.denied.add(LIST)
    answers = []
    for quiet in (False, True):
        house.quiet = quiet
        answers.append(client.post(LIST, json={"warehouseId": hanoi(house)}, headers=signed("POST", LIST)))
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "FORBIDDEN"), (200, "FORBIDDEN")]


def test_warehouses_and_shops(house: Ginee, call: Call) -> None:
    """Searched by code or state, in pages counted from 0; a shop tells its channel and whether it is authorised."""
    house.warehouse("Saigon", status="DISABLE", type="THIRD_PARTY_WAREHOUSE")
    path = "/openapi/warehouse/v1/search"
    assert [one["name"] for one in call(path)["data"]["content"]] == ["Hanoi", "Saigon"]
    assert [one["code"] for one in call(path, warehouseStatus="ENABLE")["data"]["content"]] == ["HANOI"]
    page = call(path, page=1, size=1)["data"]
    assert ([one["name"] for one in page["content"]], page["total"]) == (["Saigon"], 2)
    shop = house.shop("mine", "LAZADA_VN")
    told = call("/openapi/shop/v1/list")["data"]["content"]
    assert [(one["shopId"], one["channel"], one["authorizationStatus"]) for one in told] == [
        (shop, "LAZADA_VN", "ENABLE")
    ]


def test_the_buckets_of_a_sku(house: Ginee, call: Call) -> None:
    """available = warehouse - spare - locked - promotion, and may be negative (the vendor's help)."""
    house.change("00123", spare=5, locked=30, promotion=10)
    held = buckets(call, hanoi(house))
    assert (held["warehouseStock"], held["availableStock"]) == (40, -5)
    assert (held["spareStock"], held["lockedStock"], held["promotionStock"]) == (5, 30, 10)
    assert held["updateDatetime"] == "2026-11-11T06:00:00Z"
    minus = call(LIST, warehouseId=hanoi(house), stockStatus="STATUS_MINUS")["data"]["content"]
    assert [one["masterVariation"]["masterSku"] for one in minus] == ["00123"]
    assert call(LIST, warehouseId=hanoi(house), stockStatus="STATUS_ALERT")["data"]["total"] == 0


def test_a_list_is_of_one_warehouse_and_has_pages_of_fifty(house: Ginee, call: Call) -> None:
    """The warehouse is required, 51 are refused; the pages together are everything once."""
    for number in range(60):
        house.item(f"i{number:02}", number, hanoi(house))
    assert call(LIST)["message"] == "Parameter is invalid: Parameter should not be empty: warehouseId "
    assert call(LIST, warehouseId="WW0")["code"] == "PARAMETER_ERROR"
    assert call(LIST, warehouseId=hanoi(house), size=51)["code"] == "PARAMETER_ERROR"
    pages = [call(LIST, warehouseId=hanoi(house), page=page)["data"] for page in range(3)]
    assert [len(page["content"]) for page in pages] == [50, 11, 0]
    assert {page["total"] for page in pages} == {61}
    skus = [one["masterVariation"]["masterSku"] for page in pages for one in page["content"]]
    assert len(set(skus)) == 61


def test_one_by_its_id(house: Ginee, client: httpx.Client, call: Call) -> None:
    """GET, with the id of the warehouse inventory in a query that is not signed."""
    path, wanted = "/openapi/warehouse-inventory/v1/sku/get", buckets(call, hanoi(house))["id"]
    found = client.get(path, params={"id": wanted}, headers=signed("GET", path)).json()["data"]
    assert found["warehouseInventory"]["warehouseStock"] == 40
    assert client.get(path, params={"id": "WI0"}, headers=signed("GET", path)).json()["data"] is None


def test_the_brief_list_has_texts_and_every_warehouse(house: Ginee, call: Call) -> None:
    """Numbers come as text; a SKU stands once with all its places; 21 SKUs are too many."""
    path = "/openapi/product/variation/v1/inventory-brief-list"
    house.item("00123", 2, house.warehouse("Saigon"))
    rows = call(path, masterSkus=["00123"])["data"]["content"]
    places = [(one["warehouseCode"], one["warehouseStock"]) for one in rows[0]["warehouseDistributionList"]]
    assert (rows[0]["sku"], places) == ("00123", [("HANOI", "40"), ("SAIGON", "2")])
    assert call(path, masterSkus=[str(number) for number in range(21)])["code"] == "PARAMETER_ERROR"


def test_the_warehouse_system_lists_by_code(house: Ginee, call: Call) -> None:
    """Pages from 1; occupied are the locked ones."""
    house.change("00123", locked=3)
    told = call("/openapi/fulfillment/inventory/v1/page", warehouseCode="HANOI")["data"]
    assert (told["page"], told["total"]) == (1, 1)
    assert told["content"][0] | {"itemName": ""} == {
        "itemSku": "00123",
        "itemName": "",
        "totalStock": 40,
        "availableStock": 37,
        "occupyStock": 3,
        "defectiveStock": 0,
    }


def test_adjusting_sets_what_lies_in_the_warehouse(house: Ginee, call: Call) -> None:
    """Absolute, whatever is locked; all buckets come back, and the effect is kept with its remark."""
    house.change("00123", locked=50)
    answer = call(ADJUST, warehouseId=hanoi(house), stockList=line(39, remark="SR-1"))["data"]
    told = answer["stockList"][0]
    assert (told["quantity"], told["warehouseStock"], told["availableStock"]) == (None, 39, -11)
    assert house.effects == [Effect("AdjustInventory", hanoi(house), "00123", "warehouse", 40, 39, "SR-1")]


@pytest.mark.parametrize("units", [-1, 999_999, "5", None, 1.5, True])
def test_quantities_that_are_refused(house: Ginee, call: Call, units: Any) -> None:
    """0 <= quantity < 999,999, whole; nothing is done, also not of the other lines."""
    house.item("lid", 1, hanoi(house))
    lines = [*line(7, "lid"), {"masterSku": "00123", "quantity": units}]
    assert call(ADJUST, warehouseId=hanoi(house), stockList=lines)["code"] == "PARAMETER_ERROR"
    assert house.effects == []


def test_lists_of_lines_that_are_refused(house: Ginee, call: Call) -> None:
    """None, 21, an unknown SKU, no warehouse."""
    where = hanoi(house)
    assert call(ADJUST, warehouseId=where, stockList=[])["code"] == "PARAMETER_ERROR"
    assert call(ADJUST, warehouseId=where, stockList=line(1) * 21)["code"] == "PARAMETER_ERROR"
    assert "nothing" in call(ADJUST, warehouseId=where, stockList=line(1, "nothing"))["message"]
    assert call(ADJUST, stockList=line(1))["code"] == "PARAMETER_ERROR"
    assert house.effects == []


def test_a_line_that_fails_leaves_the_others(house: Ginee, call: Call) -> None:
    """AdjustInventory leaves it out of its answer; the calls with a failedList name it there."""
    house.item("lid", 1, hanoi(house))
    house.stuck["lid"] = "Stock is being counted"
    answer = call(ADJUST, warehouseId=hanoi(house), stockList=[*line(2, "lid"), *line(9)])
    assert (answer["code"], [one["masterSku"] for one in answer["data"]["stockList"]]) == ("SUCCESS", ["00123"])
    moved = call(SPARE, stockList=line(1, "lid", action="INCREASE"))["data"]
    assert moved["failedList"] == [{"masterSku": "lid", "errorMessage": "Stock is being counted"}]
    assert [one.sku for one in house.effects] == ["00123"]


@pytest.mark.parametrize(("action", "after"), [("INCREASE", 12), ("DECREASE", 8), ("OVER_WRITE", 2)])
def test_spare_stock_moves(house: Ginee, call: Call, action: str, after: int) -> None:
    """Up, down or set; available falls by what is spared."""
    house.change("00123", spare=10)
    told = call(SPARE, stockList=line(2, action=action))["data"]
    assert (told["successList"][0]["spareStock"], told["successList"][0]["availableStock"]) == (after, 40 - after)


@pytest.mark.parametrize(("action", "after"), [("INCREASE", 32), ("DECREASE", 28), ("OVER_WRITE", 2)])
def test_available_stock_moves(house: Ginee, call: Call, action: str, after: int) -> None:
    """What lies in the warehouse moves until available is as asked, whatever is locked."""
    house.change("00123", locked=10)
    path = "/openapi/v1/oms/stock/available-stock/update"
    told = call(path, stockList=line(2, action=action))["data"]["successList"][0]
    assert (told["availableStock"], told["warehouseStock"], told["lockedStock"]) == (after, after + 10, 10)


def test_where_several_warehouses_or_shelves_are_the_line_says_which(house: Ginee, call: Call) -> None:
    """Without it the line fails, and with it the named one moves."""
    saigon = house.warehouse("Saigon", shelves=2)
    house.item("00123", 2, saigon)
    asked = line(1, action="INCREASE")
    assert "does not exist" in call(SPARE, stockList=asked)["data"]["failedList"][0]["errorMessage"]
    asked[0]["warehouseId"] = saigon
    assert "shelf" in call(SPARE, stockList=asked)["data"]["failedList"][0]["errorMessage"]
    asked[0]["shelfInventoryId"] = house.warehouses[saigon]["shelves"][1]["id"]
    assert call(SPARE, stockList=asked)["data"]["successList"][0]["spareStock"] == 1
    assert house.stock("00123", saigon).spare == 1


@pytest.mark.parametrize(
    ("to", "left", "locked"),
    [("READY_TO_SHIP", 40, 3), ("CANCELLED", 40, 0), ("SHIPPING", 37, 0), ("COMPLETED", 37, 0)],
)
def test_an_order_locks_its_units_until_it_leaves(house: Ginee, to: str, left: int, locked: int) -> None:
    """Open ones lock, cancelled ones give back, shipped ones have left."""
    order = house.order(house.shop("mine"), "A1", {"00123": 3}, hanoi(house))
    assert (house.stock("00123").available, house.stock("00123").locked) == (37, 3)
    house.move_order(order, to)
    assert (house.stock("00123").warehouse, house.stock("00123").locked) == (left, locked)


def test_an_order_from_before_the_binding_locks_nothing(house: Ginee) -> None:
    """The vendor's help: only orders created after the listing was bound lock stock; returned units come back."""
    order = house.order(house.shop("mine"), "A1", {"00123": 3}, hanoi(house), locks=False)
    assert house.stock("00123").available == 40
    house.move_order(order, "SHIPPING")
    house.move_order(order, "RETURNED")
    assert (house.stock("00123").warehouse, house.stock("00123").locked) == (40, 0)


def test_orders_come_by_time_with_a_cursor(house: Ginee, call: Call) -> None:
    """Within 15 days, until nothing more is told; each once."""
    shop = house.shop("mine")
    for number in range(5):
        house.order(shop, f"A{number}", {"00123": 1}, hanoi(house))
        house.advance(minutes=1)
    window = {"lastUpdateSince": "2026-11-11T06:00:00Z", "lastUpdateTo": "2026-11-12T00:00:00Z", "size": 2}
    seen: list[str] = []
    page = call(ORDERS, **window)["data"]
    while True:
        seen += [one["externalOrderSn"] for one in page["content"]]
        if not page["more"]:
            break
        page = call(ORDERS, **window, nextCursor=page["nextCursor"])["data"]
    assert seen == ["A4", "A3", "A2", "A1", "A0"]
    assert page["nextCursor"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"createSince": "2026-11-01T00:00:00Z", "createTo": "2026-11-17T00:00:00Z"},
        {"createSince": "2026-11-01T00:00:00"},
        {"createSince": "2026-11-01T00:00:00Z", "size": 101},
        {"createSince": "2026-11-01T00:00:00Z", "nextCursor": ["nowhere"]},
    ],
)
def test_lists_of_orders_that_are_refused(house: Ginee, call: Call, body: Doc) -> None:
    """No time at all, more than 15 days, no zone, pages too long, a foreign cursor."""
    assert call(ORDERS, **body)["code"] == "PARAMETER_ERROR"


def test_filters_of_orders_and_three_months(house: Ginee, call: Call) -> None:
    """By state, shop and number; what is older than three months is historical."""
    mine, other = house.shop("mine"), house.shop("other", "LAZADA_VN")
    house.order(mine, "A1", {"00123": 1}, hanoi(house), status="PENDING_PAYMENT")
    house.order(other, "B1", {"00123": 1}, hanoi(house))

    def numbers(**body: Any) -> list[str]:
        found = call(ORDERS, createSince="2026-11-11T00:00:00Z", **body)["data"]["content"]
        return [one["externalOrderSn"] for one in found]

    assert numbers(orderStatus="PENDING_PAYMENT") == ["A1"]
    assert numbers(shopIdList=[other]) == numbers(channel="LAZADA_VN") == numbers(orderNumbers=["B1"]) == ["B1"]
    house.advance(days=100)
    assert numbers() == []
    assert sorted(numbers(historicalData=True)) == ["A1", "B1"]


def test_the_lines_of_orders(house: Ginee, call: Call) -> None:
    """By Ginee's ids, or by the channel's with the shop; both versions."""
    shop = house.shop("mine")
    order = house.order(shop, "A1", {"00123": 2}, hanoi(house))
    full = call("/openapi/order/v1/batch-get", orderIds=[order])["data"]
    assert [(one["masterSku"], one["quantity"]) for one in full[0]["items"]] == [("00123", 2)]
    assert (full[0]["externalOrderId"], full[0]["createAt"]) == ("A1", "2026-11-11T06:00:00Z")
    path = "/openapi/v3/oms/order/item/batch-get"
    assert call(path, shopId=shop, externalOrderIds=["A1"])["data"] == full
    assert call(path, externalOrderIds=["A1"])["code"] == "PARAMETER_ERROR"


def test_what_no_api_is(house: Ginee, client: httpx.Client, call: Call) -> None:
    """Unknown paths, another method, no JSON."""
    assert call("/openapi/nothing")["code"] == "NOT_FOUND"
    assert client.get(LIST, headers=signed("GET", LIST)).status_code == 404
    headers = signed("POST", LIST) | {"Content-Type": "application/json"}
    assert client.post(LIST, content=b"[", headers=headers).json()["code"] == "PARAMETER_ERROR"
    assert client.post(LIST, content=b"{}", headers=signed("POST", LIST)).json()["code"] == "PARAMETER_ERROR"


@pytest.mark.parametrize(
    ("kind", "happened", "status"),
    [
        ("drop-before", 0, None),
        ("drop-after", 1, None),
        ("truncate", 1, None),
        ("status", 0, 502),
        ("status-after", 1, 502),
        ("throttle", 0, 429),
        ("garbage", 1, 200),
        ("delay", 1, 200),
    ],
)
def test_faults_on_the_wire(house: Ginee, client: httpx.Client, kind: str, happened: int, status: int | None) -> None:
    """What took effect is known, whatever the client was told; a fault is over after its times."""
    house.faults.append(Fault(kind, f"POST {ADJUST}", headers={"Retry-After": "7"}))
    body = {"warehouseId": hanoi(house), "stockList": line(39)}
    if status is None:
        with pytest.raises(httpx.TransportError):
            client.post(ADJUST, json=body, headers=signed("POST", ADJUST))
    else:
        answer = client.post(ADJUST, json=body, headers=signed("POST", ADJUST))
        assert answer.status_code == status
        assert answer.headers.get("Retry-After") == ("7" if kind == "throttle" else None)
    assert len(house.effects) == happened
    assert client.post(ADJUST, json=body, headers=signed("POST", ADJUST)).json()["code"] == "SUCCESS"
