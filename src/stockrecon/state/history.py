"""What each shop showed, kept as changes: which value a listing had, from which reading to which."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text

from stockrecon.core.model import ListingKey, ShopName, Snapshot
from stockrecon.state.database import Database
from stockrecon.state.times import to_number, to_time
from stockrecon.state.values import ChangeRow

_KEYS = 500
_PAGE = 20_000
_COLUMNS = ("shop", "item_id", "variation_id", "at", "sellable", "campaign", "withheld")


class Row(NamedTuple):
    """One stored change; the numbers are None where the listing was gone."""

    item_id: str
    variation_id: str
    at: int
    sellable: int | None
    campaign: int | None
    withheld: int | None

    @property
    def numbers(self) -> tuple[int | None, int | None, int | None]:
        return self.sellable, self.campaign, self.withheld


def read(
    database: Database, shop: ShopName, since: datetime, keys: Iterable[ListingKey] | None = None
) -> Iterator[Snapshot]:
    """What the shop's listings showed from `since` on, with the value that held at `since`, in order of listing, time.

    Each value gives one snapshot at the first reading that showed it and one at the last, where those are two.
    Without `keys`: every listing.
    """
    start = to_number(since)
    reads = _reads(database, shop, start)
    if not reads:
        return  # a shop that was never read has changed nothing, and asking for each of its listings takes long
    rows = _all(database, shop, start) if keys is None else _asked(database, shop, start, keys)
    for (item, variation), values in groupby(rows, key=lambda row: (row.item_id, row.variation_id)):
        yield from spans(ListingKey(shop, item, variation), list(values), reads)


def spans(key: ListingKey, rows: Sequence[Row], reads: Sequence[int]) -> Iterator[Snapshot]:
    """The snapshots of one listing, of its changes in order of time and the times at which the shop was read."""
    for index, row in enumerate(rows):
        if row.sellable is None or row.campaign is None or row.withheld is None:
            continue
        # The last reading before the next change showed this value still.
        bound = bisect_left(reads, rows[index + 1].at) if index + 1 < len(rows) else len(reads)
        last = max(row.at, reads[bound - 1]) if bound else row.at
        for at in (row.at, last) if last > row.at else (row.at,):
            yield Snapshot(key, to_time(at), row.sellable, row.campaign, row.withheld)


def _reads(database: Database, shop: ShopName, start: int) -> list[int]:
    """The times at which the shop was read: those from `start` on, and the last before."""
    with database.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT as_of FROM reads WHERE shop = :shop AND as_of >= coalesce("
                " (SELECT max(as_of) FROM reads WHERE shop = :shop AND as_of <= :start), :start) ORDER BY as_of"
            ),
            {"shop": shop, "start": start},
        )
        return [int(row[0]) for row in rows]


_SINCE = (
    " AND c.at >= coalesce((SELECT max(p.at) FROM changes p WHERE p.shop = c.shop AND p.item_id = c.item_id"
    " AND p.variation_id = c.variation_id AND p.at <= :start), :start)"
)
_COLUMNS_OF = "SELECT c.item_id, c.variation_id, c.at, c.sellable, c.campaign, c.withheld"
_SELECT = _COLUMNS_OF + " FROM changes c"
_ORDER = " ORDER BY c.item_id, c.variation_id, c.at"


def _asked(database: Database, shop: ShopName, start: int, keys: Iterable[ListingKey]) -> Iterator[Row]:
    names = iter(sorted({(key.item_id, key.variation_id) for key in keys if key.shop == shop}))
    while chunk := list(islice(names, _KEYS)):
        values = {f"i{n}": item for n, (item, _) in enumerate(chunk)}
        values |= {f"v{n}": variation for n, (_, variation) in enumerate(chunk)}
        asked = ", ".join(f"(:i{n}, :v{n})" for n in range(len(chunk)))
        # A join in this order looks each listing up by the key; with IN, SQLite goes through the whole shop.
        statement = (
            f"WITH k (item_id, variation_id) AS (VALUES {asked})"
            f" {_COLUMNS_OF} FROM k CROSS JOIN changes c WHERE c.shop = :shop"
            f" AND c.item_id = k.item_id AND c.variation_id = k.variation_id{_SINCE}{_ORDER}"
        )
        with database.reading() as connection:
            rows = connection.execute(text(statement), {"shop": shop, "start": start, **values}).all()
        yield from (Row(*row) for row in rows)


def _all(database: Database, shop: ShopName, start: int) -> Iterator[Row]:
    """Page by page, so that neither memory nor a transaction grows with the shop."""
    statement = text(
        _SELECT
        + " WHERE c.shop = :shop AND (c.item_id, c.variation_id, c.at) > (:item, :variation, :at)"
        + _SINCE
        + _ORDER
        + " LIMIT :page"
    )
    place: dict[str, object] = {"item": "", "variation": "", "at": -(2**62)}
    while True:
        with database.reading() as connection:
            rows = connection.execute(statement, {"shop": shop, "start": start, "page": _PAGE, **place}).all()
        yield from (Row(*row) for row in rows)
        if len(rows) < _PAGE:
            return
        last = Row(*rows[-1])
        place = {"item": last.item_id, "variation": last.variation_id, "at": last.at}


def first_read(connection: Connection, shop: ShopName) -> datetime | None:
    """The first reading of a shop that is known; None before the first."""
    found = connection.execute(text("SELECT min(as_of) FROM reads WHERE shop = :shop"), {"shop": shop}).scalar()
    return None if found is None else to_time(int(found))


def recorded(database: Database, shop: ShopName, keys: Iterable[ListingKey]) -> set[ListingKey]:
    """Those of the listings that a change is stored of."""
    statement = text(
        "SELECT DISTINCT item_id, variation_id FROM changes WHERE shop = :shop AND (item_id, variation_id) IN :keys"
    ).bindparams(bindparam("keys", expanding=True))
    names = iter(sorted({(key.item_id, key.variation_id) for key in keys}))
    found: set[ListingKey] = set()
    while chunk := list(islice(names, _KEYS)):
        with database.reading() as connection:
            rows = connection.execute(statement, {"shop": shop, "keys": chunk}).all()
        found.update(ListingKey(shop, row.item_id, row.variation_id) for row in rows)
    return found


def add(database: Database, shop: ShopName, changes: Iterable[ChangeRow]) -> None:
    """Appends changes to the open transaction."""
    database.bulk("changes", _COLUMNS, _numbered(shop, changes))


def _numbered(shop: ShopName, changes: Iterable[ChangeRow]) -> Iterator[tuple[object, ...]]:
    at, number = None, 0
    for row in changes:
        if row.at is not at:  # nearly all rows of a reading carry the very same time
            at, number = row.at, to_number(row.at)
        yield (shop, row.item_id, row.variation_id, number, row.sellable, row.campaign, row.withheld)


def newest_since(connection: Connection, shop: ShopName, at: datetime) -> dict[ListingKey, ChangeRow]:
    """The newest change of each listing, of those after `at`."""
    statement = text(_SELECT + " WHERE c.shop = :shop AND c.at > :at" + _ORDER)
    rows = (Row(*row) for row in connection.execute(statement, {"shop": shop, "at": to_number(at)}))
    return {
        ListingKey(shop, row.item_id, row.variation_id): ChangeRow(
            to_time(row.at), row.item_id, row.variation_id, *row.numbers
        )
        for row in rows
    }


def against(database: Database, shop: ShopName, as_of: datetime, whole: Iterable[ChangeRow]) -> Iterator[ChangeRow]:
    """Of a whole snapshot, what differs from what is stored, with what is gone since.

    For a snapshot that was compared with nothing: the last file is lost, or on another machine.
    """
    known = _newest(database, shop)
    for row in whole:
        if known.pop((row.item_id, row.variation_id), None) != (row.sellable, row.campaign, row.withheld):
            yield row
    for (item, variation), numbers in known.items():
        if numbers[0] is not None:
            yield ChangeRow(as_of, item, variation, None, None, None)


def _newest(database: Database, shop: ShopName) -> dict[tuple[str, str], tuple[int | None, int | None, int | None]]:
    with database.reading() as connection:
        rows = connection.execute(text(_SELECT + " WHERE c.shop = :shop" + _ORDER), {"shop": shop})
        return {(one.item_id, one.variation_id): one.numbers for one in (Row(*row) for row in rows)}
