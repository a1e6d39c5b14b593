"""`stockrecon check` on a WooCommerce shop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stockrecon.channels.base import CheckLine
from stockrecon.core.policy import Mode
from stockrecon.rest import Answer, WireFault

from .fakes import BASE, KEY, SECRET, FakeWoo, channel, error, product


def lines(woo: FakeWoo, base_url: str = BASE, mode: Mode = Mode.APPLY, **options: object) -> dict[str, CheckLine]:
    return {line.what: line for line in channel(woo, base_url, mode, **options).check()}


def test_a_healthy_shop() -> None:
    """Every line says what it found."""
    found = lines(FakeWoo())
    assert {what: line.ok for what, line in found.items()} == {
        "key": True, "clock": True, "permalinks": None, "version": True, "variations": None, "stock management": True,
        "unpaid orders": None, "right to write": True, "rate": None, "writes": None, "reads": None,
    }  # fmt: skip
    assert found["key"].text == "accepted by Tiệm, Basic authentication; it may read"
    assert found["permalinks"].text == "pretty (/wp-json/)"
    assert found["version"].text == "WooCommerce 10.3.4"
    assert found["variations"].text == "read 100 a call"
    assert found["unpaid orders"].text.startswith("hold stock for 60 minutes")
    assert found["right to write"].text == "the key may write"


def test_nothing_is_changed() -> None:
    """The right to write is found out by a batch that names no product."""
    woo = FakeWoo()
    woo.add(product(10, "A", 7))
    lines(woo)
    posted = [each.json for each in woo.requests if each.method != "GET"]
    assert posted == [{"update": []}]
    assert woo.products[10]["stock_quantity"] == 7


def test_a_refused_key_is_one_line_with_the_way_on_and_no_fault() -> None:
    found = lines(FakeWoo(), consumer_key="ck_other")
    assert list(found) == ["key", "clock"]
    assert found["key"].ok is False
    assert "strips the Authorization header" in found["key"].way_on


def test_a_shop_that_cannot_be_reached_is_one_line() -> None:
    woo = FakeWoo()

    def dead(request: object) -> Answer:
        raise WireFault("the name shop could not be resolved", sent=False)

    woo.send = dead  # type: ignore[method-assign]
    found = lines(woo)
    assert found["connection"].ok is False
    assert "could not be resolved" in found["connection"].text
    assert found["clock"].ok is None


@pytest.mark.parametrize(("mode", "ok"), [(Mode.APPLY, False), (Mode.OBSERVE, None)])
def test_a_key_that_may_only_read_is_wrong_where_it_has_to_write(mode: Mode, ok: bool | None) -> None:
    woo = FakeWoo()
    woo.may_write = False
    found = lines(woo, mode=mode)["right to write"]
    assert found.ok is ok
    assert "does not have write permissions" in found.text
    assert ("Read/Write" in found.way_on) is (ok is False)


@pytest.mark.parametrize(
    ("skew", "auth", "ok"),
    [
        (timedelta(0), "basic", True),
        (timedelta(seconds=40), "oauth", True),
        (timedelta(minutes=5), "oauth", None),
        (timedelta(minutes=20), "basic", None),
        (timedelta(minutes=-20), "oauth", False),
    ],
)
def test_the_clock_is_judged_by_what_a_signature_allows(skew: timedelta, auth: str, ok: bool | None) -> None:
    woo = FakeWoo()
    woo.skew = skew
    found = lines(woo, auth=auth)["clock"]
    assert found.ok is ok
    assert bool(found.way_on) is (ok is not True)


@pytest.mark.parametrize(
    ("version", "ok"),
    [("7.8.2", False), ("7.9.0", True), ("10.3", True), ("11.0.1", True), ("12.0.0", None), ("trunk", None)],
)
def test_the_version_is_judged_by_those_that_are_known(version: str, ok: bool | None) -> None:
    woo = FakeWoo()
    woo.version = version
    assert lines(woo)["version"].ok is ok


def test_what_a_key_may_not_see_is_said() -> None:
    """Neither is needed for comparing stock."""
    woo = FakeWoo()
    woo.manager = False
    found = lines(woo)
    assert found["version"].ok is None
    assert found["stock management"].ok is None
    assert "may not see" in found["stock management"].text
    assert found["right to write"].ok is True


def test_stock_management_that_is_off_fails() -> None:
    woo = FakeWoo()
    woo.settings["woocommerce_manage_stock"] = "no"
    found = lines(woo)["stock management"]
    assert found.ok is False
    assert "Enable stock management" in found.way_on


@pytest.mark.parametrize(("minutes", "words"), [("", "hold no stock"), ("15", "for 15 minutes")])
def test_the_hold_of_unpaid_orders_is_told(minutes: str, words: str) -> None:
    woo = FakeWoo()
    woo.settings["woocommerce_hold_stock_minutes"] = minutes
    assert words in lines(woo)["unpaid orders"].text


def test_a_threshold_for_out_of_stock_is_told() -> None:
    woo = FakeWoo()
    woo.settings["woocommerce_notify_no_stock_amount"] = "3"
    assert lines(woo)["out of stock"].text.startswith("with 3 units or fewer")


def test_an_old_shop_and_plain_permalinks_are_told() -> None:
    woo = FakeWoo()
    woo.lists_all = woo.pretty = False
    found = lines(woo)
    assert found["variations"].text.startswith("read product by product")
    assert found["permalinks"].text == "plain (/?rest_route=/)"


def test_no_line_holds_a_secret_and_none_is_raised() -> None:
    """Whatever each of the calls answers."""
    for route in ("/wc/v3/products", "/wc/v3/variations", "/wc/v3/settings/products", "/wc/v3/system_status",
                  "/wc/v3/products/batch", "/"):  # fmt: skip
        for answer in (error("x", f"{SECRET} {KEY}", 400), error("y", SECRET, 401), Answer(200, {}, b"[7]"),
                       Answer(500, {}, b"oops")):  # fmt: skip
            woo = FakeWoo()
            woo.overrides[route] = [Answer(answer.status, {}, answer.body) for _ in range(9)]
            for line in channel(woo).check():
                assert SECRET not in line.text + line.way_on
