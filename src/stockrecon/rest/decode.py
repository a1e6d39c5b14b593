"""JSON as a stock controller needs it: what the standard decoder lets through in silence is refused here."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import NoReturn

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 64

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class BadAnswer(Exception):
    """The body is not the JSON that it should be. The text says why and never quotes the body."""


def decode(body: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """Decodes UTF-8 JSON, with or without BOM. Fractions become Decimal, lone surrogates U+FFFD.

    Raises BadAnswer for anything else: an empty body, HTML, a cut body, NaN or Infinity, an object that names a key
    twice (the last would win in silence), nesting deeper than `max_depth`, more than `max_bytes`.
    """
    if len(body) > max_bytes:
        raise BadAnswer(f"the body has {len(body)} bytes, more than the limit of {max_bytes}")
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    start = body[:64].lstrip()
    if not start:
        raise BadAnswer("the body is empty")
    if start.startswith(b"<"):
        raise BadAnswer("the body is HTML or XML, not JSON")
    if _deeper_than(body, max_depth):
        raise BadAnswer(f"the body is cut, not JSON, or nested deeper than {max_depth} levels")
    try:
        document: object = json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError as error:
        raise BadAnswer(f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise BadAnswer(f"the body is not JSON or is cut, at character {error.pos}: {error.msg}") from None
    except (ValueError, ArithmeticError):
        raise BadAnswer("the body holds a number that is too long") from None
    return _mend(document) if _SURROGATE.search(body) else document


def _refuse_constant(name: str) -> NoReturn:
    raise BadAnswer(f"the body holds {name}, which is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadAnswer("an object of the body names one key twice")
    return made


def _deeper_than(body: bytes, limit: int) -> bool:
    """Peels one level of brackets per pass: quick on real pages, and bounded on hostile ones."""
    left = _STRINGS.sub(b"", body).translate(None, _NOT_BRACKETS)
    for _ in range(limit):
        if not left:
            return False
        left = left.replace(b"[]", b"").replace(b"{}", b"")
    return bool(left)


def _mend(value: object) -> object:
    """Half a surrogate pair cannot be written to any file or database: it becomes the replacement character."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_mend(each) for each in value]
    if isinstance(value, dict):
        return {_mend(key): _mend(each) for key, each in value.items()}
    return value
