"""Who may call Lazada: signature over all parameters, timestamp, tokens (reference: Lazada 1 and 2)."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from stockrecon.sandbox.tokens import Pair, Tokens
from stockrecon.sandbox.wire import Answer, Body, Call, integer

WINDOW = 7200
"""Seconds that a timestamp may be off (reference: Lazada 1.2)."""
Params = dict[str, str]


@dataclass(frozen=True, slots=True)
class LazadaKeys:
    app_key: str
    app_secret: str = field(repr=False)
    seller_id: str


class Refused(Exception):
    """An answer with a code; `kind` is ISV (the caller's fault), ISP (business) or SYSTEM."""

    def __init__(self, code: str, message: str, kind: str = "ISV", detail: list[Body] | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.kind, self.detail = code, message, kind, detail


def signature(secret: str, path: str, params: Params, *, skip_empty: bool = False) -> str:
    """Upper-case hex HMAC-SHA256 over path, then sorted names and values (reference: Lazada 1.3).

    `skip_empty`: the Java way of leaving pairs without value out; the Python way appends the bare name.
    """
    pool = sorted(name for name in params if name != "sign" and not (skip_empty and not params[name]))
    base = path + "".join(name + params[name] for name in pool)
    return hmac.new(secret.encode(), base.encode(errors="replace"), hashlib.sha256).hexdigest().upper()


def gather(call: Call) -> Params:
    """All parameters, wherever they stand: query, form body, or a JSON object (reference: Lazada 1.4)."""
    params = dict(call.query)
    params.update(call.form)
    if call.content_type.startswith("application/json") and call.body:
        try:
            body = json.loads(call.body)
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict):
            params.update(
                {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
            )
    return params


class Gate:
    """Checks calls and hands out tokens for one seller."""

    def __init__(self, tokens: Tokens, keys: LazadaKeys, region: str) -> None:
        self.tokens, self.keys, self.region = tokens, keys, region

    def signed(self, path: str, params: Params, now: datetime) -> None:
        for name in ("app_key", "timestamp", "sign_method", "sign"):
            if not params.get(name):
                text = f"the input parameter “{name}” that is mandatory for processing this request is not supplied"
                raise Refused("MissingParameter", text)
        if params["app_key"] != self.keys.app_key:
            raise Refused("InvalidAppKey", "The specified App Key is invalid")
        when = _timestamp(params["timestamp"])
        if when is None or abs(now.timestamp() - when) > WINDOW:
            raise Refused("IllegalTimestamp", "The specified timestamp is invalid or expired")
        given = params["sign"].encode(errors="replace")
        ways = [signature(self.keys.app_secret, path, params, skip_empty=skip) for skip in (False, True)]
        if params["sign_method"] != "sha256" or not any(hmac.compare_digest(way.encode(), given) for way in ways):
            raise Refused("IncompleteSignature", "The request signature does not conform to lazop standards")

    def authorised(self, params: Params, now: datetime) -> None:
        if not params.get("access_token"):
            text = "the input parameter “access_token” that is mandatory for processing this request is not supplied"
            raise Refused("MissingParameter", text)
        if not self.tokens.good(params["access_token"], now):
            raise Refused("IllegalAccessToken", "The specified access token is invalid or expired")

    def token_create(self, params: Params, now: datetime) -> Body:
        pair = self.tokens.redeem(params.get("code", ""), now)
        if pair is None:
            raise Refused("InvalidCode", "Invalid authorization code")
        return self._pair(pair, "country_user_info")

    def token_refresh(self, params: Params, now: datetime) -> Body:
        pair = self.tokens.renew(params.get("refresh_token", ""), now)
        if pair is None or "access_token" in params:
            raise Refused("IllegalRefreshToken", "The specified refresh token is invalid or expired")
        return self._pair(pair, "country_user_info_list")

    def _pair(self, pair: Pair, users: str) -> Body:
        country = self.region.lower()
        ids = {"user_id": self.keys.seller_id, "seller_id": self.keys.seller_id, "short_code": f"{self.region}SANDBOX"}
        return {
            "access_token": pair.access,
            "refresh_token": pair.refresh,
            "expires_in": pair.access_seconds,
            "refresh_expires_in": pair.refresh_seconds,
            "country": country,
            "account_platform": "seller_center",
            "account_id": self.keys.seller_id,
            "account": "seller@sandbox.invalid",
            users: [{"country": country, **ids}],
        }

    def consent(self, params: Params, now: datetime) -> Answer | None:
        """The consent page; the sandbox's seller always agrees. None where the link is not one."""
        redirect = params.get("redirect_uri", "")
        if not redirect or params.get("client_id") != self.keys.app_key:
            return None
        granted = {"code": self.tokens.issue_code(now), **({"state": params["state"]} if "state" in params else {})}
        return Answer(302, {}, f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(granted)}")


def _timestamp(text: str) -> float | None:
    """Epoch milliseconds, or a UTC text."""
    milliseconds = integer(text)
    if milliseconds is not None:
        return milliseconds / 1000
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
