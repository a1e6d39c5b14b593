"""Where a CSV file changes for a correction, to the byte: one cell of stock.csv, one row behind movements.csv.

The files are the seller's: what is not changed keeps its bytes, whatever its quotes, line ends, columns and order are.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stockrecon.errors import Fault
from stockrecon.spool.cells import INTEGER_PATTERN
from stockrecon.spool.records import Broken, Record, records

_LINE_END = re.compile(rb"\r\n|\n|\r")
_INTEGER = re.compile(INTEGER_PATTERN)
_MARK = b"\xef\xbb\xbf"
_BLOCK = 1 << 20


class Unfit(Exception):
    """The file cannot be corrected as it is; the text says why."""


@dataclass(frozen=True, slots=True)
class Splice:
    """At `offset` bytes, `old` gives way to `new`."""

    offset: int
    old: bytes
    new: bytes

    def reversed(self) -> Splice:
        return Splice(self.offset, self.new, self.old)


@dataclass(frozen=True, slots=True)
class Cell:
    """One whole number in a file, at `offset` bytes, as it is written there."""

    offset: int
    text: str

    @property
    def number(self) -> int:
        return int(self.text)

    def becoming(self, number: int) -> Splice:
        return Splice(self.offset, self.text.encode(), str(number).encode())


def available_cell(path: Path, shown: str, sku: str) -> Cell | None:
    """The cell `available` of the SKU; None where no row has it. Raises Unfit, OSError."""
    found: tuple[int, int, str] | None = None
    columns: tuple[int, int] | None = None
    for record in _records(path, shown):
        if columns is None:
            columns = _index(record, "sku", shown), _index(record, "available", shown)
        elif len(record.cells) <= max(columns):
            raise Unfit(str(Fault(shown, record.line, 0, "the row has too few cells")))
        elif record.cells[columns[0]] == sku:
            if found is not None:
                raise Unfit(str(Fault(shown, record.line, 0, f"SKU {sku!r} is there twice")))
            text = record.cells[columns[1]]
            if _INTEGER.fullmatch(text) is None:
                raise Unfit(str(Fault(shown, record.line, 0, f"available {text!r} is not a whole number")))
            found = (*record.place(columns[1]), text)
    return None if found is None else _cell(path, shown, *found)


def refs_of(path: Path, shown: str, refs: Collection[str]) -> dict[str, int]:
    """Those of the refs that rows of movements have, with the sum of their quantities. Raises Unfit, OSError."""
    with _mapped(path) as data:
        # Most files have none of them; looking for the bytes is a hundred times quicker than reading rows.
        wanted = {ref for ref in refs if ref and data.find(_bytes(ref.replace('"', '""'))) >= 0}
    if not wanted:
        header = next(_records(path, shown), None)
        _index(header or Record(1, []), "ref", shown)
        return {}
    found: dict[str, int] = {}
    columns: tuple[int, int] | None = None
    for record in _records(path, shown):
        if columns is None:
            columns = _index(record, "ref", shown), _index(record, "quantity", shown)
        elif len(record.cells) > max(columns) and (ref := record.cells[columns[0]]) in wanted:
            text = record.cells[columns[1]]
            if _INTEGER.fullmatch(text) is None:
                raise Unfit(str(Fault(shown, record.line, 0, f"quantity {text!r} is not a whole number")))
            found[ref] = found.get(ref, 0) + int(text)
    return found


def appended(path: Path, shown: str, row: Mapping[str, str]) -> Splice:
    """The row behind the file's last one, in the file's own columns, quotes and line ends. Raises Unfit, OSError."""
    header = next(_records(path, shown), None)
    for name in ("id", "sku", "at", "quantity", "kind", "ref"):
        _index(header or Record(1, []), name, shown)
    names = header.cells if header is not None else []
    with _mapped(path) as data:
        size = len(data)
        if sum(data[start : start + _BLOCK].count(b'"') for start in range(0, size, _BLOCK)) % 2:
            raise Unfit(f"{shown}: a quote is never closed")
        first = _LINE_END.search(data)
        end = first.group() if first is not None else b"\n"
        ended = data[-1:] in (b"\n", b"\r")
        quoted = data[: len(_MARK) + 1].removeprefix(_MARK)[:1] == b'"'
    line = _bytes(",".join(_written(row.get(name, ""), quoted) for name in names))
    return Splice(size, b"", line + end if ended else end + line)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def _bytes(text: str) -> bytes:
    # A lone surrogate, which JSON can carry, has no UTF-8: it is written readably, as spools do.
    return text.encode("utf-8", "backslashreplace")


def _written(text: str, quoted: bool) -> str:
    # A line end inside the cell would be one of another kind than the file's, and a NUL is a fault when it is read.
    text = " ".join(text.replace("\0", " ").splitlines())
    if quoted or text.strip(" ") != text or any(one in text for one in ',"'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _records(path: Path, shown: str) -> Iterator[Record]:
    try:
        for record in records(path):
            if record.fault is not None:
                raise record.fault
            yield record
    except Broken as broken:
        raise Unfit(str(Fault(shown, broken.line, broken.column, broken.text))) from None


def _index(header: Record, name: str, shown: str) -> int:
    if name not in header.cells:
        hint = ": add it to the header and to every row, empty, for it keeps a correction from being posted twice"
        raise Unfit(f"{shown} has no column {name}{hint if name == 'ref' else ''}")
    return header.cells.index(name)


def _cell(path: Path, shown: str, line: int, place: int, text: str) -> Cell:
    """The cell that begins at a line and column, both from 1."""
    with _mapped(path) as data:
        start = 0
        for _ in range(line - 1):
            found = _LINE_END.search(data, start)
            if found is None:
                raise Unfit(f"{shown} changed while it was read")
            start = found.end()
        ended = _LINE_END.search(data, start)
        words = data[start : ended.start() if ended is not None else len(data)].decode("utf-8")
    quote = words.startswith('"', place - 1)
    at = place - 1 + quote
    if words[at : at + len(text)] != text:
        raise Unfit(f"{shown} changed while it was read")
    return Cell(start + len(words[:at].encode("utf-8")), text)
