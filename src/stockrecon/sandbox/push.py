"""Pushes (webhooks): what a marketplace tells by itself, signed, sent in the background, tried again as vendors do.

Three parts work together, and a channel's package writes only the middle one:

- The market notes every change as an `Event` (`records.Event`: an order's status, a stock figure, a listing's state, a
  campaign's stage); the base class `market.Shop` does it for all channels.
- The face states the vendor's `PushRules` (`Face.push_rules`; without them the channel sends nothing) and turns an
  event into the vendor's messages: `Face.notices(event, hook, now)` yields signed `Notice`s, headers and body ready to
  be sent to `hook`. A face that has the vendor's own call for subscriptions adds to `Face.hooks` itself.
- The `Pusher` here queues them, sends them over HTTP, and repeats failed ones after the vendor's waits; all its times
  are the sandbox clock's, so that advancing the clock by twelve hours makes the last retry due at once.

Control sets a hook with `POST /_control/webhooks`, shows hooks and pushes with `GET`, drops all with `DELETE`, and
spoils pushes with the faults `lost`, `doubled` and `late`.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.faults import FaultPlan
from stockrecon.sandbox.records import Event, MarketRefusal
from stockrecon.sandbox.wire import is_loopback

if TYPE_CHECKING:
    from stockrecon.sandbox.face import Face

REMEMBERED = 5_000
"""Pushes that are over stay visible, the newest so many."""
IDLE = 0.5
"""Seconds after which time alone may have made something happen, while there are hooks."""
MAX_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class PushRules:
    """How a vendor sends. `retries`: the waits after each failed attempt; after the last one the push is lost.

    `statuses`: the answers that count as received (none named: every 2xx); `empty`: only with an empty body;
    `seconds`: within how long. `disabled_after`: so many failed attempts in a row end the hook.
    """

    retries: tuple[timedelta, ...] = ()
    statuses: frozenset[int] = frozenset()
    empty: bool = False
    seconds: float = 3.0
    disabled_after: int | None = None

    def received(self, status: int, body: bytes) -> bool:
        """Whether the vendor takes this answer for a receipt; status 0 is no answer."""
        good = status in self.statuses if self.statuses else 200 <= status <= 299
        return good and not (self.empty and body)


@dataclass(slots=True)
class Hook:
    """Where pushes go. `kinds`: shell patterns of the vendor's topics; none: all. `secret`: the hook's own, if any."""

    url: str
    kinds: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    number: int = 0
    failures: int = 0
    alive: bool = True

    def wants(self, kind: str) -> bool:
        return self.alive and (not self.kinds or any(fnmatchcase(kind, pattern) for pattern in self.kinds))

    def shown(self) -> dict[str, object]:
        return {"number": self.number, "url": self.url, "kinds": list(self.kinds), "alive": self.alive}


@dataclass(frozen=True, slots=True)
class Notice:
    """One signed message. `kind` is the vendor's own name or number of the topic."""

    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Push:
    """A notice on its way to a hook. `state`: waiting, delivered, lost (a fault), or given up."""

    number: int
    shop: str
    hook: Hook
    notice: Notice
    rules: PushRules
    due: datetime
    state: str = "waiting"
    tries: list[tuple[datetime, int]] = field(default_factory=list)
    """When it was sent, and the status that came back (0: none)."""

    def shown(self) -> dict[str, object]:
        return {
            "number": self.number,
            "shop": self.shop,
            "kind": self.notice.kind,
            "url": self.hook.url,
            "body": self.notice.body.decode("utf-8", "replace"),
            "state": self.state,
            "due": self.due if self.state == "waiting" else None,
            "tries": [{"at": at, "status": status} for at, status in self.tries],
        }


def checked_url(url: str) -> str:
    """The URL of a hook: http or https, and on this machine, because the sandbox talks to nobody else."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and is_loopback(parts.hostname or "") and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise MarketRefusal(
            f"{url!r} takes no pushes: give an http or https URL on loopback, http://127.0.0.1:PORT/PATH"
        )
    return url


def post(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]:
    """Send a message; status 0 where no answer came. No proxy is asked and no redirect followed."""
    parts = urlsplit(url)
    host, target = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=seconds)
    try:
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(MAX_ANSWER)
    except (OSError, http.client.HTTPException, ValueError):
        return 0, b""
    finally:
        connection.close()


class Pusher:
    """Queues and sends the pushes of all shops. Everything but the sending itself happens under `lock`."""

    def __init__(
        self,
        clock: SandboxClock,
        lock: threading.RLock,
        send: Callable[[str, Mapping[str, str], bytes, float], tuple[int, bytes]] = post,
    ) -> None:
        self.faults = FaultPlan()
        self.waiting: list[Push] = []
        self.over: deque[Push] = deque(maxlen=REMEMBERED)
        self._clock, self._lock, self._send = clock, lock, send
        self._numbers = 0
        self._hooks = 0
        self._wake = threading.Event()

    # Hooks

    def add_hook(self, face: Face[Any], url: str, kinds: tuple[str, ...] = ()) -> Hook:
        """Send what happens in the face's shop from now on to `url`. Raises MarketRefusal."""
        if face.push_rules is None:
            raise MarketRefusal(f"{face.shop.name}: the sandbox sends no pushes of {face.shop.channel}")
        self._hooks += 1
        hook = Hook(checked_url(url), kinds, number=self._hooks)
        face.hooks.append(hook)
        self._wake.set()
        return hook

    def drop_hooks(self, faces: Iterable[Face[Any]]) -> int:
        """Forget every hook, and every push that still waits."""
        count = 0
        for face in faces:
            count += len(face.hooks)
            for hook in face.hooks:
                hook.alive = False
            face.hooks.clear()
        self.waiting.clear()
        return count

    # Queueing

    def hear(self, face: Face[Any], events: Iterable[Event], now: datetime) -> None:
        """Queue what the vendor tells of these events to each hook of the shop."""
        rules = face.push_rules
        if rules is None:
            return
        for event in events:
            for hook in tuple(face.hooks):
                for notice in face.notices(event, hook, now):
                    if hook.wants(notice.kind):
                        self._queue(face.shop.name, hook, notice, rules, event.at)
                        # Only then: whoever sends hears of every shop in each round, and would never rest.
                        self._wake.set()

    def _queue(self, shop: str, hook: Hook, notice: Notice, rules: PushRules, due: datetime) -> None:
        hit = self.faults.take(shop, notice.kind)
        kind = hit.kind if hit else ""
        if hit is not None and kind == "late":
            due += timedelta(seconds=hit.plan.seconds)
        for _ in range(2 if kind == "doubled" else 1):
            self._numbers += 1
            push = Push(self._numbers, shop, hook, notice, rules, due)
            if kind == "lost":
                push.state = "lost"
                self.over.append(push)
            else:
                self.waiting.append(push)

    def shown(self) -> list[dict[str, object]]:
        """Every push, those that are over too, in the order in which they came up."""
        return [push.shown() for push in sorted([*self.over, *self.waiting], key=lambda push: push.number)]

    # Sending

    def deliver(self) -> int:
        """Send what is due by the sandbox clock, the longest due first; the number of messages sent."""
        count = 0
        while (push := self._next()) is not None:
            at = self._clock.now()
            status, body = self._send(push.hook.url, push.notice.headers, push.notice.body, push.rules.seconds)
            count += 1
            with self._lock:
                self._settle(push, at, status, body)
        return count

    def _next(self) -> Push | None:
        with self._lock:
            now = self._clock.now()
            due = [push for push in self.waiting if push.due <= now]
            if not due:
                return None
            push = min(due, key=lambda push: (push.due, push.number))
            self.waiting.remove(push)
            return push

    def _settle(self, push: Push, at: datetime, status: int, body: bytes) -> None:
        push.tries.append((at, status))
        hook, rules = push.hook, push.rules
        if rules.received(status, body):
            hook.failures = 0
            push.state = "delivered"
        else:
            hook.failures += 1
            if rules.disabled_after is not None and hook.failures >= rules.disabled_after:
                hook.alive = False
            if hook.alive and len(push.tries) <= len(rules.retries):
                push.due = at + rules.retries[len(push.tries) - 1]
                self.waiting.append(push)
                return
            push.state = "given up"
        self.over.append(push)

    def wake(self) -> None:
        """Something changed: a hook, a push, the clock."""
        self._wake.set()

    def run(self, settled: Callable[[], object], busy: Callable[[], bool], ended: threading.Event) -> None:
        """Send until `ended`. While `busy` (there are hooks) the market is asked time and again what time has done."""
        while not ended.is_set():
            if busy():
                settled()
                self.deliver()
            self._wake.wait(IDLE if busy() else None)
            self._wake.clear()
