"""Corrections that a database refuses or loses: what is answered then, and what is in the book."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered
from stockrecon.ledgers.sql import SqlLedger, correcting, writing
from stockrecon.ledgers.sql.book import whole
from stockrecon.ledgers.sql.posting import Poster
from tests.ledgers.books import SKU, START, Book, book, own_statement, request
from tests.ledgers.databases import KINDS, run, writer

SERVERS = ("postgresql", "mariadb")
PASSWORD = "s3cret-w0rd"


def ledger(kept: Book, **more: object) -> closing[SqlLedger]:
    told = {"folder": kept.settings.folder, "url": kept.settings.url, "zone": "UTC", **more}
    return closing(SqlLedger(LedgerSettings("sql", **told)))  # type: ignore[arg-type]


def url_of(kept: Book) -> str:
    return kept.settings.url or ""


def untouched(kept: Book) -> bool:
    return kept.stock()[SKU] == START and kept.movements() == [("R-1", 1)]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a lock."""
    monkeypatch.setattr(writing, "LOCK_SECONDS", 1)


@contextmanager
def role(kept: Book, *grants: str) -> Iterator[str]:
    """The URL of a role that has these rights only."""
    made = make_url(url_of(kept))
    name = f"sr_{os.urandom(4).hex()}"
    if made.get_backend_name() == "postgresql":
        run(url_of(kept), f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        run(url_of(kept), *(f"GRANT {grant} TO {name}" for grant in grants))
        who = name
    else:
        run(url_of(kept), f"CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'")
        run(url_of(kept), f"CREATE USER '{name}'@'localhost' IDENTIFIED BY '{PASSWORD}'")
        who = f"'{name}'@'%'"
        for host in ("%", "localhost"):
            run(url_of(kept), *(f"GRANT {grant} TO '{name}'@'{host}'" for grant in grants))
    try:
        yield made.set(username=name, password=PASSWORD).render_as_string(hide_password=False)
    finally:
        if made.get_backend_name() == "postgresql":
            run(url_of(kept), f"DROP OWNED BY {name}", f"DROP ROLE {name}")
        else:
            run(url_of(kept), f"DROP USER {who}", f"DROP USER '{name}'@'localhost'")


READING = ["SELECT ON stock", "SELECT ON movements"]
CORRECTING = [*READING, "UPDATE (available) ON stock", "INSERT ON movements"]


@pytest.mark.parametrize("kind", SERVERS)
def test_the_documented_rights_are_enough(kind: str, tmp_path: Path) -> None:
    """And nothing else can be done with them."""
    with book(kind, tmp_path) as kept, role(kept, *CORRECTING) as url, ledger(kept, url=url) as opened:
        assert opened.corrects() is None
        answer = opened.correct(request())
        assert (answer.answered, answer.available) == (Answered.ACCEPTED, START - 1), answer
        assert kept.stock()[SKU] == START - 1


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("missing", [2, 3])
def test_a_right_is_missing(kind: str, missing: int, tmp_path: Path) -> None:
    """It is told before anything is posted, in the database's own words, and never with the password."""
    grants = [grant for number, grant in enumerate(CORRECTING) if number != missing]
    with book(kind, tmp_path) as kept, role(kept, *grants) as url, ledger(kept, url=url) as opened:
        told = opened.corrects() or ""
        answer = opened.correct(request())
        assert answer.answered is Answered.REJECTED
        assert "UPDATE (available) on stock and INSERT on movements" in told
        assert "check prints the GRANTs" in answer.text
        for words in (told, answer.text):
            assert "the role has no right to do this" in words
            assert "denied" in words
            assert PASSWORD not in words
        assert untouched(kept)


@pytest.mark.parametrize("kind", SERVERS)
def test_the_database_is_gone(kind: str, tmp_path: Path) -> None:
    """Nothing was sent, and nobody can tell what had been posted; the password is in no text."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"{kind}://me:{PASSWORD}@127.0.0.1:{port}/erp"
    with closing(SqlLedger(LedgerSettings("sql", tmp_path, url=url, zone="UTC"))) as opened:
        answer = opened.correct(request())
        assert answer.answered is Answered.NOT_SENT
        assert "cannot be reached" in answer.text
        assert "cannot be reached" in (opened.corrects() or "")
        assert PASSWORD not in answer.text + (opened.corrects() or "")


@pytest.mark.parametrize("kind", [*KINDS, "own-sqlite", "own-postgresql", "own-mariadb"])
@pytest.mark.usefixtures("short")
def test_a_row_that_another_program_holds(kind: str, tmp_path: Path) -> None:
    """After a time it is given up, and nothing was posted."""
    with book(kind, tmp_path) as kept, writer(url_of(kept)).connect() as other:
        if kind.endswith("sqlite"):
            other.exec_driver_sql("BEGIN IMMEDIATE")
        other.execute(text("UPDATE stock SET available = available WHERE sku = '00123'"))
        with ledger(kept, correct=kept.settings.correct) as opened:
            answer = opened.correct(request())
        other.rollback()
        assert answer.answered is Answered.NOT_SENT, answer
        assert any(words in answer.text.lower() for words in ("lock timeout", "lock wait timeout", "locked"))
        assert untouched(kept)


def test_a_file_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check says so; posting is refused in SQLite's words."""
    with book("sqlite", tmp_path) as kept, ledger(kept) as opened:
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_dir())
        assert opened.corrects() == f"{tmp_path / 'ledger.db'} may not be written; give the right to write it"
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_file())
        assert "keeps its journal in" in (opened.corrects() or "")


def test_a_database_that_is_read_only(tmp_path: Path) -> None:
    """A standby, or a role that is read-only by default: refused in the database's words."""
    with book("postgresql", tmp_path) as kept, role(kept, *CORRECTING) as url:
        name = make_url(url).username
        run(url_of(kept), f"ALTER ROLE {name} SET default_transaction_read_only = on")
        with ledger(kept, url=url) as opened:
            answer = opened.correct(request())
        assert answer.answered is Answered.REJECTED
        assert "read-only transaction" in answer.text
        assert untouched(kept)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite takes everything back and says why."""
    with book("sqlite", tmp_path) as kept, ledger(kept) as opened:
        original = sqlite3.connect

        def small(*args: object, **more: object) -> sqlite3.Connection:
            connection: sqlite3.Connection = original(*args, **more)  # type: ignore[call-overload]
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
            return connection

        monkeypatch.setattr(sqlite3, "connect", small)
        answer = opened.correct(request(note="n" * 100_000))
        assert answer.answered is Answered.REJECTED
        assert "full" in answer.text
        monkeypatch.undo()
        assert untouched(kept)


@contextmanager
def cut(kept: Book, forward: bool) -> Iterator[str]:
    """The URL of a way into the database that breaks at the first COMMIT after an INSERT, handing it on or not."""
    made = make_url(url_of(kept))
    port = {"postgresql": 5432, "mariadb": 3306}[made.get_backend_name()]
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_carry, args=(client, port, forward), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield made.set(host="127.0.0.1", port=server.getsockname()[1]).render_as_string(hide_password=False)
    finally:
        ended.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def _carry(client: socket.socket, port: int, forward: bool) -> None:
    upstream = socket.create_connection(("127.0.0.1", port))
    back = threading.Thread(target=_pump, args=(upstream, client, None), daemon=True)
    back.start()
    inserted = False

    def stop(data: bytes) -> bool:
        nonlocal inserted
        inserted = inserted or b"INSERT INTO movements" in data
        return inserted and b"COMMIT" in data

    last = _pump(client, upstream, stop)
    if last and forward:
        # The answer never arrives, though the database has heard the question.
        _hang_up(client)
        upstream.sendall(last)
    else:
        _hang_up(upstream)
        _hang_up(client)
    back.join()
    _hang_up(upstream)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _pump(source: socket.socket, target: socket.socket, stop: Callable[[bytes], bool] | None) -> bytes:
    """Carries bytes over until one side ends; the bytes that are to be stopped at are returned and not handed on."""
    try:
        while data := source.recv(65536):
            if stop is not None and stop(data):
                return data
            target.sendall(data)
    except OSError:
        pass
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
    return b""


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("own", [False, True])
def test_a_commit_that_never_arrived(kind: str, own: bool, tmp_path: Path) -> None:
    """Nobody knows: UNKNOWN. The next one finds that it was not posted, and posts it once."""
    correct = own_statement(kind) if own else None
    with book(kind, tmp_path) as kept, cut(kept, forward=False) as url:
        with ledger(kept, url=url, correct=correct) as opened:
            answer = opened.correct(request())
        assert answer.answered is Answered.UNKNOWN, answer
        assert "connection was lost" in answer.text
        with ledger(kept, correct=correct) as opened:
            assert opened.posted(["sr-1"]) == {}
            assert opened.correct(request()).answered is Answered.ACCEPTED
        assert kept.stock()[SKU] == START - 1


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("own", [False, True])
def test_a_commit_whose_answer_was_lost(kind: str, own: bool, tmp_path: Path) -> None:
    """The movements tell that it was posted; it is not posted again."""
    correct = own_statement(kind) if own else None
    with book(kind, tmp_path) as kept, cut(kept, forward=True) as url:
        with ledger(kept, url=url, correct=correct) as opened:
            answer = opened.correct(request())
        assert answer.answered in (Answered.ACCEPTED, Answered.UNKNOWN), answer
        with ledger(kept, correct=correct) as opened:
            assert opened.correct(request()).text == "sr-1 had been posted before"
        assert kept.stock()[SKU] == START - 1
        assert kept.movements() == [("R-1", 1), ("sr-1", -1)]


def test_a_number_that_another_program_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The movement gets the next one after it, and the correction is posted once."""
    with book("postgresql", tmp_path) as kept:
        run(
            url_of(kept),
            "ALTER TABLE movements DROP COLUMN id",
            "ALTER TABLE movements ADD COLUMN id INT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
            "ALTER TABLE movements ALTER COLUMN id DROP IDENTITY",
        )
        seen: list[object] = []

        def one_behind(value: object) -> int | None:
            seen.append(value)
            return 1 if value == 2 and seen.count(2) == 1 else whole(value)

        monkeypatch.setattr(correcting, "whole", one_behind)
        with ledger(kept) as opened:
            answer = opened.correct(request())
        assert answer.answered is Answered.ACCEPTED, answer
        assert seen.count(2) == 2
        assert kept.movements() == [("R-1", 1), ("sr-1", -1)]
        assert kept.stock()[SKU] == START - 1


def test_nobody_can_tell_after_a_lost_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """UNKNOWN, with both reasons."""

    def gone(*_: object) -> dict[str, int]:
        raise ReadFault("ledger", "the database cannot be reached", way_on="Look at it.")

    with book("postgresql", tmp_path) as kept, cut(kept, forward=False) as url, ledger(kept, url=url) as opened:
        monkeypatch.setattr(Poster, "posted", gone)
        answer = opened.correct(request())
    assert answer.answered is Answered.UNKNOWN
    assert "whether it was posted cannot be told: the database cannot be reached; look at it" in answer.text


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///nowhere.db", "oracle+nothing://h/d"])
def test_a_database_that_cannot_be_opened(url: str, tmp_path: Path) -> None:
    """Told as when it is read; nothing was sent."""
    with closing(SqlLedger(LedgerSettings("sql", tmp_path, url=url, zone="UTC"))) as opened:
        assert opened.corrects()
        assert opened.correct(request()).answered is Answered.NOT_SENT
        with pytest.raises(ReadFault):
            opened.posted(["sr-1"])
