"""`stockrecon check` on a Shopify shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stockrecon.channels.base import CheckLine, Tokens
from stockrecon.core.policy import Mode
from stockrecon.rest import Answer
from tests.channels_shopify.fakes import ACCESS, NOW, REFRESH, SECRET, FakeShopify, Store, channel
from tests.channels_shopify.nodes import location, problem, said

APP = {"client_id": "client-1", "client_secret": SECRET}


def check(shopify: FakeShopify, store: Store | None = None, **options: Any) -> list[CheckLine]:
    return list(channel(shopify, store, **options).check())


def by_name(lines: list[CheckLine], what: str) -> list[CheckLine]:
    return [line for line in lines if line.what == what]


def test_a_healthy_shop() -> None:
    """Every line is there, none is bad, and four calls are enough."""
    shopify = FakeShopify()
    lines = check(shopify)
    assert [line.what for line in lines] == [
        "access token", "clock", "shop", "scopes", "scopes", "rate", "API version", "locations", "writes", "abilities",
    ]  # fmt: skip
    assert all(line.ok is not False for line in lines)
    assert "Tiệm (my-shop.myshopify.com), US, plan Grow, zone America/New_York" in by_name(lines, "shop")[0].text
    assert "100 points a second (Standard), at most 2000 at once" in by_name(lines, "rate")[0].text
    assert by_name(lines, "API version")[0].text == "2026-10"
    assert shopify.calls == {"Shop": 1, "Account": 1, "Scopes": 1, "Locations": 1}


def test_the_account_is_the_part_that_is_about_the_token() -> None:
    """Whose, how long, what the app may: nothing of the stock's places."""
    shopify = FakeShopify()
    lines = channel(shopify).account()
    assert [line.what for line in lines] == [
        "access token",
        "clock",
        "shop",
        "scopes",
        "scopes",
        "rate",
        "API version",
    ]
    assert shopify.calls == {"Shop": 1, "Account": 1, "Scopes": 1}


@pytest.mark.parametrize(("rate", "name"), [(200, "(Advanced)"), (1000, "(Plus)"), (2000, "(Enterprise)"), (77, "77")])
def test_the_class_of_shop_is_told_by_its_points(rate: int, name: str) -> None:
    """A rate that none is known to get is a number."""
    shopify = FakeShopify()
    shopify.rate = rate
    assert name in by_name(check(shopify), "rate")[0].text


def test_missing_scopes_are_named() -> None:
    """What reading needs, and what writing needs where it is switched on."""
    shopify = FakeShopify()
    shopify.scopes = ["read_products", "read_inventory", "read_locations"]
    (missing, remark, old) = by_name(check(shopify), "scopes")
    assert (missing.ok, missing.text) == (False, "missing: read_orders")
    assert "install it anew" in missing.way_on
    assert remark.ok is None
    assert "write_inventory" in remark.text
    assert "60 days" in old.text
    shopify.scopes += ["read_all_orders"]
    (both,) = by_name(check(shopify, mode=Mode.APPLY), "scopes")
    assert both.text == "missing: read_orders, write_inventory"


def test_a_right_to_write_is_one_to_read() -> None:
    """Shopify names the wider one alone."""
    shopify = FakeShopify()
    shopify.scopes = ["write_products", "write_inventory", "read_locations", "write_orders", "read_all_orders"]
    (fine,) = by_name(check(shopify, mode=Mode.APPLY), "scopes")
    assert fine.ok is True


def test_scopes_that_are_not_told_are_a_remark() -> None:
    """What is missing shows when it is needed."""
    shopify = FakeShopify()
    shopify.overrides["Scopes"] = [said({"errors": [problem("undefinedField", "no such field")]})]
    (remark,) = by_name(check(shopify), "scopes")
    assert remark.ok is None


def test_locations_are_named_and_a_wrong_one_is_refused() -> None:
    """Which count, which sell nothing online, whose stock a service holds, and what can be written."""
    shopify = FakeShopify()
    shopify.places += [
        location(2, "Store", fulfillsOnlineOrders=False),
        location(3, "3PL", isFulfillmentService=True),
        location(4, "Closed", isActive=False),
    ]
    lines = check(shopify)
    assert shopify.calls["Scopes"] == 1
    counts, offline, service = by_name(lines, "locations")
    assert counts.text == "counts Main (1), 3PL (3)"
    assert offline.text == "not counted, since they fulfil no online orders: Store (2)"
    assert "location_id" in offline.way_on
    assert "3PL (3)" in service.text
    assert "location_id" in by_name(lines, "writes")[0].way_on
    alone = check(shopify, location_id="2")
    assert by_name(alone, "locations")[0].text == "counts Store (2) alone, of 3"
    assert "which fulfils no online orders" in by_name(alone, "locations")[1].text
    assert not by_name(alone, "writes")[0].way_on
    (wrong,) = by_name(check(shopify, location_id="4"), "locations")
    assert wrong.ok is False


def test_a_shop_that_sends_nothing_ordered_online_is_a_fault() -> None:
    """Nothing counts there, and what to do about it stands beside it."""
    shopify = FakeShopify()
    shopify.places = [location(1, "Main", fulfillsOnlineOrders=False)]
    (line, _) = by_name(check(shopify), "locations")
    assert (line.ok, "no active location fulfils online orders" in line.text) == (False, True)
    assert "location_id" in line.way_on


@pytest.mark.parametrize(
    ("granted", "service", "missing"),
    [
        ("", False, "missing: read_merchant_managed_fulfillment_orders;"),
        ("read_merchant_managed_fulfillment_orders", False, ""),
        ("write_merchant_managed_fulfillment_orders", False, ""),
        (
            "read_merchant_managed_fulfillment_orders",
            True,
            "missing: read_third_party_fulfillment_orders or read_assigned_fulfillment_orders;",
        ),
        ("read_merchant_managed_fulfillment_orders read_third_party_fulfillment_orders", True, ""),
        ("read_merchant_managed_fulfillment_orders read_assigned_fulfillment_orders", True, ""),
    ],
)
@pytest.mark.parametrize("location_id", ["", "1"])
def test_what_tells_other_locations_orders_apart_is_checked(
    granted: str, service: bool, missing: str, location_id: str
) -> None:
    """By the scopes that the locations call for, where not all of them count."""
    shopify = FakeShopify()
    shopify.places.append(location(2, "Store", fulfillsOnlineOrders=False, isFulfillmentService=service))
    shopify.scopes += granted.split()
    (line,) = by_name(check(shopify, location_id=location_id), "orders")
    assert (line.ok, line.text.startswith(missing) if missing else "left out" in line.text) == (not missing, True)
    assert bool(line.way_on) is bool(missing)


def test_scopes_of_orders_that_are_not_told_are_a_remark() -> None:
    """As for all others."""
    shopify = FakeShopify()
    shopify.places.append(location(2, "Store"))
    refused = said({"errors": [problem("undefinedField", "no such field")]})
    shopify.overrides["Scopes"] = [refused, refused]
    (line,) = by_name(check(shopify, location_id="1"), "orders")
    assert line.ok is None


def test_many_locations_are_not_all_listed() -> None:
    """A line is read by people."""
    shopify = FakeShopify()
    shopify.places = [location(number, f"L{number}") for number in range(1, 31)]
    assert by_name(check(shopify), "locations")[0].text.endswith("and 22 more")


def test_refused_credentials_are_one_line_with_the_way_on() -> None:
    """And nothing is raised."""
    shopify = FakeShopify()
    shopify.access = "another"
    (line, clock) = check(shopify)
    assert (line.ok, line.what, clock.what) == (False, "credentials", "clock")
    assert line.way_on


def test_another_shop_is_one_line() -> None:
    """Its domain is the configured one's, or nothing further is asked."""
    shopify = FakeShopify()
    shopify.shop["myshopifyDomain"] = "other.myshopify.com"
    (line, _) = check(shopify)
    assert (line.ok, line.what) == (False, "shop")


@pytest.mark.parametrize(
    ("skew", "ok"), [(timedelta(0), True), (timedelta(minutes=30), None), (timedelta(days=-2), None)]
)
def test_the_clock_is_told(skew: timedelta, ok: bool | None) -> None:
    """Shopify judges nothing by it, so it is a remark."""
    shopify = FakeShopify()
    shopify.skew = skew
    (line,) = by_name(check(shopify), "clock")
    assert line.ok is ok
    assert bool(line.way_on) is (ok is None)


def test_a_version_that_is_not_served_any_more_is_a_fault() -> None:
    """Nothing is written then."""
    shopify = FakeShopify()
    shopify.version = "2028-01"
    (line,) = by_name(check(shopify), "API version")
    assert line.ok is False
    assert "2028-01" in line.text


@pytest.mark.parametrize(
    ("tokens", "options", "expected"),
    [
        (Tokens(ACCESS, REFRESH), {"refresh_token": REFRESH}, [("access token", True), ("refresh token", None)]),
        (
            Tokens(ACCESS, REFRESH, NOW + timedelta(minutes=50), NOW + timedelta(days=80)),
            {"refresh_token": REFRESH},
            [("access token", True), ("refresh token", True)],
        ),
        (
            Tokens(ACCESS, REFRESH, None, NOW + timedelta(days=3)),
            {"refresh_token": REFRESH},
            [("access token", True), ("refresh token", None)],
        ),
        (
            Tokens(ACCESS, REFRESH, None, NOW - timedelta(days=3)),
            {"refresh_token": REFRESH},
            [("access token", True), ("refresh token", False)],
        ),
        (Tokens(ACCESS, ""), {"refresh_token": REFRESH}, [("access token", True), ("refresh token", None)]),
        (Tokens(ACCESS, "x", NOW + timedelta(hours=20)), {"access_token": ""}, [("access token", True)]),
    ],
)
def test_the_life_of_tokens_is_told(tokens: Tokens, options: Any, expected: list[tuple[str, bool | None]]) -> None:
    """By how they are had."""
    lines = check(FakeShopify(), Store(tokens), **APP, **options)
    assert [(line.what, line.ok) for line in lines if line.what.endswith("token")] == expected


def test_a_dead_connection_is_a_line_and_no_line_shows_a_secret() -> None:
    """Whatever the other side writes into its answer."""
    shopify = FakeShopify()
    shopify.overrides["Shop"] = [Answer(502, {}, b"") for _ in range(9)]
    assert "tried 5 times" in check(shopify)[0].text
    shopify.overrides["Shop"] = [said({"errors": [problem("NOT_FOUND", f"{ACCESS} {SECRET}")]})]
    shopify.overrides["Locations"] = [said({"errors": [problem("NOT_FOUND", f"{ACCESS} {SECRET}")]})]
    told = str(check(shopify, **APP))
    assert ACCESS not in told
    assert SECRET not in told


def test_an_answer_that_is_not_as_documented_is_a_line() -> None:
    """A fault of ours or of theirs, and no traceback."""
    shopify = FakeShopify()
    shopify.overrides["Locations"] = [said({"data": {"locations": 7}})]
    (line,) = by_name(check(shopify), "locations")
    assert line.ok is False
    assert "not what Shopify documents" in line.text


def test_points_that_are_not_told_are_a_remark() -> None:
    """An answer without its costs."""
    shopify = FakeShopify()
    page = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    shopify.overrides = {
        "Shop": [said({"data": {"shop": {}}})],
        "Account": [said({"data": {"shop": {}}})],
        "Scopes": [said({"data": {"currentAppInstallation": {"accessScopes": []}}})],
        "Locations": [said({"data": {"locations": page}})],
    }
    lines = check(shopify)
    assert "did not tell" in by_name(lines, "rate")[0].text
    assert by_name(lines, "locations")[0].ok is False
    assert "did not tell" in by_name(lines, "shop")[0].text
