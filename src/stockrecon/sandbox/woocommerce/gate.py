"""Who may call a WooCommerce site: key and secret, OAuth 1.0a, and what a key may do (reference: WooCommerce 3.1).

Over HTTPS key and secret stand in the query or in Basic authentication. Over plain HTTP these are not even looked at:
there a caller signs (OAuth 1.0a with one leg, in the query, a form or the header). Loopback counts as HTTPS unless the
site is told otherwise or a proxy's `X-Forwarded-Proto` says so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, unquote

from stockrecon.sandbox.wire import Body, Call, integer
from stockrecon.sandbox.woocommerce.records import SiteOptions

WINDOW = 900
"""Seconds that a timestamp may be off, and for which a nonce is remembered (reference: WooCommerce 3.1)."""
ALGORITHMS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
OAUTH_NAMES = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
_READING = frozenset({"GET", "HEAD"})
Pairs = dict[str, str]


class Refused(Exception):
    """An answer with an error of the site's: its code, its words, its HTTP status, and what else `data` holds."""

    def __init__(self, code: str, message: str, status: int, data: Body | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.status, self.data = code, message, status, data or {}

    def error(self) -> Body:
        """As it stands in an answer, and inside a batch."""
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.data}}


def _denied(message: str, code: str = "woocommerce_rest_authentication_error") -> Refused:
    return Refused(code, message, 401)


@dataclass(slots=True)
class ApiKey:
    """`alive`: not revoked. What it may do is an option of the site."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    alive: bool = True


def flat(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Parameters as PHP takes them: the last of a name counts, and `name[]` are numbered."""
    found: Pairs = {}
    counts: dict[str, int] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            base = name[:-2]
            counts[base] = counts.get(base, -1) + 1
            name = f"{base}[{counts[base]}]"
        found[name] = value
    return found


def signature(secret: str, method: str, address: str, params: Mapping[str, str], algorithm: str) -> str:
    """Base64 HMAC over method, address without query, and the sorted parameters (reference: WooCommerce 3.1)."""
    joined = "&".join(f"{quote(name, safe='')}={quote(params[name], safe='')}" for name in sorted(params))
    base = "&".join((method.upper(), quote(address, safe=""), quote(joined, safe="")))
    digest = hmac.new(f"{secret}&".encode(), base.encode(), ALGORITHMS[algorithm]).digest()
    return base64.b64encode(digest).decode()


class Gate:
    """Checks calls to one site. `prefix`: the path of the site on its host, in which a signature is made."""

    def __init__(self, key: ApiKey, site: SiteOptions, prefix: str) -> None:
        self.key, self.site, self.prefix = key, site, prefix
        self._nonces: dict[str, float] = {}

    def scheme(self, call: Call) -> str:
        """What the caller dialled."""
        return "https" if call.headers.get("x-forwarded-proto") == "https" else "http"

    def root(self, call: Call) -> str:
        """The site's own address, as the caller knows it."""
        return f"{self.scheme(call)}://{call.headers.get('host', 'sandbox.invalid')}{self.prefix}"

    def _safe(self, call: Call) -> bool:
        forwarded = call.headers.get("x-forwarded-proto")
        return forwarded == "https" if forwarded else self.site.tls

    def caller(self, call: Call, now: datetime) -> ApiKey | None:
        """Whose call it is; None for anybody's. Raises Refused (401)."""
        query = flat(call.query)
        wrong: Refused | None = None
        if self._safe(call):
            consumer_key, secret = _plain(call, query)
            if consumer_key and secret and (known := self._find(consumer_key)) is not None:
                if hmac.compare_digest(known.consumer_secret.encode(), secret.encode()):
                    return known
                wrong = _denied("Consumer secret is invalid.")
        signed = self._signed(call, query, now)
        if signed is None and wrong is not None:
            raise wrong
        return signed

    def _find(self, consumer_key: str) -> ApiKey | None:
        return self.key if self.key.alive and consumer_key == self.key.consumer_key else None

    def _signed(self, call: Call, query: Pairs, now: datetime) -> ApiKey | None:
        params = {**query, **flat(call.form), **_oauth_header(call)}
        missing = [name for name in OAUTH_NAMES if not params.get(name)]
        if len(missing) == len(OAUTH_NAMES):
            return None
        if missing:
            text = f"Missing OAuth parameter{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
            raise _denied(text, "woocommerce_rest_authentication_missing_parameter")
        known = self._find(params["oauth_consumer_key"])
        if known is None:
            raise _denied("Consumer key is invalid.")
        self._check_signature(call, params, known)
        self._check_time(params, now)
        return known

    def _check_signature(self, call: Call, params: Pairs, known: ApiKey) -> None:
        given = unquote(params.pop("oauth_signature").replace(" ", "+"))
        algorithm = params["oauth_signature_method"]
        if algorithm not in ALGORITHMS:
            raise _denied("Invalid signature - signature method is invalid.")
        # The plain form of the address has no path; some callers sign it with its slash.
        paths = (call.path, "") if call.path == "/" else (call.path,)
        ways = [
            signature(known.consumer_secret, call.method, self.root(call) + path, params, algorithm) for path in paths
        ]
        if not any(hmac.compare_digest(way.encode(), given.encode(errors="replace")) for way in ways):
            raise _denied("Invalid signature - provided signature does not match.")

    def _check_time(self, params: Pairs, now: datetime) -> None:
        seconds, stamp = integer(params["oauth_timestamp"]), now.timestamp()
        if seconds is None or abs(stamp - seconds) > WINDOW:
            raise _denied("Invalid timestamp.")
        self._nonces = {nonce: until for nonce, until in self._nonces.items() if until >= stamp}
        if params["oauth_nonce"] in self._nonces:
            raise _denied("Invalid nonce - nonce has already been used.")
        self._nonces[params["oauth_nonce"]] = seconds + WINDOW

    def check_rights(self, method: str) -> None:
        """The key reads, writes, or does both. Raises Refused (401)."""
        needed = "read" if method in _READING else "write"
        if method != "OPTIONS" and self.site.rights not in (needed, "read_write"):
            raise _denied(f"The API key provided does not have {needed} permissions.")


def _plain(call: Call, query: Pairs) -> tuple[str, str]:
    """Key and secret in the query, else those of Basic authentication."""
    if query.get("consumer_key") and query.get("consumer_secret"):
        return query["consumer_key"], query["consumer_secret"]
    kind, _, encoded = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return "", ""
    user, _, password = text.partition(":")
    return user, password


def _oauth_header(call: Call) -> Pairs:
    text = call.headers.get("authorization", "").strip()
    if not text.startswith("OAuth "):
        return {}
    return {name: unquote(value) for name, value in re.findall(r'(oauth_[a-z_-]*)="([^"]*)"', text)}
