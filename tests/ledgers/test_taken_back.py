"""A correction that a person takes back as the pages say is no write-up to the audit: nothing false is planned."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from stockrecon.config.ddl import ledger_ddl
from stockrecon.core.model import Sku
from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.ledgers.files import FileLedger
from stockrecon.ledgers.sql import SqlLedger
from stockrecon.ledgers.sql.ddl import create_tables
from tests.integration.seller import Run, Seller
from tests.ledgers.databases import database, writer
from tests.ledgers.test_files import ledger as in_folder

PAGES = Path(__file__).parents[2] / "docs" / "ledgers"
SKU = "00123"
REF = f"stockrecon:{SKU}:4711"
ZONE = "+07:00"
HOUR = timedelta(hours=1)
Make = Callable[..., SqlLedger]
BEFORE = (
    (8, "1", -1, "order", "A"),
    (7, "2", 1, "manual", ""),
    (6, "4711", 1, "cancel", "A"),
    (5, "4", -1, "order", "B"),
    (4, "5", -1, "order", "C"),
)
"""A was oversold, written off and cancelled, so a unit does not exist; B and C have bought since."""


def page(name: str, language: str) -> list[str]:
    """The blocks of a page below the words that say how to take one back."""
    below = (PAGES / name).read_text(encoding="utf-8").partition("To take one back")[2]
    return re.findall(rf"```{language}\n(.*?)```", below, re.DOTALL)


def dated(block: str, at: datetime) -> str:
    """As a person does it now."""
    assert block.count("19:05:00+07:00") == 1
    shown = at.astimezone(datetime.fromisoformat(f"2026-11-11T00:00:00{ZONE}").tzinfo)
    return re.sub(r"2026-11-11([ T])19:05:00\+07:00", lambda found: shown.isoformat(found[1], "seconds"), block)


def diff(folder: Path, ledger: dict[str, object], now: datetime) -> Run:
    shop = folder / "shop"
    shop.mkdir()
    (shop / "shop.yaml").write_text(f"as_of: {now.isoformat()}\nimitates: shopee\ncomplete: true\n")
    (shop / "listings.csv").write_text(f"item_id,seller_sku,sellable\n1,{SKU},0\n")
    return Seller(folder, [{"name": "shop", "channel": "file", "path": "shop/"}], None, ledger).diff(clock=lambda: now)


def planned(found: Run) -> list[object]:
    """What is said of units that do not exist, and what is planned."""
    return [*found.actions, *(one for one in found.findings(SKU) if one[0] == "cancelled-order-restock")]


def corrected(ledger: SqlLedger | FileLedger, at: datetime) -> None:
    answer = ledger.correct(CorrectionRequest(Sku(SKU), -1, REF, "why", at, -1))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, -2), answer


@pytest.mark.parametrize(("kind", "naive"), [("sqlite", False), ("postgresql", False), ("postgresql", True)])
@pytest.mark.parametrize("word", ["correction", "manual"])
def test_by_the_statements_of_the_page(kind: str, naive: bool, word: str, tmp_path: Path, ledger: Make) -> None:
    """Below zero, then an order is cancelled: nothing is planned. By hand, as the page warns, a unit is taken out."""
    now = datetime.now(UTC).replace(microsecond=0)
    (block,) = [one for one in page("sql.md", "sql") if "BEGIN" in one]
    with database(kind, tmp_path) as url:
        made = ledger(url, zone=ZONE)
        create_tables(made.settings, ledger_ddl(kind))
        engine = writer(url)
        with engine.begin() as connection:
            if naive:
                connection.execute(text("ALTER TABLE movements ALTER at TYPE TIMESTAMP"))
            connection.execute(text(f"INSERT INTO stock (sku, available) VALUES ('{SKU}', -1)"))
            for hours, number, by, what, order in BEFORE:
                _move(connection, made, now - hours * HOUR, number, by, what, order, naive=naive)
        corrected(made, now - 3 * HOUR)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in dated(block, now - 2 * HOUR).replace("'correction'", f"'{word}'").split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement.strip())
        with engine.begin() as connection:
            _move(connection, made, now - HOUR, "9", 1, "cancel", "C", naive=naive)
            connection.execute(text("UPDATE stock SET available = available + 1"))
        assert made.posted([f"{REF}:undo"]) == {f"{REF}:undo": 1}
        found = diff(tmp_path, {"type": "sql", "url": url, "zone": ZONE}, now)
        if word == "correction":
            assert (found.exit, planned(found)) == (0, [])
        else:
            assert [one["by"] for one in found.actions if one["kind"] == "adjust-ledger"] == [-1]  # type: ignore[index]
        assert not any("contradict" in one for one in found.result.warnings)


def _move(
    connection: object, made: SqlLedger, at: datetime, number: str, by: int, what: str, order: str, *, naive: bool
) -> None:
    zone = datetime.fromisoformat(f"2026-11-11T00:00:00{ZONE}").tzinfo
    shown = at.astimezone(zone).replace(tzinfo=None) if naive else at
    value: object = shown.isoformat() if (made.settings.url or "").startswith("sqlite") else shown
    statement = (
        "INSERT INTO movements (id, sku, at, quantity, kind, shop, order_id) "
        f"VALUES (:id, '{SKU}', :at, :by, :kind, :shop, :order)"
    )
    told = {"id": number, "at": value, "by": by, "kind": what, "shop": "shop" if order else None}
    connection.execute(text(statement), {**told, "order": order or None})  # type: ignore[attr-defined]


@pytest.mark.parametrize("word", ["correction", "manual"])
def test_by_the_row_of_the_page(word: str, tmp_path: Path) -> None:
    """The same in files, where no run takes corrections back."""
    now = datetime.now(UTC).replace(microsecond=0)
    (block,) = page("file.md", "csv")
    folder = tmp_path / "ledger"
    folder.mkdir()
    head = "id,sku,at,quantity,kind,shop,order_id,balance,ref,note"
    rows = [
        f"{number},{SKU},{(now - hours * HOUR).isoformat()},{by},{what},{'shop' if order else ''},{order},,,"
        for hours, number, by, what, order in BEFORE
    ]
    (folder / "movements.csv").write_text("\n".join([head, *rows, ""]))
    (folder / "stock.csv").write_text(f"sku,available\n{SKU},-1\n")
    (folder / "ledger.yaml").write_text(f"as_of: {(now - HOUR).isoformat()}\n")
    made = in_folder(folder)
    corrected(made, now - 3 * HOUR)
    with (folder / "movements.csv").open("a") as file:
        file.write(dated(block, now - 2 * HOUR).replace(",correction,", f",{word},"))
        file.write(f"9,{SKU},{(now - HOUR).isoformat()},1,cancel,shop,C,,,\n")
    (folder / "stock.csv").write_text(f"sku,available\n{SKU},0\n")
    assert made.posted([f"{REF}:undo"]) == {f"{REF}:undo": 1}
    found = diff(tmp_path, {"type": "file", "path": "ledger/"}, now)
    if word == "correction":
        assert (found.exit, planned(found)) == (0, [])
    else:
        assert [one["by"] for one in found.actions if one["kind"] == "adjust-ledger"] == [-1]  # type: ignore[index]
