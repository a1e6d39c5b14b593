"""A full pull makes the calls that are counted for it, and none beside them.

Each shop is served on loopback, and what was asked of it is compared part by part with the formulas of the benchmarks:
the reference's, and what the channel's page tells beyond. Time is the sandbox's own, and who sleeps moves it on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from benchmarks import formulas
from benchmarks.shapes import Shape, spread, write_shop

from stockrecon import registry
from stockrecon.channels.base import PullRequest, Surroundings
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import Pulled
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.house import Sandbox, Served
from stockrecon.sandbox.load import load_folder
from stockrecon.sandbox.run import Handle, start_in_thread
from tests.channel_contract.bench import Store
from tests.channel_contract.profiles import PROFILES

NOW = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
NUMBERS = count(1)
SHAPES = [
    *(Shape(channel, 3) for channel in ("shopee", "lazada", "tiktok-shop", "shopify", "woocommerce")),
    *(Shape(channel, 3, ordered=0, promoted=0) for channel in ("shopee", "lazada", "tiktok-shop", "shopify")),
    # A page that is full to the last row asks for no other one.
    Shape("shopee", 100),
    Shape("lazada", 50),
    Shape("tiktok-shop", 100, 100, 6),
    Shape("shopify", 50, 50, 5),
    Shape("woocommerce", 100, 50, 2),
    # Several pages of everything, orders among them.
    Shape("shopee", 120, 60, 3, promoted=2, ordered=1),
    # A page of orders that is full may be one of several.
    *(Shape("shopee", orders, ordered=1) for orders in (99, 100)),
    Shape("lazada", 120, 60, 3, ordered=1),
    Shape("tiktok-shop", 210, 210, 3, ordered=1),
    Shape("shopify", 260, 130, 3, ordered=1),
    # A list that is long enough to be divided, and one that is not.
    Shape("tiktok-shop", 1_101),
    Shape("tiktok-shop", 1_100),
    Shape("woocommerce", 210, 60, 3, ordered=1),
    # Places cost no call.
    *(Shape(channel, 12, 6, places=3) for channel in ("shopee", "lazada", "tiktok-shop", "shopify")),
    # Before 10.3 variations are read product by product, a hundred at once.
    Shape("woocommerce", 12, 6, options={"version": "10.2.3"}),
    Shape("woocommerce", 3, 2, 120, options={"version": "10.2.3"}),
    Shape("woocommerce", 3, options={"version": "10.2.3"}),
    Shape("woocommerce", 3, 2, 120, options={"version": "10.3.0"}),
]


class Clocked:
    """Seconds that pass in the sandbox and for its clients alike, whenever one of them sleeps."""

    def __init__(self, market: Handle) -> None:
        self._market = market
        self._lock = threading.Lock()
        self._slept = 0.0

    def monotonic(self) -> float:
        return self._slept

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._slept += seconds
            self._market.clock.advance(timedelta(seconds=seconds))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    """One for all shapes: to start one for each takes longer than to pull."""
    with start_in_thread(tmp_path_factory.mktemp("market"), now=NOW) as running:
        # It stands still until somebody sleeps: how often an operation is looked at is no matter of the machine.
        running.sandbox.clock = SandboxClock(NOW, ticks=lambda: 0.0)
        yield running


def put_up(shape: Shape, market: Handle, folder: Path) -> Served:
    """A shop of this shape in the running market."""
    name = f"shop-{next(NUMBERS)}"
    write_shop(shape, folder / "shops" / name, folder / "ledger", NOW)
    (loaded,) = load_folder(folder / "shops")
    spread(loaded.shop, shape.places)
    with market.sandbox.lock:
        shops = Sandbox([loaded.shop], market.clock, per_second=1e6, burst=10**6).shops
        market.sandbox.shops |= shops
    for option, value in shape.options.items():
        asked = json.dumps({"shop": name, option: value}).encode()
        assert Control(market.sandbox).handle("POST", "shops", asked)[0] == 200
    return shops[name]


def pulled(shape: Shape, market: Handle, served: Served, folder: Path) -> Pulled:
    """One full pull by the shape's own channel."""
    given, name = served.face.config(), ShopName(served.name)
    secrets = PROFILES[shape.channel].secrets
    options = {name: Secret(str(value)) if name in secrets else str(value) for name, value in given.items()}
    settings = ShopSettings(
        name=name,
        channel=shape.channel,
        policy=ShopPolicy(name, shape.channel, "VN"),
        options={**options, "requests_per_second": 1000.0},
        base_url=market.base_urls[name],
        region="VN",
    )
    time = Clocked(market)
    around = Surroundings(clock=market.clock.now, sleep=time.sleep, tokens=Store())
    made: Any = registry.channel_class(shape.channel)(settings, around, monotonic=time.monotonic)
    spool = folder / "spool"
    spool.mkdir()
    with closing(made):
        told: Pulled = made.pull(PullRequest(spool, market.clock.now() - timedelta(days=7), Policy()))
    return told


def compare(shape: Shape, market: Handle, folder: Path, above: int = formulas.BULK_ABOVE) -> None:
    served = put_up(shape, market, folder)
    told = pulled(shape, market, served, folder)
    job = next(iter(getattr(served.shop, "jobs", {}).values()), None)
    bulk: dict[str, Any] = {} if job is None else {"seconds": job.takes.total_seconds(), "size": len(job.file)}
    counted = formulas.counted(shape.channel, served.counts)
    assert told.complete, told.reason
    assert counted == formulas.expected(shape, bulk_above=above, **bulk)
    assert told.requests == sum(counted.values())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_full_pull_makes_the_calls_of_the_formula(shape: Shape, market: Handle, tmp_path: Path) -> None:
    """Every part of a pull takes as many calls as the formula counts, and the report tells as many."""
    compare(shape, market, tmp_path)


@pytest.mark.parametrize("places", [1, 3])
def test_a_large_catalogue_of_shopify_is_one_operation(
    places: int, market: Handle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the bulk threshold a catalogue takes one start, its polls and the pieces of its file."""
    monkeypatch.setattr("stockrecon.channels.shopify.reading.BULK_ABOVE", 100)
    for module in ("stockrecon.channels.shopify.bulk.PIECE", "benchmarks.formulas.PIECE"):
        monkeypatch.setattr(module, 100_000)
    compare(Shape("shopify", 60, 60, 10, places=places), market, tmp_path, 100)


def test_shopify_pages_up_to_the_threshold(market: Handle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of as many variants as the threshold is still read by pages."""
    monkeypatch.setattr("stockrecon.channels.shopify.reading.BULK_ABOVE", 600)
    compare(Shape("shopify", 60, 60, 10), market, tmp_path, 600)


def test_the_threshold_is_the_formulas() -> None:
    """The benchmarks count with the threshold that the channel has."""
    from stockrecon.channels.shopify.reading import BULK_ABOVE

    assert BULK_ABOVE == formulas.BULK_ABOVE


def test_one_call_too_many_is_seen(market: Handle, tmp_path: Path) -> None:
    """A call that the formula does not count is a part of its own, or one more of its part."""
    shape = Shape("lazada", 3)
    shop = put_up(shape, market, tmp_path)
    pulled(shape, market, shop, tmp_path)
    served = dict(shop.counts)
    expected = formulas.expected(shape)
    assert formulas.counted("lazada", {**served, "/products/get": served["/products/get"] + 1}) != expected
    assert formulas.counted("lazada", {**served, "/product/item/get": 1}) != expected
