"""Reports for people: worst first, nothing cut off, nothing dangerous, at every width."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from stockrecon.core.findings import RunResult
from stockrecon.reports import FORMATS, render, render_explain
from stockrecon.reports.groups import groups_of, shares
from stockrecon.reports.markdown import code, escaped
from stockrecon.reports.view import View
from stockrecon.reports.words import clean, exact, sentence
from tests.reports import samples

WIDTHS = (60, 80, 109, 110, 140, 200)


def table(result: RunResult, width: int = 80, **view: object) -> str:
    return "".join(render("table", result, View(width=width, **view)))  # type: ignore[arg-type]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = table(samples.everything(), width, evidence=True).splitlines()
    assert max(cell_len(line) for line in lines) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_sku_wraps_and_is_never_cut_off(width: int) -> None:
    text = table(samples.everything(), width)
    assert "…" not in text
    sku_column = slice(11, 11 + width // 6) if width >= 110 else slice(11, None)
    assert samples.LONG in "".join(line[sku_column].strip() for line in text.splitlines())


def test_wide_characters_take_two_columns() -> None:
    lines = table(samples.everything(), 140).splitlines()
    row = next(line for line in lines if samples.WIDE in line)
    other = next(line for line in lines if "CAP-01" in line)
    assert cell_len(row[: row.index("shopee-vn")]) == cell_len(other[: other.index("shopee-vn")])


def test_causes_come_worst_first_and_what_settles_by_itself_last() -> None:
    order = [group.slug for group in groups_of(samples.everything())]
    assert order == [
        "campaign-lock",
        "unexplained",
        "campaign-returned",
        "cancelled-order-restock",
        "unpaid-release",
        "orders-too-near",
        "listing-sync-error",
        "unknown-sku",
        "in-flight",
    ]


def test_the_headline_tells_the_sums_of_the_result() -> None:
    head = table(samples.everything(), brief=True)
    assert "3 of 4 shops read, 1,864 listings, 801 SKUs, 1,850 in line" in head
    assert "100 units at risk of being oversold" in head
    assert "1,234 units not on sale" in head
    assert len(head.splitlines()) == 5


def test_each_finding_says_what_to_do_with_numbers_and_local_times() -> None:
    text = table(samples.everything(), 140)
    assert "> set 48 -> 40" in text
    assert "> wait until 2026-11-14 16:00 +07:00" in text
    assert "> adjust the ledger by -1" in text
    assert "> by hand: cancel or back-order S-1" in text
    assert "set 0 -> 1,230: withheld (confirm-raise)" in text


def test_unread_shops_stand_with_their_reason_and_the_way_on() -> None:
    text = table(samples.everything())
    assert "- shopee-th: the access token has been revoked (error_auth)\n    authorise the shop again" in text
    assert "Could not be explained\n- push-not-applied" in text


def test_nothing_to_report_is_one_friendly_line() -> None:
    assert "Everything is in line" in table(samples.in_line())
    assert "Everything is in line" not in table(samples.nothing_read())


def test_a_filter_that_finds_nothing_says_so() -> None:
    assert "no findings of shop-silent" in table(samples.everything(), scenarios=("shop-silent",))
    assert "in line: every shop" not in table(samples.in_line(), scenarios=("shop-silent",))


def test_evidence_is_shown_on_request() -> None:
    assert "20 locked, 12 sold, ended" not in table(samples.everything(), 140)
    assert "2026-11-11 18:00 +07:00  shopee-vn campaign 77: 20 locked, 12 sold" in table(
        samples.everything(), 140, evidence=True
    )


def test_above_the_limit_the_worst_are_shown_and_the_rest_is_counted() -> None:
    text = table(samples.many(1000))
    assert text.count("> set ") == 200
    assert "800 more are not" in text
    assert "--format csv -o FILE" in text
    assert "+97" in text


@given(st.lists(st.integers(0, 500), max_size=12), st.integers(0, 300))
@settings(max_examples=100)
def test_shares_use_the_limit_and_no_more(sizes: list[int], limit: int) -> None:
    shown = shares(sizes, limit)
    assert all(0 <= part <= size for part, size in zip(shown, sizes, strict=True))
    assert sum(shown) == min(limit, sum(sizes)) if sizes else shown == []


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json"])
@pytest.mark.parametrize("explained", [False, True])
def test_no_control_character_of_a_remote_string_reaches_the_reader(name: str, explained: bool) -> None:
    evil = "\x1b]0;title\x07\x1b[2J\x9b31m\x07\u202e\u2066\x85\x00A\nB"
    statement = samples.sync_error()
    finding = replace(statement.findings[0], text=evil, sku=statement.sku)
    result = replace(
        samples.everything(),
        statements=(replace(statement, findings=(finding,), warnings=(evil,)),),
        warnings=(evil,),
        cannot=(evil,),
    )
    text = "".join((render_explain if explained else render)(name, result, View()))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_colour_changes_nothing_but_colour() -> None:
    plain = table(samples.everything(), 100)
    coloured = table(samples.everything(), 100, colour=True)
    assert "\x1b[" in coloured
    stripped = re.sub("\x1b\\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()


def test_sentences_are_cleaned_and_identifiers_stay_exact() -> None:
    assert clean("a\x1b[31mb\x1b[0m\tc\u202ed") == "ab cd"
    assert exact(" A\u200bB\x07") == "<U+0020>A<U+200B>B<U+0007>"
    assert exact("紅色 M") == "紅色 M"


def test_markdown_escapes_markup_mentions_and_cell_ends() -> None:
    assert escaped("<b>*a*|`@all`") == "&lt;b&gt;\\*a\\*\\|\\`&#64;all\\`"
    assert code("a`b|c") == "``a`b\\|c``"
    text = "".join(render("markdown", samples.everything(), View()))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)
    assert "@ops" not in text


def test_explain_adds_up_from_available_to_each_finding() -> None:
    result = replace(samples.everything(), command="explain", statements=(samples.campaign_returned(),))
    text = "".join(render_explain("table", result, View(width=100)))
    numbers = re.findall(r"^ +(?:[-+=] )?(exposed|target|variance|campaign-returned \(1\)) +([+-]?[\d,]+)", text, re.M)
    assert numbers[:4] == [("exposed", "48"), ("target", "40"), ("variance", "+8"), ("campaign-returned (1)", "+8")]
    assert text.index("order -2 for order ORDER-1") < text.index("40 sent, accepted") < text.index("Could not be read")
    assert "confirm-raise" not in text


def test_explain_of_an_excess_shows_the_corrected_number() -> None:
    result = replace(samples.everything(), command="explain", statements=(samples.cancelled_restock(),))
    text = "".join(render_explain("table", result, View(width=100)))
    assert re.search(r"excess +\+1", text)
    assert re.search(r"= corrected +0", text)


def test_formats_are_imported_when_asked_for() -> None:
    import subprocess
    import sys

    probe = "import sys, stockrecon.reports; print([m for m in ('rich', 'json', 'csv') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_finding_does_not_say_again_where_it_is() -> None:
    """The place stands beside the sentence for people; the text for programs stays whole."""
    of = samples.listing("shopee-vn", "5001", "MUG", 43, variation="7")
    there = samples.on_listing("unexplained", None, of, 3, "shopee-vn item 5001 variation 7: 3 units too many")
    assert sentence(there) == "3 units too many"
    assert sentence(replace(there, listing=None, shop=None, text="MUG: 1 unit sold twice")) == "1 unit sold twice"
    assert sentence(replace(there, text="shopee-vn item 50: another")) == "shopee-vn item 50: another"
