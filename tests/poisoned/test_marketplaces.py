"""Poisoned answers of marketplaces, and poisoned ledgers before them: no call of the program changes anything there.

There was a good run before. Everything may be written, whatever it comes from: only the guards are between the
poison and the shops.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.channels.shopee import api
from stockrecon.sandbox.shopee.face import ShopeeFace
from stockrecon.sandbox.shopee.market import ShopeeShop
from stockrecon.sandbox.wire import Call
from tests.circle.market import Market, entries, opened
from tests.circle.program import Program, Ran, Time, keep_time
from tests.poisoned.books import Files, calm
from tests.poisoned.conftest import WIDE

SHOPEE, LAZADA = "shopee-vn", "lazada-vn"
SKU, ITEM, SECOND = "TEE-01", "1011", ("5011", "9011")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    """Two shops in line with a ledger in SQLite, after a good run at noon; it is twenty past."""
    time = Time()
    keep_time(monkeypatch, time)
    files = Files(tmp_path, "sql")
    files.write(calm())
    with opened(tmp_path, time, monkeypatch, load=tmp_path) as handle:
        files.config.write_text(WIDE(files.ledger, entries(handle)), "utf-8")
        made = Market(time, handle, Program(time, files.config), tmp_path / "ledger.db")
        assert made.program.apply().code == 0
        made.later(minutes=20)
        yield made


def refused(market: Market) -> Ran:
    """One run: nothing is written by it, in the shops or in the ledger."""
    assert market.ledger is not None
    before = (market.written(), _rows(market.ledger))
    ran = market.program.apply()
    assert (market.written(), _rows(market.ledger)) == before
    assert set(ran.results) <= {"skipped"}
    return ran


def _rows(ledger: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(ledger)) as book:
        return [*book.execute("SELECT * FROM stock"), *book.execute("SELECT * FROM movements")]


def change(market: Market, statement: str) -> None:
    assert market.ledger is not None
    with closing(sqlite3.connect(market.ledger)) as book, book:
        book.execute(statement)


def limit(who: str, number: str, rule: str, most: str) -> str:
    """A refusal's whole text. `most`: the limit, its count and its share."""
    limit, count, percent = most.split()
    return (
        f"{who}: {rule}: {number}; the limit is {limit}, the larger of {count} and {percent} % > Read the plan; if it "
        f"is right: stockrecon sync --apply --approve DIGEST. apply.limits.{rule} holds the limit."
    )


def test_a_true_difference_is_written(market: Market) -> None:
    """So that the others prove something: a SKU that the ledger has less of is set in both shops."""
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=10))
    ran = market.program.apply()
    assert (ran.code, ran.results) == (0, ["confirmed", "confirmed"])
    assert [(shop, after - before) for shop, _, before, after in market.written()] == [(LAZADA, -3), (SHOPEE, -3)]


def test_a_ledger_of_zeros(market: Market) -> None:
    """Somebody emptied every row of the database."""
    change(market, "UPDATE stock SET available = 0")
    ran = refused(market)
    assert ran.code == 11
    assert ran.refusals == [
        limit(LAZADA, "32 of 35 listings would be changed", "changed", "7 5 20"),
        limit(LAZADA, "32 of 32 listings in stock would be taken to zero", "zeroed", "2 2 5"),
        limit(SHOPEE, "36 of 40 listings would be changed", "changed", "8 5 20"),
        limit(SHOPEE, "36 of 36 listings in stock would be taken to zero", "zeroed", "2 2 5"),
    ]


def test_a_ledger_that_lost_a_quarter(market: Market) -> None:
    """A deleted category: nothing is written, not even what has nothing to do with it."""
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=10))
    change(market, "DELETE FROM stock WHERE sku LIKE '001%'")
    ran = refused(market)
    assert ran.code == 11
    assert ran.refusals == [
        limit("ledger", "10 of 40 SKUs are gone since the last good snapshot", "lost", "4 2 10"),
    ]


def test_a_list_whose_total_does_not_fit(market: Market) -> None:
    """The shop's pages and their total disagree at every reading; the other shop is written all the same."""
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=10))
    market.control("faults", shop=SHOPEE, kind="wrong-total", times=None)
    ran = market.program.apply()
    assert ran.code == 11
    assert ran.refusals == [
        f"{SHOPEE}: unread-end: it is not proven to have been read to its end: get_item_list counts 41 items, its "
        "pages held 40 > Mend what kept it from being read, and run again."
    ]
    assert [(shop, after - before) for shop, _, before, after in market.written()] == [(LAZADA, -3)]


def test_a_list_that_ends_after_its_first_page(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shopee says that no page follows the first, and counts them all: the end is not proven."""
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=10))
    monkeypatch.setattr(api, "PAGE", 20)
    face = market.handle.sandbox.shops[SHOPEE].face
    assert isinstance(face, ShopeeFace)
    calls, name = face._private, ("GET", "/api/v2/product/get_item_list")
    whole = calls[name]

    def first(call: Call, now: datetime, reads: ShopeeShop) -> dict[str, Any]:
        answer: dict[str, Any] = dict(whole(call, now, reads))
        answer["response"] = {**answer["response"], "has_next_page": False}
        return answer

    monkeypatch.setitem(calls, name, first)
    ran = market.program.apply()
    assert ran.code == 11
    assert ran.refusals == [
        limit(SHOPEE, "20 of 40 listings are gone since the last good snapshot", "lost", "4 2 10"),
        f"{SHOPEE}: unread-end: it is not proven to have been read to its end: get_item_list counts 40 items, its "
        "pages held 20 > Mend what kept it from being read, and run again.",
    ]
    assert [shop for shop, *_ in market.written()] == [LAZADA]


def test_half_of_the_shop_is_gone(market: Market) -> None:
    """A list that proves its end and holds half of yesterday's listings."""
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=10))
    shop = market.handle.sandbox.shops[SHOPEE].shop
    assert isinstance(shop, ShopeeShop)
    with market.handle.sandbox.lock:
        for name in sorted(shop.items)[20:]:
            del shop.items[name]
        shop.revision += 1
    ran = market.program.apply()
    assert ran.code == 11
    assert ran.refusals == [
        limit(SHOPEE, "20 of 40 listings are gone since the last good snapshot", "lost", "4 2 10"),
    ]
    assert [name for name, *_ in market.written()] == [LAZADA]


@pytest.mark.parametrize(("factor", "again"), [(1000, False), (0, True)])
def test_a_shop_whose_numbers_are_all_others(factor: int, again: bool, market: Market) -> None:
    """In thousands, or all zero: too many to be changed. A raise is refused when it has been seen twice."""
    for row in calm().listings[SHOPEE]:
        market.edit(SHOPEE, row["item_id"], row["sellable"] * factor)
    ran = refused(market)
    if again:
        assert (ran.code, ran.refusals, set(ran.withheld)) == (10, [], {"confirm-raise"})
        market.later(minutes=12)
        ran = refused(market)
    assert ran.code == 11
    changed = limit(SHOPEE, "36 of 40 listings would be changed", "changed", "8 5 20")
    added = limit(SHOPEE, "1533 units would be added to 0 exposed ones", "added", "50 50 25")
    assert ran.refusals == [changed, added] if again else [changed]


def test_a_shop_that_answers_from_yesterday(market: Market) -> None:
    """Everything sold since is in ledger and shop, but the shop's answers are old: too much would be set anew."""
    market.control("faults", shop=SHOPEE, kind="stale", times=None)
    for row in calm().listings[SHOPEE]:
        if row["sellable"] > 5:
            market.move(row["seller_sku"], -5, at=market.time.now - timedelta(minutes=15))
            market.edit(SHOPEE, row["item_id"], row["sellable"] - 5)
    ran = refused(market)
    assert ran.code == 11
    assert ran.refusals == [
        limit(LAZADA, "32 of 35 listings would be changed", "changed", "7 5 20"),
        limit(SHOPEE, "36 of 40 listings would be changed", "changed", "8 5 20"),
    ]


@pytest.mark.parametrize("kind", ["garbage", "truncate", "throttle", "status"])
def test_answers_that_nobody_can_read(kind: str, market: Market) -> None:
    """That shop is left alone with its fault, exit 13; the other one is written."""
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=10))
    market.control("faults", shop=SHOPEE, kind=kind, times=None)
    ran = market.program.apply()
    assert ran.code == 13
    assert len(ran.unread) == 1
    assert [shop for shop, *_ in market.written()] == [LAZADA]


def test_another_shops_answers(market: Market) -> None:
    """The shop behind the address is another one: its number is named, nothing of it is compared or written."""
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=10))
    face = market.handle.sandbox.shops[SHOPEE].face
    assert isinstance(face, ShopeeFace)
    own, config = face.keys.shop_id, market.program.config
    config.write_text(config.read_text("utf-8").replace(f'"shop_id": {own}', '"shop_id": 2999999'), "utf-8")
    object.__setattr__(face.keys, "shop_id", 2_999_999)
    ran = market.program.apply()
    assert ran.code == 13
    words = f"this is another shop's data: its answers are of shop VN 2999999, earlier runs read shop VN {own}"
    assert ran.unread == [f"{words} (and 1 more)"]
    assert [shop for shop, *_ in market.written()] == [LAZADA]
