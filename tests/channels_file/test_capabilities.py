"""The table of what channels can do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from stockrecon.channels.capabilities import CHANNELS, capabilities, imitated


def is_lock(channel: str, text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in capabilities(channel).lock_errors)


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        ("shopee", "Can not update item with stock less than reserved stock"),
        ("shopee", "Can not update item with stock less than reserve stock"),
        ("shopee", "Total stock must be more than reserved stock."),
        ("shopee", "Stock should be larger than reserved stock."),
        ("shopee", "product.error_cannt_edit_stock_in_promotion"),
        ("shopee", "ERROR_PROMOTION_CANTNOT_UPDATE_STOCK"),
        ("shopee", "error_model_update_stock_model_in_promotion"),
        ("lazada", "E501: Negative sellable"),
        ("lazada", "negative sellable on channel inventory"),
        ("lazada", "INV_NEGATIVE_SELLABLE"),
        ("lazada", "Sellable inventory cannot be negative"),
        ("lazada", "4170: Sellers can increase stocks, but may not decrease stocks."),
        ("lazada", "4170"),
        ("lazada", "Sku edit was blocked by tag"),
        ("lazada", "This product is under campaign participation and cannot be edited"),
        ("tiktok-shop", "12052393: product is locked by promotion"),
        ("tiktok-shop", "12052371"),
    ],
)
def test_lock_errors_are_known(channel: str, text: str) -> None:
    """The words in which a channel refuses a stock below a lock are known, to the file channel as well."""
    assert is_lock(channel, text)
    assert is_lock("file", text)


@pytest.mark.parametrize("text", ["504 Gateway Timeout", "request 141700 failed", "E0501: SELLER_NOT_PERMITTED", ""])
@pytest.mark.parametrize("channel", CHANNELS)
def test_other_errors_are_no_locks(channel: str, text: str) -> None:
    """An error that says nothing of a lock is not taken for one."""
    assert not is_lock(channel, text)


def test_only_lazada_releases_unpaid_orders() -> None:
    """Scenario 5 is Lazada's: 30 minutes until the release, 72 hours until the cancellation."""
    assert [name for name in CHANNELS if capabilities(name).releases_unpaid_after] == ["lazada"]
    lazada = capabilities("lazada")
    assert lazada.releases_unpaid_after == timedelta(minutes=30)
    assert lazada.unpaid_cancelled_after == timedelta(hours=72)
    assert lazada.zeroes_on_stock_cancel


def test_normal_stock_is_not_edited_during_a_shopee_campaign() -> None:
    """Shopee alone forbids it."""
    assert [name for name in CHANNELS if not capabilities(name).edits_during_campaign] == ["shopee"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_file_shop_is_never_written(channel: str) -> None:
    """Whatever it imitates, and its capabilities keep the imitated channel's name."""
    assert imitated(channel).channel == channel
    assert not imitated(channel).writes


def test_an_unknown_channel_has_no_capabilities() -> None:
    """It is a KeyError, for the caller to say where the name stands."""
    with pytest.raises(KeyError):
        capabilities("amazon")
