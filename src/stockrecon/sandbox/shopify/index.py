"""The search index, which lags: a search knows of a change only after a while (reference: Shopify 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from stockrecon.sandbox.shopify.search import Docs, Fields

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Lookup(Generic[R]):
    """How a kind of record is searched: its name there, its values by field, when it was made and last changed."""

    fields: Fields
    name: Callable[[R], str]
    docs: Callable[[R], Docs]
    made: Callable[[R], datetime]
    changed: Callable[[R], datetime]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a record is since when, and what the index had of it before (None: nothing)."""

    docs: Docs
    since: datetime
    before: Docs | None = None


class Index:
    """Remembers what each record was when it was last searched; only where it lags is anything kept."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def known(self, rows: Iterable[R], lookup: Lookup[R], now: datetime, lag: timedelta) -> Iterator[tuple[R, Docs]]:
        """Each record with its values, as far as a search knows of it by now."""
        for row in rows:
            docs = lookup.docs(row)
            seen = (
                self._seen(lookup.name(row), docs, (lookup.made(row), lookup.changed(row)), now, lag) if lag else docs
            )
            if seen is not None:
                yield row, seen

    def _seen(
        self, name: str, docs: Docs, times: tuple[datetime, datetime], now: datetime, lag: timedelta
    ) -> Docs | None:
        made, changed = times
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = _Entry(docs, made)
        elif entry.docs != docs:
            before = entry.docs if entry.since + lag <= changed else entry.before
            entry = self._entries[name] = _Entry(docs, changed, before)
        return entry.docs if entry.since + lag <= now else entry.before
