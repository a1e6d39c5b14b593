"""What every channel tells: an answer that is not understood, a clock that is off, tokens that end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from stockrecon.channels.base import CheckLine
from stockrecon.channels.keeper import STEPS, ending
from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens
from stockrecon.errors import ReadFault
from stockrecon.rest import describe_skew
from stockrecon.rest.fields import Malformed

SKEW_WORTH_A_WORD = timedelta(seconds=60)


@contextmanager
def documented(shop: ShopName, vendor: str) -> Iterator[None]:
    """A field that is not what the vendor documents is a ReadFault that names it."""
    try:
        yield
    except Malformed as bad:
        text = f"an answer is not what {vendor} documents: {bad}"
        raise ReadFault(shop, text, way_on="if it stays so, report it with this text") from None


def clock_warning(skew: timedelta | None, vendor: str, worth: timedelta = SKEW_WORTH_A_WORD) -> list[str]:
    """That this machine's clock is off, where it is worth a word; nothing is wrong by it, the vendor's time counts."""
    if skew is None or abs(skew) < worth:
        return []
    return [f"this machine's clock is {describe_skew(skew)}; {vendor}'s time was used"]


def refresh_line(tokens: Tokens, now: datetime, again: str) -> CheckLine:
    """How long a refresh token whose life no renewal lengthens is still good. `again`: how to get a new one."""
    ends = tokens.refresh_ends
    if ends is None:
        return CheckLine(None, "refresh token", "its end is not known until it is used for the first time")
    if ends <= now:
        return CheckLine(False, "refresh token", ending(ends, now), again)
    soon = ends - now <= max(STEPS)
    return CheckLine(None if soon else True, "refresh token", ending(ends, now), again if soon else "")
