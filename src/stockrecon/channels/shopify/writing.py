"""Writing stock to Shopify: `inventorySetQuantities` compares every number before it replaces it (reference: 1.7).

A request is carried out as a whole or not at all, so one row that is refused holds up none of the others for long: what
is to blame is taken out, and the rest is sent under a new key. What may have taken effect is never sent again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.shopify.api import PAGE, ShopifyApi
from stockrecon.channels.shopify.documents import SET
from stockrecon.channels.shopify.errors import Refused
from stockrecon.channels.shopify.fields import Malformed
from stockrecon.channels.shopify.locations import placed
from stockrecon.channels.shopify.outcome import Fate, Result, Row, result_of
from stockrecon.channels.writing import WITHIN, Answers, alike, chunks, complete, runs, sift, words
from stockrecon.core.intent import Answered
from stockrecon.core.model import ListingKey
from stockrecon.errors import StockreconError
from stockrecon.rest import Unsettled

NO_PLACE = "not sent: its stock lies at several locations; name the one that counts with location_id"
ROUNDS = 4
"""Requests for one group at most: each after the first one leaves out what was to blame, or is the same once more."""
_REASON = "correction"
_KEYS = uuid.UUID("5b0c3f7e-6f0e-5d6b-9a41-0f7f6c1d2e90")
"""The name space of our keys; any fixed one would do."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Where one listing's stock lay at its last reading: its item, and available units by location that counts."""

    item: str
    levels: Mapping[str, int]

    @property
    def exposed(self) -> int:
        return max(0, sum(self.levels.values()))


def batches(writes: Sequence[StockWrite]) -> Iterator[list[StockWrite]]:
    """At most 250 listings, in the given order; what lowers and what raises apart."""
    for run in runs(writes):
        yield from chunks(run, PAGE)


@dataclass(slots=True)
class _Group:
    """What one request carries: rows, and by listing which of them are its own."""

    writes: dict[ListingKey, StockWrite] = field(default_factory=dict)
    rows: dict[ListingKey, tuple[Row, ...]] = field(default_factory=dict)

    @property
    def all_rows(self) -> list[Row]:
        """Each once: two listings can share an item."""
        return list(dict.fromkeys(row for own in self.rows.values() for row in own))

    def without(self, keys: Mapping[ListingKey, object]) -> _Group:
        return _Group(
            {key: write for key, write in self.writes.items() if key not in keys},
            {key: own for key, own in self.rows.items() if key not in keys},
        )


class StockWriter:
    """Writes for one shop. What we call exposed is what is available at the locations that count, all together.

    `stock`: where each listing's stock lay at its last reading; `reread` reads listings again and fills it. `ready`
    makes sure of an access token. `monotonic` in seconds.
    """

    def __init__(
        self,
        api: ShopifyApi,
        stock: Mapping[ListingKey, Stock],
        ready: Callable[[], None],
        reread: Callable[[Sequence[ListingKey]], object],
        monotonic: Callable[[], float],
    ) -> None:
        self._api = api
        self._stock = stock
        self._ready = ready
        self._reread = reread
        self._monotonic = monotonic

    def write(self, batch: Sequence[StockWrite]) -> Answers:
        """See Channel.write: as many requests as it takes until each row has been carried out once, or not at all."""
        began = self._monotonic()
        answers, rest = sift(batch)
        try:
            self._ready()
            self._read_unread([write.key for write in rest])
            if self._api.another_version:
                told = f"not sent: {self._api.another_version}"
                return complete(batch, answers | alike(rest, Answered.NOT_SENT, told))
        except (StockreconError, Malformed) as fault:
            return complete(batch, answers | alike(rest, Answered.NOT_SENT, _words(fault)))
        refused, groups = self._groups(rest)
        answers |= refused
        for group in groups:
            answers |= self._carry_out(group, began)
        hidden = {key: WriteAnswer(one.answered, self._api.client.hide(one.text)) for key, one in answers.items()}
        return complete(batch, hidden)

    def _read_unread(self, keys: Sequence[ListingKey]) -> None:
        unread = [key for key in keys if key not in self._stock]
        if unread:
            self._reread(unread)

    def _groups(self, writes: Sequence[StockWrite]) -> tuple[Answers, list[_Group]]:
        """The answers to what is not sent, and the rest in requests of at most 250 rows."""
        answers: Answers = {}
        groups = [_Group()]
        taken: dict[tuple[str, str], Row] = {}
        for write in writes:
            own = self._rows(write)
            if isinstance(own, WriteAnswer):
                answers[write.key] = own
                continue
            if any(taken.get((row.item, row.location), row) != row for row in own):
                text = "not sent: another listing has the same stock, and another number was decided on for it"
                answers[write.key] = WriteAnswer(Answered.REJECTED, text)
                continue
            if groups[-1].rows and len(groups[-1].all_rows) + len(own) > PAGE:
                groups.append(_Group())
            taken |= {(row.item, row.location): row for row in own}
            groups[-1].writes[write.key] = write
            groups[-1].rows[write.key] = own
        return answers, [group for group in groups if group.rows]

    def _rows(self, write: StockWrite) -> tuple[Row, ...] | WriteAnswer:
        """The rows of one write: every location that counts, also one that keeps its number, so that Shopify compares
        the whole of what the write was decided on."""
        stock = self._stock.get(write.key)
        if stock is None:
            return WriteAnswer(Answered.REJECTED, "not sent: the shop does not have the listing any more")
        if stock.exposed != write.shown.exposed:
            text = f"not sent: it shows {stock.exposed} now, the write was decided at {write.shown.exposed}"
            return WriteAnswer(Answered.CONFLICT, text)
        if not stock.levels:
            return WriteAnswer(Answered.REJECTED, "not sent: it is not stocked at any location that counts")
        meant = placed(write.to, stock.levels)
        if meant is None:
            return WriteAnswer(Answered.REJECTED, NO_PLACE)
        return tuple(Row(stock.item, place, before, meant[place]) for place, before in stock.levels.items())

    def _carry_out(self, group: _Group, began: float) -> Answers:
        """Sends the group until it is done, refused, or unknown; each time without what was to blame before."""
        answers: Answers = {}
        seed = _seed(group)
        for number in range(ROUNDS):
            told, left = self._once(group, f"{seed}/{number}", began)
            answers |= told
            if left is None:
                return answers
            group = left
        text = f"Shopify refused the request {ROUNDS} times, and nothing of it took effect"
        return answers | alike(group.writes.values(), Answered.NOT_SENT, text)

    def _once(self, group: _Group, seed: str, began: float) -> tuple[Answers, _Group | None]:
        """One request: the answers that it settles, and what may be sent anew."""
        writes, rows = list(group.writes.values()), group.all_rows
        try:
            left = max(0.0, WITHIN - (self._monotonic() - began))
            payload = self._api.change(SET, within=left, key=_key(seed, rows), input=_input(rows, writes))
        except Unsettled as fault:
            return alike(writes, Answered.UNKNOWN, fault.what), None
        except Malformed as bad:
            return alike(writes, Answered.UNKNOWN, str(bad)), None
        except Refused as fault:
            return alike(writes, Answered.REJECTED, fault.what), None
        except StockreconError as fault:
            return alike(writes, Answered.NOT_SENT, words(fault)), None
        result = result_of(payload, rows)
        if result.fate is Fate.DONE:
            return alike(writes, Answered.ACCEPTED, ""), None
        if result.fate is Fate.UNKNOWN:
            return alike(writes, Answered.UNKNOWN, result.text), None
        if result.fate is Fate.AGAIN:
            return {}, group
        to_blame = self._blamed(group, rows, result) if result.fate is Fate.REFUSED else self._stale(group, result)
        rest = group.without(to_blame)
        return to_blame, rest if rest.rows and len(rest.rows) < len(group.rows) else None

    def _blamed(self, group: _Group, rows: Sequence[Row], result: Result) -> Answers:
        """The listings whose rows are named; all of them where none is."""
        if not result.rows:
            return alike(group.writes.values(), Answered.REJECTED, result.text)
        wrong = {rows[number]: told for number, told in result.rows.items()}
        return {
            key: WriteAnswer(Answered.REJECTED, "; ".join(dict.fromkeys(wrong[row] for row in own if row in wrong)))
            for key, own in group.rows.items()
            if any(row in wrong for row in own)
        }

    def _stale(self, group: _Group, result: Result) -> Answers:
        """The listings that show another number by now: none is named, so all are read. What moved is a conflict."""
        try:
            self._reread(list(group.writes))
        except (StockreconError, Malformed):
            return alike(group.writes.values(), Answered.CONFLICT, result.text)
        moved: Answers = {}
        for key, own in group.rows.items():
            now = self._stock.get(key)
            levels = {} if now is None else now.levels
            before = {row.location: row.before for row in own}
            if levels != before:
                shown = max(0, sum(levels.values()))
                told = f"{result.text}; it shows {shown} now, the write was decided at {max(0, sum(before.values()))}"
                moved[key] = WriteAnswer(Answered.CONFLICT, told)
        return moved or alike(group.writes.values(), Answered.CONFLICT, result.text)


def _seed(group: _Group) -> str:
    """What makes the requests of a group those of its intents and of no other: the same numbers may well be written
    again within the day that Shopify remembers a key, and would then be answered from memory."""
    intents = [write.intent for write in group.writes.values()]
    return "\n".join(intents) if all(intents) else uuid.uuid4().hex


def _key(seed: str, rows: Sequence[Row]) -> str:
    return str(uuid.uuid5(_KEYS, "\n".join([seed, *(repr(row) for row in rows)])))


def _input(rows: Sequence[Row], writes: Sequence[StockWrite]) -> dict[str, object]:
    """The run stands in Shopify's own history of the stock, so that people see who set it and why."""
    document = {"name": "available", "reason": _REASON}
    runs_named = {write.intent.partition("/")[0] for write in writes if write.intent}
    if len(runs_named) == 1:
        document["referenceDocumentUri"] = f"gid://stockrecon/Run/{runs_named.pop()}"
    return {**document, "quantities": [row.entry() for row in rows]}


def _words(fault: StockreconError | Malformed) -> str:
    return words(fault) if isinstance(fault, StockreconError) else str(fault)
