"""The contract to the letter: options, exit codes, keys, formats, and the same bytes for the same inputs."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stockrecon.cli.output import colour
from tests.acceptance.conftest import NOW, Market, copied

READING = [("diff",), ("sync",), ("explain", "LAMP-OAK")]
READING_IDS = ["diff", "sync", "explain"]
STATEMENT = ["sku", "available", "available_in_flight", "excess", "deficit", "listings", "findings"]
LISTING = [
    "shop", "item_id", "variation_id", "seller_sku", "sellable", "campaign", "withheld", "committed", "state",
    "components", "target", "floor", "write_target", "exposed", "variance",
]  # fmt: skip
FINDING = [
    "scenario", "number", "side", "shop", "item_id", "variation_id", "units", "ambiguous", "resolves_at", "text",
    "evidence", "id", "remedies",
]  # fmt: skip
OUTCOME = ["action", "result", "seen", "at", "detail"]
ACTION = {
    "set-stock": "id kind shop item_id variation_id sku from to scenario finding after",
    "adjust-ledger": "id kind sku by ref scenario finding",
    "manual": "id kind sku shop item_id variation_id text scenario finding due",
    "wait": "id kind sku shop item_id variation_id until scenario finding",
}


# Section 1


@pytest.mark.parametrize("command", READING, ids=READING_IDS)
def test_every_reading_command_has_the_options(shared: Market, command: tuple[str, ...]) -> None:
    out = shared.call(*command, "--help").out
    if command == ("sync",):
        assert all(
            f"  {option} " in out for option in ("--apply", "--plan FILE", "--save-plan FILE", "--approve DIGEST")
        )
    for option in ("-c, --config", "--shop", "--sku", "--scenario", "--now", "--format", "-o, --output", "-q", "-v"):
        assert option in out
    assert "--no-color" in out
    assert "STOCKRECON_CONFIG" in out


@pytest.mark.parametrize("command", READING, ids=READING_IDS)
def test_all_options_at_once(shared: Market, command: tuple[str, ...]) -> None:
    called = shared.call(
        *command, "-c", "config.yaml", "--shop", "lazada-vn", "--shop", "shopee-vn", "--sku", "LAMP-*",
        "--sku", "MUG-*", "--scenario", "campaign-lock",
        "--now", NOW, "--format", "json", "-o", "-", "-v", "--no-color",
    )  # fmt: skip
    assert called.code == 10
    assert {f["scenario"] for s in called.document["statements"] for f in s["findings"]} == {"campaign-lock"}


def test_shop_sku_and_scenario_narrow_what_is_shown(shared: Market) -> None:
    one = shared.diff("--shop", "shopee-vn").document
    assert [shop["name"] for shop in one["shops"]] == ["shopee-vn"]
    assert {line["shop"] for s in one["statements"] for line in s["listings"]} == {"shopee-vn"}
    some = shared.diff("--sku", "*-[BO]*", "--sku", "0012?").document
    assert [s["sku"] for s in some["statements"]] == ["00123", "LAMP-OAK", "MUG-BLACK"]
    lock = shared.diff("--scenario", "campaign-lock", "--scenario", "orders-too-near").document
    assert [s["sku"] for s in lock["statements"]] == ["LAMP-OAK", "VASE-LAST"]
    assert lock["summary"] == shared.diff().document["summary"]


def test_a_scenario_that_there_is_not(shared: Market) -> None:
    called = shared.diff("--scenario", "campain-lock")
    assert (called.code, called.out) == (2, "")
    assert "Did you mean campaign-lock?" in called.err


@pytest.mark.parametrize("now", ["2026-11-11T19:00:00", "2026-11-11", "19:00+07:00", "2026-02-31T00:00+07:00", ""])
def test_now_is_a_time_with_an_offset(shared: Market, now: str) -> None:
    called = shared.call("diff", "-c", "config.yaml", "--now", now)
    assert (called.code, called.out) == (2, "")
    assert "--now" in called.err
    assert "offset" in called.err


def test_now_is_the_reports_time(shared: Market) -> None:
    for now in (NOW, "2026-11-11T12:00:00Z", "2026-11-11T12:00+00:00"):
        assert shared.call("diff", "-c", "config.yaml", "--now", now, "--format", "json").document["now"] == (
            "2026-11-11T12:00:00Z"
        )


@pytest.mark.parametrize(
    ("name", "begins"), [("table", "stockrecon diff"), ("markdown", "## "), ("json", "{"), ("csv", '"')]
)
def test_the_formats(shared: Market, name: str, begins: str) -> None:
    called = shared.diff(style=name)
    assert called.code == 10
    assert called.out.startswith(begins)
    assert called.err == ""


@pytest.mark.parametrize("command", READING, ids=READING_IDS)
def test_html_is_not_in_this_version_and_says_so(shared: Market, command: tuple[str, ...]) -> None:
    called = shared.call(*command, "-c", "config.yaml", "--format", "html")
    assert (called.code, called.out) == (2, "")
    assert "html is not in this version; it has table, markdown, json, csv" in called.err


def test_output_goes_into_a_file(market: Market) -> None:
    printed = market.diff()
    shutil.rmtree(market.folder / ".stockrecon")
    written = market.diff("-o", "report.json")
    assert (written.code, written.out) == (10, "")
    assert written.err == "report written to report.json\n"
    assert (market.folder / "report.json").read_text() == printed.out
    assert market.diff("-q", "-o", "report.json").err == ""


def test_quiet_and_verbose(shared: Market) -> None:
    quiet = shared.diff("-q", style="table")
    assert len(quiet.out.splitlines()) == 5
    assert quiet.err == ""
    plain, verbose = shared.diff(style="table"), shared.diff("-v", style="table")
    assert "ledger movement" not in plain.out
    assert "ledger movement" in verbose.out


def on_a_terminal(market: Market, **environ: str) -> str:
    """What a process writes to a terminal that is its standard output."""
    ours, theirs = os.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80"} | environ
    command = [sys.executable, "-m", "stockrecon", "diff", "-c", "config.yaml", "--now", NOW, "--sku", "CAP-RED"]
    process = subprocess.Popen(command, cwd=market.folder, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    # Linux ends a terminal whose other end is closed with an error.
    with contextlib.suppress(OSError):
        while block := os.read(ours, 4096):
            written += block
    os.close(ours)
    assert process.wait(timeout=30) == 0
    return written.decode()


def test_colour_is_for_terminals_that_want_it(shared: Market) -> None:
    assert "\x1b" not in shared.diff(style="table").out
    assert "\x1b[" in on_a_terminal(shared)
    plain = on_a_terminal(shared, NO_COLOR="1")
    assert "stockrecon diff" in plain
    # The progress bars, which vanish, are the terminal's own business.
    assert "\x1b[1m" not in plain.partition("stockrecon diff")[2]
    assert not colour(no_color=True)


def test_the_configuration_is_the_option_the_environment_or_the_folder(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = market.call("diff")
    assert (absent.code, absent.out) == (2, "")
    assert "stockrecon.yaml: there is no such file" in absent.err
    monkeypatch.setenv("STOCKRECON_CONFIG", "config.yaml")
    assert market.call("diff").code == 10
    monkeypatch.delenv("STOCKRECON_CONFIG")
    market.config.rename(market.folder / "stockrecon.yaml")
    assert market.call("diff").code == 10
    monkeypatch.setenv("STOCKRECON_CONFIG", "nowhere.yaml")
    assert market.call("diff").code == 2
    assert market.call("diff", "-c", "stockrecon.yaml").code == 10


# Section 2


def test_exit_codes(market: Market) -> None:
    """0 in line, 10 differences, 2 usage, 13 unread; what settles by itself or is only policy does not count."""
    assert market.diff().code == 10
    assert market.diff("--sku", "CAP-RED").code == 0
    assert market.diff("--sku", "SOAP-LIME").code == 0
    assert market.diff("--sku", "TEA-GIFT").code == 0
    assert market.diff("--shop", "nowhere").code == 2
    shutil.rmtree(market.folder / "lazada-vn")
    unread = market.diff("--sku", "CAP-RED")
    assert (unread.code, unread.document["exit"]) == (13, 13)


# Sections 3 to 5


def test_paths_count_from_the_configuration_and_skus_are_text(market: Market, tmp_path: Path) -> None:
    """Called from elsewhere it reads the same files and keeps its state beside them; 00123 stays 00123."""
    elsewhere = Market(tmp_path)
    called = elsewhere.call("diff", "-c", str(market.config), "--now", NOW, "--format", "json")
    assert called.code == 10
    assert called.document["statements"][0]["sku"] == "00123"
    assert (market.folder / ".stockrecon").is_dir()
    assert (market.folder / ".stockrecon").stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / ".stockrecon").exists()


def test_optional_tables_switch_off_what_needs_them(market: Market) -> None:
    for name in ("movements", "pushes", "listings"):
        (market.folder / "ledger" / f"{name}.csv").unlink()
    (market.folder / "lazada-vn" / "orders.csv").unlink()
    cannot = " ".join(market.diff().document["cannot"])
    for words in (
        "no movements: scenarios 3, 5 and 6",
        "no pushes",
        "no listings table",
        "no orders are known of lazada-vn",
    ):
        assert words in cannot


def test_without_its_as_of_a_file_ledgers_time_is_the_latest_in_its_files(market: Market) -> None:
    market.write("ledger/ledger.yaml", "zone: Asia/Ho_Chi_Minh\n")
    assert market.diff().document["ledger"]["as_of"] == "2026-11-11T10:59:00Z"


# Section 6


def documents(shared: Market) -> list[Any]:
    return [
        shared.diff("--all").document,
        shared.call("sync", "-c", "config.yaml", "--now", NOW, "--format", "json").document,
    ]


def test_the_documents_keys(shared: Market) -> None:
    for document in documents(shared):
        keys = [key for key in document if key not in ("cannot", "warnings")]
        assert " ".join(keys) == "schema command run now ledger shops summary statements plan outcomes exit"
        assert document["schema"] == "stockrecon/1"
        assert list(document["ledger"]) == ["type", "as_of", "skus"]
        for shop in document["shops"]:
            assert list(shop)[:7] == ["name", "channel", "as_of", "listings", "complete", "requests", "error"]
        assert list(document["summary"])[:6] == [
            "skus", "listings", "in_line", "variance_units", "oversell_units", "by_scenario"
        ]  # fmt: skip
        for statement in document["statements"]:
            assert list(statement)[:7] == STATEMENT
            assert all(list(line) == LISTING for line in statement["listings"])
            assert all(list(finding) == FINDING for finding in statement["findings"])
        plan = document["plan"]
        # What `sync --apply` would leave out, here because both shops are observed.
        left_out = ["unpermitted"] if document["command"] == "sync" else []
        assert list(plan) == ["digest", "actions", "withheld", *left_out]
        assert plan["digest"].startswith("sha256:")
        for action in plan["actions"]:
            assert list(action) == ACTION[action["kind"]].split()


def test_links_within_the_document_hold(shared: Market) -> None:
    document = documents(shared)[0]
    findings = {finding["id"]: finding for s in document["statements"] for finding in s["findings"]}
    actions = [action["id"] for action in document["plan"]["actions"]]
    assert len(set(actions)) == len(actions)
    for action in document["plan"]["actions"]:
        assert findings[action["finding"]]["scenario"] == action["scenario"]
        assert action.get("after") in (None, *actions)


def test_unknown_is_null_and_never_0(market: Market) -> None:
    """A SKU that the ledger lacks, a listing without seller SKU, a shop and a ledger that were not read."""
    market.sub("ledger/stock.csv", "MUG-BLACK,40\n", "").sub("lazada-vn/listings.csv", "LAMP-OAK", "")
    document = market.diff("--all").document
    mug = next(s for s in document["statements"] if s["sku"] == "MUG-BLACK")
    assert (mug["available"], mug["available_in_flight"]) == (None, None)
    for line in mug["listings"]:
        assert (line["target"], line["write_target"], line["variance"]) == (None, None, None)
        assert line["exposed"] > 0
    assert [(f["scenario"], f["number"], f["units"]) for f in mug["findings"]] == [("unknown-sku", None, 0)] * 2
    bare = [line for s in document["statements"] for line in s["listings"] if line["item_id"] == "7002"]
    assert [(line["target"], line["variance"]) for line in bare] == [(None, None)]
    shutil.rmtree(market.folder / "lazada-vn")
    shutil.rmtree(market.folder / "ledger")
    unread = market.diff().document
    assert unread["ledger"]["as_of"] is unread["ledger"]["skus"] is None
    shop = next(one for one in unread["shops"] if one["name"] == "lazada-vn")
    assert (shop["as_of"], shop["complete"]) == (None, False)


def test_all_shows_every_sku_once(shared: Market) -> None:
    some, every = shared.diff().document, shared.diff("--all").document
    assert len(some["statements"]) == 8
    assert [s["sku"] for s in every["statements"]] == sorted({s["sku"] for s in every["statements"]})
    assert len(every["statements"]) == every["ledger"]["skus"] == 11
    assert (some["summary"], some["plan"]) == (every["summary"], every["plan"])


def test_csv_has_one_row_per_finding(shared: Market) -> None:
    rows = list(csv.DictReader(io.StringIO(shared.diff(style="csv").out)))
    assert len(rows) == 10
    assert sum(int(row["units"]) for row in rows if row["side"] == "listing" and int(row["units"]) > 0) == 90


# The same bytes


def tree(folder: Path) -> dict[str, bytes]:
    """What lies in the folder, without the state."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".stockrecon" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("style", ["json", "table"])
def test_the_same_inputs_state_and_now_give_the_same_bytes(market: Market, tmp_path: Path, style: str) -> None:
    """Also in a copy of the folder, in another process with another seed of hashing; the inputs are untouched."""
    before = tree(market.folder)
    market.diff()
    shutil.copytree(market.folder, tmp_path / "copy")
    copy = Market(tmp_path / "copy")
    first = market.diff("--all", style=style)
    second = copy.shell(f"$SR diff -c config.yaml --now {NOW} --format {style} --all", PYTHONHASHSEED="7")
    assert (first.code, first.out, first.err) == (second.code, second.out, second.err)
    assert tree(market.folder) == before


def test_a_run_writes_nothing_but_its_state(market: Market) -> None:
    before = tree(market.folder)
    for command in (*READING, ("check",), ("runs",)):
        market.call(*command, "-c", "config.yaml")
    assert tree(market.folder) == before
    assert {path.name for path in market.folder.iterdir()} == {path.split("/")[0] for path in before} | {".stockrecon"}


def test_runs_lists_what_ran(tmp_path: Path) -> None:
    market = copied(tmp_path / "market")
    run = market.diff().document["run"]
    listed = json.loads(market.call("runs", "-c", "config.yaml", "--format", "json").out)
    assert [(one["run"], one["command"], one["exit"]) for one in listed] == [(run, "diff", 10)]
    for arguments in (("runs", "-c", "config.yaml", "show", run), ("runs", "show", run, "-c", "config.yaml")):
        called = market.call(*arguments)
        assert called.code == 0
        assert run in called.out
