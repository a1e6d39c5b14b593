"""Lazada's signature (reference: Lazada 1.3).

Every parameter of the query and of the form takes part except `sign`; keys in byte order; names and values as they
are, before URL encoding and without separators, behind the API path without `/rest`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping


def signature(secret: str, path: str, parameters: Mapping[str, str]) -> str:
    """The upper-case hexadecimal HMAC-SHA256 of `path` and `parameters` (reference: Lazada 1.3)."""
    pairs = sorted((name, value) for name, value in parameters.items() if name != "sign")
    base = path + "".join(name + value for name, value in pairs)
    return hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest().upper()


def signed(
    secret: str, app_key: str, path: str, parameters: Mapping[str, str], *, at_ms: int, access_token: str = ""
) -> dict[str, str]:
    """`parameters` with the system parameters and the signature added; `at_ms` is epoch milliseconds.

    Empty values are left out: Lazada's own implementations disagree on whether they are signed (reference: Lazada
    1.3). Without `access_token` (the token calls) none is sent: sending one there breaks the call (1.2).
    """
    whole = {
        "app_key": app_key,
        "sign_method": "sha256",
        "timestamp": str(at_ms),
        "access_token": access_token,
        **parameters,
    }
    whole = {name: value for name, value in whole.items() if value}
    return whole | {"sign": signature(secret, path, whole)}
