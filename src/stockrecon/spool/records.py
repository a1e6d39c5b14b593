"""Records of a CSV file with their places, read by the letter of RFC 4180.

Python's csv module tells neither the place of a cell nor what it forgave. The rules here are those that bulk reading
has as well: spaces behind a quoted cell do not count, blank lines are skipped, there is one kind of line end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 20
LONGEST_LINE = 2_000_000
"""Bytes of one record; more is no table but a quote that was never closed, or no CSV at all."""
_LINE_END = re.compile("\r\n|\n|\r")
_END_NAMES = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}


class Broken(Exception):
    """The file cannot be read on (`fatal`), or one record cannot be read; line and column count from 1."""

    def __init__(self, line: int, column: int, text: str, *, fatal: bool = False) -> None:
        super().__init__(text)
        self.line, self.column, self.text, self.fatal = line, column, text, fatal


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record; `line` is where it begins. `places` are told only where quotes moved cells."""

    line: int
    cells: list[str]
    places: list[tuple[int, int]] | None = None
    fault: Broken | None = None

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of a cell, in characters, both from 1."""
        if self.places is not None:
            return self.places[index]
        return self.line, sum(map(len, self.cells[:index])) + index + 1


@dataclass(slots=True)
class _Line:
    number: int
    text: str
    end: str


def records(path: Path) -> Iterator[Record]:
    """Every record that is not a blank line. A record that is wrong in itself carries its fault.

    Raises OSError, and Broken where reading cannot go on.
    """
    with path.open("rb") as file:
        lines = _lines(file)
        first_end, mixed = "", False
        for line in lines:
            ended = line
            if '"' in line.text:
                record, ended = _quoted(line, lines)
            elif line.text:
                record = Record(line.number, line.text.split(","))
            else:
                record = None
            if record is not None:
                yield record
            first_end = first_end or ended.end
            if ended.end and ended.end != first_end and not mixed:
                mixed = True
                words = f"the line ends with {_END_NAMES[ended.end]}, those before with {_END_NAMES[first_end]}"
                fault = Broken(ended.number, 0, f"{words}: save the file with one kind of line end")
                yield Record(ended.number, [], None, fault)


def _quoted(line: _Line, lines: Iterator[_Line]) -> tuple[Record, _Line]:
    """A record with quotes, which may go on over several lines; and its last line."""
    scanner = _Scanner(line, lines)
    try:
        scanner.scan()
    except Broken as broken:
        if broken.fatal:
            raise
        return Record(line.number, scanner.cells, scanner.places, broken), scanner.line
    return Record(line.number, scanner.cells, scanner.places), scanner.line


class _Scanner:
    def __init__(self, line: _Line, lines: Iterator[_Line]) -> None:
        self.line = line
        self.lines = lines
        self.cells: list[str] = []
        self.places: list[tuple[int, int]] = []

    def scan(self) -> None:
        position = 0
        while True:
            self.places.append((self.line.number, position + 1))
            start = self._past_spaces(position)
            quoted = self.line.text.startswith('"', start)
            if quoted and start > position:
                words = "spaces before a quote: remove them, or put them between the quotes"
                raise Broken(self.line.number, position + 1, words)
            position = self._quoted(start) if quoted else self._plain(position)
            if position >= len(self.line.text):
                return
            position += 1

    def _past_spaces(self, position: int) -> int:
        while self.line.text.startswith(" ", position):
            position += 1
        return position

    def _plain(self, position: int) -> int:
        end = self.line.text.find(",", position)
        end = len(self.line.text) if end < 0 else end
        self.cells.append(self.line.text[position:end])
        return end

    def _quoted(self, start: int) -> int:
        """Takes a quoted cell, going on over lines; where the comma behind it is, or the line's end."""
        opened = self.line.number, start + 1
        parts: list[str] = []
        position, size = start + 1, 0
        while True:
            text = self.line.text
            end = text.find('"', position)
            if end < 0:
                parts.append(text[position:] + self.line.end)
                size += len(parts[-1])
                position = self._next_line(opened, size)
            elif text.startswith('"', end + 1):
                parts.append(text[position : end + 1])
                position = end + 2
            else:
                parts.append(text[position:end])
                break
        self.cells.append("".join(parts))
        after = self._past_spaces(end + 1)
        if after < len(text) and text[after] != ",":
            words = 'text after a closing quote: write a quote inside a quoted cell twice ("")'
            raise Broken(self.line.number, after + 1, words)
        return after

    def _next_line(self, opened: tuple[int, int], size: int) -> int:
        following = next(self.lines, None)
        if following is None or size > LONGEST_LINE:
            raise Broken(*opened, "the quote that opens here is never closed", fatal=True)
        self.line = following
        return 0


def _lines(file: BinaryIO) -> Iterator[_Line]:
    number, rest = 1, ""
    blocks = _decoded(file)
    while True:
        try:
            text, last = next(blocks)
        except StopIteration:
            break
        except Broken as broken:
            if broken.line:
                broken.line, broken.column = number, len(rest) + 1
            raise
        rest += text
        position = 0
        for match in _LINE_END.finditer(rest):
            if match.end() == len(rest) and match[0] == "\r" and not last:
                break
            yield _Line(number, rest[position : match.start()], match[0])
            number, position = number + 1, match.end()
        rest = rest[position:]
        if len(rest) > LONGEST_LINE:
            raise Broken(number, 0, f"the line is longer than {LONGEST_LINE:,} characters", fatal=True)
    if rest:
        yield _Line(number, rest, "")


def _decoded(file: BinaryIO) -> Iterator[tuple[str, bool]]:
    """Blocks of text, each with whether it is the last. A byte order mark is not part of the text."""
    data = file.read(_BLOCK)
    _refuse_foreign(data)
    offset = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    data = data[offset:]
    while True:
        block = file.read(_BLOCK)
        try:
            text, pending = data.decode("utf-8"), b""
        except UnicodeDecodeError as error:
            text, pending = data[: error.start].decode("utf-8"), data[error.start :]
            if not block or len(pending) > 3:
                yield text, False
                words = f"byte {offset + error.start + 1} (0x{pending[0]:02x}) is not UTF-8: save the file as UTF-8"
                raise Broken(1, 0, words, fatal=True) from error
        yield text, not block
        if not block:
            return
        offset += len(data) - len(pending)
        data = pending + block


def _refuse_foreign(data: bytes) -> None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Broken(0, 0, "is UTF-16, not UTF-8: save the file as CSV UTF-8", fatal=True)
    if data.startswith(b"PK\x03\x04"):
        raise Broken(0, 0, "is a spreadsheet or zip file, not CSV: save the sheet as CSV UTF-8", fatal=True)
