"""What spreadsheets and hands do to a SKU, recognised: two spellings that would be one if the damage were undone.

Nothing is ever joined by this. A SKU is an exact string, and `00123` and `123` may both be right; what looks like
damage is told to people with both spellings, and they say which one it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from stockrecon.core.mangled import readings
from stockrecon.core.words import exact


class Damage(StrEnum):
    """The kinds of damage, each in the words that a report has for it."""

    MARKER = "the apostrophe or the = and quotes by which a spreadsheet is told to keep a text"
    INVISIBLE = "characters of no width"
    BLANK = "a non-breaking or other special blank"
    ENDS = "blanks at its ends"
    WIDTH = "full-width or differently composed characters"
    LOOK_ALIKE = "look-alike letters or signs of another alphabet"
    CASE = "capital and small letters"
    EXPONENT = "a number written with an exponent"
    DECIMALS = "a trailing .0 or zeros behind a decimal point"
    ZEROS = "lost leading zeros"
    DATE = "turned into a date"
    DIGITS = "digits lost to a number of limited precision"


@dataclass(frozen=True, slots=True)
class Likeness:
    """A SKU of the ledger that another spelling would match if `kinds` of damage were undone."""

    sku: str
    kinds: tuple[Damage, ...]

    def __str__(self) -> str:
        return f"{spelled(self.sku)} (damage: {', '.join(kind.value for kind in self.kinds)})"


_BLANK = re.compile(r"[^\S ]")
_SPACE = re.compile(r"(\s)")
_MARKED = re.compile(r"'(.+)|=\"(.*)\"", re.DOTALL)
_EXPONENT = re.compile(r"([0-9]{1,40})(?:\.([0-9]{1,40}))?[eE]\+?([0-9]{1,2})", re.ASCII)
_LONGEST = 40
"""Digits of a number that is written out; a longer one is no SKU."""
_CYRILLIC = ("АВЕЅІЈКМНОРСТУХҮаеѕіјорсухү", "ABESIJKMHOPCTYXYaesijopcyxy")
_GREEK = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν", "ABEZHIKMNOPTYXoav")
_SIGNS = ("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2018\u2019\u02bc\u2032\u201c\u201d\u2033", "-------''''\"\"\"")
_ALIKE = str.maketrans(*("".join(part) for part in zip(_CYRILLIC, _GREEK, _SIGNS, strict=True)))


def _unmarked(text: str) -> str:
    match = _MARKED.fullmatch(text)
    return text if match is None else match[1] or match[2] or ""


def _seen(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def _composed(text: str) -> str:
    # Blanks are left to their own kind.
    return "".join(part if part.isspace() else unicodedata.normalize("NFKC", part) for part in _SPACE.split(text))


def _written_out(text: str) -> str:
    match = _EXPONENT.fullmatch(text)
    if match is None:
        return text
    whole, decimals, exponent = match[1], (match[2] or "").rstrip("0"), int(match[3])
    if len(decimals) > exponent or len(whole) + exponent > _LONGEST:
        return text
    return whole + decimals.ljust(exponent, "0")


def _whole(text: str) -> str:
    whole, point, decimals = text.partition(".")
    if not (point and text.isascii() and whole.isdigit() and decimals.isdigit()):
        return text
    return f"{whole}.{kept}" if (kept := decimals.rstrip("0")) else whole


def _unpadded(text: str) -> str:
    return text.lstrip("0") or "0" if text.isascii() and text.isdigit() else text


_UNDO: tuple[tuple[Damage, Callable[[str], str]], ...] = (
    (Damage.INVISIBLE, _seen),
    (Damage.BLANK, lambda text: _BLANK.sub(" ", text)),
    (Damage.ENDS, lambda text: text.strip(" ")),
    (Damage.WIDTH, _composed),
    (Damage.LOOK_ALIKE, lambda text: text.translate(_ALIKE)),
    (Damage.MARKER, _unmarked),
    (Damage.CASE, str.casefold),
    (Damage.EXPONENT, _written_out),
    (Damage.DECIMALS, _whole),
    (Damage.ZEROS, _unpadded),
)
_NUMBERS = frozenset((Damage.EXPONENT, Damage.DECIMALS, Damage.ZEROS))
_FOR_GOOD = {"date": Damage.DATE, "digits": Damage.DIGITS}


def undone(sku: str, but: frozenset[Damage] = frozenset()) -> str:
    """The SKU without any damage that can be undone, but for some kinds."""
    for kind, undo in _UNDO:
        if kind not in but:
            sku = undo(sku)
    return sku


def damage(one: str, other: str) -> tuple[Damage, ...]:
    """The kinds of damage between two spellings; none where they are the same, or are not alike."""
    if one == other:
        return ()
    if undone(one) == undone(other):
        return _needed(one, other)
    a, b = readings(undone(one, _NUMBERS)), readings(undone(other, _NUMBERS))
    kinds = {x.kind for x in a for y in b if (x.kind, x.key) == (y.kind, y.key) and x.made is not y.made}
    return tuple(kind for name, kind in _FOR_GOOD.items() if name in kinds)


def _needed(one: str, other: str) -> tuple[Damage, ...]:
    """Without which kinds the two would differ; where each can stand for another, all that change either."""
    needed = tuple(kind for kind, _ in _UNDO if undone(one, frozenset((kind,))) != undone(other, frozenset((kind,))))
    return needed or tuple(kind for kind, undo in _UNDO if undo(one) != one or undo(other) != other)


def keys(sku: str) -> frozenset[str]:
    """Texts by which alike SKUs find one another: two with damage between them have one in common."""
    return frozenset((undone(sku), *(reading.key for reading in readings(undone(sku, _NUMBERS)))))


def nearest(sku: str, known: Iterable[str]) -> tuple[Likeness, ...]:
    """Those of the known SKUs that are alike, the fewest kinds of damage first."""
    found = [Likeness(other, kinds) for other in set(known) if (kinds := damage(sku, other))]
    return tuple(sorted(found, key=lambda one: (len(one.kinds), one.sku)))


def spelled(sku: str) -> str:
    """The SKU with every character that is not what it seems named by its code point."""
    named = (f"<U+{ord(char):04X}>" if _seems(char) else char for char in sku)
    return exact("".join(named))


def _seems(char: str) -> bool:
    return not char.isascii() and (_composed(char.translate(_ALIKE)) != char or unicodedata.combining(char) > 0)
