"""Reading a table's file by the letter of the contract, telling every fault with its line and column.

Bulk reading judges whole files quickly but cannot say where it stumbled; this reader can, and is asked only then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stockrecon.core.sources import TableFile
from stockrecon.core.tables import LEDGER_TABLES, Column, Kind, Table
from stockrecon.errors import DataFault, Fault
from stockrecon.spool.cells import CellFault, NoOffset, parse_cell, shown, suggestion, zone_of
from stockrecon.spool.records import Broken, Record, records

__all__ = ["check_table", "header_of", "parse_cell", "read_rows"]

_OTHER_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}
_NEAR_REQUIRED, _NEAR_OPTIONAL = 0.6, 0.85


def check_table(file: TableFile, table: Table, limit: int = 100) -> list[Fault]:
    """Every fault of the file, at most `limit`, in the order of its lines. Raises nothing of the outside's."""
    check = _Check(file, table, limit)
    try:
        check.run()
    except _Enough:
        pass
    except Broken as broken:
        check.faults.append(Fault(file.shown, broken.line, broken.column, broken.text))
    except OSError as error:
        check.faults.append(Fault(file.shown, 0, 0, _unreadable(error)))
    return check.faults[:limit]


def read_rows(file: TableFile, table: Table, who: str) -> Iterator[dict[str, str]]:
    """The rows of a table as text by column name; columns that are absent or empty have their default.

    Raises DataFault naming `who` where the file has faults: it is checked whole before the first row.
    """
    if faults := check_table(file, table):
        raise DataFault(who, faults)
    rows = records(Path(file.path))
    header = next(rows).cells
    for record in rows:
        cells = dict(zip(header, record.cells, strict=False))
        yield {column.name: cells.get(column.name) or column.default for column in table.columns}


def header_of(file: TableFile, table: Table) -> tuple[list[str], list[Fault]]:
    """The file's column names, and what is wrong with its head; a file that cannot be read has no names."""
    check = _Check(file, table, 100)
    try:
        header = check.header(next(records(Path(file.path)), None))
    except Broken as broken:
        return [], [*check.faults, Fault(file.shown, broken.line, broken.column, broken.text)]
    except OSError as error:
        return [], [Fault(file.shown, 0, 0, _unreadable(error))]
    return header, check.faults


class _Enough(Exception):
    """As many faults as were asked for."""


@dataclass(slots=True)
class _Check:
    file: TableFile
    table: Table
    limit: int
    faults: list[Fault] = field(default_factory=list)
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def run(self) -> None:
        rows = records(Path(self.file.path))
        header = self.header(next(rows, None))
        if not header:
            return
        known = [(index, column) for index, name in enumerate(header) if (column := self._column(name)) is not None]
        if self.file.zone is not None and any(column.kind is Kind.TIME for _, column in known):
            self._zone(self.file.zone)
        for record in rows:
            self._record(record, header, known)

    def header(self, record: Record | None) -> list[str]:
        """The names of the columns; none where the rows cannot be understood for want of them."""
        if record is None:
            self._add(0, 0, f"is empty: its first line must name the columns {','.join(self.table.names)}")
            return []
        if record.fault is not None:
            self._broken(record.fault)
            return []
        if record.line > 1:
            self._add(1, 0, "the line is blank: the first line must name the columns")
            return []
        names = record.cells
        if len(names) == 1 and (separator := next((one for one in _OTHER_SEPARATORS if one in names[0]), None)):
            words = f"columns are separated by {_OTHER_SEPARATORS[separator]}, expected ','"
            self._add(1, names[0].index(separator) + 1, f"{words}: save the file as CSV with commas")
            return []
        self._names(record)
        return names

    def _names(self, record: Record) -> None:
        names = record.cells
        suggested: set[str] = set()
        for index, name in enumerate(names):
            line, place = record.place(index)
            if name in names[:index] and self._column(name) is not None:
                self._add(line, place, f"the column is there twice (first as column {names.index(name) + 1})", name)
            elif self._column(name) is None and (near := self._near(name, names)):
                suggested.add(near)
                self._add(line, place, f"the column is not known: did you mean {near!r}?", name)
        for column in self.table.columns:
            if column.required and column.name not in names and column.name not in suggested:
                self._add(1, 0, f"the column is missing; the file has {', '.join(filter(None, names))}", column.name)

    def _near(self, name: str, names: Sequence[str]) -> str:
        """A column that is missing and that an unknown name probably means."""
        for required, cutoff in ((True, _NEAR_REQUIRED), (False, _NEAR_OPTIONAL)):
            missing = tuple(c.name for c in self.table.columns if c.required is required and c.name not in names)
            if words := suggestion(name, missing, cutoff):
                return words.split("'")[1]
        return ""

    def _record(self, record: Record, header: Sequence[str], known: Sequence[tuple[int, Column]]) -> None:
        if record.fault is not None:
            self._broken(record.fault)
            return
        count = len(record.cells)
        while count > len(header) and not record.cells[count - 1]:
            count -= 1  # commas at the end of a line, which spreadsheets write, lose nothing
        if count != len(header):
            self._uneven(record, count, header)
            return
        for index, column in known:
            self._cell(record, index, column)
        self._repeated(record, header)

    def _uneven(self, record: Record, count: int, header: Sequence[str]) -> None:
        """A row with too few or too many cells; its place is where the first one is missing, or too much."""
        cells = "cell" if count == 1 else "cells"
        words = f"the row has {count} {cells}, the header has {len(header)}"
        if count > len(header):
            split = self._split_number(record, header)
            if split is not None:
                whole = "".join(record.cells[split : split + 2])
                words += f": is {header[split]} {','.join(record.cells[split : split + 2])}? Write {whole}"
                self._add(*record.place(split), words, header[split])
                return
            self._add(*record.place(len(header)), f"{words}: a comma inside a cell needs quotes around the cell")
            return
        line, place = record.place(count - 1)
        if record.places is None:
            place += len(record.cells[count - 1])
        self._add(line, place, f"{words}: {header[count]} and what follows it are missing")

    def _split_number(self, record: Record, header: Sequence[str]) -> int | None:
        """Where a thousands separator probably made two cells of one number."""
        for index, name in enumerate(header):
            column = self._column(name)
            if column is not None and column.kind in (Kind.INTEGER, Kind.COUNT):
                before, after = record.cells[index : index + 2]
                if re.fullmatch("-?[0-9]{1,3}", before) and re.fullmatch("[0-9]{3}", after):
                    return index
        return None

    def _cell(self, record: Record, index: int, column: Column) -> None:
        text = record.cells[index]
        if not text and not column.filled:
            return
        try:
            if not text:
                raise CellFault("is empty")
            if "\0" in text:
                raise CellFault(f"{shown(text)} has a NUL byte")
            parse_cell(column.kind, text, self.file.zone, column.choices, column.least)
        except NoOffset as fault:
            folder = "ledger.yaml" if self.table in LEDGER_TABLES.values() else "shop.yaml"
            self._add(*record.place(index), f"{fault} in {folder}", column.name)
        except CellFault as fault:
            self._add(*record.place(index), str(fault), column.name)

    def _repeated(self, record: Record, header: Sequence[str]) -> None:
        names = self.table.key or self.table.once
        if not names:
            return
        cells = dict(zip(header, record.cells, strict=False))
        if not self.table.key and not cells.get("item_id"):
            return
        key = tuple(cells.get(name, "") for name in names)
        first = self.seen.setdefault(key, record.line)
        if first != record.line and all(cell or name == "variation_id" for name, cell in zip(names, key, strict=True)):
            present = [name for name in names if name in header]
            words = ", ".join(f"{name} {shown(cells[name])}" for name in present)
            place = record.place(header.index(present[0]))
            self._add(*place, f"{words} is there twice, first in line {first}", "+".join(present))

    def _zone(self, zone: str) -> None:
        try:
            zone_of(zone)
        except CellFault as fault:
            self._add(0, 0, str(fault))
            raise _Enough from fault

    def _column(self, name: str) -> Column | None:
        return next((column for column in self.table.columns if column.name == name), None)

    def _broken(self, broken: Broken) -> None:
        self._add(broken.line, broken.column, broken.text)

    def _add(self, line: int, place: int, text: str, path: str = "") -> None:
        self.faults.append(Fault(self.file.shown, line, place, text, path))
        if len(self.faults) >= self.limit:
            raise _Enough


def _unreadable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file does not exist"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not a file"
    return f"the file cannot be read: {error.strerror or error}"
