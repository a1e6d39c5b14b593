"""Whole runs over loopback shops: stock at several places, kits, Choice, and a mega campaign that takes no decrease."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stockrecon.cli.app import stockrecon
from stockrecon.sandbox.run import Handle
from tests.integration.seller import Seller, control, later

HEAD = "item_id,variation_id,seller_sku,sellable\n"
SHOPEE = HEAD + "1,,MUG,40\n2,21,LID,12\n3,31,SET,4\n3,32,SPARE,5\n"
LAZADA = HEAD + "1,11,MUG,40\n2,21,LID,12\n4,41,BOX,9\n"
MAPPING = (
    "shop,item_id,variation_id,seller_sku,sku,units\n"
    "shopee-vn,3,31,SET,MUG,2\n"
    "shopee-vn,3,31,SET,LID,3\n"
    "shopee-vn,3,32,SPARE,SPARE,1\n"
)
STOCK = "sku,available\nMUG,40\nLID,12\nSPARE,5\nBOX,3\n"


@pytest.fixture
def seller(tmp_path: Path, start: Callable[..., Handle]) -> Seller:
    """A shop of each channel in line with the ledger; SET is a kit of two mugs and three lids; both may be written."""
    for name, channel, rows in (("shopee-vn", "shopee", SHOPEE), ("lazada-vn", "lazada", LAZADA)):
        folder = tmp_path / "shops" / name
        folder.mkdir(parents=True)
        (folder / "shop.yaml").write_text(f"as_of: 2026-11-11T12:00Z\nimitates: {channel}\n")
        (folder / "listings.csv").write_text(rows)
    market = start(tmp_path / "shops")
    shops = [{**entry, "mode": "apply"} for entry in market.configs]
    made = Seller(tmp_path / "run", shops, market)
    ledger = made.folder / "ledger"
    ledger.mkdir(parents=True)
    (ledger / "stock.csv").write_text(STOCK)
    (ledger / "listings.csv").write_text(MAPPING)
    control(made, "listings", shop="shopee-vn", item_id="3", variation_id="31", kit="1=2,2/21=3")
    set_stock(made)
    return made


def set_stock(seller: Seller, **units: int) -> None:
    """The ledger as of now, with other numbers for some SKUs."""
    rows = [line.split(",") for line in STOCK.splitlines()[1:]]
    text = "".join(f"{sku},{units.get(sku, number)}\n" for sku, number in rows)
    (seller.folder / "ledger" / "stock.csv").write_text("sku,available\n" + text)
    (seller.folder / "ledger" / "ledger.yaml").write_text(f"as_of: {seller.now().isoformat()}\n")


def configured(seller: Seller, **options: dict[str, object]) -> Seller:
    """With options of its shops, by their first word."""
    seller.shops = [{**shop, **options.get(str(shop["name"]).partition("-")[0], {})} for shop in seller.shops]
    return seller


def applied(seller: Seller) -> dict[str, Any]:
    """`sync --apply` by the market's clock; the document."""
    seller.write()
    arguments = ["sync", "--apply", "-c", str(seller.config), "--now", seller.now().isoformat(), "--format", "json"]
    done = CliRunner().invoke(stockrecon, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def evidence(run: Any, sku: str) -> str:
    statements = [one for one in run.document["statements"] if one["sku"] == sku]
    return " | ".join(fact["fact"] for one in statements for f in one["findings"] for fact in f["evidence"])


def test_everything_is_in_line(seller: Seller) -> None:
    """A kit of right parts is neither a finding nor counted."""
    document = seller.diff().document
    assert document["summary"]["by_scenario"] == {"unexplained": document["summary"]["by_scenario"]["unexplained"]}
    assert document["summary"]["variance_units"] == 6  # BOX, of which more below


@pytest.mark.parametrize(
    ("shop", "item", "option", "places"),
    [
        ("shopee-vn", {"item_id": "1"}, {"location_id": "VNZ"}, "VNZ=30,VNY=10"),
        ("lazada-vn", {"item_id": "1", "variation_id": "11"}, {"warehouse": "dropshipping"}, "dropshipping=30,wh-b=10"),
    ],
)
def test_a_shift_between_two_places_is_told_and_the_right_one_compared(
    shop: str, item: dict[str, str], option: dict[str, object], places: str, seller: Seller
) -> None:
    """The sum stays 40: with a place named 10 are missing there, and where they are is told; without one the run says
    that it cannot see it."""
    control(seller, "listings", shop=shop, places=places, **item)
    blind = seller.diff()
    assert blind.findings("MUG") == []
    warnings = {row.name: row.warnings for row in blind.result.shops}[shop]  # type: ignore[index]
    assert any("is counted as one" in warning and next(iter(option)) in warning for warning in warnings)
    configured(seller, **{shop.partition("-")[0]: option})
    seeing = seller.diff()
    assert [(place, units) for _, place, units in seeing.findings("MUG")] == [(shop, -10)]
    assert f"10 more at {places.split(',')[1].partition('=')[0]}, which does not count" in evidence(seeing, "MUG")


def test_the_right_place_is_written(seller: Seller) -> None:
    """Too many in ours: that alone comes down, the other place keeps what it holds."""
    control(seller, "listings", shop="shopee-vn", item_id="1", places="VNZ=45,VNY=10")
    configured(seller, shopee={"location_id": "VNZ"})
    seller.policy = {"unexplained": "correct"}
    seller.write()
    text = seller.config.read_text()
    assert "VNZ" in text
    shops = json.loads(text)
    shops["apply"] = {"scenarios": ["unexplained"]}
    seller.config.write_text(json.dumps(shops))
    arguments = ["sync", "--apply", "-c", str(seller.config), "--now", seller.now().isoformat(), "-q"]
    CliRunner().invoke(stockrecon, arguments)
    assert seller.market is not None
    listing = seller.market.sandbox.shops["shopee-vn"].shop.listing(("1", ""))
    assert dict(listing.seller) == {"VNZ": 40, "VNY": 10}  # type: ignore[union-attr]


def test_a_kit_follows_its_parts(seller: Seller) -> None:
    """Fewer mugs in the ledger: the mugs are set, the kit is told once and counts for nothing, and is never written."""
    set_stock(seller, MUG=6)
    run = seller.diff()
    assert ("computed-by-channel", "shopee-vn", 0) in run.findings("MUG")
    (line,) = [line for one in run.document["statements"] for line in one["listings"] if line["seller_sku"] == "SET"]
    assert (line["sellable"], line["target"], line["variance"]) == (4, None, None)
    assert not any(action["item_id"] == "3" for action in run.actions if action["kind"] == "set-stock")


def test_an_order_of_a_kit_is_on_its_way_on_its_parts(seller: Seller) -> None:
    """The shop took two mugs and three lids, the ledger has not heard of it: nobody is oversold, nothing is set."""
    (seller.folder / "ledger" / "movements.csv").write_text(
        "id,sku,at,quantity,kind,shop,order_id\n1,MUG,2026-11-10T09:00Z,-1,order,shopee-vn,OLD\n"
    )
    control(seller, "orders", shop="shopee-vn", action="place", item_id="3", variation_id="31", paid=True)
    later(seller.market, minutes=5)  # type: ignore[arg-type]
    set_stock(seller)
    run = seller.diff()
    assert ("in-flight", "shopee-vn", -2) in run.findings("MUG")
    assert ("in-flight", "shopee-vn", -3) in run.findings("LID")
    assert not [action for action in run.actions if action["kind"] == "set-stock" and action["sku"] in ("MUG", "LID")]


def test_a_choice_item_is_lazadas_and_never_written(seller: Seller) -> None:
    """9 at Choice, 3 in the ledger: told, of no variance, and nothing is planned for it."""
    control(seller, "listings", shop="lazada-vn", item_id="4", variation_id="41", choice="local jit")
    run = seller.diff()
    assert run.findings("BOX") == [("platform-fulfilled", "lazada-vn", 0)]
    assert run.writes("BOX") == []
    assert "Lazada Choice" in evidence(run, "BOX")


def test_a_mega_campaign_is_refused_told_with_its_end_and_over_after_it(seller: Seller) -> None:
    """The ledger falls, the write is refused with 4170; the next run plans no write and says until when; the first run
    after that sets the target."""
    control(
        seller, "campaigns", shop="lazada-vn", action="start", item_id="1", variation_id="11", locked=5,
        starts_at="2026-11-11T11:00:00Z", ends_at="2026-11-11T13:00:00Z", no_decrease=True, locks_write=False,
    )  # fmt: skip
    configured(seller, shopee={"mode": "observe"})
    set_stock(seller, MUG=3)
    refused = applied(seller)
    outcomes = {one["result"]: one["detail"] for one in refused["outcomes"]}
    assert "may not decrease stocks" in outcomes["rejected"]
    later(seller.market, minutes=5)  # type: ignore[arg-type]
    set_stock(seller, MUG=3)
    waiting = seller.diff()
    assert ("campaign-lock", "lazada-vn", 37) in waiting.findings("MUG")
    assert [write for write in waiting.writes("MUG") if write[0] == "lazada-vn"] == []
    manual = next(action for action in waiting.actions if action["kind"] == "manual" and action["shop"] == "lazada-vn")
    assert "until 2026-11-11 20:00" in manual["text"]
    later(seller.market, hours=2)  # type: ignore[arg-type]
    set_stock(seller, MUG=3)
    free = seller.diff()
    assert ("lazada-vn", 40, 3) in free.writes("MUG")
