"""The record of corrections: Ginee has no call that finds one again, so each is kept here before it is sent.

A file of JSON lines beside the configuration, only ever appended to; the last line of a reference counts. What it holds
of the moment before is what tells later whether a correction whose answer was lost took effect.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from stockrecon.core.model import Sku
from stockrecon.errors import ReadFault
from stockrecon.ledgers.folder.locked import LOCK, Busy, alone
from stockrecon.ledgers.folder.redo import sync_folder
from stockrecon.ledgers.ginee.errors import WHO
from stockrecon.rest.fields import Malformed, Object, an_object, text, whole


class State(StrEnum):
    """SENDING: it may have been posted. REFUSED: it was not, and nothing of it is under way."""

    SENDING = "sending"
    POSTED = "posted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One correction. `before`, `updated_at`: the row's buckets, and when it had changed; `to`: the stock set."""

    ref: str
    sku: Sku
    warehouse: str
    by: int
    to: int
    before: Mapping[str, int]
    updated_at: datetime | None
    at: datetime
    state: State

    def now(self, state: State) -> Entry:
        return replace(self, state=state)


@dataclass(frozen=True, slots=True)
class Record:
    """The file. Everything raises ReadFault where it cannot be read or written."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """One process at a time: a correction is read, sent and kept without another's in between."""
        with _told(self.path):
            try:
                with alone(self.path.parent):
                    yield
            except Busy:
                words = f"another process has held {LOCK} beside {self.path.name} for too long"
                raise ReadFault(WHO, words, way_on="Run it again.") from None

    def why_not(self) -> str | None:
        """Why nothing could be kept in it; None where it could."""
        if self.exists and not os.access(self.path, os.R_OK | os.W_OK):
            return f"{self.path} may not be written, and every correction is kept there first; give the right to"
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            return f"{self.path.parent} may not be written, and the record of corrections lies there; give the right to"
        return None

    @property
    def exists(self) -> bool:
        with _told(self.path):
            return self.path.exists()

    def entries(self) -> dict[str, Entry]:
        """The newest state of each correction, by its reference."""
        with _told(self.path):
            try:
                whole_file = self.path.read_bytes()
            except FileNotFoundError:
                return {}
        found: dict[str, Entry] = {}
        # What stands behind the last line's end was cut off while it was written, so nothing was sent after it.
        for number, line in enumerate(whole_file.split(b"\n")[:-1], 1):
            try:
                entry = _entry(an_object(json.loads(line), "the line"))
            except (ValueError, Malformed) as bad:
                words = f"{self.path}:{number} is no line of the record of corrections: {bad}"
                raise ReadFault(
                    WHO, words, way_on="Restore the file; without it nobody knows what was posted."
                ) from None
            found[entry.ref] = entry
        return found

    def keep(self, entry: Entry) -> None:
        """Appends it, and returns when it would survive a loss of power."""
        line = json.dumps(_object(entry), ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with _told(self.path), os.fdopen(os.open(self.path, flags, 0o600), "r+b") as file:
            held = file.read()
            file.seek(held.rfind(b"\n") + 1)
            file.truncate()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
            if not held:
                sync_folder(self.path.parent)

    def start(self) -> None:
        """Makes the file: from now on, what does not stand in it was not posted from here."""
        with _told(self.path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            os.close(os.open(self.path, flags, 0o600))
            sync_folder(self.path.parent)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = f"the record of corrections {path} cannot be used: {error.strerror or 'input or output error'}"
        raise ReadFault(WHO, words, way_on="Every correction is kept there before it is sent.") from None


def _object(entry: Entry) -> Object:
    return {
        "ref": entry.ref,
        "state": entry.state.value,
        "sku": entry.sku,
        "warehouse": entry.warehouse,
        "by": entry.by,
        "to": entry.to,
        "before": dict(entry.before),
        "updated_at": entry.updated_at.isoformat() if entry.updated_at else None,
        "at": entry.at.isoformat(),
    }


def _entry(line: Object) -> Entry:
    before = an_object(line.get("before"), "before")
    updated_at = text(line.get("updated_at"))
    if not text(line.get("ref")):
        raise Malformed("ref is empty")
    return Entry(
        ref=text(line.get("ref")),
        sku=Sku(text(line.get("sku"))),
        warehouse=text(line.get("warehouse")),
        by=whole(line.get("by"), "by"),
        to=whole(line.get("to"), "to"),
        before={name: whole(number, f"before.{name}") for name, number in before.items()},
        updated_at=datetime.fromisoformat(updated_at) if updated_at else None,
        at=datetime.fromisoformat(text(line.get("at"))),
        state=State(text(line.get("state"))),
    )
