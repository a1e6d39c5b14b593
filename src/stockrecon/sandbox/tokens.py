"""Access and refresh tokens with their lives, judged by the sandbox clock."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class TokenLife:
    """`grace`: how long the previous access token lives on after a refresh; None for its whole life.

    `renews`: a refresh also renews the refresh token's life (Shopee); without it the first expiry stays (Lazada).
    """

    access: timedelta
    refresh: timedelta
    code: timedelta
    grace: timedelta | None
    renews: bool


SHOPEE_LIFE = TokenLife(timedelta(hours=4), timedelta(days=30), timedelta(minutes=10), timedelta(minutes=5), True)
"""Reference: Shopee 2."""
LAZADA_LIFE = TokenLife(timedelta(days=10), timedelta(days=50), timedelta(minutes=30), None, False)
"""Reference: Lazada 2 (lives as in the guide of 2026; that the old refresh token dies is our, the stricter, choice)."""
TIKTOK_LIFE = TokenLife(timedelta(days=7), timedelta(days=365), timedelta(minutes=30), None, True)
"""Reference: TikTok 2.1; a refresh token's year is the vendor's sample's, that it works once our own strictness."""


@dataclass(frozen=True, slots=True)
class Pair:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_seconds: int
    refresh_seconds: int


class Tokens:
    """The tokens of one shop. A refresh token works once; an authorisation code works once."""

    def __init__(
        self,
        life: TokenLife,
        now: datetime,
        *,
        access: str = "",
        refresh: str = "",
        fresh: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.life = life
        self._fresh = fresh
        self._valid: dict[str, datetime] = {}
        self._known: set[str] = set()
        self._codes: dict[str, datetime] = {}
        self.access, self.refresh = "", ""
        self.refresh_until = now + life.refresh
        self._hand_out(now, access or fresh(), refresh or fresh())

    def _hand_out(self, now: datetime, access: str, refresh: str) -> Pair:
        if self.life.grace is not None and self.access in self._valid:
            self._valid[self.access] = min(self._valid[self.access], now + self.life.grace)
        self.access, self.refresh = access, refresh
        self._valid[access] = now + self.life.access
        self._known.add(access)
        seconds = (self.life.access.total_seconds(), (self.refresh_until - now).total_seconds())
        return Pair(access, refresh, int(seconds[0]), int(seconds[1]))

    def good(self, access: str, now: datetime) -> bool:
        until = self._valid.get(access)
        return until is not None and now < until

    def known(self, access: str) -> bool:
        """Whether it was handed out once, good or not."""
        return access in self._known

    def renew(self, refresh: str, now: datetime) -> Pair | None:
        """A new pair for a good refresh token, which is used up by it; None for any other."""
        if not self.refresh or refresh != self.refresh or now >= self.refresh_until:
            return None
        if self.life.renews:
            self.refresh_until = now + self.life.refresh
        return self._hand_out(now, self._fresh(), self._fresh())

    def issue_code(self, now: datetime, code: str = "") -> str:
        code = code or self._fresh()
        self._codes[code] = now + self.life.code
        return code

    def redeem(self, code: str, now: datetime) -> Pair | None:
        until = self._codes.pop(code, None)
        if until is None or now >= until:
            return None
        self.refresh_until = now + self.life.refresh
        return self._hand_out(now, self._fresh(), self._fresh())

    def revoke(self, *, refresh: bool = False) -> None:
        """Every access token is refused from now on; with `refresh` the refresh token as well."""
        self._valid.clear()
        if refresh:
            self.refresh = ""
