"""The forms of values: text, whole numbers, durations, times, zones, addresses.

A form repeats what was written only where that cannot be a secret.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import unquote_plus, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from stockrecon.config.schema import Form, Wrong, kind_of, nearest
from stockrecon.config.yamltree import Items, Keys, Node, Refused, Scalar

T = TypeVar("T")

_INTEGER = re.compile(r"[+-]?[0-9]{1,15}\Z")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z")
_DURATION = re.compile(r"([0-9]{1,9})([smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=3650)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(?P<offset>Z|[+-]\d\d:?\d\d)?\Z", re.ASCII)
_OFFSET = re.compile(r"[+-]([01]\d|2[0-3]):[0-5]\d\Z", re.ASCII)
_LISTING = re.compile(r"[0-9]{1,20}(/[0-9]{1,20})?\Z")
_SHOP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
# The same reading of "user:password@" as SQLAlchemy's: a password may hold a slash.
_PASSWORD = re.compile(r"[\w+]+://[^:/]*:[^@]+@")
_PASSWORD_PARAMETER = re.compile(r"(password|passwd|pwd|secret|token)\s*=", re.IGNORECASE)
_DATABASE_URL = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\+[A-Za-z0-9_]+)?://[^\s]*\Z")


def shown(text: str) -> str:
    """What was written, for a fault: short, on one line, and never an address that may hold a password."""
    if "://" in text or "@" in text:
        return "that"
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _scalar(node: Node, expected: str) -> Scalar:
    if isinstance(node, Refused):
        raise Wrong("", silent=True)
    if not isinstance(node, Scalar) or node.is_null:
        raise Wrong(f"{expected} expected, {kind_of(node)} found")
    return node


def text(node: Node) -> str:
    """A text that is not empty; a number in such a place is the text that was written."""
    scalar = _scalar(node, "a text")
    if not scalar.text.strip():
        raise Wrong("a text expected, an empty one found")
    if "\0" in scalar.text:
        raise Wrong("a text may not hold a NUL character")
    return scalar.text


def digits(node: Node) -> str:
    """An id that consists of digits; stays text."""
    value = text(node)
    if not (value.isascii() and value.isdigit()):
        raise Wrong(f"an id of digits expected, not {shown(value)}")
    return value


def shopify_shop(node: Node) -> str:
    """`my-shop` or `my-shop.myshopify.com`: whose host gets the tokens."""
    value = text(node)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}(\.myshopify\.com)?", value.strip().lower()):
        raise Wrong(
            "the shop's own name at Shopify expected, such as my-shop.myshopify.com (it stands in the address of the "
            f"shop's admin, and under Settings, Domains), not {shown(value)}"
        )
    return value


def listings(node: Node) -> tuple[str, ...]:
    """A list of listings, each an item id, or `ITEM/VARIATION` for one of its variations."""
    if not isinstance(node, Items):
        raise Wrong(f"a list of items expected, {kind_of(node)} found")
    named = tuple(text(each) for each in node.items)
    for each in named:
        if not _LISTING.match(each):
            raise Wrong(f"{shown(each)} is neither an item id nor ITEM/VARIATION")
    return named


def texts(node: Node) -> tuple[str, ...]:
    """A list of texts; one text alone is a list of one."""
    if isinstance(node, Items):
        return tuple(text(each) for each in node.items)
    return (text(node),)


def names(node: Node) -> Mapping[str, str]:
    """A mapping of texts to texts."""
    if not isinstance(node, Keys):
        raise Wrong(f"names with their values expected, {kind_of(node)} found")
    if node.again:
        raise Wrong("a key stands here twice")
    return MappingProxyType({key: text(entry.value) for key, entry in node.entries.items()})


def shop_name(node: Node) -> str:
    value = text(node)
    if not _SHOP_NAME.match(value):
        raise Wrong(
            f"{shown(value)} is no shop name: letters, digits, '-', '_', '.', at most 64, a letter or digit first"
        )
    if value.casefold() == "ledger":
        raise Wrong("no shop can be called ledger: that is what the ledger is called in reports, locks and refusals")
    return value


def whole(least: int = 0, most: int | None = None) -> Form[int]:
    """A whole number without quotes, within a range."""

    def form(node: Node) -> int:
        scalar = _scalar(node, "a whole number")
        if not scalar.plain or not _INTEGER.match(scalar.text):
            quotes = "" if scalar.plain else " in quotes"
            raise Wrong(f"a whole number expected, not {shown(scalar.text)}{quotes}")
        value = int(scalar.text)
        if value < least or (most is not None and value > most):
            span = f"at least {least}" if most is None else f"from {least} to {most}"
            raise Wrong(f"has to be {span}, not {value}")
        return value

    return form


def rate(node: Node) -> float:
    """A number above 0 and at most 1000."""
    scalar = _scalar(node, "a number")
    if not scalar.plain or not _NUMBER.match(scalar.text):
        raise Wrong(f"a number expected, not {shown(scalar.text)}")
    value = float(scalar.text)
    if not 0 < value <= 1000:
        raise Wrong(f"has to be above 0 and at most 1000, not {shown(scalar.text)}")
    return value


def boolean(node: Node) -> bool:
    scalar = _scalar(node, "true or false")
    value = {"true": True, "false": False}.get(scalar.text.lower()) if scalar.plain else None
    if value is None:
        word = scalar.text.lower()
        guess = (
            "true" if word in ("yes", "on", "1", "true") else "false" if word in ("no", "off", "0", "false") else None
        )
        raise Wrong(f"true or false expected, not {shown(scalar.text)}", guess=guess)
    return value


def choice(names: Collection[str]) -> Form[str]:
    """One of some words, in this very spelling."""

    def form(node: Node) -> str:
        value = text(node)
        if value not in names:
            raise Wrong(f"{shown(value)} is not one of {', '.join(names)}", guess=nearest(value, names))
        return value

    return form


def duration(node: Node) -> timedelta:
    """`90s`, `5m`, `2h`, `3d`: above zero, at most ten years."""
    scalar = _scalar(node, "a duration such as 90s, 5m, 2h, 3d")
    match = _DURATION.match(scalar.text)
    if match is None:
        raise Wrong(f"a duration such as 90s, 5m, 2h, 3d expected, not {shown(scalar.text)}")
    value = timedelta(**{_UNITS[match[2]]: int(match[1])}) if int(match[1]) < 10**9 else _LONGEST
    if not timedelta(0) < value <= _LONGEST:
        raise Wrong(f"a duration has to be above 0 and at most {_LONGEST.days}d, not {shown(scalar.text)}")
    return value


def moment(node: Node) -> datetime:
    """A time with an offset, `2026-11-11T00:00+07:00`; in UTC."""
    scalar = _scalar(node, "a time")
    match = _TIME.match(scalar.text)
    if match is None:
        raise Wrong(f"a time such as 2026-11-11T00:00+07:00 expected, not {shown(scalar.text)}")
    if match["offset"] is None:
        raise Wrong(f"a time needs its offset, such as {scalar.text[:16].replace(' ', 'T')}+07:00")
    try:
        return datetime.fromisoformat(scalar.text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong(f"there is no such time as {shown(scalar.text)}") from None


def zone(node: Node) -> str:
    """An IANA zone (`Asia/Ho_Chi_Minh`) or an offset (`+07:00`)."""
    value = text(node)
    if value in ("UTC", "Z") or _OFFSET.match(value):
        return value
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        guess = nearest(value, available_timezones())
        raise Wrong(
            f"{shown(value)} is no time zone; an IANA name or an offset such as +07:00 expected", guess=guess
        ) from None
    return value


def base_url(node: Node) -> str:
    """An address without credentials, query and fragment; https, or http for a loopback host. No slash at its end."""
    value = text(node)
    check_address(value)
    if "?" in value or "#" in value:
        raise Wrong("an address may not hold a query (?) or a fragment (#)")
    return value.rstrip("/")


def check_address(value: str) -> None:
    """An address without credentials; https, or http for a loopback host. Raises Wrong, without the value."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Wrong("an address such as https://host expected") from None
    if not re.fullmatch(r"[!-\[\]-~]+", value) or parts.scheme not in ("http", "https") or not host:
        raise Wrong("an address such as https://host expected")
    if "@" in parts.netloc:
        raise Wrong("an address may not hold a name or a password; secrets have their own keys")
    if parts.scheme == "http" and not _is_loopback(host):
        raise Wrong("plain http is accepted for loopback hosts only (127.0.0.1, ::1, localhost); use https")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def holds_password(url: str) -> bool:
    """A database URL with a password in it, before the host or among its parameters."""
    return bool(_PASSWORD.match(url) or _PASSWORD_PARAMETER.search(unquote_plus(url)))


def is_database_url(value: str) -> bool:
    return bool(_DATABASE_URL.match(value))


def nullable(form: Callable[[Node], T]) -> Form[tuple[T | None]]:
    """Null, or what another form understands; in a tuple of one, so that a null is told from a fault."""

    def either(node: Node) -> tuple[T | None]:
        if isinstance(node, Scalar) and node.is_null:
            return (None,)
        return (form(node),)

    return either
