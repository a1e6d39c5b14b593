"""One pull: locations, variants with their levels, orders; rows spooled as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from stockrecon.channels.shopify.api import PAGE, ShopifyApi
from stockrecon.channels.shopify.bulk import BulkReader, Unusable
from stockrecon.channels.shopify.documents import ORDER_LINES, ORDERS, REFUNDS
from stockrecon.channels.shopify.fields import Malformed, Object, an_object, gid, next_page, plain, text
from stockrecon.channels.shopify.listings import Variant, listing_of, stock_of, strangers
from stockrecon.channels.shopify.locations import Counted, listed
from stockrecon.channels.shopify.orders import OrderNode, lines_of, order_of, refunds_of, rows_of
from stockrecon.channels.shopify.sending import Sending
from stockrecon.channels.shopify.variants import MOST_LEVELS, VariantReader, variants_count
from stockrecon.core.model import Listing, Order, ShopName
from stockrecon.core.sources import TableFile
from stockrecon.core.tables import CAMPAIGNS, SHOP_LISTINGS, Table
from stockrecon.core.tables import ORDERS as ORDERS_TABLE
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.spool.rows import listing_row, order_row
from stockrecon.spool.writer import SpoolWriter

BULK_ABOVE = 5000
"""Variants above which pages take longer than one bulk operation (reference: Shopify 1.5, 1.6)."""
_MOST_WARNINGS = 20

Progress = Callable[[str, int, int | None], None]


@dataclass(slots=True)
class Findings:
    """What a pull found out beside its rows."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def bounded(self) -> tuple[str, ...]:
        """The warnings, each once, and not more than a reader reads."""
        unique = list(dict.fromkeys(self.warnings))
        more = len(unique) - _MOST_WARNINGS
        return tuple(unique[:_MOST_WARNINGS] + ([f"and {more} more warnings"] if more > 0 else []))


class Reading:
    """Reads one shop into a spool folder. `as_of`: from when on listings were read."""

    def __init__(
        self,
        api: ShopifyApi,
        shop: ShopName,
        rules: Counted,
        spool: Path,
        progress: Progress,
        by_name: bool,
    ) -> None:
        self._api = api
        self._shop = shop
        self._rules = rules
        self._spool = spool
        self._progress = progress
        self._by_name = by_name
        self._reader = VariantReader(api, rules)
        self._used: set[str] = set()
        self.found = Findings()
        self.sizes: Counter[str] = Counter()
        """How many variants each product has that was read."""
        self.as_of = api.now()

    def listings(self, count: int | None, bulk: BulkReader) -> dict[str, TableFile]:
        """All variants: by pages, or by one bulk operation where they are many. `count`: how many there are, None where
        Shopify does not tell."""
        if count is not None and count > BULK_ABOVE and self._by_bulk(count, bulk):
            return self._tables()
        rows = self._spool_variants(self._paged(count))
        if count is not None and rows < count:
            # A shop changes meanwhile; a page that is missing stays missing, or is there the second time.
            self.as_of, self.found.reasons, self._used = self._api.now(), [], set()
            count = variants_count(self._api) or 0
            rows = self._spool_variants(self._paged(count))
            if rows < count:
                self.found.reasons.append(f"Shopify counts {count} variants, its pages held {rows}")
        return self._tables()

    def products(self, sizes: Mapping[str, int]) -> dict[str, TableFile]:
        """All variants of these products; see VariantReader.of_products."""
        self._spool_variants(variant for some in self._reader.of_products(sizes) for variant in some)
        return self._tables()

    def orders(self, since: datetime) -> dict[str, TableFile]:
        """All orders that changed since then, each as it was last seen: one that changes meanwhile comes twice, and
        with another time; with the same one a page came again in the place of the next.

        Where not every location counts, only what those send that do; what nobody can tell is a reason.
        """
        rows: dict[str, list[Order]] = {}
        changed: dict[str, datetime | None] = {}
        asked = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        sending = Sending(self._api, self._rules) if self._rules.others else None
        for page in self._api.pages(ORDERS, "orders", {"q": f"updated_at:>='{asked}'"}, self.found.reasons):
            orders = [self._with_lines(order_of(node, self._shop), node) for node in page]
            if again := next((one for one in orders if one.id in changed and changed[one.id] == one.updated_at), None):
                self.found.reasons.append(f"orders: {plain(again.name, 40)} came twice, and nothing of it had changed")
            changed.update((one.id, one.updated_at) for one in orders)
            self._add_refunds([order for order in orders if order.needs_refunds])
            if sending is not None:
                sending.read([order for order in orders if order.reserved])
            share = sending.share if sending is not None else None
            for order in orders:
                rows[order.id] = rows_of(order, self._number(order), share) if order.reserved else []
            self._done("orders", None, len(rows))
        if sending is not None and sending.reason:
            self.found.reasons.append(sending.reason)
        with self._writer(ORDERS_TABLE) as writer:
            writer.write_all(order_row(row) for some in rows.values() for row in some)
        return {ORDERS_TABLE.name: self._file(ORDERS_TABLE)}

    def _by_bulk(self, count: int, bulk: BulkReader) -> bool:
        """Whether one bulk operation gave all variants; False where pages have to."""
        try:
            self._spool_variants(bulk.variants(self._rules.chosen, partial(self._done, "listings", count)))
        except AuthFault:
            raise
        except (Unusable, Malformed, ReadFault) as fault:
            self._instead(fault.what if isinstance(fault, ReadFault) else str(fault))
            return False
        return True

    def _instead(self, why: str) -> None:
        self.found.warnings.append(f"a bulk operation did not do, so the catalogue was read by pages: {why}")
        # What is read from here on is of now, not of when the operation began.
        self.as_of = self._api.now()

    def _paged(self, count: int | None) -> Iterator[Variant]:
        seen: set[str] = set()
        for page in self._reader.all():
            for variant in page:
                if variant.number in seen:
                    self.found.reasons.append(f"productVariants names variant {variant.number} twice")
                else:
                    seen.add(variant.number)
                    yield variant
            self._done("listings", count, len(seen))

    def _spool_variants(self, variants: Iterable[Variant]) -> int:
        self.sizes.clear()
        with self._writer(SHOP_LISTINGS) as writer:
            writer.write_all(listing_row(self._listing(variant)) for variant in variants)
            return writer.rows

    def _listing(self, variant: Variant) -> Listing:
        name = f"variant {variant.number}"
        self.sizes[variant.facts.product.number] += 1
        if not variant.whole:
            self.found.reasons.append(f"{name} has stock at more than {MOST_LEVELS} locations")
        if unknown := strangers(variant, self._rules):
            said = f"{name} has stock at {unknown[0]}, which is not among the shop's locations"
            self.found.reasons.append(f"{said}: where it was opened meanwhile, the next run knows it")
        self._used.update(place for place, level in stock_of(variant, self._rules).items() if level.available)
        return listing_of(variant, self._shop, self._rules)

    def _with_lines(self, order: OrderNode, node: Object) -> OrderNode:
        """The order with the lines beyond its first twenty."""
        where = f"order {order.id}: lineItems"
        after = next_page(node.get("lineItems"), where)
        while after is not None:
            answer = self._api.ask(ORDER_LINES, id=order.id, after=after)
            connection = an_object(an_object(answer.get("order"), where).get("lineItems"), where)
            order.lines += lines_of(connection, self._shop, where)
            following = next_page(connection, where)
            if following == after:
                raise Malformed(f"{where} says that a page follows, but its cursor does not go on")
            after = following
        return order

    def _add_refunds(self, orders: Sequence[OrderNode]) -> None:
        for begin in range(0, len(orders), PAGE):
            batch = {order.id: order for order in orders[begin : begin + PAGE]}
            rows = self._api.ask(REFUNDS, ids=list(batch)).get("nodes")
            for row in rows if isinstance(rows, list) else ():
                if row:
                    node = an_object(row, "refunds: node")
                    order = batch[gid(node.get("id"), "Order", "refunds: id")]
                    order.refunds = refunds_of(node, self.found.warnings)

    def _number(self, order: OrderNode) -> str:
        return order.name if self._by_name else text(order.id).rsplit("/", 1)[1]

    def _done(self, what: str, whole_number: int | None, done: int) -> None:
        self._progress(what, done, whole_number)

    def _tables(self) -> dict[str, TableFile]:
        if len(self._used) > 1:
            named = listed(self._rules.locations[place] for place in sorted(self._used))
            said = f"the stock of {len(self._used)} locations is counted as one ({named})"
            self.found.warnings.append(f"{said}; name the one that the ledger keeps with location_id")
        # Shopify has no campaigns: that there are none is known, which an absent table would not say.
        with self._writer(CAMPAIGNS):
            pass
        return {table.name: self._file(table) for table in (SHOP_LISTINGS, CAMPAIGNS)}

    def _writer(self, table: Table) -> SpoolWriter:
        return SpoolWriter(table, self._path(table))

    def _path(self, table: Table) -> Path:
        return self._spool / f"{table.name}.csv"

    def _file(self, table: Table) -> TableFile:
        return TableFile(str(self._path(table)), f"{self._shop} {table.name}", trusted=True)


def cutoff(since: datetime, now: datetime) -> bool:
    """Whether orders are asked for that an app without `read_all_orders` is not told (reference: Shopify 1.1)."""
    return now - since > timedelta(days=60)
