"""A whole shop through the client: pages, windows, orders, and what goes wrong on the way."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.channels.lazada.fields import identifier
from stockrecon.core.model import ListingKey, ListingState, ShopName
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, Request
from tests.channels_lazada.fake import (
    NOW,
    FakeLazada,
    answer,
    channel,
    failure,
    order,
    product,
    request,
    sku,
    unit,
)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def once(path: str, said: Answer, times: int = 1, **wanted: str) -> Any:
    """Answers the first calls of this path that have these parameters."""
    left = [times]

    def hook(sent: Request, parameters: dict[str, str]) -> Answer | None:
        fits = sent.path == path and all(parameters.get(name) == value for name, value in wanted.items())
        if not fits or left[0] == 0:
            return None
        left[0] -= 1
        return said

    return hook


def shop(items: int) -> FakeLazada:
    return FakeLazada([product(n) for n in range(1, items + 1)])


def test_a_shop_is_read_in_the_fewest_calls(tmp_path: Path) -> None:
    """Seller, ceil(items / 50) pages, both lists of orders, ceil(orders / 50) lists of units."""
    lazada = shop(120)
    lazada.orders_ = [order(n, unit(10)) for n in range(60)]
    pulled = channel(lazada).pull(request(tmp_path))
    assert lazada.counts == {
        "/seller/get": 1, "/products/get": 3, "/orders/get": 2, "/orders/items/get": 2,
    }  # fmt: skip
    assert (pulled.complete, pulled.reason, pulled.warnings) == (True, "", ())
    assert pulled.requests == 8
    assert pulled.identity == "1000123"
    assert pulled.zone == "Asia/Ho_Chi_Minh"
    listings = table(tmp_path, "listings")
    assert [row["item_id"] for row in listings] == [str(n) for n in range(1, 121)]
    assert listings[0] == {
        "item_id": "1", "variation_id": "10", "seller_sku": "S-10", "title": "Áo 1", "sellable": "10",
        "campaign": "0", "withheld": "0", "committed": "0", "state": "ok", "message": "", "fulfilment": "seller",
        "sells_beyond_stock": "false",
    }  # fmt: skip
    assert len(table(tmp_path, "orders")) == 60


def test_campaigns_are_spooled_with_their_times_in_utc(tmp_path: Path) -> None:
    lock = {"channelName": "c", "startTime": "2026-11-24 00:00:00", "endTime": "2026-11-25 00:00:00",
            "sellableQuantity": 4}  # fmt: skip
    channel(FakeLazada([product(1, sku(10, 9, channelInventories=[lock]))])).pull(request(tmp_path))
    assert table(tmp_path, "campaigns") == [
        {"campaign_id": "c", "item_id": "1", "variation_id": "10", "starts_at": "2026-11-23T17:00:00Z",
         "ends_at": "2026-11-24T17:00:00Z", "locked": "4", "sold": "", "state": "running"}
    ]  # fmt: skip
    assert (table(tmp_path, "listings")[0]["sellable"], table(tmp_path, "listings")[0]["campaign"]) == ("5", "4")


def test_an_empty_shop_is_complete_and_empty(tmp_path: Path) -> None:
    """Lazada leaves out `data` where nothing matches."""
    pulled = channel(FakeLazada()).pull(request(tmp_path))
    assert pulled.complete
    assert table(tmp_path, "listings") == []
    assert table(tmp_path, "orders") == []


def test_as_of_is_lazadas_clock_at_the_start_of_the_listings(tmp_path: Path) -> None:
    lazada = shop(1)
    lazada.skew = timedelta(minutes=10)
    pulled = channel(lazada).pull(request(tmp_path))
    assert abs(pulled.as_of - (NOW + timedelta(minutes=10))) < timedelta(seconds=3)


def test_an_item_in_several_parts_is_put_together(tmp_path: Path) -> None:
    """Lazada repeats an item with other SKUs, and counts it once: the end lies behind its total."""
    rows = [product(n, sku(n * 10)) for n in range(1, 51)] + [product(n, sku(n * 10 + 1)) for n in range(1, 53)]
    pulled = channel(FakeLazada(rows)).pull(request(tmp_path))
    assert pulled.complete
    keys = {(row["item_id"], row["variation_id"]) for row in table(tmp_path, "listings")}
    assert len(keys) == len(table(tmp_path, "listings")) == 102


def test_a_repeated_row_is_one_listing(tmp_path: Path) -> None:
    channel(FakeLazada([product(1), product(1)])).pull(request(tmp_path))
    assert len(table(tmp_path, "listings")) == 1


def test_a_page_that_is_missing_once_is_read_again(tmp_path: Path) -> None:
    lazada = shop(120)
    lazada.hooks.append(once("/products/get", answer({"code": "0", "data": {}}), offset="50"))
    pulled = channel(lazada).pull(request(tmp_path))
    assert pulled.complete
    assert len(table(tmp_path, "listings")) == 120


@pytest.mark.parametrize("missing", [{"code": "0"}, {"code": "0", "data": {"total_products": 120, "products": []}}])
def test_a_page_that_stays_missing_makes_the_snapshot_incomplete(tmp_path: Path, missing: dict[str, Any]) -> None:
    """Never an end of the list, never the end of the run: the reason says what lacks."""
    lazada = shop(120)
    lazada.hooks.append(once("/products/get", answer(missing), times=9, offset="50"))
    pulled = channel(lazada).pull(request(tmp_path))
    assert not pulled.complete
    assert "also at the second reading" in pulled.reason
    assert len(table(tmp_path, "listings")) == 70


def test_a_total_that_disagrees_makes_the_snapshot_incomplete(tmp_path: Path) -> None:
    lazada = shop(10)
    whole: Any = lazada.products_get({"filter": "all", "limit": "50", "offset": "0"})
    whole["data"]["total_products"] = "11"
    lazada.hooks.append(once("/products/get", answer(whole), times=9))
    pulled = channel(lazada).pull(request(tmp_path))
    assert not pulled.complete
    assert "counts 11 items, its pages held 10" in pulled.reason


def test_an_item_deleted_while_paging_costs_a_second_reading(tmp_path: Path) -> None:
    """Behind the deleted one every item moves up by one, and one would be missed."""
    lazada = shop(120)

    def delete(sent: Request, parameters: dict[str, str]) -> None:
        if parameters.get("offset") == "50" and len(lazada.products) == 120:
            del lazada.products[0]

    lazada.hooks.append(delete)
    pulled = channel(lazada).pull(request(tmp_path))
    assert pulled.complete
    assert len(table(tmp_path, "listings")) == 119
    assert lazada.counts["/products/get"] == 6


@pytest.mark.parametrize("items", [10_050, 10_051, 21_000])
def test_a_shop_beyond_the_offset_limit_is_read_in_windows_of_time(tmp_path: Path, items: int) -> None:
    random_ = random.Random(items)
    lazada = FakeLazada(
        [product(n, created=NOW - timedelta(seconds=random_.randrange(200_000_000))) for n in range(items)]
    )
    lazada.products[0]["created_time"] = str(int(datetime(2014, 1, 1, tzinfo=UTC).timestamp() * 1000))
    pulled = channel(lazada, requests_per_second=1000.0).pull(request(tmp_path))
    assert (pulled.complete, pulled.reason) == (True, "")
    assert len({row["item_id"] for row in table(tmp_path, "listings")}) == items
    assert len(table(tmp_path, "listings")) == items
    assert lazada.counts["/products/get"] <= items / 50 + 20


def test_more_items_in_one_second_than_paging_reaches_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    lazada = FakeLazada([product(n, sku(n)) for n in range(10_060)])
    pulled = channel(lazada, requests_per_second=1000.0).pull(request(tmp_path))
    assert not pulled.complete
    assert "counts 10060 items, its pages held 10050; paging reaches 10050" in pulled.reason
    assert len(table(tmp_path, "listings")) == 10_050


def test_one_absurd_total_does_not_lose_the_shop(tmp_path: Path) -> None:
    """It sends the reading into windows of time, which prove that nothing lacks."""
    lazada = shop(3)
    lazada.hooks.append(once("/products/get", answer({"code": "0", "data": {"total_products": 999_999,
                                                                            "products": []}})))  # fmt: skip
    pulled = channel(lazada).pull(request(tmp_path))
    assert (pulled.complete, pulled.reason) == (True, "")
    assert len(table(tmp_path, "listings")) == 3


def test_a_sku_without_a_stock_figure_makes_the_snapshot_incomplete(tmp_path: Path) -> None:
    """Unknown is not 0, and not absent either."""
    lazada = FakeLazada([product(1, {"SkuId": 10, "SellerSku": "x", "Status": "active"}), product(2)])
    pulled = channel(lazada).pull(request(tmp_path))
    assert not pulled.complete
    assert pulled.reason == "item 1, SKU 10: Lazada shows no stock figure"


@pytest.mark.parametrize(
    "trouble",
    [failure("ApiCallLimit", "this ban will last 1 seconds"), failure(901), failure("E1002"), failure("506"),
     failure(6), answer(b"<html>502</html>", 502), answer(b'{"code":"0","da'), answer(b""), answer([1]),
     answer({"code": "SYSTEM"}, 500)],
)  # fmt: skip
def test_passing_trouble_is_waited_out(tmp_path: Path, trouble: Answer) -> None:
    lazada = shop(120)
    lazada.hooks.append(once("/products/get", trouble, times=2, offset="50"))
    pulled = channel(lazada).pull(request(tmp_path))
    assert pulled.complete
    assert len(table(tmp_path, "listings")) == 120


@pytest.mark.parametrize("trouble", [answer(b"<html>"), answer(b'{"code":"0","da'), failure(901)])
def test_lasting_trouble_is_a_read_fault_with_its_reason(tmp_path: Path, trouble: Answer) -> None:
    lazada = shop(120)
    lazada.hooks.append(once("/products/get", trouble, times=99, offset="50"))
    with pytest.raises(ReadFault, match=r"/products/get answered .*tried 5 times"):
        channel(lazada).pull(request(tmp_path))


def test_a_long_ban_ends_the_reading_and_says_how_long(tmp_path: Path) -> None:
    lazada = shop(3)
    lazada.hooks.append(once("/products/get", failure("AppApiCallLimit", "This ban will last 14229 seconds")))
    with pytest.raises(ReadFault, match="14229 s"):
        channel(lazada).pull(request(tmp_path))
    assert lazada.time.seconds < 60


@pytest.mark.parametrize(
    "wrong",
    [{"code": "0", "data": []}, {"code": "0", "data": [1]}, {"code": "0", "data": {"products": 7}},
     {"code": "0", "data": {"item_id": 1, "skus": []}}],
)  # fmt: skip
def test_an_answer_of_another_shape_is_no_empty_shop(tmp_path: Path, wrong: dict[str, Any]) -> None:
    lazada = shop(3)
    lazada.hooks.append(once("/products/get", answer(wrong), times=9))
    if wrong["data"] == []:
        assert channel(lazada).pull(request(tmp_path)).complete
        return
    with pytest.raises(ReadFault, match="cannot be understood"):
        channel(lazada).pull(request(tmp_path))


def test_a_refusal_names_call_code_and_words(tmp_path: Path) -> None:
    lazada = shop(3)
    lazada.hooks.append(once("/products/get", failure("SellerNotVerified", "Seller not verified")))
    with pytest.raises(ReadFault, match="/products/get answered SellerNotVerified: Seller not verified") as caught:
        channel(lazada).pull(request(tmp_path))
    assert "seller center" in caught.value.way_on


def test_an_echoed_secret_is_not_shown(tmp_path: Path) -> None:
    lazada = shop(3)
    lazada.hooks.append(once("/products/get", failure("30", "bad access-token-1 and app-secret-0123456789")))
    with pytest.raises(ReadFault) as caught:
        channel(lazada).pull(request(tmp_path))
    assert "access-token-1" not in str(caught.value) + repr(caught.value)
    assert "app-secret" not in str(caught.value) + repr(caught.value)


def test_listings_of_another_site_are_another_shops(tmp_path: Path) -> None:
    lazada = FakeLazada([product(1, sku(10, ShopSku="1_MY-10"))])
    with pytest.raises(ReadFault, match="item 1 is of Lazada MY, the shop's region is VN"):
        channel(lazada).pull(request(tmp_path))
    assert channel(FakeLazada([product(1, sku(10, ShopSku="1_VNAMZ-10"))])).pull(request(tmp_path)).complete


def test_a_wrong_clock_of_ours_is_corrected_by_lazadas(tmp_path: Path) -> None:
    """Requests are signed in the shop's time once it is known."""
    lazada = shop(3)
    lazada.skew = timedelta(hours=3)
    assert channel(lazada).pull(request(tmp_path)).complete


def test_who_may_not_be_asked_is_nobody(tmp_path: Path) -> None:
    lazada = shop(1)
    lazada.hooks.append(once("/seller/get", failure("InvalidApiPath")))
    assert channel(lazada).pull(request(tmp_path)).identity == ""


def test_never_more_requests_than_the_rate_allows(tmp_path: Path) -> None:
    lazada = shop(500)
    channel(lazada, requests_per_second=2.0).pull(request(tmp_path))
    assert lazada.time.seconds >= (len(lazada.calls) - 1) / 2


def numbered(count: int, spread: timedelta, status: str = "pending") -> list[dict[str, Any]]:
    start = NOW - timedelta(days=5)
    return [order(n, unit(10, status), at=start + n * spread) for n in range(count)]


@pytest.mark.parametrize("spread", [timedelta(seconds=0), timedelta(milliseconds=300), timedelta(minutes=5)])
def test_all_orders_are_found_however_dense_they_are(tmp_path: Path, spread: timedelta) -> None:
    lazada = shop(1)
    lazada.orders_ = numbered(730, spread)
    pulled = channel(lazada).pull(request(tmp_path))
    assert pulled.complete
    assert {row["order_id"] for row in table(tmp_path, "orders")} == {str(n) for n in range(730)}


def test_orders_that_change_while_they_are_read_hide_none(tmp_path: Path) -> None:
    """Each change moves an order to the end of the list, and all behind it up by one."""
    lazada = shop(1)
    lazada.orders_ = numbered(400, timedelta(minutes=1))
    busy = iter(range(400))

    def change(sent: Request, parameters: dict[str, str]) -> None:
        if sent.path == "/orders/get":
            for n in (next(busy), next(busy), next(busy)):
                changed = lazada.orders_[n]
                changed |= {"updated_at": order(n, unit(10), at=NOW + timedelta(seconds=n))["updated_at"]}

    lazada.hooks.append(change)
    pulled = channel(lazada).pull(request(tmp_path))
    assert (pulled.complete, pulled.reason) == (True, "")
    assert len({row["order_id"] for row in table(tmp_path, "orders")}) == 400


def test_a_vendor_that_ignores_the_order_asked_for_is_walked_by_offset(tmp_path: Path) -> None:
    lazada = shop(1)
    lazada.orders_ = numbered(250, timedelta(minutes=1))
    shuffled = list(lazada.orders_)
    random.Random(5).shuffle(shuffled)

    def unsorted(sent: Request, parameters: dict[str, str]) -> Answer | None:
        if sent.path != "/orders/get" or "status" in parameters:
            return None
        offset = int(parameters["offset"])
        rows = [{k: v for k, v in row.items() if k != "items"} for row in shuffled[offset : offset + 100]]
        return answer({"code": "0", "data": {"count": len(rows), "countTotal": "250", "orders": rows}})

    lazada.hooks.append(unsorted)
    assert channel(lazada).pull(request(tmp_path)).complete
    assert len(table(tmp_path, "orders")) == 250


def test_a_vendor_that_ignores_paging_ends_the_sweep_as_incomplete(tmp_path: Path) -> None:
    """The same page again and again, and a total that it never reaches: no endless loop, no claim of an end."""
    lazada = shop(1)
    lazada.orders_ = numbered(3, timedelta(minutes=1))
    rows = [{k: v for k, v in row.items() if k != "items"} for row in lazada.orders_]
    same = {"code": "0", "data": {"count": 3, "countTotal": 300, "orders": rows}}
    lazada.hooks.append(once("/orders/get", answer(same), times=99))
    pulled = channel(lazada).pull(request(tmp_path))
    assert not pulled.complete
    assert "its pages bring no more" in pulled.reason
    assert len(table(tmp_path, "orders")) == 3


def tampered(lazada: FakeLazada, total: int, times: int) -> Any:
    left = [times]

    def hook(sent: Request, parameters: dict[str, str]) -> Answer | None:
        if sent.path != "/orders/get" or "status" in parameters or left[0] == 0:
            return None
        left[0] -= 1
        said: Any = lazada.orders_get(parameters)
        said["data"]["countTotal"] = str(total)
        return answer(said)

    return hook


@pytest.mark.parametrize("total", [90, 249, 251])
def test_a_total_of_orders_that_disagrees_once_is_read_again(tmp_path: Path, total: int) -> None:
    """One too low would end the list early, one too high would never end it."""
    lazada = shop(1)
    lazada.orders_ = numbered(250, timedelta(minutes=1))
    lazada.hooks.append(tampered(lazada, total, 1))
    assert channel(lazada).pull(request(tmp_path)).complete
    assert len(table(tmp_path, "orders")) == 250


@pytest.mark.parametrize("total", [3, 5])
def test_a_total_of_orders_that_always_disagrees_leaves_the_snapshot_incomplete(tmp_path: Path, total: int) -> None:
    lazada = shop(1)
    lazada.orders_ = numbered(4, timedelta(minutes=1))
    lazada.hooks.append(tampered(lazada, total, 99))
    pulled = channel(lazada).pull(request(tmp_path))
    assert not pulled.complete
    assert f"counts {total} orders" in pulled.reason
    assert len(table(tmp_path, "orders")) == 4


def test_units_that_an_answer_leaves_out_are_asked_for_again(tmp_path: Path) -> None:
    lazada = shop(1)
    lazada.orders_ = numbered(3, timedelta(minutes=1))
    lazada.hooks.append(once("/orders/items/get", answer({"code": "0", "data": []})))
    assert channel(lazada).pull(request(tmp_path)).complete
    assert len(table(tmp_path, "orders")) == 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.lists(st.integers(0, 12), max_size=450),
    changes=st.lists(st.integers(0, 449), max_size=12),
)
def test_every_order_is_found_whatever_moves(tmp_path: Path, seconds: list[int], changes: list[int]) -> None:
    """Many orders in one second, and orders that move to the end while the list is walked."""
    lazada = FakeLazada()
    start = NOW - timedelta(days=1)
    lazada.orders_ = [order(n, unit(10), at=start + timedelta(seconds=s)) for n, s in enumerate(seconds)]
    moves = iter(changes)

    def change(sent: Request, parameters: dict[str, str]) -> None:
        number = next(moves, None) if sent.path == "/orders/get" else None
        if number is not None and number < len(lazada.orders_):
            moved = order(number, unit(10), at=lazada.time.clock() + timedelta(seconds=1))
            lazada.orders_[number]["updated_at"] = moved["updated_at"]

    lazada.hooks.append(change)
    pulled = channel(lazada).pull(request(tmp_path))
    if pulled.complete:
        assert {row["order_id"] for row in table(tmp_path, "orders")} == {str(n) for n in range(len(seconds))}
    else:
        assert "orders" in pulled.reason


def test_unpaid_orders_older_than_the_window_are_found(tmp_path: Path) -> None:
    lazada = shop(1)
    lazada.orders_ = [
        order(1, unit(10, "unpaid", created_at=None), at=NOW - timedelta(days=3)),
        order(2, unit(10, "pending"), at=NOW - timedelta(days=3)),
    ]
    channel(lazada).pull(request(tmp_path, days=1))
    found = table(tmp_path, "orders")
    assert [(row["order_id"], row["status"]) for row in found] == [("1", "unpaid")]
    assert found[0]["created_at"] == "2026-11-21T12:00:00Z"


def test_a_long_window_needs_no_sweep_for_unpaid_orders(tmp_path: Path) -> None:
    lazada = shop(1)
    channel(lazada).pull(request(tmp_path, days=31))
    assert lazada.counts["/orders/get"] == 1


def test_one_order_that_lazada_does_not_know_costs_only_itself(tmp_path: Path) -> None:
    """The list is halved until the one is found; the snapshot says that it lacks."""
    lazada = shop(1)
    lazada.orders_ = numbered(50, timedelta(minutes=1))

    def gone(sent: Request, parameters: dict[str, str]) -> Answer | None:
        if sent.path == "/orders/items/get" and "17" in parameters["order_ids"].strip("[]").split(","):
            return failure("37", "E037: One or more order id in the list are incorrect")
        return None

    lazada.hooks.append(gone)
    pulled = channel(lazada).pull(request(tmp_path))
    assert pulled.reason == "order 17: Lazada does not tell its units"
    assert len(table(tmp_path, "orders")) == 49


KEYS = [ListingKey(ShopName("lazada-vn"), str(n), str(n * 10)) for n in range(1, 61)]


def test_listings_are_read_again_by_seller_sku_where_that_is_fewer_calls(tmp_path: Path) -> None:
    lazada = shop(200)
    one = channel(lazada)
    one.pull(request(tmp_path))
    lazada.calls.clear()
    lazada.products[4]["skus"][0]["multiWarehouseInventories"][0]["sellableQuantity"] = 3
    lazada.products[5]["status"] = "Suspended"
    again = one.reread(KEYS)
    assert lazada.counts == {"/products/get": 2}
    assert list(again) == KEYS
    assert (again[KEYS[4]].sellable, again[KEYS[5]].state) == (3, ListingState.BANNED)
    assert again[KEYS[0]].seller_sku == "S-10"


def test_one_item_is_read_again_by_its_id(tmp_path: Path) -> None:
    lazada = FakeLazada([product(1, sku(10), sku(11))])
    one = channel(lazada)
    one.pull(request(tmp_path))
    lazada.calls.clear()
    keys = [ListingKey(ShopName("lazada-vn"), "1", "10"), ListingKey(ShopName("lazada-vn"), "1", "11")]
    assert list(one.reread(keys)) == keys
    assert lazada.counts == {"/product/item/get": 1}


def test_what_the_seller_sku_does_not_find_is_read_by_item_and_what_is_gone_is_left_out(tmp_path: Path) -> None:
    lazada = shop(60)
    one = channel(lazada)
    one.pull(request(tmp_path))
    lazada.products[7]["skus"][0]["SellerSku"] = "renamed"
    del lazada.products[30]
    lazada.calls.clear()
    again = one.reread(KEYS)
    assert lazada.counts == {"/products/get": 2, "/product/item/get": 2}
    assert again[KEYS[7]].seller_sku == "renamed"
    assert set(KEYS) - set(again) == {KEYS[30]}


def test_durations_of_unpaid_orders_are_the_sellers() -> None:
    made = channel(FakeLazada(), unpaid_release=timedelta(minutes=45), unpaid_cancel=timedelta(hours=48))
    assert made.capabilities.releases_unpaid_after == timedelta(minutes=45)
    assert made.capabilities.unpaid_cancelled_after == timedelta(hours=48)


def test_a_token_that_nobody_may_use_is_an_auth_fault(tmp_path: Path) -> None:
    lazada = shop(1)
    lazada.hooks.append(once("/seller/get", failure("InsufficientPermission")))
    with pytest.raises(AuthFault, match="InsufficientPermission"):
        channel(lazada).pull(request(tmp_path))


def test_ids_are_text_whatever_they_come_as() -> None:
    assert [identifier(value) for value in (7, "7", " 7 ", "A-7", None)] == ["7", "7", "7", "A-7", ""]
