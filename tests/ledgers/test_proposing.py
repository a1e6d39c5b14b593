"""`init --ledger-url`: a configuration proposed by looking at a database of another program; `check` accepts it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from stockrecon.cli import app
from stockrecon.config import load
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.ledgers.sql import SqlLedger, propose
from tests.ledgers.content import CONTENT, fill, rows_of
from tests.ledgers.databases import run, writer
from tests.ledgers.test_sql_grants import role

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
Make = Callable[..., SqlLedger]
SHOPS = "shops: [{name: s, channel: file, path: s}]\n"
ODOO = (
    "CREATE TABLE product_product (id INTEGER PRIMARY KEY, default_code VARCHAR(64){exact}, barcode VARCHAR(64))",
    "CREATE TABLE stock_location (id INTEGER PRIMARY KEY, name VARCHAR(64), {usage} VARCHAR(20))",
    "CREATE TABLE stock_quant (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, location_id INTEGER NOT NULL,"
    " quantity NUMERIC(16,2), reserved_quantity NUMERIC(16,2),"
    " FOREIGN KEY (product_id) REFERENCES product_product (id),"
    " FOREIGN KEY (location_id) REFERENCES stock_location (id))",
    "INSERT INTO product_product VALUES (1, 'A-1', NULL), (2, '00123', NULL), (3, NULL, NULL)",
    "INSERT INTO stock_location VALUES (1, 'WH/Stock', 'internal'), (2, 'Customers', 'customer'), (3, 'B', 'internal')",
    "INSERT INTO stock_quant VALUES (1, 1, 1, 5, 1), (2, 1, 2, -3, 0), (3, 2, 3, 7, 0), (4, 3, 1, 9, 0)",
    "INSERT INTO stock_quant VALUES (5, 1, 3, 2, 0)",
)
ERP = (
    "CREATE TABLE {q}Items{q} ({q}ItemCode{q} VARCHAR(40){exact} PRIMARY KEY, {q}OnHand{q} INTEGER NOT NULL,"
    " allocated INTEGER NOT NULL, name VARCHAR(90))",
    "CREATE TABLE inventory_movements (entry_no INTEGER PRIMARY KEY, {q}ItemCode{q} VARCHAR(40){exact} NOT NULL,"
    " posted_at {time}, qty INTEGER NOT NULL, {q}order{q} INTEGER, reason VARCHAR(20), category VARCHAR(20),"
    " store VARCHAR(20), order_no VARCHAR(40), reference VARCHAR(60))",
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(90), code VARCHAR(20))",
    "INSERT INTO {q}Items{q} VALUES ('00123', 45, 5, 'Mug'), ('B', 3, 4, 'Tee')",
    "INSERT INTO customers VALUES (1, 'Nguyen', 'N')",
    "INSERT INTO inventory_movements VALUES"
    " (10, '00123', '2026-11-11 04:00:00', -1, 1, 'SALE', 'x', 'shopee-vn', 'O-1', NULL),"
    " (11, '00123', '2026-11-11 05:00:00', 1, 1, 'Void', 'x', 'shopee-vn', 'O-1', NULL)",
)


def made(url: str, statements: tuple[str, ...]) -> None:
    mariadb, postgresql = "mariadb" in url, url.startswith("postgresql")
    words = {
        "exact": " COLLATE utf8mb4_nopad_bin" if mariadb else "",
        "usage": "`usage`" if mariadb else "usage",
        "q": "`" if mariadb else '"',
        "time": "DATETIME" if mariadb else "TIMESTAMP",
    }
    run(url, *(statement.format(**words) for statement in statements))
    assert postgresql or mariadb or url.startswith("sqlite")


def proposed(url: str, folder: Path) -> tuple[str, LedgerSettings]:
    """The proposal, and what the configuration makes of it."""
    text = propose(LedgerSettings("sql", folder, url=url), "{env: LEDGER_URL}")
    (folder / "config.yaml").write_text(text + SHOPS, encoding="utf-8")
    return text, load(folder / "config.yaml", {"LEDGER_URL": url}).ledger


def comments(text: str) -> str:
    return " ".join(re.findall(r"# ?(.*)", text))


def accepted(settings: LedgerSettings, folder: Path) -> dict[str, list[dict[str, str]]]:
    """What is read by it, with a zone for times that have none; `check` has nothing against it."""
    ledger = SqlLedger(replace(settings, zone="UTC"))
    assert [line for line in ledger.check() if line.ok is False] == []
    read = rows_of(ledger.read(folder, NOW))
    ledger.close()
    return read


def test_quantities_by_place_and_a_sku_of_another_table(url: str, tmp_path: Path) -> None:
    """As in Odoo: units of the seller's own places are summed, a foreign key leads to the SKU; all of it is said."""
    made(url, ODOO)
    text, settings = proposed(url, tmp_path)
    read = accepted(settings, tmp_path)
    assert {row["sku"]: row["available"] for row in read["stock"]} == {"A-1": "6", "00123": "7"}
    told = comments(text)
    assert "product_id refers to product_product, whose default_code" in told
    assert "what is on hand less reserved_quantity" in told
    assert "Only places count whose usage in stock_location is internal" in told
    assert "location_id has 1, 2, 3; if only some of them count, add: AND t.location_id IN (...)" in told
    assert "Rows without default_code are left out." in told
    assert "movements: no table looks like it" in told


def test_names_of_ones_own(url: str, tmp_path: Path) -> None:
    """As in many an ERP: names in other spelling, words of its own for kinds, two columns that might be meant."""
    made(url, ERP)
    text, settings = proposed(url, tmp_path)
    read = accepted(settings, tmp_path)
    assert {row["sku"]: row["available"] for row in read["stock"]} == {"00123": "40", "B": "-1"}
    assert [(row["id"], row["kind"], row["shop"]) for row in sorted(read["movements"], key=lambda row: row["id"])] == [
        ("10", "order", "shopee-vn"),
        ("11", "cancel", "shopee-vn"),
    ]
    told = comments(text)
    assert "Could also be category." in told
    assert "No offset is in inventory_movements.posted_at." in told
    assert "In which zone are these times?" in told
    assert "Nguyen" not in text
    assert yaml.safe_load(text)["ledger"]["mapping"]["movements"]["values"]["kind"] == {
        "SALE": "order",
        "Void": "cancel",
    }


def test_words_that_nobody_can_tell_are_left_to_people(url: str, tmp_path: Path) -> None:
    """They are listed in a comment, with a mapping to be filled in; what is proposed is accepted without them."""
    made(url, ERP)
    run(url, "UPDATE inventory_movements SET reason = 'Z9' WHERE entry_no = 11")
    text, settings = proposed(url, tmp_path)
    assert set(accepted(settings, tmp_path)) == {"stock"}
    assert "what these words of reason mean cannot be told: Z9" in comments(text)
    assert "kind: {SALE: order, Z9: ?}" in text


def test_what_does_not_read_well_is_left_to_people(url: str, tmp_path: Path) -> None:
    """A movement of half a unit: the row is named, and the rest is proposed."""
    made(url, ERP)
    if not url.startswith("sqlite"):
        change = "MODIFY qty" if "mariadb" in url else "ALTER qty TYPE"
        run(url, f"ALTER TABLE inventory_movements {change} NUMERIC(9, 2)")
    run(url, "UPDATE inventory_movements SET qty = 0.5 WHERE entry_no = 11")
    text, settings = proposed(url, tmp_path)
    assert set(accepted(settings, tmp_path)) == {"stock"}
    assert "movements: it does not read well" in comments(text)
    assert "is not a whole number" in comments(text)


def test_the_contracts_own_tables_need_no_words(url: str, tmp_path: Path) -> None:
    """Neither tables nor mapping: names are as they are expected."""
    fill(writer(url))
    text, settings = proposed(url, tmp_path)
    assert set(accepted(settings, tmp_path)) == set(CONTENT)
    assert set(yaml.safe_load(text)["ledger"]) <= {"type", "url", "zone"}


def test_two_tables_that_may_be_meant(sqlite: str, tmp_path: Path) -> None:
    """One is taken, and the other one is named."""
    for name in ("stock_a", "stock_b"):
        run(
            sqlite,
            f"CREATE TABLE {name} (sku TEXT PRIMARY KEY, available INTEGER)",
            f"INSERT INTO {name} VALUES ('A', 1)",
        )
    text, settings = proposed(sqlite, tmp_path)
    assert settings.tables == {"stock": "stock_a"}
    assert "Also possible: stock_b." in comments(text)


def test_nothing_that_looks_like_stock(url: str, tmp_path: Path) -> None:
    """Nothing is proposed then; what was looked at is named."""
    run(url, "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(90))")
    with pytest.raises(UsageFault, match=r"no table or view looks like stock: .*looked at customers"):
        propose(LedgerSettings("sql", tmp_path, url=url), "x")


def test_a_schema_of_its_own_and_a_table_without_rights(postgresql: str, tmp_path: Path) -> None:
    """What the role may not read is passed over; tables of other schemas are named with theirs."""
    run(
        postgresql,
        "CREATE SCHEMA erp",
        "CREATE TABLE erp.holdings (sku TEXT PRIMARY KEY, available INTEGER)",
        "INSERT INTO erp.holdings VALUES ('A', 1)",
        "CREATE TABLE stock (sku TEXT PRIMARY KEY, available INTEGER)",
    )
    rights = [
        "CREATE ROLE stockrecon_reader LOGIN PASSWORD '...';",
        "GRANT USAGE ON SCHEMA erp TO stockrecon_reader;",
        "GRANT SELECT ON erp.holdings TO stockrecon_reader;",
    ]
    with role(postgresql, rights) as url:
        _, settings = proposed(url, tmp_path)
        assert settings.tables == {"stock": "erp.holdings"}


def test_the_command(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Writes a whole configuration, keeps the address out of it, and overwrites nothing."""
    made(sqlite, ERP)
    folder = tmp_path / "new"
    monkeypatch.setenv("LEDGER_URL", sqlite)
    assert app.run(["init", str(folder), "--ledger-url", "env:LEDGER_URL"]) == 0
    text = (folder / "stockrecon.yaml").read_text(encoding="utf-8")
    assert 'url: {env: "LEDGER_URL"}' in text
    assert sqlite not in text
    environ = {"LEDGER_URL": sqlite, **dict.fromkeys(re.findall(r"env: ([A-Z_]+)", text), "1")}
    assert load(folder / "stockrecon.yaml", environ).ledger.tables["stock"] == "Items"
    assert app.run(["init", str(folder), "--ledger-url", "env:LEDGER_URL"]) == 2
    assert "already there" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("env:NOT_SET_HERE", "NOT_SET_HERE"),
        ("postgresql://me:s3cret@h/db", "an address with a password does not belong in the file"),
        ("nonsense", "a database URL"),
    ],
)
def test_an_address_that_cannot_be_used(
    told: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, nothing is written, and a password is in no text."""
    assert app.run(["init", str(tmp_path / "new"), "--ledger-url", told]) == 2
    err = capfd.readouterr().err
    assert said in err
    assert "s3cret" not in err
    assert not (tmp_path / "new").exists()
