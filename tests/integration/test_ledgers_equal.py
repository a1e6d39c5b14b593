"""The same content in a folder of CSV, a workbook, SQLite, PostgreSQL or MariaDB gives the same document."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from stockrecon.core.tables import LEDGER_TABLES, Kind
from tests.integration.markets import Maker
from tests.integration.seller import NOON, Document, Seller, differences
from tests.ledgers.content import Rows, book, fill
from tests.ledgers.databases import database, writer

EXAMPLES = Path(__file__).parents[2] / "examples"


def content_of(folder: Path) -> dict[str, Rows]:
    """The tables of a file ledger, with all columns of the contract."""
    tables: dict[str, Rows] = {}
    for name, table in LEDGER_TABLES.items():
        path = folder / f"{name}.csv"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                tables[name] = [{key: row.get(key, "") or "" for key in table.names} for row in csv.DictReader(file)]
    return tables


def in_utc(content: Mapping[str, Rows]) -> dict[str, Rows]:
    """Times with `Z`: MariaDB's and SQLite's columns keep none of another offset, so the seller writes UTC."""
    from datetime import UTC, datetime

    times = {
        name: {column.name for column in LEDGER_TABLES[name].columns if column.kind is Kind.TIME} for name in content
    }
    return {
        name: [
            {
                key: datetime.fromisoformat(text).astimezone(UTC).isoformat().replace("+00:00", "Z")
                if text and key in times[name]
                else text
                for key, text in row.items()
            }
            for row in rows
        ]
        for name, rows in content.items()
    }


def kept(kind: str, folder: Path, content: Mapping[str, Rows], stack: ExitStack) -> dict[str, object]:
    """The configuration's `ledger` for this content, kept in this way."""
    place = folder / kind
    place.mkdir()
    if kind == "csv":
        for name, rows in content.items():
            with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                made = csv.DictWriter(file, LEDGER_TABLES[name].names, lineterminator="\n")
                made.writeheader()
                made.writerows(rows)
    elif kind == "xlsx":
        book(content).save(place / "ledger.xlsx")
    else:
        url = stack.enter_context(database(kind, place))
        fill(writer(url), content)
        return {"type": "sql", "url": url, "zone": "UTC"}
    (place / "ledger.yaml").write_text(f"as_of: {NOON.isoformat()}\nzone: UTC\n", "utf-8")
    return {"type": "file", "path": str(place)}


def one_document(kind: str, root: Path, ledger: Path, shops: Path, names: list[str], stack: ExitStack) -> Document:
    entries = [{"name": name, "channel": "file", "path": str(shops / name)} for name in names]
    settings = kept(kind, root, in_utc(content_of(ledger)), stack)
    policy = {"max_age": {"file": "3650d", "network": "3650d"}}
    return Seller(root / f"by-{kind}", entries, None, settings, policy).diff().document


@pytest.mark.parametrize("kind", ["xlsx", "sqlite", "postgresql", "mariadb"])
@pytest.mark.parametrize("market", ["examples", "generated"])
def test_a_ledger_says_the_same_however_it_is_kept(kind: str, market: str, tmp_path: Path) -> None:
    """All but the ledger's type: its SKUs, its time, every statement, the plan with its digest."""
    if market == "examples":
        ledger, shops, names = EXAMPLES / "ledger", EXAMPLES, ["lazada-vn", "shopee-vn"]
    else:
        Maker(7, tmp_path).write()
        ledger, shops, names = tmp_path / "ledger-7", tmp_path / "shops", ["lazada-7", "shopee-7"]
    with ExitStack() as stack:
        by_csv = one_document("csv", tmp_path, ledger, shops, names, stack)
        other = one_document(kind, tmp_path, ledger, shops, names, stack)
    assert other["ledger"]["type"] == ("file" if kind == "xlsx" else "sql")
    assert differences(by_csv | {"ledger": None}, other | {"ledger": None}) == []
    assert (other["ledger"]["as_of"], other["ledger"]["skus"]) == (by_csv["ledger"]["as_of"], by_csv["ledger"]["skus"])
    assert len(by_csv["statements"]) > 9
    assert len(by_csv["summary"]["by_scenario"]) > 4
