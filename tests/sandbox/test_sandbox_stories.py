"""The six stories end, by way of the market alone, in the numbers of the semantics' examples."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.channels.capabilities import capabilities
from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.imitations import IMITATIONS
from stockrecon.sandbox.oms import LOST, Market
from stockrecon.sandbox.roles import ABSENT, ALONE, DEFAULT, NUMBERS, WAYS, Part, can_have, everywhere
from stockrecon.sandbox.stage import shop_name
from stockrecon.sandbox.stories import Story, build_market, build_stories
from stockrecon.sandbox.woocommerce.market import WooShop
from tests.sandbox.world import Ticks

NOW = datetime(2026, 11, 11, 10, 55, tzinfo=UTC)


class Told:
    def __init__(self, folder: Path, parts: Sequence[Part] = DEFAULT) -> None:
        self.clock = SandboxClock(NOW, Ticks())
        self.market: Market = build_market(parts)
        self.folder = folder
        self.stories: list[Story] = build_stories(self.market, self.clock, folder, parts)

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


# On every channel


@pytest.fixture(scope="module")
def everywhere_told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("everywhere") / "ledger", PARTS)


PARTS = everywhere(list(WAYS))
EXPOSED = {
    1: (40, 48, None),
    2: (30, 100, 30),
    3: (1, 1, 1),
    4: (5, 9, 5),
    6: (-1, 0, 0),
}
"""Of a story: the ledger, and what buyers can take on the channel where it happens and on the other one."""


def test_every_channel_plays_every_story_it_can_have(everywhere_told: Told) -> None:
    """With the ledger's number and the exposed ones of the default cast, whichever two channels play it."""
    told = everywhere_told
    got, wanted = {}, {}
    for part, story in zip(PARTS, told.stories, strict=True):
        shown = {shop: sellable + campaign for shop, (sellable, campaign, _, _) in told.shown(story.skus[0]).items()}
        if part.number in EXPOSED:
            got[part] = (told.stock(story.skus[0]), shown[shop_name(part.main)], shown.get(shop_name(part.other)))
            wanted[part] = EXPOSED[part.number]
    assert got == wanted
    assert {(part.number, part.main) for part in PARTS} == {
        (number, channel) for number in NUMBERS for channel in IMITATIONS if can_have(number, channel)
    }
    beside = {(part.number, part.main, part.other) for part in PARTS if part.number not in ALONE}
    assert len(beside) == 4 * len({(number, main) for number, main, _ in beside})


def test_an_unpaid_order_is_released_in_each_channels_way(everywhere_told: Told) -> None:
    """Lazada: the hold is over and the unit for sale. WooCommerce: held from other buyers, and part of its number."""
    told = everywhere_told
    shown = {part.main: told.shown(story.skus[0]) for part, story in _of(told, 5)}
    assert shown == {
        "lazada": {"lazada-vn": (1, 0, 0, 0)},
        "woocommerce": {"woocommerce-vn": (0, 0, 1, 0)},
    }
    (sku,) = [story.skus[0] for part, story in _of(told, 5) if part.main == "woocommerce"]
    shop = told.market.shops["woocommerce-vn"]
    assert isinstance(shop, WooShop)
    assert shop.products[told.market.places[sku][shop.name][0]].stock == 1
    assert {told.stock(story.skus[0]) for _, story in _of(told, 5)} == {0}


def test_every_refusal_is_in_the_channels_words(everywhere_told: Told) -> None:
    """A lock's, a shut listing's, or none where the push was lost."""
    told = everywhere_told
    words = {
        (2, "shopee"): "Can not update item with stock less than reserved stock",
        (2, "lazada"): "E501: negative sellable on channel inventory",
        (2, "tiktok-shop"): "12052393: Product locked for Promotion and stock can't be updated below current stock",
        (4, "shopee"): "All the fields cannot be updated because the product",
        (4, "lazada"): "E501: Category is inactive",
        (4, "tiktok-shop"): "12052901: The product in its current status is not available for this operation",
        (4, "shopify"): LOST,
        (4, "woocommerce"): LOST,
    }
    failed = {row["item_id"]: row["error"] for row in told.table("pushes") if row["ok"] == "false"}
    for number in (2, 4):
        for part, story in _of(told, number):
            error = failed.pop(told.market.places[story.skus[0]][shop_name(part.main)][0])
            assert error.startswith(words[number, part.main])
    assert failed == {}


def test_a_story_is_absent_only_where_the_channel_cannot_have_it() -> None:
    """As the clients know the channels too: who returns campaign stock, refuses for a lock, releases unpaid units."""
    known = {channel: capabilities(channel) for channel in WAYS}
    assert {channel for number, channel in ABSENT if number == 1} == {
        channel for channel, can in known.items() if not can.returns_campaign_stock
    }
    assert {channel for number, channel in ABSENT if number == 2} == {
        channel for channel, can in known.items() if not can.lock_errors
    }
    assert {channel for number, channel in ABSENT if number == 5} == {
        channel for channel, can in known.items() if can.releases_unpaid_after is None
    }
    assert {number for number, _ in ABSENT} == {1, 2, 5}
    assert all(ABSENT.values())


def _of(told: Told, number: int) -> list[tuple[Part, Story]]:
    return [(part, story) for part, story in zip(PARTS, told.stories, strict=True) if part.number == number]
