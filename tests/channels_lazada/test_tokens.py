"""Tokens: renewed once, saved before use, never two at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.base import Tokens
from stockrecon.channels.lazada.tokens import users
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.rest import Answer, Request, WireFault
from tests.channels_lazada.fake import NOW, FakeLazada, Store, answer, channel, product, request


def expired(items: int = 3) -> FakeLazada:
    """The shop no longer takes the access token that the configuration holds."""
    lazada = FakeLazada([product(n) for n in range(1, items + 1)])
    lazada.access = "something newer"
    return lazada


def near(moment: datetime | None, wanted: datetime) -> bool:
    return moment is not None and abs(moment - wanted) < timedelta(minutes=1)


def test_an_expired_token_is_renewed_once_and_saved_with_both_ends_before_use(tmp_path: Path) -> None:
    lazada, store = expired(), Store()
    lazada.hooks.append(lambda sent, _: store.log.append(f"call {sent.path}"))
    assert channel(lazada, store).pull(request(tmp_path)).complete
    assert lazada.renewed == 1
    log = [line for line in store.log if not line.startswith("call") or line == "call /seller/get"]
    assert log == ["load", "locked", "load", "save", "call /seller/get"]
    assert store.tokens is not None
    assert (store.tokens.access, store.tokens.refresh) == ("access-token-2", "refresh-token-2")
    assert near(store.tokens.access_ends, NOW + timedelta(days=10))
    assert near(store.tokens.refresh_ends, NOW + timedelta(days=50))


def test_a_token_that_ends_in_the_middle_of_a_scan_is_renewed_once_for_all_threads(tmp_path: Path) -> None:
    lazada = FakeLazada([product(n) for n in range(1, 1001)])

    def revoke(sent: Request, parameters: dict[str, str]) -> None:
        if parameters.get("offset") == "200" and lazada.renewed == 0:
            lazada.access = "something newer"

    lazada.hooks.append(revoke)
    assert channel(lazada, requests_per_second=1000.0).pull(request(tmp_path)).complete
    assert lazada.renewed == 1


def test_stored_tokens_count_before_configured_ones(tmp_path: Path) -> None:
    lazada = FakeLazada()
    lazada.access = "from-the-store"
    assert channel(lazada, Store(Tokens("from-the-store", "r"))).pull(request(tmp_path)).complete
    assert lazada.renewed == 0


def test_what_another_run_has_renewed_meanwhile_is_taken_over(tmp_path: Path) -> None:
    lazada, store = expired(), Store()
    one = channel(lazada, store)
    one.check()
    lazada.access = "of-another-run"
    lazada.refresh = "used up"
    store.tokens = Tokens("of-another-run", "also-of-another-run")
    before = lazada.renewed
    assert one.pull(request(tmp_path)).complete
    assert lazada.renewed == before


def test_a_new_authorisation_in_the_configuration_helps_where_the_stored_one_has_ended(tmp_path: Path) -> None:
    lazada, store = expired(), Store(Tokens("old", "ended"))
    assert channel(lazada, store).pull(request(tmp_path)).complete
    assert store.tokens is not None
    assert store.tokens.refresh == "refresh-token-2"


def test_without_an_access_token_the_refresh_token_gets_one(tmp_path: Path) -> None:
    lazada = expired()
    assert channel(lazada, access_token="").pull(request(tmp_path)).complete
    assert lazada.calls[0][0] == "/auth/token/refresh"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"refresh_token": ""}, "the access token has ended and there is no refresh token"),
        ({"refresh_token": "", "access_token": ""}, "the shop is not authorised and there is no refresh token"),
        ({"refresh_token": "ended"}, "IllegalRefreshToken"),
    ],
)
def test_where_nothing_can_be_renewed_a_person_is_asked(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(AuthFault, match=said) as caught:
        channel(expired(), **options).pull(request(tmp_path))
    assert caught.value.way_on == "authorise the shop again: stockrecon auth lazada-vn"


def test_a_renewed_token_that_is_refused_is_not_renewed_again(tmp_path: Path) -> None:
    lazada = expired()

    def refuse(sent: Request, parameters: dict[str, str]) -> Answer | None:
        if sent.path == "/auth/token/refresh":
            return None
        return answer({"code": "IllegalAccessToken", "message": "The specified access token is invalid or expired"})

    lazada.hooks.append(refuse)
    with pytest.raises(AuthFault, match="also after the token was renewed"):
        channel(lazada).pull(request(tmp_path))
    assert lazada.renewed == 1


def test_an_app_of_the_service_market_is_told_its_own_way_on(tmp_path: Path) -> None:
    lazada = expired()
    lazada.hooks.append(only_refresh(answer({"code": "AUTH_TYPE_UNSUPPORTED", "message": "only by market"})))
    with pytest.raises(AuthFault, match="AUTH_TYPE_UNSUPPORTED") as caught:
        channel(lazada).pull(request(tmp_path))
    assert "service market" in caught.value.way_on


def only_refresh(said: Answer) -> Any:
    return lambda sent, _: said if sent.path == "/auth/token/refresh" else None


def test_a_renewal_whose_answer_is_lost_is_sent_once_more(tmp_path: Path) -> None:
    """Whether the old refresh token survives its use is not documented: it may be tried once again, and no more."""
    lazada, times = expired(), iter((True, False))

    def lose(sent: Request, parameters: dict[str, str]) -> Answer | None:
        if sent.path == "/auth/token/refresh" and next(times, True):
            raise WireFault("broke off", sent=True)
        return None

    lazada.hooks.append(lose)
    assert channel(lazada).pull(request(tmp_path)).complete
    assert lazada.counts["/auth/token/refresh"] == 2
    times = iter(())
    lazada.access = "something newer"
    with pytest.raises(ReadFault, match="not sent again"):
        channel(lazada).pull(request(tmp_path))
    assert lazada.counts["/auth/token/refresh"] == 4


@pytest.mark.parametrize("told", [{"country": "my"}, {"country_user_info": [{"country": "MY"}, {"country": "sg"}]}])
def test_a_token_of_another_site_is_named_and_not_lost(tmp_path: Path, told: dict[str, Any]) -> None:
    lazada, store = expired(), Store()
    pair = {"code": "0", "access_token": "a", "refresh_token": "r", "expires_in": 1, "refresh_expires_in": "1"}
    lazada.hooks.append(only_refresh(answer(pair | told)))
    with pytest.raises(AuthFault, match=r"the token is for MY.*, the shop's region is VN"):
        channel(lazada, store).pull(request(tmp_path))
    assert store.tokens is not None
    assert store.tokens.refresh == "r"


def test_a_cross_border_token_serves_every_site_that_it_lists(tmp_path: Path) -> None:
    lazada = expired()
    lazada.access = "a"
    pair = {"code": "0", "access_token": "a", "refresh_token": "r", "country": "cb",
            "country_user_info": [{"country": "my"}, {"country": "vn"}]}  # fmt: skip
    lazada.hooks.append(only_refresh(answer(pair)))
    assert channel(lazada).pull(request(tmp_path)).complete


def test_a_renewal_without_tokens_changes_nothing(tmp_path: Path) -> None:
    lazada, store = expired(), Store()
    lazada.hooks.append(only_refresh(answer({"code": "0", "access_token": "a"})))
    with pytest.raises(AuthFault, match="no token pair"):
        channel(lazada, store).pull(request(tmp_path))
    assert store.tokens is None


def test_sellers_of_a_token_come_as_list_or_by_country() -> None:
    assert users({"country_user_info": {"sg": {"seller_id": 1}}}) == [{"country": "sg", "seller_id": 1}]
    assert users({"country_user_info_list": [{"country": "sg"}, None]}) == [{"country": "sg"}]
    assert users({}) == []


@pytest.mark.parametrize(("region", "said"), [("", "no region"), ("BR", "no region 'BR'")])
def test_a_region_that_lazada_lacks_is_a_usage_fault(region: str, said: str) -> None:
    with pytest.raises(UsageFault, match=said):
        channel(FakeLazada(), region=region)


def test_a_channel_without_its_secret_is_a_usage_fault() -> None:
    with pytest.raises(UsageFault, match="app_key and app_secret are needed"):
        channel(FakeLazada(), app_secret="")


def test_a_refused_token_in_a_form_is_renewed(tmp_path: Path) -> None:
    """What is posted carries its token in the form, not in the query."""
    lazada = expired()
    calls = channel(lazada)._calls
    sent = calls._client._signer.sign(Request("POST", "/product/stock/sellable/update", form=()), NOW)  # type: ignore[union-attr]
    calls.tokens.refused(sent)
    assert lazada.renewed == 1


def test_a_refresh_token_that_ends_soon_is_told_with_every_run(tmp_path: Path) -> None:
    """No renewal lengthens its life, so it is told of 30 days ahead."""
    lazada = FakeLazada()
    for days, told in ((31, []), (29, ["29 days"]), (1, ["24 hours"])):
        store = Store(Tokens("access-token-1", "refresh-token-1", None, NOW + timedelta(days=days, minutes=5)))
        warnings = channel(lazada, store).pull(request(tmp_path)).warnings
        assert [text for text in warnings if "refresh token ends" in text] == [
            text for text in warnings if any(span in text for span in told)
        ]
        assert len(warnings) == len(told)
        assert all("stockrecon auth lazada-vn" in text for text in warnings)
