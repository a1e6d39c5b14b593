"""`stockrecon runs undo`."""

from __future__ import annotations

from pathlib import Path

import click

from stockrecon.cli.commands.sync import digest_value
from stockrecon.cli.options import (
    DEFAULT_CONFIG,
    Common,
    format_option,
    no_color_option,
    output_option,
    quiet_option,
    verbose_option,
)
from stockrecon.cli.unattended import Unattended, watched
from stockrecon.errors import UsageFault


@click.command()
@click.argument("run")
@click.option("-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="The configuration file.")
@click.option("--apply", "apply", is_flag=True, help="Carry it out.")
@click.option(
    "--approve", metavar="DIGEST", callback=digest_value, help="The plan's digest: raising a listing again needs it."
)
@format_option
@output_option
@quiet_option
@verbose_option
@no_color_option
@click.pass_context
def undo(
    ctx: click.Context, /, run: str, config: Path | None, apply: bool, approve: str | None, **look: object
) -> None:
    """Take back what one run wrote, where nothing else has moved since.

    Reads everything anew and makes a plan that sets each confirmed write back to what was there before, and posts the
    opposite of each ledger correction. What has moved since is withheld. Without --apply the plan is only shown; it is
    guarded like any other, and whatever it raises needs --approve with the plan's digest.

    \b
    Examples:
        stockrecon runs undo 20261111T120000Z-0007
        stockrecon runs undo 20261111T120000Z-0007 --apply --approve sha256:...
    """
    if approve is not None and not apply:
        raise UsageFault("--approve without --apply approves nothing", way_on="add --apply")
    from stockrecon.cli import writing

    where = config or ctx.meta.get("stockrecon.config") or Path(DEFAULT_CONFIG)
    common = Common(where, (), (), (), None, everything=False, **look)  # type: ignore[arg-type]
    with watched(common, "sync", Unattended()) as watch:
        writing.undone(common, run, apply=apply, approve=approve, watch=watch)
