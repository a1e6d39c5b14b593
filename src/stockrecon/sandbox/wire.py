"""A request and an answer without any web framework, so that a marketplace's face is a plain function of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Body = dict[str, object]
PER_SECOND, BURST = 20.0, 20
"""Requests that a shop takes where its vendor publishes no numbers: generous, and can be set."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is the vendor's own path, without the shop's prefix; `form` are a form body's fields."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By their names in small letters."""

    def first(self, name: str) -> str | None:
        """The first value of a query parameter; None without it."""
        return next((value for key, value in self.query if key == name), None)

    def all(self, name: str) -> list[str]:
        """Every value of a list parameter: repeated keys, comma-joined, and in brackets (reference: Shopee 1.3)."""
        values: list[str] = []
        for key, value in self.query:
            if key == name:
                values += [part.strip().strip("\"'") for part in value.strip().strip("[]").split(",")]
        return [value for value in values if value]


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is written as JSON; `raw` is sent as it stands in its place, as `content_type`."""

    status: int = 200
    body: object = field(default_factory=dict)
    location: str = ""
    """Where a redirect goes (consent pages only)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json"


class TokenBucket:
    """`per_second` requests on average, `burst` at once, by the real time that `ticks` counts."""

    def __init__(self, per_second: float, burst: int, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self.configure(per_second, burst)

    def configure(self, per_second: float, burst: int) -> None:
        self.per_second, self.burst = per_second, burst
        self._left, self._seen = float(burst), self._ticks()

    def take(self) -> bool:
        seen = self._ticks()
        self._left = min(float(self.burst), self._left + (seen - self._seen) * self.per_second)
        self._seen = seen
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RateLimit:
    """Buckets of one size, one for each of the vendor's limits, by the name that a face gives it."""

    def __init__(self, per_second: float, burst: int, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self.configure(per_second, burst)

    def configure(self, per_second: float, burst: int) -> None:
        self.per_second, self.burst = per_second, burst
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, name: str) -> bool:
        if name not in self._buckets:
            self._buckets[name] = TokenBucket(self.per_second, self.burst, self._ticks)
        return self._buckets[name].take()


def is_loopback(host: str) -> bool:
    """A name or an address that only this machine answers to."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def integer(text: str | None) -> int | None:
    """ASCII digits with an optional minus, else None."""
    if text is None or not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 20:
        return None
    return int(text)


def number_or_text(text: str) -> int | str:
    """An id as a JSON number where that keeps it exact."""
    return int(text) if text.isascii() and text.isdigit() and str(int(text)) == text else text


def page(items: list[str], offset: int, size: int) -> list[str]:
    return items[offset : offset + size]


def unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
