"""What only a process of its own can show: pipes that close, disks that are full, Ctrl-C; the state is unharmed."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import NOW, Called, Market
from tests.acceptance.misbehaving import Reply, document, serving

DIFF = f"$SR diff -c config.yaml --now {NOW}"
SHOP = (
    "  - name: online\n    channel: shopee\n    region: VN\n    base_url: {url}\n    partner_id: '1'\n"
    "    shop_id: '2'\n    partner_key: {{env: SR_KEY}}\n    access_token: {{env: SR_KEY}}\n"
)


def state_is_whole(market: Market, runs: int) -> None:
    """The state database reads well and holds so many runs."""
    with closing(sqlite3.connect(market.folder / ".stockrecon" / "state.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    listed = market.call("runs", "-c", "config.yaml", "--format", "json")
    assert len(json.loads(listed.out)) == runs


def test_pipes_that_close_are_no_error(market: Market) -> None:
    """`| head`: what was printed is right, the exit code is the run's, the run is remembered."""
    called = market.shell(
        f"{DIFF} | head -2; {DIFF} --format json | head -c 11; $SR runs -c config.yaml | true"
    ).orderly()
    assert (called.code, called.err) == (0, "")
    assert called.out.splitlines()[1:] == ["2 shops read, 16 listings, 11 SKUs, 8 in line", '{"schema": ']
    assert market.shell(f"{DIFF} | head -1").code == 10
    state_is_whole(market, 3)


def test_streams_that_are_closed_or_full(market: Market) -> None:
    """Without standard error there is nobody to tell; a report that cannot be written is told and is 2."""
    assert market.shell(f"{DIFF} >&- 2>&-") == Called(10, "", "")
    assert market.shell(f"{DIFF} 2>/dev/full").code == 10
    full = market.shell(f"{DIFF} --format json >/dev/full").orderly()
    assert (full.code, full.out) == (2, "")
    assert "standard output cannot be written: No space left on device" in full.err
    assert "make room" in full.err
    state_is_whole(market, 3)


def test_a_full_disk_for_the_output_keeps_the_old_report(market: Market) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    report = market.folder / "report.json"
    report.write_text("the old one")
    called = market.shell(f"{DIFF} --format json -o report.json", limit).orderly()
    assert (called.code, called.out) == (2, "")
    assert "report.json cannot be written: File too large" in called.err
    assert report.read_text() == "the old one"
    assert sorted(path.name for path in market.folder.iterdir() if "report" in path.name) == ["report.json"]


@pytest.mark.parametrize("limit", [1_000, 60_000])
def test_a_full_disk_for_the_state_costs_only_the_memory(market: Market, limit: int) -> None:
    """The report is whole and says that it is not remembered; the next run, with room, is as if it were the first."""

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    called = market.shell(f"{DIFF} --format json", small).orderly()
    assert called.code == 10
    assert {f["number"] for s in called.document["statements"] for f in s["findings"]} >= {1, 2, 3, 4, 5, 6}
    assert "warning: " in called.err
    assert "remember" in called.err
    assert ".stockrecon" in called.err
    after = market.shell(f"{DIFF} --format json").orderly()
    assert (after.code, after.err) == (10, "")
    assert after.document["statements"] == called.document["statements"]
    state_is_whole(market, len(json.loads(market.call("runs", "-c", "config.yaml", "--format", "json").out)))


def started(market: Market, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "stockrecon", *arguments],
        cwd=market.folder,
        env={"PATH": os.environ["PATH"], "SR_KEY": "secret1", "TMPDIR": str(market.tmp)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_ctrl_c_in_the_middle_of_a_pull(market: Market) -> None:
    """One line, nothing on standard output, at once, nothing left behind, and the state as it was."""
    assert market.shell(DIFF).code == 10
    before = market.shell(f"{DIFF} --format json --shop shopee-vn --shop lazada-vn").document

    def answer(path: str) -> Reply:
        if path.endswith("get_shop_info"):
            return document({"error": "", "shop_name": "Ours", "region": "VN", "shop_id": 2})
        return Reply(b"", hang=True)

    with serving(answer) as server:
        market.with_shop(SHOP.format(url=server.base_url))
        process = started(market, "diff", "-c", "config.yaml", "--now", NOW)
        try:
            server.wait_for("get_shop_holiday_mode")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, out) == (130, b"")
    assert err == b"Interrupted. No stock was changed.\n"
    assert list(market.tmp.iterdir()) == []
    state_is_whole(market, 2)
    after = market.shell(f"{DIFF} --format json --shop shopee-vn --shop lazada-vn", SR_KEY="secret1").document
    assert after["statements"] == before["statements"]


def test_two_runs_at_once_both_end_well(market: Market) -> None:
    """Neither waits for the other with a message, and both are remembered."""
    both = [started(market, "diff", "-c", "config.yaml", "--now", NOW, "--format", "json") for _ in range(2)]
    ends = [(process.communicate(timeout=60), process.returncode) for process in both]
    assert [(code, err) for (_, err), code in ends] == [(10, b"")] * 2
    documents = [json.loads(out) for (out, _), _ in ends]
    assert documents[0]["run"] != documents[1]["run"]
    assert documents[0]["statements"] == documents[1]["statements"]
    state_is_whole(market, 2)


def test_a_state_that_cannot_be_used_is_a_warning_with_its_way_on(market: Market) -> None:
    assert market.diff().code == 10
    (market.folder / ".stockrecon" / "state.db").write_bytes(b"garbage" * 1000)
    called = market.diff()
    assert called.code == 10
    assert "this run remembers nothing: " in called.document["warnings"][0]
    assert "damaged" in called.err
    assert "Move the state away" in called.err
    assert market.call("runs", "-c", "config.yaml").code == 2


def test_a_state_that_is_a_file(market: Market) -> None:
    Path(market.folder / ".stockrecon").write_text("mine")
    called = market.diff()
    assert called.code == 10
    assert "warning: this run remembers nothing: " in called.err
    assert (market.folder / ".stockrecon").read_text() == "mine"
