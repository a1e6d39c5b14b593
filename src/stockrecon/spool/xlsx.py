"""Sheets of a workbook as tables: every cell checked by its own type, and spooled as CSV.

A spreadsheet turns what looks like a number into one and drops leading zeros; so a number where a SKU or an id is
expected is a fault, never a guess at what was typed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from stockrecon.core.sources import TableFile
from stockrecon.core.tables import Column, Table
from stockrecon.errors import DataFault, Fault, ReadFault
from stockrecon.spool.cells import CellFault, shown, suggestion
from stockrecon.spool.typed import Converter, Origin, Unfit, converter
from stockrecon.spool.workbook import Row, open_workbook
from stockrecon.spool.writer import SpoolWriter

MOST_FAULTS = 100
DATE_AS_TEXT = "is a date: the spreadsheet turned the text into one. Format the column as text and enter it again"

# Texts that say nothing by their exact form: a number in them has lost nothing that counts.
_LOOSE = frozenset({"title", "message", "note", "error", "cancel_reason"})
# A movement's id may be an integer (contract, section 4); a spreadsheet keeps 15 digits of one.
_INTEGER_IDS = frozenset({"id"})
_EXACT_DIGITS = 15


def spool_workbook(
    path: Path,
    shown_as: str,
    tables: Mapping[str, Table],
    required: str,
    spool: Path,
    zone: str | None,
    who: str,
) -> dict[str, TableFile]:
    """Spools the workbook's sheets that are named like `tables`; other sheets are left alone.

    Raises ReadFault for a workbook that cannot be read, DataFault with all that is wrong in its cells.
    """
    faults: list[Fault] = []
    files: dict[str, TableFile] = {}
    with closing(open_workbook(path, shown_as, who)) as book:
        try:
            for name in _sheets(book.names, shown_as, tables, required, who):
                sheet = _Sheet(f"{shown_as}, sheet {name}", tables[name], zone, faults)
                target = spool / f"{name}.csv"
                with SpoolWriter(tables[name], target) as writer, closing(book.rows(name)) as rows:
                    writer.write_all(sheet.good(rows))
                files[name] = TableFile(str(target), sheet.shown, trusted=True)
        except _Enough:
            pass
    if faults:
        raise DataFault(who, faults, way_on="Mend the cells in the spreadsheet and save it.")
    return files


def _sheets(names: Sequence[str], shown_as: str, tables: Mapping[str, Table], required: str, who: str) -> list[str]:
    faults: list[Fault] = []
    for name in names:
        wanted = next((table for table in tables if table == name.strip().casefold()), None)
        if wanted is not None and wanted != name:
            text = f"sheet {name!r} is not read under this name: rename it (did you mean {wanted}?)"
            faults.append(Fault(shown_as, 0, 0, text))
    if faults:
        raise DataFault(who, faults, way_on="A sheet under another spelling would silently be left out.")
    if required not in names:
        text = (
            f"{shown_as}: has no sheet {required}{suggestion(required, tuple(names))}; its sheets: {', '.join(names)}"
        )
        raise ReadFault(who, text, way_on=f"Name the sheet {required}, with the columns' names in its first row.")
    return [name for name in tables if name in names]


class _Enough(Exception):
    """As many faults as are told at once."""


@dataclass(slots=True)
class _Sheet:
    """One sheet that is read as a table."""

    shown: str
    table: Table
    zone: str | None
    faults: list[Fault]
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def good(self, rows: Iterator[Row]) -> Iterator[dict[str, object]]:
        """The rows that are good; what is wrong with the others is among the faults."""
        first, _ = next(rows, ((), ()))
        known = self._header(first)
        if known is None:
            return
        for number, (row, formulas) in enumerate(rows, start=2):
            if all(cell.value in (None, "") for cell in row) and not any(cell.data_type == "f" for cell in formulas):
                continue
            values = self._row(number, row, formulas, known)
            if values is not None:
                yield values

    def _header(self, row: Sequence[Any]) -> list[tuple[int, Column, Converter]] | None:
        names = [cell.value if isinstance(cell.value, str) else "" for cell in row]
        columns = {column.name: column for column in self.table.columns}
        before = len(self.faults)
        for index, name in enumerate(names):
            if name in columns and name in names[:index]:
                self._add(1, index, f"the column is there twice (first in {letter(names.index(name))})", name)
            elif name and name not in columns and (words := self._near(name, names)):
                self._add(1, index, f"the column is not known{words}", name)
        for column in self.table.columns:
            if column.required and column.name not in names:
                there = ", ".join(filter(None, names)) or "no text (a merged or empty first row)"
                text = f"the column is missing: the first row has to hold the columns' names, and has {there}"
                self.faults.append(Fault(self.shown, 1, 0, text, column.name))
        if len(self.faults) > before:
            return None
        try:
            return [
                (index, columns[name], converter(columns[name], self._origin()))
                for index, name in enumerate(names)
                if name in columns
            ]
        except CellFault as fault:
            self.faults.append(Fault(self.shown, 0, 0, str(fault)))
            return None

    def _near(self, name: str, names: Sequence[str]) -> str:
        missing = tuple(column.name for column in self.table.columns if column.name not in names)
        return suggestion(name, missing, 0.85)

    def _row(
        self, number: int, row: Sequence[Any], other: Sequence[Any], known: Iterable[tuple[int, Column, Converter]]
    ) -> dict[str, object] | None:
        values: dict[str, object] = {}
        good = True
        for index, column, convert in known:
            cell = row[index] if index < len(row) else None
            formula = other[index] if index < len(other) else None
            try:
                values[column.name] = convert(cell_value(cell, formula))
            except Unfit as unfit:
                good = False
                if not (unfit.once and column.name in self.told):
                    self._add(number, index, unfit.text, column.name)
                if unfit.once:
                    self.told.add(column.name)
        return values if good and self._first_of_its_key(number, values) else None

    def _first_of_its_key(self, number: int, values: Mapping[str, object]) -> bool:
        names = self.table.key or (self.table.once if values.get("item_id") else ())
        if not names:
            return True
        key = tuple(str(values.get(name) or "") for name in names)
        first = self.seen.setdefault(key, number)
        if first == number:
            return True
        words = ", ".join(f"{name} {shown(text)}" for name, text in zip(names, key, strict=True) if text)
        self._append(Fault(self.shown, number, 0, f"{words} is there twice, first in row {first}", "+".join(names)))
        return False

    def _origin(self) -> Origin:
        return Origin(
            zone=self.zone,
            empty="empty",
            no_zone="a spreadsheet's time has no offset: set zone, or write the time as text with its offset",
            number_as_text=number_as_text,
            date_as_text=DATE_AS_TEXT,
        )

    def _add(self, row: int, index: int, text: str, column: str) -> None:
        place = f"cell {letter(index)}{row}: "
        self._append(Fault(self.shown, row, index + 1, place + text, column))

    def _append(self, fault: Fault) -> None:
        self.faults.append(fault)
        if len(self.faults) >= MOST_FAULTS:
            raise _Enough


def cell_value(cell: Any, formula: Any) -> object:
    """What the cell holds. Raises Unfit for a formula whose result is not stored, and for an error."""
    value = None if cell is None else cell.value
    if value is None:
        if formula is not None and formula.data_type == "f":
            raise Unfit("holds a formula whose result is not stored: open the workbook in the spreadsheet and save it")
        return None
    if cell.data_type == "e":
        raise Unfit(f"holds the error {value}")
    return value


def number_as_text(column: Column, value: int | float | Decimal) -> str:
    """A number in a column of text, where nothing can have been lost. Raises Unfit."""
    whole = isinstance(value, int) or (math.isfinite(value) and value == int(value))
    text = str(int(value)) if whole else repr(value)
    if column.name in _LOOSE or (column.name in _INTEGER_IDS and whole and len(text.lstrip("-")) <= _EXACT_DIGITS):
        return text
    raise Unfit(
        f"{text} is a number: the spreadsheet turned the text into one, and leading zeros may be lost. Format the "
        "column as text and enter it again"
    )


def letter(index: int) -> str:
    """A column's letters by its index from 0."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
