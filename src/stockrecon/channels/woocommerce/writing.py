"""Writing stock to WooCommerce: batches that set `stock_quantity` and nothing else (reference: WooCommerce 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.woocommerce.api import WooApi
from stockrecon.channels.woocommerce.errors import Refused
from stockrecon.channels.woocommerce.fields import Object
from stockrecon.channels.woocommerce.outcome import row_answers, target_id
from stockrecon.channels.writing import Answers, alike, chunks, complete, runs, sift, words
from stockrecon.core.intent import Answered
from stockrecon.errors import StockreconError
from stockrecon.rest import Unsettled

ROWS = 20
"""Rows of one batch: 100 are the limit (reference: 3.3). Each is a product that PHP loads and saves with all that hangs
on it, one after the other; a batch that outlasts the server's time leaves nobody knowing what it did, and the later a
row's turn, the longer ago it was read."""


def batches(writes: Sequence[StockWrite]) -> Iterator[list[StockWrite]]:
    """Products, or variations of one product, at most 20; all decreases before the raises that follow them."""
    for run in runs(writes):
        places: dict[str, list[StockWrite]] = {}
        for write in run:
            places.setdefault(_place(write), []).append(write)
        for of_place in places.values():
            yield from chunks(of_place, ROWS)


class StockWriter:
    """Writes for one shop. What we call exposed is `stock_quantity`; what variations share is their product's."""

    def __init__(self, api: WooApi) -> None:
        self._api = api

    def write(self, batch: Sequence[StockWrite]) -> Answers:
        """One request at most; see Channel.write. The batch is one of `batches`."""
        if len({_place(write) for write in batch}) > 1:
            raise ValueError("a request to WooCommerce holds products, or variations of one product")
        answers, rest = sift(batch)
        for write in rest:
            if why := _unfit(write):
                answers[write.key] = WriteAnswer(Answered.REJECTED, why)
        sending = [write for write in rest if write.key not in answers]
        if sending:
            answers |= self._send(sending)
        return complete(batch, answers)

    def _send(self, batch: Sequence[StockWrite]) -> Answers:
        try:
            document = self._api.update(_place(batch[0]), [_row(write) for write in batch])
        except Unsettled as fault:
            return alike(batch, Answered.UNKNOWN, fault.what)
        except Refused as fault:
            return alike(batch, Answered.REJECTED, fault.what)
        except StockreconError as fault:
            return alike(batch, Answered.NOT_SENT, words(fault))
        told = row_answers(document, batch)
        return {key: WriteAnswer(one.answered, self._api.client.hide(one.text)) for key, one in told.items()}


def _place(write: StockWrite) -> str:
    """The product whose variations a batch holds; "" for products themselves."""
    return write.key.item_id if write.key.variation_id else ""


def _row(write: StockWrite) -> Object:
    """An absolute number alone. `manage_stock` is never sent: it would change what the seller decided, and a variation
    without it loses its `backorders` with any number that is sent to it (reference: 3.3)."""
    return {"id": int(target_id(write)), "stock_quantity": write.to}


def _unfit(write: StockWrite) -> str:
    """Why WooCommerce could not carry it out."""
    shown = write.shown
    if not shown.state.takes_writes:
        return f"not sent: {shown.message or f'it is in state {shown.state.value}'}"
    ids = (write.key.item_id, write.key.variation_id or "0")
    if not all(each.isascii() and each.isdigit() and len(each) < 19 for each in ids):
        return f"not sent: {'/'.join(ids)} is no id of WooCommerce's"
    return ""
