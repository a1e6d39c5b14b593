"""Whole runs against the imitated TikTok Shop: TikTok's own stock is never the seller's, whatever its list answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.sandbox.run import start_in_thread
from tests.channel_contract.bench import NOON, Bench, put_up
from tests.channel_contract.profiles import GOODS, TIKTOK_SHOP
from tests.channel_contract.whole import program
from tests.circle.program import Ran

LIST = "/fbt/*/warehouses"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """TikTok keeps nine of one SKU, of which the ledger knows two; the rest is the seller's."""
    folder = tmp_path / "market"
    folder.mkdir()
    with start_in_thread(folder, now=NOON) as running:
        made = Bench(TIKTOK_SHOP, put_up(running, TIKTOK_SHOP, 0), running)
        with closing(made.channel):
            yield made


def findings(ran: Ran) -> list[tuple[str, int]]:
    """Of the SKU that TikTok keeps."""
    sku, _ = GOODS["theirs"]
    (statement,) = (one for one in ran.document["statements"] if one["sku"] == sku)
    return [(finding["scenario"], finding["units"]) for finding in statement["findings"]]


def test_what_tiktok_keeps_is_the_platforms(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is at risk, and nothing is written."""
    run = program(bench, tmp_path, monkeypatch, theirs=2)
    ran = run.apply()
    assert findings(ran) == [("platform-fulfilled", 0)]
    assert (bench.requests(), bench.effects(), bench.exposed("theirs")) == (0, [], 9)


@pytest.mark.parametrize("status", [500, 503])
def test_a_fault_of_their_list_costs_the_shop_and_no_unit(
    status: int, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It outlasts every repetition: the shop is not read, nothing is at risk, and nothing is written."""
    run = program(bench, tmp_path, monkeypatch, theirs=2)
    bench.fault("status", times=5, path=LIST, status=status)
    ran = run.apply()
    assert ran.code == 13
    assert (bench.requests(), bench.effects(), bench.exposed("theirs")) == (0, [], 9)
    assert not ran.document["shops"][0]["complete"]
    assert run.apply().code in (0, 10, 11)


def test_a_fault_that_passes_is_repeated(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of five tries may fail."""
    run = program(bench, tmp_path, monkeypatch, theirs=2)
    bench.fault("status", times=4, path=LIST)
    assert findings(run.apply()) == [("platform-fulfilled", 0)]
