"""Corrections as Tryton keeps them: inventories of one line with a mark, found again by it, made, confirmed, cancelled.

Each call is one transaction. A draft does nothing to stock; what confirms it and what cancels it write the same row, so
that of two at once one is taken back: a document is confirmed at most once, and never after it was cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.fields import Row, identity, ids, link, number, reference, text
from stockrecon.ledgers.tryton.inventories import ATTACHMENT, INVENTORY, LINE, LINK, marks
from stockrecon.ledgers.tryton.paging import some, walk
from stockrecon.ledgers.tryton.places import Location, Scope

EMPTY = "keep"
"""How our inventories treat lines without a number, which they have none of: it narrows down where marks are sought."""


@dataclass(frozen=True, slots=True)
class Document:
    """One correction. `ref` "": it has no mark yet, since what made it died just then.

    `by`: what it does or did to stock; None where its line has no number. `own`: made by the user that we are.
    """

    id: int
    ref: str
    state: str
    product: int
    location: int
    by: Decimal | None
    own: bool

    @property
    def is_done(self) -> bool:
        return self.state == "done"

    @property
    def is_draft(self) -> bool:
        return self.state == "draft"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where documents are looked up and made. Raises ReadFault, Refused or Failed; Unsettled for what was written."""

    tryton: Tryton
    scope: Scope

    def find(self, refs: Iterable[str], product: int | None = None) -> list[Document]:
        """Those with one of the refs, and our own drafts without a mark; by id. `product`: of this product alone.

        Whatever was marked before this began, and is not cancelled, is among them.
        """
        wanted = frozenset(refs)
        domain: list[object] = [["company", "=", self.scope.company], ["empty_quantity", "=", EMPTY]]
        domain.append(["state", "in", ["draft", "done"]])
        if product is not None:
            domain.append(["lines.product", "=", product])
        rows = walk(self.tryton, INVENTORY, domain, ("state", "location", "create_uid", "lines"))
        single = {_id(row): row for row in rows if len(ids(row.get("lines"), f"{INVENTORY}: lines")) == 1}
        known = marks(self.tryton, single)
        mine = {one: row for one, row in single.items() if self._is_ours(row, known.get(one), wanted)}
        return self._read(mine, known)

    def make(self, request: CorrectionRequest, product: int, place: Location, before: Decimal) -> int:
        """A draft that makes `before` units at the place into what is right; it has no mark yet."""
        line = {"product": product, "quantity": float(before + request.by)}
        values = {
            "company": self.scope.company,
            "location": place.id,
            "empty_quantity": EMPTY,
            "lines": [["create", [line]]],
        }
        return self.tryton.create(INVENTORY, values)

    def mark(self, document: int, request: CorrectionRequest) -> None:
        self.tryton.create(
            ATTACHMENT,
            {
                "name": request.ref,
                "type": "link",
                "link": LINK,
                "description": request.note,
                "resource": f"{INVENTORY},{document}",
            },
        )

    def confirm(self, document: int) -> None:
        self.tryton.press(INVENTORY, "confirm", document)

    def cancel(self, document: int) -> None:
        self.tryton.press(INVENTORY, "cancel", document)

    def held(self, product: int, places: Sequence[Location]) -> dict[int, Decimal]:
        """What each of the places, without those below it, holds of a product."""
        context = {"product": product, "with_childs": False}
        rows = some(self.tryton, "stock.location", "id", [one.id for one in places], ("quantity",), context=context)
        return {_id(row): number(row.get("quantity"), "stock.location: quantity") for row in rows}

    def _is_ours(self, row: Row, mark: str | None, wanted: frozenset[str]) -> bool:
        if mark is not None:
            return mark in wanted
        return row.get("state") == "draft" and link(row.get("create_uid"), "create_uid") == self.tryton.uid

    def _read(self, rows: dict[int, Row], known: dict[int, str]) -> list[Document]:
        fields = ("inventory", "product", "quantity", "expected_quantity")
        lines = some(self.tryton, LINE, "inventory", sorted(rows), fields)
        done = self._moved([_id(line) for line in lines if rows[_owner(line)].get("state") == "done"])
        found = []
        for line in lines:
            owner = _owner(line)
            row = rows[owner]
            is_done = row.get("state") == "done"
            found.append(
                Document(
                    id=owner,
                    ref=known.get(owner, ""),
                    state=text(row.get("state")),
                    product=identity(line.get("product"), f"{LINE}: product"),
                    location=identity(row.get("location"), f"{INVENTORY}: location"),
                    by=done.get(_id(line), Decimal(0)) if is_done else _difference(line),
                    own=link(row.get("create_uid"), "create_uid") == self.tryton.uid,
                )
            )
        return sorted(found, key=lambda one: one.id)

    def _moved(self, lines: Sequence[int]) -> dict[int, Decimal]:
        """What the moves of confirmed lines did, also where somebody cancelled them afterwards."""
        fields = ("origin", "from_location", "internal_quantity")
        rows = some(self.tryton, "stock.move", "origin", [f"{LINE},{line}" for line in lines], fields)
        found: dict[int, Decimal] = {}
        for row in rows:
            line = reference(row.get("origin"))[1]
            units = number(row.get("internal_quantity"), "stock.move: internal_quantity")
            leaves = link(row.get("from_location"), "stock.move: from_location") in self.scope.inside
            found[line] = found.get(line, Decimal(0)) + (-units if leaves else units)
        return found


def _difference(line: Row) -> Decimal | None:
    """What confirming would do: the line's number less what Tryton expected when it was made, whatever moved since."""
    if line.get("quantity") is None:
        return None
    expected = number(line.get("expected_quantity"), f"{LINE}: expected_quantity")
    return number(line.get("quantity"), f"{LINE}: quantity") - expected


def _owner(line: Row) -> int:
    return identity(line.get("inventory"), f"{LINE}: inventory")


def _id(row: Row) -> int:
    return identity(row.get("id"), "id")
