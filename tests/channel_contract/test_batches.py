"""Requests: every write in exactly one of them, within the vendor's limits, what lowers before what raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import StockWrite
from stockrecon.channels.lazada import writing as lazada
from stockrecon.channels.shopee import writing as shopee
from stockrecon.core.model import Listing, ListingKey, ShopName

Batches = Callable[[Sequence[StockWrite]], Iterator[list[StockWrite]]]
BOTH = pytest.mark.parametrize(("batches", "most"), [(shopee.batches, 50), (lazada.batches, 20)])


def write(item: int, variation: int, to: int, shown: int = 5) -> StockWrite:
    key = ListingKey(ShopName("shop"), str(item), str(variation))
    return StockWrite(key, to, Listing(key, f"S-{variation}", shown, 0, 0, 0))


WRITES = st.lists(st.builds(write, st.integers(1, 3), st.integers(1, 40), st.integers(0, 9)), max_size=120)


def lowers(one: StockWrite) -> bool:
    return one.to < one.shown.exposed


@BOTH
@settings(deadline=None)
@given(WRITES)
def test_every_write_is_in_one_request(batches: Batches, most: int, writes: list[StockWrite]) -> None:
    """None lost, none twice, none empty, none too large; a listing stands once in a request."""
    made = list(batches(writes))
    assert sorted(id(one) for batch in made for one in batch) == sorted(map(id, writes))
    for batch in made:
        assert 1 <= len(batch) <= most
        assert len({one.key for one in batch}) == len(batch)
        assert len({lowers(one) for one in batch}) == 1


@BOTH
@settings(deadline=None)
@given(WRITES)
def test_what_lowers_stays_before_what_raises(batches: Batches, most: int, writes: list[StockWrite]) -> None:
    """As the plan orders them; two writes of one listing keep their order too."""
    ordered = sorted(writes, key=lambda one: not lowers(one))
    made = [one for batch in batches(ordered) for one in batch]
    assert [lowers(one) for one in made] == sorted((lowers(one) for one in made), reverse=True)
    for key in {one.key for one in writes}:
        assert [one for one in made if one.key == key] == [one for one in ordered if one.key == key]


@settings(deadline=None)
@given(WRITES)
def test_lazada_keeps_the_order(writes: list[StockWrite]) -> None:
    """Rows of any items share a request, so nothing has to move."""
    assert [one for batch in lazada.batches(writes) for one in batch] == writes


@settings(deadline=None)
@given(WRITES)
def test_shopee_takes_models_of_one_item(writes: list[StockWrite]) -> None:
    """The request names the item once."""
    assert all(len({one.key.item_id for one in batch}) == 1 for batch in shopee.batches(writes))


def test_requests_are_as_few_as_the_limits_allow() -> None:
    """Two items' decreases in turn: a request each for Shopee, one for both at Lazada."""
    writes = [write(1 + number % 2, number, 1) for number in range(20)]
    assert [len(batch) for batch in shopee.batches(writes)] == [10, 10]
    assert [len(batch) for batch in lazada.batches(writes)] == [20]


def test_items_do_not_share_a_request_to_shopee() -> None:
    """Whoever does not use its batches learns it at once."""
    writer = shopee.StockWriter(None, None, {}, lambda: None, lambda keys: None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one item"):
        writer.write([write(1, 1, 1), write(2, 2, 2)])
