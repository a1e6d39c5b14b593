"""Targets and floors, worked by hand: the number in the comment is the sum that leads to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stockrecon.core.model import Campaign, CampaignState, Listing, ListingKey, ShopName
from stockrecon.core.policy import Override, ShopPolicy, StockRule
from stockrecon.core.target import Lock, Supply, floor_of, limiting, lock_now, reserved_units, target_of

NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = ListingKey(ShopName("lazada-vn"), "1")


def supply(available: int, units: int = 1, **more: int) -> Supply:
    rule = StockRule(more.pop("buffer", 0), more.pop("percent", 100), more.pop("cap", None))
    return Supply(available, units, rule, **more)


@pytest.mark.parametrize(
    ("given", "target"),
    [
        (supply(40), 40),
        (supply(0), 0),
        (supply(-3), 0),  # below zero nothing is exposed
        (supply(40, buffer=5), 35),
        (supply(3, buffer=5), 0),  # 3 - 5 = -2
        (supply(15, percent=50), 7),  # floor(7.5)
        (supply(1, percent=50), 0),  # floor(0.5)
        (supply(-1, percent=50), 0),  # floor(-0.5) = -1
        (supply(10, percent=0), 0),
        (supply(21, buffer=1, percent=30), 6),  # the buffer first: 20 x 30 % = 6, not 21 x 30 % - 1 = 5
        (supply(40, cap=5), 5),
        (supply(3, cap=5), 3),
        (supply(40, cap=0), 0),
        (supply(-3, cap=5), 0),
        (supply(11, units=3), 3),  # floor(11 / 3)
        (supply(2, units=3), 0),
        (supply(-1, units=3), 0),
        (supply(23, units=3, percent=50), 3),  # floor(11.5) = 11, floor(11 / 3)
        (supply(23, units=2, buffer=2, percent=50, cap=4), 4),  # 21 -> 10 -> 5 -> 4
    ],
)
def test_one_component(given: Supply, target: int) -> None:
    """Buffer, percent, units and cap apply in this order, each rounded down."""
    assert target_of([given]) == target


@pytest.mark.parametrize(
    ("given", "target", "limits"),
    [
        ([supply(10), supply(9, units=2)], 4, 1),  # 10, 4
        ([supply(4), supply(8, units=2)], 4, 0),  # 4, 4: the first of them
        ([supply(10), supply(-5)], 0, 1),
        ([supply(-1), supply(-7, units=2)], 0, 1),  # -1, floor(-3.5) = -4: the one that lacks most
        ([supply(10, cap=3), supply(9, units=2)], 3, 1),  # 10, 4: B limits, the cap cuts
        ([supply(10, buffer=8), supply(9, units=2)], 2, 0),
    ],
)
def test_kit(given: list[Supply], target: int, limits: int) -> None:
    """A kit has the smallest of what its components allow, and stands under the first that limits it."""
    assert target_of(given) == target
    assert limiting(given) == limits


@pytest.mark.parametrize(
    ("available", "units", "targets"),
    [
        (9, 1, [3, 3, 3]),
        (10, 1, [4, 3, 3]),  # the remainder to the first in the order of the keys
        (11, 1, [4, 4, 3]),
        (2, 1, [1, 1, 0]),
        (0, 1, [0, 0, 0]),
        (-1, 1, [0, 0, 0]),
        (11, 2, [2, 2, 1]),  # 4, 4, 3 of the ledger's units, each halved
    ],
)
def test_divided(available: int, units: int, targets: list[int]) -> None:
    """Listings that divide share the target without losing a unit or giving one twice."""
    rule = StockRule(divide=True)
    assert [target_of([Supply(available, units, rule, i, 3)]) for i in range(3)] == targets


def test_each_listing_has_the_whole_target_unless_divided() -> None:
    """Without `divide`, the number of listings changes nothing."""
    assert [target_of([Supply(10, 1, StockRule(), i, 3)]) for i in range(3)] == [10, 10, 10]


@pytest.mark.parametrize(
    ("given", "own", "target"),
    [
        (supply(100, locked_elsewhere=30), 0, 70),
        (supply(100, percent=50, locked_elsewhere=30), 0, 35),  # before the percent: 70 x 50 %
        (supply(100, buffer=10, locked_elsewhere=30), 0, 60),
        (supply(20, locked_elsewhere=30), 0, 0),
        (supply(40, locked_elsewhere=30), 20, 20),  # 10, but not below min(20, 40)
        (supply(15, locked_elsewhere=30), 20, 15),  # not below min(20, 15): never more than without protection
        (supply(100, locked_elsewhere=30), 20, 70),  # 70 is above its own 20
        (supply(100, cap=50, locked_elsewhere=30), 0, 50),
        (supply(100, locked_elsewhere=0), 20, 100),
    ],
)
def test_protected_campaign_stock(given: Supply, own: int, target: int) -> None:
    """Other shops' campaign units are taken from the free stock, yet never a listing's own ones."""
    assert target_of([given], own) == target


def listing(sellable: int, campaign: int = 0) -> Listing:
    return Listing(KEY, "MUG", sellable, campaign, 0, 0)


def campaign(locked: int, sold: int | None = None, *, starts: int = -1, ends: int = 1, **more: object) -> Campaign:
    made = Campaign("C", KEY, NOW + starts * HOUR, NOW + ends * HOUR, locked, sold, CampaignState.RUNNING)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "campaigns", "lock"),
    [
        (listing(5, 7), [campaign(50)], Lock(7, True)),  # what the channel shows is the lock
        (listing(5), [campaign(50)], Lock(50, False)),  # sales unknown: all of it
        (listing(5), [campaign(50, 10)], Lock(40, False)),
        (listing(5), [campaign(50, 60)], Lock(0, False)),
        (listing(5), [campaign(50, 10), campaign(20, declared=True)], Lock(20, False)),  # the seller's word goes first
        (listing(5), [campaign(50, starts=1, ends=2)], Lock(0, False)),  # not yet
        (listing(5), [campaign(50, starts=-2, ends=-1)], Lock(0, False)),  # over
        (listing(5), [campaign(50, over_since=NOW - HOUR)], Lock(0, False)),  # ended before its end
        (listing(5), [campaign(50), campaign(30)], Lock(80, False)),
        (listing(5), [], Lock(0, False)),
    ],
)
def test_lock_now(shown: Listing, campaigns: list[Campaign], lock: Lock) -> None:
    """The lock is what is shown, else declared, else the campaigns' locked less sold."""
    assert lock_now(shown, campaigns, NOW) == lock


def test_reserved_before_the_start() -> None:
    """A campaign keeps its units from other shops before it starts, and no longer than it lasts."""
    assert reserved_units(listing(50), [campaign(30, starts=1, ends=2)], NOW) == 30
    assert reserved_units(listing(50), [campaign(30, starts=-2, ends=-1)], NOW) == 0
    assert reserved_units(listing(50, 12), [campaign(30)], NOW) == 12


@pytest.mark.parametrize(
    ("shown", "units", "floor"), [(listing(50, 50), 50, 50), (listing(10), 50, 10), (listing(100), 50, 50)]
)
def test_floor(shown: Listing, units: int, floor: int) -> None:
    """The floor is the lock, never more than what is exposed."""
    assert floor_of(shown, Lock(units, False)) == floor


def test_the_first_override_wins() -> None:
    """An override matches the SKU or the seller SKU as a shell pattern, case matters, and the first match wins."""
    first, second = StockRule(buffer=3), StockRule(buffer=9)
    policy = ShopPolicy(ShopName("s"), "shopee", overrides=(Override("KIT-*", first), Override("*", second)))
    assert policy.rule_for("KIT-1", "x") == first
    assert policy.rule_for("x", "KIT-1") == first
    assert policy.rule_for("kit-1", "x") == second
