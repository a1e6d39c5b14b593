"""What a statement tells beside its findings, and orders that shop and ledger see differently at the edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stockrecon.core.case import Account
from stockrecon.core.compare import World, home_of
from stockrecon.core.explain import explain
from stockrecon.core.model import ListingState, Order, OrderStatus, ShopName
from stockrecon.core.position import held_orders
from tests.worlds import key, run, time

MUG = "shopee-vn/1"


def world(**other: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "now": "12:00",
        "ledger": {"MUG": 10},
        "shops": {"shopee-vn": "shopee"},
        "listings": {MUG: {"sku": "MUG", "sellable": 10}},
    }
    return plain | other


def warnings(given: dict[str, Any]) -> tuple[str, ...]:
    (statement,) = run(given).statements
    assert statement.findings == ()
    return statement.warnings


def test_a_listing_in_line_that_takes_no_push_is_a_warning() -> None:
    """With the shop's own words where it has some; not where it takes pushes."""
    told = "shopee-vn 1 is in state {}; its stock is right, but it takes no push"
    for state in ListingState:
        expected = () if state.takes_writes else (told.format(state.value),)
        assert warnings(world(listings={MUG: {"sku": "MUG", "sellable": 10, "state": state.value}})) == expected
    banned = {"sku": "MUG", "sellable": 10, "state": "banned", "message": "no licence"}
    assert warnings(world(listings={MUG: banned})) == (told.format("banned: no licence"),)


def test_a_number_that_the_channel_does_not_tell_is_unknown() -> None:
    """Never 0; what a shop's table says all the same is told."""
    for channel, told in (("shopee", (None, None)), ("lazada", (0, 0)), ("tiktok-shop", (None, 0))):
        (line,) = run(world(shops={"shopee-vn": channel})).statements[0].lines
        assert (line.withheld, line.committed) == told, channel
    (line,) = run(world(listings={MUG: {"sku": "MUG", "sellable": 10, "withheld": 3}})).statements[0].lines
    assert (line.withheld, line.committed) == (3, None)


def test_balances_that_contradict_one_another_are_a_warning() -> None:
    """It says from when on the audit begins anew."""
    moved = [[1, "09:00", "MUG", 5, "receipt", None, None, 8], [2, "10:00", "MUG", 1, "receipt", None, None, 10]]
    assert warnings(world(movements=moved)) == (
        "MUG: balances and quantities of its movements contradict one another at 2026-11-11 10:00:00 UTC; the audit of "
        "cancelled orders begins anew after that",
    )


def test_why_a_target_is_not_what_is_available() -> None:
    """Buffer, percent, cap, divided shares, packs: each in words; nothing where the target is what is available."""
    assert run(world()).statements[0].policy == ()
    rule = {"channel": "shopee", "buffer": 2, "percent": 50, "cap": 3, "divide": True}
    given = world(shops={"shopee-vn": rule}, listings={MUG: {"sku": "MUG", "units": 3, "sellable": 1}})
    assert run(given).statements[0].policy == (
        "shopee-vn 1: buffer of 2 units of MUG",
        "shopee-vn 1: 50 % of the free stock of MUG",
        "shopee-vn 1: cap of 3",
        "shopee-vn 1: the listings of MUG in this shop divide its share",
        "shopee-vn 1: one listing takes 3 units of MUG",
    )


def test_an_account_is_found_by_its_listing() -> None:
    """None for a listing of another statement."""
    (case,) = run(world()).cases
    assert case.account(key(MUG)) is case.accounts[0]
    assert case.account(key("shopee-vn/2")) is None


def test_variations_that_do_not_agree_are_a_warning() -> None:
    """Where the stock is right; a listing in a bad state is told as that."""
    (case,) = run(world()).cases
    account = replace(case.accounts[0], variations=(3, 2))

    def told(one: Account) -> tuple[str, ...]:
        return explain(replace(case, accounts=(one,)), ()).warnings

    assert told(account) == (
        "shopee-vn 1: the ledger names 3 variations of its item, the shop has 2; its stock is right, but it takes no "
        "push",
    )
    assert told(replace(account, target=9)) == ()
    (warning,) = told(replace(account, listing=replace(account.listing, state=ListingState.ERROR)))
    assert "is in state error" in warning


def test_a_pre_order_is_told() -> None:
    """Sold beyond stock, no number is its target."""
    (case,) = run(world()).cases
    account = replace(case.accounts[0], listing=replace(case.accounts[0].listing, sells_beyond_stock=True))
    assert explain(replace(case, accounts=(account,)), ()).policy == (
        "shopee-vn 1: sold beyond stock (pre-order), so no number is its target",
    )


def test_a_listing_without_components_stands_under_its_seller_sku() -> None:
    """Where it has none, under the empty one."""
    (case,) = run(world()).cases
    nothing = World({}, {}, case.ledger, {}, {}, case.policy, case.now)
    bare = replace(case.accounts[0].listing, components=())
    assert home_of(bare, nothing) == "MUG"
    assert home_of(replace(bare, seller_sku=""), nothing) == ""


def test_orders_of_a_shop_that_was_not_read_are_not_held() -> None:
    """What nobody read holds nothing; withheld units cover the newest orders first, and only whole ones."""
    (case,) = run(world(shops={"lazada-vn": "lazada"}, listings={"lazada-vn/1": {"sku": "MUG", "withheld": 3}})).cases
    shops, listings = case.shops, [account.listing for account in case.accounts]

    def order(name: str, at: str, quantity: int, shop: str = "lazada-vn") -> Order:
        return Order(name, replace(key("lazada-vn/1"), shop=ShopName(shop)), quantity, OrderStatus.UNPAID, time(at))

    old, big, new = order("1", "10:00", 1), order("2", "10:10", 3), order("3", "10:20", 2)
    assert held_orders(listings, [old, big, new], shops) == {new, old}
    assert held_orders(listings, [order("4", "10:30", 1, "gone")], shops) == frozenset()
    assert held_orders([], [old], shops) == frozenset()


def test_a_cancellation_older_than_the_lookback_is_nobodys() -> None:
    """Units that were not put back long ago explain nothing any more; younger ones are told."""
    for cancelled, found in (("-7d 11:59", []), ("-7d 12:00", ["cancelled-order-not-restocked ledger MUG -1 manual"])):
        given = world(
            orders=[{"id": "O", "where": MUG, "at": "-8d 10:00", "status": "cancelled", "cancelled": cancelled}],
            movements=[[1, "-8d 10:01", "MUG", -1, "order", "shopee-vn", "O"]],
        )
        assert run(given).findings == found


def test_an_order_of_no_units_is_not_asked_for() -> None:
    """Neither in flight nor missing."""
    given = world(
        orders=[{"id": "O", "where": MUG, "qty": 0, "at": "10:00"}],
        movements=[[1, "09:00", "MUG", -1, "order", "shopee-vn", "OLD"]],
    )
    assert run(given).findings == []
