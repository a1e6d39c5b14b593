"""The smallest ledger that a seller can have: SKUs and numbers, and no time anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_a_ledger_without_any_time_counts_as_of_now_and_says_so(tmp_path: Path) -> None:
    """Two columns are enough to compare; that nothing tells how old they are is a warning."""
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "stock.csv").write_text("sku,available\nMUG,4\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "shop.yaml").write_text("as_of: 2026-11-11T12:00:00Z\n")
    (tmp_path / "shop" / "listings.csv").write_text("item_id,seller_sku,sellable\n1,MUG,4\n")
    (tmp_path / "c.yaml").write_text(
        "ledger: {type: file, path: ledger/}\nshops:\n  - {name: shop, channel: file, path: shop/}\n"
    )
    command = [sys.executable, "-m", "stockrecon", "diff", "-c", "c.yaml", "--format", "json"]
    done = subprocess.run(
        [*command, "--now", "2026-11-11T12:00:00Z"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["ledger"]["as_of"] == "2026-11-11T12:00:00Z"
    assert "add as_of to ledger.yaml" in done.stderr
