"""Where variations are read: from the list of all of them, or product by product (reference: WooCommerce 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from stockrecon.channels.woocommerce.api import PAGE, WooApi
from stockrecon.channels.woocommerce.errors import NO_PRODUCT, NO_ROUTE, Refused
from stockrecon.channels.woocommerce.fields import Object
from stockrecon.channels.woocommerce.listings import Item, variation_of
from stockrecon.channels.woocommerce.paging import Fetch, Walk, at_most, walked

Got = TypeVar("Got")
Read = Callable[[int, int], None]


class Variations:
    """The variations of one shop. `workers`: threads that read at once.

    `whole`: whether the shop has the list of all, which came with WooCommerce 10.3; None until it was asked for.
    """

    def __init__(self, api: WooApi, workers: int) -> None:
        self._api = api
        self._workers = workers
        self.whole: bool | None = None

    def all(self, read: Read) -> Walk[Item | str] | None:
        """Of all products; None where the shop cannot list them so. Raises ReadFault."""
        return self._walked(self._api.all_variations, read)

    def edited(self, since: datetime, most: int, read: Read) -> Walk[Item | str] | None:
        """Those that were made or edited since then, of all products; else as `all`. Raises TooMany."""
        fetch = partial(self._api.all_variations, since=since)
        return self._walked(at_most(most, "variations", fetch), read)

    def under(self, parents: Sequence[str], read: Read) -> Walk[Item | str] | None:
        """All of these products; else as `all`."""
        whole: Walk[Item | str] = Walk()
        for begin in range(0, len(parents), PAGE):
            walk = self._walked(partial(self._api.all_variations, parents=parents[begin : begin + PAGE]), read)
            if walk is None:
                return None
            whole.rows |= walk.rows
            whole.doubt = whole.doubt or walk.doubt
        return whole

    def count(self) -> int | None:
        """How many there are, of all products; None where the shop cannot list them so."""
        return self._listed(lambda: self._api.count("variations"))

    def _walked(self, fetch: Fetch, read: Read) -> Walk[Item | str] | None:
        walk = self._listed(lambda: walked("variations", fetch, variation_of, self._workers, read))
        if walk is not None and any(isinstance(each, Item) and not each.parent for each in walk.rows.values()):
            # A list that is not the one of 10.3: whose variations these are cannot be told.
            self.whole = False
            return None
        return walk

    def some(self, ids: Sequence[str]) -> list[Object] | None:
        """These alone, at most 100; what is gone is missing. None where the shop cannot list them so."""
        page = self._listed(lambda: self._api.all_variations(1, ids))
        return None if page is None else page.only(self._api.who, "variations")

    def of(self, product_id: str, read: Read = lambda rows, total: None) -> Walk[Item | str]:
        """Of one product; none where the shop does not have it any more."""
        what = f"products/{product_id}/variations"
        take = partial(variation_of, parent=product_id)
        try:
            return walked(what, partial(self._api.variations, product_id), take, self._workers, read)
        except Refused as refused:
            if refused.code not in NO_PRODUCT:
                raise
            return Walk()

    def _listed(self, call: Callable[[], Got]) -> Got | None:
        if self.whole is False:
            return None
        try:
            got = call()
        except Refused as refused:
            if refused.code != NO_ROUTE:
                raise
            self.whole = False
            return None
        self.whole = True
        return got
