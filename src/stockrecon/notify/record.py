"""What was told already, so that the same trouble is told in full once, and its end as well.

A small file of the state's folder. It is advice, not truth: where it is lost or damaged, things are told anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stockrecon.core.occasions import NEWS, Occasion
from stockrecon.notify.message import Event, Message
from stockrecon.notify.news import News

FILE = "notify.json"
_VERSION = 1
_GOOD = (0, 10)
"""Exit codes of runs that read all and carried out all they wanted: only they show that a trouble is over."""
_MOST_BYTES = 1024 * 1024
_MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A trouble that goes on: what it is, since when, in how many runs, and when it was told last."""

    signature: str
    since: datetime
    times: int
    told_at: datetime


def decide(
    news: News, when: frozenset[Occasion], before: Entry | None, now: datetime, repeat: timedelta
) -> tuple[Message | None, Entry | None]:
    """What is to be told to somebody who wants to hear of `when`, and the entry that holds once it was told.

    Without a message the entry holds at once.
    """
    told = tuple(occasion for occasion in Occasion if occasion in news.occasions & when)
    trouble = tuple(occasion for occasion in told if occasion not in NEWS)
    if not trouble:
        if before is not None and news.exit_code in _GOOD:
            return Message(news, Event.OVER, told, before.since, before.times), None
        return (Message(news, Event.NEWS, told) if told else None), before
    signature = _signature(news, trouble)
    if before is None or before.signature != signature:
        return Message(news, Event.TROUBLE, told), Entry(signature, now, 1, now)
    times = before.times + 1
    if len(told) > len(trouble):
        # Something new happened beside it, which is told in full.
        return Message(news, Event.TROUBLE, told, before.since, times), Entry(signature, before.since, times, now)
    if now - before.told_at < repeat:
        return None, Entry(signature, before.since, times, before.told_at)
    return Message(news, Event.AGAIN, told, before.since, times), Entry(signature, before.since, times, now)


def _signature(news: News, trouble: tuple[Occasion, ...]) -> str:
    told = {occasion.value: news.marks.get(occasion, ()) for occasion in trouble}
    text = json.dumps([news.exit_code, told], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Record:
    """The file, as it was read. Entries are kept per receiver, command and the shops that were asked for."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._entries = _read(self._path)
        self._before = dict(self._entries)

    def entry(self, receiver: str, news: News) -> Entry | None:
        return self._entries.get(_key(receiver, news))

    def put(self, receiver: str, news: News, entry: Entry | None) -> None:
        key = _key(receiver, news)
        self._entries.pop(key, None)
        if entry is not None:
            self._entries[key] = entry

    def keep(self) -> None:
        """Writes the file where something changed. Raises OSError."""
        if self._entries == self._before:
            return
        kept = dict(list(self._entries.items())[-_MOST_ENTRIES:])
        document = {"version": _VERSION, "open": {key: _row(entry) for key, entry in kept.items()}}
        handle, name = tempfile.mkstemp(prefix=f".{FILE}.", suffix=".part", dir=self._path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            os.unlink(name)
            raise


def _key(receiver: str, news: News) -> str:
    return " ".join((receiver, news.command, ",".join(news.shops)))


def _row(entry: Entry) -> Mapping[str, object]:
    return {
        "signature": entry.signature,
        "since": entry.since.astimezone(UTC).isoformat(),
        "times": entry.times,
        "told_at": entry.told_at.astimezone(UTC).isoformat(),
    }


def _read(path: Path) -> dict[str, Entry]:
    """The entries; none from a file that is not there, too large or not what was written."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MOST_BYTES))
        if document["version"] != _VERSION:
            return {}
        return {str(key): _entry(row) for key, row in document["open"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _entry(row: Mapping[str, str]) -> Entry:
    since, told_at = datetime.fromisoformat(row["since"]), datetime.fromisoformat(row["told_at"])
    return Entry(str(row["signature"]), since.astimezone(UTC), int(row["times"]), told_at.astimezone(UTC))
