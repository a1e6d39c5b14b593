"""Writing stock to Lazada: `/product/stock/sellable/update`, an absolute number per SKU (reference: Lazada 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.lazada.calls import LazadaCalls
from stockrecon.channels.lazada.outcome import row_answers
from stockrecon.channels.lazada.payload import payload
from stockrecon.channels.lazada.verdicts import Refused
from stockrecon.channels.writing import Answers, alike, chunks, complete, runs, sift, spread, words
from stockrecon.core.intent import Answered
from stockrecon.core.model import ListingKey
from stockrecon.errors import AuthFault, StockreconError
from stockrecon.rest import Unsettled

ROWS = 20
"""Rows of one call: 50 are the limit, and Lazada recommends 20, beyond which calls time out (reference: 4.1)."""
DEFAULT = "dropshipping"
"""The code of a seller's only warehouse (reference: Lazada 3.3)."""

Places = tuple[tuple[str, int], ...]
"""Warehouse codes as Lazada writes them, each with its sellable units."""


def batches(writes: Sequence[StockWrite]) -> Iterator[list[StockWrite]]:
    """At most 20 rows, in the given order; what lowers and what raises apart."""
    for run in runs(writes):
        yield from chunks(run, ROWS)


class StockWriter:
    """Writes for one shop. What we call exposed is Lazada's sellable: locked units are part of both (3.3).

    `places`: where each listing's stock lay at its last reading; `reread` reads listings again and fills it.
    `warehouse`: the only one that counts, else "".
    """

    def __init__(
        self,
        calls: LazadaCalls,
        warehouse: str,
        places: Mapping[ListingKey, Places],
        reread: Callable[[Sequence[ListingKey]], object],
    ) -> None:
        self._calls = calls
        self._warehouse = warehouse
        self._places = places
        self._reread = reread
        self._seller: tuple[str, ...] | None = None

    def write(self, batch: Sequence[StockWrite]) -> Answers:
        """One request at most; see Channel.write."""
        answers, rest = sift(batch)
        try:
            self._calls.authorised()
            units = self._units(rest)
        except StockreconError as fault:
            return complete(batch, answers | alike(rest, Answered.NOT_SENT, words(fault)))
        nowhere = [write for write in rest if write.key not in units]
        answers |= alike(nowhere, Answered.REJECTED, self._no_place())
        sending = [write for write in rest if write.key in units]
        if sending:
            answers |= self._send(sending, units)
        return complete(batch, answers)

    def _send(self, batch: Sequence[StockWrite], units: Mapping[ListingKey, Mapping[str, int]]) -> Answers:
        try:
            document = self._calls.update_sellable(payload((write, units[write.key]) for write in batch))
        except Unsettled as fault:
            return alike(batch, Answered.UNKNOWN, fault.what)
        except StockreconError as fault:
            return alike(batch, Answered.NOT_SENT, words(fault))
        told = row_answers(document, batch)
        return {key: WriteAnswer(one.answered, self._calls.hide(one.text)) for key, one in told.items()}

    def _units(self, writes: Sequence[StockWrite]) -> dict[ListingKey, Mapping[str, int]]:
        """Units by warehouse for each write, "" for the only one; what has no one place is left out."""
        if writes and self._seller is None:
            self._seller = self._warehouses()
        seller = self._seller or ()
        unread = [write.key for write in writes if write.key not in self._places]
        if unread and len(seller) != 1:
            self._reread(unread)
        found = {
            write.key: placed(write.to, self._places.get(write.key, ()), seller, self._warehouse) for write in writes
        }
        return {key: units for key, units in found.items() if units is not None}

    def _warehouses(self) -> tuple[str, ...]:
        """The seller's codes; none where the app may not ask: then what a SKU shows has to do."""
        try:
            return tuple(dict.fromkeys(self._calls.warehouses()))
        except (Refused, AuthFault):
            return ()

    def _no_place(self) -> str:
        if self._warehouse:
            return f"not sent: {self._warehouse} is not among the seller's warehouses"
        return "not sent: the stock lies at several warehouses; name the one that counts with warehouse"


def placed(to: int, shown: Places, seller: Sequence[str], warehouse: str) -> Mapping[str, int] | None:
    """Units by warehouse code, or under "" where none may be named: a seller with one must not name it (4.2).

    `shown`: the SKU's warehouses, from which those without stock may be missing; `seller`: the codes of all, none where
    they are not known. What is left out stays as it is. None where it cannot be told which warehouse is meant.
    """
    codes = {code.casefold(): code for code in (*(code for code, _ in shown), *seller)}
    if warehouse:
        code = codes.get(warehouse.casefold())
        if code is None and seller:
            return None
        many = len(seller) > 1 or (not seller and (len(shown) > 1 or warehouse.casefold() != DEFAULT))
        return {code or warehouse: to} if many else {"": to}
    if len(seller) <= 1 and len(shown) <= 1 and (seller or all(code.casefold() == DEFAULT for code, _ in shown)):
        return {"": to}
    return spread(to, dict.fromkeys(seller, 0) | dict(shown))
