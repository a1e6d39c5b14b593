"""The ledger in a database: read in one snapshot, read again for the settle pass, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead, TableFile
from stockrecon.errors import DataFault, ReadFault
from stockrecon.ledgers.answers import corrections_line, one_line, pointless
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.sql import alike
from stockrecon.ledgers.sql.checking import check_lines
from stockrecon.ledgers.sql.connection import Place, open_engine, place_of, snapshot
from stockrecon.ledgers.sql.faults import fault_of
from stockrecon.ledgers.sql.posting import Poster
from stockrecon.ledgers.sql.reading import Faults, copy, looked_up
from stockrecon.ledgers.sql.sources import REQUIRED, Source, sources_of
from stockrecon.spool.cells import CellFault, zone_of


class SqlLedger:
    """The seller's own database, through SQLAlchemy. Reading cannot write; corrections have their own connections."""

    def __init__(self, settings: LedgerSettings) -> None:
        self.settings = settings
        self._engine: Engine | None = None
        self._place: Place | None = None

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Everything, in one read-only consistent snapshot, streamed into `spool`.

        `as_of` is the database server's clock at the snapshot, but not after `now`: a run that is told its time gives
        the same bytes again. SQLite has no clock, so there it is `now`.
        Raises ReadFault or AuthFault for the database, its tables and columns, DataFault for what the rows hold.
        """
        engine, place = self._opened()
        with snapshot(engine, place, now) as (connection, as_of):
            sources = self._sources(connection)
            faults = Faults()
            tables: dict[str, TableFile] = {}
            for source in sources:
                path = spool / f"{source.table.name}.csv"
                try:
                    copy(connection, source, path, self.settings.zone, faults)
                except (SQLAlchemyError, UnicodeError, OverflowError) as error:
                    raise fault_of(error, place, source.shown) from None
                tables[source.table.name] = TableFile(str(path), source.shown, trusted=True)
                if faults.full:
                    break
            else:
                self._tell_alike(connection, place, {one.table.name: one for one in sources}, tables, faults)
        if faults.faults:
            raise DataFault("ledger", faults.faults, way_on=_way_on(faults))
        return LedgerRead("sql", min(as_of, now), tables, zone=self.settings.zone)

    def _tell_alike(
        self,
        connection: Connection,
        place: Place,
        sources: Mapping[str, Source],
        tables: Mapping[str, TableFile],
        faults: Faults,
    ) -> None:
        try:
            if alike.may_merge(connection):
                alike.tell_twins(connection, sources[REQUIRED], self.settings.zone, faults)
                alike.tell_strangers(connection, sources, tables, self.settings.zone, faults)
        except SQLAlchemyError as error:
            raise fault_of(error, place, "SKUs that are alike") from None

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        """Available of these SKUs in a fresh snapshot; a SKU that is gone is left out. Raises what `read` raises."""
        engine, place = self._opened()
        found: dict[Sku, int] = {}
        faults = Faults()
        with snapshot(engine, place, datetime.now(UTC)) as (connection, _):
            source = next(one for one in self._sources(connection) if one.table.name == REQUIRED)
            asked = sorted(set(skus))
            try:
                for cells in looked_up(connection, source, self.settings.zone, ("sku", "available"), asked, faults):
                    # More may come than was asked for, where a collation takes "a" for "A"; here text is exact.
                    found[Sku(str(cells["sku"]))] = int(str(cells["available"]))
            except SQLAlchemyError as error:
                raise fault_of(error, place, source.shown) from None
        if faults.faults:
            raise DataFault("ledger", faults.faults, way_on=_way_on(faults))
        return {sku: available for sku, available in found.items() if sku in set(skus)}

    def corrects(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one; else why not."""
        try:
            return self._poster().why_not()
        except ReadFault as fault:
            return one_line(fault)

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Posts it into `stock` and `movements`, or by the seller's own statement; see `Ledger.correct`."""
        try:
            return pointless(request) or self._poster().post(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, one_line(fault))

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that `movements` shows, wherever it is read from. Raises ReadFault or AuthFault."""
        return self._poster().posted(refs)

    def check(self) -> Sequence[LedgerCheck]:
        """Connection, isolation, tables, columns, rights, zone; what cannot be explained for want of a table; and
        whether corrections can be posted, without posting one."""
        try:
            engine, place = self._opened()
            lines = check_lines(engine, place, self.settings)
        except ReadFault as fault:
            return [LedgerCheck(False, "ledger", fault.what, fault.way_on)]
        return [*lines, corrections_line(self.corrects())]

    def close(self) -> None:
        """Gives back what the engine holds; reading again opens it anew."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _poster(self) -> Poster:
        engine, place = self._opened()
        return Poster(engine, place, self.settings)

    def _opened(self) -> tuple[Engine, Place]:
        if self._place is None:
            self._place = place_of(self.settings)
        if self._engine is None:
            _check_zone(self.settings.zone)
            self._engine = open_engine(self._place)
        return self._engine, self._place

    def _sources(self, connection: Connection) -> list[Source]:
        sources, faults = sources_of(connection, self.settings)
        if len(faults) == 1:
            raise faults[0]
        if faults:
            text = "\n".join(f"{fault.what}\n  {fault.way_on}" for fault in faults)
            raise ReadFault("ledger", text)
        return sources


def _check_zone(zone: str | None) -> None:
    if zone is None:
        return
    try:
        zone_of(zone)
    except CellFault as fault:
        raise ReadFault("ledger", f"ledger.zone: {fault}", way_on="Correct ledger.zone.") from None


def _way_on(faults: Faults) -> str:
    more = " (there may be more: the first hundred are told)" if faults.full else ""
    return f"Mend these rows in the database, or leave them out with a query under ledger.queries{more}."
