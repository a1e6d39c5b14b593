"""Opening the state: whose it is, which schema it has, and what is wrong with it, with the way on."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from stockrecon.core.findings import ActionKind, OutcomeResult
from stockrecon.core.intent import NewIntent
from stockrecon.core.model import Campaign, Sku
from stockrecon.errors import OutputFault, UsageFault
from stockrecon.state import State, schema, state_folder
from stockrecon.state.database import Database, open_postgresql, open_sqlite
from stockrecon.state.schema import MIGRATIONS, Migration, migrate
from stockrecon.state.times import to_number
from tests.state.conftest import NOW, SHOP, at, campaign, change, key, parquet, postgresql

VERSION_1 = Path(__file__).with_name("version1.sql")
VERSION_2 = Path(__file__).with_name("version2.sql")
VERSION_3 = Path(__file__).with_name("version3.sql")


def open_state(folder: Path, patience: float = 10.0) -> None:
    with State.open(folder, lambda: NOW, patience=patience):
        pass


def test_a_new_state_is_private(tmp_path: Path) -> None:
    """Folders 0700 and files 0600, whatever the umask; parents are made."""
    folder = tmp_path / "deep" / "state"
    before = os.umask(0)
    try:
        with State.open(folder, lambda: NOW) as state:
            state.begin_run("diff", NOW)
            modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    finally:
        os.umask(before)
    assert modes["state"] == modes["snapshots"] == 0o700
    assert {mode for name, mode in modes.items() if name.startswith("state.db")} == {0o600}


def test_a_folder_that_is_not_ours_alone_is_refused(tmp_path: Path) -> None:
    """A link, a file in its place, or one that others can write; each with the way on."""
    real, link, file, shared = (tmp_path / name for name in ("real", "link", "file", "shared"))
    real.mkdir()
    link.symlink_to(real)
    file.write_text("x", encoding="utf-8")
    shared.mkdir()
    shared.chmod(0o775)
    for path, text in ((link, "symbolic link"), (file, "no folder"), (shared, "can be written by others")):
        with pytest.raises(UsageFault, match=text) as caught:
            open_state(path)
        assert str(path) in caught.value.text
        assert caught.value.way_on


def test_a_database_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """state.db must be a file of its own; one that others could read is made private."""
    open_state(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "state.db").symlink_to(tmp_path / "a" / "state.db")
    with pytest.raises(UsageFault, match="symbolic link"):
        open_state(tmp_path / "b")
    (tmp_path / "a" / "state.db").chmod(0o644)
    open_state(tmp_path / "a")
    assert (tmp_path / "a" / "state.db").stat().st_mode & 0o777 == 0o600


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@contextmanager
def somebody_else() -> Iterator[Path]:
    """As another user, with a folder that this one may write."""
    with tempfile.TemporaryDirectory() as name:
        os.chown(name, 65534, 65534)
        os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


@needs_root
def test_another_users_state_is_refused(tmp_path: Path) -> None:
    """Root does not write into somebody's state either."""
    with somebody_else() as folder:
        open_state(folder / "state")
        os.seteuid(0)
        with pytest.raises(UsageFault, match=r"belongs to user 65534, not to user 0"):
            open_state(folder / "state")
        os.seteuid(65534)


@needs_root
def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    """An OutputFault with the path, for a new state and for one that is there."""
    with somebody_else() as folder:
        open_state(folder / "state")
        folder.chmod(0o500)
        with pytest.raises(OutputFault, match=r"new cannot be made: Permission denied"):
            open_state(folder / "new")
        (folder / "state" / "state.db").chmod(0o400)
        (folder / "state").chmod(0o500)
        with pytest.raises(OutputFault, match=r"state\.db.*cannot be written") as caught:
            open_state(folder / "state")
        assert "right to write" in caught.value.way_on
        folder.chmod(0o700)
        (folder / "state").chmod(0o700)


@needs_root
def test_what_the_file_system_refuses_is_told_with_its_place() -> None:
    """No right to make the database or to see the snapshots: OutputFault; a folder above that is closed is none."""
    with somebody_else() as folder:
        (folder / "closed").mkdir(mode=0o500)
        with pytest.raises(OutputFault, match=r"closed/state\.db cannot be made: Permission denied"):
            open_state(folder / "closed")
        folder.chmod(0o300)
        open_state(folder / "state")
        folder.chmod(0o700)
        (folder / "state" / "snapshots").chmod(0o300)
        with pytest.raises(OutputFault, match="snapshots cannot be read: Permission denied"):
            open_state(folder / "state")
        (folder / "state" / "snapshots").chmod(0o700)


def test_a_database_that_cannot_be_made_private_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is mounted read-only: OutputFault with the way on."""
    open_state(tmp_path / "s")
    (tmp_path / "s" / "state.db").chmod(0o644)

    def refuse(path: Path, mode: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(OutputFault, match=r"state\.db cannot be made private: Read-only file system") as caught:
        open_state(tmp_path / "s")
    assert "right to write" in caught.value.way_on


@pytest.mark.parametrize("content", [b"this is no database, it is a text" * 40, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_database_is_told(tmp_path: Path, content: bytes) -> None:
    """UsageFault with the path and the way on; the file is left as it is."""
    open_state(tmp_path / "s")
    database = tmp_path / "s" / "state.db"
    database.write_bytes(content)
    with pytest.raises(UsageFault, match=r"state\.db: it is no database, or it is damaged") as caught:
        open_state(tmp_path / "s")
    assert "only the memory of earlier ones is lost" in caught.value.way_on
    assert database.read_bytes() == content


def test_damage_within_is_told_when_it_is_met(tmp_path: Path) -> None:
    """Pages that were overwritten give a fault, not a traceback."""
    with State.open(tmp_path / "s", lambda: NOW) as state:
        rows = [change(0, f"{n:06d}", n) for n in range(5000)]
        state.commit_snapshot(state.begin_run("diff", NOW), SHOP, NOW, parquet(tmp_path), rows, {})
    database = tmp_path / "s" / "state.db"
    raw = bytearray(database.read_bytes())
    for page in range(30, len(raw) // 4096):
        raw[page * 4096 : (page + 1) * 4096] = b"\xa5" * 4096
    database.write_bytes(raw)
    with State.open(tmp_path / "s", lambda: NOW) as state, pytest.raises(UsageFault, match="damaged"):
        list(state.history(SHOP, at(-5)))


def test_a_locked_database_is_told(tmp_path: Path) -> None:
    """Another writer that does not end: OutputFault after the patience, and reading still works."""
    with State.open(tmp_path / "s", lambda: NOW, patience=0.05) as state:
        run = state.begin_run("diff", NOW)
        with closing(sqlite3.connect(tmp_path / "s" / "state.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(OutputFault, match=r"state\.db: another process keeps it locked"):
                state.begin_run("diff", NOW)
            open_state(tmp_path / "s", patience=0.05)
            assert [one.id for one in state.runs()] == [run]
            other.execute("ROLLBACK")
        state.begin_run("diff", NOW)


def test_a_writer_that_does_not_end_is_told_in_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with SQLite: OutputFault after the patience, and reading still works."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with (
        postgresql() as url,
        State.open(url, lambda: NOW) as one,
        State.open(url, lambda: NOW, patience=0.05) as two,
        one.transaction(),
    ):
        one.begin_run("diff", NOW)
        with pytest.raises(OutputFault, match="another process keeps it locked"):
            two.begin_run("diff", NOW)
        assert two.runs() == ()


def test_a_full_disk_is_told_and_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    """SQLite's own "full", brought about by a limit on its pages."""
    with State.open(tmp_path / "s", lambda: NOW) as state:
        run = state.begin_run("diff", NOW)
        with state._database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        rows = [change(0, f"{n:06d}", n) for n in range(5000)]
        with pytest.raises(OutputFault, match=r"state\.db: the disk is full") as caught:
            state.commit_snapshot(run, SHOP, NOW, parquet(tmp_path), rows, {})
        assert "Free some space" in caught.value.way_on
        assert list((tmp_path / "s" / "snapshots").iterdir()) == []
        assert state.snapshot_pointer(SHOP) is None
        assert list(state.history(SHOP, at(-5))) == []


def test_a_snapshot_that_cannot_be_moved_is_told(tmp_path: Path) -> None:
    """The file system refuses the file: OutputFault with its path, and nothing is remembered."""
    with State.open(tmp_path / "s", lambda: NOW) as state:
        run = state.begin_run("diff", NOW)
        with pytest.raises(OutputFault, match=r"snapshots/.* cannot be kept: No such file"):
            state.commit_snapshot(run, SHOP, NOW, tmp_path / "absent.parquet", [change(0, "1", 1)], {})
        assert list(state.history(SHOP, at(-5))) == []


def test_a_snapshot_whose_place_is_taken_is_told(tmp_path: Path) -> None:
    """Something of that name that cannot be replaced: OutputFault, and the file stays with the caller."""
    with State.open(tmp_path / "s", lambda: NOW) as state:
        run, file = state.begin_run("diff", NOW), parquet(tmp_path)
        (tmp_path / "s" / "snapshots" / f"{SHOP}.20261120T120000.000000Z.{run}.parquet").mkdir()
        with pytest.raises(OutputFault, match=r"snapshots/.* cannot be kept: Is a directory"):
            state.commit_snapshot(run, SHOP, NOW, file, [], {})
        assert file.exists()


def test_a_snapshot_from_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spool on another file system is taken over all the same, whole."""
    here = tmp_path.stat().st_dev
    places = [Path("/dev/shm"), Path("/tmp"), Path.home()]
    there = next((place for place in places if place.is_dir() and place.stat().st_dev != here), None)
    if there is None:
        pytest.skip("no second file system here")
    with tempfile.TemporaryDirectory(dir=there) as name, State.open(tmp_path / "s", lambda: NOW) as state:
        file = parquet(Path(name), "from afar")
        assert state.commit_snapshot(state.begin_run("diff", NOW), SHOP, NOW, file, [], {})
        pointer = state.snapshot_pointer(SHOP)
        assert pointer is not None
        assert pointer.read_text(encoding="utf-8") == "from afar"
        assert not file.exists()
        assert len(list(pointer.parent.iterdir())) == 1


# Schema


@contextmanager
def database(where: str) -> Iterator[Database]:
    state_folder(where).mkdir(parents=True, exist_ok=True)
    opened = open_postgresql(where, 5) if "://" in where else open_sqlite(Path(where) / "state.db", 5)
    try:
        yield opened
    finally:
        opened.close()


NEXT = Migration(
    MIGRATIONS[-1].version + 1,
    ("ALTER TABLE sources ADD COLUMN note {text} NOT NULL DEFAULT ''", "UPDATE sources SET note = 'was ' || name"),
)
BROKEN = Migration(NEXT.version, (*NEXT.statements, "INSERT INTO nowhere VALUES (1)"))


def test_a_newer_schema_is_refused_with_both_versions(where: str) -> None:
    """An older program leaves alone what a newer one wrote."""
    with State.open(where, lambda: NOW):
        pass
    with database(where) as opened:
        migrate(opened, 0, (*MIGRATIONS, NEXT))
    text = rf"has schema version {NEXT.version}, this program knows up to version {MIGRATIONS[-1].version}"
    with pytest.raises(UsageFault, match=text):
        State.open(where, lambda: NOW)


def test_a_step_forward_keeps_what_is_there(where: str) -> None:
    """A later version is reached from this one with its data."""
    with State.open(where, lambda: NOW) as state:
        state.remember_source("ledger", NOW, {"stock": 7})
    with database(where) as opened:
        migrate(opened, 0, (*MIGRATIONS, NEXT))
        migrate(opened, 0, (*MIGRATIONS, NEXT))
        with opened.reading() as connection:
            assert connection.exec_driver_sql("SELECT note FROM sources").scalars().all() == ["was ledger"]
            versions = connection.exec_driver_sql("SELECT version FROM schema_version ORDER BY version").scalars().all()
            assert versions == list(range(1, NEXT.version + 1))


def test_a_step_that_fails_is_taken_back_whole(where: str) -> None:
    """The state stays at the version before and can be used with it."""
    with State.open(where, lambda: NOW) as state:
        state.remember_source("ledger", NOW, {"stock": 7})
    with database(where) as opened, pytest.raises(OutputFault, match="nowhere"):
        migrate(opened, 0, (*MIGRATIONS, BROKEN))
    with State.open(where, lambda: NOW) as state:
        seen = state.last_source("ledger")
        assert seen is not None
        assert seen.rows == {"stock": 7}
        with state._database.reading() as connection:
            columns = list(connection.exec_driver_sql("SELECT * FROM sources").keys())
            assert "note" not in columns


def test_a_step_that_another_process_took_is_not_taken_again(where: str) -> None:
    """While one waited for its turn to write, the other was there first."""
    with State.open(where, lambda: NOW):
        pass
    with database(where) as opened:
        schema._step(opened, MIGRATIONS[0], 99)
        with opened.reading() as connection:
            assert 99 not in connection.exec_driver_sql("SELECT at FROM schema_version").scalars().all()


def test_bugs_of_a_caller_stay_bugs(where: str) -> None:
    """What is neither the database's nor the disk's refusal is not told as one; rows need a transaction."""
    with State.open(where, lambda: NOW):
        pass
    with database(where) as opened:
        with pytest.raises(LookupError, match="mine"), opened.reading():
            raise LookupError("mine")
        with pytest.raises(RuntimeError, match="outside a transaction"):
            opened.bulk("runs", ("number",), [(1,)])


def test_rows_that_cannot_be_read_spoil_what_was_begun(where: str) -> None:
    """A disk that refuses while rows are made: OutputFault with the way on, and nothing of it is remembered."""

    def rows() -> Iterator[Campaign]:
        yield campaign("c1")
        raise OSError(errno.ENOSPC, "No space left on device")

    with State.open(where, lambda: NOW) as state:
        with pytest.raises(OutputFault, match="cannot be written: No space left on device") as caught:
            state.remember_campaigns(SHOP, NOW, rows())
        assert "Free some space" in caught.value.way_on
        assert list(state.campaigns(SHOP, at(-9999))) == []


def test_a_state_shows_its_folder_and_no_secret(where: str) -> None:
    """In a debugger or a trace nobody reads the address of a database."""
    with State.open(where, lambda: NOW) as state:
        assert repr(state) == f"State({str(state_folder(where))!r})"
        assert "://" not in repr(state)


def test_data_of_version_1_is_read(tmp_path: Path) -> None:
    """A database as version 1 wrote it, kept as text, is opened with everything in it."""
    folder = tmp_path / "s"
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "state.db")) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    with State.open(folder, lambda: NOW) as state:
        last = state.last_run()
        assert last is not None
        assert (last.id, last.exit_code, last.summary) == ("20261120T120000Z-0001", 10, {"skus": 2})
        told = [(one.at, one.key, one.sellable, one.campaign) for one in state.history(SHOP, at(-5))]
        assert told == [(NOW, key("1"), 30, 20), (at(5), key("1"), 30, 20), (at(10), key("1"), 38, 0)]
        assert list(state.campaigns(SHOP, at(-5))) == [campaign(sold=12)]
        assert [(one.scenario, one.units) for one in state.past_findings()] == [("campaign-lock", 20)]
        assert state.raises()[key("1")].variance == -3
        assert state.remember_actions(at(99), ["a-1"]) == {"a-1": NOW}
        source = state.last_source("ledger")
        assert source is not None
        assert source.rows == {"stock": 2}


def test_data_of_version_2_is_read(tmp_path: Path) -> None:
    """A database as version 2 wrote it: what is open stays open, what was approved stays used, what was good stays."""
    folder = tmp_path / "s"
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "state.db")) as connection:
        connection.executescript(VERSION_2.read_text(encoding="utf-8"))
    with State.open(folder, lambda: NOW) as state:
        run = state.last_run()
        assert run is not None
        assert (run.id, run.command, run.exit_code) == ("20261120T120000Z-0004", "sync", 12)
        results = [(one.id, one.result, one.to, one.by) for one in state.journal.of_run(run.id)]
        assert results == [
            (1, OutcomeResult.CONFIRMED, 7, None),
            (2, OutcomeResult.UNKNOWN, None, -2),
            (3, None, 0, None),
        ]
        assert [one.id for one in state.journal.open_intents()] == [2, 3]  # what is unknown is quarantined
        assert [(one.key, one.quantity, one.ok) for one in state.journal.own_pushes(at(-5))] == [(key("1"), 7, True)]
        assert state.good_rows(SHOP) == 2
        assert not state.approve("sha256:" + "0" * 64, "another", "bob")


def test_version_3_is_taken_forward_with_its_data(tmp_path: Path) -> None:
    """What messages named and what little pulls go on from stays; of the ledger nothing is kept yet."""
    folder = tmp_path / "s"
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "state.db")) as connection:
        connection.executescript(VERSION_3.read_text(encoding="utf-8"))
    heard = at(60)
    with State.open(folder, lambda: NOW) as state:
        assert state.told(SHOP, heard).places == frozenset({("1", "")})
        listening = state.listening(SHOP)
        assert listening is not None
        assert listening.heard == heard
        assert [run.exit_code for run in state.runs()] == [12, None, None, 10]
        assert state.kept.open(tmp_path) == {}


def test_version_1_is_taken_forward_with_its_data(where: str) -> None:
    """In both databases: what was remembered stays, and the journal, approvals and locks can be used."""
    with database(where) as opened:
        migrate(opened, 0, MIGRATIONS[:1])
        with opened.writing() as connection:
            connection.exec_driver_sql(f"INSERT INTO actions VALUES ('a-1', {to_number(NOW)}, {to_number(NOW)})")
            connection.exec_driver_sql(
                "INSERT INTO runs (number, id, command, began_at, summary)"
                f" VALUES (7, 'r7', 'diff', {to_number(NOW)}, '{{}}')"
            )
    with State.open(where, lambda: at(1)) as state:
        assert [run.id for run in state.runs()] == ["r7"]
        assert state.remember_actions(at(1), ["a-1"]) == {"a-1": NOW}
        assert state.journal.generation() == 0
        new = NewIntent("a-1", ActionKind.SET_STOCK, Sku("S"), key("1"), 3, 2)
        assert [one.id for one in state.journal.open("r8", [new])] == [1]
        assert state.approve("digest", "r8", "lan")
        with state.lock([SHOP], "r8") as lock:
            lock.check()


def test_processes_open_a_new_state_at_once_and_take_turns(where: str) -> None:
    """One makes the schema, the others find it made; no two runs get one id, whichever way they fall together."""
    code = (
        "import sys; from datetime import UTC, datetime; from stockrecon.state import State\n"
        "now = datetime(2026, 1, 1, tzinfo=UTC)\n"
        "with State.open(sys.argv[1], lambda: now) as state:\n"
        "    for _ in range(20): print(state.begin_run('diff', now)[-4:])\n"
    )
    command = [sys.executable, "-W", "error", "-c", code, where]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = sorted(line for process in running for line in process.communicate(timeout=60)[0].split())
    assert [process.returncode for process in running] == [0, 0, 0]
    assert told == [f"{number:04d}" for number in range(1, 61)]


# Where


@pytest.mark.parametrize(
    "url", ["mysql://me:s3cret@h/db", "sqlite:///x.db", "postgresql://me:s3cret@h:port/db", "nonsense://"]
)
def test_other_urls_are_refused_without_their_password(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only PostgreSQL is a database for a team."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(UsageFault) as caught:
        State.open(url, lambda: NOW)
    assert "s3cret" not in str(caught.value)
    assert "folder" in caught.value.way_on


@pytest.mark.parametrize(
    "url", ["postgresql://me:s3cret@127.0.0.1:1/db", "postgresql://127.0.0.1:1/db?password=s3cret"]
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UsageFault with host and port."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(UsageFault, match=r"the state database db at 127\.0\.0\.1:1: .* cannot be reached") as caught:
        State.open(url, lambda: NOW)
    assert "s3cret" not in str(caught.value)


def test_a_missing_driver_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """UsageFault with the extra that brings it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageFault, match="driver for a PostgreSQL state is not installed") as caught:
        State.open("postgresql://127.0.0.1:1/db", lambda: NOW)
    assert "stockrecon[postgres]" in caught.value.way_on


def test_a_database_that_lets_us_not_in_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown database on a server that answers."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with postgresql() as url, pytest.raises(UsageFault, match="does not let us in"):
        State.open(url.replace("/postgres?", "/no_such_database_here?"), lambda: NOW)


def test_a_password_makes_no_other_folder() -> None:
    """The local folder of a team's state depends on the place, not on the secret; a folder is itself."""
    home = {"XDG_STATE_HOME": "/x"}
    plain = state_folder("postgresql://me@h/db", home)
    assert plain == state_folder("postgresql://me:s3c@ret@h/db?password=1", home)
    assert plain != state_folder("postgresql://me@h/other", home)
    assert str(plain).startswith("/x/stockrecon/postgresql-")
    assert state_folder("/some/where") == Path("/some/where")


def test_importing_the_room_brings_no_sqlalchemy() -> None:
    """Commands that need no state do not pay for it."""
    code = "import sys, stockrecon.state; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_opening_is_cheap(tmp_path: Path) -> None:
    """The best of five openings of a state that is there takes less than 60 ms."""
    open_state(tmp_path / "s")
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        open_state(tmp_path / "s")
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.06
