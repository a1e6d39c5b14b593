"""What a marketplace tells unasked: push messages, proven genuine by their signature over the raw bytes.

A message says where to look again, and nothing else of it is used: what a shop shows is read from the shop. So a
message that is forged, doubled, late or missing changes no number, only how soon a difference is seen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from stockrecon.core.notice import Notice as Notice
from stockrecon.core.notice import Place as Place
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.errors import UsageFault

Object = Mapping[str, object]
_LATEST = 253_402_300_799
"""The end of the year 9999, the last that a time can hold."""


class Forged(Exception):
    """The signature is missing, or not that of the configured secret. The text holds nothing of the message."""


class Unreadable(Exception):
    """A genuine message that is not what the vendor documents. The text names the field and holds no body."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it came. Names of `headers` are in lower case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """A genuine message: whose shop it is about, in the vendor's own words, and what it says of it."""

    shop: str
    notice: Notice


class Hears(Protocol):
    """One marketplace's push messages.

    `within`: seconds within which it wants its answer, an empty one with status 200. `oldest`: what was made longer ago
    is no late delivery any more, since the vendor has given up on it by then; it is a replay. `again`: what is not
    answered well is delivered again.
    """

    within: float
    oldest: timedelta
    again: bool

    def secrets(self, settings: ShopSettings) -> Mapping[str, str]:
        """What proves a message to this shop genuine. Raises UsageFault where the settings lack it."""
        ...

    def is_probe(self, arrived: Arrived) -> bool:
        """Whether this only tries the address, unsigned and without a message, as vendors do when it is entered."""
        ...

    def heard(self, arrived: Arrived, secrets: Mapping[str, str]) -> Heard:
        """The message, proven genuine. Raises Forged, Unreadable."""
        ...

    def means(self, shop: str, settings: ShopSettings, identity: str) -> bool:
        """Whether `Heard.shop` is this shop. `identity`: what it said it is when it was read, "" where it never was."""
        ...


def signed_hex(key: str, *parts: bytes) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of the parts, one behind the other."""
    return hmac.new(key.encode(), b"".join(parts), hashlib.sha256).hexdigest()


def signed_base64(key: str, *parts: bytes) -> str:
    """The same in base64."""
    return base64.b64encode(hmac.new(key.encode(), b"".join(parts), hashlib.sha256).digest()).decode()


def prove(given: str | None, wanted: str) -> None:
    """Raises Forged unless the signatures are equal, compared in constant time, whatever bytes were sent."""
    if not given:
        raise Forged("it carries no signature")
    if not hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), wanted.encode()):
        raise Forged("its signature is another one")


def needed(settings: ShopSettings, *names: str) -> dict[str, str]:
    """These options of a shop, revealed. Raises UsageFault naming the first that is missing."""
    found: dict[str, str] = {}
    for name in names:
        value = revealed(settings.options.get(name))
        if not value:
            raise UsageFault(
                f"{settings.name}: {name} is missing, without which no push message to it can be verified",
                way_on=f"set {name} in the shop's entry of the configuration",
            )
        found[name] = value
    return found


def revealed(value: object) -> str:
    """An option's text, also of a secret one; "" where it is absent."""
    if isinstance(value, Secret):
        return value.reveal()
    return value if isinstance(value, str) else ""


def document(body: bytes | str) -> dict[str, object]:
    """The JSON object of a body. Raises Unreadable."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("its body is no JSON") from None
    if not isinstance(read, dict):
        raise Unreadable("its body is no JSON object")
    return read


def inner(value: object) -> dict[str, object]:
    """An object within a message, also where it comes as JSON in a text; empty where it is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Object]:
    """The objects of a list; what is none is left out."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def identity(value: object) -> str:
    """An id, which comes as number or as text, as text; "" for none, and for the 0 that stands for it."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value) if value > 0 else ""
    if isinstance(value, str) and value.isprintable() and len(value) <= 200:
        return "" if value.strip() == "0" else value.strip()
    return ""


def ids(values: Iterable[object]) -> tuple[str, ...]:
    """Each id once, in the order in which they came."""
    return tuple(dict.fromkeys(found for value in values if (found := identity(value))))


def places(pairs: Iterable[tuple[object, object]]) -> tuple[Place, ...]:
    """Each place once; what names neither an item nor a variation is none."""
    found = ((identity(item), identity(variation)) for item, variation in pairs)
    return tuple(dict.fromkeys(place for place in found if any(place)))


def moment(value: object) -> datetime | None:
    """A time in Unix seconds or milliseconds, as number or text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    seconds = value // 1000 if value > 100_000_000_000 else value
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _LATEST else None


def key_of(*parts: str | bytes) -> str:
    """A key of what tells one message from another, of bounded length."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()[:40]
