"""Fields of TikTok Shop's JSON, read tolerantly where it is known to vary and strictly where a number counts.

A list that would be empty is often left out altogether (reference: TikTok Shop 2.4).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from stockrecon.rest.fields import Malformed as Malformed
from stockrecon.rest.fields import Object as Object
from stockrecon.rest.fields import flag as flag
from stockrecon.rest.fields import plain as plain
from stockrecon.rest.fields import text as text
from stockrecon.rest.fields import whole as whole

_ID = re.compile(r"[0-9A-Za-z_.:-]{1,64}")
_LATEST = 253_402_300_799
"""The end of the year 9999, the last that a time can hold."""


def an_object(value: object, where: str) -> Object:
    """An object; an absent or null one is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{where} is not an object")
    return value


def objects(value: object, where: str) -> list[Object]:
    """A list of objects; an absent or null one is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Malformed(f"{where} is not a list of objects")
    return value


def words(value: object) -> list[str]:
    """The texts of a list, each fit for a message; what is none is left out."""
    return [plain(each) for each in value if text(each)] if isinstance(value, list) else []


def units(value: object, where: str) -> int:
    """A number of units, which TikTok Shop leaves out where there are none."""
    return 0 if value is None or value == "" else whole(value, where)


def identity(value: object, where: str) -> str:
    """An id: a decimal text above 2^53 (reference: TikTok Shop 2.5), which goes into paths as it is."""
    told = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not _ID.fullmatch(told):
        raise Malformed(f"{where} is not an id")
    return told


def moment(value: object, where: str) -> datetime | None:
    """Unix seconds; 0 and absent mean "not happened" (reference: TikTok Shop 2.8)."""
    if value is None or value == "":
        return None
    seconds = whole(value, where)
    if not 0 <= seconds <= _LATEST:
        raise Malformed(f"{where} is not a time in Unix seconds")
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
