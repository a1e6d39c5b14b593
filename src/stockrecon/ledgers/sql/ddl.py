"""Creating the ledger's tables in a database that has none, on the seller's own command."""

from __future__ import annotations

import re

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql.connection import open_engine, place_of
from stockrecon.ledgers.sql.faults import fault_of
from stockrecon.ledgers.sql.statements import split

_CREATE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?[\"`]?(\w+)[\"`]?", re.IGNORECASE)
_INDEX = re.compile(r"create\s+(?:unique\s+)?index\s.*?\son\s+[\"`]?(\w+)[\"`]?", re.IGNORECASE | re.DOTALL)


def create_tables(settings: LedgerSettings, ddl: str) -> list[str]:
    """Creates those tables of `ddl` that do not exist, with their indexes; the names of those that it created.

    `ddl` holds CREATE TABLE and CREATE INDEX statements. What exists is left as it is. Raises ReadFault or AuthFault.
    """
    place = place_of(settings)
    engine = open_engine(place, writable=True)
    try:
        with engine.begin() as connection:
            return _create(connection, ddl)
    except SQLAlchemyError as error:
        raise fault_of(error, place, "creating the tables") from None
    finally:
        engine.dispose()


def _create(connection: Connection, ddl: str) -> list[str]:
    inspector = inspect(connection)
    created: list[str] = []
    for statement in split(ddl):
        table, index = _CREATE.match(statement), _INDEX.match(statement)
        if table is not None:
            if inspector.has_table(table[1]):
                continue
            created.append(table[1])
        elif index is None:
            raise ReadFault("ledger", "only CREATE TABLE and CREATE INDEX are carried out here")
        elif index[1] not in created:
            continue
        connection.exec_driver_sql(statement)
    return created
