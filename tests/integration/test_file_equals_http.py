"""The same market read from files and over HTTP gives the same statements, findings and plan."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stockrecon.sandbox.run import Handle
from tests.integration.life import Life, filed
from tests.integration.markets import FIVE, MARKETS, Maker, by_own_names, shops_of
from tests.integration.seller import Document, Seller, differences, statements

Start = Callable[..., Handle]
EXAMPLES = Path(__file__).parents[2] / "examples"


def both(root: Path, shops: Path, ledger: Path, market: Handle, names: set[str], **more: Any) -> list[Document]:
    """The documents of a run over files and of a run over HTTP."""
    served = [entry for entry in market.configs if entry["name"] in names]
    files = [{"name": name, "channel": "file", "region": "VN", "path": str(shops / name)} for name in sorted(names)]
    found = []
    for name, entries in (("by-file", files), ("by-http", sorted(served, key=lambda entry: str(entry["name"])))):
        seller = Seller(root / name, entries, market, {"type": "file", "path": str(ledger)}, **more)
        found.append(seller.diff().document)
    return [found[0], by_own_names(found[1], shops, names)]


@pytest.mark.parametrize("seed", MARKETS)
def test_a_generated_market(seed: int, generated: tuple[Path, Handle], tmp_path: Path) -> None:
    """Kits, campaigns, every order state, every state that the channel can show, pushes, unbooked orders."""
    root, market = generated
    names = set(shops_of(seed).values())
    by_file, by_http = both(tmp_path, root / "shops", root / f"ledger-{seed}", market, names)
    assert differences(statements(by_file), statements(by_http)) == []
    assert differences(by_file["plan"], by_http["plan"]) == []
    assert by_http["summary"] == by_file["summary"]
    assert len(by_file["summary"]["by_scenario"]) > 4


def test_the_examples(tmp_path: Path, start: Start) -> None:
    """All but two stories: Shopee tells nothing of a campaign that is over (story 1, until history knows it), and has
    no state `error` (story 4); of these listings the two runs say different things. A lock on Lazada's wire always
    has a window, which these files do not name: one more piece of evidence there (story 2), the rest is equal."""
    shops = tmp_path / "shops"
    for name in ("shopee-vn", "lazada-vn"):
        shutil.copytree(EXAMPLES / name, shops / name)
    market = start(shops)
    untold = {"MUG-BLACK", "SHIRT-M"}
    by_file, by_http = both(tmp_path, shops, EXAMPLES / "ledger", market, {"shopee-vn", "lazada-vn"})
    (more,) = differences(statements(by_file, untold), statements(by_http, untold))
    assert more.startswith(".LAMP-OAK.findings[0].evidence")
    assert len(statements(by_file, untold)) > 7
    found = {sku: [one["scenario"] for one in statements(by_http)[sku]["findings"]] for sku in untold}
    assert found == {"MUG-BLACK": ["push-not-applied", "edited-in-seller-center"], "SHIRT-M": ["listing-sync-error"]}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_market_that_lives_on(seed: int, tmp_path: Path, start: Start) -> None:
    """Five shops in which people order, pay, cancel, edit and enrol for hours: what each channel tells then, written as
    files, gives the statements and the plan of the HTTP run, one reading after the other."""
    Maker(FIVE, tmp_path).write()
    market = start(tmp_path / "shops")
    life, ledger = Life(seed, market), {"type": "file", "path": str(tmp_path / f"ledger-{FIVE}")}
    for number in (1, 2):
        life.go_on(60)
        by_http = Seller(tmp_path / "by-http", market.configs, market, ledger).diff().document
        shops = tmp_path / f"files-{number}"
        by_file = Seller(tmp_path / "by-file", filed(market, shops), market, ledger).diff().document
        renamed = by_own_names(by_http, shops, market.sandbox.shops)
        assert differences(statements(by_file), statements(renamed)) == []
        assert differences(by_file["plan"], renamed["plan"]) == []
