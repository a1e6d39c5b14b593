"""What Ginee holds becomes stock and movements, whole, of the warehouses that are configured, and to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.errors import ReadFault
from stockrecon.ledgers.ginee.api import GineeSigner
from stockrecon.ledgers.ginee.setup import read_formula
from stockrecon.rest import Request
from tests.ledgers_ginee.conftest import Make, rows, stock
from tests.ledgers_ginee.fake import FAR, HOME, ORDERS, SHOPS, START, STOCK, WAREHOUSES, FakeGinee

BUCKETS: dict[str, Any] = {"lockedStock": 3, "spareStock": 2, "promotionStock": 5}


def test_a_request_is_signed_as_others_sign_it() -> None:
    """The signature of a published pair of dummies: method and path with a dollar behind each, and nothing else."""
    signer = GineeSigner("dummy-access", Secret("dummy-secret"), "VN")
    signed = signer.sign(Request("POST", ORDERS, json={"size": 1}), START)
    assert signed.headers == (
        ("Authorization", "dummy-access:pC2TW9IVXVX4WSUy/v4RCb8fIt8w8WiFhj1Vfe92rFs="),
        ("X-Advai-Country", "VN"),
    )


@pytest.mark.parametrize(
    ("formula", "available"),
    [
        ("warehouse - locked - spare", 15),
        ("warehouse - locked", 17),
        ("warehouse - spare - locked - promotion", 10),
        ("warehouse-promotion-locked", 12),
    ],
)
def test_available_is_what_the_formula_says(
    ginee: FakeGinee, ledger: Make, spool: Path, formula: str, available: int
) -> None:
    """The same formula in `read` and in `reread`."""
    ginee.put("MUG", 20, **BUCKETS)
    opened = ledger(available=formula)
    assert stock(opened, ginee, spool) == {"MUG": available}
    assert opened.reread([Sku("MUG")]) == {"MUG": available}


def test_available_may_be_negative(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """What Ginee has promised and does not have is a number like any other."""
    ginee.put("MUG", 1, lockedStock=4)
    ginee.put("PAN", -2)
    assert stock(ledger(), ginee, spool) == {"MUG": -3, "PAN": -2}


def test_several_warehouses_are_summed(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Those that are configured, by id, code or name; a SKU that stands in one alone has what stands there."""
    ginee.put("MUG", 4)
    ginee.put("MUG", 5, FAR, lockedStock=2)
    ginee.put("PAN", 7, FAR)
    assert stock(ledger(warehouses=("H",)), ginee, spool) == {"MUG": 4}
    assert stock(ledger(warehouses=(HOME, "Far")), ginee, spool) == {"MUG": 7, "PAN": 7}
    assert ledger(warehouses=(HOME, "Far")).reread([Sku("MUG"), Sku("PAN"), Sku("CUP")]) == {"MUG": 7, "PAN": 7}


def test_the_only_warehouse_in_use_needs_no_name(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """With several in use none is guessed."""
    ginee.put("MUG", 4)
    with pytest.raises(ReadFault, match=r"2 warehouses in use, and ledger\.warehouses names none") as caught:
        stock(ledger(warehouses=()), ginee, spool)
    assert f"Home is {HOME}" in caught.value.way_on
    ginee.warehouses[1]["status"] = "DISABLE"
    assert stock(ledger(warehouses=()), ginee, spool) == {"MUG": 4}


def test_ids_serve_where_warehouses_are_not_listed(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """The list of warehouses is on no page of Ginee's that was found: a key that may not have it reads all the same."""
    ginee.put("MUG", 4)
    for code in ("NOT_FOUND", "PERMISSION_DENIED"):
        ginee.refuse(WAREHOUSES, code)
        assert stock(ledger(), ginee, spool) == {"MUG": 4}
    ginee.refuse(WAREHOUSES, "PERMISSION_DENIED")
    with pytest.raises(ReadFault, match="PERMISSION_DENIED"):
        stock(ledger(warehouses=()), ginee, spool)


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 137])
def test_pages_are_read_to_their_end(ginee: FakeGinee, ledger: Make, spool: Path, count: int) -> None:
    """Whatever falls on the border of a page."""
    for number in range(count):
        ginee.put(f"SKU-{number:03}", number)
    assert stock(ledger(), ginee, spool) == {f"SKU-{number:03}": number for number in range(count)}


def test_a_page_that_is_missing_is_no_end(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """An empty page before Ginee's own count is reached is a fault and not a smaller ledger."""
    for number in range(120):
        ginee.put(f"SKU-{number:03}", 1)

    def empty(body: dict[str, Any]) -> Any:
        page = {"page": body["page"], "size": 50, "total": 120, "content": []}
        return ginee.answer(200, {"code": "SUCCESS", "data": page}) if body["page"] == 1 else None

    ginee.troubles[STOCK] = [empty] * 20
    with pytest.raises(ReadFault, match="Ginee counts 120 rows, its pages held 50, 3 times"):
        stock(ledger(), ginee, spool)


def test_rows_that_come_while_pages_are_read_are_not_lost(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """A count that moves means that pages shifted: the list is read once more."""
    for number in range(60):
        ginee.put(f"SKU-{number:03}", 1)

    def another() -> None:
        if len([path for path, _ in ginee.calls if path == STOCK]) == 2:
            fresh = dict(ginee.rows)
            ginee.rows.clear()
            ginee.put("A-NEW-ONE", 5)
            ginee.rows.update(fresh)
            ginee.rows[HOME, "A-NEW-ONE"]["id"] = "WI-new"

    ginee.meanwhile[STOCK] = another
    found = stock(ledger(), ginee, spool)
    assert len(found) == 61
    assert found["A-NEW-ONE"] == 5


def test_skus_are_exact(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """A filter that takes `mug` for `MUG` brings no stranger in."""
    ginee.put("MUG", 4)
    ginee.put("mug", 9)
    ginee.put("007", 7)
    opened = ledger()
    assert stock(opened, ginee, spool) == {"MUG": 4, "mug": 9, "007": 7}
    assert opened.reread([Sku("MUG"), Sku("007"), Sku("7")]) == {"MUG": 4, "007": 7}


def test_what_is_not_told_is_unknown(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """A bucket without a number never counts as 0: the SKU is left out, and named."""
    ginee.put("MUG", 4)
    ginee.put("PAN", 4, spareStock=None, availableStock=4)
    opened = ledger()
    read = opened.read(spool, ginee.now)
    assert "left out, for Ginee does not tell all of their stock: PAN" in read.warnings
    assert opened.reread([Sku("PAN"), Sku("MUG")]) == {"MUG": 4}
    assert stock(ledger(available="warehouse - locked"), ginee, spool) == {"MUG": 4, "PAN": 4}


@pytest.mark.parametrize("value", ["many", 1.5, True, "1e3"])
def test_a_number_that_is_none_is_a_fault(ginee: FakeGinee, ledger: Make, spool: Path, value: object) -> None:
    """It names the field."""
    ginee.put("MUG", 4, lockedStock=0, availableStock=4)
    ginee.rows[HOME, "MUG"]["spareStock"] = 0
    ginee.rows[HOME, "MUG"]["promotionStock"] = value
    ginee.rows[HOME, "MUG"]["availableStock"] = 4
    shown = {**ginee.rows[HOME, "MUG"]}
    row = {"warehouseInventory": shown, "masterVariation": {"masterSku": "MUG"}}
    page = {"page": 0, "size": 50, "total": 1, "content": [row]}
    ginee.troubles[STOCK] = [lambda _: ginee.answer(200, {"code": "SUCCESS", "data": page})]
    with pytest.raises(ReadFault, match=r"warehouseInventory\.promotionStock is not a whole number"):
        stock(ledger(), ginee, spool)


def test_an_order_is_a_movement_and_its_cancellation_another(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """With the shop's configured name, the marketplace's number, and when it was."""
    ginee.shops = [{"shopId": "SH1", "name": "Mugs of Saigon", "externalShopId": "5001", "channel": "SHOPEE_ID"}]
    ginee.put("MUG", 10, lockedStock=2)
    ginee.put("PAN", 10)
    ginee.order("221111AAA", {"MUG": 2})
    ginee.order("221111BBB", {"MUG": 1, "PAN": 3}, "CANCELLED", lastUpdateAt="2026-11-11T04:30:00Z")
    found = rows(ledger(shops={"shopee-vn": "5001"}), ginee, spool)["movements"]
    told = [(row["sku"], row["quantity"], row["kind"], row["shop"], row["order_id"], row["at"]) for row in found]
    early, late = "2026-11-11T04:00:00Z", "2026-11-11T04:30:00Z"
    assert told == [
        ("MUG", "-2", "order", "shopee-vn", "221111AAA", early),
        ("MUG", "-1", "order", "shopee-vn", "221111BBB", early),
        ("MUG", "1", "cancel", "shopee-vn", "221111BBB", late),
        ("PAN", "-3", "order", "shopee-vn", "221111BBB", early),
        ("PAN", "3", "cancel", "shopee-vn", "221111BBB", late),
    ]
    other = rows(ledger(order_field="externalOrderId"), ginee, spool)["movements"]
    assert {(row["shop"], row["order_id"]) for row in other} == {("", "X221111AAA"), ("", "X221111BBB")}


def test_an_item_without_a_master_sku_took_nothing(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Such an order is missing in the ledger, and is to be told as missing."""
    ginee.put("MUG", 10)
    ginee.order("221111AAA", {"MUG": 2})["items"] += [{"masterSku": None, "sku": "MUG", "quantity": 4}]
    found = rows(ledger(), ginee, spool)["movements"]
    assert [(row["sku"], row["quantity"]) for row in found] == [("MUG", "-2")]


def test_orders_of_a_long_time_are_asked_in_spans(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Ginee tells 15 days at once; each order counts once, and what was before the history does not."""
    ginee.put("MUG", 100)
    for days in (1, 13, 14, 15, 29, 39, 41):
        at = (START - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ginee.order(f"D{days}", {"MUG": 1}, createAt=at, lastUpdateAt=at)
    found = rows(ledger(history=timedelta(days=40)), ginee, spool)["movements"]
    assert sorted(row["order_id"] for row in found) == ["D1", "D13", "D14", "D15", "D29", "D39"]


def test_an_order_that_comes_in_while_stock_is_read_is_in_both(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Its SKU is read again, so that stock and movements belong together."""
    held = ginee.put("MUG", 10)

    def sells() -> None:
        if not ginee.orders:
            ginee.now += timedelta(minutes=1)
            ginee.order("221111CCC", {"MUG": 4}, lastUpdateAt=ginee.now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        elif len([path for path, _ in ginee.calls if path == STOCK]) == 2:
            held["lockedStock"] = 4

    ginee.meanwhile[STOCK] = sells
    opened = ledger()
    found = rows(opened, ginee, spool)
    assert [(row["sku"], row["available"]) for row in found["stock"]] == [("MUG", "6")]
    assert [row["quantity"] for row in found["movements"]] == ["-4"]


def test_the_ledgers_time_is_not_after_now(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Whatever Ginee's clock says."""
    ginee.put("MUG", 1)
    early = START - timedelta(hours=1)
    assert ledger().read(spool, early).as_of == early
    told = ledger().read(spool, START + timedelta(hours=1)).as_of
    assert told is not None
    assert START < told <= ginee.now


def test_times_without_an_offset_are_placed(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """In the configured zone; with one, as they say."""
    ginee.put("MUG", 1, updateDatetime="2026-11-11T07:00:00")
    ginee.put("PAN", 1, updateDatetime="2026-11-11T07:00:00+08:00")
    found = rows(ledger(zone="+07:00"), ginee, spool)["stock"]
    times = {row["sku"]: datetime.fromisoformat(row["updated_at"]) for row in found}
    assert times["MUG"] == datetime(2026, 11, 11, 0, 0, tzinfo=UTC)
    assert times["PAN"] == datetime(2026, 11, 10, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-07:00", "yesterday", 7])
def test_a_time_that_is_none_is_a_fault(ginee: FakeGinee, ledger: Make, spool: Path, value: object) -> None:
    """Also one that lies outside of all calendars in UTC; it names the field."""
    ginee.put("MUG", 1, updateDatetime=value)
    with pytest.raises(ReadFault, match=r"warehouseInventory\.updateDatetime is no time"):
        stock(ledger(), ginee, spool)


def test_failed_pushes_and_lost_shops_are_told(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """They are what scenario 4 looks like from Ginee's side."""
    ginee.put("MUG", 1, failReason="item banned")
    ginee.put("PAN", 1, pushStatus="PUSH_FAIL")
    ginee.put("CUP", 1)
    shop = {"shopId": "SH1", "name": "Mugs", "channel": "LAZADA_ID", "authorizationStatus": "EXPIRED"}
    ginee.shops = [shop, {**shop, "shopId": "SH2", "authorizationStatus": "CONNECTED"}]
    told = "\n".join(ledger().read(spool, ginee.now).warnings)
    assert "Ginee's last push of 1 SKUs failed (item banned): MUG" in told
    assert "Ginee's last push of 1 SKUs failed (PUSH_FAIL): PAN" in told
    assert "Ginee is cut off from 1 shops: Mugs (LAZADA_ID, EXPIRED)" in told
    assert "CUP" not in told


def test_without_the_right_to_orders_stock_is_read(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """And there are no movements, which is told, rather than none that happened."""
    ginee.put("MUG", 3)
    ginee.refuse(ORDERS, "PERMISSION_DENIED")
    read = ledger().read(spool, ginee.now)
    assert set(read.tables) == {"stock"}
    assert any("orders may not be read" in each for each in read.warnings)


def test_orders_that_say_more_and_not_where_are_a_fault(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """A list of orders ends on Ginee's own word alone."""
    ginee.put("MUG", 3)
    answers: list[dict[str, object]] = [{"content": [], "more": True}, {"content": []}]
    for data in answers:
        answer = ginee.answer(200, {"code": "SUCCESS", "data": data})
        ginee.troubles[ORDERS] = [lambda _, answer=answer: answer]  # type: ignore[misc]
        with pytest.raises(ReadFault, match="there is more"):
            stock(ledger(), ginee, spool)


def test_a_shop_that_ginee_does_not_have_is_named(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """And so are those that it has."""
    ginee.put("MUG", 3)
    ginee.shops = [{"shopId": "SH1", "name": "Mugs", "authorizationStatus": "CONNECTED"}]
    with pytest.raises(ReadFault, match="0 of Ginee's shops are called 'SH7', meant to be shopee-vn") as caught:
        stock(ledger(shops={"shopee-vn": "SH7"}), ginee, spool)
    assert "Mugs is SH1" in caught.value.way_on


def test_two_products_with_one_master_sku_are_a_fault(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Nobody could tell whose stock it is."""
    ginee.put("MUG", 3)
    row = {"warehouseInventory": {**ginee.rows[HOME, "MUG"]}, "masterVariation": {"masterSku": "MUG"}}
    again = {"warehouseInventory": {**ginee.rows[HOME, "MUG"], "id": "WI9"}, "masterVariation": {"masterSku": "MUG"}}
    page = {"page": 0, "size": 50, "total": 2, "content": [row, again]}
    ginee.troubles[STOCK] = [lambda _: ginee.answer(200, {"code": "SUCCESS", "data": page})]
    with pytest.raises(ReadFault, match="two products of Home have the master SKU MUG"):
        stock(ledger(), ginee, spool)


def test_reading_writes_nothing(ginee: FakeGinee, ledger: Make, spool: Path, tmp_path: Path) -> None:
    """Neither in Ginee nor beside the configuration."""
    ginee.put("MUG", 3)
    opened = ledger()
    stock(opened, ginee, spool)
    opened.reread([Sku("MUG")])
    opened.check()
    assert {path for path, _ in ginee.calls} <= {STOCK, ORDERS, SHOPS, WAREHOUSES}
    assert {path.name for path in tmp_path.iterdir()} == {"spool"}


def test_the_formula_is_told_as_it_was_understood() -> None:
    """In the order in which it was written."""
    assert str(read_formula("warehouse -spare- locked")) == "warehouse - spare - locked"
