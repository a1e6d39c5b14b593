"""What `check` says of rights: statements with the real names, which are enough, and no more than is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url

from stockrecon.core.mapping import From, TableMap
from stockrecon.core.model import Sku
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.ledgers.sql import SqlLedger
from stockrecon.ledgers.sql.statements import tables_in
from stockrecon.ledgers.sql.targets import Target, targets_of
from tests.ledgers.databases import run

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
Make = Callable[..., SqlLedger]
PASSWORD = "s3cret-w0rd"
READS = "a role that reads needs these and no more:"
POSTS = "a role that also posts corrections needs these and no more:"
MAPPING = {
    "stock": TableMap("mapping", {"sku": From((("Code",),)), "available": From((("free",),))}),
    "movements": TableMap(
        "mapping",
        {
            name: From(((own,),))
            for name, own in {
                "id": "nr",
                "sku": "item",
                "at": "booked",
                "quantity": "qty",
                "kind": "kind",
                "ref": "ref",
            }.items()
        },
    ),
}


def erp(url: str) -> dict[str, str]:
    """Tables of another program, one of them with a name that has to be quoted; what `tables` calls them."""
    postgresql = url.startswith("postgresql")
    schema = "erp." if postgresql else ""
    mark = '"' if postgresql else "`"
    exact = "" if postgresql else "COLLATE utf8mb4_nopad_bin"
    number = "SERIAL" if postgresql else "INTEGER AUTO_INCREMENT"
    stock, code = f"{schema}{mark}Stock items{mark}", f"{mark}Code{mark}"
    run(
        url,
        *(["CREATE SCHEMA erp"] if postgresql else []),
        f"CREATE TABLE {stock} ({code} VARCHAR(40) {exact} PRIMARY KEY, free INTEGER NOT NULL, price INTEGER)",
        f"CREATE TABLE {schema}moves (nr {number} PRIMARY KEY, item VARCHAR(40) {exact} NOT NULL,"
        " booked VARCHAR(40) NOT NULL, qty INTEGER NOT NULL, kind VARCHAR(20) NOT NULL, ref VARCHAR(100))",
        f"CREATE TABLE {schema}offers (shop VARCHAR(20), item_id VARCHAR(20), sku VARCHAR(40) {exact})",
        f"INSERT INTO {stock} VALUES ('00123', 40, 9)",
    )
    return {"stock": f"{schema}Stock items", "movements": f"{schema}moves"}


def told(made: SqlLedger) -> tuple[list[str], list[str]]:
    """The statements for a role that reads, and for one that posts."""
    lines = [line.text for line in made.check() if line.what == "grants"]
    reads, posts = lines.index(READS), lines.index(POSTS)
    return lines[reads + 1 : posts], lines[posts + 1 :]


@contextmanager
def role(url: str, statements: Sequence[str]) -> Iterator[str]:
    """The URL of a role that these statements make, under a name of its own."""
    made = make_url(url)
    name = f"sr_{os.urandom(4).hex()}"
    own = [one.replace("stockrecon_reader", name).replace("'...'", f"'{PASSWORD}'") for one in statements]
    own = [one.replace("'stockrecon'@", f"'{name}'@").replace("TO stockrecon;", f"TO {name};") for one in own]
    own = [one.replace("ROLE stockrecon ", f"ROLE {name} ") for one in own]
    hosts = [own] if url.startswith("postgresql") else [own, [one.replace("@'%'", "@'localhost'") for one in own]]
    try:
        for one in hosts:
            run(url, *one)
        yield made.set(username=name, password=PASSWORD).render_as_string(hide_password=False)
    finally:
        if url.startswith("postgresql"):
            run(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
        else:
            run(url, f"DROP USER '{name}'@'%'", f"DROP USER '{name}'@'localhost'")


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def test_the_statements_for_a_reader_are_enough(server: str, ledger: Make, tmp_path: Path) -> None:
    """Carried out as they are printed, they let a role read everything, and write nothing."""
    tables = erp(server)
    queries = {
        "listings": "SELECT shop, item_id, o.sku FROM " + ("erp." if "postgresql" in server else "") + "offers o"
    }
    settings = {"tables": tables, "mapping": MAPPING, "queries": queries, "zone": "UTC"}
    reads, _ = told(ledger(server, **settings))
    with role(server, reads) as url:
        made = ledger(url, **settings)
        assert set(made.read(tmp_path, NOW).tables) == {"stock", "movements", "listings"}
        assert [line.text for line in made.check() if line.ok is False] == []
        assert "the role can read and cannot write" in [line.text for line in made.check()]
        assert "denied" in (made.corrects() or "")


def test_the_statements_for_corrections_are_enough(server: str, ledger: Make) -> None:
    """A number from a sequence, a mapped column of stock: a correction is posted with just these rights."""
    settings = {"tables": erp(server), "mapping": MAPPING, "zone": "UTC"}
    _, posts = told(ledger(server, **settings))
    with role(server, posts) as url:
        made = ledger(url, **settings)
        assert made.corrects() is None
        answer = made.correct(CorrectionRequest(Sku("00123"), -1, "sr-1", "why", NOW, 40))
        assert (answer.answered, answer.available) == (Answered.ACCEPTED, 39), answer


def test_only_what_is_named_is_granted(postgresql: str, ledger: Make) -> None:
    """In full: the schema, the quoted name, the one column that changes, the sequence."""
    reads, posts = told(ledger(postgresql, tables=erp(postgresql), mapping=MAPPING, zone="UTC"))
    name = make_url(postgresql).database
    assert reads == [
        "CREATE ROLE stockrecon_reader LOGIN PASSWORD '...';",
        f"GRANT CONNECT ON DATABASE {name} TO stockrecon_reader;",
        "GRANT USAGE ON SCHEMA erp TO stockrecon_reader;",
        'GRANT SELECT ON erp."Stock items", erp.moves TO stockrecon_reader;',
    ]
    assert posts[4:] == [
        'GRANT UPDATE (free) ON erp."Stock items" TO stockrecon;',
        "GRANT INSERT ON erp.moves TO stockrecon;",
        "GRANT USAGE ON SEQUENCE erp.moves_nr_seq TO stockrecon;",
    ]


def test_a_file_has_no_roles(sqlite: str, ledger: Make) -> None:
    run(sqlite, "CREATE TABLE stock (sku TEXT PRIMARY KEY, available INTEGER)")
    assert not any("GRANT" in line.text for line in ledger(sqlite).check())


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT a FROM t", ["t"]),
        ('SELECT from_x FROM erp."Odd name" AS x JOIN `b`.`c` ON x.a = c.a', ["erp.Odd name", "b.c"]),
        ("SELECT a FROM t WHERE x IN (SELECT y FROM u) AND FALSE", ["t", "u"]),
        ("WITH w AS (SELECT 1 FROM s.t1, t2 q, t3 WHERE 1 = 1) SELECT 'FROM no', a FROM w -- FROM z", "s.t1 t2 t3 w"),
        ("SELECT a FROM ((SELECT b FROM t) UNION SELECT c FROM u) x, v", ["t", "u", "v"]),
        ("SELECT extract(epoch FROM at), b FROM moves", ["at", "moves"]),
    ],
)
def test_the_tables_of_a_query(sql: str, names: list[str] | str) -> None:
    """As far as they stand in it: quoted, joined, listed, inside brackets."""
    assert list(tables_in(sql)) == (names.split() if isinstance(names, str) else names)


OWN = (
    "INSERT INTO erp.moves (item, booked, qty, kind, ref) VALUES (:sku, '2026-11-11T06:00:00Z', :quantity, 'x', :ref);"
    'UPDATE erp."Stock items" SET free = free + :quantity, price = coalesce(price, 0) WHERE "Code" = :sku'
)
X = {"kind": {"x": "correction"}}


def by_own(url: str) -> dict[str, object]:
    own = OWN if url.startswith("postgresql") else OWN.replace("erp.", "").replace('"', "`")
    mapping = {**MAPPING, "movements": TableMap("mapping", MAPPING["movements"].columns, values=X)}
    return {"tables": erp(url), "mapping": mapping, "zone": "UTC", "correct": own}


BY_OWN = "a role that also carries out ledger.correct needs these and no more:"


def test_the_statements_for_an_own_statement_are_enough(server: str, ledger: Make) -> None:
    """What it inserts into and which columns it sets stands in it; a correction is posted with just these rights."""
    settings = by_own(server)
    lines = [line.text for line in ledger(server, **settings).check() if line.what == "grants"]
    posts = lines[lines.index(BY_OWN) + 1 :]
    mark = '"' if "postgresql" in server else "`"
    assert any(f"GRANT UPDATE (free, price) ON erp.{mark}Stock items{mark}" in one for one in posts) is (mark == '"')
    with role(server, posts) as url:
        made = ledger(url, **settings)
        assert [line.text for line in made.check() if line.what == "corrections"] == ["can be posted"]
        answer = made.correct(CorrectionRequest(Sku("00123"), -1, "sr-1", "why", NOW, 40))
        assert (answer.answered, answer.available) == (Answered.ACCEPTED, 39), answer


def test_an_own_statement_without_the_right_to_it(server: str, ledger: Make) -> None:
    """A role that may only read is told so before anything is posted: it is no right to read that is lacking."""
    settings = by_own(server)
    reads = [line.text for line in ledger(server, **settings).check() if line.what == "grants"]
    with role(server, reads[1 : reads.index(BY_OWN)]) as url:
        made = ledger(url, **settings)
        why = made.corrects() or ""
        assert "the role has no right to do this" in why
        assert "denied" in why
        (line,) = [line for line in made.check() if line.what == "corrections"]
        assert line.text.startswith("cannot be posted: ")


@pytest.mark.parametrize(
    ("correct", "words"),
    [
        (
            "CALL post_adjustment(:sku, :quantity, :ref, :note)",
            "may carry out CALL post_adjustment(:sku, :quantity, :ref",
        ),
        (
            "SELECT post_adjustment(:sku, :quantity, :ref)",
            "may carry out SELECT post_adjustment(:sku, :quantity, :ref)",
        ),
        ("UPDATE erp.moves SET qty = CAST(:sku AS date) - CAST(:ref AS date) + :quantity", "does what it should"),
    ],
)
def test_what_shows_only_when_it_is_used(postgresql: str, ledger: Make, correct: str, words: str) -> None:
    """A procedure cannot be asked beforehand, nor can one know what values are like: that is said, and no more."""
    settings = {**by_own(postgresql), "correct": correct}
    made = ledger(postgresql, **settings)
    assert made.corrects() is None
    (line,) = [line for line in made.check() if line.what == "corrections"]
    assert line.ok is None
    assert line.text.startswith("can be posted, as far as that can be told: whether ")
    assert words in line.text
    assert line.text.endswith("shows only when one is posted")


def test_asking_changes_nothing(url: str, ledger: Make) -> None:
    """The statements are explained, not carried out."""
    run(
        url,
        "CREATE TABLE stock (sku VARCHAR(20) PRIMARY KEY, available INTEGER)",
        "CREATE TABLE movements (id VARCHAR(20) PRIMARY KEY, sku VARCHAR(20), at VARCHAR(30), quantity INTEGER,"
        " kind VARCHAR(20), ref VARCHAR(20))",
        "INSERT INTO stock VALUES ('0', 5)",
    )
    correct = (
        "INSERT INTO movements (id, sku, at, quantity, kind, ref)"
        " VALUES (:ref, :sku, '2026-11-11T06:00:00Z', :quantity, 'correction', :ref);"
        " UPDATE stock SET available = available + :quantity WHERE sku = :sku; DELETE FROM movements WHERE ref = 'x'"
    )
    made = ledger(url, zone="UTC", correct=correct)
    assert made.corrects() is None
    assert made.posted(["0"]) == {}
    assert made.reread([Sku("0")]) == {"0": 5}
    missing = ledger(url, zone="UTC", correct=correct.replace("DELETE FROM movements", "DELETE FROM no_such_table"))
    assert "no_such_table" in (missing.corrects() or "")


def test_a_role_with_just_the_rights_for_corrections_is_left_in_peace(server: str, ledger: Make) -> None:
    """It has what check itself told; one with more is told that reading needs none of it."""
    settings = {"tables": erp(server), "mapping": MAPPING, "zone": "UTC"}
    _, posts = told(ledger(server, **settings))
    with role(server, posts) as url:
        (line,) = [line for line in ledger(url, **settings).check() if line.what == "rights"]
        assert (line.ok, line.text) == (True, "the role can read, and write what corrections need and no more")
    more = [one.replace("GRANT INSERT", "GRANT INSERT, DELETE") for one in posts]
    with role(server, more) as url:
        (line,) = [line for line in ledger(url, **settings).check() if line.what == "rights"]
        assert (line.ok, line.text) == (None, "the role could also write; reading needs no right to write")


def test_the_advice_names_what_is_there(server: str, ledger: Make, tmp_path: Path) -> None:
    """The table that may not be read, under its own name; a query is named as that."""
    settings = {"tables": erp(server), "mapping": MAPPING, "zone": "UTC"}
    reads, _ = told(ledger(server, **settings))
    stock = [one for one in reads if "moves" not in one or "," in one]
    stock = [one.replace(", erp.moves", "") for one in stock]
    with role(server, stock) as url:
        fault = _refused(ledger(url, **settings), tmp_path)
        assert "the role has no right to read this" in fault.what
        if server.startswith("postgresql"):
            assert "GRANT SELECT ON erp.moves TO the role" in fault.way_on
        queries = {"movements": "SELECT nr AS id, item AS sku, booked AS at, qty AS quantity, kind FROM moves"}
        if server.startswith("postgresql"):
            queries = {"movements": queries["movements"].replace("moves", "erp.moves")}
        more = {"tables": {"stock": settings["tables"]["stock"]}, "mapping": {"stock": MAPPING["stock"]}}  # type: ignore[index]
        fault = _refused(ledger(url, **more, zone="UTC", queries=queries), tmp_path)
        assert "GRANT SELECT ON what queries.movements reads" in fault.way_on
    assert "listings" not in fault.way_on


def _refused(made: SqlLedger, spool: Path) -> ReadFault:
    with pytest.raises(ReadFault) as caught:
        made.read(spool, NOW)
    return caught.value


def test_a_refused_write_is_no_refused_reading(server: str, ledger: Make) -> None:
    """Posting with a role that may only read: what it says is that."""
    settings = {"tables": erp(server), "mapping": MAPPING, "zone": "UTC"}
    reads, _ = told(ledger(server, **settings))
    with role(server, reads) as url:
        answer = ledger(url, **settings).correct(CorrectionRequest(Sku("00123"), -1, "sr-1", "why", NOW, 40))
    assert answer.answered is Answered.REJECTED
    assert "posting: the role has no right to do this" in answer.text
    assert "GRANTs" in answer.text


def test_a_padded_key_is_told_without_its_padding(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """CHAR(n) fills a SKU with blanks that nobody wrote."""
    run(
        postgresql,
        "CREATE TABLE stock (sku CHAR(200) PRIMARY KEY, available NUMERIC)",
        "INSERT INTO stock VALUES ('A-1', 3.5)",
    )
    fault = _refused(ledger(postgresql), tmp_path)
    assert fault.what == "table stock:1: available: row with sku 'A-1': 3.5 is not a whole number"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('UPDATE "a ""b" SET x = 1', [Target("UPDATE", 'a "b', None, ("x",))]),
        ("UPDATE e.s AS t SET t.x = f(1, y = 2), `z` = 3 WHERE q = 1", [Target("UPDATE", "s", "e", ("x", "z"))]),
        ("UPDATE s SET (a, b) = (1, 2)", [Target("UPDATE", "s", None)]),
        (
            "-- first\ninsert into m (a) values (1); DELETE FROM m WHERE a = 2; call e.p(:sku)",
            [Target("INSERT", "m", None), Target("DELETE", "m", None), Target("EXECUTE", "p", "e")],
        ),
        ("WITH x AS (SELECT 1) INSERT INTO m SELECT * FROM x", []),
    ],
)
def test_what_a_statement_writes_to(script: str, expected: list[Target]) -> None:
    """As far as it stands at its beginning; which columns, where that can be told."""
    assert targets_of(script) == expected
