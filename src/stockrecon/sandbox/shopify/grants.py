"""What apps were granted: tokens, their rights and their lives (reference: Shopify 1.1).

A custom app's token does not end. One of the client-credentials grant ends after a day. An expiring offline token ends
after an hour and has a refresh token of 90 days; that one may be used again until its replacement is used, at most for
30 days, so that a lost answer loses nothing (vendor's changelog of 2026-08-28). A repeated refresh gives the same pair,
and the access token a full life again if it needs one: inferred from what the vendor says of repeated exchanges.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(seconds=86_399)
HOUR = timedelta(hours=1)
REFRESHABLE = timedelta(days=90)
REPEATABLE = timedelta(days=30)
CODE_LIVES = timedelta(minutes=10)
"""How long a code can be redeemed; our choice."""


@dataclass(slots=True)
class Grant:
    """An access token; `until` None: it does not end. With `refresh` it is an expiring offline token."""

    access: str = field(repr=False)
    scopes: frozenset[str]
    until: datetime | None = None
    refresh: str = field(default="", repr=False)
    refresh_until: datetime | None = None
    next: Grant | None = None
    """What its refresh token was used for, and since when."""
    used_at: datetime | None = None

    def good(self, now: datetime) -> bool:
        return self.until is None or now < self.until


class Grants:
    """The grants of one shop's app. `current` is the one that a client of this shop is told of."""

    def __init__(self, first: Grant) -> None:
        self.current = first
        self._valid: dict[str, Grant] = {first.access: first}
        self._refreshable: dict[str, Grant] = {first.refresh: first} if first.refresh else {}
        self._codes: dict[str, tuple[datetime, frozenset[str]]] = {}

    def of(self, access: str, now: datetime) -> Grant | None:
        """The grant of a token that is good now."""
        grant = self._valid.get(access)
        return grant if grant is not None and grant.good(now) else None

    def issue_code(self, now: datetime, scopes: frozenset[str]) -> str:
        code = secrets.token_hex(16)
        self._codes[code] = (now + CODE_LIVES, scopes)
        return code

    def redeem(self, code: str, now: datetime, *, expiring: bool) -> Grant | None:
        """A grant for a code, which works once. Without expiry it is the token that the app has already, if it has
        one with the same rights.
        """
        until, scopes = self._codes.pop(code, (now, frozenset()))
        if now >= until:
            return None
        if expiring:
            return self._take(_expiring(scopes, now))
        known = self.current
        if known.until is None and known.scopes == scopes and known.access in self._valid:
            return known
        return self._take(Grant(f"shpat_{secrets.token_hex(16)}", scopes))

    def for_client(self, scopes: frozenset[str], now: datetime) -> Grant:
        """The client-credentials grant: a token for a day."""
        grant = Grant(f"shpat_{secrets.token_hex(16)}", scopes, now + DAY)
        self._valid[grant.access] = grant
        return grant

    def migrate(self, access: str, now: datetime) -> Grant | None:
        """An expiring token in the place of one that does not end, which is dead from then on."""
        old = self._valid.get(access)
        if old is None or old.until is not None:
            return None
        del self._valid[access]
        return self._take(_expiring(old.scopes, now))

    def renew(self, refresh: str, now: datetime) -> Grant | None:
        """The next pair for a refresh token; the same one again while its replacement was not used."""
        grant = self._refreshable.get(refresh)
        if grant is None or grant.refresh_until is None or now >= grant.refresh_until:
            return None
        self._retire_before(grant)
        if grant.next is None:
            grant.next, grant.used_at = _expiring(grant.scopes, now), now
            return self._take(grant.next)
        if grant.used_at is not None and now >= grant.used_at + REPEATABLE:
            return None
        if not grant.next.good(now):
            grant.next.until = now + HOUR
        return grant.next

    def _retire_before(self, grant: Grant) -> None:
        """Whoever uses a replacement has no use for what it replaced."""
        for refresh, other in list(self._refreshable.items()):
            if other.next is grant:
                del self._refreshable[refresh]

    def _take(self, grant: Grant) -> Grant:
        self.current = grant
        self._valid[grant.access] = grant
        if grant.refresh:
            self._refreshable[grant.refresh] = grant
        return grant

    def revoke(self, *, refresh: bool) -> None:
        """Every access token is refused from now on; with `refresh` the refresh tokens as well."""
        self._valid.clear()
        if refresh:
            self._refreshable.clear()


def _expiring(scopes: frozenset[str], now: datetime) -> Grant:
    made: Callable[[str], str] = lambda kind: f"{kind}_{secrets.token_hex(16)}"  # noqa: E731
    return Grant(made("shpat"), scopes, now + HOUR, made("shprt"), now + REFRESHABLE)
