"""What every channel tells of an answer that is not understood, and of a clock that is off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from stockrecon.channels.fields import Malformed
from stockrecon.core.model import ShopName
from stockrecon.errors import ReadFault
from stockrecon.rest import describe_skew

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
