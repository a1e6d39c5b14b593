"""What each command passes on, and where its report goes."""

from __future__ import annotations

import importlib.util
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from stockrecon import __version__
from stockrecon.cli.app import COMMANDS, LazyGroup, stockrecon
from tests.cli.conftest import Called, FakeRun
from tests.reports import samples

Call = Callable[..., Called]
HEAVY = ("httpx", "sqlalchemy", "duckdb", "rich", "yaml", "stockrecon.core", "stockrecon.config")


def test_options_reach_the_run(call: Call, fake: FakeRun, folder: Path) -> None:
    called = call(
        "diff", "--shop", "shopee-vn", "--sku", "A*", "--sku", "B", "--scenario", "campaign-lock", "--all",
        "--now", "2026-11-11T19:00+07:00",
    )  # fmt: skip
    assert called.code == 13
    options = fake.options
    assert (options.command, options.shops, options.skus) == ("diff", ("shopee-vn",), ("A*", "B"))
    assert (options.scenarios, options.everything) == (("campaign-lock",), True)
    assert options.now == datetime(2026, 11, 11, 12, tzinfo=UTC)
    assert "campaign-lock" in called.out
    assert "campaign-returned" not in called.out


def test_the_configuration_is_the_option_then_the_environment_then_the_folder(
    call: Call, fake: FakeRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("diff")
    assert fake.settings.file == Path("stockrecon.yaml")
    (folder / "other.yaml").write_text((folder / "stockrecon.yaml").read_text())
    monkeypatch.setenv("STOCKRECON_CONFIG", "other.yaml")
    call("diff")
    assert fake.settings.file == Path("other.yaml")
    call("diff", "-c", "stockrecon.yaml")
    assert fake.settings.file == Path("stockrecon.yaml")


@pytest.mark.parametrize("name", ["table", "markdown", "json", "csv"])
def test_the_report_goes_to_standard_output_and_all_else_to_standard_error(
    call: Call, fake: FakeRun, folder: Path, name: str
) -> None:
    called = call("diff", "--format", name)
    assert "TEE-RED-M" in called.out
    # Also beside a report for people that goes into a file: nobody should have to notice it by what is missing.
    assert "not read: shopee-th: the access token" in called.err
    assert "\x1b" not in called.out


def test_a_file_is_written_whole_with_a_new_files_rights(call: Call, fake: FakeRun, folder: Path) -> None:
    mask = os.umask(0o027)
    try:
        called = call("diff", "--format", "json", "-o", "report.json")
    finally:
        os.umask(mask)
    assert called.out == ""
    assert "report written to report.json" in called.err
    assert json.loads((folder / "report.json").read_text())["exit"] == 13
    assert stat.S_IMODE((folder / "report.json").stat().st_mode) == 0o640
    assert [path.name for path in folder.iterdir() if path.name.endswith(".part")] == []


def test_an_old_report_stays_when_the_new_one_fails(
    call: Call, fake: FakeRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = folder / "report.txt"
    target.write_text("old")
    target.chmod(0o604)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    called = call("diff", "-o", "report.txt")
    assert called.code == 2
    assert "report.txt cannot be written: No space left on device" in called.err
    assert target.read_text() == "old"
    assert not list(folder.glob(".report*"))
    monkeypatch.undo()


def test_a_link_stays_a_link_and_rights_are_kept(call: Call, fake: FakeRun, folder: Path) -> None:
    target = folder / "real.txt"
    target.write_text("old")
    target.chmod(0o604)
    (folder / "link.txt").symlink_to(target)
    call("diff", "-o", "link.txt")
    assert (folder / "link.txt").is_symlink()
    assert "stockrecon diff" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_quiet_is_the_headline_and_what_was_not_read(call: Call, fake: FakeRun, folder: Path) -> None:
    called = call("diff", "-q")
    assert len(called.out.splitlines()) == 5
    assert called.err.startswith("not read: shopee-th: ")
    assert "warning" not in called.err


def test_sync_prints_every_step_of_the_plan(call: Call, fake: FakeRun, folder: Path) -> None:
    fake.answer = lambda: replace(samples.everything(), command="sync")
    called = call("sync")
    assert fake.options.command == "sync"
    assert "TEE-RED-M  shopee-vn item 1001 variation 2: set 48 -> 40" in called.out
    assert "Nothing has been written." in called.out


def test_explain_asks_for_exactly_this_sku(call: Call, fake: FakeRun, folder: Path) -> None:
    fake.answer = lambda: replace(samples.everything(), statements=(samples.campaign_returned(),))
    called = call("explain", "TEE-RED-M")
    assert fake.options.explain_sku == "TEE-RED-M"
    assert "Timeline" in called.out


def test_explain_of_a_sku_that_nobody_knows_is_2(call: Call, fake: FakeRun, folder: Path) -> None:
    fake.answer = samples.in_line
    called = call("explain", "tee-red-m")
    assert (called.code, called.out) == (2, "")
    assert "'tee-red-m'" in called.err


def test_init_writes_a_starter_once(call: Call, tmp_path: Path) -> None:
    assert call("init", str(tmp_path / "new")).code == 0
    before = (tmp_path / "new" / "stockrecon.yaml").read_text()
    again = call("init", str(tmp_path / "new"))
    assert again.code == 2
    assert "already there" in again.err
    assert (tmp_path / "new" / "stockrecon.yaml").read_text() == before


def test_init_prints_the_sql_of_the_ledgers_tables(call: Call) -> None:
    called = call("init", "--tables", "postgresql")
    assert called.code == 0
    assert "CREATE TABLE stock" in called.out


def test_version_and_help_import_nothing_heavy() -> None:
    for option in ("--version", "--help"):
        probe = (
            "import sys\nfrom stockrecon.cli.app import run\n"
            f"code = run(['{option}'])\n"
            f"print(code, [name for name in {HEAVY!r} if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "0 []"
    assert (
        __version__
        in subprocess.run(
            [sys.executable, "-m", "stockrecon", "--version"], capture_output=True, text=True, check=True
        ).stdout
    )


def test_commands_in_the_help_stand_each_on_a_line_of_its_own(call: Call) -> None:
    """As they are copied, also where the terminal is narrow."""
    lines = call("--help").out.splitlines()
    assert "      stockrecon diff -c stockrecon.yaml" in lines
    assert "      stockrecon sync -c stockrecon.yaml --apply" in lines


def _written() -> list[str]:
    return [name for name, (place, _) in COMMANDS.items() if importlib.util.find_spec(place.partition(":")[0])]


@pytest.mark.parametrize("name", _written())
def test_the_table_of_commands_says_what_the_commands_say(name: str) -> None:
    group = stockrecon
    assert isinstance(group, LazyGroup)
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]
    assert "stockrecon " + name in (command.help or ""), "each help has an example"
