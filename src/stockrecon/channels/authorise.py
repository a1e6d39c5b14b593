"""A shop's authorisation: how long its tokens live, and how a person gives new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from stockrecon.channels.base import CheckLine, TokenStore
from stockrecon.channels.keeper import STEPS, Granted, TokenKeeper
from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens
from stockrecon.errors import UsageFault


@runtime_checkable
class Accounting(Protocol):
    """A channel that can say what its tokens are good for."""

    def account(self) -> Sequence[CheckLine]:
        """Whose they are, the region, the clock, what the app may as far as the vendor tells, the rate. Touches no
        stock, raises nothing of the outside's."""
        ...


class NoPage(UsageFault):
    """No page can be shown where the seller agrees; a code that was got from one elsewhere is as good."""


class Grants(Protocol):
    """What a vendor does to hand out tokens. `echoes` True: the vendor sends `state` back with the code."""

    echoes: bool

    def refresh(self, token: str) -> Granted:
        """A new pair for a refresh token. Raises TokenRefused, Unsettled, or ReadFault."""
        ...

    def consent(self, redirect: str, state: str) -> str:
        """The page where the seller agrees; it sends the browser on to `redirect` with a code.

        Raises NoPage where the configuration lacks what names it, AuthFault where this kind of app has none.
        """
        ...

    def redeem(self, answer: Mapping[str, str]) -> Granted:
        """A pair for what the browser brought to `redirect`. Raises AuthFault where it is refused, or ReadFault."""
        ...


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a shop's tokens, without them. `stored`: they are the state's, not the configuration's.

    An end is None where it is not known: the vendor tells it with a renewal only.
    """

    access: bool
    refresh: bool
    stored: bool
    access_ends: datetime | None
    refresh_ends: datetime | None


class Authorisation:
    """One shop's. `now` gives the shop's time; `lengthens`: a renewal gives the refresh token a new life."""

    def __init__(
        self,
        shop: ShopName,
        store: TokenStore,
        keeper: TokenKeeper,
        grants: Grants,
        now: Callable[[], datetime],
        *,
        lengthens: bool,
    ) -> None:
        self.grants = grants
        self.lengthens = lengthens
        self._shop = shop
        self._store = store
        self._keeper = keeper
        self._now = now

    @property
    def steps(self) -> tuple[timedelta, ...]:
        """How long before the refresh token's end it is told of: late, where each renewal lengthens its life."""
        return STEPS[2:] if self.lengthens else STEPS

    def life(self) -> Life:
        """Raises AuthFault where the stored tokens are damaged, ReadFault where they are not private or readable."""
        stored = self._store.load(self._shop)
        pair = stored or self._keeper.configured
        return Life(bool(pair.access), bool(pair.refresh), stored is not None, pair.access_ends, pair.refresh_ends)

    def renew(self) -> None:
        """A new pair now. Raises as TokenKeeper.renew."""
        self._keeper.renew(self._keeper.current.access)

    def ready(self, life: timedelta) -> None:
        """Renews where the access token is missing or known to end within `life`. Raises as TokenKeeper.renew."""
        self._keeper.ready(life, self._now())

    def redeem(self, answer: Mapping[str, str]) -> Tokens:
        """Trades what the browser brought for a pair, and saves it where it is this shop's: it counts from now on.

        Raises AuthFault where it is refused or another shop's, ReadFault, OutputFault.
        """
        with self._store.locked(self._shop):
            granted = self.grants.redeem(answer)
            if granted.fault is not None:
                raise granted.fault
            self._keeper.adopt(granted.tokens)
        return granted.tokens

    def warnings(self, now: datetime) -> list[str]:
        """What a run tells of a refresh token that ends soon."""
        return self._keeper.warnings(now, self.steps)
