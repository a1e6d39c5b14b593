"""What the demo says below its report is computed from its last look, whatever that finds."""

from __future__ import annotations

from dataclasses import replace

from stockrecon.cli.demo import told
from stockrecon.core.findings import RunResult
from stockrecon.sandbox.stories import Story
from tests.reports import samples, writes

STORIES = (Story(1, ("TEE-RED-M",), "It happened."),)


def left(result: RunResult, width: int = 200) -> list[str]:
    text = "".join(told.left_for_people(STORIES, result, width))
    assert text.startswith(f"\n{told.LEFT}\n")
    return [" ".join(item.split()) for item in text.split("\n- ")[1:]]


def test_a_last_look_that_plans_no_write_says_so_first() -> None:
    """Then each step that is for people or time, and the write that is withheld; times in the shop's zone."""
    result = writes.planned()
    plan = replace(result.plan, actions=(writes.LATE, writes.SOON))
    items = left(replace(result, plan=plan))
    assert items[0] == "Nothing is left to write: what was corrected shows the right number now."
    assert items[1].endswith(
        "lazada-vn item 5551234567890, campaign-lock: by hand: take the 20 units out of the campaign in Seller Center "
        "(due 2026-11-11 17:00 +07:00)"
    )
    assert items[2] == "MUG-RED lazada-vn item 31, unpaid-release: wait until 2026-11-14 16:00 +07:00"
    assert items[3] == (
        "SOCKS lazada-vn item 13, campaign-returned: set 0 -> 1,230: withheld (confirm-raise), seen in one run only"
    )
    assert len(items) == 4


def test_a_write_that_is_left_is_not_passed_over() -> None:
    """The claim that nothing is left is never made beside a write."""
    items = left(writes.planned())
    assert items[0] == "10 corrections still to be written."
    assert "TEE-RED-M shopee-vn item 1001 variation 2, campaign-returned: set 48 -> 40" in items


def test_a_last_look_that_was_not_whole_claims_nothing() -> None:
    """A shop or ledger that could not be read is told instead."""
    assert left(samples.nothing_read())[0] == "The last look was not whole: ledger and shopee-vn not read."


def test_what_is_left_fits_and_stays_text() -> None:
    """Narrow terminals wrap with a hanging indent; in markdown nothing becomes markup."""
    result = writes.planned()
    narrow = "".join(told.left_for_people(STORIES, result, 60)).splitlines()
    assert max(map(len, narrow)) <= 60
    assert all(line.startswith(("- ", "  ")) for line in narrow[2:])
    marked = "".join(told.left_in_markdown(STORIES, result))
    assert "\n### What is left, read again after the corrections\n\n- 10 corrections still to be written.\n" in marked
    assert "MUG\\|BLUE \\`1\\`" in marked


def test_a_quiet_demo_has_neither_section() -> None:
    """Without stories nothing is said below the report."""
    result = writes.planned()
    for chunks in (told.left_for_people((), result, 80), told.left_in_markdown((), result)):
        assert "".join(chunks) == ""
    assert "".join(told.for_people((), result, None)) == ""


def test_a_story_that_was_told_as_something_else_says_so() -> None:
    """The demo does not praise itself."""
    lines = list(told.story_lines(STORIES, samples.in_line()))
    assert lines == ["1  TEE-RED-M: It happened. NOT RECOGNISED as campaign-returned; found: nothing."]
    found = list(told.story_lines(STORIES, samples.everything()))
    assert found == ["1  TEE-RED-M: It happened. Found: campaign-returned +8."]
