"""One writing run per shop: the locks, with real processes."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from stockrecon.errors import LockHeld, OutputFault, UsageFault
from stockrecon.state import State
from stockrecon.state.lock import refuse_network
from tests.state.conftest import NOW, eventually, postgresql
from tests.state.test_open import somebody_else

HOLDER = textwrap.dedent(
    """
    import sys
    from stockrecon.state import State
    from tests.state.conftest import NOW
    with State.open(sys.argv[1], lambda: NOW) as state, state.lock(sys.argv[2:], "sync --apply, run r1"):
        print("held", flush=True)
        sys.stdin.read()
    """
)

CROWD = textwrap.dedent(
    """
    import os, sys
    from stockrecon.errors import LockHeld
    from stockrecon.state import State
    from tests.state.conftest import NOW
    # One start of the interpreter for all: twenty processes are made of it, and begin when the gate is closed.
    gate, tell = os.pipe(), os.pipe()
    hold = os.pipe()
    for number in range(20):
        if os.fork() == 0:
            os.close(gate[1]), os.close(hold[1])
            with State.open(sys.argv[1], lambda: NOW) as state:
                os.write(tell[1], b"ready\\n")
                os.read(gate[0], 1)
                try:
                    with state.lock(["shopee-vn", "lazada-vn"], f"number {number}") as lock:
                        lock.check()
                        os.write(tell[1], b"held\\n")
                        os.read(hold[0], 1)
                except LockHeld as held:
                    assert "lazada-vn: another run holds the lock: " in held.text, held.text
                    os.write(tell[1], b"refused\\n")
            os._exit(0)
    os.close(tell[1])
    told = open(tell[0])
    assert [told.readline() for _ in range(20)] == ["ready\\n"] * 20
    os.close(gate[1])
    lines = sorted(told.readline().strip() for _ in range(20))
    os.close(hold[1])
    codes = [os.wait()[1] for _ in range(20)]
    print(lines.count("held"), lines.count("refused"), codes.count(0))
    """
)


@contextmanager
def holding(where: str, *names: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the locks until its standard input is closed."""
    command = [sys.executable, "-c", HOLDER, where, *names]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "held\n"
        yield process


def test_of_twenty_at_once_one_holds(where: str) -> None:
    """Real processes that start together: one has all the locks, nineteen are refused at once."""
    with State.open(where, lambda: NOW):
        pass
    done = subprocess.run([sys.executable, "-c", CROWD, where], capture_output=True, text=True, check=True)
    assert done.stdout == "1 19 20\n"


def test_a_refusal_names_shop_and_holder(where: str) -> None:
    """Who holds it, its process, machine and since when; the other shop is free, and all is free at its end."""
    with State.open(where, lambda: NOW) as state:
        with holding(where, "shopee-vn") as other:
            with (
                pytest.raises(LockHeld, match="shopee-vn: another run holds the lock") as caught,
                state.lock(["lazada-vn", "shopee-vn"], "me"),
            ):
                pass
            assert caught.value.exit_code == 14
            assert f"sync --apply, run r1, process {other.pid} on " in caught.value.text
            assert "since 2026-11-20 12:00:00 UTC" in caught.value.text
            assert caught.value.way_on
            with state.lock(["lazada-vn"], "me") as lock:
                lock.check()
        with state.lock(["shopee-vn", "lazada-vn", "shopee-vn"], "me") as lock:
            lock.check()


def test_a_killed_holder_leaves_no_lock(where: str) -> None:
    """SIGKILL: the lock is the kernel's and goes with the process, without anybody's help."""
    with State.open(where, lambda: NOW) as state:
        for _ in range(3):
            with holding(where, "shopee-vn") as other:
                other.send_signal(signal.SIGKILL)
                other.wait()
            with eventually(state, where):
                pass


def test_a_lock_file_that_is_deleted_or_replaced_is_noticed(where: str) -> None:
    """Whoever comes next would lock another file: the run that has the old one must not write any more."""
    with State.open(where, lambda: NOW) as state:
        path = state.folder / "locks" / "shopee-vn.lock"
        with state.lock(["lazada-vn", "shopee-vn"], "me") as lock:
            lock.check()
            path.unlink()
            with pytest.raises(LockHeld, match=r"shopee-vn: its lock file .*shopee-vn\.lock was deleted or replaced"):
                lock.check()
            path.touch()
            with pytest.raises(LockHeld, match="another run may be under way") as caught:
                lock.check()
            assert caught.value.way_on
        with state.lock(["lazada-vn", "shopee-vn"], "me") as lock:
            lock.check()


def test_a_file_that_is_replaced_before_it_is_locked_is_noticed(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the opening and the locking of the file: the lock is not given."""
    real = fcntl.flock

    def slow(handle: int, operation: int) -> None:
        (state.folder / "locks" / "shopee-vn.lock").unlink(missing_ok=True)
        real(handle, operation)

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", slow)
        with pytest.raises(LockHeld, match="deleted or replaced"), state.lock(["shopee-vn"], "me"):
            pass
    with state.lock(["shopee-vn"], "me"):
        pass


def test_lock_files_are_private_and_stay(state: State) -> None:
    """Folder 0700, files 0600, no path from a name, and never deleted; what they say of a holder goes with it."""
    names = ["shopee-vn", "../../etc", "cửa hàng"]
    with state.lock(names, "sync\n--apply"):
        folder = state.folder / "locks"
        assert folder.stat().st_mode & 0o777 == 0o700
        files = sorted(folder.iterdir())
        assert [path.stat().st_mode & 0o777 for path in files] == [0o600] * 3
        assert {path.suffix for path in files} == {".lock"}
        told = (folder / "shopee-vn.lock").read_text(encoding="utf-8")
        assert told.startswith(f"sync --apply, process {os.getpid()} on ")
        assert told.endswith("since 2026-11-20 12:00:00 UTC\n")
    assert sorted(folder.iterdir()) == files
    assert [path.read_bytes() for path in files] == [b""] * 3


def test_what_a_holder_does_not_say_is_told(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty or unreadable file names nobody; control characters and endless words are not shown."""
    with state.lock(["shopee-vn"], "me"):
        pass
    path = state.folder / "locks" / "shopee-vn.lock"
    with path.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with (
            pytest.raises(LockHeld, match=r"who it is cannot be read from .*shopee-vn\.lock"),
            state.lock(["shopee-vn"], "me"),
        ):
            pass
        held.write(b"\x1b[2J\xffcron" + b"x" * 9000 + b"\n and more")
        held.flush()
        with pytest.raises(LockHeld) as caught, state.lock(["shopee-vn"], "me"):
            pass
        assert "lock: [2J\N{REPLACEMENT CHARACTER}cronxxx" in caught.value.text
        assert len(caught.value.text) < 600

        def refuse(handle: int, count: int, place: int) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "pread", refuse)
        with pytest.raises(LockHeld, match="cannot be read from"), state.lock(["shopee-vn"], "me"):
            pass
        assert len(path.read_bytes()) > 9000  # who was refused leaves the holder's words alone


def test_a_full_disk_keeps_nobody_from_a_lock(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file says is a hint: if it cannot be written the lock is held all the same."""

    def full(handle: int, raw: bytes, place: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with state.lock(["shopee-vn"], "me") as lock:
        lock.check()
        with pytest.raises(LockHeld), state.lock(["shopee-vn"], "me"):
            pass


def test_locks_that_do_not_work_are_told(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks: UsageFault with the way on, and no lock is given."""

    def none(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with (
        pytest.raises(UsageFault, match=r"shopee-vn\.lock cannot be locked: No locks available") as caught,
        state.lock(["shopee-vn"], "me"),
    ):
        pass
    assert "local disk" in caught.value.way_on


def test_a_lock_file_without_the_right_to_it(tmp_path: Path) -> None:
    """OutputFault with the path; nothing else is left locked."""
    ours = somebody_else() if os.geteuid() == 0 else nullcontext(tmp_path)
    with ours as folder, State.open(folder / "state", lambda: NOW) as state:
        with state.lock(["a", "b"], "me"):
            pass
        (state.folder / "locks" / "b.lock").chmod(0o000)
        refused = pytest.raises(OutputFault, match=r"b\.lock cannot be opened: Permission denied")
        with refused, state.lock(["a", "b"], "me"):
            pass
        with state.lock(["a"], "me"):
            pass


def test_a_child_does_not_keep_the_lock(state: State) -> None:
    """A program that a run started, and that lives on after it, holds nothing."""
    with state.lock(["shopee-vn"], "me"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    with child, state.lock(["shopee-vn"], "me"):
        assert child.poll() is None
        child.communicate(b"\n")


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_a_folder_on_a_network_is_refused(tmp_path: Path, kind: str) -> None:
    """By the table of mounts; the way on is a local folder or PostgreSQL."""
    number = tmp_path.stat().st_dev
    line = "22 1 {device} / {tmp} rw,relatime shared:1 - {kind} server:/x rw\n"
    mounts = tmp_path / "mountinfo"
    device = f"{os.major(number)}:{os.minor(number)}"
    other = line.format(device="0:9999", tmp="/elsewhere", kind="nfs")
    mounts.write_text(other + "damaged\n" + line.format(device=device, tmp=tmp_path, kind=kind), encoding="utf-8")
    with pytest.raises(UsageFault, match=rf"is on a network file system \({kind}\)") as caught:
        refuse_network(tmp_path, mounts)
    assert "PostgreSQL" in caught.value.way_on
    mounts.write_text(other + line.format(device=device, tmp=tmp_path, kind="ext4"), encoding="utf-8")
    refuse_network(tmp_path, mounts)
    refuse_network(tmp_path, tmp_path / "absent")


# A shared database


@contextmanager
def shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[str, State]]:
    """A state in PostgreSQL, seen from one machine (a folder of its own)."""
    with postgresql() as url, machine(url, monkeypatch, tmp_path / "one") as state:
        yield url, state


@contextmanager
def machine(url: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[State]:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    with State.open(url, lambda: NOW) as state:
        yield state


def test_the_lock_of_a_shared_database_holds_for_all_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock file is common to both; the database tells the holder, as long as it holds."""
    with shared(monkeypatch, tmp_path) as (url, one), machine(url, monkeypatch, tmp_path / "two") as two:
        with one.lock(["lazada-vn", "shopee-vn"], "sync --apply, run r1"):
            expected = rf"shopee-vn: another run holds the lock: sync --apply, run r1, process {os.getpid()} on "
            with pytest.raises(LockHeld, match=expected), two.lock(["shopee-vn", "tiki"], "me"):
                pass
            with two.lock(["tiki"], "me") as lock:
                lock.check()
        with two.lock(["shopee-vn"], "me") as lock, one._database.writing() as connection:
            lock.check()
            connection.exec_driver_sql("UPDATE holders SET session = 0")
        with two.lock(["shopee-vn"], "me"):
            with one._database.writing() as connection:
                connection.exec_driver_sql("UPDATE holders SET session = 0")
            with pytest.raises(LockHeld, match="it has not said yet who it is"), one.lock(["shopee-vn"], "me"):
                pass


def test_two_states_in_one_database_do_not_hinder_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks belong to a schema, as tables do."""
    with (
        shared(monkeypatch, tmp_path) as (_, one),
        shared(monkeypatch, tmp_path / "b") as (_, two),
        one.lock(["shopee-vn"], "me") as first,
        two.lock(["shopee-vn"], "me") as second,
    ):
        first.check()
        second.check()


def test_a_session_that_ended_has_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ended it: the check tells, without a password, and the lock is free for others."""
    with shared(monkeypatch, tmp_path) as (url, one), machine(url, monkeypatch, tmp_path / "two") as two:
        with one.lock(["shopee-vn"], "me") as lock:
            with two._database.writing() as connection:
                ended = "SELECT pg_terminate_backend(session::integer, 5000) FROM holders"
                assert connection.exec_driver_sql(ended).scalar_one() is True
            with pytest.raises(LockHeld, match=r"shopee-vn: the locks in the state database .* are lost") as caught:
                lock.check()
            assert "cannot be reached" in caught.value.text
            assert caught.value.way_on
            with two.lock(["shopee-vn"], "me"):
                pass
        with one.lock(["shopee-vn"], "me"):
            pass


def test_a_pooler_that_drops_locks_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that lives and has lost its locks is no holder."""
    with shared(monkeypatch, tmp_path) as (_, state), state.lock(["a", "b"], "me") as lock:
        advisory = lock._advisory
        assert advisory is not None
        advisory._session.execute("SELECT pg_advisory_unlock_all()")
        with pytest.raises(LockHeld, match="the server knows 0 of 2; a pooler in between cannot keep locks"):
            lock.check()


def test_a_session_is_watched_by_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lost its power is given up within a minute, and a quiet holder is never sent away."""
    with shared(monkeypatch, tmp_path) as (_, state), state.lock(["a"], "me") as lock:
        advisory = lock._advisory
        assert advisory is not None
        shown = [
            advisory._session.execute(f"SELECT current_setting('{name}', true)").fetchone()
            for name in (
                "tcp_keepalives_idle",
                "tcp_keepalives_interval",
                "tcp_keepalives_count",
                "idle_session_timeout",
            )
        ]
        assert [row[0] for row in shown if row is not None] == ["20", "10", "3", "0"]
