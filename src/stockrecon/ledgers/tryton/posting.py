"""Posting corrections exactly once, whatever dies when and whoever else posts the same one.

A document is found by its mark, and confirmed only by who began a look after the mark was there and saw no other
document with this ref that could still be confirmed. Of two documents with one ref, the look that was begun after the
later mark shows both; so nobody can confirm the one while somebody else confirms the other. What is in the way is
cancelled, which lasts, and is seen to be gone before another is confirmed. No lock is needed but Tryton's transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import moved, one_line, posted_before
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.tryton.balances import of_products
from stockrecon.ledgers.tryton.documents import Desk, Document
from stockrecon.ledgers.tryton.errors import Failed, Refused
from stockrecon.ledgers.tryton.fields import whole
from stockrecon.ledgers.tryton.inventories import ATTACHMENT, INVENTORY, LINE
from stockrecon.ledgers.tryton.places import Location, correction_places
from stockrecon.ledgers.tryton.products import Product, by_sku
from stockrecon.ledgers.tryton.setup import Setup
from stockrecon.rest import Unsettled

_ROUNDS = 12
"""Of looking and acting, for one correction; more are needed only while others keep undoing what was done."""
_WRITES = ((INVENTORY, ("read", "create", "write")), (LINE, ("read", "create", "write")))
_MOVES = (("stock.move", ("read", "create", "write")), (ATTACHMENT, ("read", "create")))


@dataclass(frozen=True, slots=True)
class Poster:
    desk: Desk
    setup: Setup

    def why_not(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one."""
        try:
            correction_places(self.desk.scope, self.setup)
            for model, needed in (*_WRITES, *_MOVES):
                rights = self.desk.tryton.rights(model) or {}
                lacking = [right for right in needed if not rights.get(right)]
                if lacking:
                    return (
                        f"Tryton's user may not {', '.join(lacking)} {model}; corrections need more rights than "
                        "reading (docs/ledgers/tryton.md)"
                    )
        except ReadFault as fault:
            return one_line(fault)
        return None

    def post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Raises nothing of the outside's."""
        try:
            product = by_sku(self.desk.tryton, self.desk.scope, [request.sku]).get(request.sku)
            if product is None or product.kit:
                what = "is a kit, whose components are corrected" if product else "is the code of no active goods"
                return _rejected(f"SKU {request.sku!r} {what} in Tryton")
            return _Posting(self, request, product).run()
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that a confirmed document has; drafts are cancelled first. Raises ReadFault."""
        if not refs:
            return {}
        for _ in range(_ROUNDS):
            found = self.desk.find(refs)
            drafts = [one for one in found if one.is_draft]
            if not drafts:
                return {ref: quantity for ref in refs if (quantity := _sum(found, ref)) is not None}
            for one in drafts:
                self.cancel(one)
        what = f"{len(drafts)} half-made corrections cannot be cancelled (inventory {drafts[0].id} is one)"
        raise ReadFault("ledger", what, way_on="Cancel them in Tryton: Inventory & Stock > Inventories.")

    def cancel(self, document: Document) -> None:
        """Whether it was cancelled, or confirmed by somebody else just before, is for the next look to see."""
        try:
            self.desk.cancel(document.id)
        except (Refused, Failed, Unsettled):
            return

    def available(self, product: Product) -> int | None:
        """Now; None for what is kept in fractions of a unit."""
        return of_products(self.desk.tryton, self.desk.scope, self.setup, [product]).get(product.sku)


@dataclass(slots=True)
class _Posting:
    """One correction on its way. `wrote`: something was sent. `known`: documents that were marked before the next look.

    `refused`: why Tryton takes no document of ours. `doubted`: the one that it did not confirm, and what it said.
    """

    poster: Poster
    request: CorrectionRequest
    product: Product
    wrote: bool = False
    confirmed: bool = False
    trouble: str = ""
    refused: str = ""
    doubted: tuple[int, str] | None = None
    known: set[int] = field(default_factory=set)

    def run(self) -> CorrectionAnswer:
        """Raises ReadFault where nothing was sent."""
        answer = self._before()
        for _ in range(_ROUNDS):
            if answer is not None:
                return answer
            try:
                answer = self._round()
            except Unsettled as fault:
                # It may have been done: the next look tells.
                self.wrote, self.trouble = True, one_line(fault)
            except ReadFault as fault:
                if not self.wrote:
                    raise
                words = "; ".join(dict.fromkeys(part for part in (self.trouble, one_line(fault)) if part))
                return CorrectionAnswer(Answered.UNKNOWN, f"whether it was posted cannot be told: {words}")
        if self.refused:
            return _rejected(f"{self.refused}; its draft cannot be cancelled either: cancel it in Tryton")
        words = self.trouble or "other programs keep undoing what was begun"
        return CorrectionAnswer(Answered.UNKNOWN, f"given up after {_ROUNDS} tries: {words}")

    def _before(self) -> CorrectionAnswer | None:
        """The answer where it was posted before, or where the ledger has moved on since the plan."""
        found = self._find()
        if any(one.is_done for one in found):
            return self._done(found)
        available = self.poster.available(self.product)
        if available is None:
            return _rejected(f"Tryton keeps SKU {self.request.sku!r} in fractions of a unit")
        if available == self.request.available:
            return None
        # What moved it may have been this very correction, posted by another process since the first look.
        found = self._find()
        if any(one.is_done for one in found):
            return self._done(found)
        self._cancel(one for one in found if one.is_draft)
        return moved(self.request, available)

    def _round(self) -> CorrectionAnswer | None:
        """One look, and one step from what it shows; an answer where no step is left."""
        found = self._find()
        if any(one.is_done for one in found):
            return self._done(found)
        drafts = [one for one in found if one.is_draft]
        if self.doubted is not None and self.doubted[0] in {one.id for one in drafts}:
            self.refused = self.doubted[1]
        self.doubted = None
        fit = [one for one in drafts if one.ref == self.request.ref and one.by == self.request.by]
        chosen = fit[0] if fit and not self.refused else None
        if in_the_way := [one for one in drafts if one is not chosen]:
            self._cancel(in_the_way)
        elif self.refused:
            return _rejected(self.refused)
        elif chosen is None:
            return self._make()
        elif chosen.id in self.known:
            self._confirm(chosen)
        self.known |= {one.id for one in fit}
        return None

    def _cancel(self, documents: Iterable[Document]) -> None:
        for one in documents:
            self.wrote = True
            self.poster.cancel(one)

    def _make(self) -> CorrectionAnswer | None:
        places = correction_places(self.poster.desk.scope, self.poster.setup)
        place, before = self._place(places)
        if place is None:
            return _rejected(
                f"{_names(places)}: no place holds {-self.request.by} of {self.request.sku!r}, and an inventory cannot "
                "count less than nothing"
            )
        try:
            self.wrote = True
            made = self.poster.desk.make(self.request, self.product.id, place, before)
            self.poster.desk.mark(made, self.request)
            self.known.add(made)
        except (Refused, Failed) as refused:
            # What was made without a mark is in the way of the next look, and cancelled by it.
            self.refused = one_line(refused)
        return None

    def _place(self, places: Sequence[Location]) -> tuple[Location | None, Decimal]:
        """Where it is counted: the first place that has the units, or the one that has most of them."""
        held = self.poster.desk.held(self.product.id, places)
        fit = [one for one in places if held.get(one.id, Decimal(0)) + self.request.by >= 0]
        usual = {one.storage for one in self.poster.desk.scope.warehouses}
        place = next((one for one in fit if one.id in usual), None)
        if place is None and fit:
            place = max(fit, key=lambda one: held.get(one.id, Decimal(0)))
        return place, held.get(place.id, Decimal(0)) if place is not None else Decimal(0)

    def _confirm(self, document: Document) -> None:
        try:
            self.wrote = True
            self.poster.desk.confirm(document.id)
            self.confirmed = True
        except (Refused, Failed) as refused:
            # Also where another process has just confirmed or cancelled it: the next look tells which it was.
            self.doubted = (document.id, one_line(refused))

    def _done(self, found: Sequence[Document]) -> CorrectionAnswer:
        available = None
        # That it is posted is known, whatever cannot be asked any more.
        with suppress(ReadFault):
            self._cancel(one for one in found if one.is_draft)
            available = self.poster.available(self.product)
        quantity = _sum(found, self.request.ref)
        if quantity == self.request.by and (self.confirmed or self.trouble):
            words = f"{self.request.ref} was posted all the same: {self.trouble}" if self.trouble else ""
            return CorrectionAnswer(Answered.ACCEPTED, words, available)
        return posted_before(self.request, quantity, available)

    def _find(self) -> list[Document]:
        return self.poster.desk.find([self.request.ref], self.product.id)


def _sum(found: Sequence[Document], ref: str) -> int | None:
    """What the confirmed documents of a ref did; None where there is none."""
    done = [one.by or Decimal(0) for one in found if one.is_done and one.ref == ref]
    return whole(sum(done, Decimal(0))) if done else None


def _rejected(words: str) -> CorrectionAnswer:
    return CorrectionAnswer(Answered.REJECTED, f"not posted: {words}")


def _names(places: Sequence[Location]) -> str:
    return ", ".join(map(str, places[:3])) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
