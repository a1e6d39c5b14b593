"""What is proposed, as YAML: what is certain enough stands in it, all else in comments, each line with its reason."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from stockrecon.core.model import MovementKind
from stockrecon.core.tables import LEDGER_TABLES, STOCK
from stockrecon.ledgers.sql.choosing import Choice
from stockrecon.ledgers.sql.connection import Place
from stockrecon.ledgers.sql.drafts import Draft
from stockrecon.ledgers.sql.zones import Naive, about_zone

_WIDTH = 116
_ASIDE = 12
_PLAIN = re.compile(r"[A-Za-z_][\w.]*\Z", re.ASCII)
_KINDS = ", ".join(MovementKind)
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


def text_of(place: Place, url: str, drafts: Mapping[str, Draft], naive: Sequence[Naive]) -> Iterator[str]:
    """The `ledger` section, line by line. `naive`: columns of times without an offset."""
    yield from _comment(
        "",
        f"The ledger: proposed by looking at {place}. Each guess says why: look at each, correct what is wrong, then "
        "run stockrecon check. All keys are in docs/ledgers/sql.md.",
    )
    yield "ledger:"
    yield "  type: sql"
    yield f"  url: {url}"
    if naive:
        yield from _comment("  ", about_zone(naive))
        yield "  # zone: ?"
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
    queries = {name: draft for name, draft in drafts.items() if draft.query}
    if not queries:
        return
    yield "  queries:" if any(not draft.unsure for draft in queries.values()) else "  # queries:"
    for name, draft in queries.items():
        yield from _comment("    ", _about(draft))
        for column, choice in draft.guess.choices.items():
            yield from _comment("    ", _why(column, choice))
        for note in draft.notes:
            yield from _comment("    ", note)
        # What people have to choose is not chosen for them: the query stands in comments until they have.
        mark = "# " if draft.unsure else ""
        if draft.unsure:
            yield from _comment("    ", _choose(draft.guess.choices["available"]) + " in the query, then uncomment it.")
        yield f"    {mark}{name}: |"
        yield from (f"    {mark}  {line}" for line in draft.query.splitlines())


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
        if choice.unsure:
            yield from _comment(f"{indent}  ", _choose(choice) + ": uncomment one of these, or write another.")
            yield f"{indent}  # {name}: {_source(choice.add, choice.less)}"
            yield f"{indent}  # {name}: {_source(choice.add, (*choice.less, *choice.unsure))}"
        else:
            yield f"{indent}  {name}: {_source(choice.add, choice.less)}"
    known, unknown = draft.guess.values, draft.guess.unknown
    if known or unknown:
        yield f"{indent}values:"
        yield from _comment(f"{indent}  ", "What the words seem to say; a wrong one makes wrong findings.")
        words = [f"{_scalar(theirs)}: {ours}" for theirs, ours in known.items()]
        words += [f"{_scalar(word)}: ?" for word in unknown]
        yield f"{indent}  kind: {{{', '.join(words)}}}" + (f"   # each ? one of {_KINDS}" if unknown else "")


def _source(add: Sequence[str], less: Sequence[str]) -> str:
    """Where a column comes from, as the mapping says it."""
    if len(add) == 1 and not less:
        return _scalar(add[0])
    added, taken = (", ".join(map(_scalar, some)) for some in (add, less))
    return f"{{add: [{added}]" + (f", less: [{taken}]" if taken else "") + "}"


def _choose(choice: Choice) -> str:
    names = ", ".join(choice.unsure)
    return f"Whether {names} is held as well, so that it has to be taken off, cannot be told. Say it"


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
    yield from (f"  #   {line}" for line in (f"{name}:", *_mapped("  ", draft)))


def _why(name: str, choice: Choice) -> str:
    others = f" Could also be {', '.join(choice.others)}." if choice.others else ""
    more = ", ..." if len(choice.aside) > _ASIDE else ""
    aside = f" Not counted: {', '.join(choice.aside[:_ASIDE])}{more}." if choice.aside else ""
    return f"{name}: {choice.reason}.{others}{aside}"


def _comment(indent: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _scalar(text: str) -> str:
    return text if _PLAIN.match(text) and text.casefold() not in _WORDS else json.dumps(text, ensure_ascii=False)
