"""What the listener did, in numbers: for the log's summary and for Prometheus."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from stockrecon.listen.receiving import Fate, Told

_TOTAL = "stockrecon_push_messages_total"
_HEARD = "stockrecon_push_last_heard_timestamp_seconds"
_SEEN = "stockrecon_listen_timestamp_seconds"


class Counts:
    """Counts of this process, by channel and by what became of a message; threads may add at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fates: Counter[tuple[str, str]] = Counter()
        self._heard: dict[str, datetime] = {}

    def add(self, channel: str, fate: str, at: datetime, told: Told = ()) -> None:
        with self._lock:
            self._fates[channel, fate] += 1
            self._heard.update((str(shop), at) for shop, _ in told)

    def of(self, fate: Fate) -> int:
        with self._lock:
            return sum(number for (_, name), number in self._fates.items() if name == fate)

    def prometheus(self, file: str, now: datetime) -> Iterator[str]:
        """The text format; every sample carries `file`, like those of runs (docs/cron.md)."""
        with self._lock:
            fates, heard = sorted(self._fates.items()), sorted(self._heard.items())
        own = f'file="{_label(file)}"'
        yield f"# HELP {_TOTAL} Push messages since the listener began, by what became of them.\n"
        yield f"# TYPE {_TOTAL} counter\n"
        for (channel, fate), number in fates:
            yield f'{_TOTAL}{{{own},channel="{_label(channel)}",fate="{_label(fate)}"}} {number}\n'
        yield f"# HELP {_HEARD} When a genuine message of a shop came last, since the listener began.\n"
        yield f"# TYPE {_HEARD} gauge\n"
        for shop, at in heard:
            yield f'{_HEARD}{{{own},shop="{_label(shop)}"}} {at.timestamp():.3f}\n'
        yield f"# HELP {_SEEN} When the listener wrote this.\n"
        yield f"# TYPE {_SEEN} gauge\n"
        yield f"{_SEEN}{{{own}}} {now.timestamp():.3f}\n"


def _label(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(each if each.isprintable() else "_" for each in escaped)
