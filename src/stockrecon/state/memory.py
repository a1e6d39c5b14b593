"""Runs, and what one run tells the next: its findings, raises, sources, and how old an action is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, text

from stockrecon.core.model import ListingKey, PastFinding, ShopName
from stockrecon.core.plan import RaiseSeen
from stockrecon.state.database import Database
from stockrecon.state.text import storable
from stockrecon.state.times import to_number, to_time, to_time_or_none
from stockrecon.state.values import RunRecord, SourceSeen, run_id

_FINDINGS = ("shop", "item_id", "variation_id", "scenario", "part", "units", "target", "at", "run")
_RUNS = "SELECT id, number, command, began_at, ended_at, exit_code, summary FROM runs"


def begin_run(database: Database, command: str, now: datetime, began: datetime) -> str:
    """`now`: the time by which the run judges, which its id tells; `began`: what the clock says."""
    with database.writing() as connection:
        number = 1 + int(connection.execute(text("SELECT coalesce(max(number), 0) FROM runs")).scalar_one())
        run = run_id(now, number)
        connection.execute(
            text(
                "INSERT INTO runs (number, id, command, began_at, summary) VALUES (:number, :id, :command, :at, '{}')"
            ),
            {"number": number, "id": run, "command": command, "at": to_number(began)},
        )
        return run


def end_run(database: Database, run: str, exit_code: int, summary: Mapping[str, object], now: datetime) -> None:
    told = json.dumps(dict(summary), sort_keys=True, ensure_ascii=False, default=str)
    with database.writing() as connection:
        connection.execute(
            text("UPDATE runs SET ended_at = :at, exit_code = :code, summary = :summary WHERE id = :run"),
            {"at": to_number(now), "code": exit_code, "summary": told, "run": run},
        )


def runs(database: Database, limit: int) -> tuple[RunRecord, ...]:
    with database.reading() as connection:
        found = connection.execute(text(_RUNS + " ORDER BY number DESC LIMIT :limit"), {"limit": limit})
        return tuple(_record(row) for row in found)


def last_run(database: Database) -> RunRecord | None:
    with database.reading() as connection:
        row = connection.execute(
            text(_RUNS + " WHERE exit_code IS NOT NULL ORDER BY number DESC LIMIT 1")
        ).one_or_none()
        return None if row is None else _record(row)


def last_success(database: Database, shops: Collection[str] | None) -> RunRecord | None:
    wanted = set(shops or ())
    with database.reading() as connection:
        for row in connection.execute(text(_RUNS + " WHERE exit_code IN (0, 10) ORDER BY number DESC")):
            record = _record(row)
            if wanted.issubset(_read_shops(record)):
                return record
    return None


def _read_shops(record: RunRecord) -> set[str]:
    told = record.summary.get("shops")
    return {str(one) for one in told} if isinstance(told, list) else set()


def run_named(database: Database, run: str) -> RunRecord | None:
    with database.reading() as connection:
        row = connection.execute(text(_RUNS + " WHERE id = :run"), {"run": run}).one_or_none()
        return None if row is None else _record(row)


def _record(row: Row[tuple[object, ...]]) -> RunRecord:
    return RunRecord(
        id=row.id,
        number=row.number,
        command=row.command,
        began_at=to_time(row.began_at),
        ended_at=to_time_or_none(row.ended_at),
        exit_code=row.exit_code,
        summary=json.loads(row.summary),
    )


def remember_findings(
    database: Database, run: str, rows: Iterable[PastFinding], shops: Iterable[ShopName] | None
) -> None:
    with database.writing() as connection:
        _forget(connection, "findings", shops)
        database.bulk("findings", _FINDINGS, _finding_rows(run, rows))


def _finding_rows(run: str, rows: Iterable[PastFinding]) -> Iterator[tuple[object, ...]]:
    parts: dict[tuple[ListingKey, str], int] = {}
    for row in rows:
        part = parts[row.key, row.scenario] = parts.get((row.key, row.scenario), -1) + 1
        place = (row.key.shop, row.key.item_id, row.key.variation_id)
        yield (*place, row.scenario, part, row.units, row.target, to_number(row.at), run)


def past_findings(database: Database) -> tuple[PastFinding, ...]:
    with database.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT shop, item_id, variation_id, scenario, units, target, at FROM findings"
                " ORDER BY shop, item_id, variation_id, scenario, part"
            )
        )
        return tuple(PastFinding(_key(row), row.scenario, row.units, row.target, to_time(row.at)) for row in rows)


def raises(database: Database) -> Mapping[ListingKey, RaiseSeen]:
    with database.reading() as connection:
        rows = connection.execute(
            text("SELECT shop, item_id, variation_id, variance, since FROM raises ORDER BY shop, item_id, variation_id")
        )
        return {_key(row): RaiseSeen(row.variance, to_time(row.since)) for row in rows}


def remember_raises(
    database: Database, now: datetime, variances: Mapping[ListingKey, int], shops: Iterable[ShopName] | None
) -> None:
    with database.writing() as connection:
        before = raises(database)
        _forget(connection, "raises", shops)
        rows = []
        for key, variance in variances.items():
            seen = before.get(key)
            # One that seems to be of later was told a time that has not come, and would wait until then.
            since = min(seen.since, now) if seen is not None and seen.variance == variance else now
            rows.append((key.shop, key.item_id, key.variation_id, variance, to_number(since)))
        database.bulk("raises", ("shop", "item_id", "variation_id", "variance", "since"), rows)


def _key(row: Row[tuple[object, ...]]) -> ListingKey:
    return ListingKey(ShopName(row.shop), row.item_id, row.variation_id)


def _forget(connection: Connection, table: str, shops: Iterable[ShopName] | None) -> None:
    if shops is None:
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - our own names
        return
    names = [{"shop": shop} for shop in shops]
    if names:
        connection.execute(text(f"DELETE FROM {table} WHERE shop = :shop"), names)  # noqa: S608 - our own names


def remember_source(database: Database, seen: SourceSeen) -> bool:
    with database.writing() as connection:
        last = _source(connection, seen.name)
        if last is not None and seen.as_of < last.as_of:
            return False
        connection.execute(
            text(
                "INSERT INTO sources (name, as_of, row_counts, identity) VALUES (:name, :as_of, :rows, :identity)"
                " ON CONFLICT (name) DO UPDATE SET as_of = excluded.as_of, row_counts = excluded.row_counts,"
                " identity = excluded.identity"
            ),
            {
                "name": seen.name,
                "as_of": to_number(seen.as_of),
                "rows": json.dumps(dict(seen.rows), sort_keys=True),
                "identity": seen.identity,
            },
        )
        return True


def last_source(database: Database, name: str) -> SourceSeen | None:
    with database.reading() as connection:
        return _source(connection, name)


def _source(connection: Connection, name: str) -> SourceSeen | None:
    row = connection.execute(
        text("SELECT as_of, row_counts, identity FROM sources WHERE name = :name"), {"name": name}
    ).one_or_none()
    return None if row is None else SourceSeen(name, to_time(row.as_of), json.loads(row.row_counts), row.identity)


def remember_actions(
    database: Database,
    now: datetime,
    ids: Iterable[str],
    *,
    whole: bool,
    shops: Mapping[str, ShopName | None],
    unread: Collection[ShopName],
) -> dict[str, datetime]:
    at = to_number(now)
    asked = list(dict.fromkeys(ids))
    with database.writing() as connection:
        found = connection.execute(text("SELECT id, first_seen, shop FROM actions")).all()
        before = {str(row.id): int(row.first_seen) for row in found}
        # An action of no shop may rest on what an unread shop would have shown.
        spared = {"", *unread} if unread else set()
        named = set(asked)
        gone = [{"id": row.id} for row in found if whole and row.id not in named and row.shop not in spared]
        if gone:
            connection.execute(text("DELETE FROM actions WHERE id = :id"), gone)
        kept = [{"id": one, "at": at, "shop": shops.get(one) or ""} for one in asked if one in before]
        if kept:
            connection.execute(text("UPDATE actions SET last_seen = :at, shop = :shop WHERE id = :id"), kept)
        new = [(one, at, at, shops.get(one) or "") for one in asked if one not in before]
        database.bulk("actions", ("id", "first_seen", "last_seen", "shop"), new)
    return {one: to_time(before.get(one, at)) for one in asked}


def good_rows(database: Database, name: str) -> int | None:
    with database.reading() as connection:
        found = connection.execute(text("SELECT row_count FROM good WHERE name = :name"), {"name": name}).scalar()
        return None if found is None else int(found)


def remember_good(database: Database, name: str, as_of: datetime, rows: int) -> bool:
    with database.writing() as connection:
        done = connection.execute(
            text(
                "INSERT INTO good (name, as_of, row_count) VALUES (:name, :as_of, :rows) ON CONFLICT (name)"
                " DO UPDATE SET as_of = excluded.as_of, row_count = excluded.row_count"
                " WHERE good.as_of <= excluded.as_of"
            ),
            {"name": name, "as_of": to_number(as_of), "rows": rows},
        )
        return done.rowcount == 1


def approve(database: Database, digest: str, run: str, who: str, now: datetime) -> bool:
    with database.writing() as connection:
        done = connection.execute(
            text(
                "INSERT INTO approvals (digest, run, who, at) VALUES (:digest, :run, :who, :at)"
                " ON CONFLICT (digest) DO NOTHING"
            ),
            {"digest": digest, "run": run, "who": storable(who), "at": to_number(now)},
        )
        return done.rowcount == 1


def give_back(database: Database, digest: str, run: str) -> None:
    with database.writing() as connection:
        connection.execute(
            text("DELETE FROM approvals WHERE digest = :digest AND run = :run"), {"digest": digest, "run": run}
        )
