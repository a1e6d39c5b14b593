"""One writing run per shop: the locks, with real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stockrecon.errors import LockHeld
from stockrecon.state import State
from tests.state.conftest import NOW

HOLDER = textwrap.dedent(
    """
    import sys
    from stockrecon.state import State
    from tests.state.conftest import NOW
    with State.open(sys.argv[1], lambda: NOW) as state, state.lock(sys.argv[2:], "sync --apply, run r1"):
        print("held", flush=True)
        sys.stdin.read()
    """
)

CROWD = textwrap.dedent(
    """
    import os, sys
    from stockrecon.errors import LockHeld
    from stockrecon.state import State
    from tests.state.conftest import NOW
    # One start of the interpreter for all: twenty processes are made of it, and begin when the gate is closed.
    gate, tell = os.pipe(), os.pipe()
    hold = os.pipe()
    for number in range(20):
        if os.fork() == 0:
            os.close(gate[1]), os.close(hold[1])
            with State.open(sys.argv[1], lambda: NOW) as state:
                os.write(tell[1], b"ready\\n")
                os.read(gate[0], 1)
                try:
                    with state.lock(["shopee-vn", "lazada-vn"], f"number {number}") as lock:
                        lock.check()
                        os.write(tell[1], b"held\\n")
                        os.read(hold[0], 1)
                except LockHeld as held:
                    assert "lazada-vn: another run holds the lock: " in held.text, held.text
                    os.write(tell[1], b"refused\\n")
            os._exit(0)
    os.close(tell[1])
    told = open(tell[0])
    assert [told.readline() for _ in range(20)] == ["ready\\n"] * 20
    os.close(gate[1])
    lines = sorted(told.readline().strip() for _ in range(20))
    os.close(hold[1])
    codes = [os.wait()[1] for _ in range(20)]
    print(lines.count("held"), lines.count("refused"), codes.count(0))
    """
)


@contextmanager
def holding(where: str, *names: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the locks until its standard input is closed."""
    command = [sys.executable, "-c", HOLDER, where, *names]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "held\n"
        yield process


def test_of_twenty_at_once_one_holds(where: str) -> None:
    """Real processes that start together: one has all the locks, nineteen are refused at once."""
    with State.open(where, lambda: NOW):
        pass
    done = subprocess.run([sys.executable, "-c", CROWD, where], capture_output=True, text=True, check=True)
    assert done.stdout == "1 19 20\n"


def test_a_refusal_names_shop_and_holder(where: str) -> None:
    """Who holds it, its process, machine and since when; the other shop is free, and all is free at its end."""
    with State.open(where, lambda: NOW) as state:
        with holding(where, "shopee-vn") as other:
            with (
                pytest.raises(LockHeld, match="shopee-vn: another run holds the lock") as caught,
                state.lock(["lazada-vn", "shopee-vn"], "me"),
            ):
                pass
            assert caught.value.exit_code == 14
            assert f"sync --apply, run r1, process {other.pid} on " in caught.value.text
            assert "since 2026-11-20 12:00:00 UTC" in caught.value.text
            assert caught.value.way_on
            with state.lock(["lazada-vn"], "me") as lock:
                lock.check()
        with state.lock(["shopee-vn", "lazada-vn", "shopee-vn"], "me") as lock:
            lock.check()


def test_a_killed_holder_leaves_no_lock(where: str) -> None:
    """SIGKILL: the lock is the kernel's and goes with the process, without anybody's help."""
    with State.open(where, lambda: NOW) as state:
        for _ in range(3):
            with holding(where, "shopee-vn") as other:
                other.send_signal(signal.SIGKILL)
                other.wait()
            with eventually(state, where):
                pass


@contextmanager
def eventually(state: State, where: str) -> Iterator[None]:
    """At once in the kernel; a server is told by its socket that the session is over, a moment later."""
    for _ in range(200 if "://" in where else 1):
        try:
            with state.lock(["shopee-vn"], "me"):
                yield
            return
        except LockHeld as held:
            last = held
            time.sleep(0.02)
    raise last
