"""Tables out of other programs' files, by a mapping: every cell judged as strictly as one of our own, and spooled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stockrecon.core.mapping import From, Names, TableMap, header_text
from stockrecon.core.sources import TableFile
from stockrecon.core.tables import Column, Kind, Table
from stockrecon.errors import DataFault, Fault, ReadFault
from stockrecon.spool.cells import DIGITS, CellFault, shown
from stockrecon.spool.foreign import SEPARATORS, TOTALS, ForeignRow, find_file, foreign_rows, near_name
from stockrecon.spool.typed import Origin, Unfit, converter
from stockrecon.spool.writer import SpoolWriter
from stockrecon.spool.xlsx import DATE_AS_TEXT, MOST_FAULTS, number_as_text

_Values = dict[str, object]


def spool_mapped(
    path: Path,
    shown_as: str,
    maps: Mapping[str, TableMap],
    tables: Mapping[str, Table],
    spool: Path,
    zone: str | None,
    who: str,
) -> dict[str, TableFile]:
    """Spools each mapped table from its file. `path`: the file, or the folder in which the mapping finds it. The first
    table has to have rows.

    Raises ReadFault for what is missing, unreadable or without rows, DataFault with all that is wrong in cells.
    """
    faults: list[Fault] = []
    files: dict[str, TableFile] = {}
    for name, wanted in maps.items():
        found, shown_file = find_file(path, shown_as, wanted, name, who)
        with foreign_rows(found, shown_file, wanted.sheet, who) as (shown_rows, rows):
            sheet = _Sheet(shown_rows, tables[name], wanted, zone, faults)
            target = spool / f"{name}.csv"
            with SpoolWriter(tables[name], target) as writer, suppress(_Enough):
                writer.write_all(sheet.good(rows))
        if not files and not faults and not sheet.rows:
            # An empty export would make everything unknown, or zero (reference: peers 3.3, SS-ZERO).
            text = f"{shown_rows}: has no row below the columns' names in row {wanted.header}"
            raise ReadFault(
                who, text, way_on="Export it anew; an empty export is not taken for one that says: nothing."
            )
        files[name] = TableFile(str(target), shown_rows, trusted=True)
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        way_on = "Correct mapping where it names columns, or the cells where they are wrong, and export anew."
        raise DataFault(who, faults, way_on=way_on)
    return files


class _Enough(Exception):
    """As many faults as are told at once."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One column there, and what turns its cells into ours. `sign`: of a quantity that is added up."""

    index: int
    name: str
    sign: int
    convert: Callable[[object], object]


@dataclass(slots=True)
class _Sheet:
    """One file or sheet that is read as a table. `rows`: how many had anything to say."""

    shown: str
    table: Table
    wanted: TableMap
    zone: str | None
    faults: list[Fault]
    rows: int = 0
    width: int = 0
    location: int | None = None
    parts: dict[str, tuple[_Part, ...]] = field(default_factory=dict)
    fixed: _Values = field(default_factory=dict)
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def good(self, rows: Iterator[ForeignRow]) -> Iterator[_Values]:
        """The rows that are good, places summed; what is wrong with the others is among the faults."""
        if not self._header(rows):
            return
        if self.location is None:
            yield from self._each(rows)
            return
        sums: dict[object, _Values] = {}
        for values in self._each(rows):
            held = sums.setdefault(values["sku"], values)
            if held is not values:
                _add_to(held, values)
        for place in self.wanted.locations:
            if place not in self.places:
                there = ", ".join(map(shown, self.places)) or "nothing"
                self._append(Fault(self.shown, 0, 0, f"no row has the location {shown(place)}; there are {there}"))
        for sku, held in sums.items():
            if abs(int(str(held["available"]))) >= 10**DIGITS:
                text = f"the places of {shown(str(sku))} come to more than {DIGITS} digits"
                self._append(Fault(self.shown, 0, 0, text, "available"))
        yield from sums.values()

    def _each(self, rows: Iterator[ForeignRow]) -> Iterator[_Values]:
        for row in rows:
            if row.broken is not None:
                self._append(Fault(self.shown, row.broken.line, row.broken.column, row.broken.text))
            elif len(row) and not self._sums_up(row):
                self.rows += 1
                values = self._values(row)
                if values is not None:
                    yield values

    def _header(self, rows: Iterator[ForeignRow]) -> bool:
        row = next((row for row in rows if row.number >= self.wanted.header), None)
        if row is None or row.number > self.wanted.header or not len(row):
            self._append(Fault(self.shown, self.wanted.header, 0, "the row is empty: columns' names are expected here"))
            return False
        if row.broken is not None:
            self._append(Fault(self.shown, row.broken.line, row.broken.column, row.broken.text))
            return False
        names = [header_text(row.text(index)) for index in range(len(row))]
        self.width = len(names)
        if len(names) == 1 and (separator := next((one for one in SEPARATORS if one in names[0]), None)):
            words = f"columns are separated by {SEPARATORS[separator]}, expected ',': save the file as CSV with commas"
            self._append(row.fault(self.shown, 0, words))
            return False
        before = len(self.faults)
        for column in self.table.columns:
            if (source := self.wanted.columns.get(column.name)) is not None:
                self._part(row, names, column, source)
            elif (text := self.wanted.fixed.get(column.name)) is not None:
                self._fix(column, text)
        if self.wanted.location:
            self.location = self._index(row, names, self.wanted.location, "location", self.wanted.location_known)
        return len(self.faults) == before

    def _part(self, row: ForeignRow, names: list[str], column: Column, source: From) -> None:
        # What is added up may be negative on the way; the sum is judged by the column's own rule.
        kind = column if source.plain else Column(column.name, Kind.INTEGER)
        try:
            convert = converter(kind, self._origin())
        except CellFault as fault:
            self._append(Fault(self.shown, 0, 0, str(fault)))
            return
        found = []
        for sign, alternatives in (*((1, one) for one in source.add), *((-1, one) for one in source.less)):
            index = self._index(row, names, alternatives, column.name, needed=True)
            if index is not None:
                found.append(_Part(index, names[index], sign, convert))
        self.parts[column.name] = tuple(found)

    def _fix(self, column: Column, text: str) -> None:
        try:
            self.fixed[column.name] = converter(column, self._origin())(text)
        except (CellFault, Unfit) as fault:
            self._append(Fault("mapping", 0, 0, str(fault), f"fixed.{column.name}"))

    def _index(self, row: ForeignRow, names: list[str], wanted: Names, ours: str, needed: bool) -> int | None:
        """Where a column is; None where it is not, with a fault unless it is not needed."""
        there = [index for index, name in enumerate(names) if name in wanted]
        if len(there) == 1:
            return there[0]
        if there:
            said = " and ".join(f"{names[index]!r} in column {index + 1}" for index in there)
            words = f"{said}: nobody can tell which is meant; name one in mapping"
            self._append(row.fault(self.shown, there[1], words, ours))
        elif needed:
            words = " or ".join(map(repr, wanted))
            near = near_name(wanted, names)
            text = f"the column {words} is not there{near}; the row has {', '.join(filter(None, names)) or 'no text'}"
            self._append(Fault(self.shown, self.wanted.header, 0, text, ours))
        return None

    def _sums_up(self, row: ForeignRow) -> bool:
        """Whether the row sums up others and is left out; where nothing says so, it is a fault."""
        first = next((text for index in range(len(row)) if (text := header_text(row.text(index)))), "").casefold()
        if self.wanted.totals is not None:
            return first in {word.casefold() for word in self.wanted.totals}
        if first.rstrip(": ") not in TOTALS:
            return False
        words = f"{shown(first)} looks like a row of totals: to leave it out, say totals: [{first}] in mapping"
        self._append(row.fault(self.shown, 0, f"{words}; if it is none, totals: []"))
        return True

    def _values(self, row: ForeignRow) -> _Values | None:
        if row.record is not None and (len(row.record.cells) < self.width or len(row) > self.width):
            words = f"the row has {len(row.record.cells)} cells, the header has {self.width}: a comma inside a cell "
            self._append(row.fault(self.shown, 0, f"{words}needs quotes around the cell"))
            return None
        place = "" if self.location is None else header_text(self._place(row, self.location))
        if self.location is not None:
            if not place:
                self._append(row.fault(self.shown, self.location, "is empty or no text", "location"))
                return None
            self.places[place] = None
            if self.wanted.locations and place not in self.wanted.locations:
                return None
        values = dict(self.fixed)
        before = len(self.faults)
        for column in self.table.columns:
            if (parts := self.parts.get(column.name)) is not None:
                self._column(row, column, parts, values)
        if len(self.faults) > before:
            return None
        return values if self._first_of_its_key(row, values, place) else None

    def _place(self, row: ForeignRow, index: int) -> str:
        """A location's name; codes that a spreadsheet holds as whole numbers are told apart as well by them."""
        with suppress(Unfit):
            value = row.cell(index)
            return str(value) if isinstance(value, str | int) else ""
        return ""

    def _column(self, row: ForeignRow, column: Column, parts: tuple[_Part, ...], values: _Values) -> None:
        total = 0
        for part in parts:
            try:
                value = part.convert(self._here(row.cell(part.index), column))
            except Unfit as unfit:
                if not (unfit.once and column.name in self.told):
                    named = column.name if part.name == column.name else f"{column.name} (column {part.name!r})"
                    self._append(row.fault(self.shown, part.index, unfit.text, named))
                if unfit.once:
                    self.told.add(column.name)
                return
            if len(parts) == 1 and part.sign > 0:
                values[column.name] = value
                return
            total += part.sign * int(str(value))
        if column.kind is Kind.COUNT and total < column.least:
            self._append(row.fault(self.shown, parts[0].index, f"comes to {total}, below {column.least}", column.name))
        elif abs(total) >= 10**DIGITS:
            self._append(row.fault(self.shown, parts[0].index, f"comes to more than {DIGITS} digits", column.name))
        values[column.name] = total

    def _here(self, value: object, column: Column) -> object:
        """A cell's value in our words: what the mapping says of it, and times as they are written there."""
        if not isinstance(value, str):
            return value
        said = self.wanted.values.get(column.name)
        if said is not None and (ours := said.get(header_text(value))) is not None:
            return ours
        if column.kind is Kind.TIME and self.wanted.times and value:
            try:
                return datetime.strptime(header_text(value), self.wanted.times)  # noqa: DTZ007  placed by the zone
            except ValueError:
                raise Unfit(f"{shown(value)} is not written as {self.wanted.times}") from None
        return value

    def _first_of_its_key(self, row: ForeignRow, values: _Values, place: str) -> bool:
        names = self.table.key or (self.table.once if values.get("item_id") else ())
        if not names:
            return True
        key = (*(str(values.get(name) or "") for name in names), place)
        first = self.seen.setdefault(key, row.number)
        if first == row.number:
            return True
        words = ", ".join(f"{name} {shown(text)}" for name, text in zip(names, key, strict=False) if text)
        words += f" is there twice in location {shown(place)}" if place else " is there twice"
        hint = "; say location if its places are to be summed" if self.table.name == "stock" and not place else ""
        self._append(Fault(self.shown, row.number, 0, f"{words}, first in row {first}{hint}", "+".join(names)))
        return False

    def _origin(self) -> Origin:
        no_zone = "the time has no offset: set zone, or write it with its offset"
        return Origin(self.zone, "empty", no_zone, number_as_text, DATE_AS_TEXT)

    def _append(self, fault: Fault) -> None:
        self.faults.append(fault)
        if len(self.faults) >= MOST_FAULTS:
            raise _Enough


def _add_to(held: _Values, more: _Values) -> None:
    """One more place of a SKU: units are summed, the later time counts."""
    held["available"] = int(str(held["available"])) + int(str(more["available"]))
    times = [time for time in (held.get("updated_at"), more.get("updated_at")) if isinstance(time, datetime)]
    if times:
        held["updated_at"] = max(times)
