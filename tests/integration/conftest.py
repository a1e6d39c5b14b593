"""Marketplaces on loopback whose clock stands still until a test lets time pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.channels.lazada import LazadaChannel
from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.channels.shopify import ShopifyChannel
from stockrecon.channels.tiktok_shop import TikTokShopChannel
from stockrecon.channels.woocommerce import WooCommerceChannel
from stockrecon.sandbox import run as sandbox_run
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.run import Handle, start_in_thread
from tests.integration.markets import MARKETS, Maker
from tests.integration.seller import NOON, TIME, Run, Seller

CHANNELS: tuple[Any, ...] = (ShopeeChannel, LazadaChannel, TikTokShopChannel, ShopifyChannel, WooCommerceChannel)
"""In the order of the sandbox's."""


@pytest.fixture(scope="session", autouse=True)
def still_clock() -> Iterator[None]:
    """Time passes in the sandboxes only when a test says so: reports are then the same in every run. The channels'
    waiting for their next attempt takes no time."""
    with pytest.MonkeyPatch.context() as patch:
        for channel in CHANNELS:
            patch.setitem(channel.__init__.__kwdefaults__, "monotonic", TIME.monotonic)
        patch.setattr(sandbox_run, "SandboxClock", partial(SandboxClock, ticks=lambda: 0.0))
        yield


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Handle]]:
    """The generated markets' folder, and one server that serves all their shops."""
    root = tmp_path_factory.mktemp("generated")
    for seed in MARKETS:
        Maker(seed, root).write()
    with start_in_thread(root, load=root / "shops", now=NOON, per_second=10_000, burst=10_000) as market:
        yield root, market


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Handle]]:
    """Starts a market of its own for a test, the six stories or those of a folder."""
    with ExitStack() as stack:

        def started(load: Path | None = None, **more: Any) -> Handle:
            more = {"now": NOON, "per_second": 10_000, "burst": 10_000} | more
            return stack.enter_context(start_in_thread(tmp_path, load=load, **more))

        yield started


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that any library logged so far."""
    caplog.set_level(logging.DEBUG)
    return lambda: caplog.text


@pytest.fixture
def stories(start: Callable[..., Handle], tmp_path: Path, logged: Callable[[], str]) -> Seller:
    """The seller of the six stories."""
    market = start()
    return Seller(tmp_path, market.configs, market, logged=logged)


@pytest.fixture(scope="session")
def good_day(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The six stories, read when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("good")
    with start_in_thread(folder, now=NOON, per_second=10_000, burst=10_000) as market:
        return Seller(folder, market.configs, market).diff()
