"""`stockrecon explain SKU`."""

from __future__ import annotations

import click

from stockrecon.cli.engine import report, run
from stockrecon.cli.options import Common, common_options
from stockrecon.errors import UsageFault


@click.command()
@click.argument("sku")
@common_options()
def explain(common: Common, sku: str) -> None:
    """One SKU: its numbers, its evidence, its timeline.

    Shows how the numbers of SKU come about on every listing, the dated evidence of each finding, and every movement,
    order, campaign, update and snapshot in one order of time. SKU is exact: case and leading zeros matter.

    \b
    Example:
        stockrecon explain 00123 -c stockrecon.yaml
    """
    result = run(common, "explain", explain_sku=sku)
    unread = result.ledger_error is not None or any(shop.error is not None for shop in result.shops)
    if not result.statements and not unread:
        raise UsageFault(
            f"neither the ledger nor a shop knows the SKU {sku!r}",
            way_on="SKUs are exact, also in case, width and leading zeros: see stockrecon diff --all --format json",
        )
    report(common, result, explained=True)
