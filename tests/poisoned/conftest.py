"""A seller whose last run was a good one, at noon; made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.circle.program import NOON, Program, Ran, Time, document_of, keep_time
from tests.poisoned.books import ALL, Books, Files, calm
from tests.poisoned.poisons import Poison

NARROW = document_of
"""Only the scenarios of the default may be written."""
WIDE = partial(document_of, scenarios=ALL, policy={"unexplained": "correct"})
"""Everything that differs may be set, whatever it comes from."""


@dataclass
class Patient:
    """The seller at the time of the poison."""

    files: Files
    time: Time

    def takes(self, poison: Poison, books: Books) -> Ran:
        """One run over the poisoned world, in which nothing may have been written anywhere."""
        ran = self.runs(poison, books)
        assert self.changed == []
        assert self.files.intents() == 0
        assert set(ran.results) <= {"skipped"}
        return ran

    def runs(self, poison: Poison, books: Books) -> Ran:
        books.at = self.time.now
        poison.rows(books)
        self.files.write(books)
        poison.files(self.files)
        before = self.files.kept()
        ran = Program(self.time, self.files.config).apply()
        self.changed = [name for name, raw in self.files.kept().items() if before.get(name) != raw]
        return ran

    def later(self, **by: float) -> None:
        self.time.advance(timedelta(**by))


Seller = Callable[[str, str, timedelta], Patient]


@pytest.fixture(scope="session")
def good_runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The folder of a seller after a good run, by policy and by how the ledger is kept."""
    made: dict[tuple[str, str], Path] = {}

    def folder(policy: str, kind: str) -> Path:
        if (policy, kind) not in made:
            root = made[policy, kind] = tmp_path_factory.mktemp("good")
            files = Files(root, kind)
            files.configure(WIDE if policy == "wide" else NARROW)
            files.write(calm())
            with pytest.MonkeyPatch.context() as patch:
                time = Time()
                keep_time(patch, time)
                assert Program(time, files.config).apply().code == 0
        return made[policy, kind]

    return folder


@pytest.fixture
def seller(good_runs: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seller:
    """A seller some time after the good run: policy `narrow` or `wide`, ledger `file` or `sql`."""

    def at(policy: str, kind: str, after: timedelta) -> Patient:
        root = tmp_path / "seller"
        shutil.copytree(good_runs(policy, kind), root)
        files = Files(root, kind)
        files.configure(WIDE if policy == "wide" else NARROW)
        time = Time(NOON + after)
        keep_time(monkeypatch, time)
        return Patient(files, time)

    return at
