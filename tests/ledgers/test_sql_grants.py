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
from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.ledgers.sql import SqlLedger
from stockrecon.ledgers.sql.statements import tables_in
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
