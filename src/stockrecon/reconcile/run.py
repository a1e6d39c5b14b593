"""One run, from settings to its result: read, judged, and read in full where that was not enough."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path

from stockrecon.catalogue import Catalogue
from stockrecon.channels.base import Surroundings
from stockrecon.channels.rotation import HelperProcess
from stockrecon.config import Settings
from stockrecon.core.findings import RunResult
from stockrecon.core.model import ShopName
from stockrecon.reconcile.judging import Judging
from stockrecon.reconcile.little import InFull
from stockrecon.reconcile.options import RunOptions
from stockrecon.reconcile.reading import read_all
from stockrecon.reconcile.remembered import Remembered
from stockrecon.state import FileTokenStore, state_folder

Progress = Callable[[str, int, int | None], None]


def surroundings(
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    progress: Progress = lambda what, done, whole: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Surroundings:
    """Clock, sleep, progress and the state's tokens, as channels get them."""
    tokens = FileTokenStore(state_folder(settings.state) / "tokens")
    return Surroundings(clock, sleep, tokens, progress, HelperProcess(tokens))


def run(
    settings: Settings,
    options: RunOptions,
    *,
    clock: Callable[[], datetime],
    progress: Progress = lambda what, done, whole: None,
    sleep: Callable[[float], None] = time.sleep,
) -> RunResult:
    """Reads both sides, explains every difference, plans. A shop that cannot be read is told in the result.

    Raises UsageFault for what the user has to mend before anything can be read; never for what a shop does.
    """
    # SQLAlchemy takes as long to import as a whole catalogue to load: both at once.
    early = threading.Thread(target=_import_state, daemon=True)
    early.start()
    around = surroundings(settings, clock=clock, progress=progress, sleep=sleep)
    with tempfile.TemporaryDirectory(prefix="stockrecon-", ignore_cleanup_errors=True) as folder:
        remembered = Remembered(settings.state, clock, early)
        try:
            return _read_and_judged(settings, options, remembered, around, Path(folder))
        finally:
            remembered.close()


def _read_and_judged(
    settings: Settings, options: RunOptions, remembered: Remembered, around: Surroundings, folder: Path
) -> RunResult:
    """All is read and judged, and once more where a little pull turns out not to be enough."""
    full: dict[ShopName, str] = {}
    spent: dict[ShopName, int] = {}
    began = around.clock()
    for number in count():
        spool = folder / f"reading-{number}"
        spool.mkdir(mode=0o700)
        now = options.now + (around.clock() - began if number else timedelta(0))
        going = remembered.going(settings, now, spool, full) if options.little and not options.everything else {}
        kept = remembered.kept(spool)
        sources = read_all(settings.ledger, settings.shops, settings.policy, around, spool, now, going, kept)
        sources.count(spent)
        try:
            with Catalogue(spool) as catalogue:
                one = replace(options, now=now)
                return Judging(settings, one, around.clock, sources, catalogue, spool, remembered).result()
        except InFull as more:
            full |= more.why
            spent = {name: pulled.requests for name, pulled in sources.pulled.items()}
        finally:
            sources.close()
    raise AssertionError("a run reads a shop in full at the latest when it has read each by its changes")


def _import_state() -> None:
    with suppress(ImportError):
        import_module("stockrecon.state.state")
