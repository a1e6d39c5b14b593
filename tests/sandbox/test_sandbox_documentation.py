"""docs/sandbox.md: every command in it works, in the order in which it stands there."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import httpx

from stockrecon.sandbox.faults import KINDS, PUSH_KINDS
from stockrecon.sandbox.imitations import IMITATIONS
from stockrecon.sandbox.run import start_in_thread

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
CURL = re.compile(r"^ +curl (?:-d '(?P<body>[^']*)' |-X (?P<method>\w+) )?\$C/(?P<path>[\w/-]+)", re.M)


def test_the_examples_work(tmp_path: Path) -> None:
    """Each curl command, against the stories at the page's own date."""
    commands = list(CURL.finditer(PAGE))
    assert len(commands) == PAGE.count("    curl ")
    now = datetime.fromisoformat("2026-11-11T12:00:00+07:00")
    with start_in_thread(tmp_path, now=now) as running, httpx.Client(trust_env=False) as http:
        for command in commands:
            method = command["method"] or ("POST" if command["body"] else "GET")
            answer = http.request(method, f"{running.control}/{command['path']}", content=command["body"])
            assert answer.status_code == 200, (command[0], answer.text)


def test_every_kind_of_fault_is_described() -> None:
    """The tables have the kinds that there are, in their order."""
    assert re.findall(r"^\| `([a-z-]+)` \| (?:is|has|takes|reads|and) ", PAGE, re.M) == [*KINDS, *PUSH_KINDS]


def test_every_marketplace_is_named() -> None:
    """By the word that `imitates` takes."""
    assert [
        channel for channel in IMITATIONS if f"`imitates: {channel}" not in PAGE and f"`{channel}`" not in PAGE
    ] == []
