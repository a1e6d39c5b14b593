"""One correction, posted exactly once whatever dies when, and what is said of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import moved, one_line, posted_before
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.odoo.counting import Counting, Quant
from stockrecon.ledgers.odoo.errors import Refused, Why
from stockrecon.ledgers.odoo.places import Scope
from stockrecon.ledgers.odoo.products import Product, by_sku
from stockrecon.ledgers.odoo.reading import available_of
from stockrecon.ledgers.odoo.setup import Setup
from stockrecon.rest import Unsettled

MANAGER = "only an administrator of Inventory may apply a count (docs/ledgers/odoo.md, rights)"
_LOCKED = ("lock date", "locked", "prior to", "closed")


class _Declined(Exception):
    """It is not posted, and this is the answer."""

    def __init__(self, answer: CorrectionAnswer) -> None:
        super().__init__(answer.text)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Posting:
    """Posts corrections at one location.

    The reference is looked up before the count is written, once more when it stands, and after it was applied. Of two
    that post the same at once, the one whose count comes second finds either the other's count in its place, or a
    quantity that moved, or the reference; and a count is applied once, by whoever comes first.
    """

    counting: Counting
    setup: Setup
    scope: Scope

    def post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Raises nothing of the outside's; see `Ledger.correct`."""
        try:
            product = self._product(request)
            known = self.counting.refs([request.ref])
            if request.ref in known:
                return posted_before(request, known[request.ref], self._available(request))
            before = self._available(request)
            if before is None or before != request.available:
                raise _Declined(moved(request, before if before is not None else 0))
            quant = self._one(product)
        except _Declined as declined:
            return declined.answer
        except ReadFault as fault:
            return _not_sent(fault)
        return self._count_and_apply(request, product, quant)

    def take_back(self) -> None:
        """Clears counts of ours that nobody will apply any more. Raises ReadFault."""
        self.counting.clear(self.counting.left_open())

    def _product(self, request: CorrectionRequest) -> Product:
        found = by_sku(self.counting.odoo, self.scope, [request.sku]).get(request.sku, [])
        if len(found) == 1 and found[0].stored and not found[0].tracked:
            return found[0]
        if not found:
            words = f"Odoo has no product with the internal reference {request.sku!r}: not posted"
        elif len(found) > 1:
            words = f"{request.sku!r} stands for {len(found)} products in Odoo: not posted"
        elif found[0].tracked:
            words = (
                f"{request.sku} is tracked by lots or serial numbers, so a person has to say of which one: not posted"
            )
        else:
            words = f"Odoo does not count {request.sku}: not posted"
        raise _Declined(CorrectionAnswer(Answered.REJECTED, words))

    def _one(self, product: Product) -> Quant | None:
        """The quant to count; None where there is none yet. Declines while somebody else counts it."""
        found = self.counting.quants(product.id)
        if len(found) > 1:
            words = f"Odoo keeps {product.sku} twice at this location for the moment and will merge it: not posted"
            raise _Declined(CorrectionAnswer(Answered.NOT_SENT, words))
        if not found:
            return None
        if found[0].counted and found[0].by != self.counting.odoo.uid:
            words = f"a count of {product.sku} by somebody else waits in Odoo: apply or clear it there; not posted"
            raise _Declined(CorrectionAnswer(Answered.NOT_SENT, words))
        return found[0]

    def _count_and_apply(self, request: CorrectionRequest, product: Product, quant: Quant | None) -> CorrectionAnswer:
        try:
            self.counting.count(product.id, quant, request.by)
            wizard = self.counting.reason(self._counted(request, product, quant).id, request.ref)
        except _Declined as declined:
            self._clear(product)
            return declined.answer
        except ReadFault as fault:
            # A count alone changes no stock.
            self._clear(product)
            return _refused(fault) if isinstance(fault, Refused) else _not_sent(fault)
        try:
            applied = self.counting.apply(wizard)
        except Unsettled as fault:
            return CorrectionAnswer(Answered.UNKNOWN, one_line(fault))
        except ReadFault as fault:
            self._clear(product)
            return _refused(fault) if isinstance(fault, Refused) else _not_sent(fault)
        return self._after(request, product, applied)

    def _counted(self, request: CorrectionRequest, product: Product, before: Quant | None) -> Quant:
        """The quant with our count on it. Declines where anything moved, or the reference was posted, meanwhile."""
        found = self.counting.quants(product.id)
        known = self.counting.refs([request.ref])
        if request.ref in known:
            raise _Declined(posted_before(request, known[request.ref], self._available(request)))
        same = len(found) == 1 and found[0].counted and found[0].difference == request.by
        if not same or (before is not None and found[0].quantity != before.quantity):
            now = self._available(request)
            words = f"{request.sku} was moved or counted in Odoo at the same moment: not posted"
            raise _Declined(CorrectionAnswer(Answered.CONFLICT, words, now))
        return found[0]

    def _after(self, request: CorrectionRequest, product: Product, applied: bool) -> CorrectionAnswer:
        """An answer is a claim: what counts is the move that Odoo shows."""
        if not applied:
            self._clear(product)
        try:
            known = self.counting.refs([request.ref])
            now = self._available(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.UNKNOWN, one_line(fault))
        if request.ref not in known:
            words = f"{request.sku} was moved or counted in Odoo at the same moment: not posted"
            return CorrectionAnswer(Answered.CONFLICT, words, now)
        if known[request.ref] != request.by:
            words = (
                f"{request.ref} was posted with {known[request.ref]} where {request.by} was to be: somebody counted "
            )
            return CorrectionAnswer(Answered.CONFLICT, words + f"{request.sku} in Odoo at the same moment", now)
        return CorrectionAnswer(Answered.ACCEPTED, "", now)

    def _available(self, request: CorrectionRequest) -> int | None:
        return available_of(self.counting.odoo, self.setup, self.scope, [request.sku]).get(request.sku)

    def _clear(self, product: Product) -> None:
        """Takes our count back. Where that fails the next run does it, before it looks at anything."""
        with suppress(ReadFault):
            mine = [one for one in self.counting.quants(product.id) if one.counted and one.by == self.counting.odoo.uid]
            self.counting.clear(mine)


def _not_sent(fault: ReadFault) -> CorrectionAnswer:
    return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")


def _refused(fault: Refused) -> CorrectionAnswer:
    """Odoo took everything back. Its own words, and what to do."""
    words = f"not posted: {one_line(fault)}"
    if fault.why is Why.RIGHT or "stock manager" in fault.message:
        words = f"not posted: Odoo refused it: {fault.message}; {MANAGER}"
    elif any(word in fault.message.lower() for word in _LOCKED):
        words += "; corrections are booked on today's date, so open today's period in Odoo or wait until it is open"
    return CorrectionAnswer(Answered.REJECTED, words)
