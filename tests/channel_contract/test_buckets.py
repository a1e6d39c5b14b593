"""What every channel promises of units that are not for sale: withheld, committed, locked for a campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.sandbox.control import Control
from tests.channel_contract.bench import Bench, Read
from tests.channel_contract.profiles import GOODS
from tests.channel_contract.whole import program

UNTOLD = ("withheld", "committed")
"""The buckets that a channel may keep to itself."""
HOUR = timedelta(hours=1)


def truth(bench: Bench, name: str) -> dict[str, Any]:
    """A listing as control tells it."""
    status, shop = Control(bench.market.sandbox).handle("GET", f"shops/{bench.name}", b"")
    assert status == 200
    item, variation = bench.profile.ids[name]
    rows: list[dict[str, Any]] = shop["listings"]  # type: ignore[index]
    return next(row for row in rows if (row["item_id"], row["variation_id"] or "") == (item, variation))


def told(bench: Bench, true: dict[str, Any]) -> dict[str, int]:
    """What the channel has to tell of a listing. Without a number for withheld units, committed ones are all that open
    orders hold, paid or not; or they stand among the sellable ones, where they count as released from the beginning."""
    able = bench.channel.capabilities
    apart = 0 if "withheld" in able.tells else true["withheld"]
    released = apart if able.releases_unpaid_after == timedelta(0) else 0
    numbers = {**true, "sellable": true["sellable"] + released, "committed": true["committed"] + apart - released}
    return {name: numbers[name] for name in ("sellable", "campaign", *able.tells)}


def row(bench: Bench, read: Read, name: str) -> dict[str, str]:
    return read.listings()[bench.profile.ids[name]]


# Orders


@pytest.mark.parametrize("doing", ["place", "pay", "ship", "cancel"])
def test_every_bucket_is_the_shops_own(bench: Bench, tmp_path: Path, doing: str) -> None:
    """While an order waits, is paid, sent or cancelled; what the channel does not tell is never made up."""
    bench.order("A", "plain", 3, doing)
    true = truth(bench, "plain")
    shown = row(bench, bench.pull(tmp_path), "plain")
    expected = told(bench, true)
    assert {name: int(shown[name] or 0) for name in expected} == expected
    assert all(not int(shown[name] or 0) for name in UNTOLD if name not in expected)


def test_each_bucket_that_is_told_is_filled_by_an_order(bench: Bench, tmp_path: Path) -> None:
    """Two units unpaid and three paid: of what the channel tells, nothing stays at 0."""
    bench.order("A", "plain", 2, "place")
    bench.order("B", "plain", 3, "pay")
    shown = row(bench, bench.pull(tmp_path), "plain")
    tells = bench.channel.capabilities.tells
    expected = {"withheld": 2, "committed": 3} if "withheld" in tells else {"committed": 5}
    assert {name: int(shown[name]) for name in tells} == {name: expected[name] for name in tells}


def test_rereading_tells_the_same_buckets(bench: Bench, tmp_path: Path) -> None:
    """One by one, with orders open and a campaign's lock."""
    bench.order("A", "red", 1, "place")
    bench.order("B", "red", 2, "pay")
    if bench.profile.campaigns:
        bench.campaign("red", 4)
    shown, again = row(bench, bench.pull(tmp_path), "red"), bench.read("red")["red"]
    for name in ("sellable", "campaign", *UNTOLD):
        assert getattr(again, name) == int(shown[name] or 0)


def test_what_is_not_told_is_null_in_the_report(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never 0: in the JSON of a run each bucket is the shop's own or null."""
    bench.order("A", "plain", 2, "place")
    bench.order("B", "plain", 3, "pay")
    expected = told(bench, truth(bench, "plain"))
    ran = program(bench, tmp_path, monkeypatch, plain=37, red=10).diff()
    assert [shop["error"] for shop in ran.document["shops"]] == [None]
    lines = [line for one in ran.document["statements"] for line in one["listings"] if line["shop"] == bench.name]
    (line,) = [one for one in lines if one["seller_sku"] == GOODS["plain"][0]]
    nothing: dict[str, int | None] = dict.fromkeys(UNTOLD)
    assert {name: line[name] for name in ("sellable", "campaign", *UNTOLD)} == nothing | expected


# Campaigns


def begun(bench: Bench, name: str, locked: int, starts: timedelta, ends: timedelta) -> dict[str, Any]:
    """A campaign that is told with its times, by what its channel tells them with; its truth."""
    now = bench.market.clock.now().replace(microsecond=0)
    times = {"starts_at": _text(now + starts), "ends_at": _text(now + ends)}
    called = {"name": "Mega"} if bench.profile.dated == "promotion" else {}
    bench.campaign(name, locked, **times, **called)
    if bench.profile.dated == "promotion":
        bench.campaign(name, locked, **times, **called, sort="promotion")
    return {"starts_at": now + starts, "ends_at": now + ends}


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def rows_of_campaigns(bench: Bench, read: Read, name: str) -> list[dict[str, str]]:
    ids = bench.profile.ids[name]
    return [one for one in read.rows("campaigns") if (one["item_id"], one["variation_id"]) == ids]


def need_rows(bench: Bench) -> None:
    bench.need_campaigns()
    if bench.profile.dated == "nowhere":
        pytest.skip(f"{bench.profile.kind} tells a campaign's lock and not its times")


@pytest.mark.parametrize(("state", "starts"), [("upcoming", HOUR), ("running", -HOUR)])
def test_a_campaign_is_a_row_with_its_times(bench: Bench, tmp_path: Path, state: str, starts: timedelta) -> None:
    """From when till when, how many units it holds, and whether it runs: once, and at no other listing."""
    need_rows(bench)
    true = begun(bench, "red", 4, starts, 5 * HOUR)
    read = bench.pull(tmp_path)
    (one,) = rows_of_campaigns(bench, read, "red")
    times = {name: datetime.fromisoformat(one[name]) for name in true}
    assert times == true
    assert (one["state"], int(one["locked"])) == (state, 4)
    assert int(one["locked"]) == int(row(bench, read, "red")["campaign"])
    assert len(read.rows("campaigns")) == 1
    assert one["campaign_id"]


def test_the_row_of_a_campaign_tells_what_it_still_holds(bench: Bench, tmp_path: Path) -> None:
    """One of four was sold in it: the row and the listing hold three, or the row says four and one sold."""
    need_rows(bench)
    begun(bench, "red", 4, -HOUR, 5 * HOUR)
    (campaign,) = [name for name, one in bench.shop.campaigns.items() if bench.shop.locks_units(one.sort)]
    line = {**bench.line("red", 1), "campaign_id": campaign}
    bench.control("orders", action="place", paid=True, **line)
    read = bench.pull(tmp_path)
    (one,) = rows_of_campaigns(bench, read, "red")
    assert int(one["locked"]) - int(one["sold"] or 0) == int(row(bench, read, "red")["campaign"]) == 3


def test_a_campaign_that_is_over_holds_nothing(bench: Bench, tmp_path: Path) -> None:
    """Its units are for sale again; it has no row any more, or one that says so."""
    need_rows(bench)
    begun(bench, "red", 4, -HOUR, 5 * HOUR)
    for campaign in list(bench.shop.campaigns):
        bench.control("campaigns", action="end", campaign_id=campaign)
    read = bench.pull(tmp_path)
    shown = row(bench, read, "red")
    assert (int(shown["sellable"]), int(shown["campaign"])) == (10, 0)
    assert all(one["state"] in ("ended", "cancelled") for one in rows_of_campaigns(bench, read, "red"))


def test_a_channel_without_campaigns_says_so(bench: Bench, tmp_path: Path) -> None:
    """An empty table where there are none; none at all where the channel tells no times: unknown is not empty."""
    read = bench.pull(tmp_path)
    if bench.profile.dated == "nowhere":
        assert "campaigns" not in read.pulled.tables
    else:
        assert read.rows("campaigns") == []
