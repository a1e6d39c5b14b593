"""Shopee's signature (reference: Shopee 1.2)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from stockrecon.core.secret import Secret
from stockrecon.rest import Request

HOSTS = {
    "global": "https://partner.shopeemobile.com",
    "cn": "https://openplatform.shopee.cn",
    "br": "https://openplatform.shopee.com.br",
    "sandbox": "https://openplatform.sandbox.test-stable.shopee.sg",
}
"""By where the seller's server stands, not by the shop's market (reference: Shopee 1.1)."""

_PUBLIC = ("/api/v2/auth/", "/api/v2/public/", "/api/v2/push/", "/api/v2/shop/auth_partner")


def is_public(path: str) -> bool:
    """Public calls are signed without token and shop."""
    return path.startswith(_PUBLIC)


def sign(key: Secret, *parts: str) -> str:
    """Lower-case hex of HMAC-SHA256 over the parts without separators; the key is used as text, not decoded."""
    return hmac.new(key.reveal().encode("utf-8"), "".join(parts).encode("utf-8"), hashlib.sha256).hexdigest()


class ShopeeSigner:
    """Adds the common parameters to the query, for GET and POST alike. Query and body are not part of the base.

    `access` gives the access token of the moment.
    """

    def __init__(self, partner_id: str, key: Secret, shop_id: str, access: Callable[[], str]) -> None:
        self._partner_id = partner_id
        self._key = key
        self._shop_id = shop_id
        self._access = access

    def sign(self, request: Request, now: datetime) -> Request:
        stamp = str(int(now.timestamp()))
        common = [("partner_id", self._partner_id), ("timestamp", stamp)]
        base = [self._partner_id, request.path, stamp]
        if not is_public(request.path):
            access = self._access()
            common += [("access_token", access), ("shop_id", self._shop_id)]
            base += [access, self._shop_id]
        return request.with_query(*common, ("sign", sign(self._key, *base)))
