"""CSV: one row per finding, safe to open in a spreadsheet, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from stockrecon.core.findings import RunResult
from stockrecon.reports import render
from stockrecon.reports.csv import COLUMNS, safe
from stockrecon.reports.view import View
from tests.reports import samples


def rows(result: RunResult, **view: object) -> list[dict[str, str]]:
    text = "".join(render("csv", result, View(**view)))  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_there_is_one_row_per_finding_with_its_listings_numbers() -> None:
    result = samples.everything()
    made = rows(result)
    assert len(made) == sum(len(statement.findings) for statement in result.statements)
    row = next(row for row in made if row["scenario"] == "campaign-returned")
    wanted = {"number": "1", "units": "8", "exposed": "48", "target": "40", "variance": "8", "set_to": "40"}
    assert {name: row[name] for name in wanted} == wanted
    assert row["what_to_do"] == "set 48 -> 40"


def test_unknown_numbers_are_empty_cells() -> None:
    row = next(row for row in rows(samples.everything()) if row["scenario"] == "unknown-sku")
    assert (row["available"], row["target"], row["variance"], row["sellable"]) == ("", "", "", "4")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\u3000=1", "＝1", "＋1", "－1", "＠x", "\r=1", "\x00=1"]
)
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(text: str) -> None:
    assert safe(text).startswith("'")


@pytest.mark.parametrize("text", ["00123", "A-1", "紅色", "a=b", "", "set 48 -> 40"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert safe(text) == text


def test_negative_numbers_stay_numbers() -> None:
    text = "".join(render("csv", samples.everything(), View()))
    assert ",-1230," in text
    assert '"\'=SUM(A1)"' in text
    assert '"00123"' in text


def test_the_header_is_fixed_also_where_there_is_nothing_to_say() -> None:
    assert "".join(render("csv", samples.in_line(), View())) == ",".join(f'"{name}"' for name in COLUMNS) + "\n"


def test_a_filter_leaves_out_other_rows() -> None:
    made = rows(samples.everything(), scenarios=("unexplained",))
    assert {row["scenario"] for row in made} == {"unexplained"}


def test_many_rows_come_in_chunks_and_none_is_lost() -> None:
    result = samples.many(2000)
    assert len(list(render("csv", result, View()))) > 1
    assert len({row["sku"] for row in rows(result)}) == 2000


def test_a_line_break_in_a_name_stays_in_its_cell() -> None:
    statement = samples.waiting()
    finding = replace(statement.findings[0], text="one\ntwo")
    result = replace(samples.everything(), statements=(replace(statement, findings=(finding,)),))
    assert [row["text"] for row in rows(result)] == ["one two"]
