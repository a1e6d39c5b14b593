"""The journal: every write is on disk before its first byte leaves, and stays open until it is known what became of it.

Nothing in it is ever sent again: a later run reads what an open intent did, and plans afresh.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, text

from stockrecon.core.findings import ActionKind, OutcomeResult
from stockrecon.core.intent import Answered, Intent, NewIntent
from stockrecon.core.model import ListingKey, Push, ShopName, Sku
from stockrecon.errors import UsageFault, WriteFault
from stockrecon.state.database import Database
from stockrecon.state.text import storable
from stockrecon.state.times import to_number, to_number_or_none, to_time, to_time_or_none

_BOOKMARK = "journal"
_STAYS_OPEN = (OutcomeResult.UNKNOWN, OutcomeResult.EXPORTED)
_CHANNEL_KNOWS = (OutcomeResult.SUPERSEDED, OutcomeResult.NOT_APPLIED)
_NOTHING_DONE = (Answered.NOT_SENT, Answered.CONFLICT)
_CHUNK = 500
_COLUMNS = (
    "id",
    "run",
    "action",
    "kind",
    "sku",
    "shop",
    "item_id",
    "variation_id",
    "ref",
    "before_units",
    "to_units",
    "by_units",
    "basis",
    "as_of",
    "opened_at",
    "answer",
    "detail",
)
_SELECT = (
    "SELECT id, run, action, kind, sku, shop, item_id, variation_id, ref, before_units, to_units, by_units, basis,"
    " as_of, opened_at, answered, answer, answered_at, result, seen, detail, settled_at FROM intents"
)


class Journal:
    """The intents of a state. Its times come from `clock`."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def generation(self) -> int:
        """The highest id that was ever given, 0 at first: a plan that was made at another one is stale."""
        with self._database.reading() as connection:
            return highest(connection)

    def open(self, run: str, intents: Sequence[NewIntent]) -> tuple[Intent, ...]:
        """Keeps the intents, all or none; when it returns they are on disk and may be sent, once.

        Raises WriteFault where a place (a listing, or a correction's ref) has an open intent: nothing is kept then.
        """
        at = self._clock()
        # A transaction of its own: within another one it would not be on disk when this returns.
        with self._database.transaction(), self._database.writing() as connection:
            _refuse_taken(connection, intents)
            first = highest(connection) + 1
            kept = tuple(_opened(first + index, run, one, at) for index, one in enumerate(intents))
            self._database.bulk("intents", _COLUMNS, (_row(one) for one in kept))
        return kept

    def answered(self, answers: Mapping[int, tuple[Answered, str]]) -> None:
        """What the other side said to each intent, by id. A claim: the intents stay open until they are settled."""
        at = to_number(self._clock())
        with self._database.writing() as connection:
            for number, (answer, said) in answers.items():
                found = connection.execute(
                    text(
                        "UPDATE intents SET answered = :answered, answer = :answer, answered_at = :at"
                        " WHERE id = :id AND settled_at IS NULL"
                    ),
                    {"id": number, "answered": answer.value, "answer": storable(said), "at": at},
                )
                if found.rowcount != 1:
                    raise RuntimeError(f"an answer to intent {number}, which is not open")

    def settle(self, number: int, result: OutcomeResult, *, seen: int | None, detail: str) -> None:
        """What became of an open intent, by reading back; `seen`: the exposed units that were read.

        `unknown` and `exported` are recorded and leave it open; every other result closes it.
        """
        with self._database.writing() as connection:
            one = _one(connection, number)
            if one is None or not one.is_open:
                raise RuntimeError(f"intent {number} is to be settled and is not open")
            _close(connection, one, result, seen, detail, None if result in _STAYS_OPEN else self._clock())

    def resolve(self, number: int, result: OutcomeResult, detail: str) -> None:
        """Closes an open intent by hand. To be called with the lock of its shop held: a run may be settling it.

        Raises UsageFault where it does not exist or is not open, and for a result that would leave it open.
        """
        if result in _STAYS_OPEN:
            closing = ", ".join(one.value for one in OutcomeResult if one not in _STAYS_OPEN)
            raise UsageFault(f"intent {number}: {result.value} would leave it open", way_on=f"Name one of {closing}.")
        with self._database.writing() as connection:
            one = _one(connection, number)
            if one is None:
                raise UsageFault(f"there is no intent {number}", way_on="`stockrecon runs` shows what is open.")
            if one.settled_at is not None:
                told = one.result.value if one.result else "settled"
                raise UsageFault(
                    f"intent {number} is not open: {told} since {one.settled_at:%Y-%m-%d %H:%M:%S} UTC",
                    way_on="Nothing has to be resolved; `stockrecon runs` shows what is open.",
                )
            _close(connection, one, result, one.seen, detail, self._clock())

    def open_intents(self) -> tuple[Intent, ...]:
        """All whose outcome is not known for good, oldest first."""
        return self._found(" WHERE settled_at IS NULL ORDER BY id", {})

    def of_run(self, run: str) -> tuple[Intent, ...]:
        """What the run meant to write, in the order in which it was kept."""
        return self._found(" WHERE run = :run ORDER BY id", {"run": run})

    def intent(self, number: int) -> Intent | None:
        with self._database.reading() as connection:
            return _one(connection, number)

    def own_pushes(self, since: datetime) -> Iterator[Push]:
        """What this program itself sent to listings at `since` or later, as the pushes of a ledger, in order of time.

        A push went well where the listing was seen with its value, or where the channel said so; a refused one
        carries the channel's words. What was not sent, conflicted, or is not known yet is no push.
        """
        settled = self._found(
            " WHERE settled_at IS NOT NULL AND coalesce(answered_at, opened_at) >= :since"
            " ORDER BY coalesce(answered_at, opened_at), id",
            {"since": to_number(since)},
        )
        for one in settled:
            push = _push(one)
            if push is not None:
                yield push

    def touched(self, since: datetime) -> frozenset[ListingKey]:
        """Listings that this program may have changed at `since` or later: an intent of theirs was open then.

        Whatever was answered, and whatever it came to: also what was refused or not seen may have had its effect.
        """
        found = self._found(" WHERE settled_at IS NULL OR settled_at >= :since", {"since": to_number(since)})
        return frozenset(one.listing for one in found if one.listing and one.answered is not Answered.NOT_SENT)

    def _found(self, where: str, values: Mapping[str, object]) -> tuple[Intent, ...]:
        with self._database.reading() as connection:
            return tuple(_intent(row) for row in connection.execute(text(_SELECT + where), values))


def highest(connection: Connection) -> int:
    """The highest id that was ever given, also where its intent was pruned since."""
    newest = int(connection.execute(text("SELECT coalesce(max(id), 0) FROM intents")).scalar_one())
    marked = connection.execute(text("SELECT place FROM bookmarks WHERE name = :name"), {"name": _BOOKMARK}).scalar()
    return max(newest, int(marked or 0))


def prune(connection: Connection, before: int, batch: int) -> None:
    """Forgets at most `batch` of the intents that were settled before `before`, the oldest first; no open one."""
    connection.execute(
        text(
            "INSERT INTO bookmarks (name, place) VALUES (:name, :place)"
            " ON CONFLICT (name) DO UPDATE SET place = excluded.place"
        ),
        {"name": _BOOKMARK, "place": str(highest(connection))},
    )
    connection.execute(
        text(
            "DELETE FROM intents WHERE id IN (SELECT id FROM intents WHERE settled_at < :before"
            " ORDER BY settled_at, id LIMIT :batch)"
        ),
        {"before": before, "batch": batch},
    )


def _refuse_taken(connection: Connection, intents: Sequence[NewIntent]) -> None:
    listings = [(one.listing.shop, one.listing.item_id, one.listing.variation_id) for one in intents if one.listing]
    refs = [(one.ref,) for one in intents if one.ref is not None]
    for columns, places in ((("shop", "item_id", "variation_id"), listings), (("ref",), refs)):
        if len(set(places)) < len(places):
            raise RuntimeError(f"two intents at one place in one writing, by {', '.join(columns)}")
        for start in range(0, len(places), _CHUNK):
            taken = _open_at(connection, columns, places[start : start + _CHUNK])
            if taken is not None:
                raise WriteFault(
                    f"{taken.listing or f'ledger correction {taken.ref}'}: intent {taken.id} of run {taken.run} is open"
                    f" since {taken.opened_at:%Y-%m-%d %H:%M:%S} UTC: what became of it is not known",
                    way_on="The next run settles it by reading; where it cannot, look at the place yourself and close"
                    f" it with `stockrecon runs resolve {taken.id}`.",
                )


def _open_at(connection: Connection, columns: Sequence[str], places: Sequence[tuple[str, ...]]) -> Intent | None:
    """The oldest open intent at one of the places."""
    marks = ", ".join(f"({', '.join(f':{name}{index}' for name in columns)})" for index in range(len(places)))
    same = " AND ".join(f"i.{name} = k.{name}" for name in columns)
    values = {
        f"{name}{index}": value
        for index, place in enumerate(places)
        for name, value in zip(columns, place, strict=True)
    }
    row = connection.execute(
        text(
            f"{_SELECT} WHERE id = (WITH k ({', '.join(columns)}) AS (VALUES {marks})"  # noqa: S608 - our own names
            f" SELECT min(i.id) FROM k CROSS JOIN intents i WHERE i.settled_at IS NULL AND {same})"
        ),
        values,
    ).one_or_none()
    return None if row is None else _intent(row)


def _opened(number: int, run: str, new: NewIntent, at: datetime) -> Intent:
    if (new.listing is None) == (new.ref is None):
        raise RuntimeError(f"action {new.action} names no place, or two")
    return Intent(
        id=number,
        run=run,
        action=new.action,
        kind=new.kind,
        sku=new.sku,
        listing=new.listing,
        before=new.before,
        to=new.to,
        by=new.by,
        ref=new.ref,
        opened_at=at,
        basis=dict(new.basis),
        as_of=new.as_of,
    )


def _row(one: Intent) -> tuple[object, ...]:
    key = one.listing
    place = (None, None, None) if key is None else (key.shop, key.item_id, key.variation_id)
    units = (one.before, one.to, one.by)
    return (
        one.id,
        one.run,
        one.action,
        one.kind.value,
        one.sku,
        *place,
        one.ref,
        *units,
        json.dumps(dict(one.basis), sort_keys=True),
        to_number_or_none(one.as_of),
        to_number(one.opened_at),
        "",
        "",
    )


def _one(connection: Connection, number: int) -> Intent | None:
    row = connection.execute(text(_SELECT + " WHERE id = :id"), {"id": number}).one_or_none()
    return None if row is None else _intent(row)


def _close(
    connection: Connection, one: Intent, result: OutcomeResult, seen: int | None, detail: str, at: datetime | None
) -> None:
    connection.execute(
        text("UPDATE intents SET result = :result, seen = :seen, detail = :detail, settled_at = :at WHERE id = :id"),
        {"id": one.id, "result": result.value, "seen": seen, "detail": storable(detail), "at": to_number_or_none(at)},
    )


def _intent(row: Row[tuple[object, ...]]) -> Intent:
    return Intent(
        id=row.id,
        run=row.run,
        action=row.action,
        kind=ActionKind(row.kind),
        sku=Sku(row.sku),
        listing=None if row.shop is None else ListingKey(ShopName(row.shop), row.item_id, row.variation_id),
        before=row.before_units,
        to=row.to_units,
        by=row.by_units,
        ref=row.ref,
        opened_at=to_time(row.opened_at),
        basis={Sku(sku): units for sku, units in json.loads(row.basis).items()},
        as_of=to_time_or_none(row.as_of),
        answered=None if row.answered is None else Answered(row.answered),
        answer=row.answer,
        answered_at=to_time_or_none(row.answered_at),
        result=None if row.result is None else OutcomeResult(row.result),
        seen=row.seen,
        detail=row.detail,
        settled_at=to_time_or_none(row.settled_at),
    )


def _push(one: Intent) -> Push | None:
    if one.listing is None or one.to is None:
        return None
    at = one.answered_at or one.opened_at
    if one.result is OutcomeResult.REJECTED:
        return Push(one.listing, one.to, at, ok=False, error=one.answer, source="journal")
    # What was refused before it was carried out did nothing, even if the listing shows its value by now.
    confirmed = one.result is OutcomeResult.CONFIRMED and one.answered not in _NOTHING_DONE
    told = one.result in _CHANNEL_KNOWS and one.answered is Answered.ACCEPTED
    return Push(one.listing, one.to, at, ok=True, source="journal") if confirmed or told else None
