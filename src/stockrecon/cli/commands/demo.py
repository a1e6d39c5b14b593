"""`stockrecon demo`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import click

from stockrecon.cli.engine import notices, view_of
from stockrecon.cli.options import (
    DEFAULT_CONFIG,
    Common,
    format_option,
    no_color_option,
    output_option,
    quiet_option,
    verbose_option,
)
from stockrecon.cli.output import check_target, put, say
from stockrecon.cli.progress import progress
from stockrecon.reports import FOR_PEOPLE, render

CHANNELS = ("shopee", "lazada", "tiktok-shop", "shopify", "woocommerce")


@click.command()
@click.option(
    "--channel",
    type=click.Choice(CHANNELS),
    help="Let the stories happen on this channel, as far as it can have them.",
)
@format_option
@output_option
@quiet_option
@verbose_option
@no_color_option
def demo(channel: str | None, format: str, output: Path | None, quiet: bool, verbose: bool, no_color: bool) -> None:
    """See it work on loopback marketplaces: nothing to set up.

    Starts a Shopee and a Lazada shop on this machine and a ledger (or, with --channel, one of that channel beside one
    of these), and lets the six stories of overselling happen in them. Looks at them over HTTP as `stockrecon diff`
    does, lets a campaign end, then carries the corrections out as `stockrecon sync --apply` does, and prints that
    report, what is left after it, and one line that says what each story was. Everything is removed afterwards; no shop
    of yours is called.

    Exit code as of the last look: 10, since some of it waits and some is for people. Needs the extra:
    pip install 'stockrecon[sandbox]'.

    \b
    Examples:
        stockrecon demo
        stockrecon demo --channel tiktok-shop
        stockrecon demo --format json -o report.json
    """
    common = Common(
        Path(DEFAULT_CONFIG), (), (), (), None, format, output, everything=False,
        quiet=quiet, verbose=verbose, no_color=no_color,
    )  # fmt: skip
    check_target(output)
    from stockrecon.cli.demo import told
    from stockrecon.cli.demo.play import play

    with progress(quiet=quiet) as show:
        played = play(common, show, channel)
    result, view = played.applied, view_of(common)
    shown = () if quiet else played.stories
    chunks: list[Iterable[str]] = [render(format, result, view)]
    if format == "markdown":
        chunks += [told.left_in_markdown(shown, played.left), told.in_markdown(shown, result)]
    elif format == "table":
        on_terminal = output is None and sys.stdout.isatty()
        wide = view.width if on_terminal else None
        chunks += [told.left_for_people(shown, played.left, view.width), told.for_people(shown, result, wide)]
    put(chain.from_iterable(chunks), output, utf8=format not in FOR_PEOPLE)
    if output is not None or format not in FOR_PEOPLE:
        notices(common, result)
    if format not in FOR_PEOPLE:
        for line in told.story_lines(shown, result):
            say(line)
    click.get_current_context().exit(played.left.exit_code)
