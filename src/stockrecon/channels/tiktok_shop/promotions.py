"""The seller's own promotions, as the times of what campaigns hold (reference: TikTok Shop 2.9).

Stock names the campaign that holds it and no times. A promotion of the seller's has times and a title, which nobody
else of the shop's has; a campaign of TikTok Shop's own is listed nowhere. So a lock is a row of the campaigns table
where exactly one promotion bears its name, and stands in the listing's campaign units alone where none does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.fields import Object, identity, moment, plain, text
from stockrecon.channels.tiktok_shop.stock import Stock
from stockrecon.channels.tiktok_shop.verdicts import Refused
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
    return _by_title([promotion for of_status in lists for promotion in of_status])


def read_few_promotions(api: TikTokApi) -> dict[str, Promotion]:
    """The same, by one call where the shop has no more promotions in all, over or not, than one page holds.

    The status is a filter that may be left out (the vendor's page), and stands in every row. Where that is refused, the
    page does not prove to be the whole list, or a row tells no status, both lists are read.
    """
    try:
        page = api.activities("", "")
    except Refused:
        return read_promotions(api)
    states = [text(row.get("status")) for row in page.rows]
    if page.total != len(page.rows) or not all(states):
        return read_promotions(api)
    return _by_title(
        [
            promotion
            for state, row in zip(states, page.rows, strict=True)
            if state in _STATES and (promotion := _promotion(row, _STATES[state])) is not None
        ]
    )


def _by_title(found: Sequence[Promotion]) -> dict[str, Promotion]:
    times = Counter(promotion.title for promotion in found)
    return {promotion.title: promotion for promotion in found if times[promotion.title] == 1}


def _of_status(api: TikTokApi, status: str) -> list[Promotion]:
    token, seen = "", {""}
    found: list[Promotion] = []
    for _ in range(_PAGES):
        page = api.activities(status, token)
        told = (_promotion(row, _STATES[status]) for row in page.rows)
        found += [promotion for promotion in told if promotion is not None]
        if page.token in seen:
            break
        token = page.token
        seen.add(token)
    return found


def _promotion(row: Object, state: CampaignState) -> Promotion | None:
    """None for one without an end: a discount on shipping, which holds no stock."""
    activity = identity(row.get("id"), "activities[].id")
    starts = moment(row.get("begin_time"), f"promotion {activity}: begin_time")
    ends = moment(row.get("end_time"), f"promotion {activity}: end_time")
    title = plain(text(row.get("title")), 120)
    return Promotion(activity, title, starts, ends, state) if starts and ends and title else None


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
