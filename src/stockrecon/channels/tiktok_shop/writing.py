"""Writing stock to TikTok Shop: one request per product sets SKUs at all their warehouses (reference: 2.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.fields import Malformed
from stockrecon.channels.tiktok_shop.outcome import row_answers
from stockrecon.channels.tiktok_shop.places import out_of_range, placed
from stockrecon.channels.tiktok_shop.stock import Place
from stockrecon.channels.writing import Answers, alike, chunks, complete, runs, sift, words
from stockrecon.core.intent import Answered
from stockrecon.core.model import ListingKey
from stockrecon.errors import StockreconError
from stockrecon.rest import Unsettled

SKUS = 100
"""The most SKUs of one product, and so of one request (12052050)."""

Places = Mapping[ListingKey, tuple[Place, ...]]


def batches(writes: Sequence[StockWrite]) -> Iterator[list[StockWrite]]:
    """SKUs of one product; decreases of all products before the raises that follow them."""
    for run in runs(writes):
        products: dict[str, list[StockWrite]] = {}
        for write in run:
            products.setdefault(write.key.item_id, []).append(write)
        for of_product in products.values():
            yield from chunks(of_product, SKUS)


class StockWriter:
    """Writes for one shop.

    `places`: where each listing's stock lay at its last reading. `ready` makes sure of an access token and of the
    shop; `reread` reads listings again and fills `places`. `warehouse`: the only one that counts, else "". `explained`
    adds to an answer what is known beside it.
    """

    def __init__(
        self,
        api: TikTokApi,
        warehouse: str,
        places: Places,
        ready: Callable[[], object],
        reread: Callable[[Sequence[ListingKey]], object],
        explained: Callable[[StockWrite, WriteAnswer], WriteAnswer],
    ) -> None:
        self._api = api
        self._warehouse = warehouse
        self._places = places
        self._ready = ready
        self._reread = reread
        self._explained = explained

    def write(self, batch: Sequence[StockWrite]) -> Answers:
        """One request at most; see Channel.write. The batch is one of `batches`: SKUs of one product."""
        if len({write.key.item_id for write in batch}) > 1:
            raise ValueError("a request to TikTok Shop holds SKUs of one product")
        answers, rest = sift(batch)
        try:
            self._ready()
            unread = [write.key for write in rest if write.key not in self._places]
            if unread:
                self._reread(unread)
        except (StockreconError, Malformed) as fault:
            told = words(fault) if isinstance(fault, StockreconError) else str(fault)
            return complete(batch, answers | alike(rest, Answered.NOT_SENT, told))
        sent: dict[str, Mapping[str, int]] = {}
        sending = []
        for write in rest:
            units = placed(write.to, self._places.get(write.key, ()), self._warehouse)
            refused = self._no_place(write.key) if units is None else out_of_range(write.to, units)
            if units is None or refused:
                answers[write.key] = WriteAnswer(Answered.REJECTED, refused)
                continue
            sent[write.key.variation_id] = units
            sending.append(write)
        if sending:
            answers |= self._send(sending, sent)
        return complete(batch, answers)

    def _send(self, batch: Sequence[StockWrite], sent: Mapping[str, Mapping[str, int]]) -> Answers:
        try:
            document = self._api.update_inventory(batch[0].key.item_id, [_entry(*each) for each in sent.items()])
        except Unsettled as fault:
            return alike(batch, Answered.UNKNOWN, fault.what)
        except StockreconError as fault:
            return alike(batch, Answered.NOT_SENT, words(fault))
        rows = row_answers(document, sent)
        hide = self._api.client.hide
        hidden = {sku_id: WriteAnswer(row.answered, hide(row.text)) for sku_id, row in rows.items()}
        return {write.key: self._explained(write, hidden[write.key.variation_id]) for write in batch}

    def _no_place(self, key: ListingKey) -> str:
        if not self._places.get(key):
            return "not sent: TikTok Shop shows no warehouse of the seller's that holds it"
        if self._warehouse:
            return f"not sent: it is not kept in warehouse {self._warehouse}, and a write cannot add one"
        return "not sent: the stock lies at several warehouses; name the one that counts with warehouse_id"


def _entry(sku_id: str, units: Mapping[str, int]) -> dict[str, object]:
    """Always with the warehouse: it may be left out only where there is one. What is ordered on backorder stays."""
    return {"id": sku_id, "inventory": [{"warehouse_id": place, "quantity": number} for place, number in units.items()]}
