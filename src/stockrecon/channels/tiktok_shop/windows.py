"""Windows of creation time, by which a list of products is divided (reference: TikTok Shop 2.5).

A list is followed by tokens, each of which stands in the page before it, so one list is read page after page. Windows
are read beside one another. Products have no order that is documented: what a first page shows of it is a guess at
where to cut, and decides nothing but how long it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from stockrecon.channels.tiktok_shop.api import PAGE

REACH = 10_000
"""The most hits of one search; more are refused (12052180). Larger shops are read in windows of creation time."""
FIRST_DAY = 1_420_070_400
"""2015-01-01: no product of TikTok Shop's is older. The first window has no begin, should one be."""
CHAIN = 6
"""As many pages are read one after the other without a thought of dividing them."""
PARTS = 8
"""A list is divided into so many parts at most: enough to keep the rate where an answer takes 0.4 seconds."""


@dataclass(frozen=True, slots=True)
class Window:
    """Products created in this span of Unix seconds, both ends in, without an end until now; or those edited since."""

    begin: int = FIRST_DAY
    end: int | None = None
    edited: int | None = None

    @property
    def filters(self) -> dict[str, object]:
        if self.edited is not None:
            return {"update_time_ge": self.edited}
        first: dict[str, object] = {} if self.begin == FIRST_DAY else {"create_time_ge": self.begin}
        return first if self.end is None else {**first, "create_time_le": self.end}

    def cut(self, cuts: Sequence[int]) -> list[Window]:
        """The parts that begin at `begin` and at each of the cuts, the latest first."""
        begins = [
            self.begin,
            *sorted({cut for cut in cuts if self.begin < cut and (self.end is None or cut <= self.end)}),
        ]
        parts = [Window(begin, following - 1) for begin, following in pairwise(begins)]
        return [Window(begins[-1], self.end), *reversed(parts)]

    def halves(self, until: int) -> list[Window]:
        """The later one first; none where it cannot be divided. `until`: where one without an end is taken to end."""
        end = until if self.end is None else self.end
        if self.edited is not None or end <= self.begin:
            return []
        return self.cut([(self.begin + end) // 2 + 1])

    def __str__(self) -> str:
        if self.edited is not None:
            return f"products edited since {self.edited} (Unix time)"
        if self == Window():
            return "products"
        return f"products created from {self.begin} to {'now' if self.end is None else self.end} (Unix time)"


def pages(total: int) -> int:
    return -(-total // PAGE)


def parts_of(window: Window, total: int, times: Sequence[int], until: int) -> list[Window]:
    """Windows that together are this one, and hold about as many products each; itself where it is short enough.

    `times`: when the products of its first page were created, in the order of the page. Where they rise or fall all the
    page is an end of the list, and the rest is taken to be as dense; otherwise it is taken to be like the rest.
    """
    parts = min(PARTS, pages(total) // CHAIN)
    end = until if window.end is None else window.end
    known = [time for time in times if window.begin <= time <= end]
    if window.edited is not None or parts < 2 or not known:
        return [window]
    # Of whole pages, so that no part ends with a page that is nearly empty.
    step = pages(-(-total // parts)) * PAGE
    ranks = range(step, total, step)
    newest, oldest, falls = max(known), min(known), known == sorted(known, reverse=True)
    if not falls and known != sorted(known):
        ordered = sorted(known, reverse=True)
        return window.cut([ordered[min(rank * len(ordered) // total, len(ordered) - 1)] for rank in ranks])
    reach = end - window.begin if newest == oldest else -(-(newest - oldest) * total // (len(known) - 1))
    if falls:
        reach = min(reach, newest - window.begin)
        return window.cut([newest - reach * rank // total + 1 for rank in ranks])
    reach = min(reach, end - oldest)
    return window.cut([oldest + reach * rank // total for rank in ranks])
