"""One applying run per state and shop: locks of the kernel's, which go with the process that holds them.

What a lock file says of its holder is a hint for people; nothing is ever decided by it.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from stockrecon.errors import LockHeld, UsageFault
from stockrecon.state.advisory import Advisory
from stockrecon.state.database import Database
from stockrecon.state.folder import cannot, private_file, private_folder, safe_name

_HINT = 500
"""Characters of a holder's words that are shown."""
_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = (
    "9p",
    "afs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
)
_NETWORK_FUSE = ("fuse.ceph", "fuse.davfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs")
_WAY_ON = "Run again when that one has finished; a lock never outlives the process that holds it."
_LOCAL = "Name a folder on a local disk under `state`, or a PostgreSQL URL for several machines."


class Lock:
    """Locks that are held, from `State.lock`."""

    def __init__(self, files: Sequence[_File], advisory: Advisory | None) -> None:
        self._files = files
        self._advisory = advisory

    def check(self) -> None:
        """To be called before each writing. Raises LockHeld where another run could have the lock by now: its file was
        deleted or replaced, or the session with the shared database is gone."""
        for file in self._files:
            file.check()
        if self._advisory is not None:
            self._advisory.check()


@contextmanager
def locked(
    database: Database, folder: Path, names: Sequence[str], holder: str, clock: Callable[[], datetime]
) -> Iterator[Lock]:
    """All of the names at once or none, without waiting; see `State.lock`."""
    private_folder(folder, "the locks' folder")
    if not database.shared:
        refuse_network(folder)
    said = _line(holder, clock())
    with ExitStack() as stack:
        files = []
        for name in sorted(set(names)):
            file = _File(name, folder / f"{safe_name(name)}.lock")
            stack.callback(file.close)
            file.take()
            files.append(file)
        advisory = None
        if database.shared:
            advisory = stack.enter_context(Advisory.held(database, sorted(set(names)), said))
        lock = Lock(files, advisory)
        # A file that was replaced between its opening and its locking would keep nobody out.
        lock.check()
        for file in files:
            file.tell(said)
        yield lock


class _File:
    """One lock file. It is never deleted: whoever had it open would hold a lock that nobody else sees."""

    def __init__(self, name: str, path: Path) -> None:
        private_file(path, "the lock file")
        self._name = name
        self._path = path
        self._mine = False
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise cannot(f"the lock file {path} cannot be opened", error) from None

    def take(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockHeld(f"{self._name}: another run holds the lock: {self._holder()}", way_on=_WAY_ON) from None
        except OSError as error:
            said = error.strerror or type(error).__name__
            raise UsageFault(f"the lock file {self._path} cannot be locked: {said}", way_on=_LOCAL) from None
        self._mine = True

    def tell(self, said: str) -> None:
        # Only a hint: a full disk must not keep a run from a lock that it has.
        with suppress(OSError):
            raw = said.encode("utf-8")
            os.pwrite(self._handle, raw, 0)
            os.ftruncate(self._handle, len(raw))

    def check(self) -> None:
        held = os.fstat(self._handle)
        try:
            there = self._path.lstat()
        except OSError:
            there = None
        if there is None or (held.st_dev, held.st_ino) != (there.st_dev, there.st_ino):
            raise LockHeld(
                f"{self._name}: its lock file {self._path} was deleted or replaced while this run held it: another run"
                " may be under way",
                way_on="Let nothing remove files of the state while runs are under way; run again.",
            )

    def close(self) -> None:
        # Whoever comes next must not read of a holder that is gone; nor is a child that was forked to keep the lock.
        with suppress(OSError):
            if self._mine:
                os.ftruncate(self._handle, 0)
                fcntl.flock(self._handle, fcntl.LOCK_UN)
        os.close(self._handle)

    def _holder(self) -> str:
        try:
            raw = os.pread(self._handle, 4 * _HINT, 0)
        except OSError:
            raw = b""
        first = raw.decode("utf-8", "replace").partition("\n")[0]
        shown = "".join(one for one in first if one.isprintable())[:_HINT]
        return shown or f"who it is cannot be read from {self._path}"


def _line(holder: str, at: datetime) -> str:
    who, host = " ".join(holder.split()), socket.gethostname()
    return f"{who}, process {os.getpid()} on {host}, since {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n"


def refuse_network(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Raises UsageFault where the folder is on a file system of a network, whose locks two machines may both have.

    Known by the table of mounts, where there is one; what cannot be told is taken for local.
    """
    number = folder.stat().st_dev
    device = f"{os.major(number)}:{os.minor(number)}"
    kind = ""
    with suppress(OSError):
        for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
            before, _, after = line.partition(" - ")
            if before.split()[2:3] == [device]:
                kind = after.partition(" ")[0]
    if kind in (*_NETWORK, *_NETWORK_FUSE):
        raise UsageFault(
            f"{folder} is on a network file system ({kind}): its locks may not hold between machines",
            way_on=_LOCAL,
        )
