"""Reading the ids of a shop's orders by their last update, with proof of the end (reference: Shopee 5.1).

Shopee tells no total, its list has no order that is documented, and an order that is updated meanwhile stands elsewhere
in it, or in none of its pages. One page is one moment and cannot lose any. Several are proven by reading them again:
what was there before the first reading began has to be among what that reading gave. Then comes a look at what was
updated meanwhile, which has to explain what the second reading did not show any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.channels.shopee.api import PAGE, ShopeeApi
from stockrecon.channels.shopee.fields import flag, objects, text
from stockrecon.channels.shopee.orders import order_id
from stockrecon.channels.shopee.paging import Listed

SPAN = 15 * 24 * 3600
"""The longest time_from..time_to of get_order_list, in seconds (reference: Shopee 5.1)."""
AHEAD = 60
"""How far ahead of Shopee's time a window ends, in seconds: what is updated while the answer is on its way, or had to
be asked for again, must not leave the window."""
BACK = 10
"""How far before the last window's begin the next look begins: Shopee's times are whole seconds of its clock."""
_AGAIN = 3
"""So often a list is read again until nothing is new; a second reading that finds what the first one lost is proven by
a third."""
_LOOKS = 5


def all_orders(api: ShopeeApi, since: datetime) -> Listed:
    """Every order that was updated since then, until now. `reason` is empty where that is proven.

    Raises ReadFault, Refused, Malformed.
    """
    sweep = OrderSweep(api)
    sweep.find(int(since.timestamp()))
    return sweep.listed


@dataclass(slots=True)
class _Walk:
    """One reading of a list. `doubt`: why its pages may not be all, "" where they look like all."""

    pages: int = 0
    ids: set[str] = field(default_factory=set)
    doubt: str = ""

    def add(self, ids: list[str]) -> int:
        """How many are new to it."""
        known = len(self.ids)
        self.ids.update(ids)
        self.pages += 1
        return len(self.ids) - known

    @property
    def is_one_moment(self) -> bool:
        """A page that is full and says that none follows may be one of several."""
        return self.pages == 1 and not self.doubt and len(self.ids) < PAGE


@dataclass(slots=True)
class OrderSweep:
    """Finds the orders of one shop, into `listed`."""

    api: ShopeeApi
    listed: Listed = field(default_factory=Listed)
    _proven: set[str] = field(default_factory=set)
    """What was read in windows of several pages."""
    _once: set[str] = field(default_factory=set)
    """What of that the last reading of its window did not show."""
    _moved: set[str] = field(default_factory=set)
    """What of that came again in a look."""

    def find(self, since: int) -> None:
        """All updated since then (Unix seconds).

        What took more than one answer is followed by a look at what was updated while it was read, which is shorter
        each time, until one answer holds it all.
        """
        begin = since
        for _ in range(_LOOKS):
            now = int(self.api.now().timestamp())
            answers = sum(self._read(*window, now) for window in windows(begin, now))
            if answers == 1 and self.api.now().timestamp() < now + AHEAD:
                self._explain()
                return
            begin = max(begin, now - BACK)
        self._doubt("orders are updated faster than get_order_list shows them")

    def _read(self, begin: int, end: int, now: int) -> int:
        """One window. How many answers it took.

        The later readings end before `now`, when the first one began: there nothing is new but what that one lost.
        """
        walk = self._walk(begin, end)
        if walk.is_one_moment:
            return 1
        answers, held = walk.pages, walk.ids
        for _ in range(_AGAIN):
            known = len(self.listed.ids)
            walk = self._walk(begin, max(begin + 1, min(end, now - 1)))
            answers, held = answers + walk.pages, held | walk.ids
            if not walk.doubt and len(self.listed.ids) == known:
                self._proven |= held
                self._once |= held - walk.ids
                return answers
        self._doubt(f"get_order_list {walk.doubt or 'brings other orders'}, each time that it is read")
        return answers

    def _walk(self, begin: int, end: int) -> _Walk:
        """The pages of a window, as far as they can be followed."""
        walk, cursor, followed = _Walk(), "", {""}
        while True:
            page = self.api.order_list(begin, end, cursor)
            ids = [order_id(entry) for entry in objects(page.get("order_list"), "get_order_list: order_list")]
            self.listed.ids.update(dict.fromkeys(ids))
            self._moved |= self._proven.intersection(ids)
            fresh = walk.add(ids)
            if not flag(page.get("more")):
                if not ids and walk.pages > 1:
                    walk.doubt = "says that a page follows, and it is empty"
                return walk
            following = page.get("next_cursor")
            cursor = str(following) if isinstance(following, int) else text(following)
            if not fresh or cursor in followed:
                what = "its cursor does not go on" if fresh else "this one brings nothing"
                walk.doubt = f"says that pages follow, but {what}"
                return walk
            followed.add(cursor)

    def _explain(self) -> None:
        """An order that is updated leaves its window, and draws one other at most to a page that was read already."""
        once = self._once - self._moved
        if len(once) > len(self._moved):
            self._doubt(f"get_order_list showed {len(once)} orders but once, {min(once)} among them")

    def _doubt(self, reason: str) -> None:
        self.listed.reason = self.listed.reason or reason


def windows(begin: int, now: int) -> Iterator[tuple[int, int]]:
    """Such as Shopee accepts, the last one with an end ahead of now. Neighbours share their border second: an order
    found twice is one."""
    while now - begin > SPAN - AHEAD:
        yield begin, begin + SPAN - AHEAD
        begin += SPAN - AHEAD
    yield begin, max(begin, now) + AHEAD
