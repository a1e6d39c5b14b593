"""Text of the outside world made safe to show, and counts in words."""

from __future__ import annotations

import re

# C0, DEL, C1 and the bidirectional controls: what a terminal would obey instead of show. Lone surrogates cannot be
# written at all.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ESCAPE = re.compile("(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?")
# What would make two different SKUs look the same: shown by its code point.
_UNSEEN = re.compile("[\xa0\xad\u1680\u180e\u2000-\u200d\u202f\u205f\u2060-\u2064\u3000\ufeff]")
_EDGE_SPACE = re.compile("^ +| +$")
_SPACES = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """A sentence on one line, without anything that a terminal would obey (escape sequences whole)."""
    return _OBEYED.sub("", _ESCAPE.sub("", _SPACES.sub(" ", text)))


def exact(name: str) -> str:
    """An identifier as it is: what cannot be seen is named by its code point (`<U+200B>`), not left out."""
    shown = _OBEYED.sub(_named, name)
    shown = _UNSEEN.sub(_named, shown)
    return _EDGE_SPACE.sub(_named, shown)


def _named(match: re.Match[str]) -> str:
    return "".join(f"<U+{ord(character):04X}>" for character in match.group())


def count(number: int, one: str, many: str = "") -> str:
    """`1 unit`, `2,000 units`."""
    return f"{number:,d} {one if number == 1 else many or one + 's'}"
