"""Numbers that a channel computes: never the seller's to set, and counted where their parts are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stockrecon.channels.base import StockWrite
from stockrecon.channels.writing import refusal
from stockrecon.core.model import Fulfilment, Listing, ListingKey, ShopName
from tests.catalogue.build import Market, Shop, listing, opened
from tests.worlds import run


def test_a_computed_number_is_never_sent() -> None:
    """Whoever asks for it: the last look before a request refuses."""
    key = ListingKey(ShopName("shopee-vn"), "9")
    shown = Listing(key, "SET", 5, 0, 0, 0)
    assert refusal(StockWrite(key, 3, shown)) == ""
    assert "computes" in refusal(StockWrite(key, 3, replace(shown, fulfilment=Fulfilment.COMPUTED)))


def test_its_units_are_those_of_its_parts(tmp_path: Path) -> None:
    """Limits are shares of what a shop exposes: a set's units are its parts' and add nothing to that."""
    rows = [listing("1", "A", 10), listing("9", "SET", 5, fulfilment="computed")]
    with opened(Market(stock=[{"sku": "A", "available": 10}], shops=[Shop("north", rows)]), tmp_path) as catalogue:
        counts = catalogue.counts(ShopName("north"))
    assert (counts.rows, counts.in_stock, counts.exposed) == (2, 1, 10)


@pytest.mark.parametrize("available", [0, -2])
def test_an_oversell_takes_down_its_parts_and_not_the_set(available: int) -> None:
    """What is still exposed with nothing to sell is set to 0: the parts, from which the channel computes the rest."""
    outcome = run(
        {
            "now": "12:00",
            "ledger": {"MUG": available},
            "shops": {"shopee-vn": "shopee"},
            "listings": {
                "shopee-vn/1": {"sku": "MUG", "sellable": 2},
                "shopee-vn/9": {"components": {"MUG": 2}, "sellable": 1, "fulfilment": "computed"},
            },
            "policy": {"correct_unexplained": True},
        }
    )
    assert outcome.writes == ["shopee-vn/1 2->0"]
    assert outcome.withheld == []
