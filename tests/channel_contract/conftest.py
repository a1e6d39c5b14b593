"""A shop of every channel for each promise, in one market for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import cast

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.core.model import ShopName
from stockrecon.sandbox.run import Handle, start_in_thread
from tests.channel_contract.bench import NOON, Bench, put_up
from tests.channel_contract.profiles import PROFILES, Profile

NUMBERS = count(1)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    with start_in_thread(tmp_path_factory.mktemp("market"), now=NOON) as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that asks for a bench runs for every channel; with --channel-profile for that one alone."""
    if "profile" in metafunc.fixturenames:
        named = metafunc.config.getoption("--channel-profile")
        chosen = [_loaded(named)] if named else list(PROFILES.values())
        metafunc.parametrize("profile", chosen, ids=[one.kind for one in chosen])


def _loaded(named: str) -> Profile:
    module, _, attribute = named.partition(":")
    return cast(Profile, getattr(import_module(module), attribute))


@pytest.fixture
def name(market: Handle, profile: Profile) -> ShopName:
    """The test's own shop."""
    return put_up(market, profile, next(NUMBERS))


@pytest.fixture
def bench(profile: Profile, market: Handle, name: ShopName) -> Iterator[Bench]:
    """Each channel's shop in turn."""
    made = Bench(profile, name, market)
    with closing(made.channel):
        yield made


@pytest.fixture
def another(profile: Profile, market: Handle, name: ShopName) -> Iterator[Callable[..., Bench]]:
    """The same shop through a channel with options of its own."""
    with ExitStack() as stack:

        def make(**options: object) -> Bench:
            made = Bench(profile, name, market, options)
            stack.enter_context(closing(made.channel))
            return made

        yield make


@pytest.fixture
def lonely(profile: Profile, tmp_path: Path) -> Iterator[Bench]:
    """A shop in a market of its own, which a test may stop."""
    with start_in_thread(tmp_path, now=NOON) as running:
        made = Bench(profile, put_up(running, profile, 0), running)
        with closing(made.channel):
            yield made
