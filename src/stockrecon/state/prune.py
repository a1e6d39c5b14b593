"""Forgetting what nobody needs any more, a bounded part at a time."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

from stockrecon.state import journal
from stockrecon.state.database import Database

_BOOKMARK = "prune changes"
_START = ("", "", "", -(2**62))


def prune(database: Database, before: int, journal_before: int, batch: int) -> int:
    """Forgets what lies before `before`; returns how many changes went. Looks at no more than `batch` changes.

    `journal_before`: the same for settled intents and for approvals; a run stays as long as an intent of it does.

    The value that held at `before` stays, for each listing that was there. The next call goes on where this one
    stopped, and begins anew at the end.
    """
    with database.writing() as connection:
        removed = _changes(database, connection, before, batch)
        connection.execute(
            text(
                "DELETE FROM reads WHERE as_of < (SELECT max(r.as_of) FROM reads r WHERE r.shop = reads.shop"
                " AND r.as_of <= :before)"
            ),
            {"before": before},
        )
        journal.prune(connection, journal_before, batch)
        connection.execute(text("DELETE FROM approvals WHERE at < :before"), {"before": journal_before})
        for statement in _OLD:
            connection.execute(text(statement), {"before": before})
        return removed


_OLD = (
    "DELETE FROM campaigns WHERE coalesce(over_since, ends_at) < :before AND last_seen < :before",
    "DELETE FROM actions WHERE last_seen < :before",
    "DELETE FROM notices WHERE received_at < :before",
    "DELETE FROM listeners WHERE seen < :before",
    # Its file is swept up when the state is opened next.
    "DELETE FROM bases WHERE as_of < :before",
    # The newest run stays, for the numbers go on from it; so does one whose findings are still the last.
    "DELETE FROM runs WHERE began_at < :before AND number < (SELECT max(number) FROM runs)"
    " AND id NOT IN (SELECT run FROM findings) AND id NOT IN (SELECT run FROM intents)",
)


def _changes(database: Database, connection: Connection, before: int, batch: int) -> int:
    place = connection.execute(text("SELECT place FROM bookmarks WHERE name = :name"), {"name": _BOOKMARK}).scalar()
    shop, item, variation, at = _START if place is None else json.loads(place)
    rows = connection.execute(
        text(
            "SELECT shop, item_id, variation_id, at, sellable FROM changes"
            " WHERE (shop, item_id, variation_id, at) >= (:shop, :item, :variation, :at)"
            " ORDER BY shop, item_id, variation_id, at LIMIT :batch"
        ),
        {"shop": shop, "item": item, "variation": variation, "at": at, "batch": batch},
    ).all()
    full = len(rows) == batch
    useless = []
    for index, row in enumerate(rows):
        # What comes after the last one is not known yet: the next call begins with it.
        following = rows[index + 1] if index + 1 < len(rows) else None
        replaced = following is not None and following[:3] == row[:3] and following.at <= before
        gone = row.sellable is None and row.at <= before
        if replaced or gone:
            useless.append({"shop": row[0], "item": row[1], "variation": row[2], "at": row[3]})
    if useless:
        connection.execute(
            text(
                "DELETE FROM changes WHERE shop = :shop AND item_id = :item AND variation_id = :variation AND at = :at"
            ),
            useless,
        )
    connection.execute(text("DELETE FROM bookmarks WHERE name = :name"), {"name": _BOOKMARK})
    if full:
        database.bulk("bookmarks", ("name", "place"), [(_BOOKMARK, json.dumps(list(rows[-1][:4])))])
    return len(useless)
