"""Movements that are later than the ledger's own clock: another zone hides nothing, and one wrong row stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stockrecon.core.ahead import AHEAD, ZONES, ahead
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.files import FileLedger
from stockrecon.ledgers.sql import SqlLedger
from tests.integration.seller import Run, Seller
from tests.ledgers.databases import run

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
SHOP = "shopee-vn"
Make = Callable[..., SqlLedger]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(params=["database", "files"])
def kept(request: pytest.FixtureRequest) -> str:
    """Where the book is kept."""
    return str(request.param)


def book(url: str, movements: list[tuple[str, str]]) -> None:
    """5 available of one SKU; movements of -2, each with its kind and its time as the database keeps it."""
    kind = "TEXT" if url.startswith("sqlite") else "TIMESTAMP" if url.startswith("postgresql") else "DATETIME"
    run(
        url,
        "CREATE TABLE stock (sku VARCHAR(20) PRIMARY KEY, available INTEGER NOT NULL)",
        f"CREATE TABLE movements (id INTEGER PRIMARY KEY, sku VARCHAR(20) NOT NULL, at {kind} NOT NULL,"
        " quantity INTEGER NOT NULL, kind VARCHAR(20) NOT NULL)",
        "INSERT INTO stock VALUES ('A', 5)",
        *(f"INSERT INTO movements VALUES ({n}, 'A', '{at}', -2, '{kind}')" for n, (kind, at) in enumerate(movements)),
    )


def files(folder: Path, movements: list[tuple[str, str]], about: str) -> None:
    folder.mkdir(parents=True)
    (folder / "stock.csv").write_text("sku,available\nA,5\n")
    rows = [f"{n},A,{at},-2,{kind}" for n, (kind, at) in enumerate(movements)]
    (folder / "movements.csv").write_text("\n".join(["id,sku,at,quantity,kind", *rows, ""]))
    if about:
        (folder / "ledger.yaml").write_text(about)


def local(at: datetime) -> str:
    """As a clock in Vietnam shows it."""
    return f"{at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}"


def diff(folder: Path, ledger: dict[str, object], now: datetime, sellable: int = 7) -> Run:
    shop = folder / SHOP
    shop.mkdir(exist_ok=True)
    (shop / "shop.yaml").write_text(f"as_of: {now.isoformat()}\nimitates: shopee\ncomplete: true\n")
    (shop / "listings.csv").write_text(f"item_id,seller_sku,sellable\n1,A,{sellable}\n")
    seller = Seller(folder, [{"name": SHOP, "channel": "file", "path": f"{SHOP}/"}], None, ledger)
    return seller.diff(clock=lambda: now)


def sql(url: str, zone: str) -> dict[str, object]:
    return {"type": "sql", "url": url, "zone": zone}


def test_a_wrong_zone_hides_no_oversell(url: str, tmp_path: Path, now: datetime, ledger: Make) -> None:
    """Three hours ago two were taken by hand, and the shop still shows 7: with the right zone that is unexplained;
    with a wrong one nothing is judged, and what is said names the zone, how many and by how much."""
    book(url, [("manual", local(now - timedelta(hours=3))), ("order", local(now - timedelta(days=3)))])
    right = diff(tmp_path, sql(url, "Asia/Ho_Chi_Minh"), now)
    assert (right.exit, right.findings("A")) == (10, [("unexplained", SHOP, 2)])
    wrong = diff(tmp_path, sql(url, "UTC"), now)
    assert (wrong.exit, wrong.document["statements"]) == (13, [])
    told = str(wrong.result.ledger_error)
    assert "1 time is later than the ledger's own" in told
    assert "by up to 4 h 00 min: they are not in ledger.zone (UTC)" in told or "by up to 3 h 59 min" in told
    (line,) = [line for line in ledger(url, zone="UTC").check() if line.what == "times"]
    assert line.ok is False
    assert "ledger.zone (UTC)" in line.text
    (line,) = [line for line in ledger(url, zone="Asia/Ho_Chi_Minh").check() if line.what == "times"]
    assert line.ok is True
    assert "3 h 00 min before the ledger's own" in line.text


@pytest.mark.parametrize("about", ["", "as_of: {now}\n"])
def test_files_are_judged_alike(tmp_path: Path, now: datetime, about: str) -> None:
    """By as_of where ledger.yaml tells it, else by the run's time; the files' own latest time is no witness."""
    files(tmp_path / "ledger", [("manual", local(now - timedelta(hours=3)))], about.format(now=now.isoformat()))
    told = {"type": "file", "path": "ledger/"}
    right = diff(tmp_path, {**told, "zone": "Asia/Ho_Chi_Minh"}, now)
    assert (right.exit, right.findings("A")) == (10, [("unexplained", SHOP, 2)])
    wrong = diff(tmp_path, {**told, "zone": "UTC"}, now)
    assert (wrong.exit, wrong.document["statements"]) == (13, [])
    assert "by up to 4 h 00 min: they are not in ledger.zone (UTC)" in str(wrong.result.ledger_error)
    for zone, ok in (("Asia/Ho_Chi_Minh", True), ("UTC", False)):
        made = FileLedger(LedgerSettings("file", tmp_path, path=tmp_path / "ledger", zone=zone))
        assert [line.ok for line in made.check() if line.what == "times"] == [ok]


def test_one_row_far_ahead_stops_nothing_and_explains_nothing(
    kept: str, tmp_path: Path, sqlite: str, now: datetime
) -> None:
    """A movement of the year 2037 is told, and does not pass for one that is on its way to the shop."""
    movements = [("manual", "2037-01-01 00:00:00"), ("order", local(now - timedelta(days=3)))]
    told: dict[str, object] = {"type": "file", "path": "ledger/", "zone": "Asia/Ho_Chi_Minh"}
    if kept == "files":
        files(tmp_path / "ledger", movements, "")
    else:
        book(sqlite, movements)
        told = sql(sqlite, "Asia/Ho_Chi_Minh")
    found = diff(tmp_path, told, now)
    assert (found.exit, found.findings("A")) == (10, [("unexplained", SHOP, 2)])
    (words,) = [one for one in found.result.warnings if "2036" in one]
    assert words.startswith("ledger: movement 0 of A is of 2036-12-31 17:00 UTC: days after the ledger's own time")


def test_what_is_minutes_ahead_is_a_clock_that_differs(sqlite: str, tmp_path: Path, now: datetime) -> None:
    """It is on its way to the shop, as one of a moment ago."""
    book(sqlite, [("manual", local(now + timedelta(minutes=4)))])
    found = diff(tmp_path, sql(sqlite, "Asia/Ho_Chi_Minh"), now)
    assert (found.exit, found.findings("A")) == (0, [("in-flight", SHOP, 2)])


def test_a_run_that_is_told_an_earlier_time_finds_what_came_since(
    kept: str, tmp_path: Path, postgresql: str, now: datetime
) -> None:
    """That is no wrong zone: the server's clock knows better, and so does as_of."""
    movements = [("manual", local(now - timedelta(minutes=30)))]
    told: dict[str, object] = {"type": "file", "path": "ledger/", "zone": "Asia/Ho_Chi_Minh"}
    if kept == "files":
        files(tmp_path / "ledger", movements, f"as_of: {now.isoformat()}\n")
    else:
        book(postgresql, movements)
        told = sql(postgresql, "Asia/Ho_Chi_Minh")
    found = diff(tmp_path, told, now - timedelta(hours=2), sellable=5)
    assert (found.exit, found.findings("A")) == (0, [])


def test_files_that_say_to_be_older_than_their_movements(tmp_path: Path, now: datetime) -> None:
    """Exported six hours ago, and a movement of before looks like one of now: it is told, and it explains nothing."""
    about = f"as_of: {(now - timedelta(hours=6)).isoformat()}\n"
    files(tmp_path / "ledger", [("manual", local(now - timedelta(hours=7)))], about)
    found = diff(tmp_path, {"type": "file", "path": "ledger/", "zone": "UTC"}, now)
    assert (found.exit, found.findings("A")) == (10, [("unexplained", SHOP, 2)])
    (words,) = [one for one in found.result.warnings if "later than the files' own time" in one]
    assert "1 movement is later" in words
    assert "by up to 6 h 00 min: as_of is too old, or times are not in ledger.zone (UTC)" in words
    made = FileLedger(LedgerSettings("file", tmp_path, path=tmp_path / "ledger", zone="UTC"))
    (line,) = [line for line in made.check() if line.what == "times"]
    assert (line.ok, line.text) == (None, words.removeprefix("ledger: "))


def test_a_correction_is_later_than_the_files_that_it_was_posted_into(tmp_path: Path, now: datetime) -> None:
    """It has the run's time, and as_of stays as the export wrote it."""
    about = f"as_of: {(now - timedelta(hours=6)).isoformat()}\n"
    files(tmp_path / "ledger", [("correction", local(now - timedelta(hours=2)))], about)
    found = diff(tmp_path, {"type": "file", "path": "ledger/", "zone": "Asia/Ho_Chi_Minh"}, now, sellable=5)
    assert (found.exit, found.findings("A")) == (0, [])


def test_times_of_stock_count_where_they_tell_when_the_files_are_of(tmp_path: Path, now: datetime) -> None:
    """updated_at of another zone would make the book look as new as it is not."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "stock.csv").write_text(f"sku,available,updated_at\nA,5,{local(now)}\n")
    found = diff(tmp_path, {"type": "file", "path": "ledger/", "zone": "UTC"}, now)
    assert found.exit == 13
    assert "by up to 7 h 00 min" in str(found.result.ledger_error)


def test_how_far_is_far(now: datetime) -> None:
    """Five minutes are a clock that differs, 26 hours the most that zones can differ."""
    second = timedelta(seconds=1)
    steps = (AHEAD, AHEAD + second, ZONES, ZONES + second)
    found = ahead([(str(number), now + step) for number, step in enumerate(steps)], now)
    assert (found.near, found.by, found.far) == (2, ZONES, 1)
    assert found.named[0].startswith("3 is of ")
    assert found.fault(now, None) is not None
    assert ahead([("old", now - second)], now).fault(now, "UTC") is None
