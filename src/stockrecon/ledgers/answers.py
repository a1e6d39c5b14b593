"""What is said of corrections, the same for every kind of ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.rest.fields import Malformed


@contextmanager
def understood(vendor: str, way_on: str = "if it stays so, report it with this text") -> Iterator[None]:
    """What the other side sends and nobody understands is a fault of reading, which names the field."""
    try:
        yield
    except Malformed as bad:
        words = f"an answer is not what {vendor} documents: {bad}"
        raise ReadFault("ledger", words, way_on=way_on) from None


def corrections_line(why_not: str | None) -> LedgerCheck:
    """Whether corrections can be posted. That they cannot is no fault: reading and explaining need none."""
    if why_not is None:
        return LedgerCheck(True, "corrections", "can be posted")
    return LedgerCheck(None, "corrections", f"cannot be posted: {why_not}")


def pointless(request: CorrectionRequest) -> CorrectionAnswer | None:
    """The answer to what is no correction: without a ref it could be posted twice, with 0 units it changes nothing."""
    if request.ref and request.by:
        return None
    return CorrectionAnswer(Answered.REJECTED, "not posted: a correction has a ref and a number of units other than 0")


def posted_before(request: CorrectionRequest, quantity: int | None, available: int | None) -> CorrectionAnswer:
    """The answer where the ledger has a movement with this ref already."""
    words = f"{request.ref} had been posted before"
    if quantity == request.by:
        return CorrectionAnswer(Answered.ACCEPTED, words, available)
    words += f", with {quantity} where {request.by} was to be posted"
    return CorrectionAnswer(Answered.CONFLICT, words, available)


def moved(request: CorrectionRequest, before: int) -> CorrectionAnswer:
    """The answer where the ledger has moved on since the plan."""
    words = f"the ledger has {before} of {request.sku}, the plan was made from {request.available}: not posted"
    return CorrectionAnswer(Answered.CONFLICT, words, before)


def one_line(fault: ReadFault) -> str:
    """What is wrong and the way on, as one sentence."""
    way_on = fault.way_on
    if way_on[1:2].islower():
        way_on = way_on[0].lower() + way_on[1:]
    return f"{fault.what}; {way_on}".rstrip(".") if way_on else fault.what
