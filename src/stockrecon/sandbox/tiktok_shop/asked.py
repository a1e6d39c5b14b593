"""What a call to TikTok Shop asks for: its body, lists of ids, pages, windows of time."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from stockrecon.sandbox.asking import Asked, Bad, read_body
from stockrecon.sandbox.tiktok_shop.gate import Refused
from stockrecon.sandbox.wire import Body, Call, integer, unique

T = TypeVar("T")
_OFFSET = re.compile(r"offset=(\d{1,9})")


def body_of(call: Call) -> Asked:
    """The JSON object of a body; no body is an empty one."""
    if call.body and not call.content_type.startswith("application/json"):
        text = "Invalid request format. The request body format must be `application/json` for structured data."
        raise Refused(36009022, text, 400)
    try:
        return read_body(call.body)
    except Bad:
        raise Refused(36009022, "Invalid request format. The request body is not a JSON object.", 400) from None


def texts(asked: Asked, name: str, most: int, too_many: Refused) -> list[str]:
    """A list of texts, each once. Raises `too_many` over `most` of them, Bad for anything else."""
    values = asked.fields.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Bad(f"{name} must be a list of strings")
    if len(values) > most:
        raise too_many
    return unique(values)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. The token of the next one is opaque; after the last one it is empty (reference: TikTok 2.5)."""

    offset: int
    size: int

    def cut(self, found: list[T], name: str, shown: Callable[[T], Body]) -> Body:
        """The page's rows under `name`, which is left out where there are none, the total, and the next token."""
        rows = [shown(one) for one in found[self.offset : self.offset + self.size]]
        end = self.offset + self.size
        token = base64.b64encode(f"offset={end}".encode()).decode() if end < len(found) else ""
        return {**({name: rows} if rows else {}), "total_count": len(found), "next_page_token": token}


def page_of(size: str | None, token: str | None, most: int, bad_size: Refused, bad_token: Refused) -> Page:
    """The page that a call names. Raises `bad_size`, also without a size, and `bad_token`."""
    number = integer(size)
    if number is None or not 1 <= number <= most:
        raise bad_size
    if not token:
        return Page(0, number)
    try:
        match = _OFFSET.fullmatch(base64.b64decode(token, validate=True).decode("ascii"))
    except (binascii.Error, ValueError):
        match = None
    if match is None:
        raise bad_token
    return Page(int(match[1]), number)


@dataclass(frozen=True, slots=True)
class Window:
    """Bounds of a time in seconds. `last`: the upper one is included (products) or not (orders)."""

    name: str
    begin: int | None
    end: int | None
    last: bool

    def __contains__(self, when: object) -> bool:
        if not isinstance(when, int):
            return False
        early = self.begin is not None and when < self.begin
        late = self.end is not None and (when > self.end if self.last else when >= self.end)
        return not early and not late


def windows(asked: Asked, end: str) -> list[Window]:
    """The windows `create_time` and `update_time`; `end` is the suffix of the upper bound, `le` or `lt`."""
    found = [
        Window(name, _bound(asked, f"{name}_ge"), _bound(asked, f"{name}_{end}"), end == "le")
        for name in ("create_time", "update_time")
    ]
    return [window for window in found if window.begin is not None or window.end is not None]


def _bound(asked: Asked, name: str) -> int | None:
    return asked.whole(name) if asked.fields.get(name) is not None else None


def one_of(asked: Asked, name: str, choices: Iterable[str]) -> str:
    """A text out of several, empty if it is not given. Raises Bad."""
    text = asked.text(name, "")
    if text and text not in choices:
        raise Bad(f"{name} must be one of {', '.join(choices)}")
    return text
