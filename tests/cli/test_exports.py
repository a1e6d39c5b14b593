"""Another program's export as the ledger, from the file to the words on the screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.cli.conftest import Called

Call = Callable[..., Called]
NOW = "2026-11-11T12:05:00Z"
CONFIG = """\
ledger: {type: file, path: exports, mapping: bigseller-stock}
shops:
  - {name: north, channel: file, region: VN, mode: apply, path: north}
"""
ROWS = (
    ("Merchant SKU", "Title", "Warehouse", "On Hand", "Allocated", "Available", "Promotion Reserved"),
    ("MUG", "Mug", "Main", 10, 3, 5, 2),
    ("MUG", "Mug", "North", 4, 0, 4, 0),
    ("CUP", "Cup", "Main", 2, 0, 2, 0),
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name in ("exports", "north"):
        (tmp_path / name).mkdir()
    book = Workbook()
    for row in ROWS:
        book.worksheets[0].append(row)
    book.save(tmp_path / "exports" / "inventory-20261111.xlsx")
    (tmp_path / "exports" / "ledger.yaml").write_text("as_of: 2026-11-11T12:00:00Z\n", encoding="utf-8")
    listings = "item_id,variation_id,seller_sku,sellable\n1,,MUG,15\n2,,CUP,2\n"
    (tmp_path / "north" / "listings.csv").write_text(listings, encoding="utf-8")
    (tmp_path / "north" / "shop.yaml").write_text("as_of: 2026-11-11T12:00:00Z\n", encoding="utf-8")
    (tmp_path / "stockrecon.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path / "stockrecon.yaml"


def test_diff_compares_with_the_sum_of_the_places(config: Path, call: Call) -> None:
    """7 in one place and 4 in the other make 11, four less than the shop shows; what agrees is not told."""
    called = call("diff", "-c", str(config), "--format", "json", "--now", NOW)
    (statement,) = json.loads(called.out)["statements"]
    assert (statement["sku"], statement["available"]) == ("MUG", 11)
    (line,) = statement["listings"]
    assert (line["target"], line["variance"]) == (11, 4)


def test_check_says_what_the_export_is_and_cannot(config: Path, call: Call) -> None:
    """Its tables, its time, what its lack of movements means, and that corrections belong in the other program."""
    said = " ".join(call("check", "-c", str(config), "--now", NOW).out.split())
    assert "exports/inventory-20261111.xlsx, sheet Sheet is as it should be" in said
    assert "the ledger's time is 2026-11-11T12:00:00+00:00 (ledger.yaml)" in said
    assert "post them in that program" in said


def test_a_second_export_in_the_folder_stops_the_run(config: Path, call: Call) -> None:
    """Nobody can tell which one counts: nothing is compared, and both are named with the way on."""
    (config.parent / "exports" / "inventory-20261110.csv").write_text("x", encoding="utf-8")
    called = call("diff", "-c", str(config), "--now", NOW)
    said = " ".join((called.out + called.err).split())
    assert called.code == 13
    assert "inventory-20261110.csv, inventory-20261111.xlsx" in said
    assert "Leave the newest export alone in the folder" in said
