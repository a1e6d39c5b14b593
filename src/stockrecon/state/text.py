"""Text of people and of the other side, as every database takes it."""

from __future__ import annotations

_MOST = 2_000
"""Characters that are kept: what the other side says has no length that we know."""


def storable(said: str) -> str:
    """Whole characters, no NUL, of a bounded length."""
    return said[:_MOST].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
