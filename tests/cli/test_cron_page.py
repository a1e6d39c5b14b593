"""docs/cron.md keeps its word: its units, manifests and rules are well-formed, its commands and metrics are there."""

from __future__ import annotations

import configparser
import hashlib
import hmac
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from stockrecon.cli import app
from stockrecon.core.headline import MEANING
from stockrecon.notify import SCHEMA
from stockrecon.notify.message import Event
from stockrecon.notify.webhook import SIGNATURE, signature
from stockrecon.reports.metrics import write_metrics
from tests.reports import samples

PAGE = Path(__file__).parents[2] / "docs" / "cron.md"
TEXT = PAGE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def seconds(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(s|m|min|h|)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}[unit]


def calls() -> list[list[str]]:
    """Every `stockrecon ...` of the page that stands in a block."""
    found = re.findall(
        r"stockrecon ((?:sync|diff|runs) [^&\n]*)", "\n".join(re.findall(r"```.*?\n(.*?)```", TEXT, re.S))
    )
    return [shlex.split(line) for line in found]


def test_every_command_of_the_page_is_understood() -> None:
    """Options and their values, as they stand there."""
    assert len(calls()) >= 5
    for name, *arguments in calls():
        command = app.stockrecon.get_command(click.Context(app.stockrecon), name)
        assert command is not None
        command.make_context(name, list(arguments), resilient_parsing=False)


def units() -> tuple[configparser.RawConfigParser, configparser.RawConfigParser]:
    service, timer = (configparser.RawConfigParser(strict=True) for _ in range(2))
    for parser, text in zip((service, timer), blocks("ini"), strict=True):
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text)
    return service, timer


def test_the_units_belong_together() -> None:
    """The limits of time are in their order, exit codes that are no failure are named, the timer does not catch up."""
    service, timer = units()
    own = service["Service"]
    deadline = re.search(r"--deadline (\w+)", own["ExecStart"])
    assert deadline is not None
    assert seconds(own["TimeoutStartSec"]) > seconds(deadline[1])
    assert own["SuccessExitStatus"] == "10 14"
    assert own["KillMode"] == "control-group"
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say about them, whatever it says of others."""
    for name, text in zip(("service", "timer"), blocks("ini"), strict=True):
        (tmp_path / f"stockrecon.{name}").write_text(text.replace("/usr/local/bin/stockrecon", "/bin/true"))
    names = [str(tmp_path / f"stockrecon.{name}") for name in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "stockrecon" not in done.stderr


def job() -> Any:
    return yaml.safe_load(blocks("yaml")[0])


def test_the_cronjob_lets_nothing_pile_up_and_gives_time_to_stop() -> None:
    """One at a time, no second attempt, and Kubernetes' limit is beyond the program's."""
    found = job()
    assert (found["apiVersion"], found["kind"]) == ("batch/v1", "CronJob")
    spec = found["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    inner = spec["jobTemplate"]["spec"]
    pod = inner["template"]["spec"]
    [script] = pod["containers"][0]["args"]
    deadline = re.search(r"--deadline (\w+)", script)
    assert deadline is not None
    assert inner["activeDeadlineSeconds"] > seconds(deadline[1])
    assert (inner["backoffLimit"], pod["restartPolicy"]) == (0, "Never")
    mounts = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize(("code", "left"), [(0, 0), (10, 0), (14, 0), (12, 12), (143, 143)])
def test_the_cronjobs_script_gives_the_programs_exit_code(tmp_path: Path, code: int, left: int) -> None:
    """Differences and a held lock are no failed job, everything else is."""
    assert scripted(tmp_path, f"exit {code}").wait(30) == left


def test_the_cronjobs_script_waits_for_a_program_that_stops(tmp_path: Path) -> None:
    """SIGTERM goes to the program, and its exit code, which comes later, is the job's."""
    # It ends by itself in the end: whatever becomes of the test, nothing is left running.
    body = "trap 'sleep 0.1; exit 12' TERM\n: >ready\nfor i in $(seq 1000); do sleep 0.05; done"
    process = scripted(tmp_path, body)
    ends = time.monotonic() + 30
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < ends
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 12


def scripted(folder: Path, body: str) -> subprocess.Popen[bytes]:
    program = folder / "stockrecon"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    [script] = job()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"]
    environ = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.Popen(["/bin/sh", "-c", script], cwd=folder, env=environ, stderr=subprocess.DEVNULL)


def test_every_exit_code_is_explained() -> None:
    """Each code that has a meaning stands in the table."""
    told = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", TEXT, re.MULTILINE) for code in row.split(",")}
    assert told == set(MEANING)


def test_every_metric_is_explained_and_every_rule_uses_one(tmp_path: Path) -> None:
    """The table has all that the program writes, with their labels, and no alert waits for a name that there is not."""
    write_metrics(tmp_path / "m.prom", samples.applied(), began=samples.NOW, ended=samples.NOW)
    names = set(re.findall(r"^# TYPE (\S+)", (tmp_path / "m.prom").read_text(), re.MULTILINE))
    table = TEXT.split("## Metrics")[1].split("```")[0]
    rows = [row for row in table.splitlines() if row.startswith("| `stockrecon_")]
    assert {name for row in rows for name in re.findall(r"`(stockrecon_\w+)`", row.split(" | ")[0])} == names
    [group] = yaml.safe_load(blocks("yaml")[1])["groups"]
    for rule in group["rules"]:
        used = re.findall(r"stockrecon_\w+", rule["expr"])
        assert used
        assert set(used) <= names


def test_the_receivers_check_is_right() -> None:
    """The page's own code takes what we sign, and nothing that was changed or is old."""
    [code] = blocks("python")
    space: dict[str, Any] = {}
    exec(code, space)
    body, now = b'{"a": 1}', int(time.time())
    assert space["genuine"](signature("key", body, now), body, b"key") is True
    assert space["genuine"](signature("key", body, now), body + b" ", b"key") is False
    assert space["genuine"](signature("other", body, now), body, b"key") is False
    assert space["genuine"](signature("key", body, now - 301), body, b"key") is False
    mac = hmac.new(b"key", f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature("key", body, now) == f"t={now},v1={mac}"


def test_the_documents_words_are_explained() -> None:
    """Schema, header and every event."""
    for word in (SCHEMA, *Event):
        assert f"`{word}`" in TEXT
    assert f"`{SIGNATURE}:" in TEXT
