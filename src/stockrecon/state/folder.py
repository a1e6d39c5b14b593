"""The state's files: private to their owner, and on disk before anybody is told that they are."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from stockrecon.errors import OutputFault, UsageFault

_OTHERS_WRITE = 0o022


def private_folder(path: Path, what: str) -> None:
    """Makes the folder (0700), or checks one that is there.

    Raises UsageFault where it is a symbolic link, no folder, another user's, or writable for group or others, and
    OutputFault where it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            # What is written in it survives a loss of power only if the folder does.
            with suppress(PermissionError):  # to write into the folder above is enough, to read it is not ours to ask
                sync_folder(path.parent)
        found = path.lstat()
    except OSError as error:
        raise cannot(f"{what} {path} cannot be made", error) from None
    if not stat.S_ISDIR(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no folder"
        raise UsageFault(f"{what} {path} is {kind}", way_on="Name a folder of its own under `state` (configuration).")
    _ours(path, found, what, "700")


def private_file(path: Path, what: str) -> None:
    """Makes the file empty (0600), or checks one that is there, with the same refusals as for a folder."""
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        found = path.lstat()
    except OSError as error:
        raise cannot(f"{what} {path} cannot be made", error) from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no regular file"
        raise UsageFault(f"{what} {path} is {kind}", way_on="Move it away; the next run makes a new one.")
    _ours(path, found, what, "600")
    if stat.S_IMODE(found.st_mode) & 0o077:
        try:
            path.chmod(0o600)
        except OSError as error:
            raise cannot(f"{what} {path} cannot be made private", error) from None


def _ours(path: Path, found: os.stat_result, what: str, mode: str) -> None:
    user = os.geteuid()
    if found.st_uid != user:
        text = f"{what} {path} belongs to user {found.st_uid}, not to user {user} who runs this"
        raise UsageFault(text, way_on="Run as its owner, or name another folder under `state`.")
    if stat.S_IMODE(found.st_mode) & _OTHERS_WRITE:
        text = f"{what} {path} can be written by others (mode {stat.S_IMODE(found.st_mode):03o}, at most 755)"
        raise UsageFault(text, way_on=f"chmod {mode} {path}")


def sync_folder(folder: Path) -> None:
    """Makes renames and removals in the folder survive a loss of power. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def adopt(source: Path, target: Path) -> None:
    """Moves `source` to `target`, whole and synced or not at all, also from another file system. Raises OSError."""
    _sync(source)
    source.chmod(0o600)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        half = target.with_name(target.name + ".half")
        try:
            shutil.copyfile(source, half)
            half.chmod(0o600)
            _sync(half)
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)
        source.unlink(missing_ok=True)
    sync_folder(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cannot(text: str, error: OSError) -> OutputFault:
    """The fault for what the file system refused, with the way on for that refusal."""
    said = error.strerror or type(error).__name__
    return OutputFault(f"{text}: {said}", way_on=way_on(error.errno))


def way_on(number: int | None) -> str:
    """What to do about an error number of the file system."""
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "Free some space there, or name a folder on another disk under `state`."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Give this user the right to write there, or name another folder under `state`."
    return "Name a folder under `state` that this user can write."


def safe_name(shop: str) -> str:
    """The shop's name as a file's name: itself where that is harmless, else a digest that no harmless name equals."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", shop):
        return shop
    return "~" + hashlib.sha256(shop.encode("utf-8", "surrogatepass")).hexdigest()[:24]
