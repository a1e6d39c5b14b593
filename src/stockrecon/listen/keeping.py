"""Keeping what was heard: one thread writes to the state, many messages in one transaction."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stockrecon.core.model import ShopName
from stockrecon.errors import StockreconError
from stockrecon.listen.receiving import Told

if TYPE_CHECKING:
    from stockrecon.state import State

MOST_WAITING = 10_000
"""So many messages may wait for the state; what comes on top is not taken, and the vendor delivers it again."""
_BATCH = 500
BEAT = timedelta(seconds=30)
"""How often the listener says that it is there: often enough that a run need not guess (see `state.notices.GAP`)."""
_PAUSE = 1.0

Waiting = tuple[Told, "Future[int]"]


class Overrun(Exception):
    """More messages wait for the state than may."""


class Keeper:
    """Writes to the state in a thread of its own, which has it alone.

    `listened`: the shops that are listened to while this runs; `once`: those of them whose messages are never delivered
    again, so that what comes while nobody listens, or cannot be kept, is lost. `tell` gets a line where the state
    cannot be written, and one when it can again.
    """

    def __init__(
        self,
        state: State,
        listened: Sequence[ShopName],
        clock: Callable[[], datetime],
        tell: Callable[[str], None],
        once: Collection[ShopName] = (),
    ) -> None:
        self._state = state
        self._listened = listened
        self._once = frozenset(once)
        self._lock = threading.Lock()
        self._lost = self._once
        """Shops of which messages may have been lost since the last beat: at first while nobody was here."""
        self._clock = clock
        self._tell = tell
        self._queue: queue.Queue[Waiting] = queue.Queue(MOST_WAITING)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._identities: Mapping[ShopName, str] = {}
        self._failing = ""

    @property
    def well(self) -> bool:
        """Whether the last writing went well, and the thread is there."""
        return self._thread.is_alive() and not self._failing

    def identity(self, shop: ShopName) -> str:
        """What the shop said it is when it was read last."""
        return self._identities.get(shop, "")

    def start(self) -> None:
        """Raises StockreconError where the state cannot be written at all: then nothing could be kept."""
        self._beat()
        self._thread.start()

    def put(self, told: Told) -> Future[int]:
        """The future has how many messages were new, once they are on disk. Raises Overrun."""
        done: Future[int] = Future()
        try:
            self._queue.put_nowait((told, done))
        except queue.Full:
            self._lose(self._once.intersection(shop for shop, _ in told))
            raise Overrun from None
        return done

    def stop(self, seconds: float) -> None:
        """Keeps what waits, and ends; gives up after `seconds`."""
        self._ending.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        batch: list[Waiting] = []
        beaten = time.monotonic()
        while True:
            batch = batch or self._next()
            ending = self._ending.is_set()
            try:
                if batch:
                    self._keep(batch)
                    batch = []
                if ending or time.monotonic() - beaten >= BEAT.total_seconds():
                    self._beat()
                    beaten = time.monotonic()
                self._well_again()
            except StockreconError as error:
                self._fails(error)
                self._ending.wait(_PAUSE)
            if ending and (self._failing or (not batch and self._queue.empty())):
                return

    def _next(self) -> list[Waiting]:
        """What waits, after a second at the latest."""
        found: list[Waiting] = []
        with suppress(queue.Empty):
            found.append(self._queue.get(timeout=0 if self._ending.is_set() else _PAUSE))
            while len(found) < _BATCH:
                found.append(self._queue.get_nowait())
        return found

    def _keep(self, batch: Sequence[Waiting]) -> None:
        with self._state.transaction():
            new = [self._state.keep_notices(self._clock(), told) for told, _ in batch]
        for number, (_, done) in zip(new, batch, strict=True):
            done.set_result(number)

    def _beat(self) -> None:
        with self._lock:
            lost, self._lost = self._lost, frozenset()
        try:
            now = self._clock()
            self._state.beat(self._listened, now)
            self._state.beat(sorted(lost), now, anew=True)
        except StockreconError:
            self._lose(lost)
            raise
        sources = {shop: self._state.last_source(shop) for shop in self._listened}
        self._identities = {shop: source.identity for shop, source in sources.items() if source is not None}

    def _lose(self, shops: frozenset[ShopName]) -> None:
        with self._lock:
            self._lost |= shops

    def _fails(self, error: StockreconError) -> None:
        if not self._failing:
            self._tell(f"messages cannot be kept, and wait: {error}")
        self._failing = error.text

    def _well_again(self) -> None:
        if self._failing:
            self._failing = ""
            self._tell("messages are kept again")
