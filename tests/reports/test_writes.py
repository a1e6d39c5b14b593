"""Reports of a run that plans or writes: refusals loud, a verdict per shop, every write with what became of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from textwrap import dedent

import pytest
from rich.cells import cell_len

from stockrecon.core.findings import LEDGER, OutcomeResult, Refusal, RunResult, Withheld
from stockrecon.core.headline import headline, quiet
from stockrecon.core.model import ListingKey, Push
from stockrecon.core.policy import Mode
from stockrecon.core.withhold import QUARANTINED
from stockrecon.reports import FORMATS, render, render_explain
from stockrecon.reports.view import View
from stockrecon.reports.words import span
from stockrecon.scenarios.base import of_push
from tests.reports import samples, writes

RUNS = [
    writes.planned,
    writes.foreseen,
    writes.refused,
    writes.refused_by_every_rule,
    writes.carried_out,
    writes.confirmed,
    writes.saved_plan,
    writes.idle,
]


def table(result: RunResult, width: int = 80, **view: object) -> str:
    return "".join(render("table", result, View(width=width, **view)))  # type: ignore[arg-type]


def section(text: str, title: str) -> str:
    """A section of a report, from its title to the next blank line (with the rows behind it, if there are any)."""
    found = re.search(rf"^{re.escape(title)}\n(?:.+\n)+(?:\n(?:  .*\n)+)?", text, re.M)
    assert found, f"there is no section {title!r} in:\n{text}"
    return found.group()


def expected(text: str) -> str:
    return dedent(text).lstrip("\n")


# --- the outcomes


def test_each_shop_has_one_verdict_that_names_what_went_wrong() -> None:
    """The sentence of a shop counts all of its corrections and names those that were not confirmed, with numbers."""
    told = section(table(writes.carried_out(), 140), "Outcomes")
    verdicts = " ".join(line.strip() for line in told.split("\n\n")[0].splitlines())
    assert "- ledger: 1 correction planned, 1 confirmed by reading back" in verdicts
    assert "- shopee-vn: 6 corrections planned, 1 confirmed by reading back, 1 unknown" in verdicts
    unknown = f"({writes.THAI}: sent 10 -> 7, the shop still shows 10; it is not touched until that is settled)"
    assert unknown in verdicts
    assert "1 rejected (ÁO-THUN-ĐỎ-CỠ-M: sent 12 -> 3, the shop still shows 12: error_busi: stock less" in verdicts
    assert "1 in conflict (CAP-01: 5 -> 2, the shop shows 4)" in verdicts
    assert "1 not written (mode: observe of lazada-vn" in verdicts
    assert "- tiki-files: 1 correction planned, 1 for upload" in verdicts


def test_outcomes_in_a_narrow_terminal() -> None:
    """Each write has its place, what was sent, what was seen, when, and why; trouble comes first."""
    rows = section(table(writes.carried_out(), 80), "Outcomes").split("\n\n")[1]
    assert rows == expected(
        f"""
        .  unknown      {writes.THAI}  shopee-vn item 1003
        .               10 -> 7, shows 10, 19:01:05 +07:00
        .               no answer within 30 s; it is read first by the next run and not
        .               written until then
        .  rejected     ÁO-THUN-ĐỎ-CỠ-M  shopee-vn item 1002
        .               12 -> 3, shows 12, 19:01:05 +07:00
        .               error_busi: stock less than reserved stock (5)
        .  in conflict  CAP-01  shopee-vn item 1005
        .               5 -> 2, shows 4, 19:01:05 +07:00
        .               not written: it shows 4 sellable and 0 campaign, the plan was
        .               made at 5 and 0
        .  not applied  MUG|BLUE `1`  shopee-vn item 1004
        .               9 -> 4, shows 9, 19:01:05 +07:00
        .               the shop answered success and still shows the old number
        .  superseded   紅色連帽衫-大號  shopee-vn item 1006
        .               6 -> 5, shows 4, 19:01:05 +07:00
        .               another number than was written: somebody bought or set it
        .  not written  LAMP-OAK  lazada-vn item 77
        .               8 -> 6, 19:01:05 +07:00
        .               mode: observe of lazada-vn: it is written only with mode: apply
        .  for upload   00123  tiki-files item 77
        .               1 -> 0, 19:01:05 +07:00
        .               written to the file for upload
        .  confirmed    00123  ledger
        .               -1, has 0, 19:01:05 +07:00
        .               movement stockrecon:00123:m9
        .  confirmed    LIMITED-EDITION-2026-DOUBLE-ELEVEN-GIFT-SET-WITH-A-VERY-LONG-NAME
        .               -RED-EXTRA-LARGE-000123  lazada-vn item 5551234567890
        .               100 -> 50, shows 50, 19:01:05 +07:00
        .  confirmed    TEE-RED-M  shopee-vn item 1001 variation 2
        .               48 -> 40, shows 40, 19:01:05 +07:00
        """
    ).replace(".  ", "  ")


@pytest.mark.parametrize("sku", [writes.THAI, writes.VIETNAMESE, samples.WIDE, "CAP-01"])
def test_columns_stand_under_one_another_whatever_the_script(sku: str) -> None:
    """In a wide terminal the place of every write begins in the same column, also behind wide or combining letters."""
    lines = section(table(writes.carried_out(), 140), "Outcomes").split("\n\n")[1].splitlines()
    head = next(line for line in lines if line.startswith("  Result"))
    row = next(line for line in lines if sku in line)
    assert cell_len(row[: row.index("shopee-vn")]) == head.index("Where")
    assert cell_len(row[: row.index("19:01:05")]) == head.index("When")


@pytest.mark.parametrize("make", RUNS)
@pytest.mark.parametrize("width", [60, 80, 109, 110, 140, 200])
def test_no_line_is_wider_than_the_terminal(make: Callable[[], RunResult], width: int) -> None:
    """Every report of a writing run fits, at every width."""
    assert max(cell_len(line) for line in table(make(), width).splitlines()) <= width


def test_what_earlier_runs_left_open_is_told_apart() -> None:
    """An earlier run's write has its own section, with place, run, and the numbers that were sent then."""
    assert section(table(writes.carried_out(), 80), "Settled from earlier runs") == expected(
        f"""
        Settled from earlier runs
          not applied  {writes.THAI}  shopee-vn item 1003
                       11 -> 8, shows 10, 19:00 +07:00
                       no sign of the write was seen; sent by run 20261111T110000Z-7
          confirmed    00777  ledger
                       -2, 19:00 +07:00
                       sent by run 20261111T110000Z-7
        """
    )


def test_an_earlier_write_that_says_nothing_of_itself_goes_by_its_id() -> None:
    """Nothing is borrowed from this run's plan, whose write to the same place has other numbers."""
    done = writes.carried_out()
    bare = replace(done, outcomes=(replace(done.outcomes[0], about=None),))
    assert section(table(bare, 80), "Settled from earlier runs").splitlines()[1:3] == [
        f"  not applied  action {writes.WRITES[4].id}",
        "               shows 10, 19:00 +07:00",
    ]


def test_a_write_that_nothing_was_told_of_is_not_passed_over() -> None:
    """A run that was stopped says how many of its writes it did not reach; they stay in the plan's list."""
    done = writes.confirmed()
    cut = replace(done, outcomes=done.outcomes[:1], exit_code=10)
    text = table(cut, 140)
    assert "- shopee-vn: 2 corrections planned, 2 not reached" in text
    assert "TEE-RED-M  shopee-vn item 1001 variation 2: set 48 -> 40" in section(text, "Plan")
    assert headline(cut) == "1 correction confirmed, 2 not reached"


def test_of_many_outcomes_those_that_need_a_look_are_shown() -> None:
    """Above the limit the verdict still counts all, and what went wrong is among the rows."""
    text = table(writes.many_outcomes(1000), 80)
    assert "shopee-vn: 1,000 corrections planned, 999 confirmed by reading back, 1 unknown" in text
    assert "the 200 rows that need a look first, of 1,000 (--format json names them all)" in text
    assert re.search(r"^  unknown +SKU-00999  shopee-vn item 999$", text, re.M)
    assert text.count("  confirmed ") == 199


def test_a_sentence_names_three_and_counts_the_rest() -> None:
    """A verdict stays a sentence where many writes went wrong."""
    many = writes.many_outcomes(9)
    lost = tuple(replace(one, result=OutcomeResult.REJECTED, seen=10, detail="") for one in many.outcomes)
    text = section(table(replace(many, outcomes=lost), 200), "Outcomes")
    assert "9 rejected (SKU-00000: sent 10 -> 7, the shop still shows 10; SKU-00001" in text
    assert "and 6 more, below)" in " ".join(text.split())


# --- refusals


def test_refusals_stand_first_with_number_limit_and_way_on() -> None:
    """What a guard refused comes before everything else, and says what to do."""
    text = table(writes.refused(), 100)
    assert text.index("REFUSED") < text.index("Plan")
    assert section(text, "REFUSED: nothing was written to shopee-vn") == expected(
        f"""
        REFUSED: nothing was written to shopee-vn
        - shopee-vn: changed: 9 of 40 listings would be changed; the limit is 8, the larger of 5 and 20 %
            Read the plan; if it is right: stockrecon sync --apply --approve
            {samples.DIGEST}
        """
    )
    assert "- shopee-vn: 6 corrections planned, 6 refused by a guard" in text
    assert "- lazada-vn: 2 corrections planned, 2 confirmed by reading back" in text
    assert re.search("^  refused      TEE-RED-M", text, re.M)


@pytest.mark.parametrize(("who", "rule"), list(writes.REFUSALS))
@pytest.mark.parametrize("name", ["table", "markdown"])
def test_every_rule_is_told_with_its_text_and_way_on(name: str, who: str, rule: str) -> None:
    """No refusal is lost among others; in a wide view each is on a line of its own."""
    refusal = writes.REFUSALS[who, rule]
    text = "".join(render(name, writes.refused_by_every_rule(), View(width=300)))
    assert f"- {who}: {rule}: {refusal.text}" in text.replace("\\", "")
    assert refusal.way_on in text


def test_a_refused_ledger_names_what_depends_on_it() -> None:
    """Without a ledger that can be trusted nothing is written anywhere, and every shop's verdict says so."""
    text = table(writes.refused_by_every_rule(), 140)
    assert "REFUSED: nothing was written to the ledger and shopee-vn, nor what depends on it" in text
    for who, number in (("ledger", 1), ("shopee-vn", 6), ("lazada-vn", 2), ("tiki-files", 1)):
        assert f"- {who}: {number} correction{'s' if number > 1 else ''} planned, {number} refused by a guard" in text


def test_a_refusal_says_its_name_once() -> None:
    """A text that begins with the shop's name is not led by it again, and control characters stay out."""
    twice = Refusal("shopee-vn", "old", "shopee-vn: read \x1b[31m1h ago", "")
    text = table(replace(writes.refused(), refusals=(twice,)), 100)
    assert "- shopee-vn: old: read 1h ago\n\n" in text


# --- the plan, and what to do next


def test_overdue_steps_come_first_and_say_how_late_they_are() -> None:
    """Past their time: marked, before everything else; all others in the plan's order, with their age."""
    plan = section(table(writes.planned(), 300), "Plan").splitlines()
    assert plan[2].startswith("- OVERDUE by 2 h: LIMITED-EDITION")
    assert plan[2].endswith("(due 2026-11-11 17:00 +07:00), since 3 h")
    assert plan[3] == "- OVERDUE by 27 h: MUG-BLUE  lazada-vn item 31: wait until 2026-11-10 16:00 +07:00, since 5 d"
    assert plan[4] == "- 00123  ledger: adjust the ledger by -1"
    assert plan[-2].endswith("set 0 -> 1,230: withheld (confirm-raise), seen in one run only, since 5 min")
    assert sum("OVERDUE" in line for line in plan) == 2


def test_a_step_that_is_new_has_no_age() -> None:
    """Ages below a minute, and of what nothing is remembered, are not shown."""
    plan = section(table(writes.planned(), 200), "Plan")
    assert re.search(r"lazada-vn item 5551234567890: set 100 -> 50$", plan, re.M)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), ""),
        (timedelta(seconds=-90), ""),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=3, minutes=59), "3 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=1400), "1,400 d"),
    ],
)
def test_a_span_is_in_whole_units(length: timedelta, words: str) -> None:
    """Minutes, hours up to two days, then days."""
    assert span(length) == words


def test_a_plan_ends_with_the_commands_that_carry_it_out() -> None:
    """The reader of a plan is told the exact commands."""
    assert section(table(writes.planned(), 100), "Next") == expected(
        """
        Next
        - carry it out: stockrecon sync --apply (reads everything anew, plans again, and writes)
        - or read first what will be written: stockrecon sync --save-plan FILE
            then, within 15 minutes: stockrecon sync --plan FILE (what has moved since is not written)
        """
    )


def test_what_a_guard_would_refuse_is_told_before_anything_is_applied() -> None:
    """A plan's report says who would be refused, and which of its writes would be left out, and why."""
    text = table(writes.foreseen(), 100)
    assert section(text, "Would be refused: nothing would be written to shopee-vn").splitlines()[1] == (
        "- shopee-vn: changed: 9 of 40 listings would be changed; the limit is 8, the larger of 5 and 20 %"
    )
    assert "REFUSED" not in text
    assert "Nothing has been written." in " ".join(text.split())
    assert section(text, "Would not be written") == (
        "Would not be written\n- 2 corrections: mode: observe of lazada-vn: it is written only with mode: apply\n"
    )
    assert "carry it out: stockrecon sync --apply" in section(text, "Next")


def test_each_write_that_would_be_left_out_says_so_in_the_plan() -> None:
    """A reader of the steps need not work out which of them are only to be looked at."""
    plan = section(table(writes.foreseen(), 300), "Plan")
    assert [line.split("  ")[1].split(":")[0] for line in plan.splitlines() if "; would not be written" in line] == [
        "lazada-vn item 5551234567890",
        "lazada-vn item 77",
    ]
    assert plan.count("would not be written") == 2


def test_reasons_are_told_once_each_and_without_ids() -> None:
    """A cause that is not in apply.scenarios, and what counts on a correction that is therefore not made."""
    made = writes.planned()
    correction, last = writes.WRITES[0], writes.WRITES[-1]
    reasons = {
        correction.id: "unexplained is not in apply.scenarios",
        writes.WRITES[2].id: "unexplained is not in apply.scenarios",
        last.id: f"it counts on {correction.id}, which is not carried out",
    }
    told = section(table(replace(made, unpermitted=reasons), 140), "Would not be written")
    assert told == expected(
        """
        Would not be written
        - 2 corrections: unexplained is not in apply.scenarios
        - 1 correction: the correction of 00123 that comes before would not be made
        """
    )


def test_where_every_shop_is_observed_no_command_is_offered() -> None:
    """Ledger corrections are not posted either as long as no shop is in mode apply."""
    watched = writes.planned(shopee_vn=Mode.OBSERVE, lazada_vn=Mode.OBSERVE, tiki_files=Mode.OBSERVE)
    text = table(watched, 140)
    assert section(text, "Would not be written") == expected(
        """
        Would not be written
        - 1 correction: mode: observe of every shop: nothing at all is written until one of them says mode: apply
        - 2 corrections: mode: observe of lazada-vn: it is written only with mode: apply
        - 6 corrections: mode: observe of shopee-vn: it is written only with mode: apply
        - 1 correction: mode: observe of tiki-files: it is written only with mode: apply
        """
    )
    assert section(text, "Next") == NOTHING
    # Where it holds for all of them, no step says it again.
    assert "; would not be written" not in text


NOTHING = "Next\n- --apply would write nothing of this as it is: see above what speaks against it\n"


def test_where_everything_would_be_refused_no_command_is_offered() -> None:
    """The way on is the refusals' own, also for the plan that takes a run back."""
    refused = replace(writes.refused_by_every_rule(), outcomes=(), exit_code=10)
    assert section(table(refused, 100), "Next") == NOTHING
    actions = tuple(replace(one, scenario="undo", finding="") for one in writes.WRITES)
    assert section(table(replace(refused, plan=replace(refused.plan, actions=actions)), 100), "Next") == NOTHING


def test_a_plan_without_writes_offers_no_command() -> None:
    """What waits, or is for people, cannot be applied."""
    idle = writes.planned()
    idle = replace(idle, plan=replace(idle.plan, actions=(writes.LATE, writes.SOON)))
    text = table(idle, 100)
    assert "\nNext\n" not in text
    assert "Nothing has been written" not in text


def test_taking_a_run_back_names_its_own_command() -> None:
    """The plan of `runs undo` is no plan that `sync --apply` would make."""
    back = writes.planned()
    actions = tuple(replace(one, scenario="undo", finding="") for one in writes.WRITES)
    text = table(replace(back, plan=replace(back.plan, actions=actions)), 100)
    assert section(text, "Next") == "Next\n- carry it out: the same command with --apply\n"


def test_a_run_that_wrote_says_what_is_left_open() -> None:
    """What is unknown, and what has to be uploaded."""
    assert section(table(writes.carried_out(), 90), "Next") == expected(
        """
        Next
        - 1 write whose outcome is unknown: the next run reads first what became of it, and writes
          nothing else there until then
            who has looked can close it by hand: stockrecon runs resolve
        - upload updates.csv (1 row); the first newer snapshot tells what was taken
        """
    )


def test_diff_tells_nothing_of_writing() -> None:
    """`diff` has no refusals, no ages' order and no next command, whatever the result holds."""
    text = table(replace(writes.foreseen(), command="diff"), 100)
    assert "efused" not in text
    assert "\nNext\n" not in text


# --- the whole


def test_a_saved_plan_was_compared_with_nothing_and_claims_nothing() -> None:
    """No reading, no line about what is in line: only what was written."""
    text = table(writes.saved_plan(), 100)
    assert text.splitlines()[1:4] == [
        "3 corrections confirmed",
        "",
        "Every correction was confirmed by reading back. Nothing is left to do.",
    ]
    assert "in line" not in text
    assert "nothing to correct" not in text


def test_risk_is_of_before_the_run_wrote() -> None:
    """The sums were made from what was read; after a write they are dated."""
    assert "104 units at risk of being oversold before this run wrote" in table(writes.confirmed(), 100)
    assert "104 units at risk of being oversold\n" in table(writes.refused_by_every_rule(), 100)
    settled = replace(writes.planned(), outcomes=writes.carried_out().outcomes[:2])
    assert "104 units at risk of being oversold\n" in table(settled, 100), "what an earlier run wrote was read already"


def test_colour_changes_nothing_but_colour() -> None:
    """With colour the text is the same, and what failed is red."""
    coloured = table(writes.carried_out(), 140, colour=True)
    stripped = re.sub("\x1b\\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == table(writes.carried_out(), 140).splitlines()
    assert "\x1b[1;31m  unknown" in coloured
    assert "\x1b[32m  confirmed" in coloured
    assert "\x1b[1;31mREFUSED" in table(writes.refused(), 140, colour=True)


def test_markdown_has_the_same_outcomes_as_a_table() -> None:
    """One row per write, escaped; verdicts as a list; a refusal in bold."""
    text = "".join(render("markdown", writes.carried_out(), View()))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 12 + 2
    assert "| unknown | `" + writes.THAI + "` | shopee-vn item 1003 | 10 -&gt; 7, shows 10 | 19:01:05 +07:00 |" in text
    assert "| not applied | `` MUG\\|BLUE `1` `` |" in text
    assert "- shopee-vn: 6 corrections planned, 1 confirmed by reading back, 1 unknown" in text
    refused = "".join(render("markdown", writes.refused(), View()))
    assert "\n### **REFUSED: nothing was written to shopee-vn**\n\n- shopee-vn: changed: 9 of 40" in refused


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json"])
def test_no_control_character_of_an_answer_reaches_the_reader(name: str) -> None:
    """What a shop answers, and what a guard quotes, is cleaned like every other remote string."""
    evil = "\x1b]0;title\x07\x1b[2J\x9b31m\x07\u202e\u2066\x85\x00A\nB"
    done = writes.carried_out()
    outcomes = tuple(replace(one, detail=evil, run=one.run and evil) for one in done.outcomes)
    refusals = (Refusal(evil, evil, evil, evil), Refusal(LEDGER, "empty", evil))
    result = replace(done, outcomes=outcomes, refusals=refusals)
    for brief in (False, True):
        text = "".join(render(name, result, View(brief=brief)))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


# --- one line


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_quiet_sync_says_nothing_where_nothing_was_done_or_is_left(name: str) -> None:
    """A cron job that found everything in line sends no mail."""
    assert "".join(render(name, writes.idle(), View(brief=True))) == ""


@pytest.mark.parametrize("make", [run for run in RUNS if run is not writes.idle])
def test_quiet_sync_is_one_line_where_something_was_written_or_is_left(make: Callable[[], RunResult]) -> None:
    """One line with the run's name, however narrow the terminal."""
    result = make()
    text = table(result, 40, brief=True)
    assert text == quiet(result) + "\n"
    assert text == f"stockrecon sync, run 20261111T120000Z-2: {headline(result)}\n"


# --- programs and spreadsheets


def rows(result: RunResult, **view: object) -> list[dict[str, str]]:
    text = "".join(render("csv", result, View(**view)))  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_findings_row_tells_what_became_of_its_correction() -> None:
    """CSV: the outcome stands beside the finding that asked for the write, and only there."""
    made = rows(samples.applied())
    row = next(row for row in made if row["scenario"] == "campaign-lock")
    assert {name: row[name] for name in row if name.startswith("outcome")} == {
        "outcome": "confirmed",
        "outcome_seen": "50",
        "outcome_at": "2026-11-11T12:00:00Z",
        "outcome_detail": "read back twice",
    }
    assert [row["outcome"] for row in made if row["scenario"] == "campaign-returned"] == ["unknown"]
    assert {row["outcome"] for row in made if row["scenario"] == "unexplained"} == {""}
    assert len(made) == len(rows(samples.everything()))


def test_several_corrections_of_one_finding_show_every_result() -> None:
    """CSV: no result is hidden behind another one; no single number is shown for several."""
    done = samples.applied()
    first = next(one for one in done.plan.actions if one.id == "a-3")
    second = replace(first, id="a-33", ref="stockrecon:00123:m10")
    told = [replace(done.outcomes[0], action="a-3"), replace(done.outcomes[1], action="a-33", detail="no answer")]
    plan = replace(done.plan, actions=(*done.plan.actions, second))
    made = rows(replace(done, plan=plan, outcomes=tuple(told)))
    row = next(row for row in made if row["scenario"] == "cancelled-order-restock" and row["side"] == "ledger")
    assert (row["outcome"], row["outcome_seen"]) == ("confirmed unknown", "")
    assert row["outcome_detail"] == "read back twice; no answer"


def test_what_was_written_without_a_finding_has_a_row_of_its_own() -> None:
    """CSV of a saved plan, and of what earlier runs left open: nothing that was written is missing, nor its place."""
    made = rows(writes.saved_plan())
    assert [(row["sku"], row["item_id"], row["set_to"], row["outcome"]) for row in made] == [
        (samples.LONG, "5551234567890", "50", "confirmed"),
        ("TEE-RED-M", "1001", "40", "confirmed"),
        (writes.VIETNAMESE, "1002", "3", "confirmed"),
    ]
    first, second, third = rows(writes.carried_out())[:3]
    assert (first["sku"], first["item_id"], first["set_to"], first["outcome"]) == (
        writes.THAI,
        "1003",
        "8",
        "not-applied",
    )
    assert first["outcome_detail"] == "no sign of the write was seen; sent by run 20261111T110000Z-7"
    assert (second["sku"], second["ledger_by"], second["shop"]) == ("00777", "-2", "")
    assert second["outcome_detail"] == "sent by run 20261111T110000Z-7"
    assert (third["ledger_by"], third["outcome"], third["outcome_seen"]) == ("-1", "confirmed", "0")


def test_a_filtered_sheet_has_only_its_own_outcomes() -> None:
    """CSV with --scenario: no row of another cause comes in by its outcome."""
    assert rows(writes.carried_out(), scenarios=("campaign-lock",)) == []


# --- explain


def explained(*pushes: Push, withheld: tuple[Withheld, ...] = ()) -> str:
    statement = samples.campaign_returned()
    timeline = replace(statement.timeline, pushes=pushes)
    result = samples.everything()
    plan = replace(result.plan, withheld=withheld, actions=())
    result = replace(result, command="explain", statements=(replace(statement, timeline=timeline),), plan=plan)
    return "".join(render_explain("table", result, View(width=120)))


KEY = ListingKey(samples.SHOPEE, "1001", "2")


def test_explain_shows_the_last_write_of_our_own() -> None:
    """Beside the listing's sum, and in the timeline; pushes of others are told as before."""
    text = explained(
        Push(KEY, 44, samples.at(8), True, source="journal"),
        Push(KEY, 40, samples.at(9), True, source="journal"),
        Push(KEY, 41, samples.at(10), True),
    )
    assert "\n  stockrecon wrote 40 at 2026-11-11 16:00 +07:00, accepted\n" in text
    assert "push      journal: stockrecon wrote 44 to shopee-vn 1001/2, accepted" in text
    assert "push      push to shopee-vn 1001/2: 41 sent, accepted" in text


def test_explain_shows_the_words_of_a_refused_write() -> None:
    """A write of our own that was refused carries the channel's reason."""
    text = explained(Push(KEY, 40, samples.at(9), False, "stock less than reserved", source="journal"))
    assert "stockrecon wrote 40 at 2026-11-11 16:00 +07:00, refused: stock less than reserved" in text


def test_explain_shows_an_open_write() -> None:
    """What is open keeps the listing from being written, and says so at the listing."""
    action = writes.put(samples.SHOPEE, "1001", "TEE-RED-M", 48, 40, variation="2")
    text = explained(withheld=(Withheld(action, QUARANTINED, "48 -> 40 was sent by run R, nothing is known"),))
    assert "\n  a write of stockrecon is open: 48 -> 40 was sent by run R, nothing is known\n" in text
    assert "a write of stockrecon is open" not in explained(withheld=(Withheld(action, "moving", "it moved"),))


def test_evidence_names_a_write_of_our_own_as_such() -> None:
    """A finding that rests on our own write does not call it somebody's push."""
    evidence = of_push(Push(KEY, 40, samples.at(9), True, source="journal"))
    assert (evidence.source, evidence.fact) == (
        "journal",
        "stockrecon wrote 40 to shopee-vn 1001/2, accepted",
    )
    assert of_push(Push(KEY, 40, samples.at(9), True)).source == "push to shopee-vn 1001/2"
