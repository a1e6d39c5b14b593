"""A correction of two files as one step: a record of it, in place by one rename, is the point of no return.

Before the record is there nothing has happened; once it is there whoever comes next finishes it, or takes it back where
the seller's own export came in between. A reader that may not write sees the tables as if it had been finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from stockrecon.ledgers.folder.edit import Splice, Unfit, available_cell, refs_of

RECORD = ".stockrecon-correction.json"
_BLOCK = 1 << 20
_FORMAT = 1


class Step(Enum):
    """What is to be done about a correction whose record is there."""

    FINISH = "finish"
    DONE = "done"
    """Both files have it, or the seller's newer movements do: only the record is to go."""
    TAKE_BACK = "take back"
    """stock.csv has it and a newer movements.csv has not."""
    DROP = "drop"
    """Neither has it: the seller's export has replaced what it was made for."""
    OPEN = "open"
    """Another program changed stock.csv meanwhile, and nobody can tell whether the change is in it."""


class State(Enum):
    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Half:
    """One file's part. `path`: the file itself, where the table is a link; `before`, `after`: SHA-256 of its bytes."""

    path: Path
    splice: Splice
    before: str
    after: str

    @property
    def temporary(self) -> Path:
        return temporary(self.path)

    def state(self) -> State:
        try:
            found = digest(self.path)
        except FileNotFoundError:
            return State.OTHER
        return State.BEFORE if found == self.before else State.AFTER if found == self.after else State.OTHER


@dataclass(frozen=True, slots=True)
class Correction:
    """What the record says: what is posted, and both halves in the order of the renames, stock.csv's first. `was`:
    available before it."""

    sku: str
    ref: str
    by: int
    was: int
    stock: Half
    movements: Half

    @property
    def halves(self) -> tuple[Half, Half]:
        return self.stock, self.movements

    def step(self) -> Step:
        """Raises Unfit, OSError."""
        stock, movements = self.stock.state(), self.movements.state()
        if movements is State.AFTER:
            # It is the second to be renamed; a stock.csv put back to what it was is finished anew, for they must agree.
            return Step.FINISH if stock is State.BEFORE else Step.DONE
        if movements is State.BEFORE and stock is not State.OTHER:
            return Step.FINISH
        if movements is State.OTHER and self._is_in_movements():
            return Step.DONE
        if stock is State.AFTER:
            return Step.TAKE_BACK
        if stock is State.BEFORE or self._stock_is_as_it_was():
            return Step.DROP
        return Step.OPEN

    def _is_in_movements(self) -> bool:
        try:
            return self.ref in refs_of(self.movements.path, self.movements.path.name, [self.ref])
        except FileNotFoundError:
            return False

    def _stock_is_as_it_was(self) -> bool:
        try:
            cell = available_cell(self.stock.path, self.stock.path.name, self.sku)
        except FileNotFoundError:
            return False
        return cell is not None and cell.number == self.was

    def as_text(self) -> str:
        halves = [
            {
                "path": str(half.path),
                "offset": half.splice.offset,
                "old": half.splice.old.hex(),
                "new": half.splice.new.hex(),
                "before": half.before,
                "after": half.after,
            }
            for half in self.halves
        ]
        about = {"stockrecon": _FORMAT, "sku": self.sku, "ref": self.ref, "by": self.by, "was": self.was}
        return json.dumps({**about, "halves": halves}, indent=1) + "\n"


def recorded(folder: Path) -> Correction | None:
    """The correction that was begun and is not known to be finished. Raises Unfit, OSError."""
    try:
        told = json.loads((folder / RECORD).read_bytes())
        if told["stockrecon"] != _FORMAT:
            raise Unfit(f"{RECORD} was written by another version of stockrecon")
        stock, movements = (
            Half(
                Path(one["path"]),
                Splice(one["offset"], bytes.fromhex(one["old"]), bytes.fromhex(one["new"])),
                one["before"],
                one["after"],
            )
            for one in told["halves"]
        )
        return Correction(told["sku"], told["ref"], told["by"], told["was"], stock, movements)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise Unfit(f"{RECORD} cannot be understood ({error}): it was changed by hand") from None


def prepared(path: Path, splice: Splice) -> Half:
    """Writes what the file is to become beside it, synced. Raises OSError, with nothing left behind."""
    before, after = spliced(path, temporary(path), splice)
    return Half(path, splice, before, after)


def settle(folder: Path, correction: Correction) -> Step:
    """Does what is to be done about it, and removes the record; OPEN is left as it is. Raises Unfit, OSError."""
    step = correction.step()
    if step is Step.OPEN:
        return step
    if step is Step.FINISH:
        for half in correction.halves:
            if half.state() is State.BEFORE:
                _replace(half, half.splice, half.after)
    elif step is Step.TAKE_BACK:
        _replace(correction.stock, correction.stock.splice.reversed(), correction.stock.before)
    for parent in {half.path.parent for half in correction.halves}:
        sync_folder(parent)
    os.unlink(folder / RECORD)
    sync_folder(folder)
    for half in correction.halves:
        remove(half.temporary)
    return step


def commit(folder: Path, correction: Correction) -> None:
    """Puts the record in place: from here on the correction is posted. Raises OSError; see `recorded` for whether."""
    made = folder / f"{RECORD}.new"
    with _created(made, 0o644) as file:
        file.write(correction.as_text().encode("utf-8"))
        _synced(file)
    os.replace(made, folder / RECORD)
    sync_folder(folder)


def _replace(half: Half, splice: Splice, wanted: str) -> None:
    made = half.temporary
    if not made.exists() or digest(made) != wanted:
        spliced(half.path, made, splice)
    os.replace(made, half.path)


def spliced(path: Path, target: Path, splice: Splice) -> tuple[str, str]:
    """Writes the changed file to `target`, synced, with the file's rights; SHA-256 of the old and the new bytes.

    Raises OSError, and Unfit where the file does not hold what is to give way.
    """
    old, new = hashlib.sha256(), hashlib.sha256()
    status = path.stat()
    try:
        with path.open("rb") as source, _created(target, stat.S_IMODE(status.st_mode)) as file:
            for part in _blocks(source, splice.offset):
                old.update(part)
                new.update(part)
                file.write(part)
            if source.read(len(splice.old)) != splice.old:
                raise Unfit(f"{path.name} changed while it was read")
            old.update(splice.old)
            new.update(splice.new)
            file.write(splice.new)
            for part in _blocks(source, None):
                old.update(part)
                new.update(part)
                file.write(part)
            _own(file.fileno(), status)
            _synced(file)
    except BaseException:
        remove(target)
        raise
    return old.hexdigest(), new.hexdigest()


def temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.stockrecon")


def remove(path: Path) -> None:
    with suppress(OSError):
        os.unlink(path)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Makes renames and removals in the folder survive a loss of power. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _blocks(file: BinaryIO, size: int | None) -> Iterator[bytes]:
    """The next `size` bytes, or all that are left."""
    left = size
    while left is None or left > 0:
        part = file.read(_BLOCK if left is None else min(_BLOCK, left))
        if not part:
            return
        left = None if left is None else left - len(part)
        yield part


def _created(path: Path, mode: int) -> BinaryIO:
    # What is there is left by a process that died; a link planted under the name is not followed.
    with suppress(FileNotFoundError):
        os.unlink(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, mode), "wb")


def _own(handle: int, status: os.stat_result) -> None:
    # Another owner or group can be given by few; what is refused leaves the file to us, with the rights it had.
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        for user, group in ((-1, status.st_gid), (status.st_uid, -1)):
            with suppress(OSError):
                os.fchown(handle, user, group)
    os.fchmod(handle, stat.S_IMODE(status.st_mode))


def _synced(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
