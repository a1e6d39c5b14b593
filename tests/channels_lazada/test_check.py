"""`stockrecon check` on a Lazada shop."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.channels.base import CheckLine, Tokens
from tests.channels_lazada.fake import NOW, FakeLazada, Store, channel, failure


def lines(lazada: FakeLazada, store: Store | None = None, **options: object) -> dict[str, CheckLine]:
    return {line.what: line for line in channel(lazada, store, **options).check()}


def test_a_healthy_shop() -> None:
    tokens = Tokens("access-token-1", "r", NOW + timedelta(days=5), NOW + timedelta(days=40))
    found = lines(FakeLazada(), Store(tokens))
    assert {what: line.ok for what, line in found.items()} == {
        "credentials": True, "site": True, "clock": True, "access token": True, "refresh token": True, "rights": True,
        "rate": None,
        "warehouses": True, "writes": None, "reads": None, "campaigns": None,
    }  # fmt: skip
    assert found["credentials"].text == "seller Tiệm, id 1000123"
    assert found["refresh token"].text.startswith("ends in 40 days")


def test_four_calls_are_enough() -> None:
    """The seller, a product, the last hour's orders, the warehouses; for the account alone three."""
    lazada = FakeLazada()
    made = channel(lazada)
    made.check()
    assert lazada.counts == {"/seller/get": 1, "/products/get": 1, "/orders/get": 1, "/seller/warehouse/get": 1}
    lazada.calls.clear()
    made.account()
    assert lazada.counts == {"/seller/get": 1, "/products/get": 1, "/orders/get": 1}


@pytest.mark.parametrize(
    ("path", "what"), [("/products/get", "products cannot be read"), ("/orders/get", "orders cannot be read")]
)
def test_a_right_that_the_app_lacks_is_named(path: str, what: str) -> None:
    """Lazada tells no rights, so each is tried where nothing depends on it."""
    lazada = FakeLazada()
    lazada.hooks.append(lambda sent, _: failure("InsufficientPermission", "no") if sent.path == path else None)
    found = lines(lazada)["rights"]
    assert (found.ok, "console" in found.way_on) == (False, True)
    assert found.text.startswith(what)


@pytest.mark.parametrize(
    ("code", "ok", "words"),
    [
        ("VN123", True, "VN, short code VN123"),
        ("SGLYT0OS", None, "is of SG, the shop's region is VN"),
        ("", None, "does not tell"),
        ("XY1", None, "does not tell"),
    ],
)
def test_the_site_is_told_as_far_as_lazada_tells_it(code: str, ok: bool | None, words: str) -> None:
    """By the seller's short code; it proves nothing, so another one is a remark with the way on."""
    lazada = FakeLazada()
    lazada.seller["short_code"] = code
    found = lines(lazada)["site"]
    assert (found.ok, words in found.text) == (ok, True)


def test_the_rate_tells_of_the_classes_of_apps() -> None:
    """Lazada shows no class: both are named with what they may."""
    assert "10,000 times a day" in lines(FakeLazada())["rate"].text


def test_refused_credentials_are_one_line_with_the_way_on_and_no_fault() -> None:
    lazada = FakeLazada()
    lazada.access = lazada.refresh = "others"
    found = lines(lazada)
    assert found["credentials"].ok is False
    assert "IllegalRefreshToken" in found["credentials"].text
    assert found["credentials"].way_on == "authorise the shop again: stockrecon auth lazada-vn"
    assert "warehouses" not in found


@pytest.mark.parametrize(
    ("days", "ok"), [(timedelta(days=40), True), (timedelta(days=13), None), (timedelta(hours=-1), False)]
)
def test_the_end_of_the_refresh_token_is_announced(days: timedelta, ok: bool | None) -> None:
    """Renewals do not lengthen it: a person has to act in time."""
    found = lines(FakeLazada(), Store(Tokens("access-token-1", "r", NOW - timedelta(days=1), NOW + days)))
    assert found["refresh token"].ok is ok
    assert bool(found["refresh token"].way_on) is (ok is not True)
    assert found["access token"].ok is None


@pytest.mark.parametrize(
    ("skew", "ok"), [(timedelta(0), True), (timedelta(seconds=30), True), (timedelta(minutes=30), None),
                     (timedelta(hours=-3), False)]
)  # fmt: skip
def test_the_clock_is_judged_by_lazadas_limit(skew: timedelta, ok: bool | None) -> None:
    lazada = FakeLazada()
    lazada.skew = skew
    assert lines(lazada)["clock"].ok is ok


def test_warehouses_are_named_and_a_wrong_one_is_refused() -> None:
    lazada = FakeLazada()
    lazada.warehouses = {"success": True, "module": [{"warehouse_code": "A"}, {"code": "B"}]}
    assert lines(lazada)["warehouses"].text == (
        "counts the stock of all 2 as one: A, B; what moves between them is not seen"
    )
    assert lines(lazada, warehouse="b")["warehouses"].ok is True
    assert lines(lazada, warehouse="C")["warehouses"].ok is False


def test_what_is_written_is_told() -> None:
    """Of several warehouses one has to be named before more than the plain cases are written."""
    lazada = FakeLazada()
    assert "the one warehouse" in lines(lazada)["writes"].text
    lazada.warehouses = {"success": True, "module": [{"code": "A"}, {"code": "B"}]}
    assert "warehouse" in lines(lazada)["writes"].way_on
    named = lines(lazada, warehouse="b")["writes"]
    assert named.text.endswith("in b")
    assert not named.way_on


@pytest.mark.parametrize("said", [{"success": False, "error_code": "NO"}, {"success": True, "module": None}, "xxxx"])
def test_warehouses_that_are_not_told_are_a_remark(said: object) -> None:
    lazada = FakeLazada()
    lazada.warehouses = said
    assert lines(lazada)["warehouses"].ok is not False


def test_a_closed_shop_is_told() -> None:
    lazada = FakeLazada()
    lazada.seller["status"] = "INACTIVE"
    assert lines(lazada)["seller"].ok is False


def test_a_dead_connection_is_a_line() -> None:
    lazada = FakeLazada()
    lazada.hooks.append(lambda sent, _: failure("SYSTEM"))
    found = lines(lazada)
    assert found["connection"].ok is False
    assert "tried 5 times" in found["connection"].text


def test_no_line_shows_a_secret(tmp_path: Path) -> None:
    lazada = FakeLazada()
    lazada.hooks.append(lambda sent, _: failure("30", "access-token-1 refresh-token-1 app-secret-0123456789"))
    assert "token-1" not in str(channel(lazada).check())
    assert "app-secret" not in str(channel(lazada).check())
