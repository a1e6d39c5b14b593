"""What every channel that reads a shop promises, tried against marketplaces on loopback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import ListingState
from stockrecon.errors import AuthFault, ReadFault, StockreconError
from tests.channel_contract.bench import Bench
from tests.channel_contract.profiles import GOODS


def shown(bench: Bench, folder: Path) -> dict[str, tuple[int, int, str]]:
    """Sellable, campaign and state of each listing, by its name."""
    rows = bench.pull(folder).listings()
    names = {bench.profile.ids[name]: name for name in GOODS}
    return {
        names[key]: (int(row["sellable"]), int(row["campaign"]), row["state"])
        for key, row in rows.items()
        if key in names
    }


# Listings


def test_every_listing_is_read_with_its_units(bench: Bench, tmp_path: Path) -> None:
    """All that the shop has, once each, complete, with the seller's own SKU; reading changes nothing."""
    read = bench.pull(tmp_path)
    assert read.pulled.complete, read.pulled.reason
    told = {row["seller_sku"]: int(row["sellable"]) + int(row["campaign"]) for row in read.rows("listings")}
    there = [name for name in GOODS if bench.there(name) is not None]
    assert told == {GOODS[name][0]: GOODS[name][1] for name in there}
    assert bench.shop.effects == []
    assert read.pulled.requests > 0


def test_units_of_a_campaign_are_told_apart(bench: Bench, tmp_path: Path) -> None:
    """40, of which 15 are locked: 25 to ordinary buyers."""
    bench.need_campaigns()
    bench.campaign("plain", 15)
    assert shown(bench, tmp_path)["plain"][:2] == (25, 15)


def test_what_is_sold_is_gone(bench: Bench, tmp_path: Path) -> None:
    """After a paid order the units are not to be had any more, and after its cancellation they are."""
    bench.order("A", "plain", 3, "pay")
    assert sum(shown(bench, tmp_path)["plain"][:2]) == 37
    bench.order("A", "plain", 3, "cancel")
    assert sum(shown(bench, tmp_path)["plain"][:2]) == 40


@pytest.mark.parametrize("state", [s for s in ListingState if s not in (ListingState.OK, ListingState.DELETED)])
def test_a_state_is_told(bench: Bench, tmp_path: Path, state: ListingState) -> None:
    """Whatever keeps buyers or pushes away from a listing; in the channel's words where it has some."""
    if state not in bench.profile.states:
        pytest.skip(f"{bench.profile.kind} knows no listing that is {state}")
    bench.state("plain", state)
    told = shown(bench, tmp_path)
    assert told["plain"][2] == str(state)
    assert {name: row[2] for name, row in told.items() if name in ("red", "blue")} == {"red": "ok", "blue": "ok"}


def test_a_deleted_listing_is_not_for_sale(bench: Bench, tmp_path: Path) -> None:
    """It is left out, or told as deleted."""
    bench.state("plain", ListingState.DELETED)
    assert shown(bench, tmp_path).get("plain", (0, 0, "deleted"))[2] == "deleted"


def test_rereading_gives_what_a_pull_gives(bench: Bench, tmp_path: Path) -> None:
    """The same units and states for every listing, one by one."""
    if bench.profile.campaigns:
        bench.campaign("red", 4)
    told = shown(bench, tmp_path)
    again = bench.read(*told)
    assert {n: (one.sellable, one.campaign, str(one.state)) for n, one in again.items()} == told


# Orders


@pytest.mark.parametrize("doing", ["place", "pay", "ship", "cancel", "request-cancel", "return"])
def test_an_order_is_read_in_every_state(bench: Bench, tmp_path: Path, doing: str) -> None:
    """With its listing, its units and its times."""
    if doing not in bench.profile.doings:
        pytest.skip(f"{bench.profile.kind} has no such state of an order")
    number = bench.order("1001", "red", 2, doing)
    row = next(row for row in bench.pull(tmp_path).rows("orders") if row["order_id"] == number)
    expected = {
        "place": "unpaid",
        "pay": "paid",
        "ship": "shipped",
        "cancel": "cancelled",
        "request-cancel": "cancel_requested",
        "return": "returned",
    }
    assert row["status"] == expected[doing]
    assert (row["item_id"], row["variation_id"], row["quantity"]) == (*bench.profile.ids["red"], "2")
    created = bench.shop.orders[number].created_at
    assert timedelta(0) <= created - datetime.fromisoformat(row["created_at"]) < timedelta(seconds=1)
    if doing == "cancel":
        assert row["cancelled_at"] or row["updated_at"]


def test_an_order_of_two_listings_has_a_row_for_each(bench: Bench, tmp_path: Path) -> None:
    """Units of one listing are one number, however the channel counts them."""
    lines = [bench.line("red", 3), bench.line("blue", 1)]
    number = bench.control("orders", action="place", paid=True, lines=lines)["order_id"]
    rows = [row for row in bench.pull(tmp_path).rows("orders") if row["order_id"] == number]
    units = {(row["item_id"], row["variation_id"]): 0 for row in rows}
    for row in rows:
        units[row["item_id"], row["variation_id"]] += int(row["quantity"])
    assert units == {bench.profile.ids["red"]: 3, bench.profile.ids["blue"]: 1}


# Misfortunes


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "status", "truncate", "garbage", "throttle", "delay"])
def test_what_befalls_a_reading_once_is_read_again(bench: Bench, tmp_path: Path, kind: str) -> None:
    """Reading takes nothing away, so it is repeated; the result is the same as without the misfortune."""
    bench.fault(kind, path="*", times=2, seconds=0.02, status=503)
    read = bench.pull(tmp_path)
    assert read.pulled.complete, read.pulled.reason
    assert len(read.rows("listings")) == sum(1 for name in GOODS if bench.there(name) is not None)


@pytest.mark.parametrize("kind", ["drop-before", "status", "garbage", "truncate", "throttle"])
def test_what_befalls_every_reading_is_told(bench: Bench, tmp_path: Path, kind: str) -> None:
    """A ReadFault that names what was asked and how often, free of secrets, within a bounded number of requests."""
    before = bench.asked("*")
    bench.fault(kind, path=bench.profile.pages, times=None, status=502)
    with pytest.raises(ReadFault) as caught:
        bench.pull(tmp_path)
    bench.look_through(caught.value.text)
    assert caught.value.way_on
    assert bench.asked("*") - before <= 40
    assert bench.shop.effects == []


def test_a_revoked_token_is_renewed_while_reading(bench: Bench, tmp_path: Path) -> None:
    """Once, and nothing is missing."""
    bench.need_tokens()
    bench.fault("revoke-token", path=bench.profile.pages)
    read = bench.pull(tmp_path)
    assert read.pulled.complete
    assert bench.shop.effects == []


def test_a_shop_that_has_to_be_authorised_again_is_told(bench: Bench, tmp_path: Path) -> None:
    """An AuthFault with the way on."""
    with bench.market.sandbox.lock:
        bench.market.sandbox.shops[bench.name].face.revoke(refresh=True)
    with pytest.raises(AuthFault) as caught:
        bench.pull(tmp_path)
    bench.look_through(caught.value.text)
    assert caught.value.way_on


def test_a_wrong_key_is_refused(another: Callable[..., Bench], profile: object, tmp_path: Path) -> None:
    """Whatever else is right: nothing is read, and the text holds neither the right key nor the wrong one."""
    bench = another()
    wrong = bench.wrong_key()
    with pytest.raises(StockreconError) as caught:
        bench.pull(tmp_path, wrong)
    bench.look_through(caught.value.text)
    assert "wrong-key" not in caught.value.text
    wrong.close()


def test_a_clock_that_is_off_is_told_or_made_up_for(bench: Bench, tmp_path: Path) -> None:
    """This machine is 20 minutes behind: the shop is read all the same, as of the shop's time."""
    behind = bench.make(clock=lambda: bench.market.clock.now() - timedelta(minutes=20))
    pulled = bench.pull(tmp_path, behind).pulled
    behind.close()
    assert pulled.complete
    assert abs(pulled.as_of - bench.market.clock.now()) < timedelta(minutes=5)


def test_checking_touches_no_stock(bench: Bench) -> None:
    """Lines about the clock and the credentials, and nothing of the shop is changed."""
    lines = bench.channel.check()
    assert lines
    assert all(line.ok is not False for line in lines), lines
    for line in lines:
        bench.look_through(f"{line.what} {line.text} {line.way_on}")
    assert bench.shop.effects == []
