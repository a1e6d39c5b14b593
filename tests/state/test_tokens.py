"""Tokens survive: one good for a single use may be lost to nothing but a loss of power in the midst."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault, OutputFault, ReadFault, StockreconError, UsageFault
from stockrecon.state import FileTokenStore
from tests.state.conftest import NOW, SHOP

FIRST = Tokens("access-1", "refresh-1", NOW, NOW + timedelta(days=30))
SECOND = Tokens("access-2", "refresh-2", None, None)


@pytest.fixture
def store(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens")


def file(store: FileTokenStore, tail: str = "") -> Path:
    return store._folder / f"{SHOP}.json{tail}"


def test_what_is_saved_is_loaded(store: FileTokenStore) -> None:
    """Pairs come back exactly, each shop its own; an unknown shop has none."""
    assert store.load(SHOP) is None
    store.save(SHOP, FIRST)
    store.save(ShopName("../../evil"), SECOND)
    assert store.load(SHOP) == FIRST
    assert store.load(ShopName("../../evil")) == SECOND
    assert store.load(ShopName("other")) is None
    store.save(SHOP, SECOND)
    assert store.load(SHOP) == SECOND
    assert not (store._folder.parent / "evil.json").exists()


def test_files_are_private_from_the_first_byte(store: FileTokenStore) -> None:
    """Folder 0700, files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        with store.locked(SHOP):
            store.save(SHOP, FIRST)
            store.save(SHOP, SECOND)
    finally:
        os.umask(before)
    assert store._folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in store._folder.iterdir()} == {0o600}
    assert len(list(store._folder.iterdir())) == 3  # current, previous, lock


def test_the_previous_generation_is_the_way_back_from_damage(store: FileTokenStore) -> None:
    """A damaged file is noticed by its checksum."""
    store.save(SHOP, FIRST)
    store.save(SHOP, SECOND)
    content = json.loads(file(store).read_bytes())
    file(store).write_text(json.dumps({**content, "refresh": "refresh-9"}), encoding="ascii")
    assert store.load(SHOP) == FIRST
    for garbage in (b"", b"{", b"[1]", b"\xff\xfe", b'{"form": 1}', b"[" * 100_000):
        file(store).write_bytes(garbage)
        assert store.load(SHOP) == FIRST
    store.save(SHOP, SECOND)
    assert store.load(SHOP) == SECOND


def test_where_nothing_is_whole_a_person_is_needed(store: FileTokenStore) -> None:
    """All generations damaged: AuthFault with the way on; saving new ones mends it."""
    store.save(SHOP, FIRST)
    file(store).write_bytes(b"x")
    with pytest.raises(AuthFault, match=r"damaged") as caught:
        store.load(SHOP)
    assert f"stockrecon auth {SHOP}" in caught.value.way_on
    store.save(SHOP, SECOND)
    assert store.load(SHOP) == SECOND


def test_a_whole_new_file_counts_before_it_has_its_name(store: FileTokenStore) -> None:
    """A writer that died between writing and renaming lost nothing, and the next save keeps it as the one before."""
    store.save(SHOP, FIRST)
    store.save(SHOP, SECOND)
    file(store).rename(file(store, ".new"))
    file(store, ".prev").rename(file(store))
    assert store.load(SHOP) == SECOND
    third = Tokens("access-3", "refresh-3")
    store.save(SHOP, third)
    assert store.load(SHOP) == third
    file(store).unlink()
    assert store.load(SHOP) == SECOND


def test_a_half_written_first_save_is_none(store: FileTokenStore) -> None:
    """A first save that died left no pair, and is no damage."""
    store.save(SHOP, FIRST)
    whole = file(store).read_bytes()
    file(store).rename(file(store, ".new"))
    file(store, ".new").write_bytes(whole[:20])
    assert store.load(SHOP) is None


def test_links_and_open_files_are_refused(store: FileTokenStore, tmp_path: Path) -> None:
    """A link or a file that others can read is not trusted, and the fault holds no token."""
    store.save(SHOP, FIRST)
    file(store).chmod(0o640)
    with pytest.raises(ReadFault, match=r"mode 640, wanted 600") as caught:
        store.load(SHOP)
    assert "access-1" not in str(caught.value)
    elsewhere = tmp_path / "elsewhere.json"
    file(store).chmod(0o600)
    file(store).rename(elsewhere)
    file(store).symlink_to(elsewhere)
    with pytest.raises(ReadFault, match=r"symbolic link"):
        store.load(SHOP)
    file(store).unlink()
    file(store).mkdir()
    with pytest.raises(ReadFault):
        store.load(SHOP)


def test_a_folder_that_others_can_write_is_refused(store: FileTokenStore) -> None:
    """And so is a link to a folder."""
    store._folder.mkdir(mode=0o700)
    store._folder.chmod(0o770)
    with pytest.raises(UsageFault, match=r"written by others"):
        store.save(SHOP, FIRST)
    store._folder.rename(store._folder.with_name("real"))
    store._folder.symlink_to(store._folder.with_name("real"))
    with pytest.raises(UsageFault, match=r"symbolic link"), store.locked(SHOP):
        pass


@pytest.mark.parametrize("call", ["fsync", "write", "replace", "link"])
def test_a_full_disk_leaves_the_pair_before(store: FileTokenStore, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Whatever call the disk refuses: an OutputFault without a token, and a whole pair to load."""
    store.save(SHOP, FIRST)

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if call == "replace":
            patch.setattr(Path, "replace", full)
        else:
            patch.setattr(os, call, full)
        with pytest.raises(OutputFault, match=r"shopee-vn: its new tokens cannot be saved .*No space left") as caught:
            store.save(SHOP, SECOND)
    assert "access-2" not in str(caught.value)
    assert "Free some space" in caught.value.way_on
    assert store.load(SHOP) in (FIRST, SECOND)
    store.save(SHOP, SECOND)
    assert store.load(SHOP) == SECOND


def test_room_is_taken_before_a_pair_is_asked_for(store: FileTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is told before anything is spent; what is prepared and not used leaves all as it was."""
    store.save(SHOP, FIRST)
    with store.prepared(SHOP):
        assert store.load(SHOP) == FIRST
    assert not file(store, ".new").exists()
    real = os.write

    def nearly_full(handle: int, raw: bytes) -> int:
        if len(raw) > 4096:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, raw)

    monkeypatch.setattr(os, "write", nearly_full)
    asked = []
    with pytest.raises(OutputFault, match=r"No space left"), store.prepared(SHOP):
        asked.append("a pair")
    assert asked == []
    assert store.load(SHOP) == FIRST
    assert not file(store, ".new").exists()


def test_a_prepared_file_takes_no_more_room(store: FileTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pair is written over what is on disk already, so that a disk that fills up meanwhile loses nothing."""
    written: list[tuple[int, int]] = []
    real = os.write

    def noted(handle: int, raw: bytes) -> int:
        written.append((os.lseek(handle, 0, os.SEEK_CUR), len(raw)))
        return real(handle, raw)

    monkeypatch.setattr(os, "write", noted)
    with store.prepared(SHOP) as keep:
        room = sum(size for _, size in written)
        written.clear()
        keep(Tokens("a" * 1000, "r" * 1000, NOW, NOW))
    assert written
    assert max(at + size for at, size in written) <= room


def test_every_beginning_of_a_file_that_a_dying_writer_left(store: FileTokenStore) -> None:
    """Whatever of the new file was written: the pair before counts until the new one is whole, then the new one."""
    store.save(SHOP, FIRST)
    store.save(SHOP, SECOND)
    whole = file(store).read_bytes()
    file(store, ".prev").rename(file(store))
    for size in range(len(whole) + 1):
        for rest in (b"", b" " * 50):
            file(store, ".new").write_bytes(whole[:size] + rest)
            file(store, ".new").chmod(0o600)
            assert store.load(SHOP) == (SECOND if size == len(whole) else FIRST), size
    file(store).unlink()
    for size in range(len(whole)):
        file(store, ".new").write_bytes(whole[:size])
        assert store.load(SHOP) is None, size


def test_the_lock_outlives_the_process_that_took_it(store: FileTokenStore) -> None:
    """A child that inherits the lock's descriptor holds it until it ends; the parent's letting go frees nothing."""
    hurried = FileTokenStore(store.folder, sleep=lambda _: None, patience=1.0)
    with store.locked(SHOP) as lock:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(lock,))
    with child, pytest.raises(ReadFault, match=r"held the lock"):
        hurried.locked(SHOP).__enter__()
    with hurried.locked(SHOP):
        pass


def test_one_at_a_time(store: FileTokenStore) -> None:
    """Threads (and processes: the lock is the file's) take turns; each sees what the one before saved."""
    store.save(SHOP, Tokens("0", "0"))

    def renew() -> None:
        for _ in range(20):
            with store.locked(SHOP):
                held = store.load(SHOP)
                assert held is not None
                store.save(SHOP, Tokens(str(int(held.access) + 1), ""))

    threads = [threading.Thread(target=renew) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    final = store.load(SHOP)
    assert final is not None
    assert final.access == "60"


def test_waiting_for_the_lock_ends(tmp_path: Path) -> None:
    """Also where the clock stands still: the waiting is counted in sleeps."""
    slept: list[float] = []
    patient = FileTokenStore(tmp_path / "tokens")
    hurried = FileTokenStore(tmp_path / "tokens", sleep=slept.append, patience=1.0)
    with patient.locked(SHOP), hurried.locked(ShopName("other")):
        with pytest.raises(ReadFault, match=r"another process has held the lock on its tokens for 1 s"):
            hurried.locked(SHOP).__enter__()
        assert 0.9 < sum(slept) < 1.2
    with hurried.locked(SHOP):
        pass


def test_the_lock_is_free_after_an_error(store: FileTokenStore) -> None:
    """An exception within lets go of it."""
    with pytest.raises(StockreconError), store.locked(SHOP):
        raise StockreconError("refused")
    with store.locked(SHOP):
        pass


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from stockrecon.core.tokens import Tokens
    from stockrecon.state import FileTokenStore
    store = FileTokenStore(Path(sys.argv[1]))
    held = store.load("s")
    number = int(held.access) if held else 0
    while True:
        number += 1
        with store.locked("s"):
            sys.stdout.write(f"<{number}\\n")
            sys.stdout.flush()
            store.save("s", Tokens(str(number), "r" * 2000 + str(number)))
            sys.stdout.write(f">{number}\\n")
            sys.stdout.flush()
    """
)


def test_killed_at_any_instant_no_pair_is_damaged_or_lost(tmp_path: Path) -> None:
    """Twenty real kills: what a save returned for is there, or the one that was under way, and never less."""
    store, rng = FileTokenStore(tmp_path / "tokens"), random.Random(20)
    reached = 0
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "tokens")], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process, process.stdout as lines:
            told = [lines.readline()]
            time.sleep(rng.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            told += [line for line in lines.read().split("\n") if line]
        saved = max([int(line[1:]) for line in told if line.startswith(">")], default=reached)
        begun = max(int(line[1:]) for line in told if line.startswith("<"))
        held = store.load(ShopName("s"))
        number = int(held.access) if held else 0
        assert saved <= number <= begun
        assert held is None or held.refresh == "r" * 2000 + str(number)
        reached = number
    assert reached > 0
    with store.locked(ShopName("s")):
        store.save(ShopName("s"), FIRST)
    assert store.load(ShopName("s")) == FIRST


def test_times_come_back_in_utc(store: FileTokenStore) -> None:
    """An end that was told in another zone is the same instant."""
    ends = datetime.fromisoformat("2026-11-20T19:00:00.123456+07:00")
    store.save(SHOP, Tokens("a", "r", ends))
    held = store.load(SHOP)
    assert held is not None
    assert held.access_ends == ends
    assert held.access_ends.tzinfo is UTC


def test_a_pair_that_waits_under_its_first_name_is_kept_by_the_next_save(store: FileTokenStore) -> None:
    """Its writer died before it could give it the name: it becomes the generation before, and is never written over."""
    store.save(SHOP, FIRST)
    with store.prepared(SHOP) as keep:
        file(store, ".spare").mkdir()  # what stands in the way of giving the name
        with pytest.raises(OutputFault):
            keep(SECOND)
    file(store, ".spare").rmdir()
    assert store.load(SHOP) == SECOND
    third = Tokens("access-3", "refresh-3", None, None)
    store.save(SHOP, third)
    assert store.load(SHOP) == third
    file(store).unlink()
    assert store.load(SHOP) == SECOND


def test_stored_tokens_that_cannot_be_read_are_named(store: FileTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails in the middle of a file is a ReadFault with the path."""
    store.save(SHOP, FIRST)

    def broken(handle: int, size: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "read", broken)
    with pytest.raises(ReadFault, match="Input/output error") as caught:
        store.load(SHOP)
    assert str(file(store)) in str(caught.value)


def test_a_damaged_store_takes_a_new_pair(store: FileTokenStore) -> None:
    """After an authorisation the pair is there, whatever lay there before."""
    store.save(SHOP, FIRST)
    file(store).write_bytes(b"no pair")
    with pytest.raises(AuthFault):
        store.load(SHOP)
    store.save(SHOP, SECOND)
    assert store.load(SHOP) == SECOND


def test_a_lock_that_is_a_link_is_not_followed(store: FileTokenStore) -> None:
    """Whoever put it there cannot make the program open another file."""
    store.save(SHOP, FIRST)
    store.path(SHOP).with_name(f"{SHOP}.lock").symlink_to(store.path(SHOP))
    with pytest.raises(ReadFault, match=f"{SHOP}.lock"), store.locked(SHOP):
        pass
