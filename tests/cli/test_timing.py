"""When a run begins, how long it may take, and how it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click
import pytest

from stockrecon.cli.outcome import Halted
from stockrecon.cli.timing import Stop, duration_value, splay, spoken, stopping
from tests.cli.conftest import ROOT


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def send(number: signal.Signals) -> None:
    """A signal to this process; its handler has run, or raised, when this returns."""
    signal.raise_signal(number)


# Splay


def test_the_splay_is_mostly_the_configurations_own() -> None:
    """Three quarters are fixed by machine and path, a quarter is chance, and all of it is within the limit."""
    slept: list[float] = []

    def seconds(config: str, host: str, chance: float) -> float:
        return splay(timedelta(seconds=100), Path(config), host=lambda: host, chance=lambda: chance, sleep=slept.append)

    low, high = seconds("/a.yaml", "one", 0.0), seconds("/a.yaml", "one", 1.0)
    assert high - low == pytest.approx(25)
    assert 0 <= low <= 75
    assert seconds("/a.yaml", "one", 0.0) == low
    assert len({seconds("/a.yaml", "one", 0.0), seconds("/b.yaml", "one", 0.0), seconds("/a.yaml", "two", 0.0)}) == 3
    assert slept[:2] == [low, high]


def test_many_configurations_spread_over_the_whole_splay() -> None:
    """Of 200 paths every second that is not chance gets some."""
    found = {
        int(splay(timedelta(seconds=10), Path(f"/{n}"), host=lambda: "h", chance=lambda: 0.5, sleep=lambda s: None))
        for n in range(200)
    }
    # 1.25 s of chance, and 7.5 s that the paths share out.
    assert found == set(range(1, 9))


# Durations


def test_a_duration_is_that_of_the_configuration() -> None:
    """The same words as in the configuration, and its fault as a usage error."""
    context, option = click.Context(click.Command("x")), click.Option(["--deadline"])
    assert duration_value(context, option, "10m") == timedelta(minutes=10)
    assert duration_value(context, option, None) is None
    for wrong in ("10", "0s", "ten", "-5m", ""):
        with pytest.raises(click.BadParameter, match=r"uration"):
            duration_value(context, option, wrong)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (90, "1 min 30 s"), (5400, "1 h 30 min"), (86400 * 2 + 61, "2 d 1 min")],
)
def test_a_span_is_told_in_two_units(seconds: int, told: str) -> None:
    """The two largest that there are."""
    assert spoken(timedelta(seconds=seconds)) == told


# Stop


def test_nothing_stops_a_run_by_itself() -> None:
    """Without a deadline and without a signal there is no reason."""
    with stopping() as stop, stop.writing():
        assert stop.reason() is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_reading_at_once(number: signal.Signals, code: int) -> None:
    """With the shell's exit code for it, and the word that nothing was written."""
    with pytest.raises(Halted) as caught, stopping():
        send(number)
    assert caught.value.exit_code == code
    assert caught.value.text == "Interrupted. No stock was changed."


def test_a_signal_while_writing_is_a_reason_and_no_more(capfd: pytest.CaptureFixture[str]) -> None:
    """The block goes on, says so, and the run ends by its own code; afterwards a second one ends it at once."""
    with stopping() as stop:
        with stop.writing():
            send(signal.SIGTERM)
            assert stop.reason() == "SIGTERM"
        assert stop.reason() == "SIGTERM"
        assert "the write in hand is finished" in capfd.readouterr().err
        with pytest.raises(Halted) as caught:
            send(signal.SIGTERM)
    assert caught.value.exit_code == 143


def test_a_second_signal_while_writing_ends_at_once() -> None:
    """Whoever insists is obeyed, and told that something may have been written."""
    with stopping() as stop, stop.writing():
        send(signal.SIGTERM)
        with pytest.raises(Halted) as caught:
            send(signal.SIGINT)
    assert caught.value.exit_code == 130
    assert caught.value.text.startswith("Interrupted after writing began")


def test_no_handler_of_errors_holds_a_halt_up() -> None:
    """It passes `except Exception`, as a Ctrl-C does."""
    assert issubclass(Halted, KeyboardInterrupt)
    assert not issubclass(Halted, Exception)


def test_the_deadline_is_a_reason_from_its_moment_on() -> None:
    """Not before, and from then on for ever."""
    ticks = Ticks()
    stop = Stop(timedelta(minutes=10), ticks)
    ticks.now += 599.9
    assert stop.reason() is None
    ticks.now += 0.1
    assert stop.reason() == "the deadline of 10 min is past"


def test_the_alarm_ends_reading_and_nothing_else() -> None:
    """Exit 13 while it reads; while it writes, when it has its result, and before its time it does nothing."""
    ticks = Ticks()
    stop = Stop(timedelta(minutes=10), ticks)
    stop.alarmed(signal.SIGALRM)
    ticks.now += 600
    with pytest.raises(Halted) as caught:
        stop.alarmed(signal.SIGALRM)
    assert caught.value.exit_code == 13
    assert "the deadline of 10 min is past and not everything was read. No stock was changed." in caught.value.text
    with stop.writing():
        stop.alarmed(signal.SIGALRM)
    stop.alarmed(signal.SIGALRM)
    over = Stop(timedelta(seconds=0), ticks)
    over.over()
    over.alarmed(signal.SIGALRM)


def test_the_deadline_wakes_a_run_that_waits() -> None:
    """A sleep of half a minute ends with a deadline of 50 ms."""
    with pytest.raises(Halted), stopping(timedelta(milliseconds=50)):
        time.sleep(30)


def test_what_was_there_before_is_put_back() -> None:
    """Handlers of the signals, and an alarm that somebody else had set."""
    rung = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    mine = signal.signal(signal.SIGALRM, lambda number, frame: rung.set())
    before = [signal.getsignal(number) for number in numbers]
    left, every = signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with stopping(timedelta(hours=1)):
            assert [signal.getsignal(number) for number in numbers] != before
        assert [signal.getsignal(number) for number in numbers] == before
        assert rung.wait(30)
    finally:
        signal.signal(signal.SIGALRM, mine)
        signal.setitimer(signal.ITIMER_REAL, left, every)


def test_in_another_thread_signals_are_left_alone() -> None:
    """Only the main thread can have handlers; the deadline still counts."""
    told: list[str | None] = []

    def work() -> None:
        with stopping(timedelta(microseconds=1)) as stop:
            time.sleep(0.001)
            told.append(stop.reason())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert told == ["the deadline of 0 s is past"]


# The program


SCRIPT = """
import sys, threading, time
import click
from stockrecon.cli import app
from stockrecon.cli.timing import stopping
from datetime import timedelta

@click.command()
def diff():
    threading.Thread(target=time.sleep, args=(50,)).start()
    with stopping({deadline}) as stop:
        {body}

app.COMMANDS = dict(app.COMMANDS, diff=("__main__:diff", "x"))
app.main()
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs a program whose `diff` does `body`, sends it a signal once it says `ready`, and returns code and errors."""

    def run(body: str, deadline: str = "None", stop: signal.Signals | None = None) -> tuple[int, str]:
        script = tmp_path / "program.py"
        script.write_text(SCRIPT.format(deadline=deadline, body=textwrap.indent(body, " " * 8).strip()))
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(script), "diff"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
        ) as process:
            assert process.stdout is not None
            if stop is not None:
                assert process.stdout.readline() == "ready\n"
                process.send_signal(stop)
            _, err = process.communicate(timeout=40)
        return process.returncode, err

    return run


READY = "print('ready', flush=True)\n"


def test_a_supervisors_stop_ends_a_reading_program_with_143(program: Callable[..., tuple[int, str]]) -> None:
    """Although a thread still waits for a slow shop."""
    assert program(READY + "time.sleep(50)", stop=signal.SIGTERM) == (143, "Interrupted. No stock was changed.\n")


def test_a_supervisors_stop_lets_a_writing_program_finish(program: Callable[..., tuple[int, str]]) -> None:
    """It ends by its own exit code, here 12."""
    body = "with stop.writing():\n    " + READY + "    while stop.reason() is None: time.sleep(0.01)\n"
    code, err = program(body + "import os; os._exit(12)", stop=signal.SIGTERM)
    assert code == 12
    assert err.startswith("Stopping: the write in hand is finished")


def test_a_deadline_ends_a_reading_program_with_13(program: Callable[..., tuple[int, str]]) -> None:
    """And says what to do."""
    code, err = program("time.sleep(50)", deadline="timedelta(seconds=0.1)")
    assert code == 13
    assert err.startswith("stockrecon: the deadline of 0 s is past and not everything was read.")
