"""A run with Tryton as the ledger that corrects nothing yet; the whole circle is tried in tests/ledger_contract."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.cli import app
from stockrecon.core.model import Sku
from tests.ledgers_tryton.build import OWN, PASSWORD
from tests.ledgers_tryton.world import SHOP, World

pytestmark = pytest.mark.timeout(900)
HOUR = timedelta(hours=1)


@pytest.fixture
def config(tryton: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRYTON_PASSWORD", PASSWORD)
    path = tmp_path / "stockrecon.yaml"
    path.write_text(
        f"""
ledger:
  type: tryton
  base_url: {tryton.base_url}
  database: {tryton.database}
  user: {OWN}
  password: {{env: TRYTON_PASSWORD}}
  warehouses: [WH]
  order_field: shipment.reference
  order_pattern: "(?P<shop>[^/]+)/(?P<order>.+)"
  requests_per_second: 1000
shops:
  - {{name: {SHOP}, channel: file, mode: apply, path: shop/}}
state: state/
""",
        encoding="utf-8",
    )
    (tmp_path / "shop").mkdir()
    return path


def shop(folder: Path, sku: Sku, sellable: int, orders: list[tuple[str, str, datetime]]) -> None:
    """What the seller center exports: one listing, and the orders of it."""
    now = datetime.now(UTC).isoformat()
    (folder / "shop.yaml").write_text(f"as_of: {now}\nimitates: shopee\ncomplete: true\n", encoding="utf-8")
    with (folder / "listings.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["item_id", "variation_id", "seller_sku", "sellable"], ["1", "", sku, sellable]])
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        names = ["order_id", "item_id", "variation_id", "quantity", "status", "created_at", "paid_at", "cancelled_at"]
        rows = [
            [order, "1", "", 1, status, at.isoformat(), at.isoformat(), at.isoformat() if status == "cancelled" else ""]
            for order, status, at in orders
        ]
        csv.writer(file).writerows([names, *rows])


def run(config: Path, *arguments: str) -> tuple[int, Mapping[str, Any]]:
    answer = config.parent / "answer.json"
    code = app.run([*arguments, "--format", "json", "-q", "-c", str(config), "-o", str(answer)])
    return code, json.loads(answer.read_text(encoding="utf-8"))


def test_an_order_that_is_still_open(tryton: World, config: Path) -> None:
    """Before the cancellation nothing is wrong yet: nothing is corrected, and what will happen is told."""
    sku, product = tryton.product()
    tryton.order(product, 1, "B")
    tryton.count(product, 1)
    tryton.age(product, HOUR)
    shop(config.parent / "shop", sku, 0, [("B", "paid", datetime.now(UTC) - HOUR)])
    code, applied = run(config, "sync", "--apply", "--sku", sku)
    assert code == 0, applied
    (finding,) = applied["statements"][0]["findings"]
    assert (finding["scenario"], finding["units"], finding["remedies"]) == ("cancelled-order-restock", 0, ["wait"])
    assert "when shopee-vn order B is cancelled, 1 unit will come back" in finding["text"]
    assert tryton.on_hand(product) == 1
