"""SKUs that a spreadsheet damaged, from the files to the words on the screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Called

Call = Callable[..., Called]
CONFIG = """\
ledger: {type: file, path: ledger}
shops:
  - {name: north, channel: file, region: VN, mode: observe, path: north}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "north").mkdir()
    (tmp_path / "ledger" / "stock.csv").write_text("sku,available\n00123,5\n1-2,4\nMUG,3\n", encoding="utf-8")
    listings = "item_id,variation_id,seller_sku,sellable\n1,,123,5\n2,,2-Jan,4\n3,,M\u200bUG,3\n4,,new,1\n"
    (tmp_path / "north" / "listings.csv").write_text(listings, encoding="utf-8")
    (tmp_path / "north" / "shop.yaml").write_text("as_of: 2026-11-11T12:00:00Z\n", encoding="utf-8")
    (tmp_path / "stockrecon.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path / "stockrecon.yaml"


def test_check_names_both_spellings_and_the_damage(config: Path, call: Call) -> None:
    """What looks damaged is told beside the count of unknown SKUs, and that nobody joins it."""
    called = call("check", "-c", str(config), "--now", "2026-11-11T12:05:00Z")
    said = " ".join(called.out.split())
    assert "SKU unknown to the ledger: 4 findings" in said
    assert "123 is nearly the ledger's 00123 (damage: lost leading zeros)" in said
    assert "2-Jan is nearly the ledger's 1-2 (damage: turned into a date)" in said
    assert "M<U+200B>UG is nearly the ledger's MUG (damage: characters of no width)" in said
    assert "nothing is joined because it looks alike" in said
    assert called.code == 0


def test_diff_has_them_as_evidence(config: Path, call: Call) -> None:
    """The report for programs holds the same words, as evidence of the source `spelling`; targets stay unknown."""
    called = call("diff", "-c", str(config), "--format", "json", "--now", "2026-11-11T12:05:00Z")
    statements = json.loads(called.out)["statements"]
    found = {one["sku"]: f for one in statements for f in one["findings"] if f["scenario"] == "unknown-sku"}
    assert set(found) == {"123", "2-Jan", "M\u200bUG", "new"}
    spelling = [e["fact"] for e in found["123"]["evidence"] if e["source"] == "spelling"]
    assert spelling == ["123 is nearly the ledger's 00123 (damage: lost leading zeros)"]
    assert not [e for e in found["new"]["evidence"] if e["source"] == "spelling"]
