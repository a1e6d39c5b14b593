"""When a channel lets nothing be lowered for a time, and says so in its refusal (mega campaigns)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from stockrecon.core.model import Push, ShopFacts


@dataclass(frozen=True, slots=True)
class Window:
    """Until `until` the channel takes raises only. `campaign`: what it calls the occasion, "" where it does not."""

    until: datetime
    campaign: str = ""


def window_of(push: Push | None, shop: ShopFacts) -> Window | None:
    """The window that a refused push was told of, by the channel's patterns; None where it was told of none.

    The time is printed without a zone and read in the shop's own.
    """
    if push is None or push.ok:
        return None
    for pattern in shop.capabilities.lock_windows:
        found = re.search(pattern, push.error, re.IGNORECASE)
        if found is None:
            continue
        try:
            until = datetime.fromisoformat(found["until"]).replace(tzinfo=shop.tz)
        except ValueError:
            continue
        return Window(until.astimezone(UTC), found.groupdict().get("campaign") or "")
    return None


def open_window(push: Push | None, shop: ShopFacts) -> Window | None:
    """The same where it is not over at the shop's `as_of`."""
    window = window_of(push, shop)
    return window if window is not None and shop.as_of < window.until else None
