"""What a control request says: the fields of its JSON body by name and type, times and durations."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from stockrecon.sandbox.clock import FIRST_YEAR, LAST_YEAR
from stockrecon.sandbox.records import Key

T = TypeVar("T")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Bad(Exception):
    """A control request that cannot be carried out, and its HTTP status."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text, self.status = text, status


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of a request body, each asked for by name and type."""

    fields: dict[str, object]

    def text(self, name: str, default: str | None = None) -> str:
        value = self.fields.get(name)
        if value is None or value == "":
            if default is None:
                raise Bad(f"{name} is missing")
            return default
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Bad(f"{name} must be text")
        return str(value)

    def whole(self, name: str, default: int | None = None) -> int:
        value = self.fields.get(name, default)
        if value is None:
            raise Bad(f"{name} is missing")
        if isinstance(value, bool) or not isinstance(value, int):
            raise Bad(f"{name} must be a whole number")
        return value

    def number(self, name: str, default: float) -> float:
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise Bad(f"{name} must be a number of at least 0")
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise Bad(f"{name} must be true or false")
        return value

    def time(self, name: str, default: datetime) -> datetime:
        return moment(self.text(name), name) if self.fields.get(name) is not None else default

    def key(self) -> Key:
        return self.text("item_id"), self.text("variation_id", "")


def moment(text: str, name: str = "time") -> datetime:
    """ISO 8601 with an offset."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Bad(f"{name}: {text!r} is not an ISO 8601 time") from None
    if when.tzinfo is None:
        raise Bad(f"{name}: {text!r} has no offset")
    if not FIRST_YEAR < when.year < LAST_YEAR:
        raise Bad(f"{name}: {text!r} is not between {FIRST_YEAR + 1} and {LAST_YEAR - 1}")
    return when


def duration(text: str) -> timedelta:
    """`90s`, `31m`, `2h`, `3d`, or several of them together (`1h30m`)."""
    if not re.fullmatch(r"(\d{1,9}[smhd])+", text):
        raise Bad(f"advance: {text!r} is not a duration such as 90s, 31m, 2h or 3d")
    parts = re.findall(r"(\d+)([smhd])", text)
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in parts))


def read_body(body: bytes) -> Asked:
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Bad("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise Bad("the body must be a JSON object")
    return Asked(fields)


def pick(name: str, text: str, choices: dict[str, T]) -> T:
    if text not in choices:
        raise Bad(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    return choices[text]
