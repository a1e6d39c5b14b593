"""A law: no answer whatever ends in anything but rows or a fault of ours."""

from __future__ import annotations

import itertools
import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import ChangesRequest
from stockrecon.core.model import ListingKey
from stockrecon.core.policy import Policy
from stockrecon.errors import StockreconError
from stockrecon.rest import Answer, Request

from .fakes import NOW, SHOP, FakeWoo, channel, line, order, product, request, stamp, variation
from .test_writing import write


def populated() -> FakeWoo:
    woo = FakeWoo()
    woo.add(product(10, "A", 9))
    woo.add_variable(product(12, "V", 30), variation(13, 12, "S", 4), variation(14, 12, "M", 30, manage_stock="parent"))
    woo.orders = [order(90, "processing", line(10, 2, reduced_stock=2), line(12, 1, 14))]
    return woo


JUNK = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2**70,
        1.5,
        1e300,
        "",
        "x",
        "-7",
        "parent",
        "\x1b[31m",
        [],
        {},
        [None],
        [[]],
        {"a": 1},
        "9" * 99,
    ]
)


def spoiled(woo: FakeWoo, which: int, place: int, junk: object) -> None:
    """The answer with that number has junk in the place of one of its values."""
    honest, numbers = woo.send, itertools.count()

    def send(asked: Request) -> Answer:
        answer = honest(asked)
        if next(numbers) != which:
            return answer
        document: Any = json.loads(answer.body)
        places = list(paths(document))
        if not places:
            return Answer(answer.status, answer.headers, json.dumps(junk).encode())
        *way, last = places[place % len(places)]
        node = document
        for step in way:
            node = node[step]
        node[last] = junk
        return Answer(answer.status, answer.headers, json.dumps(document).encode())

    woo.send = send  # type: ignore[method-assign]


@given(which=st.integers(0, 5), place=st.integers(0, 10_000), junk=JUNK)
@settings(max_examples=250, deadline=None)
def test_a_pull_gives_rows_or_a_fault_of_ours(which: int, place: int, junk: object) -> None:
    woo = populated()
    spoiled(woo, which, place, junk)
    made = channel(woo)
    with tempfile.TemporaryDirectory() as folder:
        try:
            pulled = made.pull(request(Path(folder)))
            text = pulled.reason + "".join(pulled.warnings)
        except StockreconError as fault:
            text = str(fault)
    assert "\x1b" not in text


@given(which=st.integers(0, 3), place=st.integers(0, 10_000), junk=JUNK)
@settings(max_examples=100, deadline=None)
def test_a_rereading_gives_listings_or_a_fault_of_ours(which: int, place: int, junk: object) -> None:
    woo = populated()
    spoiled(woo, which, place, junk)
    keys = [ListingKey(SHOP, *ids) for ids in (("10", ""), ("12", ""), ("12", "13"))]
    text = ""
    try:
        assert set(channel(woo).reread(keys)) <= set(keys)
    except StockreconError as fault:
        text = str(fault)
    assert "\x1b" not in text


@given(which=st.integers(0, 10), place=st.integers(0, 10_000), junk=JUNK)
@settings(max_examples=150, deadline=None)
def test_changes_are_told_or_a_fault_of_ours(which: int, place: int, junk: object) -> None:
    """Of any answer on the way, to what changed as to the products that are read then."""
    woo = populated()
    with tempfile.TemporaryDirectory() as folder:
        spools = [Path(folder) / str(number) for number in range(3)]
        for spool in spools:
            spool.mkdir()
        base = channel(woo).pull(request(spools[0]))
        woo.products[12] |= {"date_modified_gmt": stamp(NOW)}
        woo.variations[14] |= {"date_modified_gmt": stamp(NOW)}
        spoiled(woo, which, place, junk)
        tables = {name: Path(file.path) for name, file in base.tables.items()}
        since = NOW - timedelta(days=1)
        asked = ChangesRequest(spools[1], since, since, {("10", ""): "A", ("12", ""): "V"}, Policy(), tables=tables)
        made = channel(woo)
        try:
            told = made.changed(asked)
            read = made.read_items(told.items, spools[2])
            text = told.doubt + read.doubt + "".join((*told.warnings, *read.warnings))
        except StockreconError as fault:
            text = str(fault)
    assert "\x1b" not in text


@given(place=st.integers(0, 10_000), junk=JUNK)
@settings(max_examples=100, deadline=None)
def test_a_write_gives_an_answer_for_each_row(place: int, junk: object) -> None:
    woo = populated()
    spoiled(woo, 1, place, junk)
    batch = [write(10, 3), write(12, 20, shown=30)]
    told = channel(woo).write(batch)
    assert list(told) == [each.key for each in batch]
    assert all("\x1b" not in answer.text and "\n" not in answer.text for answer in told.values())


def paths(node: Any, way: tuple[Any, ...] = ()) -> Any:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in pairs:
        yield (*way, step)
        yield from paths(value, (*way, step))
