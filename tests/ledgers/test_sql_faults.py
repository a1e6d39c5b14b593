"""What a seller's database can hold or answer instead of the contract, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import AuthFault, DataFault, ReadFault
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.content import rows_of
from tests.ledgers.databases import run, writer

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
Make = Callable[..., SqlLedger]

STOCK = "CREATE TABLE stock (sku VARCHAR(50), available NUMERIC(12,3))"
MOVEMENTS = (
    "CREATE TABLE movements (id INTEGER, sku VARCHAR(50), at {time}, quantity INTEGER, kind VARCHAR(20), "
    "shop VARCHAR(50))"
)


def faults(ledger: SqlLedger, spool: Path) -> list[str]:
    """The faults of a reading that has to fail for its rows."""
    with pytest.raises(DataFault) as caught:
        ledger.read(spool, NOW)
    assert caught.value.who == "ledger"
    assert caught.value.way_on
    return [str(fault) for fault in caught.value.faults]


def refused(ledger: SqlLedger, spool: Path) -> ReadFault:
    """The fault of a reading that the database, or what is in it, does not allow."""
    with pytest.raises(ReadFault) as caught:
        ledger.read(spool, NOW)
    assert caught.value.way_on
    return caught.value


def test_decimal_quantities(url: str, ledger: Make, tmp_path: Path) -> None:
    """3.000 is three; 3.5 is a fault that names the SKU, and all faults are told at once."""
    run(url, STOCK, "INSERT INTO stock VALUES ('A', 3.000), ('B', 3.5), ('C', NULL), (NULL, 4), ('', 5)")
    told = faults(ledger(url), tmp_path)
    assert len(told) == 4
    assert any("table stock" in one and "available" in one and "'B'" in one and "3.5" in one for one in told)
    assert any("'C'" in one and "NULL" in one for one in told)
    assert any("without a key" in one and "sku" in one for one in told)
    run(url, "DELETE FROM stock WHERE sku IS NULL OR sku <> 'A'")
    assert rows_of(ledger(url).read(tmp_path, NOW))["stock"] == [{"sku": "A", "available": "3", "updated_at": ""}]


def test_case_is_exact_and_repeats_are_faults(url: str, ledger: Make, tmp_path: Path) -> None:
    """'a' and 'A' are two SKUs where the collation tells them apart; the same SKU twice is a fault."""
    stock = STOCK.replace("(50)", "(50) COLLATE utf8mb4_bin") if "mariadb" in url else STOCK
    run(url, stock, "INSERT INTO stock VALUES ('a', 1), ('A', 2), ('00a', 3)")
    assert len(rows_of(ledger(url).read(tmp_path, NOW))["stock"]) == 3
    run(url, "INSERT INTO stock VALUES ('A', 3)")
    (told,) = faults(ledger(url), tmp_path)
    assert "sku 'A'" in told
    assert "twice" in told


def test_unknown_kinds_and_quantities(url: str, ledger: Make, tmp_path: Path) -> None:
    """A kind of movement that the contract does not know is told with the one that was probably meant."""
    time = "VARCHAR(40)"
    run(
        url,
        STOCK,
        MOVEMENTS.format(time=time),
        "INSERT INTO movements VALUES (1, 'A', '2026-11-11T05:00:00Z', -1, 'orders', NULL)",
        "INSERT INTO movements VALUES (2, 'A', '2026-02-31T05:00:00Z', NULL, 'order', NULL)",
    )
    told = faults(ledger(url), tmp_path)
    assert any("id 1" in one and "kind" in one and "'order'" in one for one in told)
    assert any("id 2" in one and "no such day" in one for one in told)
    assert any("id 2" in one and "quantity" in one and "NULL" in one for one in told)


def test_naive_times_need_a_zone(url: str, ledger: Make, tmp_path: Path) -> None:
    """A time without an offset is placed by the configured zone; without one it is told once, not for each row."""
    time = "VARCHAR(40)" if "sqlite" in url else "TIMESTAMP" if "postgresql" in url else "DATETIME"
    insert = "INSERT INTO movements VALUES ({}, 'A', '2026-11-11 12:00:00', -1, 'order', 's')"
    run(url, STOCK, MOVEMENTS.format(time=time), insert.format(1), insert.format(2))
    (told,) = faults(ledger(url), tmp_path)
    assert "table movements:1: at" in told
    assert "zone" in told
    got = rows_of(ledger(url, zone="Asia/Ho_Chi_Minh").read(tmp_path, NOW))["movements"]
    assert [row["at"] for row in got] == ["2026-11-11T05:00:00Z"] * 2


def test_an_unknown_zone_is_refused(sqlite: str, ledger: Make, tmp_path: Path) -> None:
    """It is the configuration that has to be mended."""
    assert "zone" in refused(ledger(sqlite, zone="Asia/Hochiminh"), tmp_path).what


def test_zoned_times_are_moments(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """TIMESTAMPTZ is exact to the microsecond, whatever the server's own zone is."""
    run(
        postgresql,
        STOCK,
        MOVEMENTS.format(time="TIMESTAMPTZ"),
        "INSERT INTO movements VALUES (1, 'A', '2026-11-11 12:00:00.123456+07', -1, 'order', 's')",
    )
    (row,) = rows_of(ledger(postgresql).read(tmp_path, NOW))["movements"]
    assert row["at"] == "2026-11-11T05:00:00.123456Z"


def test_mysql_timestamps_are_moments(mariadb: str, ledger: Make, tmp_path: Path) -> None:
    """TIMESTAMP knows its moment and needs no zone; it is read in UTC."""
    run(
        mariadb,
        STOCK,
        MOVEMENTS.format(time="TIMESTAMP(6) NULL"),
        "SET time_zone = '+07:00'",
        "INSERT INTO movements VALUES (1, 'A', '2026-11-11 12:00:00.25', -1, 'order', 's')",
    )
    (row,) = rows_of(ledger(mariadb, zone="Asia/Tokyo").read(tmp_path, NOW))["movements"]
    assert row["at"] == "2026-11-11T05:00:00.250000Z"


def test_padded_text_of_postgresql(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """CHAR(n) is padded with blanks that mean nothing; blanks in a VARCHAR do."""
    run(
        postgresql,
        "CREATE TABLE stock (sku CHAR(10), available INTEGER)",
        "INSERT INTO stock VALUES ('A', 1)",
        "CREATE TABLE listings (shop VARCHAR(9), item_id BIGINT, sku VARCHAR(9))",
        "INSERT INTO listings VALUES ('s ', 34000000000001, ' A')",
    )
    rows = rows_of(ledger(postgresql).read(tmp_path, NOW))
    assert rows["stock"][0]["sku"] == "A"
    assert (rows["listings"][0]["shop"], rows["listings"][0]["item_id"]) == ("s ", "34000000000001")
    assert ledger(postgresql).reread([Sku("A")]) == {"A": 1}


def test_bytes_that_are_no_text(sqlite: str, ledger: Make, tmp_path: Path) -> None:
    """NUL and broken UTF-8 are faults of their row, not an end without a place."""
    run(
        sqlite,
        "CREATE TABLE stock (sku, available)",
        "INSERT INTO stock VALUES (CAST(x'41ff' AS TEXT), 1), (CAST(x'4100' AS TEXT), 2), (x'ff', 3), (1.5, 4)",
    )
    told = faults(ledger(sqlite), tmp_path)
    assert [("UTF-8" in one, "NUL" in one, "fraction" in one) for one in told] == [
        (True, False, False),
        (False, True, False),
        (True, False, False),
        (False, False, True),
    ]


def test_a_number_and_its_text_are_one_sku(sqlite: str, ledger: Make, tmp_path: Path) -> None:
    """SQLite keeps 1 and '1' apart, even in a primary key; here they are one SKU twice."""
    run(sqlite, "CREATE TABLE stock (sku BLOB PRIMARY KEY, available)", "INSERT INTO stock VALUES (1, 1), ('1', 2)")
    (told,) = faults(ledger(sqlite), tmp_path)
    assert "twice" in told


@pytest.mark.parametrize(("stored", "expected"), [("1", "true"), ("0", "false"), ("'t'", "true"), ("'f'", "false")])
def test_truth_values(sqlite: str, ledger: Make, tmp_path: Path, stored: str, expected: str) -> None:
    """0, 1, t and f are truth values."""
    run(
        sqlite,
        STOCK,
        "CREATE TABLE pushes (shop, item_id, quantity, at, ok)",
        f"INSERT INTO pushes VALUES ('s', '1', 5, '2026-11-11T05:00:00Z', {stored})",
    )
    assert rows_of(ledger(sqlite).read(tmp_path, NOW))["pushes"][0]["ok"] == expected


def test_bits_are_truth_values(mariadb: str, ledger: Make, tmp_path: Path) -> None:
    """MariaDB's BIT(1) arrives as a byte."""
    run(
        mariadb,
        STOCK,
        "CREATE TABLE pushes (shop TEXT, item_id TEXT, quantity INT, at VARCHAR(30), ok BIT(1))",
        "INSERT INTO pushes VALUES ('s', '1', 5, '2026-11-11T05:00:00Z', b'1')",
    )
    assert rows_of(ledger(mariadb).read(tmp_path, NOW))["pushes"][0]["ok"] == "true"


def test_no_more_than_a_hundred_faults(url: str, ledger: Make, tmp_path: Path) -> None:
    """A table that is wrong throughout does not fill the screen, and its reading ends early."""
    engine = writer(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(STOCK)
        rows = [{"sku": f"S{number}"} for number in range(6000)]
        connection.execute(text("INSERT INTO stock (sku) VALUES (:sku)"), rows)
    assert len(faults(ledger(url), tmp_path)) == 100


def test_a_missing_table_is_named_with_those_there(url: str, ledger: Make, tmp_path: Path) -> None:
    """The fault says what is there, which of it was probably meant, and both ways on."""
    run(url, "CREATE TABLE stocks (sku VARCHAR(9), qty INTEGER)", "CREATE TABLE customers (id INTEGER)")
    fault = refused(ledger(url), tmp_path)
    assert "did you mean stocks?" in fault.what
    assert "customers" in fault.what
    assert "queries.stock" in fault.way_on


def test_a_missing_column_is_named_with_those_there(url: str, ledger: Make, tmp_path: Path) -> None:
    """So is a column, also in the seller's own query."""
    run(url, "CREATE TABLE stocks (sku VARCHAR(9), stock_available INTEGER)")
    fault = refused(ledger(url, tables={"stock": "stocks"}), tmp_path)
    assert "available" in fault.what
    assert "did you mean stock_available for available?" in fault.what
    assert "SELECT stock_available AS available" in fault.way_on
    fault = refused(ledger(url, queries={"stock": "SELECT sku, stock_available AS avail FROM stocks"}), tmp_path)
    assert "queries.stock" in fault.what


def test_a_configured_table_has_to_be_there(url: str, ledger: Make, tmp_path: Path) -> None:
    """An optional table that the configuration names is not silently left out."""
    run(url, STOCK)
    assert "moves" in refused(ledger(url, tables={"movements": "moves"}), tmp_path).what


def test_several_missing_at_once(url: str, ledger: Make, tmp_path: Path) -> None:
    """What is wrong with the tables is told together."""
    run(url, "CREATE TABLE pushes (shop VARCHAR(9))")
    fault = refused_text(ledger(url), tmp_path)
    assert "stock" in fault
    assert "quantity" in fault


def refused_text(ledger: SqlLedger, spool: Path) -> str:
    with pytest.raises(ReadFault) as caught:
        ledger.read(spool, NOW)
    return str(caught.value)


def test_names_without_regard_to_case(url: str, ledger: Make, tmp_path: Path) -> None:
    """Column names are SQL's: their case does not count."""
    run(url, "CREATE TABLE stock (SKU VARCHAR(9), Available INTEGER)", "INSERT INTO stock VALUES ('A', 1)")
    assert rows_of(ledger(url).read(tmp_path, NOW))["stock"][0]["sku"] == "A"
    assert ledger(url).reread([Sku("A"), Sku("B")]) == {"A": 1}


def test_views_and_schemas(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """A view is as good as a table, and may stand in a schema of its own."""
    run(
        postgresql,
        "CREATE SCHEMA erp",
        "CREATE TABLE erp.goods (code TEXT, qty INTEGER)",
        "INSERT INTO erp.goods VALUES ('A', 4)",
        'CREATE VIEW erp."Stock View" AS SELECT code AS sku, qty AS available FROM erp.goods',
    )
    made = ledger(postgresql, tables={"stock": "erp.Stock View"})
    assert rows_of(made.read(tmp_path, NOW))["stock"][0]["available"] == "4"
    assert made.reread([Sku("A")]) == {"A": 4}


def test_wrong_passwords_are_said_without_them(tmp_path: Path, ledger: Make, mariadb: str) -> None:
    """A refusal to let us in asks for other credentials, and does not hold those that were tried."""
    user = "reader_" + mariadb[-12:]
    run(mariadb, f"CREATE USER '{user}'@'%' IDENTIFIED BY 'right'")
    try:
        made = ledger(mariadb.replace("root@", f"{user}:wr%20ong-s3cret@"))
        with pytest.raises(AuthFault) as caught:
            made.read(tmp_path, NOW)
        lines = made.check()
    finally:
        run(mariadb, f"DROP USER '{user}'@'%'")
    everything = f"{caught.value} {caught.value!r} {made.settings!r} {lines}"
    assert "ong-s3cret" not in everything
    assert [line.ok for line in lines] == [False]


def test_an_unknown_role_of_postgresql(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """PostgreSQL's refusals carry no code while connecting; they are known by their words."""
    with pytest.raises(AuthFault):
        ledger(postgresql.replace("postgres@", "nobody_at_all:s3cret@"), zone="UTC").read(tmp_path, NOW)


def test_a_role_without_rights(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """A table that may not be read is told with the right that is needed."""
    role = "stockrecon_" + postgresql[-12:]
    run(postgresql, STOCK, f"CREATE ROLE {role} LOGIN")
    try:
        fault = refused(ledger(postgresql.replace("postgres@", f"{role}@")), tmp_path)
    finally:
        run(postgresql, f"DROP ROLE {role}")
    assert "right" in fault.what
    assert "GRANT SELECT" in fault.way_on


@pytest.mark.parametrize("server", ["postgresql://u:s3cret@127.0.0.1:1/x", "mysql://u:s3cret@127.0.0.1:1/x"])
def test_nobody_answers(server: str, ledger: Make, tmp_path: Path) -> None:
    """A database that is not running is named with its host."""
    fault = refused(ledger(server), tmp_path)
    assert "127.0.0.1:1" in fault.what
    assert "s3cret" not in str(fault)


def test_an_absent_database(url: str, ledger: Make, tmp_path: Path) -> None:
    """It is named."""
    fault = refused(ledger(url + "_not_there"), tmp_path)
    assert "_not_there" in fault.what


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("nonsense s3cret", "cannot be understood"),
        ("postgresql://u:s3cret@host:port/x", "cannot be understood"),
        ("frobnicate://u:s3cret@host/x", "not installed"),
        ("mssql+pymssql://u:s3cret@host/x", "not installed"),
        ("sqlite://", "names no SQLite file"),
    ],
)
def test_addresses_that_lead_nowhere(server: str, words: str, ledger: Make, tmp_path: Path) -> None:
    """An address that cannot be used is refused without repeating it."""
    fault = refused(ledger(server), tmp_path)
    assert words in fault.what
    assert "s3cret" not in str(fault)


def test_files_that_are_no_database(tmp_path: Path, ledger: Make) -> None:
    """A file of another kind, and a folder, are told apart from a database."""
    (tmp_path / "a.db").write_text("this is a letter, not a database " * 40)
    assert "no SQLite database" in refused(ledger("sqlite:///a.db"), tmp_path).what
    assert "folder" in refused(ledger(f"sqlite:///{tmp_path}"), tmp_path).what


def test_a_path_is_relative_to_the_configuration(tmp_path: Path, sqlite: str, ledger: Make) -> None:
    """As every relative path of the configuration is."""
    run(sqlite, STOCK)
    assert ledger("sqlite:///ledger.db").read(tmp_path / "spool", NOW).type == "sql"


def test_no_url(tmp_path: Path) -> None:
    """A ledger without a database's address says so."""
    assert "url" in refused(SqlLedger(LedgerSettings("sql", tmp_path)), tmp_path).what
