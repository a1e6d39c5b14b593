"""Processes that die while they post a correction, or post the same one at once: the book has it exactly once.

That every ledger keeps this promise when whole runs are killed is tried in tests/ledger_contract. Here are each of the
many steps in files, and the seller's own statements.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from stockrecon.errors import ReadFault
from tests.ledgers.books import AT, KINDS, SKU, START, Book, book, posted_once, request, rows_read
from tests.ledgers.databases import run
from tests.ledgers.processes import Processes, processes

KILLS = int(os.environ.get("STOCKRECON_KILLS", "10"))
"""Kills at random instants, per kind of ledger."""
DYING = ("csv", "own-sqlite", "own-postgresql", "own-mariadb")
MOST_STEPS = 400
RACES = 5
NUMBERED = {
    "postgresql": [
        "ALTER TABLE movements DROP COLUMN id",
        "ALTER TABLE movements ADD COLUMN id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    ],
    "mariadb": [
        "ALTER TABLE movements DROP PRIMARY KEY, DROP COLUMN id",
        "ALTER TABLE movements ADD COLUMN id BIGINT AUTO_INCREMENT PRIMARY KEY",
    ],
}


pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def started() -> Iterator[Processes]:
    with processes() as made:
        yield made


@pytest.fixture(params=DYING)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    with book(request.param, tmp_path) as made:
        yield made


def seen_whole(kept: Book, ref: str, before: int, spool: Path) -> None:
    """Who reads before anybody has cleared up sees stock and movements agree, and changes nothing."""
    files = None if kept.settings.path is None else _bytes(kept.settings.path)
    with closing(kept.open()) as opened:
        if _is_half_written(kept):
            with pytest.raises(ReadFault, match="a program died while it was writing"):
                opened.read(spool, AT)
            return
        rows = rows_read(opened, spool)
    refs = [row["ref"] for row in rows["movements"]]
    stock = {row["sku"]: int(row["available"]) for row in rows["stock"]}
    assert stock[SKU] == before - refs.count(ref)
    assert refs.count(ref) in (0, 1)
    if kept.settings.path is not None:
        assert _bytes(kept.settings.path) == files


def _is_half_written(kept: Book) -> bool:
    """SQLite lets nobody read what a process that died was writing, until one that may write has taken it back."""
    path = make_url(kept.settings.url or "sqlite://").database if kept.settings.path is None else None
    if path is None or not Path(path).exists():
        return False
    journal = Path(f"{path}-journal")
    # A journal is played back if its head is there, which is written last.
    return journal.exists() and journal.read_bytes()[:8] == bytes.fromhex("d9d505f920a163d7")


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_killed_at_every_step(started: Processes, kept: Book, tmp_path: Path) -> None:
    """A process that dies before or after any call that changes something leaves a book that the next one mends."""
    before, killed = START, 0
    for step in range(1, MOST_STEPS):
        asked = request(ref=f"step-{step}", available=before)
        (answer,) = started.post(kept.settings, asked, die_at=step)
        seen_whole(kept, asked.ref, before, tmp_path / "spool")
        posted_once(kept, asked, before)
        before -= 1
        if answer is not None:
            assert answer["answered"] == "accepted", answer
            break
        killed += 1
    assert 4 < killed < MOST_STEPS - 1
    assert len(kept.movements()) == killed + 2


def test_killed_at_random_instants(started: Processes, kept: Book, tmp_path: Path) -> None:
    """The instant of a SIGKILL does not matter: what was begun is finished or was never there."""
    chance = random.Random(20261111)
    (whole,) = started.post(kept.settings, request(ref="whole"))
    assert whole is not None
    assert whole["answered"] == "accepted"
    before = START - 1
    for number in range(KILLS if kept.settings.correct is None else KILLS // 3):
        asked = request(ref=f"kill-{number}", available=before)
        started.post(kept.settings, asked, kill_after=chance.uniform(0, 1.3 * whole["seconds"]))
        seen_whole(kept, asked.ref, before, tmp_path / "spool")
        posted_once(kept, asked, before)
        before -= 1


@pytest.mark.parametrize("kind", KINDS)
def test_several_processes_post_the_same_one(started: Processes, kind: str, tmp_path: Path) -> None:
    """One of them posts it, and all of them say that it is posted."""
    with book(kind, tmp_path) as kept:
        posted_at_once(started, kept)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_several_processes_without_a_unique_ref(started: Processes, kind: str, tmp_path: Path) -> None:
    """The row's lock is what keeps the second one waiting, not an index that a seller may lack."""
    drop = "ALTER TABLE movements DROP CONSTRAINT movements_ref_key"
    with book(kind, tmp_path) as kept:
        run(kept.settings.url or "", drop if kind == "postgresql" else "ALTER TABLE movements DROP INDEX ref")
        run(kept.settings.url or "", *NUMBERED[kind])
        posted_at_once(started, kept)


def posted_at_once(started: Processes, kept: Book) -> None:
    for number in range(RACES):
        asked = request(ref=f"race-{number}", available=START - number)
        answers = started.post(kept.settings, asked, at_once=4)
        assert [answer and answer["answered"] for answer in answers] == ["accepted"] * 4, answers
        assert [answer and answer["text"] for answer in answers].count("") == 1
        assert kept.stock()[SKU] == START - number - 1
    assert len(kept.movements()) == RACES + 1
