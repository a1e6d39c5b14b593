"""Credentials that were mixed up: the numbers of another shop are never taken for this one's."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.config import load
from tests.integration.markets import FIVE, MARKETS, shops_of
from tests.integration.seller import Seller, later

_OWN = ("name", "channel", "region", "mode")


def swapped(seller: Seller, one: str, other: str) -> Seller:
    """The seller with the ids, keys and addresses of two shops exchanged."""
    entries = {str(entry["name"]): dict(entry) for entry in seller.shops}
    first, second = entries[one], entries[other]
    for key in set(first) - set(_OWN):
        first[key], second[key] = second[key], first[key]
    return Seller(seller.folder, list(entries.values()), seller.market, seller.ledger, logged=seller.logged)


@pytest.mark.parametrize("channel", MARKETS[FIVE])
def test_swapped_shops_are_noticed_by_who_they_were(
    channel: str, generated: tuple[Path, object], tmp_path: Path
) -> None:
    """After a good run: exit 13, both named, nothing compared; put right again, all is as it was."""
    root, market = generated
    names = [shops_of(seed)[channel] for seed in MARKETS if channel in MARKETS[seed]][:2]
    entries = [entry for entry in market.configs if entry["name"] in names]  # type: ignore[attr-defined]
    ledger = {"type": "file", "path": str(root / "ledger-0")}
    seller = Seller(tmp_path, entries, market, ledger)  # type: ignore[arg-type]
    assert set(seller.diff().errors.values()) == {None}
    run = swapped(seller, *names).diff()
    assert run.exit == 13
    for name in names:
        assert "another shop's data" in str(run.errors[name])
        assert "correct the ids and tokens" in str(run.errors[name])
    assert run.document["summary"]["listings"] == 0
    assert run.actions == []
    assert set(seller.diff().errors.values()) == {None}


def test_another_shops_id_with_this_ones_token_is_refused(stories: Seller) -> None:
    """Shopee refuses a token that is not the shop's: exit 13, the other shop is reported."""
    (entry,) = [entry for entry in stories.shops if entry["name"] == "shopee-vn"]
    others = [other for other in stories.shops if other is not entry]
    mixed = Seller(stories.folder, [{**entry, "shop_id": 9_999_999}, *others], stories.market, logged=stories.logged)
    run = mixed.diff()
    assert run.exit == 13
    assert run.errors["shopee-vn"]
    assert run.errors["lazada-vn"] is None


def test_one_shop_alone_keeps_what_is_known_of_the_other(stories: Seller) -> None:
    """A run over Lazada alone in between: Shopee's history still proves story 1."""
    assert stories.market is not None
    stories.diff()
    later(stories.market, minutes=2)
    one = Seller(stories.folder, stories.shops[1:], stories.market, logged=stories.logged)
    assert [shop["name"] for shop in one.diff().document["shops"]] == ["lazada-vn"]
    stories.market.before_second_read()
    assert stories.diff().findings("CAMPAIGN-TEE") == [("campaign-returned", "shopee-vn", 8)]
    assert load(stories.write(), {}).all_shops == ("shopee-vn", "lazada-vn")
