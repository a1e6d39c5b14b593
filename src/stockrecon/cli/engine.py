"""From options to a result and from a result to its report. What commands share, and all that they know of the run."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from stockrecon.cli.options import Common
from stockrecon.cli.outcome import Session
from stockrecon.cli.output import check_target, colour, put, say, width
from stockrecon.cli.progress import progress
from stockrecon.reports import FOR_PEOPLE, render, render_explain

if TYPE_CHECKING:
    from stockrecon.channels.base import Surroundings
    from stockrecon.config import Settings
    from stockrecon.core.findings import RunResult
    from stockrecon.reports.view import View


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def settings_of(common: Common) -> Settings:
    """The configuration; what it warns of goes to standard error. Raises ConfigFault, UsageFault."""
    from stockrecon.config import load

    settings = load(common.config, os.environ, common.shops)
    session = click.get_current_context().find_object(Session)
    if session is not None:
        # So that the trace of a bug can be kept without them.
        session.state = settings.state_path
        session.keep_out(settings.secrets)
    if not common.quiet:
        for text in settings.warnings:
            say(f"warning: {text}")
    return settings


def run(
    common: Common,
    command: str,
    *,
    explain_sku: str | None = None,
    settings: Settings | None = None,
    recorded: str = "",
    goes_on: bool = False,
    little: bool = False,
    writes: bool = False,
) -> RunResult:
    """Reads and compares everything. Faults of one shop are in the result; others are raised.

    `goes_on`: the result is carried out, and its end recorded then. `little`: of a shop that is listened to only what
    may have changed need be read, unless `writes` and something may be written.
    """
    from stockrecon import reconcile

    check_target(common.output)
    settings = settings or settings_of(common)
    options = reconcile.RunOptions(
        command=command,
        now=common.now or clock(),
        shops=common.shops,
        skus=common.skus,
        scenarios=common.scenarios,
        everything=common.everything,
        explain_sku=explain_sku,
        recorded=recorded,
        goes_on=goes_on,
        little=little,
        writes=writes,
    )
    with progress(quiet=common.quiet) as show:
        return reconcile.run(settings, options, progress=show, clock=clock)


def surroundings_of(settings: Settings) -> Surroundings:
    """Clock, sleep and the state's tokens, as a run would have them."""
    from stockrecon import reconcile

    return reconcile.surroundings(settings, clock=clock)


def report(common: Common, result: RunResult, *, explained: bool = False) -> None:
    """Writes the report, and on standard error what a report for programs does not tell people; ends the command."""
    chunks = (render_explain if explained else render)(common.format, result, view_of(common))
    put(chunks, common.output, utf8=common.format not in FOR_PEOPLE)
    if common.output is not None or common.format not in FOR_PEOPLE or not sys.stdout.isatty():
        notices(common, result)
    click.get_current_context().exit(result.exit_code)


def view_of(common: Common) -> View:
    """How the report is to look where it goes."""
    from stockrecon.reports.view import View

    to_file = common.output is not None
    return View(
        width=120 if to_file else width(),
        colour=not to_file and colour(common.no_color),
        brief=common.quiet,
        evidence=common.verbose,
        scenarios=common.scenarios,
    )


def notices(common: Common, result: RunResult) -> None:
    """Who could not be read, always: a file's reader should not have to notice it by what is missing."""
    if result.ledger_error is not None:
        say(_told("not read: ledger", result.ledger_error.removeprefix("ledger: ")))
    for shop in result.shops:
        if shop.error is not None:
            say(_told(f"not read: {shop.name}", shop.error.removeprefix(f"{shop.name}: ")))
    if not common.quiet:
        for text in result.warnings:
            say(_told("warning", text))
        for shop in result.shops:
            for text in shop.warnings:
                say(_told(f"warning: {shop.name}", text))
    if common.output is not None and not common.quiet:
        say(f"report written to {common.output}")


def _told(what: str, text: str) -> str:
    """One fault a line, and last the way on."""
    from stockrecon.reports.words import clean

    return clean(what) + ": " + "\n  ".join(clean(line) for line in text.split("\n"))
