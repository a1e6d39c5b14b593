"""What writing has in common on every channel: the order of requests, what is never sent, and an answer for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment, ListingKey
from stockrecon.errors import ReadFault, StockreconError

WITHIN = 10.0
"""Seconds after which a write that is still waiting its turn is not sent: what was read before it is too old to
overwrite. Every wait for a throttle or a new token counts (reference: reliability 8.6)."""

Answers = dict[ListingKey, WriteAnswer]


def runs(writes: Iterable[StockWrite]) -> Iterator[list[StockWrite]]:
    """The writes in their order, cut wherever lowering turns into raising or back.

    What lowers and what raises never share a request: a raise that is refused must not hold up a decrease.
    """
    for _, run in groupby(writes, key=lambda write: write.to < write.shown.exposed):
        yield list(run)


def chunks(writes: Sequence[StockWrite], most: int) -> Iterator[list[StockWrite]]:
    """At most `most` writes each, in order; a listing that is named twice is in two of them."""
    chunk: list[StockWrite] = []
    for write in writes:
        if len(chunk) == most or any(write.key == other.key for other in chunk):
            yield chunk
            chunk = []
        chunk.append(write)
    if chunk:
        yield chunk


def refusal(write: StockWrite) -> str:
    """Why this write is never sent, whoever asks for it; "" where it may be."""
    shown = write.shown
    if shown.fulfilment is Fulfilment.PLATFORM:
        return "not sent: the platform holds this stock itself"
    if shown.fulfilment is Fulfilment.COMPUTED:
        return "not sent: the channel computes this number itself"
    if write.to < 0:
        return f"not sent: {write.to} is less than nothing"
    if write.to < shown.campaign:
        return f"not sent: {write.to} is below the floor of {shown.campaign} units that a campaign holds"
    return ""


def sift(batch: Sequence[StockWrite]) -> tuple[Answers, list[StockWrite]]:
    """The answers to what is never sent, and the writes that may be."""
    refused = {write.key: WriteAnswer(Answered.REJECTED, why) for write in batch if (why := refusal(write))}
    return refused, [write for write in batch if write.key not in refused]


def spread(to: int, places: Mapping[str, int]) -> Mapping[str, int] | None:
    """Units for each place that is to change, so that all of them hold `to`; None where that can be done in two ways.

    One place is no question. Of several, 0 is the same for all, and what lies at one of them alone can be lowered
    there; a raise, a decrease of what lies at two, or one beside a place that owes units, is the seller's to divide.
    """
    if len(places) == 1:
        return dict.fromkeys(places, to)
    if any(units < 0 for units in places.values()):
        return None
    holding = [place for place, units in places.items() if units > 0]
    if places and to == 0:
        return dict.fromkeys(places, 0)
    if len(holding) == 1 and to <= places[holding[0]]:
        return {holding[0]: to}
    return None


def alike(batch: Iterable[StockWrite], answered: Answered, text: str) -> Answers:
    """One answer to all of them."""
    return {write.key: WriteAnswer(answered, text) for write in batch}


def words(fault: StockreconError) -> str:
    """What a fault says, without the shop's name: the answer is kept at the shop already."""
    return fault.what if isinstance(fault, ReadFault) else fault.text


def complete(batch: Sequence[StockWrite], answers: Mapping[ListingKey, WriteAnswer]) -> Answers:
    """An answer for every write of the batch, in its order; what nobody spoke of is unknown."""
    silence = WriteAnswer(Answered.UNKNOWN, "the answer says nothing of this listing")
    return {write.key: answers.get(write.key, silence) for write in batch}
