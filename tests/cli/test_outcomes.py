"""Every outcome has its exit code and one message; nothing outside can make a traceback."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stockrecon.cli.outcome import Session, outcome_of
from stockrecon.core.findings import RunResult
from stockrecon.core.secret import Secret
from stockrecon.errors import ConfigFault, Fault, LockHeld, ReadFault
from tests.cli.conftest import ROOT, Called, FakeRun
from tests.reports import samples

Call = Callable[..., Called]
Shell = Callable[..., "subprocess.CompletedProcess[bytes]"]


def raising(error: BaseException) -> Callable[[], RunResult]:
    def answer() -> RunResult:
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigFault([Fault("a.yaml", 1, 2, "wrong")]), 2),
        (ReadFault("ledger", "no answer", way_on="start it"), 13),
        (LockHeld("another run holds the lock"), 14),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code_and_its_text_on_standard_error(
    call: Call, fake: FakeRun, folder: Path, error: BaseException, code: int
) -> None:
    fake.answer = raising(error)
    called = call("diff")
    assert (called.code, called.out) == (code, "")
    # A fault of the configuration begins with its place, as editors and scripts expect it.
    prefix = "" if isinstance(error, ConfigFault) else "stockrecon: "
    assert called.err.startswith(prefix + str(error) if str(error) else "Interrupted.")
    assert "Traceback" not in called.err


@pytest.mark.parametrize("code", [0, 10, 13])
def test_the_exit_code_is_the_results(call: Call, fake: FakeRun, folder: Path, code: int) -> None:
    from dataclasses import replace

    fake.answer = lambda: replace(samples.everything(), exit_code=code)
    assert call("diff").code == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dif"], "Did you mean diff?"),
        (["diff", "--format", "xml"], "'xml'"),
        (["diff", "--scenario", "campaign-lok"], "Did you mean campaign-lock?"),
        (["diff", "--scenario", "3"], "Did you mean cancelled-order-restock?"),
        (["diff", "--now", "2026-11-11T19:00"], "offset"),
        (["diff", "--now", "2026-02-31T19:00Z"], "ISO 8601"),
        (["diff", "--now", "0001-01-01T00:00+07:00"], "ISO 8601"),
        (["diff", "--nope"], "--nope"),
        (["diff", "-c", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
        (["diff", "--shop", "shopee-v"], "did you mean shopee-vn?"),
        (["diff", "-o", "nowhere/report.txt"], "there is no folder"),
        (["diff", "-o", "ledger"], "is a folder"),
        (["diff", "--format", "html"], "html is not in this version; it has table, markdown, json, csv"),
        (["sync", "--apply", "--save-plan", "a.json"], "--save-plan writes a plan and carries none out"),
        (["sync", "--approve", "sha256:0"], "sha256: and 64 hexadecimal digits"),
        (["sync", "--save-plan", "nowhere/a.json"], "there is no folder"),
        (["sync", "--deadline", "soon"], "'soon'"),
        (["buffers"], "buffers is not in this version"),
        ([], "Usage: stockrecon"),
        (["explain"], "SKU"),
    ],
)
def test_a_wrong_call_is_2_and_says_what_is_wrong(
    call: Call, fake: FakeRun, folder: Path, arguments: list[str], words: str
) -> None:
    called = call(*arguments)
    assert (called.code, called.out) == (2, "")
    assert words in called.err
    assert fake.options is None


def test_a_bug_is_one_line_and_its_trace_a_private_file_without_secrets(
    call: Call, fake: FakeRun, folder: Path
) -> None:
    (folder / ".stockrecon").mkdir()
    fake.answer = raising(TypeError("unexpected"))
    called = call("diff")
    assert called.code == 1
    assert len(called.err.splitlines()) == 1
    assert "unexpected error E-" in called.err
    [trace] = (folder / ".stockrecon").glob("stockrecon-E-*.txt")
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    assert "TypeError: unexpected" in trace.read_text()


def test_secrets_of_the_settings_are_not_in_a_trace(tmp_path: Path) -> None:
    session = Session(state=tmp_path)
    session.keep_out({"key": Secret("s3cr3t/t0ken"), "more": [Secret("second-one")]})

    def call() -> None:
        raise RuntimeError("https://shop/?access_token=s3cr3t%2Ft0ken&x=second-one")

    assert outcome_of(call, session) == 1
    [trace] = tmp_path.iterdir()
    assert not re.search("s3cr3t|second-one", trace.read_text())


def test_a_reader_that_closes_the_pipe_is_no_error(shell: Shell) -> None:
    done = shell("$SR diff --format json --all | head -c 10", answer="samples.many(20000)")
    assert done.stdout == b'{"schema":'
    assert (done.returncode, done.stderr) == (10, b"")


def test_closed_streams_leave_the_exit_code(shell: Shell) -> None:
    assert shell("$SR diff >&- 2>&-").returncode == 13
    assert shell("$SR diff -q >&-").returncode == 13


def test_help_into_a_closed_pipe_is_no_error(shell: Shell) -> None:
    done = shell("$SR --help | true; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("way", ["> /dev/full", "-o /dev/full"])
def test_a_full_disk_is_2_and_says_so(shell: Shell, way: str) -> None:
    done = shell(f"$SR diff {way}")
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_an_ascii_terminal_gets_every_name_still_recognisable(shell: Shell) -> None:
    done = shell("$SR diff", PYTHONIOENCODING="ascii")
    assert done.returncode == 13
    assert b"\\u7d05" in done.stdout
    assert b"Traceback" not in done.stderr


def test_json_is_utf8_whatever_the_terminal_is(shell: Shell) -> None:
    done = shell("$SR diff --format json", PYTHONIOENCODING="ascii")
    assert samples.WIDE in done.stdout.decode("utf-8")


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("command", [("diff",), ("sync", "--apply")], ids=" ".join)
def test_ctrl_c_and_a_supervisors_stop_end_at_once_with_one_line(
    command: tuple[str, ...], stop: signal.Signals, code: int, folder: Path
) -> None:
    """While it reads, a run is not held up by its threads, and says that nothing was changed."""
    script = folder / "slow.py"
    script.write_text(
        "import sys, time, types, threading, stockrecon\n"
        "def run(settings, options, *, progress, clock):\n"
        "    threading.Thread(target=time.sleep, args=(50,)).start()\n"
        "    open('started', 'w').close()\n"
        "    time.sleep(50)\n"
        "fake = types.ModuleType('stockrecon.reconcile')\n"
        "fake.RunOptions = lambda **given: None\n"
        "fake.run = run\n"
        "fake.surroundings = lambda settings, *, clock: types.SimpleNamespace(clock=clock, sleep=time.sleep)\n"
        "sys.modules['stockrecon.reconcile'] = stockrecon.reconcile = fake\n"
        "from stockrecon.cli import main\n"
        "main()\n"
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), *command], stderr=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env=environ
    ) as process:
        while not (folder / "started").exists():
            time.sleep(0.02)
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, b"")
    assert err == b"Interrupted. No stock was changed.\n"
