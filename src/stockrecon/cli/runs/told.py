"""Past runs and their writes, as tables for people and as documents for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stockrecon.core.headline import meaning
from stockrecon.reports.json import stamp
from stockrecon.reports.words import clean, exact, place, signed, when

if TYPE_CHECKING:
    from stockrecon.core.intent import Intent
    from stockrecon.state import RunRecord

Object = dict[str, Any]


def table(records: Iterable[RunRecord], unsettled: Sequence[Intent], now: datetime) -> str:
    """The runs, each with how many of its writes are open, and then these."""
    numbers = Counter(intent.run for intent in unsettled)
    rows = [
        (
            record.id,
            record.command,
            when(record.began_at),
            took(record.began_at, record.ended_at, now),
            ended(record) + (f", {numbers[record.id]} open" if numbers[record.id] else ""),
        )
        for record in records
    ]
    runs = _aligned(rows, ("run", "command", "began", "took", "ended with"))
    return f"{runs}\n{opened(unsettled)}" if unsettled else runs


def opened(unsettled: Sequence[Intent]) -> str:
    """What was sent and is not settled: nothing else is written to these places."""
    rows = [(intent.id, intent.run, _where(intent), *_state(intent)) for intent in unsettled]
    head = "Open writes: the next run that writes looks what became of them; stockrecon runs resolve ID closes one.\n"
    return head + _aligned(rows, ("id", "run", "where", "what", "answered", "result", "seen", "when"))


def page(record: RunRecord, intents: Sequence[Intent], now: datetime) -> str:
    """One run with what it found and what it wrote."""
    lines = [
        f"run      {record.id}",
        f"command  {record.command}",
        f"began    {when(record.began_at)}",
        f"took     {took(record.began_at, record.ended_at, now)}",
        f"ended    {ended(record)}",
        *_summary(record.summary),
    ]
    text = "\n".join(lines) + "\n"
    if not intents:
        return text
    rows = [(intent.id, _where(intent), *_state(intent)) for intent in intents]
    told = _aligned(rows, ("id", "where", "what", "answered", "result", "seen", "when"))
    details = [f"{intent.id}: {clean(intent.detail or intent.answer)}" for intent in intents if _worth(intent)]
    return f"{text}\nwritten:\n{told}" + "".join(f"{line}\n" for line in details)


def document(record: RunRecord, unsettled: int) -> Object:
    """One run for programs."""
    return {
        "run": record.id,
        "command": record.command,
        "began_at": stamp(record.began_at),
        "ended_at": stamp(record.ended_at),
        "exit": record.exit_code,
        "open": unsettled,
        "summary": dict(record.summary),
    }


def written(intent: Intent) -> Object:
    """One write for programs."""
    key = intent.listing
    return {
        "id": intent.id,
        "run": intent.run,
        "action": intent.action,
        "kind": intent.kind.value,
        "sku": intent.sku,
        "shop": key.shop if key else None,
        "item_id": key.item_id or None if key else None,
        "variation_id": key.variation_id or None if key else None,
        "from": intent.before,
        "to": intent.to,
        "by": intent.by,
        "ref": intent.ref,
        "opened_at": stamp(intent.opened_at),
        "answered": intent.answered.value if intent.answered else None,
        "answered_at": stamp(intent.answered_at),
        "answer": intent.answer,
        "result": intent.result.value if intent.result else None,
        "seen": intent.seen,
        "detail": intent.detail,
        "settled_at": stamp(intent.settled_at),
        "open": intent.is_open,
    }


def change(intent: Intent) -> str:
    """`48 -> 40`, or what was posted in the ledger."""
    if intent.by is not None:
        return f"{signed(intent.by)} (ref {exact(intent.ref or '')})"
    before = "?" if intent.before is None else intent.before
    return f"{before} -> {'?' if intent.to is None else intent.to}"


def one(intent: Intent) -> str:
    """One write on one line."""
    return f"{intent.id}: {_where(intent)}, {change(intent)}, of run {exact(intent.run)}"


def ended(record: RunRecord) -> str:
    """How a run ended, in words."""
    if record.exit_code is None:
        return "still running, or it died"
    return f"{record.exit_code} ({meaning(record.exit_code)})"


def took(began: datetime, end: datetime | None, now: datetime) -> str:
    if end is None:
        return f"{_duration((now - began).total_seconds())} so far"
    return _duration((end - began).total_seconds())


def _state(intent: Intent) -> tuple[str, str, str, str, str]:
    answered = intent.answered.value if intent.answered else "not known"
    result = intent.result.value if intent.result else "not known"
    result += ", open" if intent.is_open and intent.result else ""
    at = intent.settled_at or intent.answered_at or intent.opened_at
    return change(intent), answered, result, "" if intent.seen is None else str(intent.seen), when(at)


def _worth(intent: Intent) -> bool:
    """Whether more is to be said than that it went well."""
    return bool(intent.detail or intent.answer) and (intent.result is None or intent.result.value != "confirmed")


def _where(intent: Intent) -> str:
    return f"{exact(intent.sku)} {place(intent.listing)}"


def _summary(summary: Mapping[str, object], depth: int = 0) -> Iterator[str]:
    """The summary as it was kept, one fact a line."""
    for key, value in summary.items():
        name = "  " * depth + clean(str(key)).replace("_", " ")
        if isinstance(value, Mapping):
            if value:
                yield f"{name}:"
                yield from _summary(value, depth + 1)
        elif isinstance(value, list):
            yield f"{name}: {', '.join(clean(str(each)) for each in value) or 'none'}"
        else:
            yield f"{name}: {clean(str(value))}"


def _aligned(rows: Sequence[Sequence[object]], headers: Sequence[str]) -> str:
    from tabulate import tabulate

    return tabulate(rows, headers, tablefmt="simple", disable_numparse=True) + "\n"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(0.0, seconds):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
