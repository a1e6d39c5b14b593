"""`stockrecon sync`."""

from __future__ import annotations

import click

from stockrecon.cli.engine import report, run
from stockrecon.cli.options import Common, common_options
from stockrecon.errors import UsageFault


@click.command()
@common_options()
@click.option("--apply", "apply", is_flag=True, help="Carry the plan out: not part of this version.")
def sync(common: Common, apply: bool) -> None:
    """The same, and the plan of corrections.

    Reads and compares like `diff`, then prints every step that would mend the differences, in order, and what is
    withheld and why. This version writes no stock.

    \b
    Example:
        stockrecon sync -c stockrecon.yaml --format markdown
    """
    if apply:
        raise UsageFault(
            "--apply is not part of this version: it reads, explains and plans, and writes no stock",
            way_on="call it without --apply to see the plan",
        )
    report(common, run(common, "sync"))
