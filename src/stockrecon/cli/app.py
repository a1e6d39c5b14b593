"""The `stockrecon` group. Commands are imported when they are called: `--help` and `--version` need none of them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import NoReturn

import click

from stockrecon import __version__
from stockrecon.cli.outcome import Session, outcome_of

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "diff": ("stockrecon.cli.commands.diff:diff", "Read everything, explain every difference, write nothing."),
        "sync": ("stockrecon.cli.commands.sync:sync", "The same, and the plan of corrections; --apply carries it out."),
        "explain": ("stockrecon.cli.commands.explain:explain", "One SKU: its numbers, its evidence, its timeline."),
        "auth": ("stockrecon.cli.commands.auth:auth", "Authorise a shop, show token life, refresh."),
        "check": ("stockrecon.cli.commands.check:check", "Test configuration, credentials, clock and tables."),
        "init": ("stockrecon.cli.commands.init:init", "Write a starter configuration."),
        "runs": ("stockrecon.cli.commands.runs:runs", "Past runs, what they found and wrote, and whether all is well."),
        "listen": ("stockrecon.cli.commands.listen:listen", "Take push messages, so that runs know where to look."),
        "demo": ("stockrecon.cli.commands.demo:demo", "See it work on loopback marketplaces: nothing to set up."),
        "sandbox": ("stockrecon.cli.commands.sandbox:sandbox", "Run the loopback marketplaces alone."),
    }
)
"""Command name -> where it is, and its one line of help: read without importing it."""


LATER = frozenset({"buffers", "watch", "replay", "state", "fleet"})
"""Commands that the contract knows and this version has not."""


class LazyGroup(click.Group):
    """A group whose commands stand in a table of names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            if name in LATER:
                raise click.UsageError(f"{name} is not in this version.", ctx)
            near = get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="stockrecon", message="%(prog)s %(version)s")
def stockrecon() -> None:
    """Compare your stock ledger with what each shop shows, say why they differ, and correct it under guard.

    Start with `stockrecon demo`, or with `stockrecon init` and `stockrecon check`. Then, as often as you like:

    \b
        stockrecon diff -c stockrecon.yaml
        stockrecon sync -c stockrecon.yaml --apply

    Exit codes: 0 in line, 10 differences, 11 a guard refused, 12 a write failed, 13 a shop or the ledger could not be
    read, 14 another run holds the lock, 2 wrong call or configuration, 1 a bug.
    """


def run(arguments: Sequence[str], session: Session | None = None) -> int:
    """Runs one command line; every error becomes a message on standard error and an exit code."""
    session = session or Session()

    def call() -> None:
        with stockrecon.make_context("stockrecon", list(arguments), obj=session) as context:
            stockrecon.invoke(context)

    return outcome_of(call, session)


def main() -> NoReturn:
    """The program's entry point."""
    if "_STOCKRECON_COMPLETE" in os.environ:
        stockrecon.main(prog_name="stockrecon")
    _open_missing_streams()
    signal.signal(signal.SIGTERM, _stopped)
    session = Session()
    code = run(sys.argv[1:], session)
    if session.halted:
        # Threads may still wait for slow shops.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _stopped(number: int, frame: object) -> NoReturn:
    """A supervisor's or cron's time limit is a Ctrl-C: nothing read so far is left lying in the temporary folder."""
    raise KeyboardInterrupt


def _open_missing_streams() -> None:
    """A caller may have closed standard output or error (`>&-`); the exit code still tells the outcome."""
    if sys.stdout is None or sys.stderr is None:
        nothing = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open as long as the program runs
        sys.stdout = sys.stdout or nothing
        sys.stderr = sys.stderr or nothing
