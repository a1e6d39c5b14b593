"""What is known of a shop beside its listings and orders: posts that WordPress counts and that are no row of a table.

Whether a list of changes and a number of posts fit each other can only be told by one who knows all that were there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stockrecon.channels.woocommerce.listings import Assembly, Item, Managed
from stockrecon.core.sources import NOTED, TableFile
from stockrecon.core.tables import ORDERS, SHOP_LISTINGS, Column, Table
from stockrecon.spool.records import records
from stockrecon.spool.writer import SpoolWriter

Pair = tuple[str, str]
"""Item id and variation id, "" for none."""
SCHEDULED = "future"
"""WordPress's word for what comes on sale at its hour: nobody edits it then, so the time of its last edit stays."""

_TABLE = Table(NOTED, (Column("kind"), Column("id"), Column("parent", filled=False)))


class Post(StrEnum):
    """PRODUCT: without a listing (grouped, external, variable without variations). POOLED: a variation that sells from
    its product's stock; VARIATION: another one, which need not be listed. ORDER: names no listing. ORDERS: how many
    there are in all; BINNED: how many are in the bin."""

    PRODUCT = "product"
    VARIATION = "variation"
    POOLED = "pooled"
    ORDER = "order"
    ORDERS = "orders"
    BINNED = "binned"


@dataclass(slots=True)
class Noted:
    """Posts by id; `variations` and `pooled` with their products. `in_all`: how many orders there are, of any age;
    `in_bin`: how many are in the bin, where one keeps what it took."""

    products: set[str] = field(default_factory=set)
    variations: dict[str, str] = field(default_factory=dict)
    pooled: dict[str, str] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    in_all: int = 0
    in_bin: int = 0

    @classmethod
    def read(cls, path: Path) -> Noted:
        """Raises OSError."""
        noted = cls()
        for kind, name, parent in _rows(path):
            match kind:
                case Post.PRODUCT:
                    noted.products.add(name)
                case Post.VARIATION:
                    noted.variations[name] = parent
                case Post.POOLED:
                    noted.pooled[name] = parent
                case Post.ORDER:
                    noted.orders.add(name)
                case Post.ORDERS:
                    noted.in_all = int(name)
                case Post.BINNED:
                    noted.in_bin = int(name)
        return noted

    def write(self, spool: Path, shop: str) -> TableFile:
        """Raises OutputFault."""
        path = spool / f"{NOTED}.csv"
        with SpoolWriter(_TABLE, path) as writer:
            writer.copy([Post.PRODUCT, name, ""] for name in sorted(self.products))
            writer.copy([Post.VARIATION, *pair] for pair in sorted(self.variations.items()))
            writer.copy([Post.POOLED, *pair] for pair in sorted(self.pooled.items()))
            writer.copy([Post.ORDER, name, ""] for name in sorted(self.orders))
            writer.copy([[Post.ORDERS, str(self.in_all), ""], [Post.BINNED, str(self.in_bin), ""]])
        return TableFile(str(path), f"{shop} {NOTED}", trusted=True)

    def take(self, variations: Mapping[str, Item]) -> None:
        """Variations that are new."""
        for name, item in variations.items():
            (self.pooled if shares(item) else self.variations)[name] = item.parent

    def united(self, other: Noted) -> Noted:
        """What either knows, with the numbers of orders of `other`."""
        return Noted(
            self.products | other.products,
            self.variations | other.variations,
            self.pooled | other.pooled,
            self.orders | other.orders,
            other.in_all,
            other.in_bin,
        )


def noted_of(products: Iterable[Item], variations: Iterable[Item], made: Assembly) -> Noted:
    """Of what was read, all that is no listing by itself."""
    own = {one.key.variation_id for one in made.listings}
    return Noted(
        {item.id for item in products} - {one.key.item_id for one in made.listings},
        {one.id: one.parent for one in variations if one.id not in own and one.id not in made.pooled},
        dict(made.pooled),
    )


def shares(variation: Item) -> bool:
    """Whether it sells from its product's stock."""
    return variation.stock.managed is Managed.PARENT


@dataclass(slots=True)
class Known:
    """All that one reading knew. `own`: variations that are listed themselves, with their product. `ordered`: places of
    each order that had any. `scheduled`: items that come on sale by themselves.

    `new`, and `new_variations`: posts of each kind that were found since and were not known.
    """

    noted: Noted = field(default_factory=Noted)
    items: set[str] = field(default_factory=set)
    own: dict[str, str] = field(default_factory=dict)
    ordered: dict[str, set[Pair]] = field(default_factory=dict)
    scheduled: set[str] = field(default_factory=set)
    new: dict[str, set[str]] = field(default_factory=dict)
    new_variations: dict[str, Item] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Mapping[str, Path]) -> Known | None:
        """By the tables of that reading; None where it has noted nothing that is understood. Raises OSError."""
        if NOTED not in tables or not _ours(tables[NOTED]):
            return None
        known = cls(Noted.read(tables[NOTED]))
        for item, variation, message in _cells(tables, SHOP_LISTINGS, "item_id", "variation_id", "message"):
            known.items.add(item)
            if variation:
                known.own[variation] = item
            if SCHEDULED in message.split("; "):
                known.scheduled.add(item)
        for order, item, variation in _cells(tables, ORDERS, "order_id", "item_id", "variation_id"):
            known.ordered.setdefault(order, set()).add((item, variation))
        return known

    @property
    def products(self) -> set[str]:
        return self.items | self.noted.products

    @property
    def variations(self) -> set[str]:
        return self.own.keys() | self.noted.pooled.keys() | self.noted.variations.keys()

    @property
    def orders(self) -> set[str]:
        return self.ordered.keys() | self.noted.orders

    def product_of(self, variation: str) -> str:
        """The product of a variation; "" where it is not known."""
        return next((of[variation] for of in (self.own, self.noted.pooled) if variation in of), "")

    def misfit(self, items: Collection[str], made: Assembly) -> str:
        """Why the variations of these items, as they were read, are not those that are known and new; "" where they
        are. Which of them share a stock decides to what an order belongs that is not read again."""
        own, pooled = dict(self.own), dict(self.noted.pooled)
        for name, item in self.new_variations.items():
            (pooled if shares(item) else own)[name] = item.parent
        read = {one.key.variation_id: one.key.item_id for one in made.listings if one.key.variation_id}
        differing = (own.items() ^ read.items()) | (pooled.items() ^ made.pooled.items())
        strange = [parent for _, parent in differing if parent in items]
        return f"the variations of product {min(strange)} are not those that are known" if strange else ""


def _ours(path: Path) -> bool:
    head = next(records(path), None)
    return head is not None and tuple(head.cells) == _TABLE.names


def _rows(path: Path) -> Iterator[list[str]]:
    found = records(path)
    next(found, None)
    return (record.cells for record in found)


def _cells(tables: Mapping[str, Path], table: Table, *columns: str) -> Iterator[list[str]]:
    places = [table.names.index(name) for name in columns]
    return ([row[place] for place in places] for row in _rows(tables[table.name]))
