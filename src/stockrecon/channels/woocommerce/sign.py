"""How a request proves whose it is (reference: WooCommerce 3.1): Basic, keys in the query, or OAuth 1.0a."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from stockrecon.core.secret import Secret
from stockrecon.rest import Request

METHODS = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}


class Way(StrEnum):
    """BASIC and QUERY send the secret itself, which WooCommerce takes over TLS alone; OAuth signs with it."""

    BASIC = "basic"
    QUERY = "query"
    OAUTH = "oauth"
    OAUTH_SHA1 = "oauth-sha1"

    @property
    def shown(self) -> str:
        return _SHOWN[self]

    @property
    def method(self) -> str:
        """The signature method; "" where nothing is signed."""
        return {Way.OAUTH: "HMAC-SHA256", Way.OAUTH_SHA1: "HMAC-SHA1"}.get(self, "")


_SHOWN = {
    Way.BASIC: "Basic authentication",
    Way.QUERY: "keys in the query string",
    Way.OAUTH: "OAuth 1.0a (HMAC-SHA256)",
    Way.OAUTH_SHA1: "OAuth 1.0a (HMAC-SHA1)",
}


def usual_way(base_url: str) -> Way:
    """Basic where the connection is safe; without TLS WooCommerce takes nothing but OAuth."""
    return Way.BASIC if base_url.startswith("https:") else Way.OAUTH


def signature(method: str, url: str, pairs: Iterable[tuple[str, str]], secret: Secret, way: str) -> str:
    """OAuth 1.0a's signature (RFC 5849), one-legged: the key is the consumer secret and an empty token's.

    `url` is without its query; `pairs` are all parameters of the query but the signature. The body is not signed.
    `way` is one of METHODS.
    """
    normal = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(pairs))
    base = "&".join((method.upper(), encoded(url), encoded(normal)))
    key = f"{secret.reveal()}&".encode()
    return base64.b64encode(hmac.new(key, base.encode("utf-8"), METHODS[way]).digest()).decode("ascii")


def encoded(text: str) -> str:
    """Percent-encoded but for the unreserved characters of RFC 3986, as WooCommerce's own check does it."""
    return quote(text, safe="~")


class WooSigner:
    """Adds what proves who we are. `nonce` gives a text that was not used before.

    A read also asks every cache on its way not to answer for the shop: with a parameter that is new each time, for what
    goes by the address, and with the one that WooCommerce's own cache of 10.5 and later heeds.
    """

    def __init__(self, base_url: str, key: str, secret: Secret, way: Way, nonce: Callable[[], str]) -> None:
        self._base = base_url.rstrip("/")
        self._key = key
        self._secret = secret
        self._way = way
        self._nonce = nonce

    def sign(self, request: Request, now: datetime) -> Request:
        if request.method == "GET":
            request = replace(request, headers=(*request.headers, ("cache-control", "no-cache")))
            request = request.with_query(("_skip_cache", "true"), ("_", self._nonce()))
        match self._way:
            case Way.BASIC:
                pair = base64.b64encode(f"{self._key}:{self._secret.reveal()}".encode()).decode("ascii")
                return replace(request, headers=(*request.headers, ("authorization", f"Basic {pair}")))
            case Way.QUERY:
                return request.with_query(("consumer_key", self._key), ("consumer_secret", self._secret.reveal()))
            case _:
                return self._signed(request, now)

    def _signed(self, request: Request, now: datetime) -> Request:
        request = request.with_query(
            ("oauth_consumer_key", self._key),
            ("oauth_timestamp", str(int(now.timestamp()))),
            ("oauth_nonce", self._nonce()),
            ("oauth_signature_method", self._way.method),
        )
        # The shop's home is written without a slash at its end, and that is what WooCommerce puts together again.
        url = (self._base + request.path).rstrip("/")
        made = signature(request.method, url, request.query, self._secret, self._way.method)
        return request.with_query(("oauth_signature", made))
