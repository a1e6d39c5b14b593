"""`stockrecon runs`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stockrecon.cli.engine import clock, state_of
from stockrecon.cli.options import config_option
from stockrecon.cli.output import put, say
from stockrecon.errors import UsageFault

if TYPE_CHECKING:
    from stockrecon.state import RunRecord

as_option = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True, help="What to print."
)

_SAID = {0: "in line", 10: "differences", 11: "a guard refused", 12: "a write failed", 13: "not all was read"}


@click.group(invoke_without_command=True)
@config_option
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many to list.")
@as_option
@click.pass_context
def runs(ctx: click.Context, config: Path, limit: int, style: str) -> None:
    """Past runs, and what one of them found.

    \b
    Examples:
        stockrecon runs -c stockrecon.yaml
        stockrecon runs show 20261111T120000Z-1
    """
    if ctx.invoked_subcommand is not None:
        ctx.meta["stockrecon.config"] = config
        return
    with state_of(config) as state:
        records = state.runs(limit) if state is not None else ()
    if style == "json":
        put([_json([_document(record) for record in records])], None, utf8=True)
    elif records:
        put([_table(records)], None, utf8=False)
    else:
        say("No run is recorded yet.")


@runs.command()
@click.argument("run")
@click.option("-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="The configuration file.")
@as_option
@click.pass_context
def show(ctx: click.Context, run: str, config: Path | None, style: str) -> None:
    """What one run found.

    \b
    Example:
        stockrecon runs show 20261111T120000Z-1
    """
    with state_of(config or ctx.meta["stockrecon.config"]) as state:
        record = state.run(run) if state is not None else None
    if record is None:
        raise UsageFault(f"there is no run {run!r}", way_on="stockrecon runs lists them")
    put([_json(_document(record)) if style == "json" else _page(record)], None, utf8=style == "json")


def _ended(record: RunRecord) -> str:
    """How it ended, in words."""
    if record.exit_code is None:
        return "still running, or it died"
    said = _SAID.get(record.exit_code)
    return f"{record.exit_code} ({said})" if said else str(record.exit_code)


def _table(records: Iterable[RunRecord]) -> str:
    from tabulate import tabulate

    from stockrecon.reports.words import when

    rows = [
        (record.id, record.command, when(record.began_at), _took(record.began_at, record.ended_at), _ended(record))
        for record in records
    ]
    headers = ("run", "command", "began", "took", "ended with")
    return tabulate(rows, headers, tablefmt="simple", disable_numparse=True) + "\n"


def _page(record: RunRecord) -> str:
    from stockrecon.reports.words import when

    lines = [
        f"run      {record.id}",
        f"command  {record.command}",
        f"began    {when(record.began_at)}",
        f"took     {_took(record.began_at, record.ended_at)}",
        f"ended    {_ended(record)}",
    ]
    return "\n".join([*lines, *_told(record.summary)]) + "\n"


def _told(summary: Mapping[str, object], depth: int = 0) -> Iterable[str]:
    """The summary as it was kept, one fact a line."""
    from stockrecon.reports.words import clean

    for key, value in summary.items():
        name = "  " * depth + clean(str(key)).replace("_", " ")
        if isinstance(value, Mapping):
            if value:
                yield f"{name}:"
                yield from _told(value, depth + 1)
        elif isinstance(value, list):
            yield f"{name}: {', '.join(clean(str(one)) for one in value) or 'none'}"
        else:
            yield f"{name}: {clean(str(value))}"


def _took(began: datetime, ended: datetime | None) -> str:
    if ended is None:
        return f"{_duration((clock() - began).total_seconds())} so far"
    return _duration((ended - began).total_seconds())


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(0.0, seconds):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _document(record: RunRecord) -> dict[str, Any]:
    from stockrecon.reports.json import stamp

    return {
        "run": record.id,
        "command": record.command,
        "began_at": stamp(record.began_at),
        "ended_at": stamp(record.ended_at),
        "exit": record.exit_code,
        "summary": dict(record.summary),
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"
