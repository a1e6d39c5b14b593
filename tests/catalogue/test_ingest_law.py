"""Bulk reading and strict reading are one: what one takes the other takes, with the same values."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.catalogue.engine import Connection, connect, naive
from stockrecon.catalogue.ingest import ingest
from stockrecon.core.sources import TableFile
from stockrecon.core.tables import Column, Kind, Table
from stockrecon.spool.records import records
from stockrecon.spool.strict import check_table, parse_cell

TABLE = Table(
    "things",
    (
        Column("name"),
        Column("count", Kind.COUNT, required=False, filled=False, default="3", least=1),
        Column("number", Kind.INTEGER, required=False, filled=False),
        Column("at", Kind.TIME, required=False, filled=False),
        Column("ok", Kind.BOOLEAN, required=False, filled=False, default="true"),
        Column("state", Kind.CHOICE, required=False, filled=False, choices=("good", "bad"), default="good"),
        Column("note", required=False, filled=False),
    ),
    key=("name",),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with tempfile.TemporaryDirectory() as folder:
        opened = connect(Path(folder), "200MB", 2)
        yield opened
        opened.close()


numbers = st.one_of(
    st.integers(-5, 5).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["", "0", "-0", "007", " 7", "7 ", "+5", "1,000", "1.0", "1e3", "７", "0x1", "1_0", "NULL", "²"]),
    st.from_regex(r"-?[0-9]{1,19}", fullmatch=True),
)
times = st.one_of(
    st.datetimes().map(lambda t: t.isoformat()),
    st.datetimes(timezones=st.just(UTC)).map(lambda t: t.isoformat(" ")),
    st.from_regex(
        r"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]"
        r"(:[0-6][0-9](\.[0-9]{1,10})?)?(Z|[+-][0-2][0-9](:?[0-7][0-9])?)?",
        fullmatch=True,
    ),
    st.sampled_from(
        ["", "2026-02-31T00:00:00Z", "2026-11-11", "11/11/2026", "2026-11-11T24:00:00Z", "infinity", "now"]
    ),
    # Hours that come twice or never.
    st.sampled_from(["2026-10-25T02:30:00", "2026-03-29T02:30:00", "2026-10-25 03:00", "2026-03-29 01:59:59.999999"]),
)
texts = st.text(st.sampled_from(list("aA1 \",;\n\r\t'\\\u00a0\u200béＡ#")), max_size=5)
rows = st.tuples(
    st.one_of(texts, st.text(min_size=1, max_size=3)),
    numbers,
    numbers,
    times,
    st.sampled_from(["", "true", "FALSE", "1", "0", "Yes", "no", "T", "f", "2", "y", "tRuE "]),
    st.sampled_from(["", "good", "bad", "Good", "worse"]),
    texts,
)
few_wrong = st.tuples(
    st.one_of(texts, st.text(min_size=1, max_size=3)),
    st.sampled_from(["", "1", "22"]),
    st.integers(-(10**18) + 1, 10**18 - 1).map(str),
    times,
    st.sampled_from(["", "true", "NO"]),
    st.sampled_from(["", "good", "bad"]),
    texts,
)


def quoted(text: str, always: bool) -> str:
    if always or any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def agree(connection: Connection, data: bytes, zone: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "things.csv"
        path.write_bytes(data)
        file = TableFile(str(path), "things.csv", zone=zone)
        strict = check_table(file, TABLE)
        bulk = ingest(connection, "things", file, TABLE)
        if bulk and not strict:
            # Blank lines with ends of their own lose nothing, but the database refuses some of them.
            assert len(set(re.findall("\r\n|\n|\r", data.decode()))) > 1
            assert "was refused" in str(bulk[0])
            return
        if not bulk and strict:
            # Some mixtures of line ends lose nothing in bulk.
            assert all("line ends with" in fault.text for fault in strict)
        else:
            assert bulk == strict
        if bulk:
            return
        names = ", ".join(f'"{name}"' for name in TABLE.names)
        loaded = connection.execute(f"select {names} from things order by name").fetchall()
        assert loaded == sorted(expected(path, zone), key=lambda row: str(row[0]).encode())


def expected(path: Path, zone: str | None) -> list[tuple[object, ...]]:
    read = records(path)
    header = next(read).cells
    found = []
    for record in read:
        if record.fault is not None:
            continue
        cells = dict(zip(header, record.cells, strict=False))
        row: list[object] = []
        for column in TABLE.columns:
            text = cells.get(column.name, "") or column.default
            value = (
                None
                if not text and column.kind is not Kind.TEXT
                else parse_cell(column.kind, text, zone, column.choices)
            )
            row.append(naive(value) if isinstance(value, datetime) else value)
        found.append(tuple(row))
    return found


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.lists(rows, max_size=3), st.lists(few_wrong, max_size=4)),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "+07:00", "-03:30", "UTC", "Asia/Ho_Chi_Minh", "Europe/Berlin"]),
)
def test_written_tables(
    connection: Connection, cells: list[tuple[str, ...]], end: str, always: bool, bom: bool, zone: str | None
) -> None:
    """Any cells, written by the rules of CSV, are judged alike and become the same values."""
    lines = [",".join(TABLE.names), *(",".join(quoted(cell, always) for cell in row) for row in cells)]
    text = ("\ufeff" if bom else "") + end.join(lines) + end
    agree(connection, text.encode("utf-8", "replace"), zone)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from(list('a1 ",\n\r\t\\')), max_size=25), st.sampled_from(["\n", "\r\n"]))
def test_any_text(connection: Connection, body: str, end: str) -> None:
    """Whatever stands below the header: stray quotes, short and long rows, mixed line ends."""
    agree(connection, ("name,note" + end + body).encode(), None)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=20))
def test_any_bytes(connection: Connection, body: bytes) -> None:
    """Bytes that are no text at all."""
    agree(connection, b"name,note\n" + body, None)
