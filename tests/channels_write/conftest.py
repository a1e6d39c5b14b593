"""A market of both channels for each test that writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.sandbox.run import Handle, start_in_thread
from tests.channels_write.bench import NOON, SHOPS, Bench, folder


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Handle]:
    shops = folder(tmp_path / "shops")
    with start_in_thread(tmp_path, load=shops, now=NOON, per_second=10_000, burst=10_000) as running:
        yield running


@pytest.fixture(params=list(SHOPS))
def bench(request: pytest.FixtureRequest, market: Handle) -> Iterator[Bench]:
    """Each of the two shops in turn."""
    made = Bench(str(request.param), market)
    yield made
    made.channel.close()


@pytest.fixture
def another(market: Handle) -> Iterator[Callable[..., Bench]]:
    """A shop by its channel, with options of its own."""
    made: list[Bench] = []

    def make(kind: str, **options: object) -> Bench:
        made.append(Bench(kind, market, options))
        return made[-1]

    yield make
    for one in made:
        one.channel.close()
