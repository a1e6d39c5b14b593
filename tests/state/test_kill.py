"""A run that dies leaves all of its memory or nothing of it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from stockrecon.state import State
from tests.state.conftest import NOW, SHOP, at, key

WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from stockrecon.core.model import PastFinding
    from stockrecon.state import ChangeRow, State
    from tests.state.conftest import NOW, SHOP, at, campaign, key
    folder = Path(sys.argv[1])
    with State.open(folder / "state", lambda: NOW) as state:
        last = state.last_source(SHOP)
        number = last.rows["n"] if last else 0
        while True:
            number += 1
            run = state.begin_run("diff", at(number))
            state.snapshot_pointer(SHOP)
            new = folder / "new.parquet"
            new.write_text(str(number) * 5000)
            rows = [ChangeRow(at(number), str(n), "", number, 0, 0) for n in range(200)]
            sys.stdout.write(f"<{number}\\n")
            sys.stdout.flush()
            with state.transaction():
                assert state.commit_snapshot(run, SHOP, at(number), new, rows, {"n": number})
                state.remember_source(SHOP, at(number), {"n": number})
                state.remember_campaigns(SHOP, at(number), [campaign(sold=number)])
                state.remember_findings(run, [PastFinding(key("1"), "x", number, 0, at(number))])
            sys.stdout.write(f">{number}\\n")
            sys.stdout.flush()
    """
)


def test_killed_at_any_instant_the_memory_is_whole(tmp_path: Path) -> None:
    """Twenty real kills: pointer, file, changes, campaigns and findings are of one run, and no file is left over."""
    rng, reached = random.Random(7), 0
    for _ in range(20):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process, process.stdout as lines:
            told = [lines.readline()]
            time.sleep(rng.uniform(0, 0.08))
            process.send_signal(signal.SIGKILL)
            told += [line for line in lines.read().split("\n") if line]
        saved = max([int(line[1:]) for line in told if line.startswith(">")], default=reached)
        begun = max(int(line[1:]) for line in told if line.startswith("<"))
        reached = _whole(tmp_path)
        assert saved <= reached <= begun
    assert reached > 0


def _whole(folder: Path) -> int:
    with State.open(folder / "state", lambda: NOW) as state:
        pointer = state.snapshot_pointer(SHOP)
        if pointer is None:
            assert list((folder / "state" / "snapshots").iterdir()) == []
            assert list(state.history(SHOP, NOW)) == []
            return 0
        number = (state.snapshot_counts(SHOP) or {})["n"]
        assert list((folder / "state" / "snapshots").iterdir()) == [pointer]
        assert pointer.read_text(encoding="utf-8") == str(number) * 5000
        newest = [list(state.history(SHOP, at(number), [key(str(n))])) for n in range(0, 200, 50)]
        assert all([(one.at, one.sellable) for one in told] == [(at(number), number)] for told in newest)
        source = state.last_source(SHOP)
        assert source is not None
        assert source.rows == {"n": number}
        assert [one.sold for one in state.campaigns(SHOP, at(-9999))] == [number]
        assert [one.units for one in state.past_findings()] == [number]
        return number
