"""Who may call Shopee: signature, timestamp, tokens (reference: Shopee 1.2 and 2).

Every fault of these answers 403; section 7 leaves some of the statuses open, and so has it assumed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from stockrecon.sandbox.tokens import Tokens
from stockrecon.sandbox.wire import Answer, Body, Call, integer

WINDOW = 300
"""Seconds that a timestamp may be off (reference: Shopee 1.2), in both directions."""


@dataclass(frozen=True, slots=True)
class ShopeeKeys:
    """What a client signs with; `partner_key` is used as text."""

    partner_id: int
    partner_key: str = field(repr=False)
    shop_id: int


def signature(key: str, *parts: str) -> str:
    """Lower-case hex HMAC-SHA256 over the parts without separators (reference: Shopee 1.2)."""
    return hmac.new(key.encode(), "".join(parts).encode(), hashlib.sha256).hexdigest()


class Refused(Exception):
    def __init__(self, error: str, message: str, status: int = 200) -> None:
        super().__init__(error)
        self.error, self.message, self.status = error, message, status


class Gate:
    """Checks calls and hands out tokens for one shop."""

    def __init__(self, tokens: Tokens, keys: ShopeeKeys) -> None:
        self.tokens, self.keys = tokens, keys
        self._count = 0

    def request_id(self) -> str:
        self._count += 1
        return f"{self._count:032x}"

    # Who may call

    def signed(self, call: Call, now: datetime, tail: str) -> None:
        partner, stamp, sign = (call.first(name) for name in ("partner_id", "timestamp", "sign"))
        if not partner:
            raise Refused("error_param", "There is no partner_id in query.", 403)
        if not stamp:
            raise Refused("error_param", "no timestamp.", 403)
        if not sign:
            raise Refused("error_param", "There is no sign in query.", 403)
        seconds = integer(stamp)
        if seconds is None or not 0 <= seconds <= 4_294_967_295:
            raise Refused("error_param", "Invalid timestamp", 403)
        if abs(now.timestamp() - seconds) > WINDOW:
            raise Refused("error_param", "Timestamp is expired.", 403)
        if partner != str(self.keys.partner_id):
            raise Refused("error_param", "Invalid partner_id.", 403)
        good = signature(self.keys.partner_key, partner, call.path, stamp, tail)
        if not hmac.compare_digest(good.encode(), sign.encode()):
            raise Refused("error_sign", "Wrong sign.", 403)

    def authorised(self, call: Call, now: datetime) -> None:
        token, shop_id = call.first("access_token"), call.first("shop_id")
        if not token:
            raise Refused("error_param", "There is no access_token in query.", 403)
        if not shop_id:
            raise Refused("error_param", "There is no shop_id in query.", 403)
        self.signed(call, now, token + shop_id)
        if shop_id != str(self.keys.shop_id):
            raise Refused("error_auth", "Invalid partner_id or shopid.", 403)
        if not self.tokens.good(token, now):
            raise Refused("invalid_acceess_token", "Invalid access_token, please have a check.", 403)

    # Tokens: the answers are flat, without `response`

    def token_get(self, call: Call, now: datetime) -> Answer:
        body = json_body(call)
        if body.get("partner_id") != self.keys.partner_id or body.get("shop_id") != self.keys.shop_id:
            raise Refused("invalid_shop_id", "The code or shop_id is wrong, please check the code or the shop_id.", 403)
        pair = self.tokens.redeem(str(body.get("code")), now)
        if pair is None:
            raise Refused("invalid_code", "The code is expired or used or invalid, please check the code.", 403)
        lists: Body = {"shop_id_list": [self.keys.shop_id], "merchant_id_list": []}
        return Answer(200, {**self._pair(pair.access, pair.refresh, pair.access_seconds), **lists})

    def token_refresh(self, call: Call, now: datetime) -> Answer:
        body = json_body(call)
        if body.get("partner_id") != self.keys.partner_id or body.get("shop_id") != self.keys.shop_id:
            text = "Your refresh token is error ,please check refresh token or shopid."
            raise Refused("error_shop_refresh_token", text, 403)
        pair = self.tokens.renew(str(body.get("refresh_token")), now)
        if pair is None:
            raise Refused("error_auth", "Invalid refresh_token.", 403)
        ids: Body = {"partner_id": self.keys.partner_id, "shop_id": self.keys.shop_id}
        return Answer(200, {**self._pair(pair.access, pair.refresh, pair.access_seconds), **ids})

    def _pair(self, access: str, refresh: str, seconds: int) -> Body:
        tokens: Body = {"access_token": access, "refresh_token": refresh, "expire_in": seconds}
        return {"error": "", "message": "", "request_id": self.request_id(), **tokens}

    def consent(self, call: Call, now: datetime) -> Answer:
        """The legacy consent link; the sandbox's seller always agrees."""
        redirect = call.first("redirect")
        if not redirect:
            raise Refused("error_param", "There is no redirect in query.", 403)
        granted = urlencode({"code": self.tokens.issue_code(now), "shop_id": self.keys.shop_id})
        return Answer(302, {}, f"{redirect}{'&' if '?' in redirect else '?'}{granted}")


def json_body(call: Call) -> Body:
    try:
        body = json.loads(call.body or b"null")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused("error_param", "parse data failed")
    return body
