"""Every page: the commands that it shows are understood as they stand there, and no option is made up."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from stockrecon.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
FOREIGN = frozenset({"--strict"})
"""Options of other programs that pages name."""
BEFORE = r"(?:\$ |.* && |\S+ \* \* \* \* +(?:\w+ +)?)?"
"""What may stand before a call: a prompt, a command that goes first, the times and the user of a line for cron."""
LATER = ("[", "...")
"""What stands for something else: the usage line of a command is no call."""


def calls(page: Path) -> list[str]:
    """Every line of a block that calls the program, without its comment."""
    text = page.read_text(encoding="utf-8")
    code = [
        *re.findall(r"^ *```(?:sh|console|crontab)\n(.*?)^ *```", text, re.M | re.S),
        *re.findall(r"^ {4,}.*$", text, re.M),
    ]
    lines = [line.strip() for block in code for line in block.splitlines()]
    found = [re.match(rf"{BEFORE}stockrecon ([a-z]+(?: .*?)?)(?: &)?$", line) for line in lines]
    return [match[1] for match in found if match is not None]


def understood(name: str, arguments: list[str], within: click.Context) -> None:
    """Parses a call as the program would, without carrying it out. Raises click's errors."""
    assert isinstance(within.command, click.Group)
    command = within.command.get_command(within, name)
    assert command is not None, name
    context = command.make_context(name, list(arguments), parent=within)
    if isinstance(command, click.Group):
        _, rest, _ = command.make_parser(context).parse_args(list(arguments))
        if rest:
            understood(rest[0], rest[1:], context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_call_is_understood(page: Path) -> None:
    """Commands, options and their values."""
    for line in calls(page):
        if any(sign in line for sign in LATER):
            continue
        name, *arguments = shlex.split(line, comments=True)
        understood(name, arguments, click.Context(app.stockrecon))


def options(command: click.Command, within: click.Context) -> Iterator[str]:
    for param in command.get_params(within):
        yield from (*param.opts, *param.secondary_opts)
    if isinstance(command, click.Group):
        for name in command.list_commands(within):
            below = command.get_command(within, name)
            assert below is not None
            yield from options(below, within)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_option_that_is_named_is_there(page: Path) -> None:
    """In running text, as `--option`."""
    known = set(options(app.stockrecon, click.Context(app.stockrecon))) | FOREIGN
    named = re.findall(r"`(?:stockrecon [^`]*?)?(--[a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    assert sorted(set(named) - known) == []
