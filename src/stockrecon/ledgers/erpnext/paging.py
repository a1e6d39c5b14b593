"""Lists read to their end: by name from the last one on, and compared with ERPNext's own count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from stockrecon.errors import ReadFault
from stockrecon.ledgers.erpnext.api import Api, Filter
from stockrecon.ledgers.erpnext.errors import WHO
from stockrecon.ledgers.erpnext.fields import Malformed, Object, named

_TRIES = 3
_BYTES = 3000
"""Of the names in one address: web servers take 8 KB of it, and every letter outside ASCII is six or nine bytes."""


def whole_list(api: Api, doctype: str, fields: Sequence[str], filters: Sequence[Filter]) -> list[Object]:
    """All rows. Raises ReadFault where their number is not the one that ERPNext counts.

    Rows are walked by name, so what is made or changed meanwhile moves no other row from one page to the next.
    """
    for _ in range(_TRIES):
        before = api.count(doctype, filters)
        rows = list(_walk(api, doctype, fields, filters, ""))
        after = api.count(doctype, filters)
        if min(before, after) <= len(rows) <= max(before, after):
            return rows
    raise ReadFault(
        WHO,
        f"{doctype}: ERPNext counts {after} rows and gave {len(rows)}, {_TRIES} times",
        way_on="User Permissions of the API user may hide rows (docs/ledgers/erpnext.md, Rights); else run again",
    )


def some(
    api: Api,
    doctype: str,
    fields: Sequence[str],
    field: str,
    values: Iterable[str],
    filters: Sequence[Filter] = (),
    parent: str = "",
) -> list[Object]:
    """The rows whose `field` is exactly one of the values; the database may take "a" for "A"."""
    wanted = frozenset(values)
    rows: list[Object] = []
    for chunk in _chunks(sorted(wanted)):
        asked = [*filters, (field, "in", chunk)]
        rows += [row for row in _walk(api, doctype, (*fields, field), asked, parent) if row.get(field) in wanted]
    return rows


def _walk(api: Api, doctype: str, fields: Sequence[str], filters: Sequence[Filter], parent: str) -> Iterator[Object]:
    """Ends at an empty page: a short one may be a limit of the site's own."""
    last = ""
    seen: set[str] = set()
    while rows := api.page(doctype, fields, filters, after=last, parent=parent):
        for row in rows:
            name = named(row, "name", doctype)
            if name in seen:
                raise Malformed(f"{doctype}: {name} stands on two pages")
            seen.add(name)
            yield row
        last = named(rows[-1], "name", doctype)


def _chunks(values: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for value in values:
        own = len(json.dumps(value)) + 2
        if chunk and size + own > _BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(value)
        size += own
    if chunk:
        yield chunk
