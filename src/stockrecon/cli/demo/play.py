"""The demo's play: marketplaces on loopback, a ledger, and two runs as a user would start them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.cli.engine import settings_of
from stockrecon.cli.options import Common
from stockrecon.cli.output import unwritable
from stockrecon.cli.progress import Progress

if TYPE_CHECKING:
    from stockrecon.core.findings import RunResult
    from stockrecon.sandbox.run import Handle
    from stockrecon.sandbox.stories import Story

RATE = 200
"""Requests per second that the demo allows itself: nobody but this program waits for its marketplaces."""


def play(common: Common, progress: Progress) -> tuple[RunResult, tuple[Story, ...]]:
    """The result of the second run, and the stories that had happened by then. Everything else is removed again.

    Between the two runs the campaign of the first story ends; what the first run saw is the second one's memory.
    Raises UsageFault where a package of the extra is missing, OutputFault where there is no room for its files.
    """
    from stockrecon.sandbox.run import need_extra, start_in_thread

    need_extra()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="stockrecon-demo-", ignore_cleanup_errors=True) as name,
            start_in_thread(Path(name), per_second=RATE, burst=RATE) as market,
        ):
            called = replace(common, config=_configuration(Path(name), market))
            _diff(called, market, progress)
            market.before_second_read()
            return _diff(called, market, progress), market.stories
    except OSError as error:
        raise unwritable(tempfile.gettempdir(), error) from None


def _configuration(folder: Path, market: Handle) -> Path:
    """The file that a user of these shops would write; JSON is YAML too."""
    path = folder / "stockrecon.yaml"
    shops = [{**entry, "requests_per_second": RATE} for entry in market.configs]
    whole = {"ledger": {"type": "file", "path": "ledger/"}, "shops": shops, "state": "state/"}
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=2), "utf-8")
    return path


def _diff(common: Common, market: Handle, progress: Progress) -> RunResult:
    """One run by the marketplaces' own clock: signatures, holds and campaigns are judged by it."""
    from stockrecon import reconcile

    options = reconcile.RunOptions(command="diff", now=market.clock.now())
    return reconcile.run(settings_of(common), options, progress=progress, clock=market.clock.now)
