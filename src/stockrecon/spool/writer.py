"""Writing a spool: one table of the contract as canonical CSV, while it is being read from somewhere."""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from stockrecon.core.tables import Table
from stockrecon.errors import OutputFault

_CHUNK = 1000


class SpoolWriter:
    """Writes rows of `table` to `path`, private to its owner (0600); several threads may write at once.

    Canonical form: UTF-8, every column of the contract in its order, a header, `\\n`. None is an empty cell, times are
    ISO 8601 in UTC with `Z` (naive ones are refused), booleans `true` and `false`. `rows` counts what was written.
    Raises OutputFault where the disk does not take it.
    """

    def __init__(self, table: Table, path: Path) -> None:
        self.table = table
        self.path = path
        self.rows = 0
        self._lock = threading.Lock()
        self._names = table.names
        self._known = frozenset(table.names)
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A new file: an older one might be readable by others, or be a link to elsewhere.
            self.path.unlink(missing_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise self._fault(error) from error
        self._append(",".join(self._names) + "\n", 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            file.close()
        except OSError as fault:
            if error is None:
                raise self._fault(fault) from fault

    def write(self, row: Mapping[str, object]) -> None:
        """Writes one row; columns that it lacks are empty. Raises ValueError for a column that the table lacks."""
        self._append(self._text((row,)), 1)

    def write_all(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Writes many rows in bounded memory; up to a thousand at a time stay together."""
        remaining = iter(rows)
        while chunk := tuple(islice(remaining, _CHUNK)):
            self._append(self._text(chunk), len(chunk))

    def copy(self, rows: Iterable[Sequence[str]]) -> None:
        """Writes rows of another spool of this table as they are, cell by cell."""
        remaining = iter(rows)
        while chunk := tuple(islice(remaining, _CHUNK)):
            self._append(_lines(chunk), len(chunk))

    def _text(self, rows: Sequence[Mapping[str, object]]) -> str:
        for row in rows:
            if not row.keys() <= self._known:
                raise ValueError(f"{self.table.name} has no column {sorted(row.keys() - self._known)}")
        return _lines([_cell(row.get(name)) for name in self._names] for row in rows)

    def _append(self, text: str, rows: int) -> None:
        # A lone surrogate, which JSON can carry, has no UTF-8: it is kept readable rather than lost.
        data = text.encode("utf-8", "backslashreplace")
        with self._lock:
            if self._file is None:
                raise ValueError(f"{self.path.name} is not open")
            try:
                self._file.write(data)
            except OSError as error:
                raise self._fault(error) from error
            self.rows += rows

    def _fault(self, error: OSError) -> OutputFault:
        return OutputFault(
            f"{self.path}: cannot be written: {error.strerror or error}",
            way_on="make room there or point `state` in the configuration elsewhere, then run again",
        )


def _lines(rows: Iterable[Sequence[str]]) -> str:
    lines = _Lines()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return "".join(lines)


class _Lines(list[str]):
    """Takes the csv module's lines. It quotes a lone carriage return only where that is part of its own line end."""

    def write(self, line: str) -> None:
        self.append(line[:-2] + "\n")


def _cell(value: object) -> str:
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _time(value)
    return str(value)


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone: {value.isoformat()}")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
