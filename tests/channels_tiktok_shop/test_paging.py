"""Lists that have to prove their end: products by token and by windows of time, orders by their last change."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.tiktok_shop.crew import Crew
from stockrecon.channels.tiktok_shop.orders import OrderReader
from stockrecon.channels.tiktok_shop.scan import ProductScan
from stockrecon.channels.tiktok_shop.sweep import OrderSweep
from stockrecon.channels.tiktok_shop.windows import Window
from stockrecon.rest import Answer, Request

from .fakes import NOW, STAMP, FakeTikTok, channel, line, order, page, product, request, said, shown, sku
from .test_pull import pull, rows


def many(tiktok: FakeTikTok, count: int) -> None:
    tiktok.add(*(product(n, sku(10_000_000 + n, f"S{n}", n % 7)) for n in range(1, count + 1)))


def scan(tiktok: FakeTikTok) -> tuple[list[str], list[str]]:
    """Ids in the order in which they came, and what is not proven."""
    made = channel(tiktok)
    made._open()
    scanned = ProductScan(made._api, NOW, lambda done, whole: None, Crew(4))
    return [each.id for window in scanned.windows() for each in window], scanned.faults


def test_pages_are_followed_to_the_end(tmp_path: Path) -> None:
    """By the token of each, until one has none; the total agrees."""
    tiktok = FakeTikTok()
    many(tiktok, 250)
    pulled = pull(tiktok, tmp_path)
    assert len(rows(pulled, "listings")) == 250
    assert pulled.complete
    tokens = [each.first("page_token") for each in tiktok.requests if each.path.endswith("products/search")]
    assert tokens == [None, "100", "200"]
    assert tiktok.bodies("products/search") == [{"status": "ALL"}] * 3


def test_an_empty_shop_is_an_empty_shop(tmp_path: Path) -> None:
    """The list of an empty page is left out."""
    tiktok = FakeTikTok()
    pulled = pull(tiktok, tmp_path)
    assert rows(pulled, "listings") == []
    assert pulled.complete
    assert tiktok.calls["inventory/search"] == 0


def test_the_stock_is_asked_for_by_six_hundred(tmp_path: Path) -> None:
    """As many as one search takes."""
    tiktok = FakeTikTok()
    tiktok.add(*(product(n, *(sku(n * 1000 + m, "", 1) for m in range(50))) for n in range(1, 26)))
    assert len(rows(pull(tiktok, tmp_path), "listings")) == 1250
    assert sorted(len(body["sku_ids"]) for body in tiktok.bodies("inventory/search")) == [50, 600, 600]


def shrinking(tiktok: FakeTikTok, times: int) -> None:
    """The last page of the first readings is short of one product, while the total stays."""
    left = iter(range(times))

    def short(sent: Request) -> Answer:
        answer = tiktok._products_search(sent)
        document = json.loads(answer.body)
        if not document["data"]["next_page_token"] and next(left, None) is not None:
            document["data"]["products"].pop()
        return said(document["data"])

    tiktok.always["products/search"] = short


@pytest.mark.parametrize(("times", "complete"), [(1, True), (2, False)])
def test_what_does_not_agree_with_its_total_is_read_once_more(tmp_path: Path, times: int, complete: bool) -> None:
    """After that the snapshot is incomplete, and says why; what was read is kept."""
    tiktok = FakeTikTok()
    many(tiktok, 150)
    shrinking(tiktok, times)
    pulled = pull(tiktok, tmp_path)
    assert pulled.complete is complete
    assert tiktok.calls["products/search"] == 4
    if not complete:
        assert (
            pulled.reason == "products: TikTok Shop counts 150 products, its pages held 149, also at the second reading"
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"next_page_token": "100"}, "its pages held 100"),
        ({"next_page_token": "again"}, "its pages do not come to an end"),
        ({"total_count": None}, "no total is told"),
        ({"next_page_token": ""}, "its pages held 100"),
    ],
)
def test_a_list_that_does_not_end_as_documented_is_not_believed(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    """A token that leads nowhere, or to itself; a total that is missing."""
    tiktok = FakeTikTok()
    many(tiktok, 150)
    first = [shown(each) for each in list(tiktok.products.values())[:100]]
    tiktok.always["products/search"] = lambda sent: said({"total_count": 150, "products": first, **change})
    pulled = pull(tiktok, tmp_path)
    assert not pulled.complete
    assert words in pulled.reason or "do not come to an end" in pulled.reason
    assert len(rows(pulled, "listings")) == 100


def test_tokens_that_are_ever_new_end_as_well(tmp_path: Path) -> None:
    """No search has more than ten thousand hits."""
    tiktok = FakeTikTok()
    many(tiktok, 3)
    numbers = iter(range(1_000_000))
    first = [shown(each) for each in tiktok.products.values()]
    tiktok.always["products/search"] = lambda sent: said(
        {"total_count": 150, "products": first, "next_page_token": f"t{next(numbers)}"}
    )
    ids, faults = scan(tiktok)
    assert (len(ids), tiktok.calls["products/search"]) == (3, 202)
    assert "do not come to an end" in faults[0]


def test_a_token_that_leads_to_itself_is_an_end_where_the_total_says_so(tmp_path: Path) -> None:
    """Seen in searches: the last page names itself as the next one."""
    tiktok = FakeTikTok()
    many(tiktok, 3)
    first = [shown(each) for each in tiktok.products.values()]
    tiktok.always["products/search"] = lambda sent: said({"total_count": 3, "products": first, "next_page_token": "x"})
    assert scan(tiktok) == (["1", "2", "3"], [])


# Windows


@pytest.mark.parametrize("told", [False, True])
def test_a_shop_beyond_the_reach_of_one_search_is_read_in_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """Whether TikTok Shop refuses the search (12052180) or tells a total above it; every product comes once."""
    tiktok = FakeTikTok()
    many(tiktok, 260)
    monkeypatch.setattr("stockrecon.channels.tiktok_shop.search.REACH", 100)
    tiktok.reach = 10_000 if told else 100
    ids, faults = scan(tiktok)
    assert sorted(map(int, ids)) == list(range(1, 261))
    assert faults == []
    windows = [body for body in tiktok.bodies("products/search") if len(body) > 1]
    assert windows
    assert any("create_time_le" not in body for body in windows), "nothing is lost that is created meanwhile"
    assert any("create_time_ge" not in body for body in windows), "nothing older than the first day is lost"


def test_what_is_created_in_one_second_cannot_be_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and the rest is read."""
    tiktok = FakeTikTok()
    many(tiktok, 40)
    for each in list(tiktok.products.values())[:30]:
        each["create_time"] = STAMP - 5
    for module in ("search", "scan"):
        monkeypatch.setattr(f"stockrecon.channels.tiktok_shop.{module}.REACH", 20)
    tiktok.reach = 20
    ids, faults = scan(tiktok)
    assert sorted(map(int, ids)) == list(range(31, 41))
    assert faults == [
        f"products created from {STAMP - 5} to {STAMP - 5} (Unix time): more than the 20 that one search gives"
    ]


def hidden(tiktok: FakeTikTok, product_id: str) -> None:
    """A product that no search by time of creation finds, though it counts."""

    def search(sent: Request) -> Answer:
        body = json.loads(sent.body or b"")
        kept = dict(tiktok.products)
        if {"create_time_ge", "create_time_le"} & body.keys():
            del tiktok.products[product_id]
        try:
            return tiktok._products_search(sent)
        finally:
            tiktok.products = kept

    tiktok.always["products/search"] = search


def test_windows_that_hold_less_than_the_whole_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product whose time of creation lies in none of them would be missed."""
    tiktok = FakeTikTok()
    many(tiktok, 40)
    hidden(tiktok, "7")
    monkeypatch.setattr("stockrecon.channels.tiktok_shop.search.REACH", 20)
    ids, faults = scan(tiktok)
    assert len(ids) == 39
    assert faults == ["TikTok Shop counts 40 products, its windows held 39"]


@pytest.mark.parametrize(("begin", "end"), [(0, 1), (10, 17), (5, 5)])
def test_halves_are_the_whole_and_share_nothing(begin: int, end: int) -> None:
    """Both ends belong to a window."""
    halves = Window(begin, end).halves(until=99)
    covered = sorted(second for half in halves for second in range(half.begin, (half.end or 0) + 1))
    assert covered == (list(range(begin, end + 1)) if end > begin else [])


# Orders


def walked(tiktok: FakeTikTok, days: int = 7) -> OrderSweep:
    made = channel(tiktok)
    made._open()
    sweep = OrderSweep(made._api, OrderReader(made.settings.name), lambda done, whole: None)
    sweep.find(NOW - timedelta(days=days))
    return sweep


def busy(count: int, same: int = 1) -> list[dict[str, Any]]:
    """Orders whose changes lie one second apart, `same` of them in one second."""
    return [
        order(n, "UNPAID", line(1, 11, "UNPAID"), update_time=STAMP - 9000 + n // same) for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(("count", "same"), [(0, 1), (1, 1), (100, 1), (101, 1), (350, 1), (350, 40), (350, 400)])
def test_orders_are_read_to_the_end(count: int, same: int) -> None:
    """However many changed in one second."""
    tiktok = FakeTikTok()
    tiktok.orders = busy(count, same)
    sweep = walked(tiktok)
    assert sorted(int(row.order_id) for sent in sweep.found.values() for row in sent.rows) == list(range(1, count + 1))
    assert sweep.faults == []


def test_an_order_that_changes_meanwhile_hides_none() -> None:
    """It moves to the end of the list, and every page behind it slips by one."""
    tiktok = FakeTikTok()
    tiktok.orders = busy(350)

    def change(sent: Request) -> Answer:
        answer = tiktok._orders_search(sent)
        moving = tiktok.orders[tiktok.calls["orders/search"]]
        moving["update_time"], moving["status"] = STAMP + tiktok.calls["orders/search"], "CANCELLED"
        return answer

    tiktok.always["orders/search"] = change
    sweep = walked(tiktok)
    found = {row.order_id: row.status for sent in sweep.found.values() for row in sent.rows}
    assert len(found) == 350
    assert sweep.faults == []
    assert found["2"] == "cancelled", "its newest state counts"


def test_orders_that_do_not_agree_with_their_total_are_read_once_more(tmp_path: Path) -> None:
    """Then the snapshot is incomplete, and says why."""
    tiktok = FakeTikTok()
    tiktok.orders = busy(5)
    tiktok.always["orders/search"] = lambda sent: said({"total_count": 6, "orders": tiktok.orders})
    pulled = pull(tiktok, tmp_path)
    assert not pulled.complete
    assert "TikTok Shop counts 6 orders since" in pulled.reason
    assert tiktok.calls["orders/search"] == 4
    assert len(rows(pulled, "orders")) == 5


@pytest.mark.parametrize(
    "data",
    [
        {"total_count": 9, "orders": [], "next_page_token": "x"},
        {"total_count": 9, "next_page_token": "x"},
        {"orders": []},
    ],
)
def test_a_list_of_orders_without_an_end_ends(data: dict[str, Any]) -> None:
    """No page more, or no total: nothing is proven."""
    tiktok = FakeTikTok()
    tiktok.always["orders/search"] = lambda sent: said(data)
    assert walked(tiktok).faults


def test_a_list_of_orders_in_no_order_is_followed_by_its_tokens() -> None:
    """What ignores the asked order is walked from page to page."""
    tiktok = FakeTikTok()
    tiktok.orders = busy(250)

    def backwards(sent: Request) -> Answer:
        return page(sent, list(reversed(tiktok.orders)), "orders")

    tiktok.always["orders/search"] = backwards
    sweep = walked(tiktok)
    assert len({row.order_id for sent in sweep.found.values() for row in sent.rows}) == 250
    assert sweep.faults == []


def _ended(tiktok: FakeTikTok) -> Answer:
    return said({"total_count": 0})


def _repeated(tiktok: FakeTikTok) -> Answer:
    """The first page's rows, with the total and the token of a page in the middle."""
    return said({"total_count": 151, "orders": tiktok.orders[:100], "next_page_token": "100"})


@pytest.mark.parametrize("bad", [_ended, _repeated])
@pytest.mark.parametrize(("always", "faults"), [(False, 0), (True, 1)])
def test_a_page_of_orders_begins_where_the_one_before_ended(
    bad: Callable[[FakeTikTok], Answer], always: bool, faults: int
) -> None:
    """One that comes empty, or shows what was before its start, is no end: the list is read once more, then told."""
    tiktok = FakeTikTok()
    tiktok.orders = busy(250)

    def spoiled(sent: Request) -> Answer:
        first = json.loads(sent.body or b"")["update_time_ge"] < STAMP - 9000
        spoil = not first if always else tiktok.calls["orders/search"] == 2
        return bad(tiktok) if spoil else tiktok._orders_search(sent)

    tiktok.always["orders/search"] = spoiled
    sweep = walked(tiktok)
    assert len(sweep.faults) == faults
    assert len(sweep.found) == (100 if always else 250)


def test_orders_that_were_seen_have_to_be_in_a_later_list() -> None:
    """A change is followed by later ones alone: a list from before it that does not show its order is not whole."""
    tiktok = FakeTikTok()
    tiktok.orders = busy(5)
    sweep = walked(tiktok)
    tiktok.always["orders/search"] = lambda sent: said({"total_count": 0})
    sweep.find(NOW - timedelta(seconds=9000 - 3))
    (fault,) = sweep.faults
    assert "does not show order 3 since" in fault


def test_an_order_that_moves_in_a_list_in_no_order_hides_none() -> None:
    """Followed by tokens, rows that come twice do not stand for those in whose place they are."""
    tiktok = FakeTikTok()
    tiktok.orders = busy(250)

    def backwards(sent: Request) -> Answer:
        answer = page(sent, sorted(tiktok.orders, key=lambda each: -each["update_time"]), "orders")
        if tiktok.calls["orders/search"] == 1:
            tiktok.orders[0]["update_time"] = STAMP
        return answer

    tiktok.always["orders/search"] = backwards
    sweep = walked(tiktok)
    assert (len(sweep.found), sweep.faults) == (250, [])


def test_what_is_ordered_while_the_listings_are_read_is_among_the_orders(tmp_path: Path) -> None:
    """They are read once more at the end."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 5)))

    def sold(sent: Request) -> Answer:
        tiktok.orders.append(order(77, "UNPAID", line(1, 11, "UNPAID"), create_time=STAMP, update_time=STAMP))
        return tiktok._inventory_search(sent)

    tiktok.always["inventory/search"] = sold
    pulled = channel(tiktok).pull(request(tmp_path))
    assert [row["order_id"] for row in rows(pulled, "orders")] == ["77"]
