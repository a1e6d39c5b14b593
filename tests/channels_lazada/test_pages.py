"""Lazada's own pages as answers: what each prints is read to the numbers that it means, and written as it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from stockrecon.channels.base import StockWrite
from stockrecon.channels.lazada.payload import payload
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment, ListingKey, ShopName

from .fake import FakeLazada, answer, channel, failure, order, product, request, sku, unit
from .test_listings import read
from .test_pull import table

PAGES = Path(__file__).parent / "pages"
KEY = ListingKey(ShopName("lazada-vn"), "1", "10")
OTHER = "MY10RV7-WH-10002"
WRITE = "/product/stock/sellable/update"


def page(name: str) -> Any:
    """The answer that a page prints; the file names the page."""
    return json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))["answer"]


def demo() -> FakeLazada:
    """The SKU of the page's demo, at the seller of its demo."""
    lazada = FakeLazada([product(1, sku(10, 101, **page("two_warehouses")))])
    lazada.warehouses = page("sellers_warehouses")
    lazada.hooks.append(lambda sent, _: answer({"code": "0", "data": {}}) if sent.path == WRITE else None)
    return lazada


def written(lazada: FakeLazada) -> list[tuple[str, int]]:
    """Warehouses and numbers of the write that was sent, "" for the form that names none."""
    (told,) = [parameters for path, parameters in lazada.calls if path == WRITE]
    (one,) = ElementTree.fromstring(told["payload"]).iter("Sku")
    alone = one.findtext("SellableQuantity")
    if alone is not None:
        return [("", int(alone))]
    places = list(one.iter("MultiWarehouseInventory"))
    return [(str(each.findtext("WarehouseCode")), int(str(each.findtext("SellableQuantity")))) for each in places]


@pytest.mark.parametrize(("warehouse", "sellable"), [("", 101), ("dropshipping", 100), (OTHER, 1)])
def test_the_demo_of_two_warehouses(warehouse: str, sellable: int) -> None:
    """100 and 1: the sum, or the one that counts."""
    one, _ = read(product(1, sku(10, 101, **page("two_warehouses"))), warehouse)
    assert (one.sellable, one.fulfilment) == (sellable, Fulfilment.SELLER)


@pytest.mark.parametrize(
    ("at", "buckets"),
    [
        (datetime(2022, 9, 1, tzinfo=UTC), (1519, 200)),
        (datetime(2022, 9, 4, tzinfo=UTC), (1719, 0)),
    ],
)
def test_occupied_units_are_beside_and_locked_ones_within(at: datetime, buckets: tuple[int, int]) -> None:
    """1745 in all: 26 of paid orders, 1719 for sale, of which a campaign that is not over holds 200."""
    one, _ = read(product(1, sku(10, **page("occupied_and_locked"))), at=at)
    assert (one.sellable, one.campaign, one.withheld, one.committed) == (*buckets, 0, 26)


def test_the_choice_item_is_the_platforms_as_the_page_prints_it() -> None:
    """The SKU's own quantity is that of Choice's warehouse, and none of it is the seller's to set."""
    one, _ = read(page("choice"))
    assert (one.item_id, one.sku_id, one.site) == ("7940514630", "14353516624", "ID")
    assert (one.fulfilment, one.sellable, one.committed) == (Fulfilment.PLATFORM, 119, 1)


@pytest.mark.parametrize(
    ("warehouse", "to", "expected"),
    [("dropshipping", 60, [("dropshipping", 60)]), (OTHER.lower(), 7, [(OTHER, 7)])],
)
def test_a_seller_with_two_names_the_one_that_is_written(
    warehouse: str, to: int, expected: list[tuple[str, int]]
) -> None:
    """The other one is left out and stays as it is."""
    lazada = demo()
    made = channel(lazada, warehouse=warehouse)
    (told,) = made.write([StockWrite(KEY, to, made.reread([KEY])[KEY])]).values()
    assert told.answered is Answered.ACCEPTED
    assert written(lazada) == expected


def test_a_seller_with_two_is_known_although_the_sku_shows_one() -> None:
    """Lazada leaves out what holds nothing, so the SKU does not tell; the seller's own list does."""
    lazada = demo()
    lazada.products[0]["skus"][0]["multiWarehouseInventories"].pop()
    made = channel(lazada, warehouse=OTHER)
    made.write([StockWrite(KEY, 7, made.reread([KEY])[KEY])])
    assert written(lazada) == [(OTHER, 7)]


def test_a_seller_with_one_must_not_name_it() -> None:
    """The list has one entry: the form for several may be an error."""
    lazada = demo()
    del lazada.products[0]["skus"][0]["multiWarehouseInventories"][1:]
    lazada.warehouses = page("sellers_warehouses") | {"module": page("sellers_warehouses")["module"][:1]}
    made = channel(lazada, warehouse="dropshipping")
    made.write([StockWrite(KEY, 7, made.reread([KEY])[KEY])])
    assert written(lazada) == [("", 7)]


def test_an_app_that_may_not_ask_the_one_call_asks_the_other() -> None:
    """Permissions are given by call: `/rc/warehouse/get` does where `/seller/warehouse/get` may not be called."""
    lazada = demo()
    lazada.hooks.append(lambda sent, _: failure("InvalidApiPath") if sent.path == "/seller/warehouse/get" else None)
    made = channel(lazada, warehouse=OTHER)
    made.write([StockWrite(KEY, 7, made.reread([KEY])[KEY])])
    assert written(lazada) == [(OTHER, 7)]
    assert lazada.counts["/rc/warehouse/get"] == 1


def test_the_form_for_several_is_the_pages() -> None:
    """Warehouse by warehouse, its number in the element that the page names (and in the one that a live shop took)."""
    made = channel(demo())
    places = dict(page("set_at_warehouses"))
    text = payload([(StockWrite(KEY, 50, made.reread([KEY])[KEY]), places)])
    for name in ("SellableQuantity", "Quantity"):
        shown = [
            (str(each.findtext("WarehouseCode")), int(str(each.findtext(name))))
            for each in ElementTree.fromstring(text).iter("MultiWarehouseInventory")
        ]
        assert dict(shown) == places
    assert "<ItemId>1</ItemId><SkuId>10</SkuId>" in text


@pytest.mark.parametrize(
    ("warehouse", "may", "expected"),
    [("", True, 6), ("dropshipping", True, 4), (OTHER, True, 5), ("dropshipping", False, 1)],
)
def test_units_count_where_they_are_from(warehouse: str, may: bool, expected: int, tmp_path: Path) -> None:
    """`warehouse_code` of a unit; one without a code, or with a stranger's, may be from the one that counts.

    One unit of dropshipping, two of the other, one without a code, two with codes that the seller's list does not
    have; of these three sorts the last two count where the list is told. Where it is not, only a unit's own code tells,
    one without proves nothing, and nothing is written from such a reading.
    """
    lazada = demo()
    if not may:
        lazada.hooks.append(
            lambda sent, _: failure("InsufficientPermission") if sent.path.endswith("warehouse/get") else None
        )
    codes = ("Dropshipping", OTHER, OTHER, "", "wh-of-old", "wh-of-old")
    lazada.orders_ = [order(7, *(unit(10, order_id=7, warehouse_code=code) for code in codes))]
    assert channel(lazada, warehouse=warehouse).pull(request(tmp_path)).complete == may
    (row,) = table(tmp_path, "orders")
    assert int(row["quantity"]) == expected
