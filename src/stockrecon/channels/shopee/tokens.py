"""How Shopee hands out tokens (reference: Shopee 2): access 4 hours, refresh 30 days and single use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from stockrecon.channels.base import Tokens
from stockrecon.channels.keeper import Granted, authorise_way
from stockrecon.channels.shopee.errors import judge_code, judge_for, judge_refresh
from stockrecon.channels.shopee.fields import Malformed, Object, plain, text, whole
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Client, Judge, Request

REFRESH_LIFE = timedelta(days=30)
_ABSOLUTE = 1_000_000_000
"""An `expire_in` above this is a point in time, not a number of seconds (reference: Shopee 2)."""
_CONSENT = "/api/v2/shop/auth_partner"
_ADDRESSES = "/api/v2/public/get_shopee_ip_range"


class ShopeeGrants:
    """The calls that give tokens, of one shop. `sign` signs the link to the page of consent.

    Raises AuthFault and ReadFault; TokenRefused and Unsettled as `channels.keeper` wants them.
    """

    echoes = False

    def __init__(
        self,
        client: Client,
        base_url: str,
        partner_id: str,
        shop_id: str,
        sign: Callable[[Request, datetime], Request],
    ) -> None:
        self._client = client
        self._who = client.who
        self._base_url = base_url.rstrip("/")
        self._partner_id = partner_id
        self._shop_id = shop_id
        self._sign = sign

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token for a new pair."""
        body = {"refresh_token": token, "shop_id": int(self._shop_id)}
        document = self._call("/api/v2/auth/access_token/get", body, judge_refresh(self._who))
        owner = document.get("shop_id")
        strange = owner is not None and _id(owner) not in ("0", self._shop_id)
        return self._granted("access_token/get", document, _id(owner) if strange else "")

    def consent(self, redirect: str, state: str) -> str:
        """The signed link, good for five minutes. Shopee's time is asked for first: it judges the link by it.

        `state` is not sent: this form of the link has no place for it.
        """
        if self._client.skew is None:
            with suppress(ReadFault, Malformed):
                self._client.call(Request("GET", _ADDRESSES), judge=judge_for(self._who, "get_shopee_ip_range"))
        signed = self._sign(Request("GET", _CONSENT, (("redirect", redirect),)), self._client.now())
        return f"{self._base_url}{_CONSENT}?{urlencode(signed.query, quote_via=quote)}"

    def redeem(self, answer: Mapping[str, str]) -> Granted:
        """Trades the code of the redirect for a pair (`/api/v2/auth/token/get`), for this shop and no other."""
        told, account = answer.get("shop_id", ""), answer.get("main_account_id", "")
        if told and told != self._shop_id:
            raise self._another(told)
        by_account = account.isascii() and account.isdigit() and not told
        owner = {"main_account_id": int(account)} if by_account else {"shop_id": int(self._shop_id)}
        body = {"code": answer.get("code", ""), **owner}
        document = self._call("/api/v2/auth/token/get", body, judge_code(self._who))
        listed = document.get("shop_id_list")
        shops = [_id(shop) for shop in listed] if isinstance(listed, list) else []
        strange = bool(shops) and self._shop_id not in shops
        return self._granted("token/get", document, ", ".join(shops[:5]) if strange else "")

    def _call(self, path: str, body: Mapping[str, object], judge: Judge) -> Mapping[str, object]:
        whole_body = {"partner_id": int(self._partner_id), **body}
        request = Request("POST", path, json=whole_body, repeatable=False)
        document: Any = self._client.call(request, judge=judge).json()
        return document if isinstance(document, dict) else {}

    def _granted(self, call: str, document: Object | Mapping[str, object], stranger: str) -> Granted:
        """What else is odd in an answer must not cost the pair that is in it."""
        access, renewed = text(document.get("access_token")), text(document.get("refresh_token"))
        if not access or not renewed:
            words = f"{call}: the answer holds no new tokens"
            raise AuthFault(self._who, words, way_on=authorise_way(self._who))
        now = self._client.now()
        ends = None
        with suppress(Malformed):
            life = document.get("expire_in")
            ends = None if life is None else ends_at(whole(life, "expire_in"), now)
        pair = Tokens(access, renewed, ends, now + REFRESH_LIFE)
        return Granted(pair, self._another(stranger) if stranger else None)

    def _another(self, told: str) -> AuthFault:
        words = f"the tokens are for shop {plain(told, 60)}, configured is shop {self._shop_id}"
        return AuthFault(self._who, words, way_on="correct shop_id in the configuration, or authorise the right shop")


def ends_at(expire_in: int, now: datetime) -> datetime:
    """When an access token ends, by its `expire_in` (seconds, or a point in time)."""
    if expire_in > _ABSOLUTE:
        return datetime.fromtimestamp(min(expire_in, 253_402_300_799), UTC)
    return now + timedelta(seconds=max(0, expire_in))


def _id(value: object) -> str:
    try:
        return str(whole(value, "id"))
    except Malformed:
        return plain(str(value), 40)
