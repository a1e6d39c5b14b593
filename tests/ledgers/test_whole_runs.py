"""Whole runs on a ledger in a database: on from what is kept, and beside a machine that corrects the same book."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tests.ledgers.databases import database, run, writer
from tests.ledgers.whole import PHANTOM, Machine, phantom

SERVERS = ("postgresql", "mariadb")
_WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'stockrecon'",
    "mariadb": "SELECT count(*) FROM information_schema.processlist "
    "WHERE db = DATABASE() AND info LIKE 'UPDATE stock%'",
}


def wait_for_two(kind: str, connection: Connection) -> None:
    """Until both processes wait for the row that this test holds."""
    until = time.monotonic() + 60
    while connection.execute(text(_WAITING[kind])).scalar_one() < 2:
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.02)


@pytest.mark.parametrize("kind", SERVERS)
def test_two_machines_post_the_same_correction_at_the_same_time(kind: str, tmp_path: Path) -> None:
    """Two states that know nothing of one another, one book: it has the correction once, both runs say that it is
    there, the second that somebody had posted it before, and neither breaks."""
    now = datetime.now(UTC).replace(microsecond=0)
    with database(kind, tmp_path) as url:
        phantom(url, now)
        machines = [Machine(tmp_path / name, url) for name in ("one", "two")]
        for machine in machines:
            machine.write(now, {PHANTOM: 1})
        engine = writer(url)
        with engine.connect() as holding, engine.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
            holding.execute(text("SELECT available FROM stock FOR UPDATE"))
            running = [machine.start("sync", "--apply", "--format", "json") for machine in machines]
            try:
                wait_for_two(kind, looking)
            finally:
                holding.rollback()
                ended = [process.communicate(timeout=100) for process in running]
        codes = [process.returncode for process in running]
        outcomes = [json.loads(out)["outcomes"] for out, _ in ended]
        corrected = [one for some in outcomes for one in some if one["action"].startswith("adjust")] or [
            one for some in outcomes for one in some if one["result"] == "confirmed"
        ]
        assert [one["result"] for one in corrected] == ["confirmed", "confirmed"], outcomes
        assert sum("had been posted before" in one["detail"] for one in corrected) == 1, outcomes
        # The shop is one of files: its row is exported and waits for an upload, so differences remain.
        assert codes == [10, 10]
        assert not any("Traceback" in err for _, err in ended)
        with engine.connect() as connection:
            assert connection.execute(text(f"SELECT available FROM stock WHERE sku = '{PHANTOM}'")).scalar_one() == 0
            refs = connection.execute(text("SELECT ref, quantity FROM movements WHERE kind = 'correction'")).all()
            assert [(ref.split(":")[1], quantity) for ref, quantity in refs] == [(PHANTOM, -1)]


@pytest.mark.parametrize("kind", ["sqlite", *SERVERS])
def test_a_run_that_reads_on_reports_what_one_without_memory_of_the_ledger_does(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes, also after a SKU sold, an old movement was changed and another one deleted. That old movements
    changed is told besides."""
    monkeypatch.setenv("KEPT_FROM", "10")
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    shown = {PHANTOM: 1, **{f"S-{sku}": 5 + sku for sku in range(40)}}
    with database(kind, tmp_path) as url:
        phantom(url, now, others=40)
        on, full = Machine(tmp_path / "on", url), Machine(tmp_path / "full", url)
        on.write(now, shown)
        full.write(now, shown, "  full_read: always\n")
        told = ("diff", "--format", "json", "--all", "--now")
        first = [machine.run(*told, now.isoformat()) for machine in (on, full)]
        assert first[0] == first[1]
        assert "cancelled-order-restock" in first[0][1]
        kept = sorted(path.name.split(".")[0] for path in (on.folder / "state" / "kept").iterdir())
        assert kept == ["movements", "stock"]
        assert not any((full.folder / "state" / "kept").iterdir())
        run(
            url,
            "UPDATE stock SET available = 3 WHERE sku = 'S-2'",
            "UPDATE movements SET kind = 'manual', quantity = 2 WHERE id = '11003'",
            "DELETE FROM movements WHERE id = '12005'",
        )
        later = (now + timedelta(minutes=5)).isoformat()
        (code, out, warned), second = (machine.run(*told, later) for machine in (on, full))
        lines = out.splitlines()
        (noted,) = [line for line in lines if line.startswith(' "warnings"')]
        lines.remove(noted)
        assert (code, lines, "") == (second[0], second[1].splitlines(), second[2])
        assert second[1] != first[1][1]
        for line in (noted, warned):
            assert "older movements are not as an earlier run read them: those of 2 hours" in line
