"""The configuration's `ledger` as it would be for a database that is there, with a reason for each guess.

What cannot be told is not guessed: it stands in a comment, with what is missing. What is proposed has been read once as
`check` would read it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import LEDGER_TABLES, STOCK
from stockrecon.errors import ReadFault, UsageFault
from stockrecon.ledgers.sql.checking import check_lines
from stockrecon.ledgers.sql.connection import Place, open_engine, place_of, snapshot
from stockrecon.ledgers.sql.drafts import Draft, draft_of
from stockrecon.ledgers.sql.faults import fault_of
from stockrecon.ledgers.sql.guessing import guess
from stockrecon.ledgers.sql.looking import SeenTable, look
from stockrecon.ledgers.sql.wording import text_of
from stockrecon.ledgers.sql.zones import naive_in

_NAMED = 20
_TRIED_IN = "Etc/GMT-14"
"""The zone that times without an offset are tried in, whatever theirs is: none is further ahead of UTC, so that none of
them seems to be still to come."""


def propose(settings: LedgerSettings, url: str) -> str:
    """The `ledger` section for this database, as YAML. `url`: how the configuration writes its address.

    Raises ReadFault where the database cannot be read, UsageFault where nothing in it looks like stock.
    """
    place = place_of(settings)
    engine = open_engine(place)
    try:
        with snapshot(engine, place, datetime.now(UTC)) as (connection, clock):
            try:
                tables = look(connection)
                guesses = guess(connection, tables)
                drafts = {name: draft_of(connection, one) for name, one in guesses.items()}
                naive = naive_in(connection, [(one.seen, one.choices) for one in guesses.values()], clock)
            except SQLAlchemyError as error:
                raise fault_of(error, place, "looking at the tables") from None
        if STOCK.name not in drafts:
            raise _nothing(place, tables)
        tried = LedgerSettings("sql", settings.folder, url=settings.url, zone=_TRIED_IN)
        known: set[str] = set()
        for name in LEDGER_TABLES:
            if name in drafts and not drafts[name].why_not:
                tried = _tried(engine, place, tried, name, drafts[name], known)
        return "\n".join(text_of(place, url, drafts, naive)) + "\n\n"
    finally:
        engine.dispose()


def _nothing(place: Place, tables: list[SeenTable]) -> UsageFault:
    names = ", ".join(table.shown for table in tables[:_NAMED]) + (", ..." if len(tables) > _NAMED else "")
    return UsageFault(
        f"{place}: no table or view looks like stock: none has a column for the SKU and one for units; "
        f"looked at {names or 'none, for there are none that the role may read'}",
        way_on="Write the ledger by hand (stockrecon init --kind sql, docs/ledgers/sql.md), with a query of yours.",
    )


def _tried(
    engine: Engine, place: Place, before: LedgerSettings, name: str, draft: Draft, known: set[str]
) -> LedgerSettings:
    """With this table, if it reads well; else it is left to people."""
    settings = replace(
        before,
        tables={**before.tables, **({name: draft.guess.seen.shown} if draft.named else {})},
        queries={**before.queries, **({name: draft.query} if draft.query else {})},
        mapping={**before.mapping, **({} if draft.query else {name: draft.mapped()})},
    )
    try:
        lines = check_lines(engine, place, settings)
    except ReadFault as fault:
        draft.why_not = fault.what
        return before
    # What is wrong with stock, which stays, is not wrong with the tables after it.
    faults = [line for line in lines if line.ok is False and line.text not in known]
    if not faults:
        return settings
    draft.why_not = f"it does not read well: {faults[0].text}"
    if name != STOCK.name:
        return before
    known.update(line.text for line in faults)
    return settings
