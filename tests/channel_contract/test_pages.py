"""What every channel promises of lists that have several pages: all of it is read, or it is said that it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.errors import ReadFault
from stockrecon.sandbox.wire import Answer, Call
from tests.channel_contract.bench import Bench
from tests.channel_contract.losing import LOSSES, Paged

LISTS = pytest.mark.parametrize("what", ["listings", "orders"])


@LISTS
def test_paging_goes_to_the_end(bench: Bench, tmp_path: Path, what: str) -> None:
    """Several pages: everything is there, each once, and it is complete."""
    paged = Paged(bench, what)
    read = bench.pull(tmp_path)
    assert read.pulled.complete, read.pulled.reason
    assert paged.found(read) == paged.wanted
    rows = [tuple(row.values()) for row in read.rows(what)]
    assert len(rows) == len(set(rows))
    assert bench.asked(paged.path) >= 3


@LISTS
@pytest.mark.parametrize("loss", LOSSES)
def test_a_page_that_is_lost_in_the_middle_is_no_end(bench: Bench, tmp_path: Path, what: str, loss: str) -> None:
    """It is asked for again, or the pull fails or is not complete; nobody takes what was on it for gone."""
    paged = Paged(bench, what)
    if loss == "short" and not paged.total:
        pytest.skip(f"{bench.profile.kind} does not tell how many orders there are: half a page is like a short one")
    seen = paged.lose(loss)
    try:
        read = bench.pull(tmp_path)
    except ReadFault as fault:
        bench.look_through(fault.text)
        return
    finally:
        assert len(seen) >= 2
    assert not read.pulled.complete or paged.found(read) == paged.wanted


@LISTS
def test_a_total_that_does_not_agree_is_no_end(bench: Bench, tmp_path: Path, what: str) -> None:
    """The shop says that there is one more than it gives."""
    paged = Paged(bench, what)
    if not paged.total:
        pytest.skip(f"{bench.profile.kind} does not tell how many orders there are")
    bench.fault("wrong-total", times=None, path=paged.total, by=1)
    try:
        pulled = bench.pull(tmp_path).pulled
    except ReadFault:
        return
    assert not pulled.complete
    assert pulled.reason


@pytest.mark.parametrize("which", ["oldest", "newest"])
def test_orders_that_move_between_pages_are_not_lost(bench: Bench, tmp_path: Path, which: str) -> None:
    """After the first page some are sent, so that they stand elsewhere in a list by last change: all orders are read,
    those that moved and those in whose place they stand now, or it is said that it is not complete."""
    paged = Paged(bench, "orders")
    by_time = sorted(paged.wanted, key=lambda number: bench.shop.orders[number].created_at)
    moving = by_time[:3] if which == "oldest" else by_time[-3:]

    def shipped(number: int, call: Call, given: Answer) -> None:
        if number == 1:
            for order_id in moving:
                bench.shop.ship(bench.market.clock.now(), order_id)

    seen = bench.spoil(paged.path, shipped)
    read = bench.pull(tmp_path)
    assert len(seen) >= 3
    assert not read.pulled.complete or paged.found(read) == paged.wanted
