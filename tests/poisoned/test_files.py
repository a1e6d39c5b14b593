"""Poisoned ledgers and shops in files, through `sync --apply`: 0 writes, and each is refused in the words of told.yaml.

Before each poison there was a good run. `calm`: the differences are the poison's alone. `due`: a campaign gave units
back, which a run would set right if it could trust what it reads.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.poisoned.books import Books, calm, due, with_ghost
from tests.poisoned.conftest import Seller
from tests.poisoned.poisons import MISTRUSTED, POISONS

NAMES = sorted(POISONS)
AGAIN = {"minutes": 15.0}
"""Longer than `policy.confirm_raise`: a raise has been seen twice."""


@lru_cache(maxsize=1)
def told() -> dict[str, Any]:
    """By poison what is said in each of the tests: the exit code, then every refusal and fault whole."""
    known: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("told.yaml").read_text("utf-8"))
    return known


def test_every_poison_is_told() -> None:
    """No poison without its words, no words without a poison; and there are many."""
    assert sorted(told()) == NAMES
    assert len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_by_default_nothing_that_is_unexplained_is_written(name: str, seller: Seller) -> None:
    """With the default policy a poison is a report: no cause claims what it shows, so nothing may be written for it."""
    poison = POISONS[name]
    patient = seller("narrow", "file", poison.after)
    ran = patient.takes(poison, calm())
    assert [ran.code, *ran.refusals, *ran.unread] == told()[name]["by default"]


@pytest.mark.parametrize("name", NAMES)
def test_the_guards_stop_it_where_everything_may_be_written(name: str, seller: Seller) -> None:
    """Where the owner lets all be corrected, raises too once they were seen twice, the guards refuse it both times."""
    poison = POISONS[name]
    patient = seller("wide", "file", poison.after)
    for when in ("first", "again"):
        ran = patient.takes(poison, due())
        assert [ran.code, *ran.refusals, *ran.unread] == told()[name][when]
        patient.later(**AGAIN)


@pytest.mark.parametrize("name", [name for name in NAMES if POISONS[name].databases])
def test_a_ledger_in_a_database_is_stopped_in_the_same_words(name: str, seller: Seller) -> None:
    """SQLite in the place of files: the same refusals, number for number."""
    poison = POISONS[name]
    patient = seller("wide", "sql", poison.after)
    for when in ("first", "again"):
        ran = patient.takes(poison, due())
        assert [ran.code, *ran.refusals, *ran.unread] == told()[name][when]
        patient.later(**AGAIN)


@pytest.mark.parametrize("name", MISTRUSTED)
def test_what_cannot_be_trusted_corrects_nothing(name: str, seller: Seller) -> None:
    """What has a cause and may be written is not, by the default policy either: shops and ledger stay as they are."""
    poison = POISONS[name]
    patient = seller("narrow", "file", poison.after)
    ran = patient.takes(poison, world_of(name))
    assert [ran.code, *ran.refusals, *ran.unread] == told()[name]["mistrusted"]
    assert ran.writes


def world_of(name: str) -> Books:
    """A shop that is not trusted keeps nobody from correcting the ledger: there it has nothing to be corrected."""
    return with_ghost(due()) if name.startswith("ledger") else due()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MISTRUSTED])
def test_beside_a_true_cause_a_poison_writes_no_more_than_a_run_may(name: str, seller: Seller) -> None:
    """Where a cause is proven, the number that is written is the poison's: that is why the limits are so low.

    One listing has a cause here, so one is written at most, and nothing in the ledger.
    """
    poison = POISONS[name]
    patient = seller("narrow", "file", poison.after)
    ran = patient.runs(poison, due())
    assert len(ran.writes) <= 1
    assert ran.corrections == []
    assert set(patient.changed) <= {"shopee-vn/updates.csv"}
    assert [to > frm for _, _, frm, to in ran.writes if to > frm] == []
