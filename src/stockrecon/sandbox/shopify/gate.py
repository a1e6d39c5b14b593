"""Who may call Shopify: tokens, the consent page, and how a token is come by (reference: Shopify 1.1).

The pages tell the bodies of refused codes and tokens; the statuses and words of other refused grants are OAuth's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from stockrecon.sandbox.shopify.grants import Grant, Grants
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.wire import Answer, Body, Call

WRONG_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


@dataclass(frozen=True, slots=True)
class ShopifyKeys:
    """What the app is known by; its secret signs what Shopify tells it. `domain` is the shop's own."""

    client_id: str
    client_secret: str = field(repr=False)
    domain: str


class Refused(Exception):
    """An HTTP error of the token pages."""

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.text, self.status = error, text, status


def query_signature(secret: str, parameters: Mapping[str, str]) -> str:
    """Hex HMAC-SHA256 over the sorted parameters of a callback, without `hmac` itself."""
    pairs = sorted(f"{_bare(name)}={_bare(value)}" for name, value in parameters.items() if name != "hmac")
    return hmac.new(secret.encode(), "&".join(pairs).encode(), hashlib.sha256).hexdigest()


def _bare(text: str) -> str:
    """Only what would end a value early is written otherwise."""
    return text.replace("%", "%25").replace("&", "%26")


class Gate:
    """Checks calls and hands out tokens for one shop."""

    def __init__(self, shop: ShopifyShop, grants: Grants, keys: ShopifyKeys) -> None:
        self._shop, self.grants, self._keys = shop, grants, keys
        self._ways: dict[str, Callable[[Mapping[str, str], datetime], Grant]] = {
            "client_credentials": self._by_client,
            "refresh_token": self._by_refresh,
            EXCHANGE: self._by_exchange,
            "authorization_code": self._by_code,
            "": self._by_code,
        }

    def caller(self, call: Call, now: datetime) -> Grant | None:
        """The grant of the token in the header; None for a token that is not good."""
        return self.grants.of(call.headers.get("x-shopify-access-token", ""), now)

    def scopes(self, grant: Grant) -> frozenset[str]:
        """What the token may do: what was granted to it, as far as the app still has it."""
        return grant.scopes & self._shop.scopes

    # Tokens

    def token(self, call: Call, now: datetime) -> Answer:
        """`POST /admin/oauth/access_token`, as JSON or as a form."""
        asked = _parameters(call)
        try:
            self._check_client(asked)
            way = self._ways.get(asked.get("grant_type", ""))
            if way is None:
                raise Refused("unsupported_grant_type", "The grant type is not supported")
            grant = way(asked, now)
        except Refused as refused:
            return Answer(refused.status, {"error": refused.error, "error_description": refused.text})
        return Answer(200, self._told(grant, now))

    def _check_client(self, asked: Mapping[str, str]) -> None:
        if asked.get("client_id") != self._keys.client_id:
            text = "Could not find Shopify API application with api_key"
            raise Refused("invalid_request", text)
        secret = asked.get("client_secret", "")
        if not hmac.compare_digest(secret.encode(errors="replace"), self._keys.client_secret.encode()):
            raise Refused("invalid_client", "Client authentication failed", 401)

    def _by_client(self, asked: Mapping[str, str], now: datetime) -> Grant:
        return self.grants.for_client(self._shop.scopes, now)

    def _by_refresh(self, asked: Mapping[str, str], now: datetime) -> Grant:
        grant = self.grants.renew(asked.get("refresh_token", ""), now)
        if grant is None:
            raise Refused("invalid_grant", "The refresh token is invalid, expired or was already used")
        return grant

    def _by_exchange(self, asked: Mapping[str, str], now: datetime) -> Grant:
        kinds = asked.get("subject_token_type"), asked.get("requested_token_type")
        if kinds != (OFFLINE, OFFLINE) or not _expires(asked):
            raise Refused("invalid_request", "Only a non-expiring offline token can be exchanged, for an expiring one")
        grant = self.grants.migrate(asked.get("subject_token", ""), now)
        if grant is None:
            raise Refused("invalid_subject_token", "The subject token is invalid")
        return grant

    def _by_code(self, asked: Mapping[str, str], now: datetime) -> Grant:
        grant = self.grants.redeem(asked.get("code", ""), now, expiring=_expires(asked))
        if grant is None:
            raise Refused("invalid_request", "The authorization code was not found or was already used")
        return grant

    def _told(self, grant: Grant, now: datetime) -> Body:
        body: Body = {"access_token": grant.access, "scope": ",".join(sorted(grant.scopes))}
        if grant.until is not None:
            body["expires_in"] = int((grant.until - now).total_seconds())
        if grant.refresh_until is not None:
            body["refresh_token"] = grant.refresh
            body["refresh_token_expires_in"] = int((grant.refresh_until - now).total_seconds())
        return body

    def granted(self, grant: Grant) -> Answer:
        """`GET /admin/oauth/access_scopes.json`."""
        return Answer(200, {"access_scopes": [{"handle": scope} for scope in sorted(self.scopes(grant))]})

    # Consent

    def consent(self, call: Call, now: datetime) -> Answer:
        """The consent page; the sandbox's seller always agrees to what the app may have."""
        redirect = call.first("redirect_uri") or ""
        if not redirect or call.first("client_id") != self._keys.client_id:
            text = "Oauth error invalid_request: Could not find Shopify API application with api_key"
            return Answer(400, {"error": "invalid_request", "error_description": text})
        asked = frozenset(part.strip() for part in (call.first("scope") or "").split(",") if part.strip())
        scopes = (_implied(asked) & self._shop.scopes) if asked else self._shop.scopes
        told = {
            "code": self.grants.issue_code(now, scopes),
            "shop": self._keys.domain,
            "state": call.first("state") or "",
            "timestamp": str(int(now.timestamp())),
        }
        told = {name: value for name, value in told.items() if value}
        told["hmac"] = query_signature(self._keys.client_secret, told)
        return Answer(302, {}, f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(told)}")


def _implied(scopes: frozenset[str]) -> frozenset[str]:
    """Whoever may write may read."""
    return scopes | {scope.replace("write_", "read_") for scope in scopes if scope.startswith("write_")}


def _expires(asked: Mapping[str, str]) -> bool:
    return asked.get("expiring", "") in ("1", "true")


def _parameters(call: Call) -> dict[str, str]:
    found = {**dict(call.query), **dict(call.form)}
    if call.content_type.startswith("application/json"):
        try:
            body = json.loads(call.body or b"null")
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict):
            told = {str(name): value for name, value in body.items()}
            found.update({name: str(value).lower() if isinstance(value, bool) else str(value)
                          for name, value in told.items() if isinstance(value, str | int)})  # fmt: skip
    return found
