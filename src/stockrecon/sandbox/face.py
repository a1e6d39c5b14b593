"""What every loopback marketplace shows to its callers; each channel's package has its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.push import Hook, Notice, PushRules
from stockrecon.sandbox.records import Event, MarketRefusal
from stockrecon.sandbox.tokens import Tokens
from stockrecon.sandbox.wire import BURST, PER_SECOND, Answer, Body, Call

Credentials = dict[str, str | int]
ShopT = TypeVar("ShopT", bound=Shop)


class Face(ABC, Generic[ShopT]):
    """Answers calls for one shop. `tokens` is None where a shop's keys do not end."""

    prefixes: ClassVar[tuple[str, ...]] = ("",)
    """The vendor's own path is what follows the shop's prefix and one of these."""
    totals: ClassVar[frozenset[str]] = frozenset()
    """Names under which the vendor tells how many there are in all, for the fault `wrong-total`."""
    wrappers: ClassVar[frozenset[str]] = frozenset()
    """Names of the objects in which totals may stand."""
    secrets: ClassVar[frozenset[str]]
    """Which credentials belong into files of their own."""
    per_second: ClassVar[float] = PER_SECOND
    burst: ClassVar[int] = BURST
    """The vendor's rate limit: requests a second on average, and at once."""
    push_rules: ClassVar[PushRules | None] = None
    """How the vendor sends pushes; None: the sandbox sends none of this channel's."""
    shop: ShopT
    tokens: Tokens | None = None

    @abstractmethod
    def answer(self, call: Call, now: datetime, reads: ShopT) -> Answer:
        """What the vendor would answer; the caller has settled the shop to `now`. `reads` may be an older copy of the
        shop (a stale replica); writes go to `shop`.
        """

    def asked(self, call: Call) -> str:
        """The vendor's path of a call: it is counted under this, and faults find it by this."""
        return call.path

    def metered(self, call: Call) -> str:
        """Which of the vendor's rate limits a call counts in; all in one, if nothing else is said."""
        return ""

    @abstractmethod
    def throttled(self) -> Answer:
        """Too many requests, in the vendor's form."""

    @abstractmethod
    def failing(self, status: int) -> Answer:
        """A fault of the vendor's own, with this HTTP status as far as the vendor uses them."""

    @abstractmethod
    def credentials(self) -> Credentials:
        """What a client needs now, by the vendor's names."""

    @cached_property
    def hooks(self) -> list[Hook]:
        """Where pushes go: set by control, or by the vendor's own call for it."""
        return []

    def notices(self, event: Event, hook: Hook, now: datetime) -> Iterable[Notice]:
        """The messages that the vendor sends to `hook` of what happened, signed and ready; none by default."""
        return ()

    def config(self) -> Credentials:
        """The options of an entry of the configuration's `shops`: the credentials, under the same names."""
        return self.credentials()

    def revoke(self, *, refresh: bool = False) -> None:
        """Every access token is refused from now on; with `refresh` the refresh token as well."""
        self._tokens().revoke(refresh=refresh)

    def issue_code(self, now: datetime) -> str:
        """An authorisation code, as the consent page would hand out."""
        return self._tokens().issue_code(now)

    def miscounted(self, answer: Answer, by: int) -> Answer:
        """The same answer with its totals off by `by`."""
        return replace(answer, body=self._miscounted(answer.body, by)) if isinstance(answer.body, dict) else answer

    def _miscounted(self, body: Body, by: int) -> Body:
        spoiled: Body = {}
        for name, value in body.items():
            if name in self.totals and isinstance(value, int):
                spoiled[name] = value + by
            elif name in self.wrappers and isinstance(value, dict):
                spoiled[name] = self._miscounted(value, by)
            else:
                spoiled[name] = value
        return spoiled

    def _tokens(self) -> Tokens:
        if self.tokens is None:
            raise MarketRefusal(f"{self.shop.name}: {self.shop.channel} has no tokens that end")
        return self.tokens
