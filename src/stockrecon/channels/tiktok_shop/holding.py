"""Until when a promotion holds what may not be lowered: what is told of it beside TikTok Shop's refusal.

A refusal (12052393) says that nothing can be lowered, not for how long. Stock names the campaigns that hold some of it,
and a promotion of the seller's that bears such a name and runs has an end (reference: TikTok Shop 2.6, 2.7, 2.9).
Whether a lock lets stock be lowered to what it holds, or not at all, nothing tells before it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.codes import HELD
from stockrecon.channels.tiktok_shop.fields import Malformed
from stockrecon.channels.tiktok_shop.promotions import Promotion, read_promotions
from stockrecon.channels.tiktok_shop.shops import Shop
from stockrecon.channels.tiktok_shop.stock import Lock
from stockrecon.core.intent import Answered
from stockrecon.core.model import CampaignState, ListingKey
from stockrecon.errors import StockreconError

_AT_MOST = timedelta(hours=6)
"""A promotion may be ended by hand before its time: a decrease must not be kept back for days by an end that was
planned."""


class Holding:
    """What holds each listing at its last reading. Promotions are asked for at the first refusal."""

    def __init__(self, api: TikTokApi, shop: Callable[[], Shop]) -> None:
        self._api = api
        self._shop = shop
        self._locks: dict[ListingKey, Sequence[Lock]] = {}
        self._promotions: Mapping[str, Promotion] | None = None

    def note(self, key: ListingKey, locks: Sequence[Lock]) -> None:
        self._locks[key] = locks

    def explained(self, write: StockWrite, answer: WriteAnswer) -> WriteAnswer:
        """The answer, with the end of what refused a decrease where it is known. Raises nothing."""
        if answer.answered is not Answered.REJECTED or HELD not in answer.text or write.to >= write.shown.exposed:
            return answer
        first = self._first_to_end(write.key)
        if first is None:
            return answer
        ends = min(first.ends_at, self._api.now() + _AT_MOST).astimezone(ZoneInfo(self._shop().zone))
        # `lock_windows` of the capabilities reads it, in the shop's time: until then nothing is tried again.
        held = f"the promotion {first.title} is taken to hold it until {ends:%Y-%m-%d %H:%M:%S}"
        return WriteAnswer(answer.answered, f"{answer.text}; {held}")

    def _first_to_end(self, key: ListingKey) -> Promotion | None:
        """None unless all that hold the listing are promotions that run: of another one's end nobody knows."""
        names = {lock.name for lock in self._locks.get(key, ())}
        if not names:
            return None
        try:
            known = self._promotions = read_promotions(self._api) if self._promotions is None else self._promotions
        except (StockreconError, Malformed):
            self._promotions = {}
            return None
        running = [known[name] for name in names if name in known and known[name].state is CampaignState.RUNNING]
        return min(running, key=lambda one: one.ends_at) if len(running) == len(names) else None
