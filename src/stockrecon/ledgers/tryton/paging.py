"""Whole lists that prove their end: read on by id, and counted against Tryton's own count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stockrecon.errors import ReadFault
from stockrecon.ledgers.tryton.api import Domain, Tryton
from stockrecon.ledgers.tryton.fields import Row, identity

PAGE = 1000
CHUNK = 500
"""Ids in one condition."""


def whole(
    tryton: Tryton, model: str, domain: Domain, fields: Sequence[str], context: Mapping[str, object] | None = None
) -> list[Row]:
    """All records, by id; read once more where the first reading does not agree with Tryton's count.

    By id nothing moves between pages: what comes up meanwhile stands at the end, and what goes leaves no hole.
    """
    for _ in range(2):
        before = tryton.count(model, domain)
        rows = list(walk(tryton, model, domain, fields, context))
        after = before if len(rows) == before else tryton.count(model, domain)
        if min(before, after) <= len(rows) <= max(before, after):
            return rows
    words = f"{model}: Tryton counts {after} records, its pages held {len(rows)}"
    raise ReadFault("ledger", words, way_on="Run again when less is going on in Tryton.")


def some(
    tryton: Tryton,
    model: str,
    field: str,
    values: Sequence[object],
    fields: Sequence[str],
    domain: Domain = (),
    context: Mapping[str, object] | None = None,
) -> list[Row]:
    """The records whose `field` is one of `values`, chunk by chunk."""
    rows: list[Row] = []
    for start in range(0, len(values), CHUNK):
        asked = [*domain, [field, "in", list(values[start : start + CHUNK])]]
        rows += walk(tryton, model, asked, fields, context)
    return rows


def walk(
    tryton: Tryton,
    model: str,
    domain: Domain,
    fields: Sequence[str],
    context: Mapping[str, object] | None = None,
) -> Iterator[Row]:
    """All records, by id, page after page."""
    last = 0
    while True:
        asked = [*domain, ["id", ">", last]]
        page = tryton.search_read(model, asked, fields, limit=PAGE, context=context)
        for row in page:
            found = identity(row.get("id"), f"{model}: id")
            if found <= last:
                raise ReadFault("ledger", f"{model}: Tryton's pages are not in the order that was asked for")
            last = found
        yield from page
        # The limit is the database's own: fewer than it asked for are the last.
        if len(page) < PAGE:
            return
