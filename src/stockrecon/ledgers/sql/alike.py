"""SKUs that this program tells apart and the database's collation does not: an error that names both, never a merge.

MySQL and MariaDB compare text by collations that mostly ignore case, accents and blanks at the end; so do columns of
SQLite with NOCASE or RTRIM, and collations of PostgreSQL that are not deterministic. Where such a database joins two
SKUs in a query or a view of the seller's, this program would count them apart, and one of the two would be wrong.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.sources import TableFile
from stockrecon.errors import Fault
from stockrecon.ledgers.sql.reading import KEYS_AT_ONCE, Faults, looked_up
from stockrecon.ledgers.sql.sources import Source
from stockrecon.spool.cells import shown

_TWINS = 50
"""Pairs that are told."""
_FOLLOWING = ("movements", "listings")
"""Tables whose SKUs have to be spelled as those of stock are."""
_ASKED = {
    "postgresql": "SELECT 1 WHERE EXISTS (SELECT 1 FROM pg_collation WHERE NOT collisdeterministic) "
    "OR EXISTS (SELECT 1 FROM pg_type WHERE typname = 'citext')",
    "sqlite": "SELECT 1 FROM sqlite_master WHERE upper(sql) LIKE '%COLLATE%' LIMIT 1",
}


def may_merge(connection: Connection) -> bool:
    """Whether this database may hold two different texts to be equal at all."""
    backend = connection.dialect.name
    if backend in ("mysql", "mariadb"):
        return True
    if backend not in _ASKED:
        return False
    # A server before PostgreSQL 12 has no such collations, and no column that tells of them.
    with suppress(SQLAlchemyError), connection.begin_nested():
        return connection.execute(text(_ASKED[backend])).first() is not None
    return False


def exact(backend: str, named: str) -> str:
    """The SQL that compares a column as the text that it is: case, accents, width and blanks at the end count."""
    if backend in ("mysql", "mariadb"):
        return f"CAST({named} AS BINARY)"
    if backend == "postgresql":
        return f'CAST({named} AS TEXT) COLLATE "C"'
    return f"{named} COLLATE BINARY" if backend == "sqlite" else named


def tell_twins(connection: Connection, stock: Source, zone: str | None, faults: Faults) -> None:
    """SKUs of stock that are one to the database. Where it keeps the key unique there are none. Raises
    SQLAlchemyError."""
    if stock.unique or not stock.is_text("sku"):
        return
    sku = stock.held("sku")
    found = select(sku).select_from(stock.origin()).group_by(sku).having(func.count() > 1).order_by(sku).limit(_TWINS)
    for one in connection.execute(found).scalars().all():
        spelled = dict.fromkeys(skus_held(connection, stock, zone, [str(one)], faults))
        # The same spelling twice is told with the rows themselves.
        if len(spelled) > 1:
            faults.add(_fault(stock.shown, list(spelled)))


def tell_strangers(
    connection: Connection,
    sources: Mapping[str, Source],
    tables: Mapping[str, TableFile],
    zone: str | None,
    faults: Faults,
) -> None:
    """SKUs of movements and listings that are spelled otherwise than the SKU of stock that the database takes them for.

    `tables`: as they were read. Raises SQLAlchemyError.
    """
    stock = sources["stock"]
    following = [name for name in _FOLLOWING if name in tables]
    if not following or not stock.is_text("sku"):
        return
    # Hashes in place of a million texts: one that two share would only leave a pair untold.
    known = {hash(sku) for sku in _skus(tables["stock"])}
    for name in following:
        strange = sorted({sku for sku in _skus(tables[name]) if hash(sku) not in known})
        for start in range(0, len(strange), KEYS_AT_ONCE):
            part = strange[start : start + KEYS_AT_ONCE]
            held = set(skus_held(connection, stock, zone, part, faults))
            if held <= set(part):
                continue
            for one in sorted(set(part) - held):
                taken_for = skus_held(connection, stock, zone, [one], faults)
                if taken_for and one not in taken_for:
                    faults.add(_fault(f"{sources[name].shown} and {stock.shown}", [one, *taken_for]))
            if faults.full:
                return


def skus_held(
    connection: Connection, stock: Source, zone: str | None, skus: Sequence[str], faults: Faults
) -> list[str]:
    """The SKUs of stock that the database takes for these."""
    return [str(cells["sku"]) for cells in looked_up(connection, stock, zone, ("sku",), skus, faults)]


def _skus(table: TableFile) -> Iterator[str]:
    with Path(table.path).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        at = next(rows).index("sku")
        for row in rows:
            yield row[at]


def _fault(where: str, spelled: Sequence[str]) -> Fault:
    names = " and ".join(shown(name) for name in sorted(spelled))
    words = (
        f"{names} are different SKUs here (text is exact) and one to the database's collation: spell them alike where "
        "they are one, or give the column a binary collation where they are not"
    )
    return Fault(where, 0, 0, words, "sku")
