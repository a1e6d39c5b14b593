"""Who may call TikTok Shop: signature over the raw request, timestamp, token, shop (reference: TikTok 2.1 to 2.4).

The order of the checks is as recorded: an unknown path is told before the app key, the app key before the signature.
The HTTP statuses 400 (app key), 401 (signature), 404 (path) and 429 are recorded, the others our choice.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from stockrecon.sandbox.tokens import Pair, Tokens
from stockrecon.sandbox.wire import Answer, Body, Call, integer

BEHIND, AHEAD = 300, 30
"""Seconds that a timestamp may be before and after the service's clock."""
PARAMETER = 36009004
"""The one code of many faults of query and header; its message says which."""


@dataclass(frozen=True, slots=True)
class TiktokKeys:
    app_key: str
    app_secret: str = field(repr=False)
    shop_cipher: str
    shop_id: str
    open_id: str

    @property
    def service_id(self) -> str:
        """The app's, for its page of consent."""
        return f"71{self.shop_id[2:]}"


class Refused(Exception):
    """An answer with a code that is not 0."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def signature(secret: str, path: str, params: Mapping[str, str], body: bytes, *, skip_empty: bool = False) -> str:
    """Lower-case hex HMAC-SHA256 of path, sorted names and values, and body, wrapped in the secret (TikTok 2.3).

    `skip_empty`: some clients leave pairs without value out; the vendor's own sample appends the bare name.
    """
    pool = sorted(
        name for name in params if name not in ("sign", "access_token") and not (skip_empty and not params[name])
    )
    base = path + "".join(name + params[name] for name in pool)
    message = secret.encode() + base.encode(errors="replace") + body + secret.encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def push_signature(keys: TiktokKeys, body: bytes) -> str:
    """What the header `Authorization` of a webhook holds (reference: TikTok 2.3)."""
    return hmac.new(keys.app_secret.encode(), keys.app_key.encode() + body, hashlib.sha256).hexdigest()


class Gate:
    """Checks calls and hands out tokens for one shop."""

    def __init__(self, tokens: Tokens, keys: TiktokKeys, region: str, seller: str) -> None:
        self.tokens, self.keys, self.region, self.seller = tokens, keys, region, seller

    # Who may call

    def signed(self, call: Call, now: datetime) -> None:
        """App key, timestamp and signature; a body counts byte by byte, unless it is a form with files."""
        params = _firsts(call)
        if params.get("app_key") != self.keys.app_key:
            raise Refused(PARAMETER, "Invalid credentials. Invalid `app_key` query parameter.", 400)
        _check_time(params.get("timestamp"), now)
        if not params.get("sign"):
            text = "Missing credentials. The request does not include a required signature in the query."
            raise Refused(PARAMETER, text, 401)
        body = b"" if call.content_type.startswith("multipart/form-data") else call.body
        ways = [signature(self.keys.app_secret, call.path, params, body, skip_empty=skip) for skip in (False, True)]
        given = params["sign"].encode(errors="replace")
        if not any(hmac.compare_digest(way.encode(), given) for way in ways):
            raise Refused(106001, "Invalid credentials. The 'sign' query parameter is invalid.", 401)

    def authorised(self, call: Call, now: datetime) -> None:
        token = call.headers.get("x-tts-access-token", "")
        if self.tokens.good(token, now):
            return
        if self.tokens.known(token):
            raise Refused(105002, "Expired credentials. The `x-tts-access-token` header has expired.", 401)
        raise Refused(PARAMETER, "Invalid credentials. The `x-tts-access-token` header is invalid.", 401)

    def for_shop(self, call: Call) -> None:
        """A call about a shop names it by its cipher, which only the list of shops tells."""
        cipher = call.first("shop_cipher")
        if not cipher:
            text = "Missing identifier. The `shop_cipher` query parameter is required to identify the target shop."
            raise Refused(106013, text, 400)
        if cipher != self.keys.shop_cipher:
            text = "Invalid query or header. The `x-tts-access-token` header does not match the shop_cipher."
            raise Refused(101000, text, 401)

    def for_nobody(self, call: Call) -> None:
        if call.first("shop_cipher"):
            text = "Unexpected identifier. The `shop_cipher` query parameter is not required for this request."
            raise Refused(PARAMETER, text, 400)

    # Tokens: an unsigned host of its own, here under the same base

    def token_get(self, call: Call, now: datetime) -> Body:
        self._app(call, "authorized_code")
        pair = self.tokens.redeem(call.first("auth_code") or "", now)
        if pair is None:
            raise Refused(36004004, "Invalid auth_code. It is wrong, used, or older than 30 minutes.")
        return self._pair(pair, now)

    def token_refresh(self, call: Call, now: datetime) -> Body:
        self._app(call, "refresh_token")
        given = call.first("refresh_token") or ""
        pair = self.tokens.renew(given, now)
        if pair is None:
            if given and given == self.tokens.refresh:
                raise Refused(36004001, "rt has expired")
            raise Refused(36004005, "can not find related auth record")
        return self._pair(pair, now)

    def _app(self, call: Call, grant: str) -> None:
        if call.first("app_key") != self.keys.app_key:
            raise Refused(PARAMETER, "Invalid credentials. Invalid `app_key` query parameter.")
        secret = (call.first("app_secret") or "").encode(errors="replace")
        if not hmac.compare_digest(secret, self.keys.app_secret.encode()):
            raise Refused(PARAMETER, "Invalid credentials. Invalid `app_secret` query parameter.")
        if call.first("grant_type") != grant:
            raise Refused(PARAMETER, f"Invalid `grant_type` query parameter. Only `{grant}` is accepted.")

    def _pair(self, pair: Pair, now: datetime) -> Body:
        """The two `*_expire_in` are times, not durations."""
        stamp = int(now.timestamp())
        return {
            "access_token": pair.access,
            "access_token_expire_in": stamp + pair.access_seconds,
            "refresh_token": pair.refresh,
            "refresh_token_expire_in": stamp + pair.refresh_seconds,
            "open_id": self.keys.open_id,
            "seller_name": self.seller,
            "seller_base_region": self.region,
            "user_type": 0,
            "granted_scopes": list(SCOPES),
        }

    def consent(self, call: Call, now: datetime) -> Answer:
        """The page where a seller agrees; ours always does.

        The real one sends the seller back to the URL of the app's settings. The sandbox has none: it takes it from
        `redirect_uri`, and without that tells the code as JSON.
        """
        known = call.first("service_id") or call.first("app_key") == self.keys.app_key
        if not known:
            raise Refused(PARAMETER, "Invalid credentials. Invalid `service_id` query parameter.", 400)
        state = call.first("state")
        granted: dict[str, str] = {
            "code": self.tokens.issue_code(now),
            **({"state": state} if state is not None else {}),
        }
        redirect = call.first("redirect_uri")
        if not redirect:
            return Answer(200, dict(granted))
        return Answer(302, {}, f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(granted)}")


SCOPES = (
    "seller.authorization.info",
    "seller.product.basic",
    "seller.product.write",
    "seller.order.info",
    "seller.logistics",
    "seller.return_refund.basic",
    "seller.promotion.info",
    "seller.fbt.info",
)
"""Their spelling is ours where no page shows it; no client is known to depend on it."""


def _firsts(call: Call) -> dict[str, str]:
    """Each parameter once, its first value, as the vendor's own sample reads them."""
    params: dict[str, str] = {}
    for name, value in call.query:
        params.setdefault(name, value)
    return params


def _check_time(text: str | None, now: datetime) -> None:
    seconds = integer(text)
    ahead = 0.0 if seconds is None else seconds - now.timestamp()
    wrong = ""
    if seconds is None or seconds < 0:
        wrong = "must not be lesser than 0"
    elif ahead < -BEHIND:
        wrong = "must not be earlier than 5 minutes before the current time"
    elif ahead > AHEAD:
        wrong = "must not exceed the current time by more than 30 seconds"
    if wrong:
        told = f"Invalid timestamp. The value of the `timestamp` query parameter {wrong}."
        raise Refused(PARAMETER, told, 400)
