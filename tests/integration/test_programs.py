"""The program as people and other programs call it: the demo, and `diff` and `check` against the marketplaces."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from stockrecon.cli import app
from stockrecon.cli.commands.demo import CHANNELS
from stockrecon.reports.json import schema
from stockrecon.sandbox import run as sandbox_run
from stockrecon.sandbox.roles import WAYS, seen_from
from tests.cli.conftest import Called
from tests.integration.seller import Seller

ROOT = Path(__file__).parents[2]
FOUND = {
    1: ("CAMPAIGN-TEE", "campaign-returned +8"),
    2: ("LOCKED-BOTTLE", "campaign-lock +70"),
    3: ("PHANTOM-LAMP", "cancelled-order-restock +2 on 2 listings, +1 in the ledger"),
    4: ("STUCK-MIXER", "listing-sync-error +4"),
    5: ("UNPAID-WATCH", "unpaid-release +1"),
    6: ("LAST-CAMERA", "orders-too-near +1 in the ledger"),
}
Call = Callable[..., Called]


@pytest.fixture
def call(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Calls the program in this process, with a temporary directory of its own."""
    own = tmp_path / "tmp"
    own.mkdir()
    monkeypatch.delenv("COLUMNS", raising=False)

    def called(*arguments: str, temporary: Path = own) -> Called:
        capfdbinary.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(temporary))
            code = app.run(arguments)
        out, err = capfdbinary.readouterr()
        assert list(own.iterdir()) == [], "nothing is left in the temporary directory"
        return Called(code, out.decode(), err.decode())

    return called


def told(text: str) -> dict[int, tuple[str, str]]:
    """Number -> SKU and what was found, of each story's line."""
    lines = re.findall(r"^ *(?:- \*\*)?([1-6])(?:\*\*)? +`?([A-Z-]+)`?: .+ Found: (.+)\.$", text, re.MULTILINE)
    return {int(number): (sku, found) for number, sku, found in lines}


def test_the_demo_tells_all_six_stories(call: Call) -> None:
    """Exit 10, the report of the run that wrote, one line per story with what was found; nothing else is said."""
    called = call("demo")
    assert (called.code, called.err) == (10, "")
    assert told(called.out) == FOUND
    assert "set 48 -> 40" in called.out
    assert "set 100 -> 50" in called.out
    assert "NOT RECOGNISED" not in called.out
    title, headline = called.out.splitlines()[:2]
    assert title.startswith("stockrecon sync, run")
    assert "-0002" in title, "the report is that of the second run"
    assert headline == "5 corrections confirmed, 3 by hand, 1 waits"
    assert "CAMPAIGN-TEE  shopee-vn item 20100000001\n               48 -> 40, shows 40, " in called.out


@pytest.mark.parametrize(
    ("channel", "there", "left"),
    [
        ("tiktok-shop", {1, 2, 3, 4, 6}, "Nothing is left to write: what was corrected shows the right number now."),
        ("shopify", {3, 4, 6}, "1 correction still to be written."),
        ("woocommerce", {3, 4, 5, 6}, "1 correction still to be written."),
    ],
)
def test_the_demo_on_another_channel(call: Call, channel: str, there: set[int], left: str) -> None:
    """The same six with the same findings, those that the channel can have in its shop. A push that merely got lost is
    corrected once its owner names that cause in apply.scenarios."""
    assert WAYS.keys() == set(CHANNELS)
    called = call("demo", "--channel", channel)
    assert (called.code, called.err) == (10, "")
    assert told(called.out) == FOUND
    assert "NOT RECOGNISED" not in called.out
    assert {part.number for part in seen_from(channel) if part.main == channel} == there
    assert left in called.out
    assert f"{channel}-vn" in called.out


def test_after_the_demos_corrections_only_people_and_time_are_left(call: Call) -> None:
    """The last look finds nothing to write: each thing that is left is named with its cause and what it needs."""
    text = call("demo").out
    left = text[text.index("\nWhat is left") : text.index("\nThe six stories")]
    items = [" ".join(item.split()) for item in left.split("\n- ")[1:]]
    assert items[0] == "Nothing is left to write: what was corrected shows the right number now."
    kinds = [re.match(r"([A-Z-]+) .*?, ([a-z-]+): (by hand|wait)\b", item) for item in items[1:]]
    assert [match.groups() for match in kinds if match] == [
        ("LAST-CAMERA", "orders-too-near", "by hand"),
        ("LOCKED-BOTTLE", "campaign-lock", "by hand"),
        ("STUCK-MIXER", "listing-sync-error", "by hand"),
        ("UNPAID-WATCH", "unpaid-release", "wait"),
    ]
    assert len(items) == 5
    assert "+00:00" not in left, "times are in the shops' zone"
    assert max(map(len, left.splitlines())) <= 80


def test_the_demos_formats(call: Call, tmp_path: Path) -> None:
    """JSON and CSV are clean on standard output and the stories on standard error; markdown holds them itself."""
    as_json = call("demo", "--format", "json")
    document = json.loads(as_json.out)
    jsonschema.validate(document, schema())
    assert (as_json.code, document["exit"]) == (10, 10)
    assert told(as_json.err) == FOUND
    numbers = {finding["number"] for statement in document["statements"] for finding in statement["findings"]}
    assert numbers == {1, 2, 3, 4, 5, 6}
    assert document["command"] == "sync"
    assert [one["result"] for one in document["outcomes"]] == ["confirmed"] * 5
    assert {one["action"] for one in document["outcomes"]} == {
        action["id"] for action in document["plan"]["actions"] if action["kind"] in ("set-stock", "adjust-ledger")
    }
    markdown = call("demo", "--format", "markdown", "-o", str(tmp_path / "report.md"))
    assert markdown.out == ""
    text = (tmp_path / "report.md").read_text("utf-8").replace("\\_", "_")
    assert {number: sku for number, (sku, _) in told(text).items()} == {
        number: sku for number, (sku, _) in FOUND.items()
    }
    assert "### What is left, read again after the corrections\n\n- Nothing is left to write" in text


def test_a_quiet_demo_is_the_headline_alone(call: Call) -> None:
    """As `sync --apply -q` would tell it: one line with the run's name."""
    called = call("demo", "-q", "--no-color")
    assert (called.code, called.err) == (10, "")
    assert re.fullmatch(
        r"stockrecon sync, run \w+-0002: 5 corrections confirmed, 3 by hand, 1 waits\n",
        called.out,
    )


def test_a_demo_without_the_extra_names_it(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2 and the command that installs it; no traceback of an import."""
    monkeypatch.setattr(sandbox_run, "PACKAGES", ("stockrecon_no_such_package",))
    called = call("demo")
    assert (called.code, called.out) == (2, "")
    assert "pip install 'stockrecon[sandbox]'" in called.err


def test_a_demo_without_room_says_so(call: Call, tmp_path: Path) -> None:
    """A temporary directory that cannot be written: exit 2, not a bug."""
    called = call("demo", temporary=tmp_path / "nowhere")
    assert (called.code, called.out) == (2, "")
    assert "cannot be written" in called.err


def test_a_demo_whose_output_cannot_be_written_does_not_begin(call: Call, tmp_path: Path) -> None:
    called = call("demo", "-o", str(tmp_path / "nowhere" / "report.txt"))
    assert called.code == 2
    assert "there is no folder" in called.err


def test_diff_and_check_as_a_user_calls_them(
    call: Call, stories: Seller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit 10 with every scenario; check touches no stock and is content; no secret in anything they say."""
    assert stories.market is not None
    monkeypatch.setattr("stockrecon.cli.engine.clock", stories.market.clock.now)
    config = str(stories.write())
    stories.remember_secrets()
    before = len(stories.market.sandbox.shops["lazada-vn"].shop.effects)
    for arguments in (
        ["diff", "-c", config, "-v"],
        ["explain", "-c", config, "LOCKED-BOTTLE"],
        ["check", "-c", config],
    ):
        called = call(*arguments, "-c", config)
        assert called.code == (0 if arguments[0] == "check" else 10), called.err
        stories.look_through("output", called.out + called.err)
    assert len(stories.market.sandbox.shops["lazada-vn"].shop.effects) == before
    only = call("diff", "-c", config, "--shop", "lazada-vn", "--scenario", "campaign-lock", "--format", "json")
    document = json.loads(only.out)
    assert {one["scenario"] for row in document["statements"] for one in row["findings"]} == {"campaign-lock"}
    assert [shop["name"] for shop in document["shops"]] == ["lazada-vn"]


def test_an_unreadable_shop_is_told_to_programs_too(
    call: Call, stories: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 13; JSON on standard output holds the error, standard error names the shop."""
    assert stories.market is not None
    monkeypatch.setattr("stockrecon.cli.engine.clock", stories.market.clock.now)
    stories.market.sandbox.shops["shopee-vn"].face.tokens.revoke(refresh=True)
    stories.remember_secrets()
    called = call("diff", "-c", str(stories.write()), "--format", "json")
    assert called.code == 13
    document = json.loads(called.out)
    jsonschema.validate(document, schema())
    assert document["exit"] == 13
    assert "not read: shopee-vn: " in called.err
    stories.look_through("output", called.out + called.err)


def test_the_demo_in_a_process_of_its_own(tmp_path: Path) -> None:
    """As a user starts it, its reader closing the pipe early: no traceback, nothing left behind."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    command = f"{sys.executable} -m stockrecon demo | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60, check=False
    )
    assert done.stdout.startswith("stockrecon sync, run")
    assert done.stderr == ""
    assert done.returncode == 10
    assert list(tmp_path.iterdir()) == []
