"""Writing stock to Shopee: `update_stock` sets the seller's total of up to 50 models of one item (reference: 3.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.shopee.api import BATCH, ShopeeApi
from stockrecon.channels.shopee.errors import Refused
from stockrecon.channels.shopee.fields import Malformed
from stockrecon.channels.shopee.outcome import Sent, row_answers
from stockrecon.channels.shopee.places import Place, placed
from stockrecon.channels.shopee.shop import read_locations
from stockrecon.channels.writing import Answers, alike, chunks, complete, runs, sift, words
from stockrecon.core.intent import Answered
from stockrecon.core.model import ListingKey
from stockrecon.errors import StockreconError
from stockrecon.rest import Unsettled

NO_PLACE = "not sent: Shopee keeps this stock at several locations; name the one that counts with location_id"


def batches(writes: Sequence[StockWrite]) -> Iterator[list[StockWrite]]:
    """Models of one item, at most 50; decreases of all items before the raises that follow them."""
    for run in runs(writes):
        items: dict[str, list[StockWrite]] = {}
        for write in run:
            items.setdefault(write.key.item_id, []).append(write)
        for of_item in items.values():
            yield from chunks(of_item, BATCH)


class StockWriter:
    """Writes for one shop. What we call exposed is the seller's total: reserved units are part of both.

    `places`: where each listing's stock lay at its last reading. `ready` makes sure of an access token, `reread` reads
    listings again and fills `places`. `location`: the only one that counts, else None.
    """

    def __init__(
        self,
        api: ShopeeApi,
        location: str | None,
        places: Mapping[ListingKey, tuple[Place, ...]],
        ready: Callable[[], None],
        reread: Callable[[Sequence[ListingKey]], object],
    ) -> None:
        self._api = api
        self._location = location
        self._places = places
        self._ready = ready
        self._reread = reread
        self._shop: tuple[str, ...] | None = None

    def write(self, batch: Sequence[StockWrite]) -> Answers:
        """One request at most; see Channel.write. The batch is one of `batches`: models of one item."""
        if len({write.key.item_id for write in batch}) > 1:
            raise ValueError("a request to Shopee holds models of one item")
        answers, rest = sift(batch)
        try:
            self._ready()
            stocks = self._stocks(rest)
        except (StockreconError, Malformed) as fault:
            told = words(fault) if isinstance(fault, StockreconError) else str(fault)
            return complete(batch, answers | alike(rest, Answered.NOT_SENT, told))
        answers |= alike((write for write in rest if write.key not in stocks), Answered.REJECTED, self._no_place())
        sending = [write for write in rest if write.key in stocks]
        if sending:
            answers |= self._send(sending, {write.key.variation_id: stocks[write.key] for write in sending})
        return complete(batch, answers)

    def _send(self, batch: Sequence[StockWrite], sent: Sent) -> Answers:
        try:
            document = self._api.update_stock(batch[0].key.item_id, [_entry(*each) for each in sent.items()])
        except Unsettled as fault:
            return alike(batch, Answered.UNKNOWN, fault.what)
        except Refused as fault:
            return alike(batch, Answered.REJECTED, fault.what)
        except StockreconError as fault:
            return alike(batch, Answered.NOT_SENT, words(fault))
        rows = row_answers(document, sent)
        hidden = {name: WriteAnswer(row.answered, self._api.client.hide(row.text)) for name, row in rows.items()}
        return {write.key: hidden[write.key.variation_id] for write in batch}

    def _stocks(self, writes: Sequence[StockWrite]) -> dict[ListingKey, Mapping[str, int]]:
        """Units per location, "" where no location may be named; what cannot be placed is left out."""
        keys = [write.key for write in writes]
        if not self._by_location(keys):
            return {write.key: {"": write.to} for write in writes}
        if any(not self._places.get(key) for key in keys):
            self._reread(keys)
        found = {
            write.key: placed(write.to, self._places.get(write.key, ()), self._location, self._shop or ())
            for write in writes
        }
        return {key: units for key, units in found.items() if units is not None}

    def _by_location(self, keys: Sequence[ListingKey]) -> bool:
        """Naming a location is an error in an ordinary shop, though it shows one; leaving it out is one elsewhere."""
        if self._shop is None and keys:
            # An app that may not ask takes the shop for an ordinary one: Shopee refuses the write where it is none.
            self._shop = read_locations(self._api).ids
        return bool(self._shop) or any(len(self._places.get(key, ())) > 1 for key in keys)

    def _no_place(self) -> str:
        return NO_PLACE if self._location is None else f"not sent: Shopee sells none of it from {self._location}"


def _entry(variation_id: str, units: Mapping[str, int]) -> dict[str, object]:
    """`model_id` 0 for an item without models, always sent; a location only where one is named (reference: 3.5)."""
    stock = [{"location_id": place, "stock": n} if place else {"stock": n} for place, n in units.items()]
    return {"model_id": int(variation_id or 0), "seller_stock": stock}
