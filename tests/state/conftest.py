"""A state to try, in SQLite and in PostgreSQL, and small makers of what it remembers."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import Campaign, CampaignState, ListingKey, ShopName
from stockrecon.errors import LockHeld
from stockrecon.state import ChangeRow, State

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHOP = ShopName("shopee-vn")
SERVER = os.environ.get("STOCKRECON_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def key(item: str, variation: str = "", shop: str = SHOP) -> ListingKey:
    return ListingKey(ShopName(shop), item, variation)


def change(minutes: float, item: str, sellable: int | None, campaign: int | None = 0) -> ChangeRow:
    gone = sellable is None
    return ChangeRow(at(minutes), item, "", sellable, None if gone else campaign, None if gone else 0)


def campaign(
    name: str = "c1",
    item: str = "1",
    *,
    starts: float = -60,
    ends: float = 60,
    state: CampaignState = CampaignState.RUNNING,
    sold: int | None = None,
) -> Campaign:
    return Campaign(name, key(item), at(starts), at(ends), 20, sold, state)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What `state` names in the configuration: a folder, or a PostgreSQL database with a schema of this test's own."""
    if request.param == "sqlite":
        yield str(tmp_path / "state")
        return
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "local"))
    with postgresql() as url:
        yield url


@contextmanager
def postgresql() -> Iterator[str]:
    """A schema that is dropped at the end; skips where no server answers, but not in CI."""
    psycopg = pytest.importorskip("psycopg")
    try:
        connection = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL at 127.0.0.1: {error}")
    schema = f"state_{uuid.uuid4().hex[:12]}"
    with closing(connection):
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{SERVER}?options=-csearch_path%3D{schema}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def state(where: str) -> Iterator[State]:
    with State.open(where, lambda: NOW) as opened:
        yield opened


def parquet(folder: Path, text: str = "rows") -> Path:
    """A file that stands for a snapshot: the state never looks into it."""
    path = folder / f"new-{uuid.uuid4().hex}.parquet"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def eventually(state: State, where: str) -> Iterator[None]:
    """Holds the lock that a killed process had: at once; only a server is told a moment later, by its socket."""
    for _ in range(200 if "://" in where else 1):
        try:
            with state.lock(["shopee-vn"], "me"):
                yield
            return
        except LockHeld as held:
            last = held
            time.sleep(0.02)
    raise last
