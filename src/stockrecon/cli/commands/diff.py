"""`stockrecon diff`."""

from __future__ import annotations

import click

from stockrecon.cli.engine import report, run, settings_of
from stockrecon.cli.options import Common, common_options, full_option
from stockrecon.cli.output import check_target
from stockrecon.cli.unattended import Unattended, unattended_options, watched


@click.command()
@common_options()
@full_option
@unattended_options()
def diff(common: Common, full: bool, unattended: Unattended) -> None:
    """Read everything, explain every difference, write nothing.

    Reads the ledger and every shop, compares them listing by listing, and names the cause of each difference with
    what to do about it. Nothing is written anywhere but the state directory.

    Exit code 0: in line. 10: differences. 13: a shop or the ledger could not be read.

    \b
    Examples:
        stockrecon diff -c stockrecon.yaml
        stockrecon diff --shop shopee-vn --sku "TEE-*" --format csv -o found.csv
    """
    with watched(common, "diff", unattended) as watch:
        check_target(common.output)
        watch.settings = settings_of(common)
        result = run(common, "diff", settings=watch.settings, little=not full)
        watch.came(result)
        report(common, result)
