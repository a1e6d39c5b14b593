"""Jobs that bring further jobs, on a few threads: what follows from a page is known when it is there."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from stockrecon.rest import gather

Job = Callable[[], None]


class Crew:
    """`work` returns when every job is done, those that came meanwhile too; the first failure ends it, as it is.

    What others wait for (`add`) goes before what nothing follows from (`add_last`).
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._changed = threading.Condition()
        self._first: deque[Job] = deque()
        self._last: deque[Job] = deque()
        self._under_way = 0
        self._failed = False

    def add(self, job: Job) -> None:
        with self._changed:
            self._first.append(job)
            self._changed.notify()

    def add_last(self, job: Job) -> None:
        with self._changed:
            self._last.append(job)
            self._changed.notify()

    def work(self) -> None:
        """Raises whatever a job raised first; jobs that were not begun are dropped then."""
        gather(self._jobs(), self._workers)

    def _jobs(self) -> Iterator[Job]:
        while True:
            with self._changed:
                while not (self._first or self._last or self._failed) and self._under_way:
                    self._changed.wait()
                if self._failed or not (self._first or self._last):
                    return
                job = self._first.popleft() if self._first else self._last.popleft()
                self._under_way += 1
            yield lambda job=job: self._do(job)  # type: ignore[misc]

    def _do(self, job: Job) -> None:
        try:
            job()
        except BaseException:
            with self._changed:
                self._failed = True
            raise
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
