"""The Lazada channel: one shop of one site, read and written through Lazada's open platform."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from stockrecon.channels.authorise import Authorisation
from stockrecon.channels.base import (
    Changed,
    ChangesRequest,
    CheckLine,
    ItemsRead,
    PullRequest,
    StockWrite,
    Surroundings,
    WriteAnswer,
)
from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.lazada.calls import PRODUCTS_PER_PAGE, LazadaCalls
from stockrecon.channels.lazada.checks import account_lines, check_lines
from stockrecon.channels.lazada.fields import first, identifier, text
from stockrecon.channels.lazada.listings import Reader, Variation
from stockrecon.channels.lazada.orders import OrderReader
from stockrecon.channels.lazada.scan import ProductScan
from stockrecon.channels.lazada.sweep import OrderSweep
from stockrecon.channels.lazada.verdicts import Refused
from stockrecon.channels.lazada.warehouses import Warehouses
from stockrecon.channels.lazada.writing import Places, StockWriter, batches
from stockrecon.core.model import Capabilities, Listing, ListingKey, ShopName
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import Pulled, TableFile
from stockrecon.core.tables import SHOP_TABLES
from stockrecon.errors import ReadFault
from stockrecon.rest import Transport
from stockrecon.spool.writer import SpoolWriter

ZONES: Mapping[str, str] = {
    "VN": "Asia/Ho_Chi_Minh",
    "TH": "Asia/Bangkok",
    "PH": "Asia/Manila",
    "MY": "Asia/Kuala_Lumpur",
    "ID": "Asia/Jakarta",
    "SG": "Asia/Singapore",
}
"""Each site's own time, in which campaigns are printed without a zone (reference: Lazada 3.3)."""
_UNPAID_REACH = timedelta(days=30)
"""How far back unpaid orders are looked for: Lazada cancels them after at most 72 hours (reference: Lazada 6.3)."""
_SHOWN = 20


class LazadaChannel:
    """One Lazada shop. Options: see docs/channels/lazada.md. `transport` and `monotonic` are for tests.

    Raises UsageFault where the settings do not suffice; nothing is called until something is read.
    """

    # Reference: Lazada 7 (no message covers ordinary stock or a lock), 9 (nor does the time of the update, for sure).
    untold = "Lazada tells of no number that another program sets, nor of a campaign's lock"

    def __init__(
        self,
        settings: ShopSettings,
        surroundings: Surroundings,
        *,
        transport: Transport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.capabilities = _capabilities(settings)
        self._surroundings = surroundings
        self._calls = LazadaCalls(settings, surroundings, transport=transport, monotonic=monotonic)
        self._region = settings.region.upper()
        self._zone = ZONES.get(self._region, "UTC")
        self._seller_skus: dict[tuple[str, str], str] = {}
        self._updated: dict[str, list[Variation]] = {}
        self._places: dict[ListingKey, Places] = {}
        self._warehouses: Warehouses | None = None
        self._writer = StockWriter(self._calls, self._warehouse, self._places, self.reread)

    def pull(self, request: PullRequest) -> Pulled:
        """Listings and campaigns in one scan of the products, then the orders. Raises ReadFault, OutputFault."""
        calls, before = self._calls, self._calls.requests
        calls.authorised()
        identity = self._identity()
        as_of = calls.now()
        scan = ProductScan(calls, partial(self._reader, as_of), as_of, partial(self._progress, "listings"))
        # Before the products are read, which takes long: without an answer the orders could not be told apart.
        places = self._seller_places(anew=True)
        with ExitStack() as files:
            writers = {
                name: files.enter_context(SpoolWriter(SHOP_TABLES[name], request.spool / f"{name}.csv"))
                for name in ("listings", "campaigns", "orders")
            }
            self._seller_skus.clear()
            for window in scan.windows():
                self._same_site(window)
                places.note(window)
                self._seller_skus.update((one.key, one.seller_sku) for one in window)
                writers["listings"].write_all(one.row() for one in window)
                writers["campaigns"].write_all(row for one in window for row in one.campaign_rows(as_of))
            counted = [*places.warnings(), *places.origins.warnings()]
            unread, told = self._orders(writers["orders"], request.orders_since, as_of)
        faults = [*scan.faults, *unread]
        return Pulled(
            shop=self.settings.name,
            channel=self.settings.channel,
            as_of=as_of,
            complete=not faults,
            capabilities=self.capabilities,
            tables={name: self._table(name, writer) for name, writer in writers.items()},
            zone=self._zone,
            reason="; ".join(_some(faults)),
            identity=identity,
            requests=calls.requests - before,
            warnings=(*self.authorisation.warnings(as_of), *counted, *_some([*scan.warnings, *told])),
            items=scan.items,
        )

    def changed(self, request: ChangesRequest) -> Changed:
        """Items and orders by their update, unpaid orders all, and the number of items; see PullsChanges."""
        if request.orders_only:
            return self._only_orders(request)
        calls, before = self._calls, self._calls.requests
        calls.authorised()
        identity = self._identity()
        as_of = calls.now()
        places = self._seller_places(anew=True)
        scan = ProductScan(calls, partial(self._reader, as_of), as_of, partial(self._progress, "listings"))
        self._seller_skus, self._updated = dict(request.known), {}
        for one in scan.updated(request.since):
            self._updated.setdefault(one.item_id, []).append(one)
            self._seller_skus[one.key] = one.seller_sku
        count = scan.count()
        orders, unread, told = self._ordered(request, as_of)
        return Changed(
            as_of=as_of,
            orders=orders,
            items=frozenset(self._updated),
            count=count,
            doubt="; ".join(_some([*scan.faults, *unread])),
            zone=self._zone,
            identity=identity,
            requests=calls.requests - before,
            warnings=(*self.authorisation.warnings(as_of), *places.origins.warnings(), *_some([*scan.warnings, *told])),
        )

    def _only_orders(self, request: ChangesRequest) -> Changed:
        """By the listings as an earlier answer knew them."""
        calls, before = self._calls, self._calls.requests
        calls.authorised()
        as_of = calls.now()
        orders, unread, told = self._ordered(request, as_of)
        return Changed(
            as_of=as_of,
            orders=orders,
            items=frozenset(),
            count=None,
            doubt="; ".join(_some(unread)),
            requests=calls.requests - before,
            warnings=tuple(_some(told)),
        )

    def read_items(self, items: Collection[str], spool: Path) -> ItemsRead:
        """What `changed` brought along; the rest by seller SKU, 50 a call, and what these do not find by item."""
        before, at = self._calls.requests, self._calls.now()
        reader = self._reader(at)
        found = {one.key: one for item in items for one in self._updated.pop(item, ())}
        rest = frozenset(items) - {item for item, _ in found}
        known = {pair: name for pair, name in self._seller_skus.items() if pair[0] in rest}
        names = sorted({name for name in known.values() if name})
        if -(-len(names) // PRODUCTS_PER_PAGE) < len(rest):
            for start in range(0, len(names), PRODUCTS_PER_PAGE):
                self._named(names[start : start + PRODUCTS_PER_PAGE], reader, found)
        # An item of which a SKU is missing is read by itself: it may come in parts, or its name find another one.
        lacking = (rest - {item for item, _ in known}) | {pair[0] for pair in known if pair not in found}
        for item_id in sorted(lacking):
            product = self._calls.product(item_id)
            if product is not None:
                found.update((one.key, one) for one in reader.product(product))
        read = [one for one in found.values() if one.item_id in frozenset(items)]
        self._same_site(read)
        with ExitStack() as files:
            writers = {
                name: files.enter_context(SpoolWriter(SHOP_TABLES[name], spool / f"{name}.csv"))
                for name in ("listings", "campaigns")
            }
            writers["listings"].write_all(one.row() for one in read)
            writers["campaigns"].write_all(row for one in read for row in one.campaign_rows(at))
        return ItemsRead(
            listings=self._table("listings", writers["listings"]),
            campaigns=self._table("campaigns", writers["campaigns"]),
            items=frozenset(one.item_id for one in read),
            doubt="; ".join(_some([f"{name}: Lazada shows no stock figure" for name in sorted(reader.unknown)])),
            requests=self._calls.requests - before,
            warnings=tuple(_some(sorted(reader.warnings))),
        )

    def _ordered(self, request: ChangesRequest, as_of: datetime) -> tuple[TableFile, list[str], list[str]]:
        """The table of `_orders`, and what that gives back."""
        with SpoolWriter(SHOP_TABLES["orders"], request.spool / "orders.csv") as writer:
            unread, told = self._orders(writer, request.orders_since, as_of)
        return self._table("orders", writer), unread, told

    def _orders(self, writer: SpoolWriter, since: datetime, as_of: datetime) -> tuple[list[str], list[str]]:
        """Writes all orders updated since then, and all unpaid ones. Gives back what is not proven, and warnings."""
        sweep = OrderSweep(self._calls, partial(self._progress, "orders"))
        sweep.find(since)
        if since > as_of - _UNPAID_REACH:
            sweep.find(as_of - _UNPAID_REACH, "unpaid")
        origins = self._seller_places().origins
        orders = OrderReader({sku_id: item_id for item_id, sku_id in self._seller_skus}, origins)
        for head, units in sweep.units():
            writer.write_all(orders.rows(head, units))
        return [*sweep.faults, *orders.unreadable], orders.warnings

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        """These listings again; one that the shop does not have any more is left out. Raises ReadFault.

        `names`: their seller SKUs; those of the last `pull` are known already.

        By seller SKU, 50 a call, or by item, one a call: whichever is fewer calls. A seller SKU need not be unique and
        need not find what it names (reference: Lazada 3.5): what is still missing is read by item.
        """
        wanted = {(key.item_id, key.variation_id): key for key in keys}
        known = self._seller_skus | {pair: names[key] for pair, key in wanted.items() if names and key in names}
        if wanted:
            self._calls.authorised()
        found: dict[tuple[str, str], Variation] = {}
        asked = sorted({known[pair] for pair in wanted if known.get(pair)})
        items = {item_id for item_id, _ in wanted}
        if -(-len(asked) // PRODUCTS_PER_PAGE) < len(items):
            for start in range(0, len(asked), PRODUCTS_PER_PAGE):
                self._named(asked[start : start + PRODUCTS_PER_PAGE], None, found)
        for item_id in sorted({key[0] for key in wanted if key not in found}):
            product = self._calls.product(item_id)
            if product is not None:
                found.update((one.key, one) for one in self._now_reader().product(product))
        self._places.update((key, found[pair].places) for pair, key in wanted.items() if pair in found)
        return {key: _listing(self.settings.name, found[pair]) for pair, key in wanted.items() if pair in found}

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """At most 20 rows, of any items; what lowers and what raises apart."""
        return list(batches(writes))

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """One sellable/update, sent once; see Channel.write."""
        return self._writer.write(batch)

    @property
    def authorisation(self) -> Authorisation:
        """Token lives, and how a person gives new tokens."""
        return self._calls.authorisation

    def check(self) -> Sequence[CheckLine]:
        """Seller, site, clock, tokens, rights, rate, warehouses, what the channel can and cannot do; raises nothing."""
        return check_lines(self.settings, self._calls)

    def account(self) -> Sequence[CheckLine]:
        """The part of `check` that is about the authorisation: whose, how long, what it may."""
        return account_lines(self.settings, self._calls)

    def close(self) -> None:
        self._calls.close()

    def _named(self, names: list[str], reader: Reader | None, found: dict[tuple[str, str], Variation]) -> None:
        """Lazada answers with whole items: the SKUs that were not asked for come along."""
        products = self._calls.named_products(names)
        reader = reader or self._now_reader()
        for product in products:
            found.update((one.key, one) for one in reader.product(product))

    def _now_reader(self) -> Reader:
        """For what was just answered: with the answer Lazada's time is known, by which its campaigns are over."""
        return self._reader(self._calls.now())

    def _identity(self) -> str:
        """Whom the token stands for, to notice another shop's data; "" where the app may not ask."""
        try:
            return identifier(first(self._calls.seller(), "seller_id", "sellerId"))
        except Refused:
            return ""

    def _same_site(self, variations: Iterable[Variation]) -> None:
        """A ShopSku names its site: what comes from another site is another shop's (reference: Lazada 3.5)."""
        for one in variations:
            if one.site and one.site != self._region and one.site in ZONES and self._region in ZONES:
                raise ReadFault(
                    self.settings.name,
                    f"item {one.item_id} is of Lazada {one.site}, the shop's region is {self._region}",
                    way_on="correct the region, or authorise the right shop",
                )

    def _reader(self, at: datetime) -> Reader:
        computed = self.settings.options.get("computed")
        named = frozenset(computed) if isinstance(computed, tuple) else frozenset()
        return Reader(at, ZoneInfo(self._zone), self._warehouse, named)

    def _seller_places(self, *, anew: bool = False) -> Warehouses:
        """The seller's warehouses, as they were read last."""
        if anew or self._warehouses is None:
            self._warehouses = Warehouses.read(self.settings.name, self._warehouse, self._calls.warehouses)
        return self._warehouses

    @property
    def _warehouse(self) -> str:
        return text(self.settings.options.get("warehouse"))

    def _progress(self, what: str, done: int, whole: int | None) -> None:
        self._surroundings.progress(f"{self.settings.name} {what}", done, whole)

    def _table(self, name: str, writer: SpoolWriter) -> TableFile:
        return TableFile(str(writer.path), f"{self.settings.name} {name}", trusted=True)


def _capabilities(settings: ShopSettings) -> Capabilities:
    """Lazada's, with the two durations that differ from country to country as the seller set them."""
    known = capabilities("lazada")
    release = settings.options.get("unpaid_release")
    cancel = settings.options.get("unpaid_cancel")
    return replace(
        known,
        releases_unpaid_after=release if isinstance(release, timedelta) else known.releases_unpaid_after,
        unpaid_cancelled_after=cancel if isinstance(cancel, timedelta) else known.unpaid_cancelled_after,
    )


def _listing(shop: ShopName, one: Variation) -> Listing:
    return Listing(
        key=ListingKey(shop, one.item_id, one.sku_id),
        seller_sku=one.seller_sku,
        sellable=one.sellable,
        campaign=one.campaign,
        withheld=one.withheld,
        committed=one.committed,
        state=one.state,
        message=one.message,
        title=one.title,
        fulfilment=one.fulfilment,
    )


def _some(lines: Sequence[str]) -> list[str]:
    """Each once, the first twenty: a whole catalogue of faults helps nobody."""
    once = list(dict.fromkeys(lines))
    return once if len(once) <= _SHOWN else [*once[:_SHOWN], f"and {len(once) - _SHOWN} more"]
