"""The rows of other programs' files, CSV files and sheets alike: cells by their place, and the place in words."""

from __future__ import annotations

import difflib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from stockrecon.core.mapping import Names, TableMap
from stockrecon.errors import DataFault, Fault, ReadFault
from stockrecon.spool.cells import suggestion
from stockrecon.spool.records import Broken, Record, records
from stockrecon.spool.typed import Unfit
from stockrecon.spool.workbook import Row, open_workbook, unreadable
from stockrecon.spool.xlsx import cell_value, letter

_BOOK = ".xlsx"
_KINDS = (".csv", _BOOK)
_NAMED = 10
SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}
TOTALS = frozenset(
    (
        "total",
        "totals",
        "grand total",
        "sum",
        "subtotal",
        "tổng",
        "tổng cộng",
        "tong cong",
        "jumlah",
        "รวม",
        "合计",
        "总计",
    )
)
"""Words that a row of totals usually begins with."""
OURS = "updates.csv"
"""What we write into a shop's folder ourselves, for a mass upload; never an export."""


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """One row. `broken`: it cannot be read. `cell` raises Unfit for a spreadsheet's error and the like."""

    number: int
    record: Record | None
    sheet: Row = ((), ())
    broken: Broken | None = None

    def __len__(self) -> int:
        """Cells without empty ones at the end."""
        cells: Sequence[Any] = self.record.cells if self.record is not None else [c.value for c in self.sheet[0]]
        count = len(cells)
        while count and cells[count - 1] in (None, ""):
            count -= 1
        return count

    @property
    def of_sheet(self) -> bool:
        return self.record is None

    def cell(self, index: int) -> object:
        if self.record is not None:
            return self.record.cells[index] if index < len(self.record.cells) else ""
        values, formulas = self.sheet
        value = values[index] if index < len(values) else None
        return cell_value(value, formulas[index] if index < len(formulas) else None)

    def text(self, index: int) -> str:
        """A cell's text, or nothing where it holds another thing."""
        try:
            value = self.cell(index)
        except Unfit:
            return ""
        return value if isinstance(value, str) else ""

    def fault(self, shown: str, index: int, text: str, column: str = "") -> Fault:
        """A fault at a cell: line and column of a file, the cell's name in a sheet."""
        if self.record is None:
            return Fault(shown, self.number, index + 1, f"cell {letter(index)}{self.number}: {text}", column)
        places = index < len(self.record.cells)
        line, place = self.record.place(index) if places else (self.number, 0)
        return Fault(shown, line, place, text, column)


def find_file(path: Path, shown: str, wanted: TableMap, table: str, who: str) -> tuple[Path, str]:
    """The file of a table and its name in faults. Raises ReadFault where there is none, or more than one."""
    if not path.is_dir():
        if wanted.file:
            text = f"{shown}: is no folder, so {table} cannot be read from {wanted.file} in it"
            raise ReadFault(who, text, way_on="Point path to the folder, or leave out file.")
        return path, shown
    try:
        names = sorted(entry.name for entry in path.iterdir() if _may_be(entry))
    except OSError as error:
        way_on = "Make the folder readable."
        raise ReadFault(who, f"{shown}: {unreadable(error)}", way_on=way_on) from None
    fitting = [name for name in names if _fits(name, wanted.file)]
    if len(fitting) == 1:
        return path / fitting[0], f"{shown}/{fitting[0]}"
    what = wanted.file or "*.csv or *.xlsx"
    if fitting:
        text = f"{shown}: {len(fitting)} files are {what}, so nobody can tell which is {table}: {_few(fitting)}"
        raise ReadFault(who, text, way_on="Leave the newest export alone in the folder, or say file in mapping.")
    hint = suggestion(wanted.file, tuple(names)) if wanted.file else ""
    text = f"{shown}: no file is {what}, for {table}{hint}; what is there: {_few(names)}"
    raise ReadFault(who, text, way_on="Put the export there, or correct file in mapping (* stands for any text).")


def written_at(path: Path, shown: str, maps: Mapping[str, TableMap], who: str) -> datetime:
    """When the oldest of the mapped files was last written: none of them was exported later. Raises ReadFault."""
    found = [find_file(path, shown, wanted, table, who) for table, wanted in maps.items()]
    try:
        return datetime.fromtimestamp(min(int(file.stat().st_mtime) for file, _ in found), UTC)
    except OSError as error:
        raise ReadFault(who, f"{shown}: {unreadable(error)}", way_on="Leave the exports where they are.") from None


def _may_be(entry: Path) -> bool:
    return entry.is_file() and entry.name[0] not in ".~" and entry.name != OURS


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) if pattern else name.lower().endswith(_KINDS)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "") or "nothing"


@contextmanager
def foreign_rows(path: Path, shown: str, sheet: str, who: str) -> Iterator[tuple[str, Iterator[ForeignRow]]]:
    """The rows from the first one on, and the name that faults give the file. Raises ReadFault, DataFault."""
    if path.suffix.lower() != _BOOK:
        if sheet:
            text = f"{shown}: is no workbook, so it has no sheet {sheet}"
            raise ReadFault(who, text, way_on="Leave out sheet, or give the workbook (.xlsx).")
        with closing(_records(path, shown, who)) as rows:
            yield shown, rows
        return
    with closing(open_workbook(path, shown, who)) as book:
        name = _sheet(book.names, shown, sheet, who)
        with closing(book.rows(name)) as cells:
            rows_of_sheet = (ForeignRow(number, None, row) for number, row in enumerate(cells, start=1))
            yield f"{shown}, sheet {name}", rows_of_sheet


def _records(path: Path, shown: str, who: str) -> Generator[ForeignRow, None, None]:
    try:
        for record in records(path):
            yield ForeignRow(record.line, record, broken=record.fault)
    except Broken as broken:
        fault = Fault(shown, broken.line, broken.column, broken.text)
        raise DataFault(who, [fault], way_on="Export the file anew, as CSV UTF-8 with commas.") from None
    except OSError as error:
        way_on = "Correct path, or make the file readable."
        raise ReadFault(who, f"{shown}: {unreadable(error)}", way_on=way_on) from None


def _sheet(names: Sequence[str], shown: str, wanted: str, who: str) -> str:
    if wanted in names:
        return wanted
    if not wanted and len(names) == 1:
        return names[0]
    there = f"its sheets: {_few(names)}"
    if not wanted:
        text = f"{shown}: has {len(names)} sheets, so nobody can tell which is meant; {there}"
        raise ReadFault(who, text, way_on="Say sheet in mapping.")
    text = f"{shown}: has no sheet {wanted}{suggestion(wanted, tuple(names))}; {there}"
    raise ReadFault(who, text, way_on="Correct sheet in mapping.")


def near_name(wanted: Names, names: Sequence[str]) -> str:
    """A column that is probably meant, case aside."""
    folded = {name.casefold(): name for name in names if name}
    close = [near for one in wanted for near in difflib.get_close_matches(one.casefold(), list(folded), 1, 0.6)]
    return f": did you mean {folded[close[0]]!r}?" if close else ""
