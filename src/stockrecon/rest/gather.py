"""Bounded concurrency: jobs on a few threads, the first failure stops the rest, Ctrl-C works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

Result = TypeVar("Result")
MAX_WORKERS = 16
_SLICE = 0.25
_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """This job was waiting when another one of its `gather` failed; nobody reads it but `gather`."""


def nap(seconds: float, sleep: Callable[[float], None]) -> None:
    """Sleeps in slices, and raises Stopped as soon as the surrounding `gather` has failed."""
    stop = _stop.get()
    while seconds > 0:
        if stop is not None and stop.is_set():
            raise Stopped
        piece = min(_SLICE, seconds) if stop is not None else seconds
        sleep(piece)
        seconds -= piece


def gather(jobs: Iterable[Callable[[], Result]], workers: int) -> list[Result]:
    """Runs `jobs` on at most `workers` threads and returns their results in the order of the jobs.

    Jobs are taken as workers get free, so an iterator of many jobs costs no memory. The first failure is raised as it
    is; jobs not begun are dropped, waiting ones are woken, running requests end by their own deadline. On Ctrl-C the
    threads are left behind (they are daemons), so that the program ends at once.
    """
    run = _Run(iter(jobs))
    threads = [
        threading.Thread(target=run.work, name=f"gather-{number}", daemon=True)
        for number in range(max(1, min(workers, MAX_WORKERS)))
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        run.stop.set()
        raise
    if run.failure is not None:
        raise run.failure
    return [run.results[number] for number in range(len(run.results))]  # type: ignore[misc]


class _Run:
    """The state that the workers of one `gather` share."""

    def __init__(self, jobs: Iterator[Callable[[], object]]) -> None:
        self.jobs = enumerate(jobs)
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.results: dict[int, object] = {}
        self.failure: BaseException | None = None

    def work(self) -> None:
        _stop.set(self.stop)
        while not self.stop.is_set():
            try:
                with self.lock:
                    number, job = next(self.jobs)
            except StopIteration:
                return
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                self.fail(error)
                return
            try:
                self.results[number] = job()
            except Stopped:
                return
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                self.fail(error)
                return

    def fail(self, error: BaseException) -> None:
        with self.lock:
            if self.failure is None:
                self.failure = error
        self.stop.set()
