"""`stockrecon runs`."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stockrecon.cli.engine import clock
from stockrecon.cli.options import config_option
from stockrecon.cli.output import put, say
from stockrecon.cli.runs.undo import undo
from stockrecon.cli.timing import duration_value
from stockrecon.core.findings import OutcomeResult
from stockrecon.errors import UsageFault

if TYPE_CHECKING:
    from stockrecon.config import Settings
    from stockrecon.core.intent import Intent
    from stockrecon.state import State

as_option = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True, help="What to print."
)
own_config_option = click.option(
    "-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="The configuration file."
)
_CLOSING = (OutcomeResult.CONFIRMED, OutcomeResult.NOT_APPLIED, OutcomeResult.SUPERSEDED)
_CONFIG = "stockrecon.config"


@click.group(invoke_without_command=True)
@config_option
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many to list.")
@click.option(
    "--max-age",
    metavar="DURATION",
    callback=duration_value,
    help="Check of health: one line, and exit code 13 where a shop's last good run is older than this, such as 2h.",
)
@click.option("--shop", "shops", metavar="NAME", multiple=True, help="With --max-age: only this shop; repeatable.")
@as_option
@click.pass_context
def runs(
    ctx: click.Context, config: Path, limit: int, max_age: timedelta | None, shops: tuple[str, ...], style: str
) -> None:
    """Past runs, what they found and wrote, and whether all is well.

    With --max-age every shop of the configuration (or those named with --shop) has to have been read by a run that
    ended with 0 or 10 within that time.

    \b
    Exit codes: 0; with --max-age 13 where something is too old.

    \b
    Examples:
        stockrecon runs -c stockrecon.yaml
        stockrecon runs --max-age 2h
        stockrecon runs show 20261111T120000Z-0001
        stockrecon runs resolve 17 --as confirmed --note "looked in Seller Centre"
    """
    if ctx.invoked_subcommand is not None:
        ctx.meta[_CONFIG] = config
        return
    if max_age is not None:
        _check(ctx, config, max_age, shops, style)
        return
    if shops:
        raise UsageFault("--shop goes with --max-age", way_on="leave it out to list the runs")
    _list(config, limit, style)


def _check(ctx: click.Context, config: Path, max_age: timedelta, shops: Sequence[str], style: str) -> None:
    from stockrecon.cli.runs.health import TOO_OLD, health

    with state_of(config, shops) as (settings, state):
        found = health(state, shops or settings.all_shops, max_age, clock())
    put([_json(found.document()) if style == "json" else found.line() + "\n"], None, utf8=style == "json")
    ctx.exit(TOO_OLD if found.old else 0)


def _list(config: Path, limit: int, style: str) -> None:
    from stockrecon.cli.runs import told

    with state_of(config) as (_, state):
        records = state.runs(limit) if state is not None else ()
        unsettled = state.journal.open_intents() if state is not None else ()
    if style == "json":
        numbers = Counter(intent.run for intent in unsettled)
        put([_json([told.document(record, numbers[record.id]) for record in records])], None, utf8=True)
    elif records:
        put([told.table(records, unsettled, clock())], None, utf8=False)
    else:
        say("No run is recorded yet.")


@runs.command()
@click.argument("run")
@own_config_option
@as_option
@click.pass_context
def show(ctx: click.Context, run: str, config: Path | None, style: str) -> None:
    """What one run found, and every write of it with what became of it.

    \b
    Example:
        stockrecon runs show 20261111T120000Z-0001
    """
    from stockrecon.cli.runs import told

    with state_of(config or ctx.meta[_CONFIG]) as (_, state):
        record = state.run(run) if state is not None else None
        intents = state.journal.of_run(run) if state is not None else ()
    if record is None:
        raise UsageFault(f"there is no run {run!r}", way_on="stockrecon runs lists them")
    if style == "json":
        unsettled = sum(intent.is_open for intent in intents)
        document = told.document(record, unsettled) | {"writes": [told.written(intent) for intent in intents]}
        put([_json(document)], None, utf8=True)
    else:
        put([told.page(record, intents, clock())], None, utf8=False)


@runs.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option(
    "--as",
    "result",
    type=click.Choice([result.value for result in _CLOSING]),
    required=True,
    help="confirmed: the shop shows what was written; not-applied: what it showed before; superseded: something else.",
)
@click.option("--note", metavar="TEXT", default="", help="Why: kept with the write.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@own_config_option
@click.pass_context
def resolve(ctx: click.Context, number: int, result: str, note: str, yes: bool, config: Path | None) -> None:
    """Close an open write by hand.

    A write whose outcome nobody could read back stays open, and nothing else is written to its place. Whoever has
    looked for themselves what the shop or the ledger shows can say so. Nothing is written there by this.

    \b
    Example:
        stockrecon runs resolve 17 --as confirmed --note "looked in Seller Centre"
    """
    from stockrecon.cli.runs import told

    with state_of(config or ctx.meta[_CONFIG]) as (settings, state):
        intent = state.journal.intent(number) if state is not None else None
        if state is None or intent is None:
            raise UsageFault(f"there is no write {number}", way_on="stockrecon runs lists what is open")
        if intent.is_open and not yes and not _agreed(intent, result):
            say("Nothing was changed.")
            ctx.exit(2)
        # A run that writes may be finding out about it at this moment.
        with state.lock(_places(settings, intent), f"runs resolve {number}"):
            state.journal.resolve(number, OutcomeResult(result), f"closed by hand{': ' if note else ''}{note}")
    put([f"closed as {result}: {told.one(intent)}\n"], None, utf8=False)


def _agreed(intent: Intent, result: str) -> bool:
    from stockrecon.cli.runs import told

    if not sys.stdin.isatty():
        raise UsageFault("resolve asks before it closes a write, and there is no terminal", way_on="add --yes")
    say(told.one(intent))
    return click.confirm(f"Close it as {result}?", err=True)


def _places(settings: Settings, intent: Intent) -> Sequence[str]:
    """Whose locks keep out the runs that could write there: any of them posts in the ledger."""
    return (intent.listing.shop,) if intent.listing is not None else settings.all_shops


@contextmanager
def state_of(config: Path, shops: Sequence[str] = ()) -> Iterator[tuple[Settings, State | None]]:
    """The state that a configuration names, for looking at; None where no run has made one yet."""
    from stockrecon.config import load
    from stockrecon.state import State

    settings = load(config, os.environ, shops, for_state=True)
    if settings.state_path is not None and not settings.state_path.exists():
        yield settings, None
        return
    with State.open(settings.state, clock) as state:
        yield settings, state


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


runs.add_command(undo)
