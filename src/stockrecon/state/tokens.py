"""Tokens that survive: one private file per shop, replaced whole, with the generation before kept beside it.

A refresh token is good for one use, so a pair that was received and is not on disk is a shop that a person has to
authorise again. Therefore a complete new file counts from the moment that it is synced, before it has its name.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault, OutputFault, ReadFault
from stockrecon.state.folder import private_folder, safe_name, sync_folder, way_on

_FORM = 1
_TURN = 0.05
_MOST = 1 << 20
"""No pair of tokens is larger; a file that is was not written by us."""
_ROOM = 8192
"""What a pair may take; its file is made that large before the pair is asked for."""

Keep = Callable[[Tokens], None]


@dataclass(frozen=True, slots=True)
class _Generation:
    sequence: int
    tokens: Tokens


class FileTokenStore:
    """Token pairs in `folder` (0700, made when first needed), one file `NAME.json` (0600) per shop.

    `patience`: seconds to wait for another process that holds a shop's lock, slept away with `sleep`.
    Used with `locked(shop)` held while a pair is renewed and saved; `load` needs no lock. What `locked` gives is the
    lock's file descriptor: a child process that inherits it holds the lock for as long as it lives.
    """

    def __init__(self, folder: Path, *, sleep: Callable[[float], None] = time.sleep, patience: float = 60.0) -> None:
        self._folder = folder
        self._sleep = sleep
        self._patience = patience

    def load(self, shop: ShopName) -> Tokens | None:
        """The newest complete pair; None where none was ever saved.

        Raises AuthFault where files are there and none is complete, ReadFault where they are not private or readable.
        """
        newest = self._newest(shop)
        return None if newest is None else newest[1].tokens

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def path(self, shop: ShopName) -> Path:
        """The file of a shop's pair."""
        return _Files(self._folder, shop).current

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        """Returns when the pair is on disk. Raises OutputFault where it is not: the pair before stays the newest."""
        with self.prepared(shop) as keep:
            keep(tokens)

    @contextmanager
    def prepared(self, shop: ShopName) -> Iterator[Keep]:
        """Takes the disk's room now, so that a full disk is noticed before a refresh token is spent.

        Gives what saves a pair, for one call; where it is not called, all stays as it was. Raises OutputFault.
        """
        private_folder(self._folder, "the tokens' folder")
        files = _Files(self._folder, shop)
        with _on_disk(shop, files):
            number = self._next(shop, files)
            handle = _reserved(files.new)
        begun = False

        def keep(tokens: Tokens) -> None:
            nonlocal begun
            begun = True
            with _on_disk(shop, files):
                _overwrite(handle, _text(number, tokens))
                self._promote(files)

        try:
            yield keep
        finally:
            os.close(handle)
            if not begun:
                with suppress(OSError):
                    files.new.unlink()

    def _next(self, shop: ShopName, files: _Files) -> int:
        """The number of the next generation; the newest one is out of the way of the new file then."""
        try:
            newest = self._newest(shop)
        except AuthFault:
            newest = None  # nothing complete is there: the new pair is the way on
        if newest is not None and newest[0] == files.new:
            # The only copy of a pair that was received when its writer died: it gets its name first.
            self._promote(files)
        return (newest[1].sequence if newest else 0) + 1

    @contextmanager
    def locked(self, shop: ShopName) -> Iterator[int]:
        """Held by one thread of one process at a time. Raises ReadFault after `patience` seconds of waiting."""
        private_folder(self._folder, "the tokens' folder")
        path = _Files(self._folder, shop).lock
        try:
            # Never deleted: a lock on a file that somebody else has just replaced would keep nobody out.
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unreadable(shop, path, error) from None
        try:
            self._wait(shop, handle)
            yield handle
        finally:
            os.close(handle)

    def _wait(self, shop: ShopName, handle: int) -> None:
        # Counted in sleeps, not by a clock: a clock that stands still would never end it.
        waited = 0.0
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if waited >= self._patience:
                    raise ReadFault(
                        shop,
                        f"another process has held the lock on its tokens for {self._patience:g} s",
                        way_on="Run again when that one has finished.",
                    ) from None
                self._sleep(_TURN)
                waited += _TURN

    def _newest(self, shop: ShopName) -> tuple[Path, _Generation] | None:
        files = _Files(self._folder, shop)
        found, damaged = [], []
        for path in (files.current, files.new, files.previous):
            raw = self._read(shop, path)
            if raw is None:
                continue
            generation = _parsed(raw)
            if generation is None:
                damaged.append(path)
            else:
                found.append((path, generation))
        if found:
            return max(found, key=lambda one: one[1].sequence)
        # A half-written new file alone is a first save that died: there was no pair before it.
        if any(path != files.new for path in damaged):
            raise AuthFault(
                shop,
                f"its stored tokens in {files.current} are damaged",
                way_on=f"authorise the shop again: stockrecon auth {shop}",
            )
        return None

    def _read(self, shop: ShopName, path: Path) -> bytes | None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(shop, path, error) from None
        try:
            found = os.fstat(handle)
            mode = stat.S_IMODE(found.st_mode)
            if not stat.S_ISREG(found.st_mode):
                raise ReadFault(shop, f"{path} is no regular file", way_on=f"Remove it, then: stockrecon auth {shop}")
            if found.st_uid != os.geteuid() or mode & 0o077:
                text = f"{path} holds tokens and is not private (user {found.st_uid}, mode {mode:03o}, wanted 600)"
                raise ReadFault(
                    shop, text, way_on=f"chmod 600 {path}, as its owner; renew the tokens if others saw it."
                )
            return os.read(handle, _MOST) if found.st_size < _MOST else b""
        except OSError as error:
            raise _unreadable(shop, path, error) from None
        finally:
            os.close(handle)

    def _promote(self, files: _Files) -> None:
        """The new file takes the name; the one that had it becomes the generation before."""
        with suppress(FileNotFoundError):
            files.spare.unlink()
        with suppress(FileNotFoundError):
            # A second name first, then a rename: at no moment is there no current file.
            os.link(files.current, files.spare, follow_symlinks=False)
            files.spare.replace(files.previous)
        files.new.replace(files.current)
        sync_folder(self._folder)


class _Files:
    """The names of one shop's files."""

    def __init__(self, folder: Path, shop: ShopName) -> None:
        name = safe_name(shop)
        self.current = folder / f"{name}.json"
        self.previous = folder / f"{name}.json.prev"
        self.new = folder / f"{name}.json.new"
        self.spare = folder / f"{name}.json.spare"
        self.lock = folder / f"{name}.lock"


def _reserved(path: Path) -> int:
    """A new private file of blanks that are on disk, open for writing. Raises OSError."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _write(handle, b" " * _ROOM)
        os.fsync(handle)
        sync_folder(path.parent)
    except OSError:
        os.close(handle)
        with suppress(OSError):
            path.unlink()
        raise
    return handle


def _overwrite(handle: int, raw: bytes) -> None:
    """In place: blanks behind it are no damage, so a whole text counts before the file is cut to it."""
    os.lseek(handle, 0, os.SEEK_SET)
    _write(handle, raw)
    os.ftruncate(handle, len(raw))
    os.fsync(handle)


def _write(handle: int, raw: bytes) -> None:
    while raw:
        raw = raw[os.write(handle, raw) :]


@contextmanager
def _on_disk(shop: ShopName, files: _Files) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = error.strerror or type(error).__name__
        text = f"{shop}: its new tokens cannot be saved in {files.current}: {said}"
        raise OutputFault(text, way_on=way_on(error.errno)) from None


def _text(sequence: int, tokens: Tokens) -> bytes:
    body: dict[str, object] = {
        "form": _FORM,
        "sequence": sequence,
        "access": tokens.access,
        "refresh": tokens.refresh,
        "access_ends": _told(tokens.access_ends),
        "refresh_ends": _told(tokens.refresh_ends),
    }
    return json.dumps({**body, "checksum": _checksum(body)}, sort_keys=True).encode("ascii")


def _parsed(raw: bytes) -> _Generation | None:
    """None for what is not whole, and for what is none of our files."""
    try:
        body = json.loads(raw)
        if not isinstance(body, dict) or body.get("form") != _FORM or body.pop("checksum", None) != _checksum(body):
            return None
        tokens = Tokens(
            str(body["access"]), str(body["refresh"]), _time(body["access_ends"]), _time(body["refresh_ends"])
        )
        return _Generation(int(body["sequence"]), tokens)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _checksum(body: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(dict(body), sort_keys=True).encode("ascii")).hexdigest()


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _time(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


def _unreadable(shop: ShopName, path: Path, error: OSError) -> ReadFault:
    said = error.strerror or type(error).__name__
    link = path.is_symlink()
    way = f"Remove it, then: stockrecon auth {shop}" if link else "Give this user the right to read it."
    return ReadFault(shop, f"{path} {'is a symbolic link' if link else f'cannot be read: {said}'}", way_on=way)
