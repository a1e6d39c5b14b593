"""How TikTok Shop hands out tokens (reference: TikTok Shop 2.1): unsigned calls of a host of its own.

It tells the ends as points in time. The refresh token's is that of the seller's authorisation, which no renewal moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from stockrecon.channels.authorise import NoPage
from stockrecon.channels.base import Tokens
from stockrecon.channels.keeper import Granted, authorise_way
from stockrecon.channels.tiktok_shop.fields import Malformed, Object, an_object, text, whole
from stockrecon.channels.tiktok_shop.verdicts import judge_code, judge_refresh
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Client, Judge, Request

AUTH_HOST = "https://auth.tiktok-shops.com"
CONSENT_HOSTS = {"US": "https://services.tiktokshops.us"}
CONSENT_HOST = "https://services.tiktokshop.com"
"""The page of consent: the United States have one of their own (reference: TikTok Shop 2.1)."""
_ABSOLUTE = 1_000_000_000
"""An `expire_in` above this is a point in time, as documented; below, a number of seconds."""
_LATEST = 253_402_300_799


class TikTokGrants:
    """The calls that give tokens, of one shop. `client` makes the one of the token host when it is first needed;
    `strange` says what is wrong with a pair, by the shops that it stands for. `page`: the host of the page of consent.

    Raises AuthFault, ReadFault and UsageFault; TokenRefused and Unsettled as `channels.keeper` wants them.
    """

    echoes = True

    def __init__(
        self,
        who: str,
        client: Callable[[], Client],
        app: tuple[str, Callable[[], str]],
        page: str,
        service_id: str,
        strange: Callable[[str], AuthFault | None],
    ) -> None:
        self._who = who
        self._client = client
        self._app_key, self._secret = app
        self._page = page
        self._service_id = service_id
        self._strange = strange

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token for a new pair. Whether the old one survives its use is not documented."""
        query = (("grant_type", "refresh_token"), ("refresh_token", token))
        return Granted(self._granted("refresh", query, judge_refresh(self._who)))

    def consent(self, redirect: str, state: str) -> str:
        """The app's page of consent. It sends the browser to the redirect URL that the app has in Partner Center:
        `redirect` has no place in it.
        """
        if not self._service_id:
            words = f"{self._who}: without service_id there is no page where the seller agrees"
            way_on = "take it from the app's page in Partner Center, and configure service_id"
            raise NoPage(words, way_on=f"{way_on}; or --paste a code of the link that stands there")
        query = [("service_id", self._service_id), ("state", state)]
        return f"{self._page}/open/authorize?{urlencode(query, quote_via=quote)}"

    def redeem(self, answer: Mapping[str, str]) -> Granted:
        """Trades the code of the redirect for a pair (`/api/v2/token/get`), for this shop and no other."""
        code = answer.get("code", "")
        if answer.get("error") or code in ("", "null"):
            # A seller who refuses is sent back with `code=null&error=auth_denied`.
            words = "the seller did not agree"
            raise AuthFault(self._who, words, way_on=f"stockrecon auth {self._who} shows the page again")
        query = (("grant_type", "authorized_code"), ("auth_code", code))
        tokens = self._granted("get", query, judge_code(self._who))
        fault = None
        with suppress(ReadFault, Malformed):  # a code is good once: what cannot be checked now is checked by every run
            fault = self._strange(tokens.access)
        return Granted(tokens, fault)

    def _granted(self, call: str, query: tuple[tuple[str, str], ...], judge: Judge) -> Tokens:
        keys = (("app_key", self._app_key), ("app_secret", self._secret()))
        headers = (("content-type", "application/json"),)
        request = Request("GET", f"/api/v2/token/{call}", query=keys + query, headers=headers, repeatable=False)
        client = self._client()
        document = client.call(request, judge=judge, signed=False).json()
        data: Object = {}
        with suppress(Malformed):
            data = an_object(document.get("data") if isinstance(document, dict) else None, "data")
        access, renewed = text(data.get("access_token")), text(data.get("refresh_token"))
        if not access or not renewed:
            words = f"the answer to the token {call} holds no token pair"
            raise AuthFault(self._who, words, way_on=authorise_way(self._who))
        now = client.now()
        ends = ends_at(data.get("access_token_expire_in"), now)
        return Tokens(access, renewed, ends, ends_at(data.get("refresh_token_expire_in"), now))


def ends_at(told: object, now: datetime) -> datetime | None:
    """When a token ends; None where that cannot be read, which must not cost the pair."""
    try:
        seconds = whole(told, "expire_in")
    except Malformed:
        return None
    if seconds > _ABSOLUTE:
        return datetime.fromtimestamp(min(seconds, _LATEST), UTC)
    return now + timedelta(seconds=max(0, seconds))
