"""Change-only history against a model that remembers every reading."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.model import ListingKey, ShopName, Snapshot
from stockrecon.state import ChangeRow, State
from stockrecon.state.times import to_number
from tests.state.conftest import NOW, SHOP, at, change, key, parquet

Shown = Mapping[str, tuple[int, int, int]]


def read_shop(state: State, when: datetime, before: Shown, now: Shown, folder: Path) -> bool:
    """One run's reading, compared with the one before as a run compares them."""
    run = state.begin_run("diff", when)
    base: Shown = before if state.snapshot_pointer(SHOP) is not None else {}
    changes = [ChangeRow(when, item, "", *numbers) for item, numbers in now.items() if base.get(item) != numbers]
    changes += [ChangeRow(when, item, "", None, None, None) for item in base if item not in now]
    return state.commit_snapshot(run, SHOP, when, parquet(folder), changes, {"listings": len(now)})


def numbers(snapshots: list[Snapshot]) -> list[tuple[datetime, str, int, int]]:
    return [(one.at, one.key.item_id, one.sellable, one.campaign) for one in snapshots]


def test_a_value_is_told_at_its_first_and_last_reading(state: State, tmp_path: Path) -> None:
    """The last reading before a campaign's end is known, although nothing changed at it."""
    readings: list[Shown] = [{"1": (30, 20, 0)}, {"1": (30, 20, 0)}, {"1": (30, 8, 0)}, {"1": (38, 0, 0)}]
    before: Shown = {}
    for index, shown in enumerate(readings):
        assert read_shop(state, at(10 * index), before, shown, tmp_path)
        before = shown
    assert numbers(list(state.history(SHOP, NOW))) == [
        (at(0), "1", 30, 20),
        (at(10), "1", 30, 20),
        (at(20), "1", 30, 8),
        (at(30), "1", 38, 0),
    ]
    # The value that held at `since` comes with it.
    assert numbers(list(state.history(SHOP, at(15), [key("1")])))[0] == (at(0), "1", 30, 20)
    assert numbers(list(state.history(SHOP, at(25)))) == [(at(20), "1", 30, 8), (at(30), "1", 38, 0)]


def test_only_what_is_asked_for(state: State, tmp_path: Path) -> None:
    """Other listings, other shops and unknown keys give nothing."""
    read_shop(state, NOW, {}, {"1": (1, 0, 0), "2": (2, 0, 0)}, tmp_path)
    asked = [key("2"), key("9"), key("1", shop="other"), key("2")]
    assert numbers(list(state.history(SHOP, at(-5), asked))) == [(NOW, "2", 2, 0)]
    assert list(state.history(ShopName("other"), at(-5))) == []
    assert list(state.history(SHOP, at(-5), [])) == []


def test_many_keys_and_many_pages(state: State, tmp_path: Path) -> None:
    """More listings than one question or one page holds are all told, in order."""
    shown = {f"{n:05d}": (n, 0, 0) for n in range(25_000)}
    read_shop(state, NOW, {}, shown, tmp_path)
    whole = [one.key.item_id for one in state.history(SHOP, at(-5))]
    assert whole == sorted(shown)
    asked = [key(item) for item in list(shown)[:1234]]
    assert len(list(state.history(SHOP, at(-5), asked))) == 1234


def test_what_history_knows_of_a_shop(state: State, tmp_path: Path) -> None:
    """Its first and its last reading, and which listings have a value; another shop's are not its own."""
    assert state.first_read(SHOP) is None
    assert state.snapshot_time(SHOP) is None
    read_shop(state, NOW, {}, {"1": (1, 0, 0)}, tmp_path)
    read_shop(state, at(5), {"1": (1, 0, 0)}, {"1": (1, 0, 0), "2": (2, 0, 0)}, tmp_path)
    assert (state.first_read(SHOP), state.snapshot_time(SHOP)) == (NOW, at(5))
    assert state.recorded(SHOP, [key("1"), key("2"), key("1", "v"), key("3")]) == {key("1"), key("2")}
    assert state.recorded(ShopName("other"), [key("1", shop="other")]) == set()
    assert state.recorded(SHOP, (key(str(item)) for item in range(1234))) == {key("1"), key("2")}


def test_an_older_or_equal_reading_changes_nothing(state: State, tmp_path: Path) -> None:
    """It is refused, its file stays with the caller, and the pointer stays."""
    read_shop(state, NOW, {}, {"1": (1, 0, 0)}, tmp_path)
    pointer = state.snapshot_pointer(SHOP)
    for minutes in (0, -1):
        run = state.begin_run("diff", NOW)
        file = parquet(tmp_path)
        assert not state.commit_snapshot(run, SHOP, at(minutes), file, [change(minutes, "1", 7)], {})
        assert file.exists()
    assert state.snapshot_pointer(SHOP) == pointer
    assert numbers(list(state.history(SHOP, at(-5)))) == [(NOW, "1", 1, 0)]


def test_the_new_file_replaces_the_old_one(state: State, tmp_path: Path) -> None:
    """One private file per shop; the counts are those of the newest."""
    read_shop(state, NOW, {}, {"1": (1, 0, 0)}, tmp_path)
    first = state.snapshot_pointer(SHOP)
    read_shop(state, at(1), {"1": (1, 0, 0)}, {"1": (2, 0, 0), "2": (2, 0, 0)}, tmp_path)
    second = state.snapshot_pointer(SHOP)
    assert first is not None
    assert second is not None
    assert not first.exists()
    assert second.stat().st_mode & 0o777 == 0o600
    assert list((state.folder / "snapshots").iterdir()) == [second]
    assert state.snapshot_counts(SHOP) == {"listings": 2}


def test_changes_counted_from_a_file_that_another_run_replaced_are_refused(where: str, tmp_path: Path) -> None:
    """Two runs at once: the one that compared with an older snapshot keeps its hands off."""
    with State.open(where, lambda: NOW) as one, State.open(where, lambda: NOW) as two:
        read_shop(one, NOW, {}, {"1": (1, 0, 0)}, tmp_path)
        assert two.snapshot_pointer(SHOP) is not None
        read_shop(one, at(1), {"1": (1, 0, 0)}, {"1": (5, 0, 0)}, tmp_path)
        run = two.begin_run("diff", at(2))
        assert not two.commit_snapshot(run, SHOP, at(2), parquet(tmp_path), [], {})
        assert numbers(list(two.history(SHOP, at(1)))) == [(at(1), "1", 5, 0)]


def test_a_lost_file_costs_no_history(state: State, tmp_path: Path) -> None:
    """Where the last file is lost, the whole snapshot is given and only what differs is stored."""
    read_shop(state, NOW, {}, {"1": (1, 0, 0), "2": (2, 0, 0), "3": (3, 0, 0)}, tmp_path)
    pointer = state.snapshot_pointer(SHOP)
    assert pointer is not None
    pointer.unlink()
    assert state.snapshot_pointer(SHOP) is None
    read_shop(state, at(1), {}, {"1": (1, 0, 0), "2": (7, 0, 0)}, tmp_path)
    assert numbers(list(state.history(SHOP, at(-5)))) == [
        (NOW, "1", 1, 0),
        (at(1), "1", 1, 0),
        (NOW, "2", 2, 0),
        (at(1), "2", 7, 0),
        (NOW, "3", 3, 0),
    ]
    # What is gone already does not go a second time.
    again = state.snapshot_pointer(SHOP)
    assert again is not None
    again.unlink()
    assert state.snapshot_pointer(SHOP) is None
    read_shop(state, at(2), {}, {"1": (1, 0, 0), "2": (7, 0, 0)}, tmp_path)
    with state._database.reading() as connection:
        gone = connection.exec_driver_sql("SELECT at FROM changes WHERE item_id = '3' ORDER BY at").scalars().all()
    assert gone == [to_number(NOW), to_number(at(1))]


def test_a_failed_commit_leaves_no_file(state: State, tmp_path: Path) -> None:
    """What fails after the file was taken over removes it, and the old one stays."""
    read_shop(state, NOW, {}, {"1": (1, 0, 0)}, tmp_path)
    pointer = state.snapshot_pointer(SHOP)

    def doomed() -> None:
        run = state.begin_run("diff", at(1))
        with state.transaction():
            assert state.commit_snapshot(run, SHOP, at(1), parquet(tmp_path), [change(1, "1", 9)], {})
            raise LookupError

    with pytest.raises(LookupError):
        doomed()
    assert pointer is not None
    assert list((state.folder / "snapshots").iterdir()) == [pointer]
    assert state.snapshot_pointer(SHOP) == pointer


def test_strays_are_swept_up_at_the_next_opening(where: str, tmp_path: Path) -> None:
    """Files that no pointer names go; the named one and files of others stay."""
    with State.open(where, lambda: NOW) as state:
        read_shop(state, NOW, {}, {"1": (1, 0, 0)}, tmp_path)
        pointer, folder = state.snapshot_pointer(SHOP), state.folder / "snapshots"
    for name in ("stray.parquet", "stray.parquet.half", "notes.txt"):
        (folder / name).write_text("x", encoding="utf-8")
    with State.open(where, lambda: NOW):
        assert pointer is not None
        assert sorted(path.name for path in folder.iterdir()) == sorted([pointer.name, "notes.txt"])


def test_a_shop_with_a_wild_name_stays_in_its_folder(state: State, tmp_path: Path) -> None:
    """A shop's name never becomes a path."""
    run = state.begin_run("diff", NOW)
    for name in ("../../etc", "cửa hàng", ".", "a/b", "a" * 300):
        assert state.commit_snapshot(run, ShopName(name), NOW, parquet(tmp_path), [], {})
        pointer = state.snapshot_pointer(ShopName(name))
        assert pointer is not None
        assert pointer.parent == state.folder / "snapshots"


def test_ten_thousand_changes_are_quick(state: State, tmp_path: Path) -> None:
    """The bulk goes in as a bulk (the limit is generous for a busy machine; alone it takes a tenth)."""
    run = state.begin_run("diff", NOW)
    rows = [ChangeRow(NOW, str(n), str(n), n, 0, 0) for n in range(10_000)]
    begun = time.perf_counter()
    assert state.commit_snapshot(run, SHOP, NOW, parquet(tmp_path), rows, {})
    assert time.perf_counter() - begun < 2


ITEMS = ("1", "2")
SHOWN = st.dictionaries(st.sampled_from(ITEMS), st.tuples(st.integers(0, 2), st.integers(0, 1), st.just(0)), max_size=2)


@settings(max_examples=60, deadline=None)
@given(readings=st.lists(SHOWN, min_size=1, max_size=8), since=st.integers(-1, 8), cut=st.integers(-1, 8))
def test_history_is_what_was_shown(readings: list[Shown], since: int, cut: int) -> None:
    """For every time from `since` on, the last snapshot up to it is what the last reading showed; pruning before
    `since` changes nothing of that."""
    with tempfile.TemporaryDirectory() as name, State.open(Path(name) / "s", lambda: NOW) as state:
        before: Shown = {}
        for index, shown in enumerate(readings):
            read_shop(state, at(index), before, shown, Path(name))
            before = shown
        expected = _expected(readings, since)
        assert {one: _known(state, since, one) for one in expected} == expected
        while state.prune(at(min(cut, since)), batch=2):
            pass
        assert {one: _known(state, since, one) for one in expected} == expected


def _expected(readings: list[Shown], since: int) -> dict[tuple[str, int], tuple[int, int] | None]:
    """Per listing and reading from `since` on: what it showed, where it was there."""
    told: dict[tuple[str, int], tuple[int, int] | None] = {}
    for index, shown in enumerate(readings):
        for item in ITEMS:
            if index >= since and item in shown:
                told[item, index] = shown[item][:2]
    return told


def _known(state: State, since: int, place: tuple[str, int]) -> tuple[int, int] | None:
    item, index = place
    shown = [one for one in state.history(SHOP, at(since), [ListingKey(SHOP, item)]) if one.at <= at(index)]
    return (shown[-1].sellable, shown[-1].campaign) if shown else None


def test_pruning_keeps_one_value_per_listing(state: State, tmp_path: Path) -> None:
    """The value that held at the limit stays; listings that were gone by then are forgotten."""
    before: Shown = {}
    for index in range(6):
        shown = {"1": (index, 0, 0)} | ({"2": (1, 0, 0)} if index < 2 else {})
        read_shop(state, at(index), before, shown, tmp_path)
        before = shown
    assert state.prune(at(4)) == 4 + 2
    assert numbers(list(state.history(SHOP, at(-5)))) == [(at(4), "1", 4, 0), (at(5), "1", 5, 0)]
    assert state.prune(at(4)) == 0


def test_pruning_is_bounded_and_goes_on(state: State, tmp_path: Path) -> None:
    """Each call looks at a part; together they look at everything."""
    before: Shown = {}
    for index in range(3):
        shown = {f"{n:03d}": (index, 0, 0) for n in range(100)}
        read_shop(state, at(index), before, shown, tmp_path)
        before = shown
    removed = [state.prune(at(2), batch=50) for _ in range(7)]
    assert sum(removed) == 200
    assert max(removed) <= 50
    assert len(list(state.history(SHOP, at(-5)))) == 100


def test_pruning_forgets_old_runs_and_keeps_the_count(state: State) -> None:
    """The newest run stays, so that ids go on from it."""
    for minutes in range(4):
        run = state.begin_run("diff", at(minutes))
        state.end_run(run, 0, {})
    state.remember_actions(NOW, ["old"])
    state.prune(at(100))
    assert [one.number for one in state.runs()] == [4]
    assert state.begin_run("diff", at(200)).endswith("-0005")
    assert state.remember_actions(at(200), ["old"]) == {"old": at(200)}
