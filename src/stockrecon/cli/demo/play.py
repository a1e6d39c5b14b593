"""The demo's play: marketplaces on loopback, a ledger, and the runs of a user: look, apply, look again."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.cli.engine import settings_of
from stockrecon.cli.options import Common
from stockrecon.cli.output import unwritable
from stockrecon.cli.progress import Progress

if TYPE_CHECKING:
    from stockrecon.config import Settings
    from stockrecon.core.findings import RunResult
    from stockrecon.sandbox.run import Handle
    from stockrecon.sandbox.stories import Story

RATE = 200
"""Requests per second that the demo allows itself: nobody but this program waits for its marketplaces."""


@dataclass(frozen=True, slots=True)
class Played:
    """`applied`: the run that carried its plan out; `left`: the run after it, over the same shops."""

    applied: RunResult
    left: RunResult
    stories: tuple[Story, ...]


def play(common: Common, progress: Progress, channel: str | None = None) -> Played:
    """A first look, then `sync --apply`, then a last look. Everything is removed again.

    Between the first two the campaign of the first story ends; what the first run saw is the second one's memory.
    `channel`: where the stories happen, as far as they can; without it where sellers know them from.
    Raises UsageFault where a package of the extra is missing, OutputFault where there is no room for its files.
    """
    from stockrecon.sandbox.roles import DEFAULT, seen_from
    from stockrecon.sandbox.run import need_extra, start_in_thread

    need_extra()
    parts = seen_from(channel) if channel else DEFAULT
    try:
        with (
            tempfile.TemporaryDirectory(prefix="stockrecon-demo-", ignore_cleanup_errors=True) as name,
            start_in_thread(Path(name), per_second=RATE, burst=RATE, parts=parts) as market,
        ):
            settings = settings_of(replace(common, config=_configuration(Path(name), market)))
            _run(settings, market, progress, "diff")
            market.before_second_read()
            applied = _applied(settings, market, progress)
            return Played(applied, _run(settings, market, progress, "diff"), market.stories)
    except OSError as error:
        raise unwritable(tempfile.gettempdir(), error) from None


def _configuration(folder: Path, market: Handle) -> Path:
    """The file that a user of these shops would write; JSON is YAML too."""
    path = folder / "stockrecon.yaml"
    shops = [{**entry, "mode": "apply", **_fast(str(entry["channel"]))} for entry in market.configs]
    whole = {"ledger": {"type": "file", "path": "ledger/"}, "shops": shops, "state": "state/"}
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=2), "utf-8")
    return path


def _fast(channel: str) -> dict[str, object]:
    """Shopify has no number of requests to set: it counts points, and the demo needs few."""
    from stockrecon.config.options import CHANNELS

    paced = any(option.name == "requests_per_second" for option in CHANNELS[channel].options)
    return {"requests_per_second": RATE} if paced else {}


def _run(settings: Settings, market: Handle, progress: Progress, command: str, *, recorded: str = "") -> RunResult:
    """One run by the marketplaces' own clock: signatures, holds and campaigns are judged by it."""
    from stockrecon import reconcile

    options = reconcile.RunOptions(command=command, now=market.clock.now(), recorded=recorded)
    return reconcile.run(settings, options, progress=progress, clock=market.clock.now)


def _applied(settings: Settings, market: Handle, progress: Progress) -> RunResult:
    from stockrecon import apply, reconcile

    around = reconcile.surroundings(settings, clock=market.clock.now)
    with apply.opened(settings, around, holder="demo", who="demo") as applying:
        applying.settle()
        result = applying.carry_out(_run(settings, market, progress, "sync", recorded="sync --apply"))
        applying.record(result, reconcile.summary_of(result))
        return result
