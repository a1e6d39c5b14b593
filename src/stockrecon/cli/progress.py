"""Progress on standard error, and only where somebody watches: a terminal, and not `-q`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how far it is, and how much there is (None: unknown). May be called from any thread."""


def silent(what: str, done: int, whole: int | None) -> None:
    """Progress that nobody watches."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """A progress callback; on a terminal it draws bars that vanish in the end."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    bars = Bars(*columns, console=Console(stderr=True, markup=False, highlight=False), transient=True)
    tasks: dict[str, TaskID] = {}
    lock = Lock()

    def show(what: str, done: int, whole: int | None) -> None:
        with lock:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=whole)
            bars.update(tasks[what], completed=done, total=whole)

    with bars:
        yield show
