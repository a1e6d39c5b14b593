"""The configuration's `ledger` as it would be for a database that is there, with a reason for each guess.

What cannot be told is not guessed: it stands in a comment, with what is missing. What is proposed has been read once as
`check` would read it.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.model import MovementKind
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import LEDGER_TABLES, STOCK
from stockrecon.errors import ReadFault, UsageFault
from stockrecon.ledgers.sql.checking import check_lines
from stockrecon.ledgers.sql.connection import Place, open_engine, place_of, snapshot
from stockrecon.ledgers.sql.drafts import Draft, draft_of
from stockrecon.ledgers.sql.faults import fault_of
from stockrecon.ledgers.sql.guessing import Choice, guess
from stockrecon.ledgers.sql.looking import SeenTable, look

_WIDTH = 116
_NAMED = 20
_PLAIN = re.compile(r"[A-Za-z_][\w.]*\Z", re.ASCII)
_KINDS = ", ".join(MovementKind)
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


def propose(settings: LedgerSettings, url: str) -> str:
    """The `ledger` section for this database, as YAML. `url`: how the configuration writes its address.

    Raises ReadFault where the database cannot be read, UsageFault where nothing in it looks like stock.
    """
    place = place_of(settings)
    engine = open_engine(place)
    try:
        with snapshot(engine, place, datetime.now(UTC)) as (connection, _):
            try:
                tables = look(connection)
                guesses = guess(connection, tables)
                drafts = {name: draft_of(connection, one) for name, one in guesses.items()}
            except SQLAlchemyError as error:
                raise fault_of(error, place, "looking at the tables") from None
        if STOCK.name not in drafts:
            raise _nothing(place, tables)
        zone = _zone(drafts.values())
        tried = LedgerSettings("sql", settings.folder, url=settings.url, zone="UTC" if zone else None)
        for name in LEDGER_TABLES:
            if name in drafts and not drafts[name].why_not:
                tried = _tried(engine, place, tried, name, drafts[name])
        return "\n".join(_text(place, url, drafts, zone)) + "\n\n"
    finally:
        engine.dispose()


def _nothing(place: Place, tables: list[SeenTable]) -> UsageFault:
    names = ", ".join(table.shown for table in tables[:_NAMED]) + (", ..." if len(tables) > _NAMED else "")
    return UsageFault(
        f"{place}: no table or view looks like stock: none has a column for the SKU and one for units; "
        f"looked at {names or 'none, for there are none that the role may read'}",
        way_on="Write the ledger by hand (stockrecon init --kind sql, docs/ledgers/sql.md), with a query of yours.",
    )


def _tried(engine: object, place: Place, before: LedgerSettings, name: str, draft: Draft) -> LedgerSettings:
    """With this table, if it reads well; else it is left to people."""
    settings = replace(
        before,
        tables={**before.tables, **({name: draft.guess.seen.shown} if draft.named else {})},
        queries={**before.queries, **({name: draft.query} if draft.query else {})},
        mapping={**before.mapping, **({} if draft.query else {name: draft.mapped()})},
    )
    try:
        faults = [line for line in check_lines(engine, place, settings) if line.ok is False]  # type: ignore[arg-type]
    except ReadFault as fault:
        draft.why_not = fault.what
        return before
    if faults:
        draft.why_not = f"it does not read well: {faults[0].text}"
        return settings if name == STOCK.name else before
    return settings


def _zone(drafts: Iterable[Draft]) -> list[str]:
    """The time columns that hold no offset."""
    found: list[str] = []
    for draft in drafts:
        for name in ("at", "updated_at"):
            choice = draft.guess.choices.get(name)
            seen = draft.guess.seen.column(choice.add[0]) if choice is not None else None
            if seen is not None and not seen.moment and not draft.why_not:
                found.append(f"{draft.guess.seen.shown}.{seen.name}")
    return found


def _text(place: Place, url: str, drafts: Mapping[str, Draft], zone: list[str]) -> Iterator[str]:
    yield from _comment(
        "",
        f"The ledger: proposed by looking at {place}. Each guess says why: look at each, correct what is wrong, then "
        "run stockrecon check. All keys are in docs/ledgers/sql.md.",
    )
    yield "ledger:"
    yield "  type: sql"
    yield f"  url: {url}"
    if zone:
        yield from _comment("  ", f"No offset is in {', '.join(zone)}. UTC is what many programs write; is it so here?")
        yield "  zone: UTC"
    # A table that is left to people is shown in comments; stock is needed, so it stays where it is.
    shown = {name: draft for name, draft in drafts.items() if not draft.why_not or name == STOCK.name}
    yield from _tables(shown)
    yield from _queries(shown)
    yield from _mapping(shown)
    for name in LEDGER_TABLES:
        if name not in drafts:
            yield from _comment("  ", f"{name}: no table looks like it. What cannot be told without it, check says.")
        elif drafts[name].why_not:
            yield from _left(name, drafts[name], active=name in shown)


def _tables(drafts: Mapping[str, Draft]) -> Iterator[str]:
    if not any(draft.named for draft in drafts.values()):
        return
    yield "  tables:"
    for name, draft in drafts.items():
        if draft.named:
            yield from _comment("    ", _about(draft))
            yield f"    {name}: {_scalar(draft.guess.seen.shown)}"


def _about(draft: Draft) -> str:
    rows = "has rows" if draft.guess.seen.rows else "is empty"
    others = f" Also possible: {', '.join(draft.guess.others)}." if draft.guess.others else ""
    named = ", ".join(f"{choice.add[0]}" for choice in draft.guess.choices.values())
    return f"{draft.guess.seen.shown} {rows}, and columns {named}.{others}"


def _queries(drafts: Mapping[str, Draft]) -> Iterator[str]:
    if not any(draft.query for draft in drafts.values()):
        return
    yield "  queries:"
    for name, draft in drafts.items():
        if draft.query:
            yield from _comment("    ", _about(draft))
            for column, choice in draft.guess.choices.items():
                yield from _comment("    ", _why(column, choice))
            for note in draft.notes:
                yield from _comment("    ", note)
            yield f"    {name}: |"
            yield from (f"      {line}" for line in draft.query.splitlines())


def _mapping(drafts: Mapping[str, Draft]) -> Iterator[str]:
    mapped = {
        name: draft for name, draft in drafts.items() if not draft.query and (draft.columns() or draft.guess.values)
    }
    if not mapped:
        return
    yield "  mapping:"
    for name, draft in mapped.items():
        indent = "    "
        if name != STOCK.name:
            yield f"    {name}:"
            indent = "      "
        yield from _mapped(indent, draft)


def _mapped(indent: str, draft: Draft) -> Iterator[str]:
    columns = draft.columns()
    if columns:
        yield f"{indent}columns:"
    for name, choice in columns.items():
        yield from _comment(f"{indent}  ", _why(name, choice))
        if choice.less or len(choice.add) > 1:
            add, less = (", ".join(map(_scalar, some)) for some in (choice.add, choice.less))
            yield f"{indent}  {name}: {{add: [{add}]" + (f", less: [{less}]" if less else "") + "}"
        else:
            yield f"{indent}  {name}: {_scalar(choice.add[0])}"
    if draft.guess.values:
        yield f"{indent}values:"
        yield from _comment(f"{indent}  ", "What the words seem to say; a wrong one makes wrong findings.")
        words = ", ".join(f"{_scalar(theirs)}: {ours}" for theirs, ours in draft.guess.values.items())
        yield f"{indent}  kind: {{{words}}}"


def _left(name: str, draft: Draft, *, active: bool) -> Iterator[str]:
    yield from _comment("  ", f"{name}: {draft.why_not}.")
    if active:
        return
    if draft.query:
        ask = f" In place of each ? write one of {_KINDS}." if draft.guess.unknown else ""
        yield from _comment("  ", f"A query to begin with, under queries:{ask}")
        yield from (f"  #   {line}" for line in draft.query.splitlines())
        return
    yield from _comment("  ", f"To begin with: tables: {{{name}: {draft.guess.seen.shown}}}, and under mapping:")
    lines = [f"{name}:", *_mapped("  ", draft)]
    if draft.guess.unknown:
        if not draft.guess.values:
            lines += ["  values:"]
        words = ", ".join(f"{_scalar(word)}: ?" for word in draft.guess.unknown)
        lines += [f"    kind: {{{words}}}   # {_KINDS}"]
    yield from (f"  #   {line}" for line in lines)


def _why(name: str, choice: Choice) -> str:
    others = f" Could also be {', '.join(choice.others)}." if choice.others else ""
    return f"{name}: {choice.reason}.{others}"


def _comment(indent: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _scalar(text: str) -> str:
    return text if _PLAIN.match(text) and text.casefold() not in _WORDS else json.dumps(text, ensure_ascii=False)
