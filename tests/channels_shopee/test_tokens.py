"""Tokens: renewed once, saved before use, single use, and lost only with a clear word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stockrecon.channels.base import Tokens
from stockrecon.channels.shopee.tokens import ends_at
from stockrecon.errors import AuthFault, OutputFault, ReadFault
from stockrecon.rest import Answer, WireFault

from .fakes import ACCESS, NOW, REFRESH, FakeShopee, Store, channel, item, model, request


def expired(shopee):
    shopee.access = "access-token-7"
    return shopee


def test_an_expired_token_is_renewed_under_the_lock_and_saved_before_it_is_used(tmp_path):
    shopee, store = expired(FakeShopee()), Store()
    channel(shopee, store).pull(request(tmp_path))
    assert store.log == ["locked", "save access-token-8", "unlocked"]
    assert store.tokens is not None
    assert (store.tokens.access, store.tokens.refresh) == ("access-token-8", "refresh-token-8")
    assert store.tokens.access_ends is not None
    assert timedelta(hours=3, minutes=59) < store.tokens.access_ends - NOW < timedelta(hours=4, minutes=1)
    assert shopee.calls["refresh"] == 1


def test_many_threads_renew_an_expiring_token_once(tmp_path):
    shopee = FakeShopee()
    for number in range(1, 60):
        shopee.add_models(item(number), model(number * 10, f"M{number}", 1))

    def expire(request):
        shopee.access = "access-token-5"
        return shopee._gate("get_model_list", request)

    shopee.overrides["get_model_list"] = [expire]
    pulled = channel(shopee).pull(request(tmp_path))
    assert pulled.complete
    assert shopee.calls["refresh"] == 1


def test_stored_tokens_win_over_the_configured_ones(tmp_path):
    shopee = FakeShopee()
    shopee.access = "access-token-3"
    store = Store(Tokens("access-token-3", "refresh-token-3"))
    channel(shopee, store).pull(request(tmp_path))
    assert {each.first("access_token") for each in shopee.requests} == {"access-token-3"}


def test_tokens_that_another_process_renewed_are_taken_over(tmp_path):
    shopee, store = FakeShopee(), Store()
    made = channel(shopee, store)
    made._keeper.access()
    shopee.access, shopee.refresh = "access-token-9", "refresh-token-9"
    store.tokens = Tokens("access-token-9", "refresh-token-9")
    made.pull(request(tmp_path))
    assert shopee.calls["refresh"] == 0


def test_a_refused_stored_pair_falls_back_to_the_configured_one_once(tmp_path):
    shopee = expired(FakeShopee())
    store = Store(Tokens("access-token-2", "refresh-token-spent"))
    channel(shopee, store).pull(request(tmp_path))
    assert shopee.calls["refresh"] == 2
    assert store.tokens is not None
    assert store.tokens.access == "access-token-8"


def test_tokens_that_are_all_refused_need_a_person(tmp_path):
    shopee = expired(FakeShopee())
    shopee.refresh = "never"
    with pytest.raises(AuthFault, match="the refresh token was refused") as caught:
        channel(shopee, Store(Tokens("access-token-2", "refresh-token-spent"))).pull(request(tmp_path))
    assert caught.value.way_on == "authorise the shop again: stockrecon auth shopee-vn"
    for secret in ("refresh-token-spent", REFRESH, ACCESS, "access-token-2"):
        assert secret not in str(caught.value)


def test_threads_do_not_ask_again_with_tokens_that_one_of_them_saw_refused(tmp_path):
    shopee = FakeShopee()
    for number in range(1, 60):
        shopee.add_models(item(number), model(number * 10, f"M{number}", 1))

    def revoke(request):
        shopee.access, shopee.refresh = "access-token-5", "never"
        return shopee._gate("get_model_list", request)

    shopee.overrides["get_model_list"] = [revoke]
    with pytest.raises(AuthFault):
        channel(shopee).pull(request(tmp_path))
    assert shopee.calls["refresh"] == 1


def test_a_stored_token_that_this_machines_clock_calls_over_is_still_tried_first(tmp_path):
    shopee = FakeShopee()
    store = Store(Tokens(ACCESS, REFRESH, access_ends=NOW - timedelta(days=1)))
    channel(shopee, store).pull(request(tmp_path))
    assert shopee.calls["refresh"] == 0


def lost(request) -> Answer:
    raise WireFault("broke off", sent=True)


def test_a_lost_answer_to_a_refresh_is_asked_for_once_more(tmp_path):
    """The same token may be sent twice: it was not used, or asking again takes nothing from anybody."""
    shopee = expired(FakeShopee())
    shopee.overrides["refresh"] = [lost]
    assert channel(shopee).pull(request(tmp_path)).complete
    assert shopee.calls["refresh"] == 2


def test_a_refresh_whose_answer_is_lost_twice_is_not_sent_again(tmp_path):
    """No third time; the fault names what happened."""
    shopee = expired(FakeShopee())
    shopee.overrides["refresh"] = [lost, lost, lost]
    with pytest.raises(ReadFault, match="whether it took effect is unknown"):
        channel(shopee).pull(request(tmp_path))
    assert shopee.calls["refresh"] == 2


def test_a_pair_that_was_lost_on_the_wire_needs_a_person(tmp_path):
    """Used up by a refresh whose answer never came: told as that, with the way on."""
    shopee = expired(FakeShopee())

    def used_up(request) -> Answer:
        shopee.refresh = "never"
        raise WireFault("broke off", sent=True)

    shopee.overrides["refresh"] = [used_up]
    with pytest.raises(AuthFault, match="was lost, and since then the refresh token was refused") as caught:
        channel(shopee).pull(request(tmp_path))
    assert "stockrecon auth shopee-vn" in caught.value.way_on


def test_tokens_that_cannot_be_saved_are_not_used(tmp_path):
    shopee = expired(FakeShopee())

    class Full(Store):
        def save(self, shop, tokens):
            raise OutputFault("the disk is full")

    with pytest.raises(OutputFault, match="the disk is full"):
        channel(shopee, Full()).pull(request(tmp_path))
    assert "access-token-8" not in {each.first("access_token") for each in shopee.requests}


def test_a_missing_access_token_is_got_ahead_of_the_first_call(tmp_path):
    shopee = FakeShopee()
    channel(shopee, access_token=None).pull(request(tmp_path))
    assert shopee.requests[0].path == "/api/v2/auth/access_token/get"


def test_without_any_refresh_token_the_way_on_is_told(tmp_path):
    shopee = expired(FakeShopee())
    with pytest.raises(AuthFault, match="there is no refresh token") as caught:
        channel(shopee, refresh_token=None).pull(request(tmp_path))
    assert "stockrecon auth shopee-vn" in caught.value.way_on


def test_expire_in_is_seconds_or_a_point_in_time():
    now = datetime(2025, 1, 1, tzinfo=UTC)
    assert ends_at(14400, now) == now + timedelta(hours=4)
    assert ends_at(1767001812, now) == datetime.fromtimestamp(1767001812, UTC)


def test_a_clock_that_shopee_refuses_even_corrected_is_named(tmp_path):
    shopee = FakeShopee()
    shopee.skew = timedelta(minutes=17)
    refusal = Answer(403, {}, b'{"error":"error_param","message":"Timestamp is expired."}')
    shopee.overrides["get_shop_info"] = [refusal, Answer(403, {}, refusal.body)]
    with pytest.raises(ReadFault, match="this machine's clock is 17 min behind the shop's"):
        channel(shopee).pull(request(tmp_path))
