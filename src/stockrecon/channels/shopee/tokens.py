"""Shopee's token pair (reference: Shopee 2): access 4 hours, refresh 30 days and single use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from stockrecon.channels.base import Tokens, TokenStore
from stockrecon.channels.shopee.errors import AUTHORISE_WAY, TokenRefused
from stockrecon.core.model import ShopName
from stockrecon.errors import AuthFault
from stockrecon.rest import Request

REFRESH_LIFE = timedelta(days=30)
_ABSOLUTE = 1_000_000_000
"""An `expire_in` above this is a point in time, not a number of seconds (reference: Shopee 2)."""

Refresh = Callable[[str], Tokens]
"""Trades a refresh token for a new pair. Raises TokenRefused where Shopee refuses that token."""


class TokenKeeper:
    """The shop's tokens: those of the state where there are any, else the configured ones.

    A stored pair is newer than the configured one, whose refresh token was spent to get it. Where the stored refresh
    token is refused, the configured one is tried once: the owner may have authorised the shop anew.
    """

    def __init__(self, shop: ShopName, store: TokenStore, configured: Tokens) -> None:
        self._shop = shop
        self._store = store
        self._configured = configured
        self._renewing = threading.Lock()
        self._current: Tokens | None = None
        self.refresh: Refresh | None = None
        self._lost: AuthFault | None = None

    @property
    def current(self) -> Tokens:
        if self._current is None:
            self._current = self._store.load(self._shop) or self._configured
        return self._current

    def access(self) -> str:
        return self.current.access

    def secrets(self) -> tuple[str, ...]:
        current = self._current or self._configured
        return (current.access, current.refresh, self._configured.access, self._configured.refresh)

    def ensure(self) -> None:
        """Renews ahead of the first call where there is no access token. One that is over is noticed by its refusal:
        this machine's clock may be wrong, and every renewal spends a refresh token."""
        if not self.current.access:
            self.renew("")

    def refused(self, request: Request) -> None:
        """The client's hook: the access token of `request` was refused."""
        self.renew(request.first("access_token") or "")

    def renew(self, refused: str) -> None:
        """A new pair in place of the one whose access token is `refused`, safe on disk before anybody uses it.

        Raises AuthFault where no refresh token is good any more.
        """
        with self._renewing:
            if self.current.access != refused and self.current.access:
                return
            if self._lost is not None:
                # Another thread has tried all there is: asking again with spent tokens helps nobody.
                raise self._lost
            with self._store.locked(self._shop):
                stored = self._store.load(self._shop)
                if stored is not None and stored.access and stored.access != refused:
                    # Another process renewed them while this one waited for the lock.
                    self._current = stored
                    return
                fresh = self._trade(stored or self.current)
                self._store.save(self._shop, fresh)
                self._current = fresh

    def _trade(self, held: Tokens) -> Tokens:
        if self.refresh is None:
            raise RuntimeError("no refresh call was set")
        refusal: AuthFault | None = None
        for token in self._candidates(held):
            try:
                return self.refresh(token)
            except TokenRefused as fault:
                refusal = fault
        self._lost = refusal or AuthFault(
            self._shop,
            "the access token is missing or was refused, and there is no refresh token to renew it",
            way_on=AUTHORISE_WAY,
        )
        raise self._lost

    def _candidates(self, held: Tokens) -> Iterator[str]:
        if held.refresh:
            yield held.refresh
        if self._configured.refresh and self._configured.refresh != held.refresh:
            yield self._configured.refresh


def ends_at(expire_in: int, now: datetime) -> datetime:
    """When an access token ends, by its `expire_in` (seconds, or a point in time)."""
    if expire_in > _ABSOLUTE:
        return datetime.fromtimestamp(min(expire_in, 253_402_300_799), UTC)
    return now + timedelta(seconds=max(0, expire_in))
