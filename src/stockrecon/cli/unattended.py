"""What a run has around it when nobody watches: its options, its metrics, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stockrecon.cli.engine import clock
from stockrecon.cli.options import Common
from stockrecon.cli.outcome import Halted
from stockrecon.cli.output import check_target, say
from stockrecon.cli.timing import Stop, duration_value, splay, spoken, stopping
from stockrecon.errors import StockreconError

if TYPE_CHECKING:
    from stockrecon.config import Settings
    from stockrecon.core.findings import RunResult

_BUG = 1
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Unattended:
    """`splay`, `deadline`: None where not given. `metrics`: the file for Prometheus."""

    splay: timedelta | None = None
    deadline: timedelta | None = None
    metrics: Path | None = None


Command = Callable[..., None]


def unattended_options() -> Callable[[Command], Command]:
    """Gives a command `--splay`, `--deadline` and `--metrics`, collected as its keyword `unattended`."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def collected(*given: Any, **values: Any) -> None:
            names = ("splay", "deadline", "metrics")
            command(*given, unattended=Unattended(**{name: values.pop(name) for name in names}), **values)

        decorated: Command = collected
        for option in reversed(_OPTIONS):
            decorated = option(decorated)
        return decorated

    return decorate


_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--splay",
        metavar="DURATION",
        callback=duration_value,
        help="Wait up to this long before anything is read, so that many runs do not start at once.",
    ),
    click.option(
        "--deadline",
        metavar="DURATION",
        callback=duration_value,
        help="Total time limit, such as 10m: after it reading ends (exit 13) and no new write begins.",
    ),
    click.option(
        "--metrics",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the run's figures for Prometheus' textfile collector.",
    ),
)


class Watch:
    """A run that is watched. `settings` as soon as they are known, `came` when there is a result."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.settings: Settings | None = None
        self.result: RunResult | None = None

    def came(self, result: RunResult) -> None:
        """From here on the deadline does not end the run any more."""
        self.result = result
        self.stop.over()


@contextmanager
def watched(common: Common, command: str, options: Unattended) -> Iterator[Watch]:
    """Around a whole run, its report included: splay, deadline, signals; then its metrics, and who is to be told.

    Neither metrics nor messages change how the run ends: what they could not do is a warning on standard error.
    """
    check_target(options.metrics)
    began = clock()
    with stopping(options.deadline) as stop:
        watch = Watch(stop)
        try:
            if options.splay is not None:
                seconds = splay(options.splay, common.config)
                if common.verbose:
                    say(f"waited {spoken(timedelta(seconds=seconds))} (--splay)")
            yield watch
        except click.exceptions.Exit:
            _finish(watch, command, options, began, None, quiet=common.quiet)
            raise
        except (Exception, KeyboardInterrupt) as error:
            _finish(watch, command, options, began, error, quiet=common.quiet)
            raise
        else:
            _finish(watch, command, options, began, None, quiet=common.quiet)


def _finish(
    watch: Watch, command: str, options: Unattended, began: datetime, error: BaseException | None, *, quiet: bool
) -> None:
    watch.stop.over()
    if options.metrics is not None:
        try:
            _measure(options.metrics, watch, command, began, error)
        except StockreconError as fault:
            say(f"warning: metrics: {fault}")
    if quiet and watch.settings is not None and watch.result is not None:
        from stockrecon.notify import again

        if repeated := again(watch.settings, watch.result, clock=clock):
            say(f"stockrecon {command}: {repeated}")
    for text in _told(watch, command, error):
        say(f"warning: {text}")


def _measure(path: Path, watch: Watch, command: str, began: datetime, error: BaseException | None) -> None:
    from stockrecon.reports.metrics import write_failed, write_metrics

    if watch.result is None:
        write_failed(path, command, _code(error), began=began, ended=clock())
        return
    # A report that could not be written ends the run with another code, but takes back nothing of what it did.
    result = watch.result if error is None else replace(watch.result, exit_code=_code(error))
    write_metrics(path, result, began=began, ended=clock())


def _told(watch: Watch, command: str, error: BaseException | None) -> tuple[str, ...]:
    """Who stopped a run by hand or by a signal knows it; everything else is told."""
    from stockrecon.notify import notify, notify_fault

    if watch.settings is None:
        return ()
    if watch.result is not None:
        return notify(watch.settings, watch.result, clock=clock)
    if error is None:
        return ()
    code = _code(error)
    if isinstance(error, KeyboardInterrupt) and not (isinstance(error, Halted) and code < 128):
        return ()
    text = str(error) if isinstance(error, StockreconError | Halted) else f"unexpected error ({type(error).__name__})"
    return notify_fault(watch.settings, command, code, text.removeprefix("stockrecon: "), clock=clock)


def _code(error: BaseException | None) -> int:
    if error is None:
        return 0
    return int(getattr(error, "exit_code", _INTERRUPTED if isinstance(error, KeyboardInterrupt) else _BUG))
