"""Marketplaces that misbehave: a run ends in rows, in "incomplete", or in a named fault of that shop alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.seller import Run, Seller, control, differences, later, statements

SHOPS = ("shopee-vn", "lazada-vn")
OTHER = {"shopee-vn": "lazada-vn", "lazada-vn": "shopee-vn"}
ONE_SKU = {"shopee-vn": "CAMPAIGN-TEE", "lazada-vn": "LOCKED-BOTTLE"}
"""A SKU of each shop with a finding there."""


def other_is_told(run: Run, shop: str) -> bool:
    """The shop has an error, and the other one was read and its finding stands in the report."""
    other = OTHER[shop]
    findings = run.findings(ONE_SKU[other])
    return run.errors[shop] is not None and run.errors[other] is None and any(who == other for _, who, _ in findings)


@pytest.mark.parametrize(
    "kind", ["delay", "drop-before", "drop-after", "status", "truncate", "garbage", "stale", "throttle", "revoke-token"]
)
def test_what_passes_is_overcome(kind: str, stories: Seller, good_day: Run) -> None:
    """A spoiled answer of each shop: asked again (or with a new token), and the report is as if nothing had been."""
    for shop in SHOPS:
        control(stories, "faults", shop=shop, kind=kind, times=1, seconds=0.01)
    run = stories.diff()
    assert (run.exit, run.errors) == (10, {"shopee-vn": None, "lazada-vn": None})
    assert run.complete == {"shopee-vn": True, "lazada-vn": True}
    assert differences(statements(good_day.document), statements(run.document)) == []


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("drop-before", "broke off"),
        ("drop-after", "broke off"),
        ("status", "tried 5 times"),
        ("truncate", "answer"),
        ("garbage", "html"),
        ("throttle", "tried 5 times"),
        ("revoke-token", "token"),
    ],
)
def test_what_does_not_pass_costs_that_shop_alone(shop: str, kind: str, words: str, stories: Seller) -> None:
    """For ever: exit 13, the shop's fault by name with its reason; the other shop is reported all the same."""
    control(stories, "faults", shop=shop, kind=kind, times=None)
    run = stories.diff()
    assert run.exit == 13
    assert other_is_told(run, shop)
    assert words in str(run.errors[shop]).lower()
    assert not any(action.get("shop") == shop for action in run.actions if action["kind"] == "set-stock")
    assert run.waited < 600


@pytest.mark.parametrize("shop", SHOPS)
def test_totals_that_do_not_fit_make_it_incomplete(shop: str, stories: Seller) -> None:
    """The pages and their total disagree at every reading: rows, but no proof of the end, and a word about it."""
    control(stories, "faults", shop=shop, kind="wrong-total", times=None)
    run = stories.diff()
    assert run.exit == 10
    assert run.complete == {shop: False, OTHER[shop]: True}
    assert run.findings(ONE_SKU[shop])
    (report,) = [one for one in run.result.shops if one.name == shop]
    assert any("not read to its end" in text for text in report.warnings)


@pytest.mark.parametrize("status", [403])
@pytest.mark.parametrize("shop", SHOPS)
def test_any_status_is_a_named_fault(shop: str, status: int, stories: Seller) -> None:
    """Refusals and failures alike: never a traceback, the other shop is reported."""
    control(stories, "faults", shop=shop, kind="status", status=status, times=None)
    run = stories.diff()
    assert run.exit == 13
    assert other_is_told(run, shop)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chance_faults_never_change_what_is_true(seed: int, stories: Seller, good_day: Run) -> None:
    """One answer of ten is spoiled: a shop that was read to its end has the findings of a good day."""
    control(stories, "faults", kind=["status", "truncate", "drop-after", "garbage", "throttle"], rate=0.1, seed=seed)
    run = stories.diff()
    assert run.exit in (10, 13)
    if run.exit == 10 and all(run.complete.values()):
        assert differences(statements(good_day.document), statements(run.document)) == []


# Tokens and keys


@pytest.mark.parametrize(("shop", "life"), [("shopee-vn", 5), ("lazada-vn", 11 * 24)])
def test_expired_tokens_are_renewed_and_survive(shop: str, life: int, stories: Seller) -> None:
    """Refresh tokens are good for one use: the second renewal works only with the pair that the first run kept."""
    assert stories.market is not None
    served = stories.market.sandbox.shops[shop]
    configured = served.credentials()["refresh_token"]
    for _ in range(2):
        before = served.credentials()
        later(stories.market, hours=life)
        run = stories.diff()
        assert run.errors[shop] is None
        assert served.credentials()["access_token"] != before["access_token"]
        assert served.credentials()["refresh_token"] != configured


@pytest.mark.parametrize("shop", SHOPS)
def test_a_revoked_shop_says_what_to_do(shop: str, stories: Seller) -> None:
    """Both tokens are dead: exit 13, and the way on is one that exists."""
    assert stories.market is not None
    stories.market.sandbox.shops[shop].face.tokens.revoke(refresh=True)
    run = stories.diff()
    assert run.exit == 13
    assert other_is_told(run, shop)
    assert "authorise the shop again" in str(run.errors[shop])
    assert f"stockrecon auth {shop}" in str(run.errors[shop])


@pytest.mark.parametrize("shop", SHOPS)
def test_authorised_anew_the_configured_tokens_work(shop: str, stories: Seller) -> None:
    """After a renewal the state's pair counts; where it is dead, the owner's new pair in the configuration is used."""
    assert stories.market is not None
    served = stories.market.sandbox.shops[shop]
    served.face.tokens.revoke()
    assert stories.diff().errors[shop] is None
    served.face.tokens.revoke(refresh=True)
    assert stories.diff().exit == 13
    tokens = served.face.tokens
    assert tokens.redeem(tokens.issue_code(stories.now()), stories.now())
    (entry,) = [entry for entry in stories.shops if entry["name"] == shop]
    for name in ("access_token", "refresh_token"):
        Path(entry[name]["file"]).write_text(str(served.credentials()[name]), "utf-8")  # type: ignore[index]
    assert stories.diff().errors[shop] is None


@pytest.mark.parametrize(("shop", "key"), [("shopee-vn", "partner_key"), ("lazada-vn", "app_secret")])
def test_a_wrong_key_is_told_as_one(shop: str, key: str, stories: Seller) -> None:
    """The signature is refused: exit 13, the key's name, nothing of its value."""
    (entry,) = [entry for entry in stories.shops if entry["name"] == shop]
    Path(entry[key]["file"]).write_text("f" * 64, "utf-8")  # type: ignore[index]
    run = stories.diff()
    assert run.exit == 13
    assert other_is_told(run, shop)
    assert key in str(run.errors[shop])
