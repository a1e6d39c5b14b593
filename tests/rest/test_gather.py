"""Bounded concurrency: ordered results, first failure stops the rest, Ctrl-C gets through."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from stockrecon.rest import gather, nap


def test_results_stand_in_the_order_of_the_jobs():
    def job(number: int):
        return lambda: (time.sleep(0.002 * (5 - number % 5)), number)[1]

    assert gather((job(n) for n in range(40)), 8) == list(range(40))


def test_no_more_than_the_given_number_run_at_once():
    lock, running, most = threading.Lock(), 0, 0

    def job() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1

    gather([job] * 30, 3)
    assert most <= 3


def test_the_first_failure_is_raised_and_wakes_the_sleepers():
    begun = []

    def sleeper() -> None:
        begun.append(1)
        nap(60, time.sleep)

    def fail() -> None:
        raise ValueError("the first")

    began = time.monotonic()
    with pytest.raises(ValueError, match="the first"):
        gather([sleeper, fail, *[sleeper] * 100], 2)
    assert time.monotonic() - began < 5
    assert len(begun) < 5


def test_a_failure_of_the_jobs_iterator_is_raised():
    def jobs():
        yield lambda: 1
        raise RuntimeError("no more pages")

    with pytest.raises(RuntimeError, match="no more pages"):
        gather(jobs(), 4)


def test_ctrl_c_in_a_job_reaches_the_caller():
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gather([interrupt, lambda: None], 2)


def test_ctrl_c_while_jobs_run_ends_at_once_and_wakes_the_sleepers():
    woken = threading.Event()

    def sleeper() -> None:
        try:
            nap(60, time.sleep)
        finally:
            woken.set()

    timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        gather([sleeper] * 4, 2)
    timer.join()
    assert time.monotonic() - began < 5
    assert woken.wait(5)


def test_no_jobs_are_no_results():
    assert gather([], 4) == []
