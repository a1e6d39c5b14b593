"""docs/sandbox.md: every command in it works, in the order in which it stands there."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import httpx

from stockrecon.sandbox.faults import KINDS, PUSH_KINDS
from stockrecon.sandbox.imitations import IMITATIONS
from stockrecon.sandbox.roles import ABSENT, NUMBERS, WAYS, can_have
from stockrecon.sandbox.run import start_in_thread

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "sandbox.md").read_text("utf-8")
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


def test_where_each_story_can_happen_stands_in_the_manual() -> None:
    """docs/scenarios.md has the sandbox's table, and each reason for a "no" to the letter."""
    page = (DOCS / "scenarios.md").read_text("utf-8")
    header = f"|{'|'.join(f' {ways.name} ' for ways in WAYS.values())}|"
    assert page.count(f"| {header}") == 2
    rows = re.findall(r"^\| (\d) `[a-z-]+` \|(.*)\|$", page, re.M)
    assert {int(number): [cell.strip() for cell in cells.split("|")] for number, cells in rows} == {
        number: ["yes" if can_have(number, channel) else "no" for channel in WAYS] for number in NUMBERS
    }
    assert [reason for reason in set(ABSENT.values()) if not _stands(reason, page)] == []


def _stands(reason: str, page: str) -> bool:
    """As an item of a list; the two of one channel's missing locks are one item there."""
    items = [" ".join(item.split()) for item in re.findall(r"^- (.*?)(?=\n(?:-|\n))", page, re.M | re.S)]
    head, _, tail = reason.partition(", so there is nothing that could ")
    return any(item.startswith(head) and tail in item for item in items)
