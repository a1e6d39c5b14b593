"""Laws: no answer whatever ends in anything but rows or a fault of ours, and numbers add up."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.shopify import reading
from stockrecon.channels.shopify.fields import Malformed
from stockrecon.channels.shopify.listings import Facts, Level, Product, Variant, listing_of
from stockrecon.channels.shopify.locations import Counted, Location
from stockrecon.channels.shopify.orders import order_of, refunds_of, rows_of
from stockrecon.core.model import OrderStatus
from stockrecon.errors import StockreconError
from stockrecon.rest import Answer, Request
from tests.channels_shopify.fakes import FakeShopify, channel, request
from tests.channels_shopify.nodes import MAIN, SHOP, STORE, key, line, location, order, page, refund, variant
from tests.channels_shopify.test_bulk import Storage, finished, lines_of

UNITS = st.integers(-100, 1000)


@given(st.dictionaries(st.sampled_from([MAIN, STORE, "gid://shopify/Location/3"]), UNITS))
@settings(max_examples=100)
def test_what_is_shown_is_the_sum_of_what_counts(levels: dict[str, int]) -> None:
    """Never below zero; a location that does not count changes nothing."""
    places = {place: Location(place, place[-1], place[-1], True, False) for place in (MAIN, STORE)}
    facts = Facts("1", "A", False, False, 0, Product("10", "ACTIVE", True))
    made = Variant(facts, "i", True, {place: Level(units, 2, 0, 0) for place, units in levels.items()})
    listing = listing_of(made, SHOP, Counted(places))
    counted = [units for place, units in levels.items() if place in places]
    assert listing.exposed == max(0, sum(counted))
    assert listing.committed == 2 * len(counted)


@given(
    st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.booleans(),
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["CANCEL", "RETURN", "NO_RESTOCK"])), max_size=4),
)  # fmt: skip
@settings(max_examples=150)
def test_every_unit_of_an_order_is_in_one_row(
    ordered: int, left: int, unfulfilled: int, cancelled: bool, given_back: list[tuple[int, str]]
) -> None:
    """Whatever the numbers of line and refunds say; a cancelled order has nothing open."""
    made = line(1, ordered, left=left, unfulfilled=unfulfilled)
    back = refund(*((made, units, kind) for units, kind in given_back))
    node = order(1, made, cancelledAt="2026-11-24T10:00:00Z" if cancelled else None)
    found = order_of({**node, "lineItems": page(node["lines"], 20, None)}, SHOP)
    rows = [{**back, "refundLineItems": page(back["rows"], 20, None)}]
    found.refunds = refunds_of({"id": node["id"], "refunds": rows}, [])
    parts = rows_of(found, "#1")
    assert sum(part.quantity for part in parts) == ordered
    assert all(part.quantity > 0 for part in parts)
    if cancelled:
        assert {part.status for part in parts} <= {OrderStatus.CANCELLED, OrderStatus.RETURNED}


def populated() -> FakeShopify:
    shopify = FakeShopify(variant(1, "A", {MAIN: 9, STORE: 2}), variant(2, "B", 4, tracked=False))
    shopify.places.append(location(2, "Store"))
    gone = line(2, 2, left=0, unfulfilled=0)
    shopify.orders = [
        order(1, line(1, 2), line(2, 1, unfulfilled=0), unpaid=True),
        order(2, gone, refunds=[refund((gone, 2, "CANCEL"))], cancelledAt="2026-11-24T10:00:00Z"),
    ]
    return shopify


JUNK = st.sampled_from(
    [None, True, -1, 0, 2**70, 1.5, "", "x", "-7", "\x1b[31m", [], {}, [None], [[]], {"a": 1}, "gid://shopify/X/1"]
)


def paths(node: object, way: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in pairs:
        yield (*way, step)
        yield from paths(value, (*way, step))


def spoiled(document: object, place: int, junk: object) -> bytes:
    places = list(paths(document))
    *way, last = places[place % len(places)]
    node: object = document
    for step in way:
        node = node[step]  # type: ignore[index]
    node[last] = junk  # type: ignore[index]
    return json.dumps(document).encode()


def spoiling(shopify: FakeShopify, which: int, place: int, junk: object) -> None:
    """One field of one answer is anything at all."""
    honest, numbers = shopify.send, itertools.count()

    def send(sent: Request) -> Answer:
        answer = honest(sent)
        if next(numbers) != which:
            return answer
        return Answer(answer.status, answer.headers, spoiled(json.loads(answer.body), place, junk))

    shopify.send = send  # type: ignore[method-assign]


@given(which=st.integers(0, 6), place=st.integers(0, 10_000), junk=JUNK)
@settings(max_examples=200, deadline=None)
def test_a_field_that_is_anything_at_all_gives_rows_or_a_fault_of_ours(which: int, place: int, junk: object) -> None:
    """While reading."""
    shopify = populated()
    spoiling(shopify, which, place, junk)
    text = ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            pulled = channel(shopify).pull(request(Path(folder)))
            text = pulled.reason + "".join(pulled.warnings)
        except StockreconError as fault:
            text = str(fault)
    assert "\x1b" not in text


@given(place=st.integers(0, 10_000), junk=JUNK)
@settings(max_examples=120, deadline=None)
def test_a_write_whose_answer_is_anything_at_all_is_told_and_sent_once(place: int, junk: object) -> None:
    """Every row has an answer, and what took effect did so once."""
    shopify = populated()
    made = channel(shopify)
    shown = made.reread([key(1)])[key(1)]
    writes = [shopify.write(1, 0, shown, "run/1")]
    sent = len(shopify.requests)
    spoiling(shopify, 0, place, junk)
    answers = made.write(writes)
    assert list(answers) == [key(1)]
    sets = [each for each in shopify.requests[sent:] if b"SetQty" in (each.body or b"")]
    keys = [json.loads(each.body or b"")["variables"]["key"] for each in sets]
    assert len(shopify.effects) <= 2, "two locations, each once"
    assert len(set(keys)) == len(keys)


@given(which=st.integers(0, 8), place=st.integers(0, 1000), junk=JUNK)
@settings(max_examples=120, deadline=None)
def test_a_bulk_file_with_anything_in_it_gives_rows_or_a_fault_of_ours(which: int, place: int, junk: object) -> None:
    """And pages where the file cannot be used."""
    shopify = populated()
    lines = lines_of(shopify)
    number = which % len(lines)
    lines[number] = spoiled(json.loads(lines[number]), place, junk)
    storage = Storage(lines)
    finished(shopify, storage)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(reading, "BULK_ABOVE", 1)
        try:
            text = "".join(channel(shopify, storage=storage).pull(request(Path(folder))).warnings)
        except StockreconError as fault:
            text = str(fault)
    assert "\x1b" not in text


def test_a_time_without_an_offset_is_refused() -> None:
    """It would be read as whose?"""
    node = order(1, line(1, 1), createdAt="2026-11-24T10:00:00")
    with pytest.raises(Malformed, match="offset"):
        order_of({**node, "lineItems": page([], 1, None)}, SHOP)
