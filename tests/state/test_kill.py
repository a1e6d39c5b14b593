"""A run that dies leaves all of its memory or nothing of it, and every intent that it was told is kept."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from stockrecon.core.findings import OutcomeResult
from stockrecon.core.intent import Intent
from stockrecon.state import State
from tests.state.conftest import NOW, SHOP, at, eventually, key

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


SENDER = textwrap.dedent(
    """
    import sys
    from stockrecon.core.findings import ActionKind, OutcomeResult
    from stockrecon.core.intent import Answered, NewIntent
    from stockrecon.core.model import Sku
    from stockrecon.state import State
    from tests.state.conftest import NOW, key

    def tell(word, ids):
        # One write: a kill leaves the whole line or nothing of it.
        sys.stdout.write(f"{word} {' '.join(map(str, ids))}\\n")
        sys.stdout.flush()

    with State.open(sys.argv[1], lambda: NOW) as state, state.lock(["shopee-vn"], "r1"):
        journal = state.journal
        tell("ready", [])
        while True:
            first = journal.generation() + 1
            new = [
                NewIntent(f"a-{n}", ActionKind.SET_STOCK, Sku(f"S-{n}"), key(str(n)), 10, n)
                for n in range(first, first + 4)
            ]
            ids = [one.id for one in journal.open("r1", new)]
            tell("kept", ids)
            journal.answered({one: (Answered.ACCEPTED, "said " + str(one)) for one in ids})
            tell("answered", ids)
            for one in ids[:3]:
                journal.settle(one, OutcomeResult.CONFIRMED, seen=one, detail="")
                tell("settled", [one])
            journal.settle(ids[3], OutcomeResult.UNKNOWN, seen=None, detail="")
            tell("unknown", [ids[3]])
    """
)


def test_killed_at_any_instant_no_intent_is_lost(where: str) -> None:
    """Real kills while intents are kept, answered and settled: what was told is there, the rest is open or was never
    sent, batches are whole, and no id is given twice."""
    rng = random.Random(11)
    told: dict[str, set[int]] = {word: set() for word in ("ready", "kept", "answered", "settled", "unknown")}
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", SENDER, where], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process, process.stdout as lines:
            assert lines.readline() == "ready \n"
            # By what was done, not by the clock: on a busy machine nothing may be done in any fixed time.
            heard = [lines.readline() for _ in range(rng.randrange(14))]
            time.sleep(rng.uniform(0, 0.01))
            process.send_signal(signal.SIGKILL)
            for line in [*heard, *lines.read().splitlines()]:
                word, *ids = line.split()
                assert told[word].isdisjoint(map(int, ids))
                told[word].update(map(int, ids))
        with State.open(where, lambda: NOW) as state, eventually(state, where):
            _nothing_lost({one.id: one for one in state.journal.of_run("r1")}, told, state.journal.generation())
    assert told["settled"]


def _nothing_lost(there: dict[int, Intent], told: dict[str, set[int]], generation: int) -> None:
    assert list(there) == list(range(1, generation + 1))
    assert generation % 4 == 0
    assert told["kept"] <= set(there)
    for number, one in there.items():
        assert (one.listing, one.to, one.action) == (key(str(number)), number, f"a-{number}")
        assert one.answered is not None or number not in told["answered"]
        assert one.answer == ("" if one.answered is None else f"said {number}")
        if number in told["settled"]:
            assert (one.result, one.seen) == (OutcomeResult.CONFIRMED, number)
        assert one.is_open == (one.result in (None, OutcomeResult.UNKNOWN))
        assert one.result is OutcomeResult.UNKNOWN or number not in told["unknown"]
