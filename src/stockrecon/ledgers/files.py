"""`type: file`: the ledger in a folder of CSV files, or in a workbook with a sheet for each table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from stockrecon.config.beside import moment_in, open_described
from stockrecon.config.forms import zone
from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead, TableFile
from stockrecon.core.tables import LEDGER_TABLES, Kind
from stockrecon.errors import DataFault, ReadFault
from stockrecon.ledgers import meaning
from stockrecon.ledgers.absent import absent_lines
from stockrecon.ledgers.answers import corrections_line, one_line, pointless
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.folder.edit import Unfit, refs_of
from stockrecon.ledgers.folder.posting import CsvBook
from stockrecon.ledgers.newest import Dated, times_lines
from stockrecon.spool.cells import parse_cell
from stockrecon.spool.folder import Folder
from stockrecon.spool.foreign import written_at
from stockrecon.spool.mapped import spool_mapped
from stockrecon.spool.records import records
from stockrecon.spool.strict import check_table
from stockrecon.spool.xlsx import spool_workbook

BOOK = "ledger.xlsx"
DESCRIBED = "ledger.yaml"
_REQUIRED = "stock"
_WORKBOOK = (
    "a workbook takes no corrections; post them in it by hand, as a row of movements with the ref and the changed "
    "available in stock, or keep the ledger as CSV files"
)
_MAPPED = (
    "another program's export takes no corrections; post them in that program, with their ref if it has room for one, "
    "and export again"
)


@dataclass(frozen=True, slots=True)
class _About:
    """What ledger.yaml says, completed by the configuration."""

    as_of: datetime | None
    zone: str | None
    told_by: str = DESCRIBED


class FileLedger:
    """Files that the seller exports. CSV files are read where they are; a workbook's sheets are spooled first."""

    def __init__(self, settings: LedgerSettings) -> None:
        self.settings = settings

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """The tables that are there. `as_of` is ledger.yaml's; None leaves it to the latest time in the tables.

        Another program's export is at most as new as its file, so without ledger.yaml it is as old as that.

        Raises ReadFault for what is missing or unreadable, DataFault for ledger.yaml and a workbook's cells; the
        cells of CSV files are judged by whoever loads them.
        """
        tables, about, warnings = self._find(spool)
        as_of = about.as_of if about.as_of is None or about.told_by == DESCRIBED else min(about.as_of, now)
        clock = _latest(about, now)
        return LedgerRead("file", as_of, tables, zone=about.zone, warnings=tuple(warnings), read_at=now, clock=clock)

    def reread(self, skus: Sequence[Sku]) -> None:
        """Files are a snapshot: reading them again tells nothing new."""
        return

    def corrects(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one; else why not."""
        try:
            book = self._book()
        except ReadFault as fault:
            return one_line(fault)
        return self._takes_none() if book is None else book.why_not()

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Appends it to movements.csv and changes stock.csv, both or neither; see `Ledger.correct`."""
        try:
            book = self._book()
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")
        if book is None:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {self._takes_none()}")
        return pointless(request) or book.post(request)

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that the movements have, also those that people entered in a workbook. Raises ReadFault."""
        book = self._book()
        if book is not None:
            return book.posted(refs)
        with TemporaryDirectory() as spool:
            tables, _, _ = self._find(Path(spool))
            mapped = self.settings.mapping.get("movements")
            if "movements" not in tables or (mapped is not None and "ref" not in mapped.columns):
                lacks = (
                    "mapping has no movements with a ref"
                    if self.settings.mapping
                    else "workbook has no sheet movements"
                )
                what = f"the {lacks}, so nobody can tell what has been posted"
                raise ReadFault("ledger", what, way_on="Add it.")
            file = tables["movements"]
            try:
                return refs_of(Path(file.path), file.shown, refs)
            except Unfit as unfit:
                raise ReadFault("ledger", str(unfit)) from None

    def check(self) -> Sequence[LedgerCheck]:
        """The folder, its tables with every fault, and what cannot be explained without those that are missing."""
        try:
            with TemporaryDirectory() as spool:
                tables, about, warnings = self._find(Path(spool))
                judged = [line for name, file in tables.items() for line in _table_lines(name, file)]
                if "movements" in tables and all(line.ok for line in judged):
                    clock = _latest(about, datetime.now(UTC))
                    judged += times_lines(_dated(tables["movements"]), clock, about.zone, about.as_of)
        except ReadFault as fault:
            return [LedgerCheck(False, "ledger", fault.what, fault.way_on)]
        lines = [LedgerCheck(True, "ledger", f"{self._path()} is there"), *judged]
        lines.append(self._available(tables[_REQUIRED]))
        lines += [LedgerCheck(None, "ledger", warning) for warning in warnings]
        lines += absent_lines(tables)
        lines.append(LedgerCheck(None, "clock", _clock(about)))
        return [*lines, corrections_line(self.corrects())]

    def close(self) -> None:
        """Nothing is held open."""

    def _find(self, spool: Path) -> tuple[dict[str, TableFile], _About, list[str]]:
        path = self._path()
        if self.settings.mapping:
            return self._find_mapped(path, spool)
        if path.suffix.lower() == ".xlsx" and not path.is_dir():
            about = _About(None, self.settings.zone)
            return (
                spool_workbook(path, self._shown(path), LEDGER_TABLES, _REQUIRED, spool, about.zone, "ledger"),
                about,
                [],
            )
        folder = self._folder(path)
        about = self._about(path, folder.names())
        tables, warnings = folder.find(spool, about.zone)
        if BOOK not in folder.names():
            tables, more = CsvBook(path, self._shown(path), about.zone).pinned(tables, spool)
            warnings = [*warnings, *more]
        return tables, about, warnings

    def _find_mapped(self, path: Path, spool: Path) -> tuple[dict[str, TableFile], _About, list[str]]:
        """Another program's files; ledger.yaml stands in their folder."""
        beside = path if path.is_dir() else path.parent
        about = self._about(beside, [DESCRIBED] if (beside / DESCRIBED).is_file() else [])
        shown, maps = self._shown(path), self.settings.mapping
        tables = spool_mapped(path, shown, maps, LEDGER_TABLES, spool, about.zone, "ledger")
        if about.as_of is None:
            about = _About(written_at(path, shown, maps, "ledger"), about.zone, told_by="when the export was written")
        return tables, about, []

    def _available(self, stock: TableFile) -> LedgerCheck:
        wanted = self.settings.mapping.get(_REQUIRED)
        return meaning.plain("available", stock.shown) if wanted is None else meaning.mapped(wanted, stock.shown)

    def _takes_none(self) -> str:
        return _MAPPED if self.settings.mapping else _WORKBOOK

    def _book(self) -> CsvBook | None:
        """The folder's files; None for a workbook and for another program's files. Raises ReadFault."""
        path = self._path()
        if self.settings.mapping:
            return None
        if path.suffix.lower() == ".xlsx" and not path.is_dir():
            return None
        names = self._folder(path).names()
        return None if BOOK in names else CsvBook(path, self._shown(path), self._about(path, names).zone)

    def _path(self) -> Path:
        if self.settings.path is None:
            raise ReadFault("ledger", "no path is configured", way_on="Set ledger.path to the folder of the tables.")
        return self.settings.path

    def _shown(self, path: Path) -> str:
        """The path as the user knows it: relative to the configuration where it lies below it."""
        return str(path.relative_to(self.settings.folder) if path.is_relative_to(self.settings.folder) else path)

    def _folder(self, path: Path) -> Folder:
        return Folder(path, "ledger", self._shown(path), LEDGER_TABLES, _REQUIRED, BOOK, DESCRIBED)

    def _about(self, path: Path, names: Sequence[str]) -> _About:
        if DESCRIBED not in names:
            return _About(None, self.settings.zone)
        shown = f"{self._shown(path)}/{DESCRIBED}"
        faults, section = open_described(path / DESCRIBED, shown, "ledger", ("as_of", "zone"))
        own = section.optional("zone", zone) or self.settings.zone
        as_of = section.optional("as_of", moment_in(own))
        if found := faults.in_order():
            raise DataFault("ledger", found)
        return _About(as_of, own)


def _table_lines(name: str, file: TableFile) -> list[LedgerCheck]:
    # What was spooled from a workbook has been judged while it was.
    faults = [] if file.trusted else check_table(file, LEDGER_TABLES[name], limit=5)
    if not faults:
        return [LedgerCheck(True, name, f"{file.shown} is as it should be")]
    return [LedgerCheck(False, name, str(fault)) for fault in faults]


def _dated(file: TableFile) -> Iterator[Dated]:
    """The movements of a file that has been judged to be as it should be."""
    rows = records(Path(file.path))
    header = next(rows).cells
    places = [header.index(name) for name in ("id", "sku", "at", "kind")]
    for record in rows:
        number, sku, at, kind = (record.cells[place] for place in places)
        moment = parse_cell(Kind.TIME, at, file.zone)
        if isinstance(moment, datetime):
            yield Dated(number, sku, moment, kind)


def _latest(about: _About, now: datetime) -> datetime:
    """The latest that anything in the files can be of: what they say themselves may be old."""
    return now if about.as_of is None else max(about.as_of, now)


def _clock(about: _About) -> str:
    if about.as_of is not None:
        return f"the ledger's time is {about.as_of.isoformat(timespec='seconds')} ({about.told_by})"
    return f"the ledger's time is the latest time in its tables (as_of in {DESCRIBED} would say it)"
