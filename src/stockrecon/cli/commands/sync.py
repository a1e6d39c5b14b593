"""`stockrecon sync`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from stockrecon.cli.options import Common, common_options, full_option
from stockrecon.cli.unattended import Unattended, unattended_options, watched
from stockrecon.errors import UsageFault

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def digest_value(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A plan's digest, whole: an approval of half a digest is an approval of anything."""
    if value is not None and not _DIGEST.fullmatch(value):
        raise click.BadParameter("A plan's digest is sha256: and 64 hexadecimal digits, as sync prints it.", ctx, param)
    return value


@click.command()
@common_options()
@click.option("--apply", "apply", is_flag=True, help="Carry the plan out, as far as modes and limits allow.")
@click.option("--plan", "plan", type=click.Path(path_type=Path), metavar="FILE", help="Apply exactly this saved plan.")
@click.option(
    "--save-plan", "save", type=click.Path(path_type=Path), metavar="FILE", help="Write the plan to a file for --plan."
)
@click.option(
    "--approve", metavar="DIGEST", callback=digest_value, help="Override the limits that refused this plan, once."
)
@full_option
@unattended_options()
def sync(
    common: Common,
    apply: bool,
    plan: Path | None,
    save: Path | None,
    approve: str | None,
    full: bool,
    unattended: Unattended,
) -> None:
    """The same, and the plan of corrections; --apply carries it out.

    Reads and compares like `diff`, then prints every step that would mend the differences, in order, and what is
    withheld and why. With --apply it writes: first it settles what an earlier run left open, then all limits are
    checked before the first write, every listing is read again just before it is written and again afterwards.
    Only shops with `mode: apply` are written.

    Exit codes: 0 nothing is left, 10 differences remain, 11 a guard refused, 12 a write failed or its outcome is
    unknown, 13 not all could be read, 14 another run holds the lock.

    \b
    Examples:
        stockrecon sync -c stockrecon.yaml --format markdown
        stockrecon sync -c stockrecon.yaml --save-plan plan.json
        stockrecon sync -c stockrecon.yaml --plan plan.json
        stockrecon sync -c stockrecon.yaml --apply -q
    """
    _agree(common, apply=apply, plan=plan, save=save, approve=approve, full=full)
    from stockrecon.cli import writing

    with watched(common, "sync", unattended) as watch:
        if plan is not None:
            writing.saved(common, plan, approve, watch)
        elif apply:
            writing.fresh(common, approve, watch, full=full)
        else:
            writing.planned(common, save, watch, full=full)


def _agree(
    common: Common, *, apply: bool, plan: Path | None, save: Path | None, approve: str | None, full: bool
) -> None:
    """Refuses options that contradict one another, before anything is read."""
    if save is not None and (apply or plan is not None):
        raise UsageFault("--save-plan writes a plan and carries none out", way_on="give it without --apply and --plan")
    if approve is not None and not (apply or plan is not None):
        raise UsageFault("--approve without --apply or --plan approves nothing", way_on="add --apply")
    narrowed = [name for name, given in (("--shop", common.shops), ("--sku", common.skus)) if given]
    if plan is not None and narrowed:
        raise UsageFault(
            f"--plan applies the saved plan as it is, and {narrowed[0]} would not narrow it",
            way_on=f"give {narrowed[0]} when the plan is made, with --save-plan",
        )
    if plan is not None and full:
        raise UsageFault(
            "--plan applies the saved plan as it is, and reads only what it writes", way_on="leave --full out"
        )
    if common.scenarios and (apply or plan is not None or save is not None):
        raise UsageFault(
            "--scenario filters only what is shown, not what is written",
            way_on="apply.scenarios in the configuration says what is written; leave --scenario out",
        )
