"""A shop's token pair: used, renewed once, and on disk before anybody uses it. The same for every channel.

A refresh token may be good for one use only, so a pair that was received and then lost is a shop that a person has to
authorise again. Two renewals therefore never run at once, neither in this process nor in two, and where the
surroundings have a process of its own for a renewal (`stockrecon.channels.rotation`) the end of this one loses nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stockrecon.channels.base import TokenStore
from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault, StockreconError
from stockrecon.rest import Request, Unsettled

STEPS = tuple(timedelta(days=days) for days in (30, 14, 7, 1))
"""How long before its end a refresh token is warned of, for one whose life no renewal lengthens."""


class TokenRefused(AuthFault):
    """A refresh token was refused; another one may still be good."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A new pair. `fault`: what is wrong with it although it is one, such as being another shop's."""

    tokens: Tokens = field(repr=False)
    fault: AuthFault | None = None


Refresh = Callable[[str], Granted]
"""Trades a refresh token for a new pair. Raises TokenRefused, Unsettled where the answer was lost, or ReadFault."""
Outside = Callable[[Sequence[str], object], AuthFault | None]
"""Trades and saves outside this process: the refresh tokens to try, and what `TokenStore.locked` gave.

Returns when the new pair is in the store, with what is wrong with it; else raises as Refresh, or OutputFault.
"""


def trade(shop: ShopName, candidates: Iterable[str], refresh: Refresh) -> Granted:
    """A new pair for the first refresh token that is taken. Raises TokenRefused where none is, or ReadFault."""
    refusal: AuthFault | None = None
    for token in candidates:
        try:
            return _asked(shop, token, refresh)
        except TokenRefused as fault:
            refusal = fault
    raise refusal or AuthFault(shop, "there is no refresh token", way_on=authorise_way(shop))


def _asked(shop: ShopName, token: str, refresh: Refresh) -> Granted:
    try:
        return refresh(token)
    except Unsettled:
        # Either it was not used, then it still is good; or it was, then asking again takes nothing from anybody.
        try:
            return refresh(token)
        except TokenRefused as fault:
            said = f"the answer to the renewal of its tokens was lost, and since then {fault.what}"
            raise TokenRefused(shop, said, way_on=fault.way_on) from None


def authorise_way(shop: str) -> str:
    """The way on where a person has to agree anew."""
    return f"authorise the shop again: stockrecon auth {shop}"


class TokenKeeper:
    """The newest tokens of a shop: those of the store where there are any, else the configured ones.

    A stored pair is newer than the configured one, whose refresh token was spent to get it, or came from an
    authorisation. Where the stored refresh token is refused, the configured one is tried: the owner may have put a new
    one there.
    """

    def __init__(
        self, shop: ShopName, store: TokenStore, configured: Tokens, refresh: Refresh, outside: Outside | None = None
    ) -> None:
        self.configured = configured
        self._shop = shop
        self._store = store
        self._refresh = refresh
        self._outside = outside
        self._renewing = threading.Lock()
        self._current: Tokens | None = None
        self._lost: StockreconError | None = None

    @property
    def current(self) -> Tokens:
        """Read from the store at first use, so that making a channel touches nothing."""
        if self._current is None:
            self._current = self._store.load(self._shop) or self.configured
        return self._current

    def access(self) -> str:
        return self.current.access

    def secrets(self) -> tuple[str, ...]:
        """Everything that must never appear in a text."""
        pairs = (self.configured, self._current or self.configured)
        return tuple(secret for pair in pairs for secret in (pair.access, pair.refresh) if secret)

    def ensure(self) -> None:
        """Renews ahead of the first call where there is no access token. One that is over is noticed by its refusal:
        this machine's clock may be wrong, and every renewal spends a refresh token."""
        if not self.current.access:
            self.renew("")

    def ready(self, life: timedelta, now: datetime) -> None:
        """Renews an access token that is known to end within `life` of `now` (the shop's time)."""
        self.ensure()
        ends = self.current.access_ends
        if ends is not None and ends - now < life:
            self.renew(self.current.access)

    def refused(self, request: Request) -> None:
        """The client's hook: the access token of `request`, in its query or its form, was refused."""
        sent = (*request.query, *(request.form or ()))
        self.renew(next((value for name, value in sent if name == "access_token"), ""))

    def renew(self, refused: str) -> None:
        """A new pair in place of the one whose access token is `refused`, by another run's renewal or by an own one.

        Raises AuthFault where no refresh token is good any more, ReadFault where the call failed, OutputFault where
        the pair cannot be saved. Of all threads that were refused one asks: a failure is that of all.
        """
        with self._renewing:
            if self.current.access and self.current.access != refused:
                return
            if self._lost is not None:
                raise self._lost
            with self._store.locked(self._shop) as lock:
                stored = self._store.load(self._shop)
                if self._taken_over(stored, refused):
                    return
                try:
                    fault = self._renewed(stored, lock)
                except StockreconError as failure:
                    # A pair may be there all the same, somebody else's or one that could be written and not named.
                    if self._taken_over(self._store.load(self._shop), refused):
                        return
                    self._lost = failure
                    raise
        if fault is not None:
            raise fault

    def adopt(self, tokens: Tokens) -> None:
        """Saves a pair that a person's authorisation gave. Called with the store's lock held. Raises OutputFault."""
        self._store.save(self._shop, tokens)
        self._current, self._lost = tokens, None

    def warnings(self, now: datetime, steps: Sequence[timedelta] = STEPS) -> list[str]:
        """What to tell of a refresh token that ends soon: at most one sentence."""
        ends = self.current.refresh_ends
        if ends is None or ends - now > max(steps):
            return []
        return [f"its refresh token {ending(ends, now)}; {authorise_way(self._shop)}"]

    def _taken_over(self, stored: Tokens | None, refused: str) -> bool:
        """Whether what the store has is newer than the refused token; it is used from now on."""
        if stored is None or stored.access in ("", refused):
            return False
        self._current = stored
        return True

    def _renewed(self, stored: Tokens | None, lock: object) -> AuthFault | None:
        known = (stored.refresh if stored else "", self.current.refresh, self.configured.refresh)
        candidates = tuple(dict.fromkeys(token for token in known if token))
        if not candidates:
            ended = "the access token has ended" if self.current.access else "the shop is not authorised"
            raise AuthFault(self._shop, f"{ended} and there is no refresh token", way_on=authorise_way(self._shop))
        if self._outside is not None:
            fault = self._outside(candidates, lock)
            self._current = self._store.load(self._shop) or self._current
            return fault
        granted = trade(self._shop, candidates, self._refresh)
        self._store.save(self._shop, granted.tokens)
        self._current = granted.tokens
        return granted.fault


def ending(ends: datetime, now: datetime) -> str:
    """Such as `ends in 13 days (2026-11-24 12:00 UTC)`, `ended at ...`."""
    at = f"{ends:%Y-%m-%d %H:%M} UTC"
    left = ends - now
    if left <= timedelta(0):
        return f"ended at {at}"
    seconds = left.total_seconds()
    if left.days >= 2:
        span = f"{left.days} days"
    elif seconds >= 7200:
        span = f"{int(seconds // 3600)} hours"
    else:
        span = f"{max(1, int(seconds // 60))} min"
    return f"ends in {span} ({at})"
