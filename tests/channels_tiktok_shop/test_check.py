"""`stockrecon check` on a TikTok Shop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stockrecon.channels.base import CheckLine, Tokens
from stockrecon.rest import Answer

from .fakes import ACCESS, HOME, NOW, FakeTikTok, Store, channel, place, product, refused, sku

OTHER = "7000000000000000002"


def lines(tiktok: FakeTikTok, store: Store | None = None, **options: object) -> dict[str, list[CheckLine]]:
    found: dict[str, list[CheckLine]] = {}
    for each in channel(tiktok, store, **options).check():
        found.setdefault(each.what, []).append(each)
    return found


def healthy() -> FakeTikTok:
    tiktok = FakeTikTok()
    tiktok.platform = []
    tiktok.add(product(1, sku(11, "A", 5)))
    return tiktok


def test_a_healthy_shop() -> None:
    """Every line, and what is asked for it."""
    tiktok = healthy()
    tokens = Tokens(ACCESS, "r", NOW + timedelta(days=5), NOW + timedelta(days=40))
    found = lines(tiktok, Store(tokens))
    assert {what: [each.ok for each in each_line] for what, each_line in found.items()} == {
        "credentials": [True], "clock": [True], "access token": [True], "refresh token": [True], "scopes": [True],
        "warehouses": [True], "writes": [None], "rate": [None], "reads": [None], "campaigns": [None],
    }  # fmt: skip
    assert found["credentials"][0].text == "shop Tiệm (VN, 7494049642642441621), code VNLCTXQHN6"
    assert found["refresh token"][0].text.startswith("ends in 40 days")
    assert found["rate"][0].text.startswith("at most 20 requests a second")
    assert "Product Modify" in found["scopes"][0].text
    assert tiktok.calls["inventory/update"] == 0
    assert sum(tiktok.calls.values()) == 6


def test_the_account_is_the_part_about_the_authorisation() -> None:
    """Whose, how long, what it may; no warehouse is asked for."""
    tiktok = healthy()
    told = [each.what for each in channel(tiktok).account()]
    assert told == ["credentials", "clock", "access token", "refresh token", "scopes", "rate"]
    assert tiktok.calls["warehouses"] == 0


def test_refused_credentials_are_one_line_with_the_way_on_and_no_fault() -> None:
    """Nothing more is asked."""
    tiktok = healthy()
    tiktok.access = tiktok.refresh = "TTP-others-1"
    found = lines(tiktok)
    assert set(found) == {"credentials", "clock"}
    assert found["credentials"][0].ok is False
    assert found["credentials"][0].way_on == "authorise the shop again: stockrecon auth tiktok-vn"


def test_a_shop_that_does_not_answer_is_one_line() -> None:
    """And its clock is not known."""
    tiktok = healthy()
    tiktok.always["shops"] = lambda sent: Answer(503, {"date": "never"}, b"")
    found = lines(tiktok)
    assert found["connection"][0].ok is False
    assert found["clock"][0].ok is None


def test_another_shop_is_told() -> None:
    """Such as one of another market."""
    found = lines(healthy(), region="TH")
    assert "configured is TH" in found["credentials"][0].text
    assert "not compared" in lines(healthy(), region="")["credentials"][0].text


@pytest.mark.parametrize(
    ("ahead", "ok"), [(0, True), (25, True), (40, False), (-200, True), (-400, False), (-86_400, False)]
)
def test_the_clock_is_judged_by_tiktok_shops_limits(ahead: int, ok: bool) -> None:
    """Thirty seconds ahead, five minutes behind; a run corrects it all the same."""
    tiktok = healthy()
    tiktok.skew = timedelta(seconds=-ahead)
    found = lines(tiktok)
    assert found["clock"][0].ok is ok
    assert bool(found["clock"][0].way_on) is not ok
    assert found["credentials"][0].ok is True


@pytest.mark.parametrize(
    ("days", "ok"), [(timedelta(days=40), True), (timedelta(days=13), None), (timedelta(hours=-1), False)]
)
def test_the_end_of_the_refresh_token_is_announced(days: timedelta, ok: bool | None) -> None:
    """Renewals do not lengthen it: a person has to act in time."""
    found = lines(healthy(), Store(Tokens(ACCESS, "r", NOW - timedelta(days=1), NOW + days)))
    assert found["refresh token"][0].ok is ok
    assert bool(found["refresh token"][0].way_on) is (ok is not True)


def test_without_a_refresh_token_the_end_is_near() -> None:
    """Seven days at most."""
    found = lines(healthy(), refresh_token="")
    assert found["refresh token"][0].ok is False
    assert lines(healthy())["refresh token"][0].ok is None


@pytest.mark.parametrize(
    ("call", "scope"), [("products/search", "Product Basic"), ("orders/search", "Order Information")]
)
def test_a_missing_scope_is_named(call: str, scope: str) -> None:
    """With the page where it is enabled."""
    tiktok = healthy()
    tiktok.always[call] = lambda sent: refused(105005, "no scope")
    (line,) = lines(tiktok)["scopes"]
    assert (line.ok, line.text) == (False, f"missing: {scope}")
    assert "Manage API" in line.way_on


def test_what_else_hinders_a_call_is_told() -> None:
    """In TikTok Shop's words; and not that the scope is there."""
    tiktok = healthy()
    tiktok.always["orders/search"] = lambda sent: refused(12052700, "The seller is inactive.")
    tiktok.always["products/search"] = lambda sent: Answer(200, {}, b'{"code":0,"data":{"products":{}}}')
    found = lines(tiktok)
    assert "12052700: The seller is inactive." in found["Order Information"][0].text
    assert "Seller Center" in found["Order Information"][0].way_on
    assert "not what TikTok Shop documents" in found["Product Basic"][0].text
    assert "scopes" not in found


def test_optional_scopes_are_remarks() -> None:
    """Promotions, TikTok's warehouses, and the seller's own."""
    tiktok = healthy()
    tiktok.platform = None
    for call in ("activities/search", "warehouses"):
        tiktok.always[call] = lambda sent: refused(105005, "no scope")
    found = lines(tiktok)
    assert found["scopes"][0].ok is True
    assert found["promotions"][0].ok is None
    assert found["fulfilment"][0].ok is None
    assert "Logistics Basic" in found["warehouses"][0].text


def test_several_warehouses_ask_for_a_choice() -> None:
    """A total hides what moves between them, and can be written in few ways."""
    tiktok = healthy()
    tiktok.warehouses = [place(HOME, "Kho 1"), place(OTHER, "Kho 2")]
    found = lines(tiktok)
    assert "warehouse_id" in found["warehouses"][0].way_on
    assert "warehouse_id" in found["writes"][0].way_on
    found = lines(tiktok, warehouse_id=OTHER)
    assert (found["warehouses"][0].ok, found["writes"][0].way_on) == (True, "")
    assert f"in {OTHER}" in found["writes"][0].text
    assert lines(tiktok, warehouse_id="9")["warehouses"][0].ok is False


def test_tiktoks_own_warehouse_is_none_of_the_sellers() -> None:
    """It cannot be chosen."""
    tiktok = healthy()
    tiktok.warehouses = [place(HOME, "Kho 1"), place(OTHER, "TikTok")]
    tiktok.platform = [{"warehouse_ids": [OTHER]}]
    assert lines(tiktok)["warehouses"][0].text == f"{HOME} (Kho 1)"
    assert lines(tiktok, warehouse_id=OTHER)["warehouses"][0].ok is False


def test_a_closed_warehouse_is_told() -> None:
    """Where it counts."""
    tiktok = healthy()
    tiktok.warehouses = [place(HOME), place(OTHER, status="RESTRICTED")]
    assert [each.ok for each in lines(tiktok)["warehouses"]] == [None, False]
    assert [each.ok for each in lines(tiktok, warehouse_id=HOME)["warehouses"]] == [True]


def test_a_test_shop_has_less() -> None:
    """About a thousand calls an hour."""
    tiktok = healthy()
    tiktok.shops[0]["name"] = "SANDBOX7541698533691705110"
    assert "1,000 an hour" in lines(tiktok)["rate"][0].text
