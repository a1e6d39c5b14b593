"""The seller's own promotions, as the times of what campaigns hold (reference: TikTok Shop 2.9).

Stock names the campaign that holds it and no times. A promotion of the seller's has times and a title, which nobody
else of the shop's has; a campaign of TikTok Shop's own is listed nowhere. So a lock is a row of the campaigns table
where exactly one promotion bears its name, and stands in the listing's campaign units alone where none does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.fields import identity, moment, plain, text
from stockrecon.channels.tiktok_shop.stock import Stock
from stockrecon.core.model import Campaign, CampaignState, ListingKey
from stockrecon.rest import gather

_STATES = {"ONGOING": CampaignState.RUNNING, "NOT_START": CampaignState.UPCOMING}
"""What is over holds nothing any more; when it was over is known from the history of earlier runs."""
_PAGES = 100
"""Searches of promotions end at 10,000 (17029059 of the vendor's page)."""


@dataclass(frozen=True, slots=True)
class Promotion:
    id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: CampaignState


def read_promotions(api: TikTokApi) -> dict[str, Promotion]:
    """Those that run or are to come, by their title; a title that several have tells nothing.

    Raises ReadFault (Unscoped where the app may not ask: the scope is granted by hand), Malformed.
    """
    lists = gather((partial(_of_status, api, status) for status in _STATES), len(_STATES))
    found = [promotion for of_status in lists for promotion in of_status]
    times = Counter(promotion.title for promotion in found)
    return {promotion.title: promotion for promotion in found if times[promotion.title] == 1}


def _of_status(api: TikTokApi, status: str) -> list[Promotion]:
    token, seen = "", {""}
    found: list[Promotion] = []
    for _ in range(_PAGES):
        page = api.activities(status, token)
        for row in page.rows:
            activity = identity(row.get("id"), "activities[].id")
            starts = moment(row.get("begin_time"), f"promotion {activity}: begin_time")
            ends = moment(row.get("end_time"), f"promotion {activity}: end_time")
            title = plain(text(row.get("title")), 120)
            # One without an end is a discount on shipping, which holds no stock.
            if starts is not None and ends is not None and title:
                found.append(Promotion(activity, title, starts, ends, _STATES[status]))
        if page.token in seen:
            break
        token = page.token
        seen.add(token)
    return found


def campaigns_of(key: ListingKey, stock: Stock, promotions: Mapping[str, Promotion]) -> Iterator[Campaign]:
    """`locked` is what is held now, and falls with each order in the campaign: what was sold is not told."""
    held: Counter[str] = Counter()
    for lock in stock.locks:
        if not lock.creator:
            held[lock.name] += lock.units
    for name, units in held.items():
        promotion = promotions.get(name)
        if promotion is not None:
            yield Campaign(promotion.id, key, promotion.starts_at, promotion.ends_at, units, None, promotion.state)
