"""Whole lists that prove their end: read on by id until nothing comes, and counted against Odoo's own count."""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.errors import ReadFault
from stockrecon.ledgers.odoo.api import Domain, Odoo
from stockrecon.ledgers.odoo.fields import Row, identity

PAGE = 1000
CHUNK = 500
"""Ids in one condition."""


def whole(odoo: Odoo, model: str, domain: Domain, fields: Sequence[str]) -> list[Row]:
    """All records, by id; read once more where the first reading does not agree with Odoo's count.

    By id nothing moves between pages: what comes up meanwhile stands at the end, and what goes leaves no hole.
    """
    for _ in range(2):
        before = odoo.count(model, domain)
        rows = _walk(odoo, model, domain, fields)
        after = before if len(rows) == before else odoo.count(model, domain)
        if min(before, after) <= len(rows) <= max(before, after):
            return rows
    words = f"{model}: Odoo counts {after} records, its pages held {len(rows)}"
    raise ReadFault("ledger", words, way_on="Run again when less is going on in Odoo.")


def some(
    odoo: Odoo, model: str, field: str, ids: Sequence[int], fields: Sequence[str], domain: Domain = ()
) -> list[Row]:
    """The records whose `field` is one of `ids`, chunk by chunk."""
    wanted = sorted(set(ids))
    rows: list[Row] = []
    for start in range(0, len(wanted), CHUNK):
        rows += _walk(odoo, model, [*domain, [field, "in", wanted[start : start + CHUNK]]], fields)
    return rows


def _walk(odoo: Odoo, model: str, domain: Domain, fields: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    last = 0
    while True:
        page = odoo.search_read(model, [*domain, ["id", ">", last]], fields, limit=PAGE)
        if not page:
            return rows
        for row in page:
            found = identity(row.get("id"), f"{model}: id")
            if found <= last:
                raise ReadFault("ledger", f"{model}: Odoo's pages are not in the order that was asked for")
            last = found
        rows += page
