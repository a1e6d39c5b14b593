"""One ledger's content, as the canonical rows that every way of reading it has to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from sqlalchemy import Engine, MetaData, Table
from sqlalchemy.types import DateTime

from stockrecon.config.ddl import ledger_statements
from stockrecon.core.sources import LedgerRead
from stockrecon.core.tables import LEDGER_TABLES, Kind
from stockrecon.spool.cells import parse_cell
from stockrecon.spool.strict import read_rows

Rows = Sequence[Mapping[str, str]]

CONTENT: Mapping[str, Rows] = {
    "stock": [
        {"sku": "00123", "available": "40", "updated_at": "2026-11-11T05:00:00Z"},
        {"sku": "ao thun đỏ", "available": "-3", "updated_at": ""},
        {"sku": "Ao Thun Đỏ", "available": "0", "updated_at": "2026-11-11T05:00:00.123456Z"},
        {"sku": "1e3", "available": "999999999999999999", "updated_at": ""},
        {"sku": 'a,"b"\'%:x', "available": "1", "updated_at": ""},
        {"sku": "true", "available": "7", "updated_at": ""},
        {"sku": "日本 棚\U0001f4e6", "available": "2", "updated_at": ""},
    ],
    "movements": [
        {
            "id": "0001",
            "sku": "00123",
            "at": "2026-11-11T04:59:59.999999Z",
            "quantity": "-2",
            "kind": "order",
            "shop": "shopee-vn",
            "order_id": "0220810QXVJM3EX",
            "balance": "40",
            "ref": "",
            "note": "",
        },
        {
            "id": "0002",
            "sku": "00123",
            "at": "2026-11-11T05:00:00Z",
            "quantity": "1",
            "kind": "manual",
            "shop": "",
            "order_id": "",
            "balance": "",
            "ref": "R-1",
            "note": "two\nlines",
        },
    ],
    "listings": [
        {
            "shop": "shopee-vn",
            "item_id": "34001",
            "variation_id": "",
            "seller_sku": "P-3",
            "sku": "00123",
            "units": "3",
        },
        {
            "shop": "shopee-vn",
            "item_id": "34002",
            "variation_id": "0007",
            "seller_sku": "",
            "sku": "1e3",
            "units": "1",
        },
    ],
    "pushes": [
        {
            "shop": "shopee-vn",
            "item_id": "34001",
            "variation_id": "",
            "quantity": "40",
            "at": "2026-11-11T05:00:00Z",
            "ok": "true",
            "error": "",
        },
        {
            "shop": "shopee-vn",
            "item_id": "34002",
            "variation_id": "0007",
            "quantity": "0",
            "at": "2026-11-11T05:00:01Z",
            "ok": "false",
            "error": "stock less than reserved stock",
        },
    ],
}


def fill(engine: Engine, content: Mapping[str, Rows] = CONTENT) -> None:
    """Makes the contract's tables and puts the content into them, with the database's own types."""
    metadata = MetaData()
    with engine.begin() as connection:
        for statement in ledger_statements(engine.dialect.name):
            connection.exec_driver_sql(statement)
        for name, rows in content.items():
            table = Table(name, metadata, autoload_with=connection)
            connection.execute(table.insert(), [as_typed(table, name, row) for row in rows])


def as_typed(table: Table, name: str, row: Mapping[str, str]) -> dict[str, object]:
    """A row of one of the contract's tables, with the database's own types."""
    return {column: _value(table, name, column, text) for column, text in row.items()}


def _value(table: Table, name: str, column: str, text: str) -> object:
    held = table.c[column]
    if not text:
        return None if held.nullable else ""
    kind = next(one.kind for one in LEDGER_TABLES[name].columns if one.name == column)
    value = parse_cell(kind, text, "UTC", (text,))
    if kind.value == "time":
        if not isinstance(held.type, DateTime):
            return text
        return value if held.type.timezone else value.replace(tzinfo=None)  # type: ignore[attr-defined]
    return value


def rows_of(read: LedgerRead) -> dict[str, list[dict[str, str]]]:
    """What was read, as canonical rows."""
    return {
        name: [_canonical(name, row, file.zone) for row in read_rows(file, LEDGER_TABLES[name], "ledger")]
        for name, file in read.tables.items()
    }


def _canonical(name: str, row: Mapping[str, str], zone: str | None) -> dict[str, str]:
    cells: dict[str, str] = {}
    for column in LEDGER_TABLES[name].columns:
        text = row[column.name]
        value = parse_cell(column.kind, text, zone, column.choices, column.least) if text else ""
        if isinstance(value, bool):
            value = str(value).lower()
        elif column.kind.value == "time" and text:
            value = value.replace(tzinfo=None).isoformat() + "Z"  # type: ignore[attr-defined]
        cells[column.name] = str(value)
    return cells


def book(content: Mapping[str, Rows]) -> Workbook:
    """A workbook with numbers and truth values as a person would enter them, and all else as text."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in content.items():
        sheet = made.create_sheet(name)
        sheet.append(LEDGER_TABLES[name].names)
        for row in rows:
            sheet.append([_entered(name, column, text) for column, text in row.items()])
    return made


def _entered(name: str, column: str, text: str) -> object:
    kind = next(one.kind for one in LEDGER_TABLES[name].columns if one.name == column)
    exact = len(text) < 16
    if text and kind in (Kind.INTEGER, Kind.COUNT, Kind.BOOLEAN) and exact:
        return parse_cell(kind, text)
    return text or None
