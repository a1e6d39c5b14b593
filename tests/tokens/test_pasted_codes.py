"""`stockrecon auth --paste` where the marketplace's page cannot be shown: a code that was got elsewhere is enough."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.cli import app
from stockrecon.core.model import ShopName
from stockrecon.sandbox.run import Handle, start_in_thread
from stockrecon.state import FileTokenStore
from tests.tokens.test_authorise import Pasted

SHOP = ShopName("tiktok-vn")
LISTINGS = "item_id,variation_id,seller_sku,title,sellable\n1,11,A,Cup,5\n"


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Handle]:
    """One shop of TikTok Shop's, told by a folder."""
    folder, secrets = tmp_path / "market" / SHOP, tmp_path / "secrets"
    folder.mkdir(parents=True)
    secrets.mkdir()
    (folder / "shop.yaml").write_text("as_of: 2026-11-24T12:00:00Z\nimitates: tiktok-shop\nzone: Asia/Ho_Chi_Minh\n")
    (folder / "listings.csv").write_text(LISTINGS)
    with start_in_thread(secrets, load=folder.parent) as made:
        yield made


def configured(folder: Path, market: Handle, **changes: object) -> Path:
    """A configuration with the ready file's own entry, but for tokens and what is changed; None: left out."""
    (entry,) = market.configs
    kept = {**entry, **changes, "access_token": None, "refresh_token": None}
    shop = {name: value for name, value in kept.items() if value is not None}
    path = folder / "stockrecon.yaml"
    path.write_text(json.dumps({"ledger": {"type": "file", "path": "ledger/"}, "shops": [shop], "state": "state/"}))
    return path


def a_code(market: Handle) -> str:
    """What the page of consent gives a seller who agrees."""
    (entry,) = market.configs
    with urllib.request.urlopen(f"{entry['base_url']}/open/authorize?service_id=1") as answered:
        return str(json.load(answered)["code"])


def has_tokens(folder: Path) -> bool:
    return FileTokenStore(folder / "state" / "tokens").load(SHOP) is not None


@pytest.mark.parametrize("pasted", ["{}", "https://www.example.com/callback?app_key=6&code={}&state=of-another-page"])
def test_a_code_needs_no_page(
    pasted: str, market: Handle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without service_id the page cannot be named; the code alone, or the address that it came with, is traded."""
    path = configured(tmp_path, market, service_id=None)
    monkeypatch.setattr(sys, "stdin", Pasted([pasted.format(a_code(market))]))
    assert app.run(["auth", "-c", str(path), SHOP, "--paste"]) == 0
    assert "without service_id there is no page where the seller agrees" in capfd.readouterr().err
    assert has_tokens(tmp_path)


def test_without_pasting_the_page_is_needed(market: Handle, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, with both ways on, and nobody is waited for."""
    path = configured(tmp_path, market, service_id=None)
    for way in ((), ("--redirect", "https://www.example.com/callback")):
        assert app.run(["auth", "-c", str(path), SHOP, *way]) == 2
        told = capfd.readouterr().err
        assert "configure service_id" in told
        assert "--paste" in told
    assert not has_tokens(tmp_path)


def test_the_sandbox_names_what_its_page_needs(
    market: Handle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The ready file's entry is enough to authorise the shop as on the real one."""
    path = configured(tmp_path, market)
    monkeypatch.setattr(sys, "stdin", Pasted([a_code(market)]))
    assert app.run(["auth", "-c", str(path), SHOP, "--paste"]) == 0
    assert "/open/authorize?service_id=71" in capfd.readouterr().out
    assert has_tokens(tmp_path)
