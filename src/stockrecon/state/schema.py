"""The state database's schema, as the steps that lead to it. A step that was published is never changed.

Times are whole microseconds since 1970 in UTC. Text compares byte by byte in every database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from stockrecon.errors import UsageFault
from stockrecon.state.database import Database


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward. `{text}` is the text type, `{clustered}` keeps a table's rows in the order of its key."""

    version: int
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(
        1,
        (
            """CREATE TABLE runs (
                number BIGINT NOT NULL PRIMARY KEY,
                id {text} NOT NULL UNIQUE,
                command {text} NOT NULL,
                began_at BIGINT NOT NULL,
                ended_at BIGINT,
                exit_code INTEGER,
                summary {text} NOT NULL)""",
            # The newest snapshot of each shop: the time, the Parquet file's name, what it counts.
            """CREATE TABLE shops (
                shop {text} NOT NULL PRIMARY KEY,
                as_of BIGINT,
                file {text},
                counts {text},
                campaigns_as_of BIGINT)""",
            """CREATE TABLE reads (
                shop {text} NOT NULL,
                as_of BIGINT NOT NULL,
                run {text} REFERENCES runs (id) ON DELETE SET NULL,
                PRIMARY KEY (shop, as_of)) {clustered}""",
            # Forgetting a run looks up what names it.
            "CREATE INDEX reads_by_run ON reads (run)",
            """CREATE TABLE changes (
                shop {text} NOT NULL,
                item_id {text} NOT NULL,
                variation_id {text} NOT NULL,
                at BIGINT NOT NULL,
                sellable BIGINT,
                campaign BIGINT,
                withheld BIGINT,
                PRIMARY KEY (shop, item_id, variation_id, at)) {clustered}""",
            """CREATE TABLE campaigns (
                shop {text} NOT NULL,
                campaign_id {text} NOT NULL,
                item_id {text} NOT NULL,
                variation_id {text} NOT NULL,
                starts_at BIGINT NOT NULL,
                ends_at BIGINT NOT NULL,
                locked BIGINT NOT NULL,
                sold BIGINT,
                state {text} NOT NULL,
                over_since BIGINT,
                first_seen BIGINT NOT NULL,
                last_seen BIGINT NOT NULL,
                PRIMARY KEY (shop, campaign_id, item_id, variation_id)) {clustered}""",
            """CREATE TABLE findings (
                shop {text} NOT NULL,
                item_id {text} NOT NULL,
                variation_id {text} NOT NULL,
                scenario {text} NOT NULL,
                part INTEGER NOT NULL,
                units BIGINT NOT NULL,
                target BIGINT NOT NULL,
                at BIGINT NOT NULL,
                run {text} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
                PRIMARY KEY (shop, item_id, variation_id, scenario, part)) {clustered}""",
            "CREATE INDEX findings_by_run ON findings (run)",
            """CREATE TABLE raises (
                shop {text} NOT NULL,
                item_id {text} NOT NULL,
                variation_id {text} NOT NULL,
                variance BIGINT NOT NULL,
                since BIGINT NOT NULL,
                PRIMARY KEY (shop, item_id, variation_id)) {clustered}""",
            """CREATE TABLE actions (
                id {text} NOT NULL PRIMARY KEY,
                first_seen BIGINT NOT NULL,
                last_seen BIGINT NOT NULL)""",
            """CREATE TABLE sources (
                name {text} NOT NULL PRIMARY KEY,
                as_of BIGINT NOT NULL,
                row_counts {text} NOT NULL,
                identity {text} NOT NULL)""",
            # Where work that is done a part at a time goes on.
            """CREATE TABLE bookmarks (
                name {text} NOT NULL PRIMARY KEY,
                place {text} NOT NULL)""",
        ),
    ),
    Migration(
        2,
        (
            # Open until settled_at. A listing (shop, item_id, variation_id) or a ref, the other is NULL.
            """CREATE TABLE intents (
                id BIGINT NOT NULL PRIMARY KEY,
                run {text} NOT NULL,
                action {text} NOT NULL,
                kind {text} NOT NULL,
                sku {text} NOT NULL,
                shop {text},
                item_id {text},
                variation_id {text},
                ref {text},
                before_units BIGINT,
                to_units BIGINT,
                by_units BIGINT,
                basis {text} NOT NULL,
                as_of BIGINT,
                opened_at BIGINT NOT NULL,
                answered {text},
                answer {text} NOT NULL,
                answered_at BIGINT,
                result {text},
                seen BIGINT,
                detail {text} NOT NULL,
                settled_at BIGINT)""",
            "CREATE UNIQUE INDEX intents_one_open_listing ON intents (shop, item_id, variation_id)"
            " WHERE settled_at IS NULL",
            "CREATE UNIQUE INDEX intents_one_open_ref ON intents (ref) WHERE settled_at IS NULL",
            "CREATE INDEX intents_by_run ON intents (run)",
            "CREATE INDEX intents_by_settled ON intents (settled_at)",
            "CREATE INDEX intents_by_time ON intents ((coalesce(answered_at, opened_at)))",
            # A plan's digest overrides guards once.
            """CREATE TABLE approvals (
                digest {text} NOT NULL PRIMARY KEY,
                run {text} NOT NULL,
                who {text} NOT NULL,
                at BIGINT NOT NULL)""",
            # Rows of the ledger's and each shop's last good reading.
            """CREATE TABLE good (
                name {text} NOT NULL PRIMARY KEY,
                as_of BIGINT NOT NULL,
                row_count BIGINT NOT NULL)""",
            # Who holds which lock of a shared database: a hint, the lock itself is the server's.
            """CREATE TABLE holders (
                name {text} NOT NULL PRIMARY KEY,
                session BIGINT NOT NULL,
                holder {text} NOT NULL)""",
            # '' for an action that belongs to no shop, and for those of before.
            "ALTER TABLE actions ADD COLUMN shop {text} NOT NULL DEFAULT ''",
        ),
    ),
    Migration(
        3,
        (
            # What marketplaces told unasked. `places` and `orders`: JSON lists of ids; `whole`: 1 for all of the shop.
            """CREATE TABLE notices (
                shop {text} NOT NULL,
                key {text} NOT NULL,
                received_at BIGINT NOT NULL,
                told_at BIGINT,
                kind {text} NOT NULL,
                places {text} NOT NULL,
                orders {text} NOT NULL,
                whole INTEGER NOT NULL,
                PRIMARY KEY (shop, key)) {clustered}""",
            "CREATE INDEX notices_by_time ON notices (shop, received_at)",
            # Since when each shop is listened to without a gap, and the newest genuine message of it.
            """CREATE TABLE listeners (
                shop {text} NOT NULL PRIMARY KEY,
                since BIGINT NOT NULL,
                seen BIGINT NOT NULL,
                heard BIGINT)""",
            # What the next little pull of each shop goes on from.
            """CREATE TABLE bases (
                shop {text} NOT NULL PRIMARY KEY,
                as_of BIGINT NOT NULL,
                began_at BIGINT NOT NULL,
                full_at BIGINT NOT NULL,
                items BIGINT NOT NULL,
                identity {text} NOT NULL,
                terms {text} NOT NULL,
                file {text} NOT NULL)""",
        ),
    ),
    Migration(
        4,
        (
            # What the next reading of the ledger goes on from: large tables in files, and what the database said of
            # their blocks of rows.
            """CREATE TABLE kept (
                name {text} NOT NULL PRIMARY KEY,
                as_of BIGINT NOT NULL,
                full_at BIGINT NOT NULL,
                terms {text} NOT NULL,
                file {text} NOT NULL,
                checksum {text} NOT NULL)""",
            """CREATE TABLE kept_blocks (
                name {text} NOT NULL,
                block BIGINT NOT NULL,
                row_count BIGINT NOT NULL,
                units {text} NOT NULL,
                digest {text} NOT NULL,
                PRIMARY KEY (name, block)) {clustered}""",
        ),
    ),
)

_FORMS = {
    "sqlite": {"text": "TEXT", "clustered": "WITHOUT ROWID"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "clustered": ""},
}


def migrate(database: Database, now: int, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Brings the schema to the newest version, each step in a transaction of its own.

    Raises UsageFault, naming both versions, for a state that a newer program has written.
    """
    newest = migrations[-1].version
    with database.reading() as connection:
        version = _version(connection)
    if version > newest:
        raise UsageFault(
            f"{database.place} has schema version {version}, this program knows up to version {newest}",
            way_on="Use the newer stockrecon that wrote it, or name another folder under `state`.",
        )
    for migration in migrations:
        if migration.version > version:
            _step(database, migration, now)


def _step(database: Database, migration: Migration, now: int) -> None:
    with database.writing() as connection:
        # Another process may have taken the step while this one waited for its turn to write.
        if _version(connection) >= migration.version:
            return
        form = _FORMS[connection.dialect.name]
        if migration.version == 1:
            connection.exec_driver_sql(
                "CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, at BIGINT NOT NULL)"
            )
        for statement in migration.statements:
            connection.exec_driver_sql(statement.format_map(form))
        database.bulk("schema_version", ("version", "at"), [(migration.version, now)])


def _version(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        # Not to_regclass: it answers from a cache that does not hear, while this one waits for its turn to write, of a
        # table that another process makes.
        there = connection.exec_driver_sql(
            "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = 'schema_version' AND n.nspname = ANY (current_schemas(false))"
        ).scalar()
    else:
        there = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'schema_version'").scalar()
    if there is None:
        return 0
    return int(connection.exec_driver_sql("SELECT coalesce(max(version), 0) FROM schema_version").scalar_one())
