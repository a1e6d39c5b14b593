"""Tables of a base and of what was read since, put together: what was read replaces what was kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from stockrecon.core.sources import TableFile
from stockrecon.core.tables import CAMPAIGNS, ORDERS, SHOP_LISTINGS, Table
from stockrecon.spool.records import records
from stockrecon.spool.writer import SpoolWriter

Cells = Sequence[str]


def rows_of(path: Path) -> Iterator[list[str]]:
    """The rows of a spooled table, without its header. Raises OSError."""
    found = records(path)
    next(found, None)
    return (record.cells for record in found)


def is_ours(tables: Mapping[str, Path]) -> bool:
    """Whether these are all the tables of a base, with the columns that this program writes."""
    for table in (SHOP_LISTINGS, CAMPAIGNS, ORDERS):
        head = next(records(tables[table.name]), None) if table.name in tables else None
        if head is None or tuple(head.cells) != table.names:
            return False
    return True


def column(table: Table, name: str) -> int:
    return table.names.index(name)


ITEM, VARIATION, SELLER_SKU = (column(SHOP_LISTINGS, name) for name in ("item_id", "variation_id", "seller_sku"))
WITHHELD, STATE, FULFILMENT = (column(SHOP_LISTINGS, name) for name in ("withheld", "state", "fulfilment"))
CAMPAIGN_ITEM = column(CAMPAIGNS, "item_id")
STARTS, ENDS = column(CAMPAIGNS, "starts_at"), column(CAMPAIGNS, "ends_at")
ORDER, ORDER_ITEM, ORDER_STATUS = (column(ORDERS, name) for name in ("order_id", "item_id", "status"))
CREATED, UPDATED = column(ORDERS, "created_at"), column(ORDERS, "updated_at")


def time_of(cell: str) -> datetime | None:
    """A time as a spool writes it; None for an empty cell."""
    return datetime.fromisoformat(cell) if cell else None


def listings(base: Path, fresh: Iterable[Path], read: Collection[str], target: Path) -> int:
    """Writes the base's listings but those of the items that were read, then what was read. Gives back how many of the
    base's were kept, deleted ones aside."""
    kept = 0

    def keep(cells: Cells) -> bool:
        nonlocal kept
        if cells[ITEM] in read:
            return False
        kept += cells[STATE] != "deleted"
        return True

    _merge(SHOP_LISTINGS, base, keep, fresh, target)
    return kept


def campaigns(base: Path, fresh: Iterable[Path], read: Collection[str], target: Path) -> None:
    """The same for campaigns: an item that was read has those that it showed then."""
    _merge(CAMPAIGNS, base, lambda cells: cells[CAMPAIGN_ITEM] not in read, fresh, target)


def orders(base: Path, fresh: Path, since: datetime, target: Path) -> None:
    """The base's orders but those that were read again, and those that a full pull would not read any more: their last
    update lies before `since`."""
    read = {cells[ORDER] for cells in rows_of(fresh)}
    newest: dict[str, datetime] = {}
    undated: set[str] = set()
    for cells in rows_of(base):
        at = time_of(cells[UPDATED])
        if at is None:
            undated.add(cells[ORDER])
        elif cells[ORDER] not in newest or newest[cells[ORDER]] < at:
            newest[cells[ORDER]] = at
    past = {order for order, at in newest.items() if at < since} - undated
    _merge(ORDERS, base, lambda cells: cells[ORDER] not in read and cells[ORDER] not in past, [fresh], target)


def _merge(table: Table, base: Path, keep: Callable[[Cells], bool], fresh: Iterable[Path], target: Path) -> None:
    with SpoolWriter(table, target) as writer:
        writer.copy(cells for cells in rows_of(base) if keep(cells))
        for path in fresh:
            writer.copy(rows_of(path))


def file(table: Table, path: Path, shop: str) -> TableFile:
    return TableFile(str(path), f"{shop} {table.name}", trusted=True)
