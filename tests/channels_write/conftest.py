"""Shops of both channels for each test that writes to them, in one market for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.core.model import ShopName
from stockrecon.sandbox.run import Handle, start_in_thread
from tests.channels_write.bench import KINDS, NOON, Bench, put_up

NUMBERS = count(1)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    with start_in_thread(tmp_path_factory.mktemp("market"), now=NOON) as running:
        yield running


@pytest.fixture
def names(market: Handle) -> dict[str, ShopName]:
    """The test's own shops, by their channel."""
    return put_up(market, next(NUMBERS))


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, market: Handle, names: dict[str, ShopName]) -> Iterator[Bench]:
    """Each of the two shops in turn."""
    made = Bench(request.param, names[request.param], market)
    with closing(made.channel):
        yield made


@pytest.fixture
def another(market: Handle, names: dict[str, ShopName]) -> Iterator[Callable[..., Bench]]:
    """A shop by its channel, with options of its own."""
    with ExitStack() as stack:

        def make(kind: str, **options: object) -> Bench:
            made = Bench(kind, names[kind], market, options)
            stack.enter_context(closing(made.channel))
            return made

        yield make


@pytest.fixture(params=KINDS)
def lonely(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A shop in a market of its own, which a test may stop."""
    with start_in_thread(tmp_path, now=NOON) as running:
        made = Bench(request.param, put_up(running, 0)[request.param], running)
        with closing(made.channel):
            yield made
