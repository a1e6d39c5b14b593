"""A shop in files: it shows what its last export showed, and gets a file that somebody uploads, in part, or never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stockrecon.channels.base import StockWrite, Upload, WriteAnswer
from stockrecon.core.model import Campaign, Listing, ListingKey, Order
from stockrecon.errors import OutputFault
from tests.simulation.faults import Fate, Faults
from tests.simulation.market import Market
from tests.simulation.places import Shop, at
from tests.simulation.shop import Book, ModelChannel, Sent, listing_of


@dataclass(slots=True)
class Exported:
    """What the shop's folder holds: the last export of the shop, and the file for upload that waits for somebody.

    `taken`: when each export of the shop was made.
    """

    as_of: float = 0.0
    listings: dict[ListingKey, Listing] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    waiting: list[Sent] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)


def export_shop(market: Market, shop: Shop, folder: Exported) -> None:
    """Somebody exports what the shop shows."""
    folder.as_of = market.now
    folder.taken.append(market.now)
    folder.listings = {key: listing_of(market, shop, shelf, 0.0) for key, shelf in shop.shelves.items()}
    folder.orders, folder.campaigns = tuple(shop.orders.values()), tuple(shop.campaigns.values())
    market.tell(f"{shop.name}: exported")


def upload(market: Market, shop: Shop, folder: Exported, share: float) -> None:
    """Somebody uploads the file, or a part of it: each row once. The shop's own rules hold here too."""
    rows, folder.waiting = folder.waiting, []
    for sent in rows[: round(len(rows) * share)]:
        shelf = shop.shelves[sent.key]
        if shelf.state.takes_writes and sent.to >= shelf.campaign:
            sent.overwrote = shelf.exposed != sent.shown
            sent.landed.append(market.now)
            market.write(shelf, sent.to, sent.number)


class ModelFiles(ModelChannel):
    """A shop in files, as a `Channel` that is `Exporting`."""

    def __init__(self, market: Market, shop: Shop, faults: Faults, book: Book, folder: Exported) -> None:
        super().__init__(market, shop, faults, book)
        self._folder = folder

    def reread(  # type: ignore[override]
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing] | None:
        return None

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        raise NotImplementedError("a shop in files is not written")

    def export(self, rows: Sequence[Upload]) -> Path:
        """Replaces the file for upload, whole or not at all."""
        self._faults.tick("the file is to be replaced")
        if self._faults.disk_fails():
            raise OutputFault("the disk is full")
        book = self._book
        self._folder.waiting = [self._sent(row, len(book.sent) + n) for n, row in enumerate(rows)]
        book.sent += self._folder.waiting
        self._faults.tick("the file was replaced")
        return Path("updates.csv")

    def _sent(self, row: Upload, number: int) -> Sent:
        listing, now = self._folder.listings[row.key], self._market.now
        self._market.tell(f"{row.key}: request {number}: {listing.exposed} -> {row.quantity}: into the file")
        intent = self._book.kept.pop(row.key, None)
        return Sent(
            number=number,
            run=self._book.run,
            time=now,
            key=row.key,
            shown=listing.exposed,
            to=row.quantity,
            fate=Fate.FINE,
            intent=intent,
            shown_at=now,
            ledger_at=now,
            listing=listing,
        )

    def shown(self, keys: Sequence[ListingKey]) -> tuple[datetime, Mapping[ListingKey, Listing]]:
        self._faults.tick("the folder is read")
        found = {key: self._folder.listings[key] for key in keys if key in self._folder.listings}
        return at(self._folder.as_of), found
