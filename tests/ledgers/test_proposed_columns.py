"""What `init --ledger-url` takes for available, and what it leaves to people: what may be held, and zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from stockrecon.config import load
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.sql import SqlLedger
from stockrecon.ledgers.sql.choosing import parts
from stockrecon.ledgers.sql.counting import available
from stockrecon.ledgers.sql.looking import Seen, SeenTable
from tests.ledgers.databases import run
from tests.ledgers.test_proposing import SHOPS, accepted, comments, made, proposed

INVENTORY = (
    "CREATE TABLE inventory (sku VARCHAR(40){exact} PRIMARY KEY, qty_on_hand INTEGER NOT NULL,"
    " qty_allocated INTEGER NOT NULL, qty_incoming INTEGER NOT NULL, safety_stock INTEGER NOT NULL)",
    "CREATE TABLE inventory_log (id INTEGER PRIMARY KEY, sku VARCHAR(40){exact} NOT NULL, change_qty INTEGER NOT NULL,"
    " action VARCHAR(20) NOT NULL, order_ref VARCHAR(40), logged_at {time} NOT NULL)",
    "CREATE TABLE channel_products (channel VARCHAR(20){exact} NOT NULL, external_id VARCHAR(40) NOT NULL,"
    " channel_sku VARCHAR(40), sku VARCHAR(40){exact} NOT NULL)",
    "INSERT INTO inventory VALUES ('A', 10, 4, 100, 2), ('B', 1, 0, 0, 0)",
    "INSERT INTO inventory_log VALUES (1, 'A', -1, 'sale', 'O-1', '2026-11-11 04:00:00')",
    "INSERT INTO channel_products VALUES ('shopee-vn', '77', 'A-vn', 'A')",
)


def reloaded(text: str, url: str, folder: Path) -> LedgerSettings:
    """The proposal after somebody has edited it."""
    (folder / "edited.yaml").write_text(text + SHOPS, encoding="utf-8")
    return load(folder / "edited.yaml", {"LEDGER_URL": url}).ledger


def numbers(*names: str, key: str = "sku") -> SeenTable:
    """A table of stock with columns of these names."""
    columns = (Seen("sku", "text", ("A",)), *(Seen(name, "number", (1,)) for name in names))
    return SeenTable("inventory", None, columns, (key,), 1)


def test_parts_of_names_in_any_order(url: str, tmp_path: Path) -> None:
    """Allocated units are taken off, incoming ones not added; the log and the channel's products are found."""
    made(url, INVENTORY)
    text, settings = proposed(url, tmp_path)
    read = accepted(settings, tmp_path)
    assert {row["sku"]: row["available"] for row in read["stock"]} == {"A": "6", "B": "1"}
    assert [(row["quantity"], row["kind"], row["order_id"]) for row in read["movements"]] == [("-1", "order", "O-1")]
    assert [(row["shop"], row["item_id"], row["seller_sku"], row["sku"]) for row in read["listings"]] == [
        ("shopee-vn", "77", "A-vn", "A")
    ]
    assert "Not counted: qty_incoming, safety_stock." in comments(text)


def test_a_number_that_may_be_held_is_left_to_people(url: str, tmp_path: Path) -> None:
    """Nothing is proposed for available: check asks for it, and both ways to write it stand there, ready to be used."""
    made(url, (*INVENTORY[:1], "INSERT INTO inventory VALUES ('A', 10, 4, 100, 2)"))
    run(url, "ALTER TABLE inventory ADD giu_cho INTEGER", "UPDATE inventory SET giu_cho = 3")
    text, settings = proposed(url, tmp_path)
    assert set(settings.mapping["stock"].columns) == {"sku"}
    (wrong,) = [line for line in SqlLedger(settings).check() if line.ok is False]
    assert "available missing" in wrong.text
    assert "Whether giu_cho is held as well, so that it has to be taken off, cannot be told." in comments(text)
    offered = re.findall(r"^ +# available: (\{.*)$", text, re.MULTILINE)
    assert [yaml.safe_load(one) for one in offered] == [
        {"add": ["qty_on_hand"], "less": ["qty_allocated"]},
        {"add": ["qty_on_hand"], "less": ["qty_allocated", "giu_cho"]},
    ]
    chosen = text.replace(f"# available: {offered[1]}", f"available: {offered[1]}")
    assert [row["available"] for row in accepted(reloaded(chosen, url, tmp_path), tmp_path)["stock"]] == ["3"]


def test_a_query_with_a_number_that_may_be_held(url: str, tmp_path: Path) -> None:
    """It stands in comments, whole, until people have said what the number is."""
    made(
        url,
        (
            "CREATE TABLE inventory (sku VARCHAR(40){exact}, store VARCHAR(9), qty INTEGER, soft_locks INTEGER)",
            "INSERT INTO inventory VALUES ('A', 'x', 10, 1), ('A', 'y', 5, 0)",
        ),
    )
    text, settings = proposed(url, tmp_path)
    assert settings.queries == {}
    (wrong,) = [line for line in SqlLedger(settings).check() if line.ok is False]
    assert "there is no table or view stock" in wrong.text
    assert "Whether soft_locks is held as well" in comments(text)
    uncommented = re.sub(r"^( +)# (queries:|stock: \||  )", r"\1\2", text, flags=re.MULTILINE)
    read = accepted(reloaded(uncommented, url, tmp_path), tmp_path)
    assert [row["available"] for row in read["stock"]] == ["15"]


@pytest.mark.parametrize(
    ("names", "add", "less", "unsure"),
    [
        (("on_hand", "reserved"), "on_hand", ("reserved",), ()),
        (("QtyOnHand", "QtyReserved"), "QtyOnHand", ("QtyReserved",), ()),
        (("stock_on_hand", "stock_committed", "on_order"), "stock_on_hand", ("stock_committed",), ()),
        (("quantity", "quantity_allocated"), "quantity", ("quantity_allocated",), ()),
        (("stock_units", "units_reserved"), "stock_units", ("units_reserved",), ()),
        (("qty", "price", "weight", "warehouse_id", "reorder_level", "is_active"), "qty", (), ()),
        (("qty", "qty_incoming", "inbound", "in_transit_qty", "forecasted_quantity"), "qty", (), ()),
        (("qty", "blocked"), "qty", (), ("blocked",)),
        (("qty", "expected_outgoing"), "qty", (), ("expected_outgoing",)),
        (("qty", "reserved_for_production", "reserved"), "qty", ("reserved",), ("reserved_for_production",)),
        (("qty", "zone_locked"), "qty", (), ("zone_locked",)),
        (("qty", "x1"), "qty", (), ("x1",)),
        (("qty_available", "qty_blocked", "x1"), "qty_available", (), ()),
    ],
)
def test_what_may_be_sold(names: tuple[str, ...], add: str, less: tuple[str, ...], unsure: tuple[str, ...]) -> None:
    """What is known to be held is taken off, what may be is asked, and every other number is named."""
    chosen = available(numbers(*names))
    assert chosen is not None
    assert (chosen.add, chosen.less, chosen.unsure) == ((add,), less, unsure)
    assert {*chosen.add, *chosen.less, *chosen.unsure, *chosen.aside, *chosen.others} == set(names)


def test_keys_and_references_are_no_quantities() -> None:
    """A number that names a row is not asked about, nor named."""
    columns = (
        Seen("nr", "number", (1,)),
        Seen("sku", "text", ("A",)),
        Seen("qty", "number", (1,)),
        Seen("place", "number", (1,), refers=("places", "id")),
    )
    chosen = available(SeenTable("inventory", None, columns, ("nr",), 1))
    assert chosen is not None
    assert (chosen.unsure, chosen.aside) == ((), ())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("qty_onhand", ["qty", "on", "hand"]),
        ("Quantity On-Hand", ["qty", "on", "hand"]),
        ("reservedQuantity", ["reserved", "qty"]),
    ],
)
def test_parts_of_a_name(name: str, said: list[str]) -> None:
    """Whatever the spelling, the lists' word for each part."""
    assert parts(name) == said


@pytest.mark.parametrize("declared", ["TINYINT", "TINYINT UNSIGNED"])
def test_small_numbers_of_mariadb(mariadb: str, tmp_path: Path, declared: str) -> None:
    """A TINYINT holds units; TINYINT(1) is what it calls BOOLEAN."""
    run(
        mariadb,
        f"CREATE TABLE stock (sku VARCHAR(40) PRIMARY KEY, on_hand INTEGER, reserved {declared}, frozen BOOLEAN)",
        "INSERT INTO stock VALUES ('A', 10, 4, 1)",
    )
    _, settings = proposed(mariadb, tmp_path)
    assert [row["available"] for row in accepted(settings, tmp_path)["stock"]] == ["6"]


def test_numbers_without_a_type(sqlite: str, tmp_path: Path) -> None:
    """SQLite needs none; what is in the rows tells."""
    run(sqlite, "CREATE TABLE stock (sku TEXT PRIMARY KEY, on_hand, held)", "INSERT INTO stock VALUES ('A', 10, 4)")
    _, settings = proposed(sqlite, tmp_path)
    assert [row["available"] for row in accepted(settings, tmp_path)["stock"]] == ["6"]


def test_no_zone_is_guessed(url: str, tmp_path: Path) -> None:
    """Times without an offset: the zone is asked for in a comment, and check refuses them until it is there."""
    made(url, INVENTORY)
    text, settings = proposed(url, tmp_path)
    assert settings.zone is None
    assert "zone" not in yaml.safe_load(text)["ledger"]
    assert "No offset is in inventory_log.logged_at. In which zone are these times?" in comments(text)
    assert "ruled out" not in text
    (wrong,) = [line for line in SqlLedger(settings).check() if line.ok is False]
    assert "set ledger.zone" in wrong.text


def test_utc_is_ruled_out_where_the_newest_would_be_still_to_come(url: str, tmp_path: Path) -> None:
    """As where programs write a local time, east of Greenwich; the movements are proposed all the same."""
    made(url, INVENTORY[:-2])
    local = datetime.now(UTC) + timedelta(hours=7)
    moved = f"INSERT INTO inventory_log VALUES (1, 'A', -1, 'sale', 'O-1', '{local:%Y-%m-%d %H:%M:%S}')"
    run(url, moved)
    text, settings = proposed(url, tmp_path)
    assert settings.zone is None
    assert "movements" in settings.tables
    told = comments(text)
    assert (
        f"read so, the newest of inventory_log.logged_at ({local:%Y-%m-%d %H:%M}) is still to come, by 7 h 00" in told
    )


def test_what_is_planned_says_nothing_of_a_zone(url: str, tmp_path: Path) -> None:
    """A time that no zone could explain."""
    made(url, INVENTORY[:-2])
    run(url, "INSERT INTO inventory_log VALUES (1, 'A', -1, 'sale', 'O-1', '2099-01-01 00:00:00')")
    text, _ = proposed(url, tmp_path)
    assert "ruled out" not in text
