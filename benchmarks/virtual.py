"""A full pull by a virtual clock: how long it takes at a channel's real rate, with answers from afar, without the wait.

The client's own throttle, waits and threads run over this clock; answers come from a sandbox over loopback HTTP and are
late by what is asked for. The clock moves on to whoever is due next as soon as nobody does anything any more, so time
that this machine needs for itself is left out. A busy machine can make a figure larger, never smaller.
"""

from __future__ import annotations

import heapq
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.pulling import NAME, PLENTY, steer
from benchmarks.shapes import Shape, spread, write_shop
from stockrecon import registry
from stockrecon.channels.base import PullRequest, Surroundings, Tokens
from stockrecon.channels.shopee import channel as shopee
from stockrecon.channels.tiktok_shop import channel as tiktok_shop
from stockrecon.channels.woocommerce import channel as woocommerce
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import Pulled
from stockrecon.rest import Answer, Request, Transport
from stockrecon.rest.wire import HttpTransport

RATES: Mapping[str, float] = {
    "shopee": shopee.DEFAULT_RATE,
    "lazada": 1.0,
    "tiktok-shop": tiktok_shop.DEFAULT_RATE,
    "woocommerce": woocommerce.DEFAULT_RATE,
}
"""Requests a second where the configuration says nothing. Shopify counts points."""
_LOOK = 0.01
_IDLE = 0.001
"""Seconds between looks whether anybody does anything, and CPU between them that is nobody's."""


@dataclass(slots=True)
class Clock:
    """Seconds that pass when everybody waits."""

    now: float = 0.0
    _due: list[float] = field(default_factory=list)
    _moves: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            due = self.now + seconds
            heapq.heappush(self._due, due)
            self._moves += 1
            while self.now < due:
                self._changed.wait()
            self._moves += 1

    @contextmanager
    def running(self) -> Iterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=self._run, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _run(self, ended: threading.Event) -> None:
        while not ended.is_set():
            moves, spent = self._moves, time.process_time()
            time.sleep(_LOOK)
            if self._moves != moves or time.process_time() - spent > _IDLE:
                continue
            with self._changed:
                if self._due and self._moves == moves:
                    self.now = max(self.now, heapq.heappop(self._due))
                    self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class _Afar:
    """Every answer comes late by `seconds`."""

    inner: Transport
    seconds: float
    sleep: Callable[[float], None]

    def send(self, request: Request) -> Answer:
        answer = self.inner.send(request)
        if self.seconds:
            self.sleep(self.seconds)
        return answer

    def close(self) -> None:
        self.inner.close()


class _Store:
    """Tokens in memory."""

    tokens: Tokens | None = None

    def load(self, shop: ShopName) -> Tokens | None:
        return self.tokens

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        self.tokens = tokens

    def locked(self, shop: ShopName) -> Any:
        return nullcontext()


@dataclass(frozen=True, slots=True)
class Took:
    """`seconds` of the virtual clock, for so many `requests`; `rate` is the channel's own, 0 where there is none."""

    seconds: float
    requests: int
    rate: float


def pull(shape: Shape, late: float) -> Took:
    """One full pull at the channel's own rate."""
    with opened(shape, late) as shop:
        pulled = shop.pull()
        return Took(shop.clock.now, pulled.requests, RATES.get(shape.channel, 0.0))


@dataclass(frozen=True, slots=True)
class Opened:
    """A shop that is served, and the channel that reads it. `began`: when it was put up."""

    channel: Any
    sandbox: Any
    clock: Clock
    began: datetime
    folder: Path

    def pull(self) -> Pulled:
        pulled: Pulled = self.channel.pull(PullRequest(self.spool(), self.began - timedelta(days=7), Policy()))
        if not pulled.complete:
            raise RuntimeError(f"the pull is not complete: {pulled.reason}")
        return pulled

    def spool(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))


@contextmanager
def opened(shape: Shape, late: float = 0.0) -> Iterator[Opened]:
    """`late`: seconds by which answers are late."""
    from stockrecon.sandbox.clock import SandboxClock
    from stockrecon.sandbox.run import start_in_thread

    clock, now = Clock(), datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_shop(shape, folder / "shops" / NAME, folder / "ledger", now)
        with start_in_thread(folder, load=folder / "shops", now=now, **PLENTY) as running:
            sandbox = running.sandbox
            sandbox.clock = SandboxClock(now, ticks=clock.monotonic)
            served = sandbox.shops[NAME]
            spread(served.shop, shape.places)
            steer(sandbox, shape.options)
            around = Surroundings(clock=sandbox.clock.now, sleep=clock.sleep, tokens=_Store())
            settings = _settings(shape, served.face, running.base_urls[NAME])
            afar = _Afar(HttpTransport(settings.base_url or ""), late, clock.sleep)
            made = registry.channel_class(shape.channel)
            channel: Any = made(settings, around, transport=afar, monotonic=clock.monotonic)
            with closing(channel), clock.running():
                yield Opened(channel, sandbox, clock, now, folder)


def _settings(shape: Shape, face: Any, base_url: str) -> ShopSettings:
    """As they stand in the configuration, without a rate: then it is the channel's own."""
    given = {name: str(value) for name, value in face.config().items()}
    name = ShopName(NAME)
    return ShopSettings(
        name=name,
        channel=shape.channel,
        policy=ShopPolicy(name, shape.channel, "VN"),
        options={name: Secret(text) if name in face.secrets else text for name, text in given.items()},
        base_url=base_url,
        region="VN",
    )
