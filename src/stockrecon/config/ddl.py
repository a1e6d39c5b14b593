"""SQL that creates the ledger tables of the contract's section 4 in a seller's own database.

SKUs and ids are compared exactly: SQLite's TEXT and PostgreSQL's "C" do so by themselves, MySQL and MariaDB need a
binary collation (utf8mb4_bin tells case and width apart; it ignores spaces at the end, as every key there does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stockrecon.config.schema import nearest
from stockrecon.core.tables import LEDGER_LISTINGS, LEDGER_TABLES, MOVEMENTS, PUSHES, STOCK, Column, Kind, Table
from stockrecon.errors import UsageFault


@dataclass(frozen=True, slots=True)
class Dialect:
    """The types of one database. `long` is for texts that are in no key; `key` for those that are."""

    key: str
    short_key: str
    long: str
    integer: str
    time: str
    boolean: str
    tail: str
    remark: str


_BIN = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
_MYSQL = Dialect(
    key=f"VARCHAR(191) {_BIN}",
    short_key=f"VARCHAR(64) {_BIN}",
    long=f"TEXT {_BIN}",
    integer="BIGINT",
    time="DATETIME(6)",
    boolean="BOOLEAN",
    tail=") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    remark="DATETIME holds no offset: write UTC, and say so in the configuration (ledger.zone: UTC).",
)
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "sqlite": Dialect(
            key="TEXT",
            short_key="TEXT",
            long="TEXT",
            integer="INTEGER",
            time="TEXT",
            boolean="INTEGER",
            tail=")",
            remark="Times are ISO 8601 texts with an offset, such as 2026-11-11T09:00:00+07:00.",
        ),
        "postgresql": Dialect(
            key='TEXT COLLATE "C"',
            short_key='TEXT COLLATE "C"',
            long="TEXT",
            integer="BIGINT",
            time="TIMESTAMP WITH TIME ZONE",
            boolean="BOOLEAN",
            tail=")",
            remark="Times keep their moment whatever the session's zone is.",
        ),
        "mysql": _MYSQL,
        "mariadb": _MYSQL,
    }
)

_LONG = frozenset({"note", "error"})
_SHORT = frozenset({"shop", "item_id", "variation_id"})
_NULLABLE = frozenset({"updated_at", "shop", "order_id", "balance", "ref", "note", "error"})
_ABOUT = {
    "stock": "One row per SKU: what may still be promised.",
    "movements": "Append-only: every signed change of stock.available.",
    "listings": "One row per component of a listing; a listing without a row is its seller SKU, with units 1.",
    "pushes": "What was sent to the shops. Leave it out if nobody fills it: empty, it says that nothing was sent.",
}
_CONSTRAINTS = {
    "stock": ("PRIMARY KEY (sku)",),
    "movements": ("PRIMARY KEY (id)", "UNIQUE (ref)"),
    "listings": ("PRIMARY KEY (shop, item_id, variation_id, seller_sku, sku)",),
    "pushes": (),
}
_INDEXES = {
    "movements": ("CREATE INDEX movements_sku_at ON movements (sku, at)",),
    "pushes": ("CREATE INDEX pushes_listing_at ON pushes (shop, item_id, variation_id, at)",),
}


def ledger_statements(dialect: str) -> tuple[str, ...]:
    """The statements, one by one; they fail where a table is there already.

    Raises UsageFault for an unknown dialect.
    """
    if dialect not in DIALECTS:
        guess = nearest(dialect, DIALECTS)
        hint = f" (did you mean {guess}?)" if guess else ""
        raise UsageFault(f"no database {dialect!r}{hint}", way_on=f"one of {', '.join(DIALECTS)}")
    statements: list[str] = []
    for table in (STOCK, MOVEMENTS, LEDGER_LISTINGS, PUSHES):
        statements.append(_create(table, DIALECTS[dialect]))
        statements.extend(_INDEXES.get(table.name, ()))
    return tuple(statements)


def ledger_ddl(dialect: str) -> str:
    """The same as one script with comments, for a database's own client."""
    statements = ledger_statements(dialect)
    lines = [f"-- The ledger's tables for stockrecon ({dialect}).", f"-- {DIALECTS[dialect].remark}"]
    for statement in statements:
        words = statement.split()
        if words[1] == "TABLE":
            lines += ["", f"-- {_ABOUT[words[2]]}"]
        lines.append(statement + ";")
    return "\n".join(lines) + "\n"


def _create(table: Table, dialect: Dialect) -> str:
    rows = [_column(table, column, dialect) for column in table.columns]
    rows += [f"CHECK ({check})" for check in _checks(table)]
    rows += _CONSTRAINTS[table.name]
    body = ",\n    ".join(rows)
    return f"CREATE TABLE {table.name} (\n    {body}\n{dialect.tail}"


def _column(table: Table, column: Column, dialect: Dialect) -> str:
    name = column.name
    if column.kind in (Kind.INTEGER, Kind.COUNT):
        kind = dialect.integer
    elif column.kind is Kind.TIME:
        kind = dialect.time
    elif column.kind is Kind.BOOLEAN:
        kind = dialect.boolean
    else:
        kind = dialect.long if name in _LONG else dialect.short_key if name in _SHORT else dialect.key
    nullable = name in _NULLABLE and not (name == "shop" and table is not MOVEMENTS)
    default = " DEFAULT 1" if name == "units" else " DEFAULT ''" if name in ("variation_id", "seller_sku") else ""
    return f"{name} {kind}{default}" + ("" if nullable else " NOT NULL")


def _checks(table: Table) -> list[str]:
    checks = [f"{column.name} >= 1" for column in table.columns if column.kind is Kind.COUNT]
    for column in table.columns:
        if column.kind is Kind.BOOLEAN:
            checks.append(f"{column.name} IN (FALSE, TRUE)")
        elif column.choices:
            checks.append(f"{column.name} IN ({', '.join(repr(choice) for choice in column.choices)})")
    return checks


def csv_header(name: str) -> str:
    """The first line of a ledger table's CSV file."""
    return ",".join(LEDGER_TABLES[name].names) + "\n"
