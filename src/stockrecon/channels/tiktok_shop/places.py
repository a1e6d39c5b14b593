"""Which number goes to which warehouse: a write names every one of a SKU (reference: TikTok Shop 2.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockrecon.channels.tiktok_shop.stock import Place
from stockrecon.channels.writing import spread

LEAST = 0
"""The least that is sent for a warehouse. The newest page says 1, an older one and live sellers 0: where 0 turns out to
be refused throughout, 1 here keeps it from being sent (reference: TikTok Shop 2.7)."""
MOST = 99_999


def placed(to: int, places: Sequence[Place], warehouse: str) -> Mapping[str, int] | None:
    """Units per warehouse so that those that count hold `to` together; the others keep what they were seen to hold.

    `places`: all of the seller's, TikTok's own left out; `warehouse`: the only one that counts, else "". What is set
    holds the allotments of campaigns and creators as well, so it is what we call exposed. None where it is the
    seller's to say which warehouse is meant (`writing.spread`).
    """
    counting = {place.warehouse: place.units for place in places if warehouse in ("", place.warehouse)}
    meant = spread(to, counting)
    if meant is None:
        return None
    return {place.warehouse: meant.get(place.warehouse, place.units) for place in places}


def out_of_range(to: int, changed: Mapping[str, int]) -> str:
    """Why these numbers are never sent; "" where they may be."""
    if to < LEAST:
        return f"not sent: {to} is below {LEAST}, the least that TikTok Shop takes; {OFF}"
    if any(units > MOST for units in changed.values()):
        return f"not sent: {to} is above {MOST}, the most that TikTok Shop takes for a warehouse"
    return ""


OFF = "switch the listing off in Seller Center instead"
