"""What goes out and what comes back, as values that never show a query, a header or a body when printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from stockrecon.rest.decode import decode

Pairs = tuple[tuple[str, str], ...]


def encode_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """`a=1&b=2` with everything but unreserved characters percent-encoded (a space is %20), in the given order."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` is the vendor's own path, without the prefix that a base URL may carry.

    A body is `form` pairs or a `json` value, not both. `repeatable` False: a lost answer may mean that it took effect
    (a token refresh, a write), so it is sent again only where nothing left this machine or the shop throttled it.
    `within`: seconds after the call began in which an attempt may begin; what a write was decided on grows old.
    """

    method: str
    path: str
    query: Pairs = ()
    headers: Pairs = ()
    form: Pairs | None = None
    json: object = None
    repeatable: bool = True
    within: float | None = None

    @property
    def target(self) -> str:
        """Path and encoded query, as it goes on the request line."""
        return f"{self.path}?{encode_pairs(self.query)}" if self.query else self.path

    @property
    def body(self) -> bytes | None:
        if self.form is not None:
            return encode_pairs(self.form).encode("ascii")
        if self.json is not None:
            return json.dumps(self.json, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        return None

    @property
    def content_type(self) -> str | None:
        if self.form is not None:
            return "application/x-www-form-urlencoded;charset=utf-8"
        return "application/json" if self.json is not None else None

    def with_query(self, *pairs: tuple[str, str]) -> Request:
        return replace(self, query=self.query + pairs)

    def first(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.path})"


@dataclass(slots=True)
class Answer:
    """One whole answer. Header names are in lower case. `json()` decodes the body once."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    _document: object = field(default=None, init=False)
    _decoded: bool = field(default=False, init=False)

    def json(self) -> object:
        """The body as JSON (see `decode`). Raises BadAnswer, which the client takes as a failure of transport."""
        if not self._decoded:
            self._document = decode(self.body)
            self._decoded = True
        return self._document

    @property
    def date(self) -> datetime | None:
        """The `Date` header: the other side's clock, to the second, cut off."""
        return http_date(self.headers.get("date", ""))

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, {len(self.body)} bytes)"


def http_date(text: str) -> datetime | None:
    """An HTTP date in UTC; None where it is not one."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for: a number, or an HTTP date against the answer's own `Date` (else `now`)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = http_date(text)
    if moment is None:
        return None
    return max(0.0, (moment - (answer.date or now)).total_seconds())
