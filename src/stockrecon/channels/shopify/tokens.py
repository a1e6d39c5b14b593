"""How a shop's access token is had (reference: Shopify 1.1), and how it goes along with a call.

Three ways: a token of a custom app, which does not end; client credentials, for shops of the app's own organization; an
authorisation by the seller, with an access token of an hour and a refresh token that each use replaces.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from stockrecon.channels.base import Tokens
from stockrecon.channels.keeper import Granted, authorise_way
from stockrecon.channels.shopify.errors import judge_token
from stockrecon.channels.shopify.fields import Malformed, plain, text, whole
from stockrecon.channels.shopify.shop import OWN, READS, SERVICES, WRITES, domain_of, revealed
from stockrecon.core.model import ShopName
from stockrecon.core.settings import ShopSettings
from stockrecon.errors import AuthFault, UsageFault
from stockrecon.rest import Client, Request

HEADER = "x-shopify-access-token"
PATH = "/admin/oauth/access_token"
BY_CREDENTIALS = "stockrecon:client-credentials"
"""Stands where a refresh token would: the client's own credentials get the next access token."""
_CONSENT = "/admin/oauth/authorize"


class Grant(StrEnum):
    """How the access token is had."""

    TOKEN = "token"  # noqa: S105  the word, not a secret
    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the configuration gives. `configured`: the tokens in it."""

    shop: str
    grant: Grant
    client_id: str
    secret: str
    configured: Tokens

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.secret,) if self.secret else ()


def credentials_of(settings: ShopSettings) -> Credentials:
    """Raises UsageFault where they do not suffice. Without a `grant` the secrets that there are decide."""
    options, who = settings.options, settings.name
    client_id, secret = (
        text(options.get("client_id")) or revealed(options.get("client_id")),
        revealed(options.get("client_secret")),
    )
    access, refresh = revealed(options.get("access_token")), revealed(options.get("refresh_token"))
    named = text(options.get("grant"))
    if named:
        grant = Grant(named)
    elif client_id and secret:
        grant = Grant.AUTHORIZATION_CODE if refresh else Grant.CLIENT_CREDENTIALS
    else:
        grant = Grant.TOKEN
    if grant is Grant.TOKEN and not access:
        way_on = "a custom app needs its access_token; an app of the Dev Dashboard client_id and client_secret"
        raise UsageFault(f"{who}: access_token is missing", way_on=way_on)
    if grant is not Grant.TOKEN and not (client_id and secret):
        raise UsageFault(f"{who}: grant {grant.value} needs client_id and client_secret")
    if grant is Grant.CLIENT_CREDENTIALS:
        refresh = BY_CREDENTIALS
    return Credentials(_shop_of(settings), grant, client_id, secret, Tokens(access, refresh))


def _shop_of(settings: ShopSettings) -> str:
    """The shop's domain: configured, or the host of base_url; "" where that is another's, which then says who it is."""
    named = settings.options.get("shop")
    if named is None and settings.base_url:
        host = urlsplit(settings.base_url).hostname or ""
        return host if host.endswith(".myshopify.com") else ""
    return domain_of(settings.name, named)


class TokenHeader:
    """Puts the access token of the moment into every request's header."""

    def __init__(self, access: Callable[[], str]) -> None:
        self._access = access

    def sign(self, request: Request, now: datetime) -> Request:
        return replace(request, headers=(*request.headers, (HEADER, self._access())))


def sent_token(request: Request) -> str:
    """The access token that a refused request carried."""
    return next((value for name, value in request.headers if name == HEADER), "")


class Nowhere:
    """The store of a shop whose token does not change: what an earlier way of authorising left is none of it."""

    def load(self, shop: ShopName) -> Tokens | None:
        return None

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        raise UsageFault(f"{shop}: its access token is the configured one, and is not replaced")

    @contextmanager
    def locked(self, shop: ShopName) -> Iterator[None]:
        yield


class ShopifyGrants:
    """The calls that give tokens, of one shop. `base_url`: where the page of consent is.

    Raises AuthFault and ReadFault; TokenRefused and Unsettled as `channels.keeper` wants them.
    """

    echoes = True

    def __init__(self, client: Client, base_url: str, credentials: Credentials) -> None:
        self._client = client
        self._who = client.who
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token for a new pair, or the client's credentials for a new access token. The old refresh
        token stays good until the new one is used, so that a lost answer loses nothing."""
        if token == BY_CREDENTIALS:
            document = self._call({"grant_type": "client_credentials"}, refresh=False)
            return self._granted(document, BY_CREDENTIALS)
        document = self._call({"grant_type": "refresh_token", "refresh_token": token}, refresh=True)
        return self._granted(document, text(document.get("refresh_token")))

    def consent(self, redirect: str, state: str) -> str:
        """The page of the shop's admin where its owner installs the app and agrees to its scopes."""
        if self._credentials.grant is not Grant.AUTHORIZATION_CODE:
            words = "client credentials need no page of consent: the app is installed in the Dev Dashboard"
            raise AuthFault(self._who, words, way_on="for an app of somebody else's shop set grant: authorization_code")
        query = [
            ("client_id", self._credentials.client_id),
            ("scope", ",".join((*READS, OWN, SERVICES, WRITES))),
            ("redirect_uri", redirect),
            ("state", state),
        ]
        return f"{self._base_url}{_CONSENT}?{urlencode(query, quote_via=quote)}"

    def redeem(self, answer: Mapping[str, str]) -> Granted:
        """Trades the code of the redirect for a pair, where it comes from Shopify and from this shop."""
        told = answer.get("shop", "").lower()
        if told and self._credentials.shop and told != self._credentials.shop:
            words = f"the authorisation is for the shop {plain(told, 100)}, configured is {self._credentials.shop}"
            raise AuthFault(
                self._who, words, way_on="correct `shop` in the configuration, or sign in to the right shop"
            )
        if "hmac" in answer and not self._genuine(answer):
            words = "what came back from the page is not signed with this client_secret"
            raise AuthFault(self._who, words, way_on=f"check client_secret, then: stockrecon auth {self._who}")
        document = self._call({"code": answer.get("code", ""), "expiring": 1}, refresh=False)
        return self._granted(document, text(document.get("refresh_token")))

    def _call(self, more: Mapping[str, object], *, refresh: bool) -> Mapping[str, object]:
        body = {"client_id": self._credentials.client_id, "client_secret": self._credentials.secret, **more}
        request = Request("POST", PATH, json=body, repeatable=False)
        answer = self._client.call(request, judge=judge_token(self._who, refresh=refresh), signed=False)
        document: Any = answer.json()
        return document if isinstance(document, dict) else {}

    def _granted(self, document: Mapping[str, object], refresh: str) -> Granted:
        """What else is odd in an answer must not cost the token that is in it. An app that is still on tokens without
        an end gets no refresh token: then there is nothing to renew."""
        access = text(document.get("access_token"))
        if not access:
            words = "access_token: the answer holds no access token"
            raise AuthFault(self._who, words, way_on=authorise_way(self._who))
        ends = self._ends(document.get("expires_in"))
        return Granted(Tokens(access, refresh, ends, self._ends(document.get("refresh_token_expires_in"))))

    def _ends(self, seconds: object) -> datetime | None:
        try:
            life = whole(seconds, "expires_in")
        except Malformed:
            return None
        return self._client.now() + timedelta(seconds=life) if 0 < life < 10**10 else None

    def _genuine(self, answer: Mapping[str, str]) -> bool:
        """All parameters but the signature, sorted, as a query; libraries of Shopify's differ in what they escape."""
        pairs = sorted((name, value) for name, value in answer.items() if name not in ("hmac", "signature"))
        forms = (urlencode(pairs), "&".join(f"{name}={value}" for name, value in pairs))
        key, told = self._credentials.secret.encode(), answer["hmac"].encode()
        return any(
            hmac.compare_digest(hmac.new(key, form.encode(), hashlib.sha256).hexdigest().encode(), told)
            for form in forms
        )
