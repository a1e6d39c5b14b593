"""What WooCommerce tells of what was made or edited since a time, and whether that is proven to be all.

Products, variations and orders are listed by their last change (reference: 3.1). That of a product is taken not to move
when an order takes or gives back its units: these products are those of the orders' lines, as they are and as they
were. Nothing lists what is gone: WordPress's own totals do. There have to be as many products, variations and orders as
were known, and one more for each that is listed and was not known; what is taken for new and is not makes them differ,
as does what is gone. An order that came and went into the bin is in none of these and keeps its units: the bin has one
more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from stockrecon.channels.woocommerce.api import WooApi
from stockrecon.channels.woocommerce.listings import Item, has_listings, product_of, split
from stockrecon.channels.woocommerce.noted import Known, Noted, shares
from stockrecon.channels.woocommerce.paging import TooMany, Walk, at_most, walked
from stockrecon.channels.woocommerce.shop import StockSettings
from stockrecon.channels.woocommerce.variations import Variations
from stockrecon.core.model import Order
from stockrecon.core.notice import Place
from stockrecon.rest import gather

MOST = 2_000
"""Products, or variations, that are read from a list of what was edited: of more, a full pull tells with less."""

NOTHING_KEPT = "what is kept of it does not tell all that it had"
HIDDEN = (
    "the key's user may not see the shop's settings: whether stock is managed there decides what every number means"
)
OLD = "before WooCommerce 10.3 nothing tells which variations changed"


class Changes:
    """What changed since a reading that knew all of `known`. `doubts`: why these may not be all."""

    def __init__(self, api: WooApi, lists: Variations, known: Known, workers: int) -> None:
        self._api = api
        self._lists = lists
        self._known = known
        self._workers = workers
        self._counts: dict[str, int] = {}
        self.products: dict[str, Item] = {}
        self.variations: dict[str, Item] = {}
        self.doubts: list[str] = []

    def ask(self, settings: StockSettings | None, since: datetime) -> None:
        """First how many there are, so that what comes up meanwhile is listed at least; then what was edited since.

        Raises ReadFault, Malformed.
        """
        if settings is None:
            self.doubts.append(HIDDEN)
            return
        self._count()
        if not self.doubts:
            self._edited(since)

    @property
    def pooled(self) -> Mapping[str, str]:
        """Variations that sell from their product's stock by now, with its id."""
        listed = {**self._known.new_variations, **self.variations}
        kept = {name: parent for name, parent in self._known.noted.pooled.items() if name not in listed}
        return {**kept, **{name: item.parent for name, item in listed.items() if shares(item)}}

    def judge(self, orders: Mapping[str, Sequence[Order]]) -> None:
        """Doubts where the numbers do not fit, or an order that is kept cannot be told from what it was. `orders`: what
        was read of each that changed."""
        known = self._known
        listed: dict[str, tuple[Collection[str], Collection[str], int]] = {
            "products": (self.products, known.products, len(known.products)),
            "variations": (self.variations, known.variations, len(known.variations)),
            "orders": (orders, known.orders, known.noted.in_all),
        }
        for what, (told, before, number) in listed.items():
            new = known.new.setdefault(what, set())
            new |= set(told) - set(before)
            if self._counts[what] != number + len(new):
                self.doubts.append(f"WooCommerce counts {self._counts[what]:,} {what}, {number + len(new):,} are known")
        if self._counts["binned"] != known.noted.in_bin:
            bins = f"{known.noted.in_bin:,} before, {self._counts['binned']:,} now"
            self.doubts.append(f"orders went to the bin or left it: {bins}")
        bare = [name for name in known.ordered.keys() & orders.keys() if not orders[name]]
        if bare:
            self.doubts.append(f"order {min(bare)} names no listing any more")
        places = {place for some in known.ordered.values() for place in some}
        for name, item in known.new_variations.items():
            if shares(item) and (item.parent, name) in places:
                self.doubts.append(f"variation {name} was ordered before it came up")

    def items(self, orders: Mapping[str, Sequence[Order]], named: Collection[Place]) -> frozenset[str]:
        """Items of which anything changed, but for those that the orders name as they are now."""
        known = self._known
        there = known.products | self.products.keys()
        found = {name for name, item in self.products.items() if name in known.items or has_listings(item)}
        found |= {item.parent for item in self.variations.values() if item.parent in there}
        found |= known.scheduled
        # A message about a variation that is gone names it alone.
        found |= {known.product_of(item) for item, _ in named} - {""}
        for name, rows in orders.items():
            # A line that was taken out of its order has put its units back.
            places = known.ordered.get(name, set()) - {(row.key.item_id, row.key.variation_id) for row in rows}
            found |= {item for item, _ in places if item in known.items}
        return frozenset(found)

    def noted(self, orders: Mapping[str, Sequence[Order]]) -> Noted:
        """What was known beside the rows, and what is new of that."""
        fresh = Noted(in_all=self._counts.get("orders", 0), in_bin=self._counts.get("binned", 0))
        fresh.products = {name for name, item in self.products.items() if not has_listings(item)} - self._known.items
        fresh.orders = {name for name, rows in orders.items() if not rows}
        fresh.take(self._known.new_variations)
        return self._known.noted.united(fresh)

    def _count(self) -> None:
        counts: list[Callable[[], int | None]] = [
            partial(self._api.count, "products"),
            self._lists.count,
            partial(self._api.count, "orders"),
            partial(self._api.count, "orders", binned=True),
        ]
        products, variations, *ordered = gather(counts, len(counts))
        orders, binned = (number or 0 for number in ordered)
        self._counts = {"products": products or 0, "variations": variations or 0, "orders": orders, "binned": binned}
        if variations is None:
            self._without_list()

    def _edited(self, since: datetime) -> None:
        fetch = at_most(MOST, "products", partial(self._api.products, since=since))
        lists: list[Callable[[], Walk[Item | str] | None]] = [
            partial(walked, "products", fetch, product_of, self._workers, _unseen),
            partial(self._lists.edited, since, MOST, _unseen),
        ]
        try:
            products, variations = gather(lists, len(lists))
        except TooMany as many:
            self.doubts.append(str(many))
            return
        self.products, self.variations = self._items(products), self._items(variations)
        if variations is None:
            self._without_list()
        new = self.variations.keys() - self._known.variations
        self._known.new_variations |= {name: self.variations[name] for name in new}

    def _without_list(self) -> None:
        """No variation can have changed where there is none."""
        might = any(item.varies for item in self.products.values())
        if might or self._known.variations or self._known.noted.products:
            self.doubts.append(OLD)

    def _items(self, walk: Walk[Item | str] | None) -> dict[str, Item]:
        if walk is None:
            return {}
        items, faults = split(walk.rows.values())
        self.doubts += [*([walk.doubt] if walk.doubt else []), *faults]
        return {item.id: item for item in items}


def _unseen(rows: int, total: int) -> None:
    """Short lists need no progress."""
