"""The ledger in a database: read in one snapshot, read again for the settle pass, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import KeptTable, LedgerRead, TableFile
from stockrecon.errors import DataFault, ReadFault
from stockrecon.ledgers.answers import corrections_line, one_line, pointless
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.sql import alike
from stockrecon.ledgers.sql.checking import check_lines
from stockrecon.ledgers.sql.connection import Place, open_engine, place_of, snapshot
from stockrecon.ledgers.sql.faults import fault_of
from stockrecon.ledgers.sql.going import Going, Part
from stockrecon.ledgers.sql.merged import merged
from stockrecon.ledgers.sql.posting import Poster
from stockrecon.ledgers.sql.reading import Faults, looked_up
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
        always = replace(self.settings, full_read=timedelta(0))
        return self._read(spool, now, always, {})

    def read_on(self, spool: Path, now: datetime, kept: Mapping[str, KeptTable]) -> LedgerRead:
        """The same, on from what an earlier run has kept; what is to be kept of this reading is told with it."""
        try:
            return self._read(spool, now, self.settings, kept)
        except DataFault:
            if not kept:
                raise
            # All that is wrong is told, not only what of it is new.
            return self._read(spool, now, self.settings, {})

    def _read(self, spool: Path, now: datetime, settings: LedgerSettings, kept: Mapping[str, KeptTable]) -> LedgerRead:
        engine, place = self._opened()
        with snapshot(engine, place, now) as (connection, clock):
            sources = self._sources(connection)
            faults, as_of = Faults(), min(clock, now)
            going = Going(connection, settings, spool, as_of, faults)
            parts: dict[str, Part] = {}
            alike_notes: list[str] = []
            for source in sources:
                try:
                    parts[source.table.name] = going.part(source, kept.get(source.table.name))
                    if source.table.name == REQUIRED and parts[REQUIRED].kept is None and alike.may_merge(connection):
                        # Other SKUs may be some that the database takes older movements' for.
                        kept = {}
                except (SQLAlchemyError, UnicodeError, OverflowError) as error:
                    raise fault_of(error, place, source.shown) from None
                if faults.full:
                    break
            else:
                by_name = {one.table.name: one for one in sources}
                files = {name: one.file for name, one in parts.items()}
                alike_notes = self._tell_alike(connection, place, by_name, files, faults)
        if faults.faults:
            raise DataFault("ledger", faults.faults, way_on=_way_on(faults))
        return LedgerRead(
            "sql",
            as_of,
            {name: part.file for name, part in parts.items()},
            zone=settings.zone,
            warnings=(*alike_notes, *(part.note for part in parts.values() if part.note)),
            kept={name: part.kept for name, part in parts.items() if part.kept is not None},
            to_keep={name: part.to_keep for name, part in parts.items() if part.to_keep is not None},
            # A run that is told an earlier time finds what came since; nothing can be later than both.
            clock=max(clock, now),
        )

    def _tell_alike(
        self,
        connection: Connection,
        place: Place,
        sources: Mapping[str, Source],
        tables: Mapping[str, TableFile],
        faults: Faults,
    ) -> list[str]:
        """SKUs that are one to the database are faults; what its statements may have merged is a warning."""
        zone = self.settings.zone
        try:
            if not alike.may_merge(connection):
                return []
            alike.tell_twins(connection, sources[REQUIRED], zone, faults)
            alike.tell_strangers(connection, sources, tables, zone, faults)
            return [f"{text}. {way_on}" for text, way_on in merged(connection, sources[REQUIRED], zone)]
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
        return [*lines, self._corrections()]

    def _corrections(self) -> LedgerCheck:
        try:
            untold = self._poster().untold()
        except ReadFault as fault:
            return corrections_line(one_line(fault))
        if not untold:
            return corrections_line(None)
        words = f"can be posted, as far as that can be told: {untold} shows only when one is posted"
        return LedgerCheck(None, "corrections", words)

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
