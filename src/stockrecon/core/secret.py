"""A text that must never be shown: keys, tokens, passwords."""

from __future__ import annotations

import hmac
from collections.abc import Callable

HIDDEN = "***"


class Secret:
    """Holds a secret text so that only `reveal()` gives it out.

    repr, str, format, pickle and JSON (with `default=str`) give `***`; so does a traceback that shows variables.
    Two secrets are compared in constant time. A secret is never equal to a plain text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one place that signs or sends with it."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._text), _bytes(other._text))

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        return self

    def __reduce__(self) -> tuple[Callable[[str], str], tuple[str]]:
        return str, (HIDDEN,)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
