"""Lists that must prove their end: Shopee's own mark and Shopee's own total have to agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from stockrecon.channels.shopee.api import ShopeeApi
from stockrecon.channels.shopee.errors import Refused
from stockrecon.channels.shopee.fields import Object, flag, identity, objects, whole
from stockrecon.rest import gather

_EPOCH_OF_SHOPEE = 1_420_070_400
"""2015-01-01: no item is older than the marketplace."""
_CEILING = "offset over limit"


@dataclass(slots=True)
class Listed:
    """Ids in the order in which they came, each once. `reason` is empty where the end is proven."""

    ids: dict[str, None] = field(default_factory=dict)
    reason: str = ""


def all_items(api: ShopeeApi, workers: int = 1) -> Listed:
    """Every live item's id. A list that does not agree with its total is read once more (a shop changes meanwhile)."""
    listed = _items(api, workers)
    return _items(api, workers) if listed.reason else listed


def updated_items(api: ShopeeApi, since: datetime) -> tuple[Listed, int]:
    """Items whose update_time is of `since` or later, new ones among them, and how many items there are in all.

    A write of stock does not move update_time (reference: Shopee 3.1): this tells of edits, not of stock.
    """
    window = int(since.timestamp()), int((api.now() + timedelta(days=1)).timestamp())
    try:
        listed = _sweep(api, window, 1)
    except Refused as refusal:
        if _CEILING not in refusal.message.lower():
            raise
        listed = Listed(reason="more items were updated than one list shows")
    return listed, whole(api.item_list(0).get("total_count"), "get_item_list: total_count")


def _items(api: ShopeeApi, workers: int) -> Listed:
    try:
        return _sweep(api, None, workers)
    except Refused as refusal:
        if _CEILING not in refusal.message.lower():
            raise
    # Too many for one list: windows of update_time, halved until each stays below the ceiling. An item whose
    # update_time moves meanwhile leaves its window, so the overall total has to agree as well.
    whole_total = whole(api.item_list(0).get("total_count"), "get_item_list: total_count")
    begin, end = _EPOCH_OF_SHOPEE, int((api.now() + timedelta(days=1)).timestamp())
    listed = _halved(api, begin, end, workers)
    if not listed.reason and len(listed.ids) != whole_total:
        listed.reason = f"get_item_list counts {whole_total} items, its windows held {len(listed.ids)}"
    return listed


def _halved(api: ShopeeApi, begin: int, end: int, workers: int) -> Listed:
    try:
        return _sweep(api, (begin, end), workers)
    except Refused as refusal:
        if _CEILING not in refusal.message.lower() or end <= begin:
            raise
    middle = (begin + end) // 2
    first, second = _halved(api, begin, middle, workers), _halved(api, middle + 1, end, workers)
    first.ids.update(second.ids)
    return Listed(first.ids, first.reason or second.reason)


def _sweep(api: ShopeeApi, window: tuple[int, int] | None, workers: int) -> Listed:
    listed, totals = Listed(), []
    offset, ahead = 0, dict[int, Object]()
    while True:
        page = ahead.pop(offset, None) or api.item_list(offset, window)
        totals.append(whole(page.get("total_count"), "get_item_list: total_count"))
        entries = objects(page.get("item"), "get_item_list: item")
        for entry in entries:
            listed.ids[identity(entry.get("item_id"), "get_item_list: item_id")] = None
        if not flag(page.get("has_next_page")):
            break
        following = page.get("next_offset")
        step = whole(following, "get_item_list: next_offset") if following not in (None, "") else offset + len(entries)
        if step <= offset:
            listed.reason = f"get_item_list says that pages follow, but not after offset {offset}"
            return listed
        if offset == 0 and step == len(entries):
            ahead = _ahead(api, window, range(step, totals[0], step), workers)
        offset = step
    listed.reason = _doubt(len(listed.ids), totals)
    return listed


def _ahead(api: ShopeeApi, window: tuple[int, int] | None, offsets: range, workers: int) -> dict[int, Object]:
    """The pages behind the first one, at once: their offsets are known from its size and total. Whether each page is
    followed by the next one is still for Shopee's own mark to say. The farthest comes first: if it is over the limit,
    or holds nothing, the others need not be asked for."""
    empty: list[int] = []

    def page(offset: int) -> Object:
        got = api.item_list(offset, window)
        if not got.get("item"):
            empty.append(offset)
        return got

    def pages() -> Iterator[Callable[[], Object]]:
        for offset in reversed(offsets):
            if empty:
                return
            yield partial(page, offset)

    return dict(zip(reversed(offsets), gather(pages(), workers), strict=False))


def _doubt(seen: int, totals: list[int]) -> str:
    """Why these pages are not proven to be all. What is new meanwhile is no reason; what is gone moves the rows behind
    it towards pages that were read already."""
    first, least, most = totals[0], min(totals), max(totals)
    if least < first:
        return f"get_item_list counted {first} items, and {least} while they were read"
    if not first <= seen <= most:
        return f"get_item_list counts {first} items, its pages held {seen}"
    return ""
