"""Reads the files of a shop's folder (contract, section 5), by the tables that `core.tables` states."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from stockrecon.core.tables import Column, Kind, Table
from stockrecon.errors import Fault
from stockrecon.sandbox.wire import integer

if TYPE_CHECKING:
    from _csv import Reader


_FIRST_YEAR, _LAST_YEAR = 1970, 9000


@dataclass(frozen=True, slots=True)
class ShopFile:
    as_of: datetime
    imitates: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Row:
    """One checked row and where it stands."""

    file: str
    line: int
    cells: dict[str, str]
    zone: ZoneInfo

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def maybe(self, column: str) -> int | None:
        return integer(self.cells.get(column))

    def number(self, column: str) -> int:
        return self.maybe(column) or 0

    def time(self, column: str) -> datetime | None:
        text = self.cells.get(column, "")
        return parse_time(text, self.zone) if text else None


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601; without an offset it is in the shop's zone. ValueError for anything else, and for years before 1970.

    A far end ("9999-12-31") is brought near enough to be reckoned with.
    """
    when = datetime.fromisoformat(text)
    if when.year < _FIRST_YEAR:
        raise ValueError(text)
    when = when.replace(year=min(when.year, _LAST_YEAR), day=min(when.day, 28) if when.year > _LAST_YEAR else when.day)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def read_shop_file(folder: Path, faults: list[Fault], channels: Sequence[str]) -> ShopFile | None:
    """`shop.yaml`: `as_of` and `imitates` are needed here; None where something is wrong with it."""
    path = folder / "shop.yaml"

    def fault(text: str, key: str = "") -> None:
        faults.append(Fault(str(path), 0, 0, text, key))

    try:
        # BaseLoader: every scalar stays text, as the contract's section 3 has it.
        about = yaml.load(path.read_text("utf-8-sig"), Loader=yaml.BaseLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        fault(f"cannot be read: {str(error).splitlines()[0]}")
        return None
    if not isinstance(about, dict):
        fault("must hold keys and values")
        return None
    imitates, as_of, zone = (str(about.get(name) or "") for name in ("imitates", "as_of", "zone"))
    good = True
    if imitates not in channels:
        fault(f"must be one of {', '.join(channels)} for the sandbox to serve this shop, not {imitates!r}", "imitates")
        good = False
    try:
        where = ZoneInfo(zone or "UTC")
        return ShopFile(parse_time(as_of, where), imitates, where) if good else None
    except (ZoneInfoNotFoundError, OSError):
        fault(f"{zone!r} is not a time zone", "zone")
    except ValueError:
        fault(f"{as_of!r} is not an ISO 8601 time" if as_of else "is missing", "as_of")
    return None


def read_table(folder: Path, table: Table, zone: ZoneInfo, faults: list[Fault], *, required: bool = False) -> list[Row]:
    """All rows of a table's file, or what is wrong with it; empty without an optional file."""
    path = folder / f"{table.name}.csv"
    if not path.exists() and not required:
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _rows(path, csv.reader(file, strict=True), table, zone, faults)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(Fault(str(path), 0, 0, f"cannot be read: {error}"))
        return []


def _rows(path: Path, reader: Reader, table: Table, zone: ZoneInfo, faults: list[Fault]) -> list[Row]:
    header = next(reader, [])
    missing = [column.name for column in table.columns if column.required and column.name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    for text, names in (("lacks the column", missing), ("names twice the column", twice)):
        if names:
            faults.append(Fault(str(path), 1, 0, f"{text} {', '.join(names)}"))
    if missing or twice:
        return []
    known = {column.name: column for column in table.columns}
    present = [(place, known[name]) for place, name in enumerate(header) if name in known]
    defaults = {column.name: column.default for column in table.columns}
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for cells in reader:
        if not cells:
            continue
        line = reader.line_num
        if len(cells) != len(header):
            faults.append(Fault(str(path), line, 0, f"has {len(cells)} cells, the header {len(header)}"))
            continue
        given = dict(defaults)
        for place, column in present:
            # Text is exact: a blank around a SKU belongs to it.
            cell = cells[place] if column.kind is Kind.TEXT else cells[place].strip()
            wrong = _wrong(cell, column, zone) if cell or not column.default else ""
            if wrong:
                faults.append(Fault(str(path), line, place + 1, wrong, column.name))
            elif cell:
                given[column.name] = cell
        key = tuple(given[name] for name in table.key)
        if key and seen.setdefault(key, line) != line:
            faults.append(Fault(str(path), line, 0, f"repeats {', '.join(table.key)} of line {seen[key]}"))
            continue
        rows.append(Row(path.name, line, given, zone))
    return rows


def _wrong(text: str, column: Column, zone: ZoneInfo) -> str:
    if not text:
        return "is empty" if column.filled else ""
    if column.kind in (Kind.INTEGER, Kind.COUNT):
        number = integer(text)
        if number is None:
            return f"{text!r} is not a whole number"
        return f"{text} is negative" if column.kind is Kind.COUNT and number < 0 else ""
    if column.kind is Kind.TIME:
        try:
            parse_time(text, zone)
        except ValueError:
            return f"{text!r} is not an ISO 8601 time"
    if column.kind is Kind.CHOICE and text not in column.choices:
        return f"{text!r} is none of {', '.join(column.choices)}"
    return ""
