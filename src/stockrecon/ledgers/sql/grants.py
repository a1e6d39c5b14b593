"""The statements that give a role just the rights that this configuration needs, with the real names in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.ledgers.sql.book import Book, Numbered
from stockrecon.ledgers.sql.sources import Source, place_in
from stockrecon.ledgers.sql.statements import split, tables_in
from stockrecon.ledgers.sql.targets import Target, targets_of

READER = "stockrecon_reader"
CORRECTOR = "stockrecon"
_NEXT = re.compile(r"nextval\('(?P<name>(?:[^']|'')+)'")

Place = tuple[str, str]
"""Schema (of MySQL the database) and name."""


def reading(connection: Connection, sources: Sequence[Source]) -> list[str]:
    """What a role that reads needs and no more; nothing for a database without roles, or that is not tested."""
    return _reading(connection, sources, READER)


def correcting(connection: Connection, sources: Sequence[Source], book: Book) -> list[str]:
    """The same for a role that also posts corrections into the tables."""
    backend = connection.dialect.name
    if backend not in _GRANTING:
        return []
    quote = connection.dialect.identifier_preparer.quote
    role = _GRANTING[backend].role(CORRECTOR)
    inspector = inspect(connection)
    stock, movements = (_placed(connection, table.name, table.schema) for table in (book.stock, book.movements))
    more = [
        f"GRANT UPDATE ({quote(book.own['available'].name)}) ON {_shown(connection, stock)} TO {role};",
        f"GRANT INSERT ON {_shown(connection, movements)} TO {role};",
    ]
    if backend == "postgresql":
        if book.numbered is Numbered.BY_DATABASE:
            more += _sequences(inspector, book.movements.name, book.movements.schema, role, book.filled["id"].name)
    else:
        for place in (stock, movements):
            if place[1] in inspector.get_view_names(place[0]):
                more.append(f"GRANT SHOW VIEW ON {_shown(connection, place)} TO {role};")
    return [*_reading(connection, sources, CORRECTOR), *more]


def by_statement(connection: Connection, sources: Sequence[Source], script: str) -> list[str]:
    """The same for a role that carries out the seller's own statements, as far as they say what they write to."""
    backend = connection.dialect.name
    if backend not in _GRANTING:
        return []
    role = _GRANTING[backend].role(CORRECTOR)
    inspector = inspect(connection)
    read = [place for name in _read_by(script) if (place := place_in(inspector, name)) is not None]
    targets = targets_of(script)
    tables = [(one, place_in(inspector, _dotted(one))) for one in targets if one.right != "EXECUTE"]
    more = [found for _, found in tables if found is not None]
    given = _reading(connection, sources, CORRECTOR, [_placed(connection, *place) for place in (*read, *more)])
    for one, place in tables:
        if place is not None:
            given.append(
                f"GRANT {_right(connection, one)} ON {_shown(connection, _placed(connection, *place))} TO {role};"
            )
            if one.right == "INSERT" and backend == "postgresql":
                given += _sequences(inspector, *place, role)
    for one in targets:
        if one.right == "EXECUTE":
            given.append(f"GRANT EXECUTE ON PROCEDURE {_dotted(one, connection)} TO {role};")
    return list(dict.fromkeys(given))


def _read_by(script: str) -> Iterator[str]:
    for statement in split(script):
        yield from tables_in(statement)


def _right(connection: Connection, target: Target) -> str:
    quote = connection.dialect.identifier_preparer.quote
    columns = f" ({', '.join(map(quote, target.columns))})" if target.columns else ""
    return f"{target.right}{columns}"


def _dotted(target: Target, connection: Connection | None = None) -> str:
    """Its name as it may be written; with a connection, in the quotes that it needs."""
    quote = connection.dialect.identifier_preparer.quote if connection is not None else str
    names = [part for part in (target.schema, target.name) if part is not None]
    if connection is not None and len(names) == 1 and connection.dialect.name != "postgresql":
        names.insert(0, str(connection.execute(text("SELECT DATABASE()")).scalar_one()))
    return ".".join(map(quote, names))


@dataclass(frozen=True, slots=True)
class _Granting:
    """How one database names a role, and makes one."""

    made: str
    named: str

    def role(self, name: str) -> str:
        return self.named.format(name=name)


_MYSQL = _Granting("CREATE USER '{name}'@'%' IDENTIFIED BY '...';", "'{name}'@'%'")
_GRANTING = {
    "postgresql": _Granting("CREATE ROLE {name} LOGIN PASSWORD '...';", "{name}"),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}


def _reading(connection: Connection, sources: Sequence[Source], name: str, also: Sequence[Place] = ()) -> list[str]:
    backend = connection.dialect.name
    if backend not in _GRANTING:
        return []
    role = _GRANTING[backend].role(name)
    places = list(dict.fromkeys((*_places(connection, sources), *also)))
    shown = [_shown(connection, place) for place in places]
    made = _GRANTING[backend].made.format(name=name)
    if backend != "postgresql":
        return [made, *(f"GRANT SELECT ON {one} TO {role};" for one in shown)]
    quote = connection.dialect.identifier_preparer.quote
    database = quote(str(connection.execute(text("SELECT current_database()")).scalar_one()))
    schemas = ", ".join(dict.fromkeys(quote(schema) for schema, _ in places))
    given = [f"GRANT USAGE ON SCHEMA {schemas} TO {role};", f"GRANT SELECT ON {', '.join(shown)} TO {role};"]
    return [made, f"GRANT CONNECT ON DATABASE {database} TO {role};", *(given if places else [])]


def _places(connection: Connection, sources: Sequence[Source]) -> Iterator[Place]:
    """Every table or view that is named: a view's own tables need no right of the reader."""
    inspector = inspect(connection)
    for source in sources:
        if source.query is None:
            yield _placed(connection, source.name, source.schema)
            continue
        for named in tables_in(source.query):
            if (found := place_in(inspector, named)) is not None:
                yield _placed(connection, *found)


def _placed(connection: Connection, name: str, schema: str | None) -> Place:
    if schema is not None:
        return schema, name
    if connection.dialect.name == "postgresql":
        quoted = connection.dialect.identifier_preparer.quote(name)
        statement = text(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = CAST(:name AS regclass)"
        )
        return str(connection.execute(statement, {"name": quoted}).scalar_one()), name
    return str(connection.execute(text("SELECT DATABASE()")).scalar_one()), name


def _shown(connection: Connection, place: Place) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(place[0])}.{quote(place[1])}"


def _sequences(
    inspector: Inspector, name: str, schema: str | None, role: str, column: str | None = None
) -> Iterator[str]:
    """A serial column takes its numbers from a sequence of its own; an identity column needs no right to it."""
    try:
        described = inspector.get_columns(name, schema)
    except SQLAlchemyError:  # the rights that are told are enough without it but for this one
        return
    for one in described:
        found = _NEXT.search(str(one.get("default") or "")) if column in (None, one["name"]) else None
        if found is not None:
            yield f"GRANT USAGE ON SEQUENCE {found['name']} TO {role};"
