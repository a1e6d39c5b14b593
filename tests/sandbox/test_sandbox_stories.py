"""The six stories end, by way of the market alone, in the numbers of the semantics' examples."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.oms import Market
from stockrecon.sandbox.stories import Story, build_market, build_stories
from tests.sandbox.world import Ticks

NOW = datetime(2026, 11, 11, 10, 55, tzinfo=UTC)


class Told:
    def __init__(self, folder: Path) -> None:
        self.clock = SandboxClock(NOW, Ticks())
        self.market: Market = build_market()
        self.folder = folder
        self.stories: list[Story] = build_stories(self.market, self.clock, folder)

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def stock(self, sku: str) -> int:
        return next(int(row["available"]) for row in self.table("stock") if row["sku"] == sku)

    def shown(self, sku: str) -> dict[str, tuple[int, int, int, int]]:
        for shop in self.market.shops.values():
            shop.settle(self.clock.now())
        return {shop: self.market.shops[shop].buckets(key) for shop, key in self.market.places[sku].items()}


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "ledger")


def test_there_are_six_and_the_clock_stands_where_it_stood(told: Told) -> None:
    """Numbered 1 to 6, each in plain words on its own SKU."""
    assert [story.number for story in told.stories] == [1, 2, 3, 4, 5, 6]
    assert len({sku for story in told.stories for sku in story.skus}) == 6
    assert all(story.text for story in told.stories)
    assert told.clock.now() == NOW


def test_1_the_campaign_returns_between_the_reads(told: Told) -> None:
    """Ledger 40; 40 + 8 locked before, 48 after; the file's as_of moves on with the clock."""
    (sku,) = told.stories[0].skus
    assert (told.stock(sku), told.shown(sku)) == (40, {"shopee-vn": (40, 8, 0, 0)})
    for story in told.stories:
        story.before_second_read()
    assert (told.stock(sku), told.shown(sku)) == (40, {"shopee-vn": (48, 0, 0, 0)})
    assert "as_of: 2026-11-11T12:00:00+00:00" in (told.folder / "ledger.yaml").read_text("utf-8")


def test_2_to_6_stand_as_in_the_examples_at_both_reads(told: Told) -> None:
    """100 with 50 locked against 30; 1 and 1 that are not there; 9 against 5; 1 against 0; 0 against -1."""
    wanted = {
        2: (30, {"shopee-vn": (30, 0, 0, 0), "lazada-vn": (50, 50, 0, 0)}),
        3: (1, {"shopee-vn": (1, 0, 0, 0), "lazada-vn": (1, 0, 0, 0)}),
        4: (5, {"shopee-vn": (5, 0, 0, 0), "lazada-vn": (9, 0, 0, 0)}),
        5: (0, {"lazada-vn": (1, 0, 0, 0)}),
        6: (-1, {"shopee-vn": (0, 0, 0, 0), "lazada-vn": (0, 0, 0, 1)}),
    }
    for _ in range(2):
        got = {story.number: (told.stock(story.skus[0]), told.shown(story.skus[0])) for story in told.stories[1:]}
        assert got == wanted
        for story in told.stories:
            story.before_second_read()


def test_the_movements_of_3_and_6_are_those_of_the_examples(told: Told) -> None:
    """Balances -1, 0, 1; and two orders a minute apart."""
    rows = [row for row in told.table("movements") if row["sku"] == told.stories[2].skus[0]]
    assert [(row["kind"], row["quantity"], row["balance"]) for row in rows] == [
        ("receipt", "1", "1"),
        ("transfer", "-1", "0"),
        ("order", "-1", "-1"),
        ("manual", "1", "0"),
        ("cancel", "1", "1"),
    ]
    assert rows[2]["order_id"] == rows[4]["order_id"]
    late = [row for row in told.table("movements") if row["sku"] == told.stories[5].skus[0] and row["kind"] == "order"]
    orders = [told.market.shops[row["shop"]].orders[row["order_id"]] for row in late]
    assert (orders[1].created_at - orders[0].created_at).total_seconds() == 60


def test_refused_pushes_are_written_down_in_the_channels_words(told: Told) -> None:
    """Those of stories 2 and 4, and no other."""
    failed = [row for row in told.table("pushes") if row["ok"] == "false"]
    assert [(row["quantity"], row["error"].split(",")[0]) for row in sorted(failed, key=lambda row: row["at"])] == [
        ("5", "E501: Category is inactive"),
        ("30", "E501: negative sellable on channel inventory"),
    ]


def test_the_ledger_and_the_shops_agree_about_orders_and_sums(told: Told) -> None:
    """Every order of a shop is booked once with its units; balances add up; tables have the contract's columns."""
    movements = told.table("movements")
    booked = {(row["shop"], row["order_id"]): -int(row["quantity"]) for row in movements if row["kind"] == "order"}
    placed = {
        (name, order.order_id): sum(line.quantity for line in order.lines)
        for name, shop in told.market.shops.items()
        for order in shop.orders.values()
    }
    assert booked == placed
    balance: dict[str, int] = {}
    for row in movements:
        balance[row["sku"]] = balance.get(row["sku"], 0) + int(row["quantity"])
        assert int(row["balance"]) == balance[row["sku"]]
    assert balance == {row["sku"]: int(row["available"]) for row in told.table("stock")}
    assert [row["at"] for row in movements] == sorted(row["at"] for row in movements)
    for name in LEDGER_TABLES:
        assert tuple(told.table(name)[0]) == LEDGER_TABLES[name].names


def test_the_rest_is_in_line(told: Told) -> None:
    """What no story is about shows what the ledger has."""
    in_stories = {sku for story in told.stories for sku in story.skus}
    others = [sku for sku in told.market.places if sku not in in_stories]
    assert len(others) == 4
    for sku in others:
        assert {sellable + campaign for sellable, campaign, _, _ in told.shown(sku).values()} == {told.stock(sku)}
