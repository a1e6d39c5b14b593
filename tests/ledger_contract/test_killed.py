"""What every ledger promises of runs that are killed while they correct: in the end it has each correction once."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.core.findings import ActionKind, OutcomeResult
from stockrecon.core.intent import Answered, NewIntent
from stockrecon.core.model import Sku
from stockrecon.state import State
from tests.ledger_contract.house import House
from tests.ledger_contract.profiles import Profile
from tests.ledger_contract.runs import Seller
from tests.ledger_contract.test_reading import rows
from tests.ledgers.processes import Processes, Told, processes

pytestmark = pytest.mark.timeout(900)
KILLS = int(os.environ.get("STOCKRECON_KILLS", "4"))
"""Kills of each ledger: where it matters most, then spread over the correcting, then at random instants as well."""
EFFECTS = ("after send", "after commit", "after replace")


@pytest.fixture(scope="session")
def started() -> Iterator[Processes]:
    with processes() as made:
        yield made


@dataclass(frozen=True)
class Wrong:
    """A SKU that has to be corrected by so many units, to so many; `run`: the one that is to be undone for it."""

    sku: Sku
    by: int
    right: int
    run: str = ""


class Victim(Seller):
    """A seller whose runs are killed."""

    def wrong(self) -> Wrong:
        """A unit that does not exist; in a ledger that does not tell how it came about, a correction to be undone."""
        if "manual" not in self.house.lacks:
            sku = self.house.ghost()
            self.shown[sku] = 1
            return Wrong(sku, -1, 0)
        sku = self.house.sku(5)
        self.shown[sku] = 5
        ref = f"stockrecon:{sku}:1-cancel"
        self.house.corrects(sku, -1, 5, ref)
        with self.state() as state:
            run = state.begin_run("sync --apply", self.house.right_now())
            new = NewIntent(f"by hand {sku}", ActionKind.ADJUST_LEDGER, sku, by=-1, ref=ref, basis={sku: 5})
            (kept,) = state.journal.open(run, [new])
            state.journal.answered({kept.id: (Answered.ACCEPTED, "")})
            state.journal.settle(kept.id, OutcomeResult.CONFIRMED, seen=4, detail="")
            state.end_run(run, 0, {})
        return Wrong(sku, +1, 5, run)

    def state(self) -> State:
        return State.open(self.folder / "state", lambda: datetime.now(UTC))

    def corrects(self, started: Processes, *wrongs: Wrong, **dies: float | None) -> Told | None:
        """A process that does; what earlier ones have sent is old by then."""
        self.house.time_passes()
        if wrongs[0].run:
            command = ["runs", "undo", wrongs[0].run, "--apply"]
        else:
            skus = [part for wrong in wrongs for part in ("--sku", wrong.sku)]
            command = ["sync", "--apply", *skus, "--now", self.house.right_now().isoformat()]
        command += ["-c", str(self.write()), "--no-color"]
        return started.run(command, self.folder / "errors", **dies)  # type: ignore[arg-type]

    def ends(self, started: Processes, wrongs: Sequence[Wrong]) -> None:
        """The runs after it, which nobody kills."""
        groups: list[Sequence[Wrong]] = [wrongs]
        if wrongs[-1].run:
            # What became of one that was killed was found out by the next.
            groups = [[one] for one in wrongs if one is wrongs[-1] or not self.house.documents(undone(one))]
        for group in groups:
            end = self.corrects(started, *group)
            assert end is not None
            assert end["code"] in (0, 10), (self.folder / "errors").read_text("utf-8")

    def confirmed(self) -> dict[tuple[str, int], list[str]]:
        """References by SKU and units, of all that the runs have found to be posted. Of nothing it is unknown whether
        it was."""
        with self.state() as state:
            assert [one for one in state.journal.open_intents() if one.kind is ActionKind.ADJUST_LEDGER] == []
            found: dict[tuple[str, int], list[str]] = {}
            for run in state.runs(1000):
                for intent in state.journal.of_run(run.id):
                    if intent.result is OutcomeResult.CONFIRMED:
                        found.setdefault((intent.sku, intent.by or 0), []).append(intent.ref or "")
            return found


def undone(wrong: Wrong) -> str:
    return f"stockrecon:{wrong.sku}:1-cancel:undo"


def test_a_run_that_is_killed_while_it_corrects(
    house: House, profile: Profile, started: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the instant: the runs after it find out what became of it, and in the end there is one document with
    its reference, and available as it should be."""
    house.need("corrections")
    victim = Victim(house, tmp_path, capsys)
    kills = max(4, KILLS // 2) if profile.once else KILLS
    # All of them at first: nobody but the next run touches a book that is half written.
    wrongs = [victim.wrong() for _ in range(kills + 1)]
    whole = victim.corrects(started, wrongs[0])
    assert whole is not None
    assert whole["code"] in (0, 10), (tmp_path / "errors").read_text("utf-8")
    steps = instants(whole["steps"], kills)
    for step, wrong in zip(steps, wrongs[1:], strict=False):
        assert victim.corrects(started, wrong, die_at=step) is None, whole["steps"][step - 1]
    chance = random.Random(20261111)
    for wrong in wrongs[1 + len(steps) :]:
        victim.corrects(started, wrong, kill_after=chance.uniform(0, 1.1 * whole["seconds"]))
    victim.ends(started, wrongs)
    confirmed = victim.confirmed()
    found = {row["sku"]: int(row["available"]) for row in rows(house, tmp_path / "spool")["stock"]}
    for wrong in wrongs:
        (ref,) = confirmed[wrong.sku, wrong.by]
        assert house.documents(ref) == [wrong.by]
        assert (found[wrong.sku], house.left_over(wrong.sku)) == (wrong.right, 0)


def instants(steps: Sequence[str], kills: int) -> list[int]:
    """So many steps, counted from 1: before anything is sent, just before and after it takes effect, and when the
    answer is there and not kept; then those that are spread over the rest. All, where there are no more."""
    told = steps.index("before the answer is kept")
    effect = max((number for number in range(told) if steps[number] in EFFECTS), default=told - 1)
    spread = (1 + round(number * (len(steps) - 1) / max(1, kills - 1)) for number in range(kills))
    return [*dict.fromkeys((1, effect, effect + 1, told + 1, *spread))][:kills]
