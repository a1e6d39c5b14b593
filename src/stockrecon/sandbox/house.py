"""The sandbox without its web server: shops behind their faces, one clock, faults, counts."""

from __future__ import annotations

import copy
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.faults import FaultPlan, Hit
from stockrecon.sandbox.imitations import imitation
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.push import Pusher
from stockrecon.sandbox.wire import Answer, Call, RateLimit


@dataclass(slots=True)
class Served:
    """One shop with its face. `counts`: requests by vendor path, refused and failed ones included."""

    shop: Shop
    face: Face[Any]
    limit: RateLimit
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return self.shop.name

    def credentials(self) -> Credentials:
        """What a client needs now, by the vendor's names; the tokens change with every refresh."""
        return self.face.credentials()

    def vendor_path(self, rest: str) -> str:
        """The vendor's own path of what follows the shop's prefix."""
        for prefix in self.face.prefixes:
            if prefix and rest.startswith(f"{prefix}/"):
                return rest[len(prefix) :]
        return rest


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, and what befalls it on its way."""

    answer: Answer | None
    hit: Hit | None = None


class Sandbox:
    """`per_second` and `burst`: what each shop's rate limit allows, the vendor's own numbers where they are left out.

    Every public method may be called from any thread; what a caller does inside `lock` happens at once."""

    def __init__(
        self,
        shops: list[Shop],
        clock: SandboxClock,
        *,
        per_second: float | None = None,
        burst: int | None = None,
        ticks: Callable[[], float] = time.monotonic,
        credentials: Mapping[str, Credentials] | None = None,
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.faults = FaultPlan()
        self.pusher = Pusher(clock, self.lock)
        self.shops: dict[str, Served] = {}
        given = credentials or {}
        for number, shop in enumerate(shops, 1):
            face = imitation(shop.channel).face(shop, number, clock.now(), given.get(shop.name, {}))
            rate = face.per_second if per_second is None else per_second
            limit = RateLimit(rate, face.burst if burst is None else burst, ticks)
            self.shops[shop.name] = Served(shop, face, limit)

    def settled(self) -> datetime:
        """The sandbox's time, after everything due by then has happened in every shop."""
        now = self.clock.now()
        for served in self.shops.values():
            served.shop.settle(now)
        self.hear(now)
        return now

    def hear(self, now: datetime) -> None:
        """Take away what the shops noted, and queue what their hooks are told of it."""
        for served in self.shops.values():
            events, served.shop.events = served.shop.events, []
            if served.face.hooks:
                self.pusher.hear(served.face, events, now)

    def hooked(self) -> bool:
        """Whether anybody is told of anything, or still waits to be."""
        return bool(self.pusher.waiting) or any(served.face.hooks for served in self.shops.values())

    def handle(self, served: Served, call: Call) -> Outcome:
        """One request to a shop: counted, delayed or spoiled by a fault, throttled, answered."""
        with self.lock:
            path = served.face.asked(call)
            served.counts[path] += 1
            now = self.settled()
            hit = self.faults.take(served.name, path)
            kind = hit.kind if hit else ""
            if hit is not None and kind == "status":
                return Outcome(served.face.failing(hit.plan.status), hit)
            if kind == "drop-before":
                return Outcome(None, hit)
            if kind == "throttle" or not served.limit.take(served.face.metered(call)):
                return Outcome(served.face.throttled(), hit)
            if hit is not None and kind == "revoke-token":
                served.face.revoke(refresh=hit.plan.refresh)
            answer = self._answer(served, call, now, hit)
            self.hear(now)
            if hit is not None and kind == "wrong-total":
                answer = served.face.miscounted(answer, hit.plan.by)
            return Outcome(answer, hit)

    def _answer(self, served: Served, call: Call, now: datetime, hit: Hit | None) -> Answer:
        if hit is not None and hit.kind == "no-effect":
            return self._feigned(served, call, now)
        reads = hit.plan.old.get(served.name, served.shop) if hit and hit.kind == "stale" else served.shop
        return served.face.answer(call, now, reads)

    @staticmethod
    def _feigned(served: Served, call: Call, now: datetime) -> Answer:
        """What is answered to a call that takes effect: it befalls a copy of what the shop has, which is forgotten."""
        shop, true = served.shop, vars(served.shop)
        shop.__dict__ = copy.deepcopy(true, {id(shop): shop})
        try:
            return served.face.answer(call, now, shop)
        finally:
            shop.__dict__ = true

    def photograph(self) -> dict[str, Shop]:
        """Copies of all shops as they are now, for stale answers."""
        self.settled()
        return {name: copy.deepcopy(served.shop) for name, served in self.shops.items()}
