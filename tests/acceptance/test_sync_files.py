"""`sync --apply` on file shops: a file for upload, and what the first newer snapshot tells of it."""

from __future__ import annotations

import csv
import io
from typing import Any

import jsonschema
import pytest

from stockrecon.reports.json import schema
from tests.acceptance.conftest import NOW, Called, Market

MUG = {"sku": "MUG-BLACK", "shop": "shopee-vn", "item_id": "5001", "variation_id": None, "from": 48, "to": 40}


@pytest.fixture
def applying(market: Market) -> Market:
    """The examples, whose owner lets both shops be written."""
    for shop in ("shopee-vn", "lazada-vn"):
        market.sub("config.yaml", f"    path: {shop}/\n", f"    path: {shop}/\n    mode: apply\n")
    return market


def sync(market: Market, *more: str, now: str = NOW, style: str = "json") -> Called:
    return market.call("sync", "-c", "config.yaml", "--now", now, "--format", style, *more)


def valid(called: Called) -> Any:
    jsonschema.validate(called.document, schema())
    return called.document


def newer(market: Market, *taken: tuple[str, str]) -> str:
    """A snapshot of shopee-vn five minutes later, with these cells changed; the time of the run that reads it."""
    for old, new in taken:
        market.sub("shopee-vn/listings.csv", old, new)
    market.sub("shopee-vn/shop.yaml", NOW, "2026-11-11T19:05:00+07:00")
    return "2026-11-11T19:05:00+07:00"


def test_corrections_are_rows_for_a_mass_upload(applying: Market) -> None:
    """10: the ledger is corrected, the shops' rows wait for somebody to upload them, and the report says so."""
    called = sync(applying, "--apply")
    assert called.code == 10
    results = [one["result"] for one in valid(called)["outcomes"]]
    assert sorted(results) == ["confirmed"] + ["exported"] * 4
    updates = (applying.folder / "shopee-vn" / "updates.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(updates, newline="")))
    assert [(row["item_id"], row["seller_sku"], row["quantity"]) for row in rows] == [
        ("5001", "MUG-BLACK", "40"),
        ("5003", "PLATE-SET", "0"),
    ]
    assert "PLATE-SET,0" in (applying.folder / "ledger" / "stock.csv").read_text("utf-8")


def test_the_report_says_what_is_to_be_uploaded(applying: Market) -> None:
    """What the reader has to do stands at the end."""
    text = sync(applying, "--apply", style="table").out
    assert "1 correction confirmed, 4 for upload, 3 by hand, 2 wait" in text
    assert "\nNext\n- upload updates.csv (4 rows); the first newer snapshot tells what was taken\n" in text


def test_the_first_newer_snapshot_settles_what_was_uploaded(applying: Market) -> None:
    """Taken and not taken are told apart, each with its place, the numbers of then, and the run that sent it."""
    first = sync(applying, "--apply").document["run"]
    now = newer(applying, ("MUG-BLACK,Black mug,48", "MUG-BLACK,Black mug,40"))
    called = sync(applying, "--apply", now=now)
    assert called.code == 10
    settled = {one["about"]["sku"]: one for one in valid(called)["outcomes"] if one.get("run") == first}
    assert {sku: (one["result"], one["seen"]) for sku, one in settled.items()} == {
        "MUG-BLACK": ("confirmed", 40),
        "PLATE-SET": ("not-applied", 1),
    }
    assert {key: settled["MUG-BLACK"]["about"][key] for key in MUG} == MUG


def test_what_was_settled_is_told_to_people_and_in_sheets(applying: Market) -> None:
    """The same in the table's own section, and as a row of the sheet."""
    first = sync(applying, "--apply").document["run"]
    now = newer(applying, ("MUG-BLACK,Black mug,48", "MUG-BLACK,Black mug,40"))
    copy = io.StringIO(sync(applying, "--apply", now=now, style="csv").out)
    row = next(row for row in csv.DictReader(copy) if first in row["outcome_detail"] and row["sku"] == "MUG-BLACK")
    assert (row["shop"], row["item_id"], row["set_to"], row["outcome"], row["outcome_seen"]) == (
        "shopee-vn",
        "5001",
        "40",
        "confirmed",
        "40",
    )


def test_the_table_has_a_section_for_earlier_runs(applying: Market) -> None:
    """Place, numbers, and the run that sent it, trouble first."""
    first = sync(applying, "--apply").document["run"]
    now = newer(applying, ("MUG-BLACK,Black mug,48", "MUG-BLACK,Black mug,40"))
    text = sync(applying, "--apply", now=now, style="table").out
    told = text[text.index("\nSettled from earlier runs\n") :]
    assert told.index("  not applied  PLATE-SET  shopee-vn item 5003\n") < told.index("  confirmed    MUG-BLACK  ")
    assert "  confirmed    MUG-BLACK  shopee-vn item 5001\n               48 -> 40, shows 40, " in told
    assert f"sent by run {first}" in told
    assert "before this run wrote" not in text
    assert sync(applying, "--apply", "-q", now=now, style="table").out.count("\n") == 1


def test_a_run_over_the_same_snapshot_writes_nothing_again(applying: Market) -> None:
    """What is for upload is not planned anew: it is withheld until the shop was read again."""
    sync(applying, "--apply")
    before = (applying.folder / "shopee-vn" / "updates.csv").read_bytes()
    again = sync(applying, "--apply")
    assert again.code == 10
    assert valid(again)["outcomes"] == []
    assert {one["rule"] for one in again.document["plan"]["withheld"]} >= {"quarantined"}
    assert (applying.folder / "shopee-vn" / "updates.csv").read_bytes() == before
