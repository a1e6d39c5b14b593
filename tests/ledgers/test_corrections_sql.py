"""Corrections in a seller's own database: in its own tables, columns and types, with its views and its triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.books import AT, SKU, START, Book, book, request
from tests.ledgers.databases import KINDS, run, writer

SERVERS = ("postgresql", "mariadb")
MINE = {
    "sqlite": "CREATE TABLE {name} ({columns})",
    "postgresql": "CREATE TABLE {name} ({columns})",
    "mariadb": "CREATE TABLE {name} ({columns}) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4",
}


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    with book(request.param, tmp_path) as made:
        yield made


def url_of(kept: Book) -> str:
    return kept.settings.url or ""


def backend(kept: Book) -> str:
    return make_url(url_of(kept)).get_backend_name()


def settings(kept: Book, **more: object) -> LedgerSettings:
    return LedgerSettings("sql", kept.settings.folder, url=url_of(kept), **{"zone": "UTC", **more})  # type: ignore[arg-type]


def opened(kept: Book, **more: object) -> closing[SqlLedger]:
    return closing(SqlLedger(settings(kept, **more)))


def why_not(kept: Book, **more: object) -> str:
    """Why no correction can be posted; then none is, and the book stays as it is."""
    before = kept.stock(), kept.movements()
    with opened(kept, **more) as ledger:
        told = ledger.corrects()
        assert told is not None
        answer = ledger.correct(request())
        assert answer.answered in (Answered.NOT_SENT, Answered.REJECTED), answer
        (line,) = [line for line in ledger.check() if line.what == "corrections"]
        assert (line.ok, line.text) == (None, f"cannot be posted: {told}")
    assert (kept.stock(), kept.movements()) == before
    return told


def one(kept: Book, statement: str) -> tuple[object, ...]:
    with writer(url_of(kept)).connect() as connection:
        return tuple(connection.execute(text(statement)).one())


def replaced(kept: Book, stock: str, movements: str) -> None:
    """The tables with columns of the seller's own kind, and one SKU of 40 units."""
    made = MINE[backend(kept)]
    run(
        url_of(kept),
        "DROP TABLE stock",
        "DROP TABLE movements",
        made.format(name="stock", columns=stock),
        made.format(name="movements", columns=movements),
        "INSERT INTO stock (sku, available) VALUES ('00123', 40)",
    )


COLUMNS = "sku VARCHAR(40), at VARCHAR(40), quantity INT, kind VARCHAR(20), ref VARCHAR(191)"
IDS = [
    ("sqlite", "id INTEGER PRIMARY KEY", [8, 9]),
    ("sqlite", "id INTEGER PRIMARY KEY AUTOINCREMENT", [8, 9]),
    ("sqlite", "id BIGINT PRIMARY KEY", [8, 9]),
    ("sqlite", "id VARCHAR(40) PRIMARY KEY", ["sr-1", "sr-2"]),
    ("sqlite", "id PRIMARY KEY", ["sr-1", "sr-2"]),
    ("postgresql", "id BIGSERIAL PRIMARY KEY", [1, 2]),
    ("postgresql", "id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", [1, 2]),
    ("postgresql", "id INT PRIMARY KEY", [8, 9]),
    ("postgresql", "id NUMERIC(20) PRIMARY KEY", [8, 9]),
    ("postgresql", "id UUID PRIMARY KEY DEFAULT gen_random_uuid()", None),
    ("mariadb", "id BIGINT AUTO_INCREMENT PRIMARY KEY", [8, 9]),
    ("mariadb", "id BIGINT PRIMARY KEY", [8, 9]),
    ("mariadb", "id VARCHAR(191) PRIMARY KEY", ["sr-1", "sr-2"]),
]


@pytest.mark.parametrize(("kind", "declared", "numbers"), IDS)
def test_a_movements_id(kind: str, declared: str, numbers: list[object] | None, tmp_path: Path) -> None:
    """It is the ref where it is text, the database's own where that numbers rows, else the next number."""
    with book(kind, tmp_path) as kept:
        replaced(kept, "sku VARCHAR(40), available INT", f"{declared}, {COLUMNS}")
        if numbers in ([8, 9], ["sr-1", "sr-2"]):
            first = 7 if numbers == [8, 9] else "'7'"
            at = "'2026-11-11T04:00:00Z'"
            run(url_of(kept), f"INSERT INTO movements VALUES ({first}, '00123', {at}, 40, 'receipt', NULL)")
        with opened(kept) as ledger:
            assert ledger.corrects() is None
            for number in (1, 2):
                answer = ledger.correct(request(ref=f"sr-{number}", available=START + 1 - number))
                assert answer.answered is Answered.ACCEPTED, answer
        with writer(url_of(kept)).connect() as connection:
            rows = connection.execute(text("SELECT id FROM movements WHERE kind = 'correction' ORDER BY ref"))
            found = [row[0] for row in rows]
        assert numbers is None or found == numbers


NAIVE = AT.replace(tzinfo=None)
NAIVE = AT.replace(tzinfo=None)
TIMES = [
    ("sqlite", "DATETIME", "UTC", "2026-11-11T06:00:00.123456+00:00"),
    ("sqlite", "TEXT", "Asia/Ho_Chi_Minh", "2026-11-11T13:00:00.123456+07:00"),
    ("postgresql", "TIMESTAMP WITH TIME ZONE", None, AT),
    ("postgresql", "TIMESTAMP", "+07:00", NAIVE.replace(hour=13)),
    ("postgresql", "TEXT", None, "2026-11-11T06:00:00.123456+00:00"),
    ("mariadb", "DATETIME(6)", "Asia/Ho_Chi_Minh", NAIVE.replace(hour=13)),
    ("mariadb", "DATETIME(6)", "UTC", NAIVE),
    ("mariadb", "TIMESTAMP(6)", "Asia/Ho_Chi_Minh", NAIVE),
    ("mariadb", "VARCHAR(40)", "+07:00", "2026-11-11T13:00:00.123456+07:00"),
]


@pytest.mark.parametrize(("kind", "declared", "zone", "found"), TIMES)
def test_a_movements_time(kind: str, declared: str, zone: str | None, found: object, tmp_path: Path) -> None:
    """A moment, or a time of the ledger's zone where the column holds no offset: it is read back as it was posted."""
    with book(kind, tmp_path) as kept:
        columns = COLUMNS.replace("at VARCHAR(40)", f"at {declared}")
        replaced(kept, "sku VARCHAR(40), available INT", f"id VARCHAR(191), {columns}")
        with opened(kept, zone=zone) as ledger:
            assert ledger.correct(request()).answered is Answered.ACCEPTED
            read = ledger.read(tmp_path / "spool", AT)
        with writer(url_of(kept)).connect() as connection:
            if kind == "mariadb":
                connection.exec_driver_sql("SET time_zone = '+00:00'")
            got = connection.execute(text("SELECT at FROM movements")).scalar_one()
        assert (got.astimezone(UTC) if isinstance(got, datetime) and got.tzinfo else got) == found
        assert "2026-11-11T06:00:00.123456Z" in Path(read.tables["movements"].path).read_text()


def test_a_time_without_offset_needs_a_zone(tmp_path: Path) -> None:
    """It would be placed somewhere, and read from elsewhere."""
    with book("mariadb", tmp_path) as kept:
        told = why_not(kept, zone=None)
        assert told.startswith("movements.at holds no offset and ledger.zone is not set; ")


@pytest.mark.parametrize("kind", KINDS)
def test_other_tables_and_other_types(kind: str, tmp_path: Path) -> None:
    """The configured tables are written to, in their own columns, types and further columns."""
    with book(kind, tmp_path) as kept:
        number = "NUMERIC(12,3)" if kind == "postgresql" else "DECIMAL(12,3)"
        made, note = MINE[kind], "a note that is longer than ten"
        run(
            url_of(kept),
            made.format(name="book_stock", columns=f"Note VARCHAR(20), SKU CHAR(20), Available {number} NOT NULL"),
            made.format(
                name="book_moves",
                columns=f"ID INT, Sku CHAR(20), At VARCHAR(40), Quantity {number}, Kind VARCHAR(20), Note VARCHAR(10), "
                f"REF VARCHAR(191), Shop VARCHAR(20) NOT NULL, Balance {number}, Who VARCHAR(9) DEFAULT 'x' NOT NULL",
            ),
            "INSERT INTO book_stock VALUES ('n', '00123', 40), ('m', 'x', 1)",
        )
        with opened(kept, tables={"stock": "book_stock", "movements": "book_moves"}) as ledger:
            assert ledger.corrects() is None
            answer = ledger.correct(request(note=note))
            assert (answer.answered, answer.available) == (Answered.ACCEPTED, START - 1), answer
            assert ledger.posted(["sr-1"]) == {"sr-1": -1}
        row = one(kept, "SELECT id, quantity, kind, note, ref, shop, balance, who FROM book_moves")
        assert row == (1, -1, "correction", note if kind == "sqlite" else note[:10], "sr-1", "", 39, "x")
        assert one(kept, "SELECT available FROM book_stock WHERE sku = '00123'") == (39,)
        assert kept.stock()[SKU] == START


def test_a_sku_in_a_column_of_numbers(kept: Book, tmp_path: Path) -> None:
    """There 123 is the SKU, and 00123 is not."""
    replaced(kept, "sku BIGINT, available INT", f"id VARCHAR(191), {COLUMNS.replace('sku VARCHAR(40)', 'sku BIGINT')}")
    with opened(kept) as ledger:
        assert ledger.correct(request()).answered is Answered.REJECTED
        assert one(kept, "SELECT available FROM stock") == (START,)
        answer = ledger.correct(request(sku="123"))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, START - 1), answer


def test_a_schema_of_postgresqls(tmp_path: Path) -> None:
    """A name with a dot is a table in a schema."""
    with book("postgresql", tmp_path) as kept:
        run(
            url_of(kept),
            "CREATE SCHEMA erp",
            "ALTER TABLE stock SET SCHEMA erp",
            "ALTER TABLE movements SET SCHEMA erp",
        )
        with opened(kept, tables={"stock": "erp.stock", "movements": "erp.movements"}) as ledger:
            assert ledger.corrects() is None
            assert ledger.correct(request()).answered is Answered.ACCEPTED
        assert one(kept, "SELECT available FROM erp.stock WHERE sku = '00123'") == (39,)


def test_a_collation_that_takes_skus_for_one_another(tmp_path: Path) -> None:
    """Exactly the wanted row and only it is changed: what the database cannot tell apart is left alone."""
    with book("mariadb", tmp_path) as kept:
        run(
            url_of(kept),
            "ALTER TABLE stock DROP PRIMARY KEY, MODIFY sku VARCHAR(40) COLLATE utf8mb4_general_ci",
            "INSERT INTO stock (sku, available) VALUES ('only', 40)",
        )
        before = kept.stock()
        with opened(kept) as ledger:
            for sku, names in (("a", "'a', 'A'"), ("A", "'a', 'A'"), ("ONLY", "'only'"), ("only ", "'only'")):
                answer = ledger.correct(request(sku=sku, available=40))
                assert answer.answered is Answered.REJECTED, answer
                assert answer.text.startswith(
                    f"not posted: SKU {sku!r} is not told apart from others here: stock gives "
                )
                assert set(names.split(", ")) == set(answer.text.rpartition("gives ")[2].split(", "))
            assert kept.stock() == before
            assert ledger.correct(request(sku="only")).answered is Answered.ACCEPTED


def test_tables_that_are_read_by_a_query(kept: Book) -> None:
    """A query takes no writes: the seller's own statement is the way."""
    way = "is read by a query, which takes no writes; give your own statement under ledger.correct"
    assert why_not(kept, queries={"stock": "SELECT sku, available FROM stock"}) == f"stock {way}"
    assert why_not(kept, queries={"movements": "SELECT * FROM movements"}) == f"movements {way}"


def test_no_movements(kept: Book) -> None:
    """Without them nobody could tell what has been posted."""
    run(url_of(kept), "ALTER TABLE movements RENAME TO moves")
    with opened(kept) as ledger:
        assert ledger.corrects() == "there is no table movements, so nobody could tell what has been posted; offer one"
        with pytest.raises(ReadFault, match="nobody can tell what has been posted"):
            ledger.posted(["sr-1"])
    with opened(kept, correct="CALL f(:sku, :quantity, :ref)") as ledger:
        assert "nobody can tell" in (ledger.corrects() or "")


def test_movements_without_ref(kept: Book) -> None:
    """The ref is what keeps a correction from being posted twice."""
    replaced(kept, "sku VARCHAR(40), available INT", f"id VARCHAR(191), {COLUMNS.replace(', ref VARCHAR(191)', '')}")
    with opened(kept) as ledger:
        assert (ledger.corrects() or "").startswith("movements has no column ref, which keeps")
        assert ledger.correct(request()).answered is Answered.NOT_SENT
        with pytest.raises(ReadFault, match="no column ref"):
            ledger.posted(["sr-1"])


def test_movements_that_need_more_than_a_correction_has(kept: Book) -> None:
    """A column that has to be filled, and whose meaning only the seller knows."""
    replaced(kept, "sku VARCHAR(40), available INT", f"id VARCHAR(191), {COLUMNS}, who VARCHAR(9) NOT NULL")
    with opened(kept) as ledger:
        assert (ledger.corrects() or "").startswith("movements needs a value for who, for which a correction has none")
        assert ledger.correct(request()).answered is Answered.NOT_SENT


def test_views(kept: Book) -> None:
    """A view is written to where the database says that it takes writes."""
    run(
        url_of(kept),
        "CREATE VIEW plain AS SELECT sku, available FROM stock",
        "CREATE VIEW summed AS SELECT sku, sum(available) AS available FROM stock GROUP BY sku",
    )
    told = why_not(kept, tables={"stock": "summed"})
    assert told == "table summed is a view that takes no writes; give your own statement under ledger.correct"
    if backend(kept) == "sqlite":
        assert why_not(kept, tables={"stock": "plain"}).startswith("table plain is a view that takes no writes")
        return
    with opened(kept, tables={"stock": "plain"}) as ledger:
        assert ledger.corrects() is None
        assert ledger.correct(request()).answered is Answered.ACCEPTED
    assert kept.stock()[SKU] == START - 1


def test_tables_that_take_nothing_back(tmp_path: Path) -> None:
    """MyISAM and the like keep half of a transaction; a view does not hide them."""
    with book("mariadb", tmp_path) as kept:
        run(
            url_of(kept),
            "ALTER TABLE movements ENGINE = MyISAM",
            "CREATE VIEW moves AS SELECT * FROM movements",
        )
        expected = "is kept by MyISAM, which can take nothing back; keep it by InnoDB, or give your own statement"
        assert expected in why_not(kept)
        assert f"table moves {expected}" in why_not(kept, tables={"movements": "moves"})


TRIGGERS = {
    "sqlite": "CREATE TRIGGER t AFTER {event} FOR EACH ROW {when} BEGIN {body}; END",
    "mariadb": "CREATE TRIGGER t AFTER {event} FOR EACH ROW {body}",
}


def trigger(kept: Book, event: str, body: str) -> None:
    kind = backend(kept)
    if kind == "postgresql":
        run(
            url_of(kept),
            f"CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN {body}; RETURN NULL; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER t AFTER {event} FOR EACH ROW EXECUTE FUNCTION f()",
        )
    else:
        run(url_of(kept), TRIGGERS["sqlite" if kind == "sqlite" else "mariadb"].format(event=event, body=body, when=""))


def test_a_trigger_that_keeps_stock_by_itself(kept: Book) -> None:
    """The units would be taken twice; so nothing is posted."""
    body = "UPDATE stock SET available = available + NEW.quantity WHERE sku = NEW.sku"
    trigger(kept, "INSERT ON movements", body)
    with opened(kept) as ledger:
        answer = ledger.correct(request())
        assert answer.answered is Answered.REJECTED
        assert "(available is 38, 39 is right): a trigger keeps the book by itself" in answer.text
        assert kept.stock()[SKU] == START
        own = "INSERT INTO movements (id, sku, at, quantity, kind, ref, note) SELECT :ref, :sku, at, :quantity, "
        own += "'correction', :ref, :note FROM movements WHERE id = '0001'"
    with opened(kept, correct=own) as ledger:
        assert ledger.correct(request()).answered is Answered.ACCEPTED
    assert kept.stock()[SKU] == START - 1


def test_a_trigger_that_writes_movements_by_itself(kept: Book) -> None:
    """The same units would stand in the book twice; so nothing is posted."""
    body = "INSERT INTO movements (id, sku, at, quantity, kind) SELECT 't', NEW.sku, max(at), "
    trigger(kept, "UPDATE ON stock", body + "NEW.available - OLD.available, 'manual' FROM movements")
    with opened(kept) as ledger:
        answer = ledger.correct(request())
    assert answer.answered is Answered.CONFLICT
    assert "a trigger on stock writes movements by itself" in answer.text
    assert kept.stock()[SKU] == START
    assert one(kept, "SELECT count(*) FROM movements") == (2,)


def test_a_column_too_narrow_for_the_ref(tmp_path: Path) -> None:
    """A ref that was cut off would not be found again; so nothing is posted."""
    with book("mariadb", tmp_path) as kept:
        replaced(kept, "sku VARCHAR(40), available INT", f"id INT AUTO_INCREMENT PRIMARY KEY, {COLUMNS}")
        run(url_of(kept), "ALTER TABLE movements MODIFY ref VARCHAR(6)")
        url = f"{url_of(kept)}?sql_mode="
        with closing(SqlLedger(LedgerSettings("sql", tmp_path, url=url, zone="UTC"))) as ledger:
            answer = ledger.correct(request(ref="sr-123456789"))
        assert answer.answered is Answered.REJECTED, answer
        assert one(kept, "SELECT count(*) FROM movements") == (0,)
        assert one(kept, "SELECT available FROM stock") == (START,)
