"""Several warehouses, Lazada's own, Choice, bundles: whose a number is, and that no total hides where it lies."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.base import StockWrite
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment, ListingKey, ShopName
from stockrecon.core.sources import Pulled
from stockrecon.errors import ReadFault

from .fake import FakeLazada, channel, failure, order, product, request, sku, unit
from .test_listings import lock, place, read
from .test_pull import table

SHOP = ShopName("lazada-vn")
TWO = {"success": True, "module": [{"code": "dropshipping"}, {"code": "WH-b"}]}


def placed(sku_id: int, units: dict[str, int], **more: Any) -> dict[str, Any]:
    places = [place(code, number) for code, number in units.items()]
    return sku(sku_id, sum(units.values()), multiWarehouseInventories=places, **more)


def pull(lazada: FakeLazada, folder: Path, **options: object) -> tuple[Pulled, list[dict[str, str]]]:
    folder.mkdir(exist_ok=True)
    pulled = channel(lazada, **options).pull(request(folder))
    return pulled, table(folder, "listings")


def shop(units: dict[str, int], **more: Any) -> FakeLazada:
    lazada = FakeLazada([product(1, placed(10, units, **more))])
    lazada.warehouses = TWO
    return lazada


# Warehouses


def test_a_shift_to_a_place_that_does_not_count_is_a_difference_and_told(tmp_path: Path) -> None:
    """10 of 40 moved to the other warehouse: the shop shows 30 of ours, and says where the 10 are."""
    _, (row,) = pull(shop({"dropshipping": 40}), tmp_path / "before", warehouse="dropshipping")
    assert (row["sellable"], row["message"]) == ("40", "")
    _, (row,) = pull(shop({"dropshipping": 30, "WH-b": 10}), tmp_path / "after", warehouse="Dropshipping")
    assert (row["sellable"], row["message"]) == ("30", "10 more at WH-b, which does not count")


def test_several_warehouses_without_a_name_are_told_with_the_way_on(tmp_path: Path) -> None:
    """The sum is the same before and after the shift, so the run says that it cannot see one."""
    pulled, (row,) = pull(shop({"dropshipping": 30, "WH-b": 10}), tmp_path)
    assert row["sellable"] == "40"
    (warning,) = pulled.warnings
    assert warning == (
        "the stock of 2 warehouses is counted as one (WH-b, dropshipping): what moves between them is not seen; name "
        "the one that the ledger keeps with warehouse"
    )


def test_one_place_with_stock_is_no_question(tmp_path: Path) -> None:
    """Also where another one is listed with nothing in it."""
    pulled, _ = pull(shop({"dropshipping": 30, "WH-b": 0}), tmp_path)
    assert pulled.warnings == ()


@pytest.mark.parametrize("told", [TWO, {"success": False, "error_code": "NO"}])
def test_a_warehouse_that_the_seller_does_not_have_stops_the_shop(told: object, tmp_path: Path) -> None:
    """A slip would make every listing 0: nothing is compared with that, whether or not all codes are told."""
    lazada = shop({"dropshipping": 30})
    lazada.warehouses = told
    with pytest.raises(ReadFault, match="the seller has no warehouse WH-x, there are") as caught:
        pull(lazada, tmp_path, warehouse="WH-x")
    assert "warehouse" in caught.value.way_on


def test_an_own_warehouse_that_is_empty_is_read_as_empty(tmp_path: Path) -> None:
    """Lazada leaves it out of every SKU, and knows it when it is asked."""
    _, (row,) = pull(shop({"dropshipping": 30}), tmp_path, warehouse="wh-b")
    assert row["sellable"] == "0"


@pytest.mark.parametrize(
    ("locked", "warehouse", "buckets"),
    [(50, "", (80, 50)), (50, "dropshipping", (30, 0)), (110, "dropshipping", (20, 10)), (500, "WH-b", (0, 100))],
)
def test_the_lock_is_one_for_all_warehouses(locked: int, warehouse: str, buckets: tuple[int, int]) -> None:
    """30 at ours, 100 at the other: Lazada takes a write as long as all of them hold the lock together."""
    row = product(1, placed(10, {"dropshipping": 30, "WH-b": 100}, channelInventories=[lock(locked)]))
    one, _ = read(row, warehouse)
    assert (one.sellable, one.campaign) == buckets


# Lazada's warehouses and Choice


@pytest.mark.parametrize(
    ("own", "theirs", "more", "held", "sellable"),
    [
        ([], [place("FBL-1", 7)], {}, Fulfilment.PLATFORM, 7),
        ([], [place("FBL-1", 0)], {}, Fulfilment.PLATFORM, 0),
        ([place("dropshipping", 0)], [place("FBL-1", 7)], {}, Fulfilment.PLATFORM, 7),
        ([place("dropshipping", 0)], [place("FBL-1", 0)], {}, Fulfilment.SELLER, 0),
        ([place("dropshipping", 0, 0, 1)], [place("FBL-1", 7)], {}, Fulfilment.SELLER, 0),
        ([place("dropshipping", 4)], [place("FBL-1", 7)], {}, Fulfilment.SELLER, 4),
        ([place("dropshipping", 4)], [place("AChoice-VN-V-JIT", 7)], {"item_type": "4"}, Fulfilment.PLATFORM, 7),
        ([place("dropshipping", 4)], [], {"item_type": "9"}, Fulfilment.SELLER, 4),
        ([place("dropshipping", 4)], [], {"globalPlusProductStatus": 1}, Fulfilment.SELLER, 4),
    ],
)
def test_whose_stock_it_is(
    own: list[Any], theirs: list[Any], more: dict[str, Any], held: Fulfilment, sellable: int
) -> None:
    """Lazada's where it alone holds any, and of a Choice item whatever else is listed; else the seller's."""
    one, _ = read(
        product(1, sku(10, multiWarehouseInventories=own, fblWarehouseInventories=theirs), bizSupplement=more)
    )
    assert (one.fulfilment, one.sellable) == (held, sellable)


def test_the_documented_choice_item_is_read_as_it_stands() -> None:
    """Lazada's own sample: the seller's warehouse holds nothing, the JIT one 119 and one that is committed."""
    shown = sku(
        10,
        119,
        multiWarehouseInventories=[place("dropshipping", 0)],
        fblWarehouseInventories=[place("AChoice-ID-V-JIT", 119, 0, 1)],
    )
    one, _ = read(product(1, shown, bizSupplement={"item_type": "4"}))
    assert (one.fulfilment, one.sellable, one.committed) == (Fulfilment.PLATFORM, 119, 1)
    assert one.message == "Lazada Choice: its number is set with Choice's own tools"


def test_some_more_in_lazadas_warehouse_is_told_and_not_counted() -> None:
    """What the seller sends out himself counts, what Lazada holds beside it is told."""
    one, _ = read(product(1, sku(10, 4, fblWarehouseInventories=[place("FBL-1", 90)])))
    assert (one.sellable, one.message) == (4, "90 more in Lazada's warehouse")


def test_a_choice_item_is_never_sent() -> None:
    """Its number is set with a call of Choice's own: Lazada is not even asked."""
    row = product(1, sku(10, 9, bizSupplement={}), bizSupplement={"item_type": "3"})
    row["skus"][0] |= {"multiWarehouseInventories": [], "fblWarehouseInventories": [place("AChoice-VN-V-JIT", 9)]}
    lazada = FakeLazada([row])
    made, key = channel(lazada), ListingKey(SHOP, "1", "10")
    listing = made.reread([key])[key]
    (answer,) = made.write([StockWrite(key, 3, listing)]).values()
    assert answer.answered is Answered.REJECTED
    assert "/product/stock/sellable/update" not in lazada.counts


# Bundles


def test_what_the_seller_names_is_lazadas_to_compute(tmp_path: Path) -> None:
    """Virtual bundles are not marked: an item as a whole, or one SKU of it; what Lazada holds itself stays Lazada's."""
    lazada = FakeLazada(
        [
            product(1, sku(10, 3)),
            product(2, sku(20, 4), sku(21, 5)),
            product(3, sku(30, multiWarehouseInventories=[], fblWarehouseInventories=[place("FBL-1", 7)])),
        ]
    )
    _, listed = pull(lazada, tmp_path, computed=("1", "2/21", "3"))
    assert [row["fulfilment"] for row in listed] == ["computed", "seller", "computed", "platform"]
    assert listed[0]["message"] == "named in `computed`: Lazada computes its number"


def test_a_bundle_is_never_sent_and_a_refusal_names_it() -> None:
    """Named beforehand it is not sent; unnamed it is Lazada that refuses, in its own words."""
    lazada = FakeLazada([product(1, sku(10, 3))])
    key = ListingKey(SHOP, "1", "10")
    named = channel(lazada, computed=("1",))
    (answer,) = named.write([StockWrite(key, 2, named.reread([key])[key])]).values()
    assert (answer.answered, "computes" in answer.text) == (Answered.REJECTED, True)
    said = failure("4122", "BIZ_CHECK_VIRTUAL_BUNDLE_SKU_SUB_OVER_LIMIT")
    lazada.hooks.append(lambda sent, _: said if "sellable" in sent.path else None)
    unnamed = channel(lazada)
    (answer,) = unnamed.write([StockWrite(key, 2, unnamed.reread([key])[key])]).values()
    assert answer.answered is Answered.REJECTED
    assert "VIRTUAL_BUNDLE" in answer.text


def test_promotions_of_several_items_are_orders_of_their_skus(tmp_path: Path) -> None:
    """Flexicombos and bundle offers are rules over SKUs and hold no stock: every unit is a row of its own SKU."""
    lazada = FakeLazada([product(1, sku(10, 3)), product(2, sku(20, 4))])
    lazada.orders_ = [order(7, unit(10, order_id=7), unit(20, order_id=7), unit(20, order_id=7))]
    pull(lazada, tmp_path)
    taken = [(row["item_id"], row["variation_id"], row["quantity"]) for row in table(tmp_path, "orders")]
    assert taken == [("1", "10", "1"), ("2", "20", "2")]


def test_a_campaign_is_over_by_lazadas_time_and_not_by_this_machines() -> None:
    """A clock that is a month ahead must not end a lock, also in the first answer that a channel gets."""
    lazada = FakeLazada(
        [product(1, sku(10, 100, channelInventories=[lock(20, "2026-10-20 00:00:00", "2026-10-30 00:00:00")]))]
    )
    lazada.skew = timedelta(days=-30)
    key = ListingKey(SHOP, "1", "10")
    assert channel(lazada).reread([key])[key].campaign == 20
