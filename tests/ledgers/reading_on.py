"""Readings of a ledger one after the other, each on from what the one before has kept, beside a reading in full."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stockrecon.catalogue import Catalogue
from stockrecon.core.sources import LedgerRead
from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.ledgers.sql import SqlLedger
from stockrecon.state import State

Rows = dict[str, list[tuple[object, ...]]]
TARGETS = {"stock": "stock", "movements": "movement", "listings": "mapping", "pushes": "push"}


@dataclass
class Readings:
    """`folder`: where spools are; `fresh`: rows that the last reading read, of each table."""

    ledger: SqlLedger
    state: State
    folder: Path
    fresh: dict[str, int] = field(default_factory=dict)

    def on(self, now: datetime | None = None) -> tuple[LedgerRead, Rows]:
        """What a run reads, and what it leaves for the next one."""
        spool = self._spool()
        now = now or datetime.now(UTC)
        read = self.ledger.read_on(spool, now, self.state.kept.open(spool))
        self.fresh = {name: _lines(Path(table.path)) for name, table in read.tables.items()}
        with Catalogue(spool) as catalogue:
            catalogue.load_ledger(read)
            rows = rows_in(catalogue, read)
            run = self.state.begin_run("diff", now)
            for name, told in read.to_keep.items():
                path = spool / f"keep-{name}.parquet"
                catalogue.keep_ledger(name, path)
                assert read.as_of is not None
                self.state.kept.keep(run, name, read.as_of, told, path)
        return read, rows

    def full(self, now: datetime | None = None) -> Rows:
        """What a run without memory reads."""
        spool = self._spool()
        read = self.ledger.read(spool, now or datetime.now(UTC))
        with Catalogue(spool) as catalogue:
            catalogue.load_ledger(read)
            return rows_in(catalogue, read)

    def _spool(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="spool-", dir=self.folder))


def rows_in(catalogue: Catalogue, read: LedgerRead) -> Rows:
    """Every row of the ledger as the comparison sees it, in one order."""
    found: Rows = {}
    for name in read.tables:
        columns = ", ".join(f'"{column}"' for column in LEDGER_TABLES[name].names)
        sql = f"select {columns} from {TARGETS[name]} order by all"
        found[name] = [tuple(map(str, row)) for row in catalogue._open.execute(sql).fetchall()]
    return found


@contextmanager
def readings(ledger: SqlLedger, folder: Path) -> Iterator[Readings]:
    with State.open(folder / "state", lambda: datetime.now(UTC)) as state:
        yield Readings(ledger, state, folder)


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n") - 1
