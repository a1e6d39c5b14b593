"""How Lazada hands out tokens (reference: Lazada 2). It tells their lives; a renewal lengthens no refresh token's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from stockrecon.channels.base import Tokens
from stockrecon.channels.keeper import Granted, TokenRefused, authorise_way
from stockrecon.channels.lazada.fields import first, objects, text, whole
from stockrecon.errors import AuthFault
from stockrecon.rest import Request

Call = Callable[[Request], Mapping[str, object]]
"""Sends a token call, signed without an access token, and gives the answer; raises ReadFault or AuthFault."""


class LazadaGrants:
    """The calls that give tokens, of one shop. `consent_base`: where the page of consent is. `now`: Lazada's time.

    Raises AuthFault and ReadFault; TokenRefused and Unsettled as `channels.keeper` wants them.
    """

    echoes = True

    def __init__(
        self, who: str, region: str, app_key: str, consent_base: str, call: Call, now: Callable[[], datetime]
    ) -> None:
        self._who = who
        self._region = region.lower()
        self._app_key = app_key
        self._consent_base = consent_base
        self._call = call
        self._now = now

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token for a new pair. Whether the old one survives its use is not documented."""
        request = Request("POST", "/auth/token/refresh", form=(("refresh_token", token),), repeatable=False)
        try:
            return self._granted("refresh", self._call(request))
        except AuthFault as fault:
            raise TokenRefused(self._who, fault.what, way_on=fault.way_on) from None

    def consent(self, redirect: str, state: str) -> str:
        """The page of consent (reference: Lazada 1.1)."""
        query = [
            ("response_type", "code"),
            ("force_auth", "true"),
            ("redirect_uri", redirect),
            ("client_id", self._app_key),
            ("state", state),
        ]
        if self._region:
            query.append(("country", self._region))
        return f"{self._consent_base}/oauth/authorize?{urlencode(query, quote_via=quote)}"

    def redeem(self, answer: Mapping[str, str]) -> Granted:
        """Trades the code of the redirect for a pair (`/auth/token/create`), for this site and no other."""
        form = (("code", answer.get("code", "")),)
        return self._granted("create", self._call(Request("POST", "/auth/token/create", form=form, repeatable=False)))

    def _granted(self, call: str, answer: Mapping[str, object]) -> Granted:
        access, fresh = text(answer.get("access_token")), text(answer.get("refresh_token"))
        if not access or not fresh:
            words = f"Lazada's answer to the token {call} holds no token pair"
            raise AuthFault(self._who, words, way_on=authorise_way(self._who))
        ends, refresh_ends = self._ends(answer.get("expires_in")), self._ends(answer.get("refresh_expires_in"))
        return Granted(Tokens(access, fresh, ends, refresh_ends), self._another_site(answer))

    def _ends(self, seconds: object) -> datetime | None:
        """Lives are told in seconds, as number or text; nothing of them is fixed (reference: Lazada 2)."""
        number = whole(seconds)
        return None if number is None or not 0 <= number < 10**10 else self._now() + timedelta(seconds=number)

    def _another_site(self, answer: Mapping[str, object]) -> AuthFault | None:
        """A token works on its own country's site only; a cross-border one on every site listed in it (1.1)."""
        sites = {text(first(user, "country")).lower() for user in users(answer)}
        sites.add(text(answer.get("country")).lower())
        sites -= {"", "cb"}
        if not sites or not self._region or self._region in sites:
            return None
        told = ", ".join(sorted(site.upper() for site in sites))
        return AuthFault(
            self._who,
            f"the token is for {told}, the shop's region is {self._region.upper()}",
            way_on="correct the region in the configuration, or authorise the right shop",
        )


def users(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The sellers that a token stands for: a list, or an object by country; two spellings (reference: Lazada 2)."""
    told = first(answer, "country_user_info", "country_user_info_list")
    if isinstance(told, Mapping):
        return [{"country": country, **user} for country, user in told.items() if isinstance(user, Mapping)]
    return objects(told)
