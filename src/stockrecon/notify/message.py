"""One message: the same content as a JSON document and as a mail's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from stockrecon.core.headline import meaning
from stockrecon.core.occasions import Occasion
from stockrecon.notify.news import MOST, News, Object, stamp

SCHEMA = "stockrecon-notify/1"

_TITLES: Mapping[str, str] = {
    "refusals": "Refused",
    "outcomes": "Not confirmed",
    "unread": "Could not be read",
    "overdue": "Overdue",
}
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


class Event(StrEnum):
    """NEWS: told for itself. TROUBLE: for the first time, in full. AGAIN: the same trouble, in one line. OVER: gone."""

    NEWS = "news"
    TROUBLE = "trouble"
    AGAIN = "again"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Message:
    """`occasions`: those that are told. `since` and `times`: of the trouble that goes on, or is over."""

    news: News
    event: Event
    occasions: tuple[Occasion, ...]
    since: datetime | None = None
    times: int = 0

    def document(self) -> Object:
        """The webhook's body; see docs/cron.md."""
        news = self.news
        document: Object = {
            "schema": SCHEMA,
            "event": self.event.value,
            "occasions": [occasion.value for occasion in self.occasions],
            "command": news.command,
            "run": news.run or None,
            "now": stamp(news.now),
            "exit": news.exit_code,
            "meaning": meaning(news.exit_code),
            "text": self.line,
            "repeat": {"since": stamp(self.since), "times": self.times} if self.since else None,
        }
        if self.event is Event.AGAIN:
            return document
        document |= news.counts
        for name, rows in news.lists.items():
            document[name] = list(rows[:MOST])
        left = {name: len(rows) - MOST for name, rows in news.lists.items() if len(rows) > MOST}
        return document | {"left_out": left}

    @property
    def line(self) -> str:
        """The headline, and how often it was so already."""
        if self.event is Event.OVER:
            return f"over after {_count(self.times)} since {_shown(self.since)}; {self.news.headline}"
        return f"{self.news.headline}{self.repeated}"

    @property
    def subject(self) -> str:
        """A mail's subject: short, on one line."""
        news = self.news
        what = "over" if self.event is Event.OVER else " and ".join(self.occasions)
        return plain(f"stockrecon {news.command}: {what} (exit {news.exit_code}){self.repeated}")[:200]

    def body(self) -> str:
        """A mail's text."""
        return "\n".join(plain(line) for line in self._lines()) + "\n"

    @property
    def repeated(self) -> str:
        """`, since 2026-11-11 12:00 UTC, 3rd time`; empty for what is told for the first time."""
        return f", since {_shown(self.since)}, {_ordinal(self.times)} time" if self.event is Event.AGAIN else ""

    def _lines(self) -> Iterator[str]:
        yield self.line
        if self.event is Event.AGAIN:
            return
        for name, title in _TITLES.items():
            rows = self.news.lists.get(name, ())
            if not rows:
                continue
            yield from ("", title)
            for row in rows[:MOST]:
                yield from _told(name, row)
            if len(rows) > MOST:
                yield f"  ... and {len(rows) - MOST:,d} more"
        if self.news.run:
            yield from ("", f"stockrecon runs show {self.news.run}")


def _told(name: str, row: Object) -> Iterator[str]:
    match name:
        case "refusals":
            yield f"  {row['who']}: {row['text']}"
            if row["way_on"]:
                yield f"    {row['way_on']}"
        case "outcomes":
            change = f" {row['from']} -> {row['to']}" if row.get("to") is not None else ""
            seen = f", seen {row['seen']}" if row["seen"] is not None else ""
            yield f"  {_where(row)}{change}: {row['result']}{seen}{'; ' if row['detail'] else ''}{row['detail']}"
        case "overdue":
            yield f"  {_where(row)}: {row['kind']}, due {row['due']}{': ' if row['text'] else ''}{row['text']}"
        case _:
            first, *rest = str(row["error"]).split("\n")
            yield f"  {row['who']}: {first.removeprefix(str(row['who']) + ': ')}"
            yield from (f"    {line.strip()}" for line in rest)


def _where(row: Object) -> str:
    parts = [str(row.get("sku") or row["action"]), str(row.get("shop") or "ledger")]
    if row.get("item_id"):
        parts.append(f"item {row['item_id']}")
    if row.get("variation_id"):
        parts.append(f"variation {row['variation_id']}")
    return " ".join(parts)


def plain(text: str) -> str:
    """On one line, without anything that a header, a terminal or a reader's eye could take for something else."""
    return "".join(character if character.isprintable() else " " for character in text)


def _shown(at: datetime | None) -> str:
    return "?" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _count(times: int) -> str:
    return "1 run" if times == 1 else f"{times:,d} runs"


def _ordinal(number: int) -> str:
    teen = 10 < number % 100 < 14
    return f"{number:,d}" + ("th" if teen else _ENDINGS.get(number % 10, "th"))
