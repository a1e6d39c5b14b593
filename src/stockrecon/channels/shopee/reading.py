"""One pull: the calls in their order, concurrent up to the shop's rate, rows spooled as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from stockrecon.channels.origins import Origins, named
from stockrecon.channels.shopee.api import BATCH, ShopeeApi
from stockrecon.channels.shopee.campaigns import campaigns_of, merged
from stockrecon.channels.shopee.errors import NOT_FOUND, Refused
from stockrecon.channels.shopee.fields import objects, plain
from stockrecon.channels.shopee.listings import (
    Item,
    ShopRules,
    is_promoted,
    listings_of,
    read_item,
    with_models,
)
from stockrecon.channels.shopee.orders import EVERYWHERE, order_id, orders_of
from stockrecon.channels.shopee.paging import all_items
from stockrecon.channels.shopee.places import locations_of
from stockrecon.channels.shopee.sweep import all_orders
from stockrecon.core.model import Campaign, Listing, Order
from stockrecon.core.sources import TableFile
from stockrecon.core.tables import CAMPAIGNS, ORDERS, SHOP_LISTINGS, Table
from stockrecon.errors import ReadFault
from stockrecon.rest import gather
from stockrecon.spool.rows import campaign_row, listing_row, order_row
from stockrecon.spool.writer import SpoolWriter

Progress = Callable[[str, int, int | None], None]
_MOST_WARNINGS = 20
_BLOCK, _LISTS = 100 * BATCH, 1000
"""Items, and model lists, that are kept at once. Smaller ones would cost time: each waits for its last answers."""


@dataclass(slots=True)
class Findings:
    """What a pull found out beside its rows. Threads add to it."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def bounded(self) -> tuple[str, ...]:
        """The warnings, each once, and not more than a reader reads."""
        unique = list(dict.fromkeys(self.warnings))
        more = len(unique) - _MOST_WARNINGS
        return tuple(unique[:_MOST_WARNINGS] + ([f"and {more} more warnings"] if more > 0 else []))


class Reading:
    """Reads one shop into a spool folder. `workers`: threads, enough to keep the rate with slow answers."""

    def __init__(self, api: ShopeeApi, rules: ShopRules, spool: Path, workers: int, progress: Progress) -> None:
        self._api = api
        self._rules = rules
        self._spool = spool
        self._workers = workers
        self._progress = progress
        self._lock = threading.Lock()
        self._locations: dict[str, int] = {}
        self.found = Findings()
        self.items: set[str] = set()
        """Those that were read; a listed one that could not be is among the reasons."""

    def listings(self) -> dict[str, TableFile]:
        """Listings and their campaigns, of all items."""
        listed = all_items(self._api, self._workers)
        if listed.reason:
            self.found.reasons.append(listed.reason)
        return self.listings_of(list(listed.ids))

    def listings_of(self, ids: Sequence[str]) -> dict[str, TableFile]:
        """Those of some items: base info by 50, a model list per item with models, promotions by 50."""
        promoted: list[str] = []
        with self._writer(SHOP_LISTINGS) as writer:
            for item in self._items(ids):
                writer.write_all(listing_row(each) for each in self._rows(item))
                if isinstance(item, Item):
                    self._note(item)
                    self.items.add(item.id)
                    promoted += [item.id] if is_promoted(item) else []
        with self._writer(CAMPAIGNS) as writer:
            writer.write_all(campaign_row(each) for each in self._campaigns(promoted))
        return {table.name: self._file(table) for table in (SHOP_LISTINGS, CAMPAIGNS)}

    def several_places(self) -> list[str]:
        """What to say where the stock of several locations was counted as one.

        Raises ReadFault where no item knows the location that counts.
        """
        location, used = self._rules.location, sorted(place for place, units in self._locations.items() if units)
        if location is None and len(used) > 1:
            said = f"the stock of {len(used)} locations is counted as one ({named(used)})"
            return [f"{said}: what moves between them is not seen; name the one that the ledger keeps with location_id"]
        if location is not None and self._locations and location not in self._locations:
            words = f"no item has a location {plain(location, 40)}, the shop's are {named(self._locations)}"
            raise ReadFault(self._api.who, words, way_on="correct location_id in the configuration")
        return []

    def _note(self, item: Item) -> None:
        for place in locations_of(item):
            self._locations[place.location] = self._locations.get(place.location, 0) + place.units

    def orders(self, since: datetime, origins: Origins = EVERYWHERE) -> dict[str, TableFile]:
        """Orders by update_time since then, so that old orders with a new status are among them.

        `origins`: what counts of them, where one location does.
        """
        origins = origins.seeing(self._locations)
        self.found.warnings[:0] = origins.warnings()
        read = partial(orders_of, shop=self._rules.shop, origins=origins)
        listed = all_orders(self._api, since)
        if listed.reason:
            self.found.reasons.append(listed.reason)
        batches = list(batches_of(list(listed.ids)))
        counter = self._counter("orders", len(listed.ids))
        with self._writer(ORDERS) as writer:
            gather((partial(self._order_batch, writer, read, batch, counter) for batch in batches), self._workers)
        return {ORDERS.name: self._file(ORDERS)}

    def _items(self, ids: Sequence[str]) -> Iterator[Item | str]:
        """Items with their models; the bare id of one that Shopee lists and does not describe."""
        counter = self._counter("listings", len(ids))
        for block in batches_of(ids, _BLOCK):
            pages = gather((partial(self._described, batch) for batch in batches_of(block)), self._workers)
            items = {item.id: item for page in pages for item in page}
            for part in _parts(block, items):
                yield from gather([partial(self._one, items, item_id, counter) for item_id in part], self._workers)

    def _described(self, ids: Sequence[str]) -> list[Item]:
        page = self._api.base_info(ids)
        return [read_item(base) for base in objects(page.get("item_list"), "get_item_base_info: item_list")]

    def _one(self, items: dict[str, Item], item_id: str, counter: Callable[[int], None]) -> Item | str:
        item = items.get(item_id)
        if item is not None and item.has_models:
            try:
                item = with_models(item, self._api.model_list(item_id))
            except Refused as refusal:
                # Deleted since the list was read: one item less is no reason to lose the shop.
                if refusal.code != NOT_FOUND:
                    raise
                item = None
        counter(1)
        return item_id if item is None else item

    def _rows(self, item: Item | str) -> Iterator[Listing]:
        if isinstance(item, Item):
            yield from listings_of(item, self._rules, self.found.reasons)
        else:
            self.found.reasons.append(f"item {item} is listed, but get_item_base_info does not describe it")

    def _campaigns(self, item_ids: Sequence[str]) -> list[Campaign]:
        pages = gather((partial(self._api.promotions, batch) for batch in batches_of(item_ids)), self._workers)
        return merged(each for page in pages for each in campaigns_of(page, self._rules.shop, self.found.warnings))

    def _order_batch(
        self, writer: SpoolWriter, read: Callable[..., list[Order]], ids: Sequence[str], counter: Callable[[int], None]
    ) -> None:
        details = objects(self._api.order_detail(ids).get("order_list"), "get_order_detail: order_list")
        warnings: list[str] = []
        reasons: list[str] = []
        rows = [order_row(row) for detail in details for row in read(detail, warnings=warnings, reasons=reasons)]
        missing = set(ids) - {order_id(detail) for detail in details}
        writer.write_all(rows)
        with self._lock:
            self.found.warnings += warnings
            self.found.reasons += reasons
            if missing:
                self.found.reasons.append(f"get_order_detail left out {len(missing)} orders, {min(missing)} among them")
        counter(len(ids))

    def _counter(self, what: str, whole: int) -> Callable[[int], None]:
        done = 0

        def count(more: int) -> None:
            nonlocal done
            with self._lock:
                done += more
                self._progress(what, done, whole)

        return count

    def _writer(self, table: Table) -> SpoolWriter:
        return SpoolWriter(table, self._path(table))

    def _path(self, table: Table) -> Path:
        return self._spool / f"{table.name}.csv"

    def _file(self, table: Table) -> TableFile:
        return TableFile(str(self._path(table)), f"{self._rules.shop} {table.name}", trusted=True)


def _parts(ids: Sequence[str], items: Mapping[str, Item]) -> Iterator[list[str]]:
    """The same in their order, in parts with so many model lists that they can be kept at once."""
    part: list[str] = []
    lists = 0
    for item_id in ids:
        item = items.get(item_id)
        part.append(item_id)
        lists += item is not None and item.has_models
        if lists >= _LISTS:
            yield part
            part, lists = [], 0
    if part:
        yield part


def batches_of(ids: Sequence[str], size: int = BATCH) -> Iterator[Sequence[str]]:
    return (ids[begin : begin + size] for begin in range(0, len(ids), size))
