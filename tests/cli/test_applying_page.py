"""docs/applying.md keeps its word: its numbers, rules and outcomes are the program's, and what it shows is real."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.apply import earlier, raises_of, saved, stock
from stockrecon.apply.readback import judged
from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.files import UPLOAD
from stockrecon.cli.app import run
from stockrecon.cli.outcome import Session
from stockrecon.config import load
from stockrecon.config.policy import APPLY_KEYS
from stockrecon.core import contest, guard, withhold
from stockrecon.core.findings import Action, ActionKind, OutcomeResult, Plan, Refusal
from stockrecon.core.intent import Answered, Intent
from stockrecon.core.model import ListingKey, ShopName, Sku
from stockrecon.core.policy import DEFAULT_APPLY, Limit, Limits, Mode, Policy
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "applying.md").read_text(encoding="utf-8")
FLAT = " ".join(TEXT.split())
NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
SHOP = ShopName("shopee-vn")
APPLY = ("sync", "--apply", "-c", "config.yaml")


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in found]


def rows(head: str) -> list[list[str]]:
    """The cells of the table whose header begins with `head`."""
    table = TEXT.split(f"\n| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


@pytest.mark.parametrize("example", blocks("yaml"))
def test_every_configuration_of_the_page_loads(tmp_path: Path, example: str) -> None:
    """As it stands there; what another section has to say is taken from the shortest configuration."""
    if "shops:" not in example:
        example += "shops: [{name: s, channel: file, path: s/}]\n"
    if "ledger:" not in example:
        example += "ledger: {type: file, path: ledger/}\n"
    (tmp_path / "config.yaml").write_text(example, encoding="utf-8")
    load(tmp_path / "config.yaml", {})


def write(name: str, frm: int, to: int, shop: ShopName = SHOP) -> Action:
    key = ListingKey(shop, name, "")
    return Action(
        name, ActionKind.SET_STOCK, Sku(name), "campaign-returned", "f", shop=shop, listing=key, frm=frm, to=to
    )


def everything_refused() -> list[Refusal]:
    """What the guards say to a run that breaks every rule there is, and to an undo plan that raises."""
    old, ahead = NOW - timedelta(days=2), NOW + timedelta(hours=1)
    shops = {
        SHOP: ShopStanding(SHOP, Mode.APPLY, old, 10, 10, 10, good_rows=20, seen=NOW, error="page 3 is missing"),
        ShopName("b"): ShopStanding(ShopName("b"), Mode.APPLY, ahead, 0, 0, 0),
    }
    book = LedgerStanding(NOW, 10, 10)
    writes = [write(f"z{number}", 1, 0) for number in range(9)]
    writes += [write("up", 0, 1000), write("up", 0, 1, ShopName("b"))]
    writes += [
        Action(
            f"c{number}", ActionKind.ADJUST_LEDGER, Sku(f"s{number}"), "cancelled-order-restock", "f", by=-9, ref="r"
        )
        for number in range(9)
    ]
    standing = Standing(book, shops, forgotten="the state is gone")
    return [*guard.judge(writes, standing, Policy(), NOW, digest="d"), *raises_of(Plan("d", (write("up", 0, 1),)))]


def test_every_guard_is_told_with_its_limit_its_key_and_its_way_on() -> None:
    """No rule is missing, none is made up, and what can be approved is what the program lets be approved."""
    refused = {refusal.rule: refusal.approvable for refusal in everything_refused()}
    assert refused.keys() >= guard.TRUST
    told = {row[0].strip("`"): row for row in rows("rule | what it says no to")}
    assert told.keys() == refused.keys()
    assert {rule: row[4].startswith("yes") for rule, row in told.items()} == refused
    limits = Limits()
    for rule, limit in {
        "changed": limits.changed,
        "zeroed": limits.zeroed,
        "added": limits.added,
        "correction-skus": limits.correction_skus,
        "correction-units": limits.correction_units,
        "lost": limits.lost,
    }.items():
        assert told[rule][2].startswith(limit_in_words(limit))
        key = told[rule][3].strip("`").removeprefix("apply.limits.")
        assert f"apply.limits.{key}" in {way for one in everything_refused() for way in one.way_on.split()}
    assert f"{minutes(guard.AHEAD)} minutes ahead" in told["future"][2]
    usual = Policy()
    network, file = minutes(usual.max_age_network), minutes(usual.max_age_file) // 60
    assert told["old"][2] == f"{network} minutes over a network, {file} hours for files"


def limit_in_words(limit: Limit) -> str:
    return f"{limit.count} or {limit.percent} %"


def minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60


def test_every_outcome_and_every_rule_that_withholds_is_told() -> None:
    """By the words of the JSON document."""
    assert [row[0].strip("`") for row in rows("outcome | what it means")] == [each.value for each in OutcomeResult]
    rules = {
        withhold.TWO_PROGRAMS,
        withhold.QUARANTINED,
        withhold.MOVING,
        withhold.CONFIRM_RAISE,
        withhold.FULL_PULL,
    }
    assert {row[0].strip("`") for row in rows("rule | why")} == rules


def test_the_numbers_are_the_programs() -> None:
    """Waits, ages and lives, each where the page tells it."""
    for channel in ("shopee", "lazada"):
        waits = [f"{wait:g}" for wait in capabilities(channel).settles]
        assert f"waits of {', '.join(waits[:-1])} and {waits[-1]} seconds" in FLAT
        assert sum(capabilities(channel).settles) == 60
    assert f"it is older than {minutes(saved.LIFE)} minutes, or from the future" in FLAT
    assert f"ends within {minutes(stock.TOKEN_LIFE)} minutes is renewed" in FLAT
    assert f"After {stock.SILENT_BATCHES} requests in a row" in FLAT
    assert timedelta(minutes=2) == earlier.LATE
    assert f"more than two minutes have passed since it was sent ({earlier.LATE_IN_LEDGER.seconds} seconds" in FLAT
    assert f"(default {minutes(Policy().confirm_raise)} minutes)" in FLAT
    assert contest.TIMES == 3
    assert f"three times within {minutes(contest.WINDOW) // 60} hours" in FLAT
    assert all(f"`{scenario}`" in FLAT for scenario in DEFAULT_APPLY)
    assert all(f"apply.{key}" in TEXT for key in APPLY_KEYS)


def test_an_unread_number_decides_nothing() -> None:
    """What the page says of `superseded`: a listing that is gone, or a third number."""
    key = ListingKey(SHOP, "1", "")
    sent = Intent(1, "r", "a", ActionKind.SET_STOCK, Sku("s"), key, 10, 7, None, None, NOW, answered=Answered.ACCEPTED)
    results = {seen: judged(sent, seen, last=True) for seen in (7, 10, 9, None)}
    told = {seen: found.result.value for seen, found in results.items() if found is not None}
    assert told == {7: "confirmed", 10: "not-applied", 9: "superseded", None: "superseded"}


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of examples/ with its first shop in mode apply, as the page has it."""
    folder = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", folder, ignore=shutil.ignore_patterns(".stockrecon"))
    config = folder / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("path: shopee-vn/", "path: shopee-vn/\n    mode: apply", 1), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


def test_the_example_run_prints_what_the_page_shows(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line of the page's first run, and the file for upload to the byte."""
    shown = next(block for block in blocks("console") if "--apply" in block)
    assert run([*APPLY, "--now", "2026-11-25T02:00+07:00"], Session()) == 10
    printed = " ".join(capsys.readouterr().out.split())
    lines = [line for line in shown.splitlines() if not line.startswith(("$", "..."))]
    assert len(lines) >= 7
    assert [line for line in lines if line not in printed] == []
    table = next(block for block in blocks("text") if block.startswith("item_id,"))
    assert (example / "shopee-vn" / UPLOAD).read_text(encoding="utf-8").splitlines() == table.splitlines()


def test_a_newer_snapshot_settles_the_upload_row_by_row(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One row was taken, one was not: the next run that writes tells both, as the page shows it."""
    assert run([*APPLY, "-q", "--now", "2026-11-25T02:00+07:00"], Session()) == 10
    swap(
        example / "shopee-vn" / "shop.yaml",
        lambda text: re.sub("(?m)^as_of:.*", "as_of: 2026-11-11T19:30:00+07:00", text),
    )
    swap(example / "shopee-vn" / "listings.csv", lambda text: re.sub("(?m)^(5001,.*?),48,", r"\1,40,", text))
    capsys.readouterr()
    run([*APPLY, "--now", "2026-11-25T02:10+07:00"], Session())
    printed = " ".join(capsys.readouterr().out.split())
    shown = next(block for block in blocks("text") if block.startswith("Settled"))
    # Time and run are of the day on which it was tried.
    parts = re.split(r"\d\d:\d\d:\d\d \+07:00|\d{8}T\d{6}Z-\d+", shown)
    assert [part for part in (" ".join(part.split()) for part in parts) if part not in printed] == []


def swap(file: Path, change: Callable[[str], str]) -> None:
    before = file.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    file.write_text(after, encoding="utf-8")
