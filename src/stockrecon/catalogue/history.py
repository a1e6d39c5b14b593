"""What a shop shows now beside what it showed at the last run: the changes, and the snapshot for the next one."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stockrecon.catalogue.engine import Connection, first_line, literal, naive, to_parquet
from stockrecon.core.model import ListingKey, ShopName
from stockrecon.errors import OutputFault


@dataclass(frozen=True, slots=True)
class Shown:
    """What a shop shows for one listing."""

    sellable: int
    campaign: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Change:
    """A listing whose numbers differ from the last snapshot; `before` or `after` is None where it was not there."""

    key: ListingKey
    before: Shown | None
    after: Shown | None


def changes(connection: Connection, shop: ShopName, previous: Path | None) -> Iterator[Change]:
    """The listings of a shop that differ from `previous`, by item and variation. Without one there is no change.

    Raises OutputFault where the file cannot be read as a snapshot.
    """
    import duckdb

    if previous is None:
        return
    sql = f"""select coalesce(n.item_id, o.item_id) as item, coalesce(n.variation_id, o.variation_id) as variation,
            o.sellable, o.campaign, o.withheld, n.sellable, n.campaign, n.withheld
        from (select * from listing where shop = {literal(shop)}) n
        full join read_parquet({literal(str(previous))}) o on o.item_id = n.item_id and o.variation_id = n.variation_id
        where (o.sellable, o.campaign, o.withheld) is distinct from (n.sellable, n.campaign, n.withheld)
        order by item, variation"""
    try:
        rows = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        raise _unreadable(previous, error) from error
    for item, variation, *numbers in rows:
        yield Change(ListingKey(shop, item, variation), _shown(numbers[:3]), _shown(numbers[3:]))


def shown(connection: Connection, shop: ShopName, keys: Collection[ListingKey] | None = None) -> Iterator[Change]:
    """Every listing of a shop as it shows it now, or these, by item and variation."""
    asked = ""
    if keys is not None:
        pairs = ", ".join(f"({literal(key.item_id)}, {literal(key.variation_id)})" for key in keys)
        asked = f"and (item_id, variation_id) in ({pairs})" if pairs else "and false"
    sql = f"""select item_id, variation_id, sellable, campaign, withheld from listing
        where shop = {literal(shop)} {asked}
        order by item_id, variation_id"""
    for item, variation, *numbers in connection.execute(sql).fetchall():
        yield Change(ListingKey(shop, item, variation), None, _shown(numbers))


def save(connection: Connection, shop: ShopName, path: Path) -> None:
    """Writes what a shop shows to a new file, private and safely on disk. Raises OutputFault."""
    columns = "item_id, variation_id, sellable, campaign, withheld"
    to_parquet(
        connection,
        f"select {columns} from listing where shop = {literal(shop)} order by item_id, variation_id",
        path,
    )


def previous_rows(shop: ShopName, path: Path, at: datetime) -> str:
    """A select of the last run's snapshot in the columns of `snapshot`."""
    return f"""select 'last run' as source, {literal(shop)} as shop,
        timestamp {literal(naive(at).isoformat(" "))} as "at", item_id, variation_id, sellable, campaign, withheld
        from read_parquet({literal(str(path))})"""


def check_previous(connection: Connection, shop: ShopName, path: Path, at: datetime) -> None:
    """Raises OutputFault where the file cannot be read as a snapshot."""
    import duckdb

    try:
        connection.execute(f"select * from ({previous_rows(shop, path, at)}) limit 0")
    except duckdb.Error as error:
        raise _unreadable(path, error) from error


def _shown(numbers: list[int | None]) -> Shown | None:
    sellable, campaign, withheld = numbers
    if sellable is None or campaign is None or withheld is None:
        return None
    return Shown(sellable, campaign, withheld)


def _unreadable(path: Path, error: Exception) -> OutputFault:
    return OutputFault(
        f"{path}: the last snapshot cannot be read: {first_line(error)}",
        way_on="remove the file: the next run begins its history anew",
    )
