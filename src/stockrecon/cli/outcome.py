"""The one place where exceptions become a message and an exit code (contract, section 2)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from stockrecon.cli.output import discard_stdout, say, unwritable
from stockrecon.errors import ConfigFault, OutputFault, StockreconError

if TYPE_CHECKING:
    from pathlib import Path

BUG = 1
USAGE = 2
INTERRUPTED = 130


class Halted(KeyboardInterrupt):
    """A run that ends at once, with its own text and exit code. Nothing that handles errors holds it up."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.text = text
        self.exit_code = exit_code


class Session:
    """What is known of the call when something goes wrong: where traces may go, and what must not be in them."""

    def __init__(self, state: Path | None = None) -> None:
        self.state = state
        self.secrets: list[str] = []
        self.halted = False
        """Whoever stopped the run does not want to wait for what its threads still do."""

    def keep_out(self, value: object) -> None:
        """Takes note of the secrets in a value of the settings."""
        self.secrets += _secrets_in(value)


def _secrets_in(value: object) -> Iterator[str]:
    reveal = getattr(value, "reveal", None)
    if callable(reveal):
        yield str(reveal())
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets_in(item)


def outcome_of(call: Callable[[], None], session: Session) -> int:
    """Runs `call` and returns the exit code. Nothing but SystemExit of the interpreter itself gets through."""
    try:
        code = _guarded(call, session)
        return _flushed(code)
    except KeyboardInterrupt:
        session.halted = True
        return INTERRUPTED


def _guarded(call: Callable[[], None], session: Session) -> int:
    try:
        call()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except Halted as halted:
        session.halted = True
        say(halted.text)
        return halted.exit_code
    except (KeyboardInterrupt, click.Abort):
        session.halted = True
        say("Interrupted. No stock was changed.")
        return INTERRUPTED
    except click.ClickException as error:
        _usage(error)
        return USAGE
    except ConfigFault as error:
        # Each fault on a line that begins with its place, as editors and scripts expect it.
        say(str(error))
        return error.exit_code
    except StockreconError as error:
        say(f"stockrecon: {error}")
        return error.exit_code
    except BrokenPipeError:
        discard_stdout()
        return 0
    except Exception as error:  # noqa: BLE001 - whatever else it is, it is a bug and is told as one
        say(_bug(error, session))
        return BUG
    return 0


def _usage(error: click.ClickException) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message())
        return
    context = getattr(error, "ctx", None)
    hint = f"\n  see: {context.command_path} --help" if context is not None else ""
    say(f"stockrecon: {error.format_message()}{hint}")


def _flushed(code: int) -> int:
    """Standard output's last bytes may still fail; the interpreter would complain about it after us."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        discard_stdout()
        fault = unwritable("standard output", error)
        say(f"stockrecon: {fault}")
        return OutputFault.exit_code
    return code


def _bug(error: BaseException, session: Session) -> str:
    """One line with an id; the traceback, without secrets and without variables, goes to a file of the user's own."""
    name = f"E-{os.urandom(4).hex().upper()}"
    import traceback

    text = "".join(traceback.format_exception(error))
    try:
        path = _keep(name, _without_secrets(text, session), session)
    except Exception:  # noqa: BLE001 - without a trace the bug is still told
        return f"stockrecon: unexpected error {name} ({type(error).__name__}); its trace could not be written anywhere"
    return f"stockrecon: unexpected error {name} ({type(error).__name__}), which is a bug; its trace is in {path}"


def _without_secrets(text: str, session: Session) -> str:
    from stockrecon.rest.redact import redact

    return redact(text, session.secrets)


def _keep(name: str, text: str, session: Session) -> Path:
    import tempfile
    from pathlib import Path

    folders = [session.state] if session.state is not None and session.state.is_dir() else []
    for folder in [*folders, Path(tempfile.gettempdir())]:
        path = folder / f"stockrecon-{name}.txt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        return path
    raise OSError("no folder takes the trace")
