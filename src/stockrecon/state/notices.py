"""What marketplaces told unasked, and how each shop is listened to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from stockrecon.core.model import ShopName
from stockrecon.core.notice import Listening, Notice, Told
from stockrecon.state.database import Database
from stockrecon.state.times import to_number, to_number_or_none, to_time, to_time_or_none

GAP = timedelta(minutes=5)
"""A listener that is away for no longer misses little: marketplaces deliver again (reference: Shopee 6.1, Lazada 7)."""

_KEEP = text(
    "INSERT INTO notices (shop, key, received_at, told_at, kind, places, orders, whole)"
    " VALUES (:shop, :key, :received_at, :told_at, :kind, :places, :orders, :whole) ON CONFLICT (shop, key) DO NOTHING"
)
_BEAT = text(
    "INSERT INTO listeners (shop, since, seen) VALUES (:shop, :now, :now) ON CONFLICT (shop) DO UPDATE SET"
    " since = CASE WHEN :anew = 1 OR listeners.seen < :now - :gap THEN :now ELSE listeners.since END,"
    " seen = CASE WHEN listeners.seen < :now THEN :now ELSE listeners.seen END"
)
_HEARD = text("UPDATE listeners SET heard = :at WHERE shop = :shop AND (heard IS NULL OR heard < :at)")


def keep(database: Database, received_at: datetime, told: Iterable[tuple[ShopName, Notice]]) -> int:
    """Keeps what is new, and that these shops were heard of; gives back how many messages were new.

    One that names nothing to read is not kept: that its shop was heard of is all that it says.
    """
    at, new = to_number(received_at), 0
    with database.writing() as connection:
        for shop, notice in told:
            connection.execute(_HEARD, {"shop": shop, "at": at})
            if not notice.empty:
                new += connection.execute(_KEEP, {"shop": shop, "received_at": at, **_values(notice)}).rowcount
    return new


def _values(notice: Notice) -> Mapping[str, object]:
    return {
        "key": notice.key,
        "told_at": to_number_or_none(notice.told_at),
        "kind": notice.kind,
        "places": json.dumps(notice.places),
        "orders": json.dumps(notice.orders),
        "whole": int(notice.whole),
    }


def beat(database: Database, shops: Sequence[ShopName], now: datetime, *, anew: bool = False) -> None:
    """Says that these shops are listened to now. After a gap, or `anew`, they are so from now on only."""
    fixed = {"now": to_number(now), "gap": GAP // timedelta(microseconds=1), "anew": int(anew)}
    values = [{"shop": shop, **fixed} for shop in shops]
    if values:
        with database.writing() as connection:
            connection.execute(_BEAT, values)


def listening(connection: Connection, shop: ShopName) -> Listening | None:
    row = connection.execute(
        text("SELECT since, seen, heard FROM listeners WHERE shop = :shop"), {"shop": shop}
    ).one_or_none()
    return None if row is None else Listening(to_time(row.since), to_time(row.seen), to_time_or_none(row.heard))


def told(connection: Connection, shop: ShopName, since: datetime) -> Told:
    """All that was told of a shop in messages that were received at `since` or later, in whatever order."""
    rows = connection.execute(
        text(
            "SELECT kind, places, orders, whole FROM notices WHERE shop = :shop AND received_at >= :since"
            " ORDER BY received_at, key"
        ),
        {"shop": shop, "since": to_number(since)},
    ).all()
    return Told(
        places=frozenset((str(item), str(variation)) for row in rows for item, variation in json.loads(row.places)),
        orders=frozenset(str(order) for row in rows for order in json.loads(row.orders)),
        whole=next((str(row.kind) for row in rows if row.whole), ""),
    )
