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
from stockrecon.ledgers.sql.statements import tables_in

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
        more += _sequences(inspector, book, role)
    else:
        for place in (stock, movements):
            if place[1] in inspector.get_view_names(place[0]):
                more.append(f"GRANT SHOW VIEW ON {_shown(connection, place)} TO {role};")
    return [*_reading(connection, sources, CORRECTOR), *more]


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


def _reading(connection: Connection, sources: Sequence[Source], name: str) -> list[str]:
    backend = connection.dialect.name
    if backend not in _GRANTING:
        return []
    role = _GRANTING[backend].role(name)
    places = list(dict.fromkeys(_places(connection, sources)))
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


def _sequences(inspector: Inspector, book: Book, role: str) -> Iterator[str]:
    """A serial column takes its numbers from a sequence of its own; an identity column needs no right to it."""
    if book.numbered is not Numbered.BY_DATABASE:
        return
    try:
        described = inspector.get_columns(book.movements.name, book.movements.schema)
    except SQLAlchemyError:  # the rights that are told are enough without it but for this one
        return
    for one in described:
        found = _NEXT.search(str(one.get("default") or "")) if one["name"] == book.filled["id"].name else None
        if found is not None:
            yield f"GRANT USAGE ON SEQUENCE {found['name']} TO {role};"
