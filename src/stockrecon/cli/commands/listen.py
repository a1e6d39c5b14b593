"""`stockrecon listen`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stockrecon.cli.engine import clock, settings_of
from stockrecon.cli.options import Common, config_option, quiet_option, shop_option
from stockrecon.cli.output import check_target, put, say

if TYPE_CHECKING:
    from stockrecon.listen.counts import Counts
    from stockrecon.listen.receiving import Judged
    from stockrecon.listen.run import Document

_WELL = frozenset({"heard", "probe"})


@click.command()
@config_option
@shop_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen, behind a reverse proxy.")
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="0 takes a free port.")
@click.option(
    "--ready",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Written when it can be called: the addresses of each shop's messages.",
)
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write figures for Prometheus' textfile collector, every half minute.",
)
@quiet_option
@click.option("-v", "--verbose", is_flag=True, help="A line for every message, not only for what is wrong.")
def listen(
    config: Path,
    shops: tuple[str, ...],
    host: str,
    port: int,
    ready: Path | None,
    metrics: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Take push messages, so that runs know where to look.

    Verifies each message, answers in the vendor's time, and keeps what it names in the state; no number of a message is
    used. `diff` and `sync` then read only what may have changed, and everything every `policy.full_pull`. Ends with
    SIGTERM or Ctrl-C. Needs the extra: pip install 'stockrecon[listen]'.

    \b
    Examples:
        stockrecon listen -c stockrecon.yaml --port 8090
        stockrecon listen -c stockrecon.yaml --port 8090 --ready ready.json -q
    """
    from stockrecon.listen.run import Hooks
    from stockrecon.listen.run import listen as run

    for target in (ready, metrics):
        check_target(target)
    settings = settings_of(_common(config, shops, quiet=quiet))
    log = _Log(quiet=quiet, verbose=verbose)
    hooks = Hooks(
        ready=lambda document: _ready(document, ready, quiet=quiet),
        log=log.message,
        tell=say,
        measured=lambda counts: _measure(counts, metrics, settings.file),
    )
    run(settings, host, port, hooks, clock=clock)
    if not quiet:
        say("The listener has ended.")


def _common(config: Path, shops: tuple[str, ...], *, quiet: bool) -> Common:
    return Common(config, shops, (), (), None, "table", None, False, quiet, False, True)


def _ready(document: Document, target: Path | None, *, quiet: bool) -> None:
    if target is not None:
        put([json.dumps(document, indent=2, ensure_ascii=False) + "\n"], target, utf8=True)
    silent = document["silent"]
    for one in silent if isinstance(silent, list) else ():
        say(f"warning: not listened to: {one['text']}")
    if not quiet:
        shops = document["shops"]
        for one in shops if isinstance(shops, list) else ():
            say(f"{one['name']} ({one['channel']}): {one['push']}")
        say("Ctrl-C ends it.")


class _Log:
    """Lines on standard error: no body, no header, no secret. Of what repeats, one line a minute with a number."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._quiet, self._verbose = quiet, verbose
        self._told: dict[tuple[str, str], tuple[datetime, int]] = {}

    def message(self, channel: str, fate: str, judged: Judged) -> None:
        from stockrecon.reports.words import clean

        at = clock()
        what = f"{channel} {clean(judged.kind)}".strip()
        if fate in _WELL:
            if self._verbose:
                shops = ", ".join(str(shop) for shop, _ in judged.told)
                say(f"{at:%Y-%m-%d %H:%M:%S} {what}: {fate}{f' for {shops}' if shops else ''}")
            return
        since, unsaid = self._told.get((channel, fate), (None, 0))
        if since is not None and (at - since).total_seconds() < 60:
            self._told[channel, fate] = since, unsaid + 1
            return
        self._told[channel, fate] = at, 0
        more = f" (and {unsaid} more since then)" if unsaid else ""
        say(f"{at:%Y-%m-%d %H:%M:%S} {what}: {fate}: {clean(judged.text)}{more}".rstrip(": "))


def _measure(counts: Counts, target: Path | None, config: Path) -> None:
    if target is not None:
        lines: Iterable[str] = counts.prometheus(target.stem, clock())
        put(lines, target, utf8=True)
