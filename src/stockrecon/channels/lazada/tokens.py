"""Lazada's token pair: used, renewed once per expiry, and safely stored before use (reference: Lazada 2)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from stockrecon.channels.base import Tokens, TokenStore
from stockrecon.channels.lazada.errors import AUTHORISE_AGAIN
from stockrecon.channels.lazada.fields import first, objects, text, whole
from stockrecon.core.model import ShopName
from stockrecon.errors import AuthFault, ReadFault

Refresh = Callable[[str], Mapping[str, object]]
"""Calls /auth/token/refresh with a refresh token and gives the answer; raises ReadFault or AuthFault."""


class TokenKeeper:
    """The newest tokens of a shop: of the store if it has any, else of the configuration.

    Nobody documents whether an old refresh token survives its use (reference: Lazada 2), so two renewals never run at
    once, neither in this process nor in two.
    """

    def __init__(
        self, shop: ShopName, region: str, configured: Tokens, store: TokenStore, clock: Callable[[], datetime]
    ) -> None:
        self._shop = shop
        self._region = region.lower()
        self._configured = configured
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._current: Tokens | None = None
        self._lost: ReadFault | None = None

    @property
    def current(self) -> Tokens:
        """Read from the store at first use, so that making a channel touches nothing."""
        if self._current is None:
            self._current = self._store.load(self._shop) or self._configured
        return self._current

    def secrets(self) -> tuple[str, ...]:
        """Everything that must never appear in a text."""
        tokens = (self._configured, self._current or self._configured)
        return tuple(secret for pair in tokens for secret in (pair.access, pair.refresh) if secret)

    def renew(self, refused: str, refresh: Refresh) -> None:
        """Makes `current` newer than the refused access token, by another run's renewal or by an own one.

        The new pair with both expiries is saved before it is used. Raises AuthFault where a person has to authorise
        the shop again, ReadFault where the call failed.
        """
        with self._lock:
            if self.current.access != refused:
                return
            if self._lost is not None:
                # Another thread has tried: asking again with tokens that may be spent helps nobody.
                raise self._lost
            with self._store.locked(self._shop):
                stored = self._store.load(self._shop)
                if stored is not None and stored.access not in ("", refused):
                    self._current = stored
                    return
                try:
                    answer = self._refreshed(stored, refresh)
                    renewed = self._pair(answer)
                except ReadFault as fault:
                    self._lost = fault
                    raise
                self._store.save(self._shop, renewed)
                self._current = renewed
        self._same_site(answer)

    def _refreshed(self, stored: Tokens | None, refresh: Refresh) -> Mapping[str, object]:
        """The stored refresh token first; a configured one that differs may be newer, from a new authorisation."""
        known = (stored.refresh if stored else "", self.current.refresh, self._configured.refresh)
        candidates = list(dict.fromkeys(token for token in known if token))
        if not candidates:
            ended = "the access token has ended" if self.current.access else "the shop is not authorised"
            raise AuthFault(self._shop, f"{ended} and there is no refresh token", way_on=AUTHORISE_AGAIN)
        for token in candidates[:-1]:
            try:
                return refresh(token)
            except AuthFault:
                continue
        return refresh(candidates[-1])

    def _pair(self, answer: Mapping[str, object]) -> Tokens:
        access, fresh = text(answer.get("access_token")), text(answer.get("refresh_token"))
        if not access or not fresh:
            raise AuthFault(
                self._shop, "Lazada's answer to the token refresh holds no token pair", way_on=AUTHORISE_AGAIN
            )
        return Tokens(access, fresh, self._ends(answer.get("expires_in")), self._ends(answer.get("refresh_expires_in")))

    def _ends(self, seconds: object) -> datetime | None:
        """Lives are told in seconds, as number or text; nothing of them is fixed (reference: Lazada 2)."""
        number = whole(seconds)
        if number is None or not 0 <= number < 10**10:
            return None
        return self._clock().astimezone(UTC) + timedelta(seconds=number)

    def _same_site(self, answer: Mapping[str, object]) -> None:
        """A token works on its own country's site only; a cross-border one on every site listed in it (1.1)."""
        sites = {text(first(user, "country")).lower() for user in users(answer)}
        sites.add(text(answer.get("country")).lower())
        sites -= {"", "cb"}
        if sites and self._region and self._region not in sites:
            told = ", ".join(sorted(site.upper() for site in sites))
            raise AuthFault(
                self._shop,
                f"the token is for {told}, the shop's region is {self._region.upper()}",
                way_on="correct the region in the configuration, or authorise the right shop",
            )


def users(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The sellers that a token stands for: a list, or an object by country; two spellings (reference: Lazada 2)."""
    told = first(answer, "country_user_info", "country_user_info_list")
    if isinstance(told, Mapping):
        return [{"country": country, **user} for country, user in told.items() if isinstance(user, Mapping)]
    return objects(told)
