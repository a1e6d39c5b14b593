"""Where a report goes: standard output or a file, whole or not at all. All else goes to standard error."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

import click

from stockrecon.errors import OutputFault

if TYPE_CHECKING:
    from pathlib import Path

NARROW, WIDE = 80, 160
"""A pipe gets the first; a terminal its own width, up to the second: longer lines are hard to read."""


def say(text: str) -> None:
    """A line on standard error; without one there is nobody to tell."""
    try:
        click.echo(text, err=True)
    except (OSError, ValueError):
        return


def width() -> int:
    """Columns for a report on standard output (COLUMNS, the terminal, else 80)."""
    if sys.stdout.isatty():
        import shutil

        return min(WIDE, shutil.get_terminal_size((NARROW, 24)).columns)
    columns = os.environ.get("COLUMNS", "")
    return min(1000, int(columns)) if columns.isascii() and columns.isdigit() and columns != "0" else NARROW


def colour(no_color: bool) -> bool:
    """Whether standard output shows colour: a terminal that can, and nobody said no (NO_COLOR, TERM=dumb)."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def put(chunks: Iterable[str], target: Path | None, *, utf8: bool) -> None:
    """Writes a report. `utf8`: whatever the terminal's encoding is (for programs). Raises OutputFault.

    A reader that closes the pipe has seen enough; that is no error.
    """
    if target is not None:
        _put_file(chunks, target)
        return
    try:
        _put_stdout(chunks, utf8=utf8)
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        discard_stdout()
        raise unwritable("standard output", error) from None


def _put_stdout(chunks: Iterable[str], *, utf8: bool) -> None:
    raw: BinaryIO | None = getattr(sys.stdout, "buffer", None)
    encoding = "utf-8" if utf8 else sys.stdout.encoding or "utf-8"
    for chunk in chunks:
        if raw is None:
            sys.stdout.write(chunk)
        else:
            raw.write(chunk.encode(encoding, "backslashreplace"))
    sys.stdout.flush()


def discard_stdout() -> None:
    """Points standard output at nothing, so that the interpreter's own flush at the end cannot fail."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
    except (OSError, ValueError, AttributeError):
        return


def check_target(target: Path | None) -> None:
    """Refuses a file that cannot be written before the work begins, not after it."""
    if target is None:
        return
    folder = target.resolve().parent
    if target.is_dir():
        raise OutputFault(f"{target} is a folder", way_on="name a file with -o FILE")
    if not folder.is_dir():
        raise OutputFault(f"{target}: there is no folder {folder}", way_on="create it, or name another file")


def _put_file(chunks: Iterable[str], target: Path) -> None:
    """A regular file is replaced in one step by a whole one; a pipe or device is written as it is."""
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as device:
                _write(chunks, device)
        else:
            _replace(chunks, target.resolve())
    except BrokenPipeError:
        return
    except OSError as error:
        raise unwritable(str(target), error) from None


def _replace(chunks: Iterable[str], target: Path) -> None:
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(chunks, file)
            file.flush()
            os.fchmod(file.fileno(), _mode(target))
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _mode(target: Path) -> int:
    """The rights that the file had, else those that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _write(chunks: Iterable[str], file: BinaryIO) -> None:
    for chunk in chunks:
        file.write(chunk.encode("utf-8", "backslashreplace"))


def unwritable(name: str, error: OSError) -> OutputFault:
    """What the user is told where a report could not be written."""
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    way_on = "make room and call again" if full else "name another file with -o FILE"
    return OutputFault(f"{name} cannot be written: {reason}", way_on=way_on)
