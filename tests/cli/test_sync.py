"""The options of `sync`: which contradict one another, what a digest is, and that no plan is applied by accident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Called, FakeRun
from tests.reports import samples, writes

Call = Callable[..., Called]
DIGEST = "sha256:" + "0123456789abcdef" * 4

CONTRADICTIONS: tuple[tuple[list[str], str, str], ...] = (
    (["--save-plan", "a.json", "--apply"], "--save-plan writes a plan and carries none out", "--apply and --plan"),
    (["--save-plan", "a.json", "--plan", "b.json"], "--save-plan writes a plan and carries none", "without --apply"),
    (["--approve", DIGEST], "--approve without --apply or --plan approves nothing", "add --apply"),
    (["--save-plan", "a.json", "--approve", DIGEST], "--approve without --apply or --plan", "add --apply"),
    (["--plan", "a.json", "--shop", "shopee-vn"], "--shop would not narrow it", "give --shop when the plan is made"),
    (["--plan", "a.json", "--sku", "A*"], "--sku would not narrow it", "when the plan is made, with --save-plan"),
    (["--apply", "--scenario", "campaign-lock"], "--scenario filters only what is shown", "apply.scenarios"),
    (["--plan", "a.json", "--scenario", "campaign-lock"], "not what is written", "leave --scenario out"),
)


@pytest.mark.parametrize(("options", "words", "way_on"), CONTRADICTIONS, ids=lambda one: " ".join(one)[:40])
def test_options_that_contradict_one_another_are_refused_before_anything_is_read(
    call: Call, fake: FakeRun, folder: Path, options: list[str], words: str, way_on: str
) -> None:
    """2, one message with the way on, and no run."""
    called = call("sync", *options)
    assert (called.code, called.out) == (2, "")
    assert words in called.err
    assert way_on in called.err
    assert fake.options is None
    assert not (folder / ".stockrecon").exists()


@pytest.mark.parametrize(
    "digest",
    ["", "sha256:", DIGEST[:-1], DIGEST + "0", DIGEST.upper(), DIGEST.removeprefix("sha256:"), "yes", f" {DIGEST}"],
)
@pytest.mark.parametrize("how", [["--apply"], ["--plan", "a.json"]], ids=" ".join)
def test_an_approval_names_a_whole_digest(call: Call, fake: FakeRun, folder: Path, how: list[str], digest: str) -> None:
    """Half a digest would approve anything: it is refused before anything is read."""
    called = call("sync", *how, "--approve", digest)
    assert (called.code, called.out) == (2, "")
    assert "sha256: and 64 hexadecimal digits, as sync prints it" in called.err
    assert fake.options is None


def test_without_apply_a_run_only_plans(call: Call, fake: FakeRun, folder: Path) -> None:
    """Neither locks nor a journal are made for a look, and the report says that nothing was written."""
    fake.answer = writes.planned
    called = call("sync")
    assert called.code == 10
    assert "Nothing has been written." in " ".join(called.out.split())
    assert not (folder / ".stockrecon").exists()


def test_a_plan_that_nobody_refuses_can_be_approved_all_the_same(call: Call, fake: FakeRun, folder: Path) -> None:
    """A right digest is taken; where there is nothing to override it changes nothing."""
    fake.answer = lambda: replace(samples.in_line(), command="sync")
    called = call("sync", "--apply", "--approve", DIGEST)
    assert (called.code, called.err) == (0, "")


def test_quiet_says_nothing_where_there_is_nothing(call: Call, fake: FakeRun, folder: Path) -> None:
    """What cron would mail is empty, in every format for people."""
    fake.answer = lambda: replace(samples.in_line(), command="sync")
    for style in ("table", "markdown"):
        for how in ([], ["--apply"]):
            called = call("sync", "-q", "--format", style, *how)
            assert (called.code, called.out, called.err) == (0, "", "")


def test_a_filter_of_what_is_shown_is_allowed_for_a_plan(call: Call, fake: FakeRun, folder: Path) -> None:
    """Looking at one cause changes nothing that is written, since nothing is."""
    fake.answer = writes.planned
    called = call("sync", "--scenario", "campaign-lock")
    assert called.code == 10
    assert "take the 20 units out of the campaign" in " ".join(called.out.split())
    assert "MUG-RED" not in called.out
