"""Every story on every channel that can have it, beside every other channel that sells the same goods: one seller with
five shops, found by one run over HTTP, and found the same in files that hold what the channels tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import pytest

from stockrecon.sandbox.plots import PLOTS
from stockrecon.sandbox.roles import WAYS, Part, everywhere
from stockrecon.sandbox.run import Handle, start_in_thread
from stockrecon.sandbox.stage import shop_name
from tests.integration.conftest import CHANNELS
from tests.integration.life import filed
from tests.integration.markets import by_own_names
from tests.integration.seller import NOON, Document, Run, Seller, control, differences, statements
from tests.integration.test_settle import meanwhile

PARTS = everywhere(list(WAYS))
Found = list[tuple[str, str | None, int]]
Writes = list[tuple[str | None, int, int]]


@dataclass
class Read:
    """One reading of the five shops over HTTP, and what a reading of their files gave."""

    by_http: Run
    renamed: Document
    """As over HTTP, with the names that campaigns have in the files."""
    by_file: Document


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Read]]:
    """While the campaign of story 1 runs, and an hour after its end."""
    root = tmp_path_factory.mktemp("everywhere")
    with start_in_thread(root, now=NOON, per_second=10_000, burst=10_000, parts=PARTS) as market:
        seller = Seller(root, market.configs, market)
        made = []
        for number in (1, 2):
            by_http, shops = seller.diff(), root / f"shops-{number}"
            files = Seller(root / "by-file", filed(market, shops), market, {"type": "file", "path": "../ledger/"})
            by_file = files.diff().document
            made.append(Read(by_http, by_own_names(by_http.document, shops, market.sandbox.shops), by_file))
            market.before_second_read()
        yield made


def sku_of(part: Part) -> str:
    return PLOTS[part.number][0] + part.mark


def found(part: Part) -> Found:
    """What is found of a part at both readings."""
    main, other = shop_name(part.main), shop_name(part.other)
    restock = [("cancelled-order-restock", shop, 1) for shop in ("ledger", *sorted((main, other)))]
    return {
        1: [("campaign-returned", main, 8)],
        2: [("campaign-lock", main, 70)],
        3: restock,
        4: [("listing-sync-error", main, 4)],
        5: [("unpaid-release", main, 1)],
        6: [("orders-too-near", "ledger", 1)],
    }[part.number]


def written(part: Part, reading: int) -> Writes:
    """What is set. Shopee's stock is not edited while a campaign runs. When a campaign of TikTok Shop's ended nobody
    tells: it is known from the readings before and after, and what came back settles from then on. A listing whose
    state takes no push is for people; one of which only a push failed is set."""
    main, other = shop_name(part.main), shop_name(part.other)
    waits = ("shopee", 1), ("tiktok-shop", 2)
    return {
        1: [] if (part.main, reading) in waits else [(main, 48, 40)],
        2: [(main, 100, 50)],
        3: [(shop, 1, 0) for shop in sorted((main, other))],
        4: [] if WAYS[part.main].shut else [(main, 9, 5)],
        5: [],
        6: [],
    }[part.number]


@pytest.mark.parametrize("reading", [1, 2])
def test_every_story_is_found_and_planned_for(reads: list[Read], reading: int) -> None:
    """Its own cause, with the same units on every channel, nothing else, and what the channel lets be set."""
    run = reads[reading - 1].by_http
    skus = [sku_of(part) for part in PARTS]
    assert {sku: run.findings(sku) for sku in skus} == {sku_of(part): found(part) for part in PARTS}
    assert {sku: run.writes(sku) for sku in skus} == {sku_of(part): written(part, reading) for part in PARTS}
    assert [sku for sku, one in statements(run.document).items() if one["findings"] and sku not in skus] == []


@pytest.mark.parametrize("reading", [1, 2])
def test_files_tell_the_same(reads: list[Read], reading: int) -> None:
    """Statements, plan and summary. But for one time: how long a WooCommerce shop holds stock for a checkout is a
    setting of its own, which no folder tells."""
    read = reads[reading - 1]
    told = differences(statements(read.by_file), statements(read.renamed))
    told += differences(read.by_file["plan"]["actions"], read.renamed["plan"]["actions"])
    assert {line.rpartition(".")[2] for line in told} == {
        "resolves_at: '2026-11-11T13:40:00Z' != '2026-11-11T17:40:00Z'",
        "until: '2026-11-11T13:40:00Z' != '2026-11-11T17:40:00Z'",
    }
    assert len(told) == 2
    assert read.by_file["plan"]["withheld"] == read.renamed["plan"]["withheld"] == []
    assert read.by_file["summary"] == read.renamed["summary"]


@pytest.fixture
def everywhere_told(start: Callable[..., Handle], tmp_path: Path, logged: Callable[[], str]) -> Seller:
    """A seller of his own for a test in which something goes another way."""
    market = start(parts=PARTS)
    return Seller(tmp_path, market.configs, market, logged=logged)


def test_what_is_sold_between_the_two_readings_of_a_run_is_moving(
    everywhere_told: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every channel: its SKU is left for the next run, and nothing else is."""
    skus = set()
    for channel, made in zip(WAYS, CHANNELS, strict=True):
        part = next(part for part in PARTS if (part.number, part.main) == (3, channel))
        item, variation = keys_of(everywhere_told, shop_name(channel))[sku_of(part)]
        skus.add(sku_of(part))
        order = {"item_id": item, "variation_id": variation, "quantity": 1, "paid": True}
        sold = partial(control, everywhere_told, "orders", shop=shop_name(channel), action="place", **order)
        meanwhile(monkeypatch, made, cache(sold))
    run = everywhere_told.diff()
    assert {str(one.sku) for one in run.result.statements if one.moving} == skus
    assert {sku_of(part) for part in PARTS if run.writes(sku_of(part))} == {
        sku_of(part) for part in PARTS if written(part, 1) and sku_of(part) not in skus
    }


def keys_of(seller: Seller, shop: str) -> dict[str, tuple[str, str]]:
    assert seller.market is not None
    return {one.seller_sku: one.key for one in seller.market.sandbox.shops[shop].shop.all_listings()}


@pytest.mark.parametrize("seed", [3, 7])
def test_chance_faults_never_change_what_is_true(seed: int, everywhere_told: Seller, reads: list[Read]) -> None:
    """One answer of ten is spoiled: shops that were read to their end have the findings of a good day."""
    spoiled = ["status", "truncate", "drop-before", "drop-after", "garbage", "throttle"]
    control(everywhere_told, "faults", kind=spoiled, rate=0.1, seed=seed)
    run = everywhere_told.diff()
    assert run.exit in (10, 13)
    if run.exit == 10 and all(run.complete.values()):
        assert differences(statements(reads[0].by_http.document), statements(run.document)) == []
