"""Whole runs of the program over an imitated shop with several locations: what is said, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.sandbox.run import Handle, start_in_thread
from tests.channel_contract.bench import NOON, Bench, places, put_up, split_up
from tests.channel_contract.profiles import SHOPIFY
from tests.channel_contract.whole import program
from tests.circle.program import Program, Ran

NUMBERS = count(1)
PLAIN = "read_products,read_inventory,write_inventory,read_locations,read_orders"
OWN = "read_merchant_managed_fulfillment_orders"
assert SHOPIFY.places is not None
SECOND = SHOPIFY.places.second


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    with start_in_thread(tmp_path_factory.mktemp("locations"), now=NOON) as running:
        yield running


@pytest.fixture
def shop(market: Handle) -> Iterator[Callable[..., Bench]]:
    """Eight of the plain listing at the first location, 20 at the second."""
    name = put_up(market, SHOPIFY, next(NUMBERS))
    with ExitStack() as stack:

        def make(**options: object) -> Bench:
            made = Bench(SHOPIFY, name, market, options)
            stack.enter_context(closing(made.channel))
            split_up(made, "plain", 8, 20)
            return made

        yield make


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Program]:
    """The ledger has six."""
    return lambda bench: program(bench, tmp_path, monkeypatch, plain=6)


def listing(ran: Ran) -> dict[str, Any]:
    """What is said of the plain listing."""
    (statement,) = (one for one in ran.document["statements"] if one["sku"] == "PLAIN")
    (one,) = statement["listings"]
    return dict(one)


def test_an_order_that_another_location_fills_is_none_of_this_one_s(
    shop: Callable[..., Bench], run: Callable[..., Program]
) -> None:
    """Nine of it were taken for missing from the ledger, and the listing went to 0; it goes to the ledger's six."""
    bench = shop(location_id=SECOND)
    split_up(bench, "plain", 20, 8)
    ordered = bench.order("THEIRS", "plain", 9, "pay")
    assert places(bench, "plain") == [11, 8]
    started = run(bench)
    found = started.diff()
    assert (listing(found)["variance"], ordered in str(found.document)) == (2, False)
    assert started.apply().results == ["confirmed"]
    assert places(bench, "plain") == [11, 6]


def test_without_the_scope_nothing_is_written_and_each_run_names_it(
    shop: Callable[..., Bench], run: Callable[..., Program]
) -> None:
    """While there are orders that it would tell apart; once the scope was given, it is written."""
    bench = shop(location_id=SECOND)
    split_up(bench, "plain", 20, 8)
    bench.control("shops", scopes=PLAIN)
    started = run(bench)
    assert listing(started.diff())["variance"] == 2
    bench.order("THEIRS", "plain", 9, "pay")
    for _ in range(2):
        refused = started.apply()
        assert refused.code in (11, 13)
        assert f"the app lacks {OWN}" in str(refused.document["shops"])
        assert f"the app lacks {OWN}" in str(refused.refusals)
    assert (bench.requests(), places(bench, "plain")) == (0, [11, 8])
    bench.control("shops", scopes=f"{PLAIN},{OWN}")
    assert started.apply().results == ["confirmed"]
    assert places(bench, "plain") == [11, 6]


def test_a_store_that_sells_nothing_online_is_neither_counted_nor_written(
    shop: Callable[..., Bench], run: Callable[..., Program]
) -> None:
    """Eight are for sale and six are there: two too many, and not 22; what the store has stays."""
    bench = shop()
    bench.control("shops", offline=f"Place {SECOND}")
    started = run(bench)
    found = started.diff()
    assert (listing(found)["sellable"], listing(found)["variance"]) == (8, 2)
    assert "fulfils no online orders" in str(bench.read("plain")["plain"].message)
    assert started.apply().results == ["confirmed"]
    assert places(bench, "plain") == [6, 20]


def test_a_deactivated_location_does_not_stop_the_shop(shop: Callable[..., Bench], run: Callable[..., Program]) -> None:
    """With a level of nothing there, which a level is left with."""
    bench = shop()
    split_up(bench, "plain", 8, 0)
    bench.control("shops", inactive=f"Place {SECOND}")
    ran = run(bench).apply()
    assert (ran.results, ran.unread) == (["confirmed"], [])
    assert places(bench, "plain")[0] == 6
