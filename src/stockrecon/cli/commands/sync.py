"""`stockrecon sync`."""

from __future__ import annotations

import click

from stockrecon.cli.engine import report, run
from stockrecon.cli.options import Common, common_options
from stockrecon.errors import UsageFault


@click.command()
@common_options()
@click.option("--apply", "apply", is_flag=True, help="Carry the plan out: not in this version.")
@click.option("--plan", "plan", metavar="FILE", hidden=True)
@click.option("--save-plan", "save_plan", metavar="FILE", hidden=True)
@click.option("--approve", "approve", metavar="DIGEST", hidden=True)
def sync(common: Common, apply: bool, **later: str | None) -> None:
    """The same, and the plan of corrections.

    Reads and compares like `diff`, then prints every step that would mend the differences, in order, and what is
    withheld and why. This version writes no stock.

    \b
    Example:
        stockrecon sync -c stockrecon.yaml --format markdown
    """
    asked = ["--apply"] if apply else []
    asked += [f"--{name.replace('_', '-')}" for name, value in later.items() if value is not None]
    if asked:
        raise UsageFault(
            f"{asked[0]} is not in this version: it reads, explains and plans, and writes no stock",
            way_on=f"call it without {' and '.join(asked)} to see the plan",
        )
    report(common, run(common, "sync"))
