"""The client of one shop: throttle, sign, send, judge, and again where that can help."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from stockrecon.errors import AuthFault, ReadFault, StockreconError
from stockrecon.rest.clock import Skew, describe
from stockrecon.rest.decode import BadAnswer
from stockrecon.rest.gather import nap
from stockrecon.rest.message import Answer, Request, retry_after
from stockrecon.rest.redact import redact
from stockrecon.rest.throttle import TokenBucket
from stockrecon.rest.verdict import Unsettled, Verdict, VerdictKind
from stockrecon.rest.wire import DEFAULT_LIMITS, HttpTransport, Limits, Transport, WireFault

log = logging.getLogger("stockrecon.rest")


class Signer(Protocol):
    """Adds what proves who we are; called for each attempt anew, with the shop's time as far as it is known."""

    def sign(self, request: Request, now: datetime) -> Request: ...


Judge = Callable[[Answer], Verdict]
"""May call `answer.json()` and let its BadAnswer through."""
Authorise = Callable[[Request], None]
"""Renews the tokens; given the signed request that was refused, to notice that another thread has done it."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds; full jitter between 0 and base * 2^n. `total` bounds one call with all its waits.

    `budget`: retries that one client may spend in all; ten good answers earn one back.
    """

    attempts: int = 5
    base: float = 0.5
    throttle_base: float = 1.0
    cap: float = 20.0
    longest_wait: float = 120.0
    total: float = 240.0
    budget: int = 100


class Client:
    """All calls of one shop. Threads may share it; at most `limits.connections` are open at once.

    `judge` looks at every answer that is no redirect. `secrets` gives what must never appear in a text.
    """

    def __init__(
        self,
        *,
        who: str,
        base_url: str,
        judge: Judge,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        signer: Signer | None = None,
        authorise: Authorise | None = None,
        bucket: TokenBucket | None = None,
        retry: RetryPolicy = RetryPolicy(),
        limits: Limits = DEFAULT_LIMITS,
        secrets: Callable[[], Iterable[str]] = tuple,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        transport: Transport | None = None,
    ) -> None:
        self.who = who
        self._judge = judge
        self._signer = signer
        self._authorise = authorise
        self._bucket = bucket
        self._retry = retry
        self._secrets = secrets
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._monotonic = monotonic
        self._transport = transport if transport is not None else HttpTransport(base_url, limits)
        self._skew = Skew()
        self._lock = threading.Lock()
        self._requests = 0
        self._budget = float(retry.budget)

    @property
    def requests(self) -> int:
        """Attempts that were sent, for the report."""
        return self._requests

    @property
    def skew(self) -> timedelta | None:
        """How far the shop's clock is ahead of ours; None before its first answer."""
        return self._skew.value

    def now(self) -> datetime:
        """The shop's time: our clock, corrected by its `Date` headers."""
        return self._clock().astimezone(UTC) + (self.skew or timedelta(0))

    def call(self, request: Request, *, judge: Judge | None = None, signed: bool = True) -> Answer:
        """Sends until an answer is judged good. `signed` False: the request already holds all it needs.

        Raises ReadFault (naming the tries and the time waited), AuthFault, or what `judge` decided; Unsettled where a
        request that is not repeatable may have taken effect.
        """
        return _Call(self, request, judge or self._judge, signed).run()

    def close(self) -> None:
        self._transport.close()

    def hide(self, text: str) -> str:
        return redact(text, self._secrets())

    def attempt(self, request: Request, signed: bool, called: float) -> tuple[Request, Answer]:
        """One turn at the throttle, one signature, one exchange. `called`: when the call began, by `monotonic`."""
        if self._bucket is not None:
            self._bucket.take()
        if request.within is not None and self._monotonic() - called > request.within:
            raise WireFault(f"not sent within {request.within:g} s, and what it was decided on is too old", sent=False)
        moment = self.now()
        outgoing = self._signer.sign(request, moment) if signed and self._signer is not None else request
        with self._lock:
            self._requests += 1
        sent, began = self._clock(), self._monotonic()
        try:
            answer = self._transport.send(outgoing)
        except WireFault as fault:
            log.debug("%s: %s %s: %s", self.who, request.method, request.path, fault.text)
            raise
        if answer.date is not None:
            self._skew.observe(answer.date, sent, self._clock())
        spent = (self._monotonic() - began) * 1000
        log.debug("%s: %s %s: %d in %.0f ms", self.who, request.method, request.path, answer.status, spent)
        return outgoing, answer

    def earn(self) -> None:
        with self._lock:
            self._budget = min(float(self._retry.budget), self._budget + 0.1)

    def spend(self) -> bool:
        """Takes one retry from the client's budget; False where it is used up."""
        with self._lock:
            if self._budget < 1:
                return False
            self._budget -= 1
            return True


class _Call:
    """One call with its tries."""

    def __init__(self, client: Client, request: Request, judge: Judge, signed: bool) -> None:
        self.client = client
        self.request = request
        self.judge = judge
        self.signed = signed
        self.policy = client._retry
        self.tries = 0
        self.waited = 0.0
        self.began = client._monotonic()
        self.authorised = False
        self.reclocked = False

    def run(self) -> Answer:
        while True:
            self.tries += 1
            skew_before = self.client.skew or timedelta(0)
            try:
                outgoing, answer = self.client.attempt(self.request, self.signed, self.began)
            except WireFault as fault:
                text = f"{self.request.path}: {fault.text}"
                if fault.sent and not self.request.repeatable:
                    raise self.unsettled(text) from None
                self.wait(Verdict.retry(text), None)
                continue
            verdict = self.judged(answer)
            if verdict.kind is VerdictKind.OK:
                self.client.earn()
                return answer
            self.after(verdict, outgoing, answer, skew_before)

    def judged(self, answer: Answer) -> Verdict:
        if 300 <= answer.status < 400:
            text = f"{self.request.path} answered with a redirect (HTTP {answer.status}), which is never followed"
            return Verdict.fail(self.not_understood(text, way_on="check base_url and the region"))
        try:
            return self.judge(answer)
        except BadAnswer as bad:
            text = f"{self.request.path} answered HTTP {answer.status}, and {bad}"
            if answer.status == 429:
                return Verdict.throttled(f"{self.request.path} answered HTTP 429 (too many requests)")
            if 400 <= answer.status < 500 and answer.status not in (408, 425):
                way_on = "check base_url, and what stands between this machine and the shop (proxy, firewall)"
                return Verdict.fail(self.not_understood(text, way_on=way_on))
            return Verdict.retry(text)

    def after(self, verdict: Verdict, outgoing: Request, answer: Answer, skew_before: timedelta) -> None:
        """Makes the next try worth while, or raises."""
        if verdict.kind is VerdictKind.FAIL:
            raise self.hidden(verdict.error)
        if verdict.kind is VerdictKind.AUTHORISE:
            if self.authorised or self.client._authorise is None:
                raise AuthFault(
                    self.client.who,
                    self.client.hide(
                        f"{verdict.text} (also after the token was renewed)" if self.authorised else verdict.text
                    ),
                    way_on=f"authorise the shop again: stockrecon auth {self.client.who}",
                )
            self.authorised = True
            self.renew(outgoing)
        elif verdict.kind is VerdictKind.CLOCK:
            self.reclock(verdict, skew_before)
        else:
            if verdict.kind is VerdictKind.RETRY and not self.request.repeatable:
                raise self.unsettled(verdict.text)
            self.wait(verdict, answer)

    def renew(self, refused: Request) -> None:
        """Whether the renewal took effect may be unknown; this request was refused and did not."""
        if self.client._authorise is None:
            return
        try:
            self.client._authorise(refused)
        except Unsettled as fault:
            raise ReadFault(fault.who, fault.what, way_on=fault.way_on) from None

    def reclock(self, verdict: Verdict, skew_before: timedelta) -> None:
        skew = self.client.skew
        if skew is not None and not self.reclocked and abs(skew - skew_before) > timedelta(seconds=1):
            self.reclocked = True
            return
        clock = "the shop's clock is not known" if skew is None else f"this machine's clock is {describe(skew)}"
        raise self.fault(f"{verdict.text}: {clock}", way_on="set this machine's clock (NTP) and run again")

    def wait(self, verdict: Verdict, answer: Answer | None) -> None:
        """Sleeps before the next try, or raises where tries, time or the client's budget are used up."""
        throttled = verdict.kind is VerdictKind.THROTTLED
        after = verdict.after
        if after is None and answer is not None:
            after = retry_after(answer, self.client.now())
        if after is None:
            base = self.policy.throttle_base if throttled else self.policy.base
            after = min(self.policy.cap, base * 2 ** (self.tries - 1)) * self.client._jitter()
        elif throttled:
            # The shop named a time: come back a little after it, not all at once with the others.
            after += 0.1 * self.policy.base * self.client._jitter()
        spent = self.client._monotonic() - self.began
        longest = self.policy.total if self.request.within is None else min(self.policy.total, self.request.within)
        if self.tries >= self.policy.attempts or spent > longest:
            raise self.exhausted(verdict.text)
        whom = "a run" if self.request.within is None else "a write"
        if after > self.policy.longest_wait or spent + after > longest:
            raise self.exhausted(f"{verdict.text}; it asks to wait {after:.0f} s, longer than {whom} waits")
        if not self.client.spend():
            raise self.exhausted(f"{verdict.text}; {self.policy.budget} retries of this run are used up")
        if throttled and self.client._bucket is not None:
            self.client._bucket.pause(after)
        self.waited += after
        nap(after, self.client._sleep)

    def exhausted(self, text: str) -> ReadFault:
        times = "once" if self.tries == 1 else f"{self.tries} times"
        return self.fault(f"{text} (tried {times}, waited {self.waited:.1f} s)", way_on="run again later")

    def fault(self, text: str, *, way_on: str = "") -> ReadFault:
        return ReadFault(self.client.who, self.client.hide(text), way_on=way_on)

    def not_understood(self, text: str, *, way_on: str) -> ReadFault:
        """The fault of an answer that is none of the shop's: what it says of the request's effect is nothing."""
        return self.fault(text, way_on=way_on) if self.request.repeatable else self.unsettled(text, way_on=way_on)

    def unsettled(self, text: str, *, way_on: str = "") -> Unsettled:
        words = f"{text}; whether it took effect is unknown, so it is not sent again"
        return Unsettled(self.client.who, self.client.hide(words), way_on=way_on)

    def hidden(self, error: StockreconError | None) -> StockreconError:
        """The judge's own error; what the other side wrote into it may echo a secret."""
        if error is None:
            return self.fault("the answer was refused")
        error.args = tuple(self.client.hide(str(each)) for each in error.args)
        error.text = self.client.hide(error.text)
        if isinstance(error, ReadFault):
            error.what = self.client.hide(error.what)
        return error
