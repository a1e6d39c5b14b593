"""What a correction is looked up by: movements by their ref, and available by its SKU, wherever they are read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import MOVEMENTS, STOCK
from stockrecon.errors import DataFault, ReadFault
from stockrecon.ledgers.sql.connection import Place
from stockrecon.ledgers.sql.faults import fault_of
from stockrecon.ledgers.sql.reading import Faults, looked_up
from stockrecon.ledgers.sql.sources import Source, source_of


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where movements and stock are read from, found once; what is looked up there later needs no more than that."""

    movements: Source
    stock: Source
    zone: str | None

    def refs(self, connection: Connection, refs: Sequence[str]) -> list[tuple[str, int]]:
        """Every movement that has exactly one of the refs, with its quantity. Raises DataFault or SQLAlchemyError."""
        pairs = _looked_up(connection, self.movements, self.zone, ("ref", "quantity"), refs)
        return [(ref, int(quantity)) for ref, quantity in pairs]

    def posted(self, connection: Connection, place: Place, refs: Sequence[str]) -> dict[str, int]:
        """Those of the refs that movements show, with the sum of their quantities. Raises ReadFault where that cannot
        be told."""
        found: dict[str, int] = {}
        try:
            for ref, quantity in self.refs(connection, refs):
                found[ref] = found.get(ref, 0) + quantity
        except SQLAlchemyError as error:
            raise fault_of(error, place, "movements by their ref") from None
        return found

    def available(self, connection: Connection, sku: str) -> int | None:
        """None: there is no such SKU, exactly so spelled, or more than one."""
        pairs = list(_looked_up(connection, self.stock, self.zone, ("sku", "available"), [sku]))
        return int(pairs[0][1]) if len(pairs) == 1 else None


def lookup(connection: Connection, settings: LedgerSettings) -> Lookup:
    """Raises ReadFault where movements or their refs cannot be read, so that nobody could tell what has been posted."""
    inspector = inspect(connection)
    source, stock = (source_of(inspector, settings, table) for table in (MOVEMENTS, STOCK))
    if source is None or stock is None:
        what = "there is no table movements, so nobody can tell what has been posted"
        raise ReadFault("ledger", what, way_on="Offer one.")
    if not source.has("ref"):
        what = f"{source.shown} has no column ref, so nobody can tell what has been posted"
        raise ReadFault("ledger", what, way_on="Add it (text, unique, null).")
    return Lookup(source, stock, settings.zone)


def _looked_up(
    connection: Connection, source: Source, zone: str | None, names: tuple[str, str], keys: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """The rows whose first column is exactly one of the keys, in pairs of texts."""
    faults = Faults()
    asked = frozenset(keys)
    for cells in looked_up(connection, source, zone, names, keys, faults):
        # A collation may take "a" for "A"; here text is exact.
        if cells[names[0]] in asked:
            yield str(cells[names[0]]), str(cells[names[1]])
    if faults.faults:
        raise DataFault("ledger", faults.faults)
