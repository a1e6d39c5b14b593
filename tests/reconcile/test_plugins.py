"""Another package adds a channel, a ledger and a cause by entry point; nothing here has to know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.cli import app

OUTSIDE = """
from stockrecon.channels.files import FileChannel
from stockrecon.ledgers.files import FileLedger
from stockrecon.scenarios.base import on_listing, set_stock


class Bazaar(FileChannel):
    def pull(self, request):
        assert self.settings.options["colour"] == "blue"
        return super().pull(request)


class Book(FileLedger):
    pass


def detect(case, left):
    return [
        on_listing("moon", account, case, left.of(account), "full moon", remedies=[set_stock()])
        for account in case.accounts
        if left.of(account)
    ]
"""
POINTS = """[stockrecon.channels]
bazaar = outside_of_stockrecon:Bazaar
[stockrecon.ledgers]
book = outside_of_stockrecon:Book
[stockrecon.scenarios]
moon = outside_of_stockrecon:detect
"""
CONFIG = """ledger: {type: book, path: .}
shops: [{name: s, channel: bazaar, path: s/, colour: blue}]
apply: {scenarios: [moon]}
state: state/
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with such a package on the path, and a seller who uses all it has: shown 9, ledger 5."""
    about = tmp_path / "site" / "outside_of_stockrecon-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: outside-of-stockrecon\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    (tmp_path / "site" / "outside_of_stockrecon.py").write_text(OUTSIDE)
    monkeypatch.syspath_prepend(tmp_path / "site")
    (tmp_path / "s").mkdir()
    (tmp_path / "stockrecon.yaml").write_text(CONFIG)
    (tmp_path / "stock.csv").write_text("sku,available\nMUG,5\n")
    (tmp_path / "ledger.yaml").write_text("as_of: 2026-11-10T12:00Z\n")
    (tmp_path / "s" / "shop.yaml").write_text("as_of: 2026-11-10T12:00Z\n")
    (tmp_path / "s" / "listings.csv").write_text("item_id,seller_sku,sellable\n1,MUG,9\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_three_kinds_work_together(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The cause comes before `unexplained` and has its units, its place in the report and its write in the plan."""
    assert app.run(["diff", "--now", "2026-11-10T12:00Z", "--scenario", "moon", "--no-color"]) == 10
    told = capsys.readouterr().out
    assert "Moon  moon  1 finding, +4 oversell" in told
    assert "> set 9 -> 5" in told
    assert "unexplained" not in told


def test_check_knows_them(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The configuration is right where it names what is installed, and only there."""
    assert app.run(["check"]) == 0
    assert "ledger book, shops s (bazaar)" in capsys.readouterr().out
    (installed / "stockrecon.yaml").write_text(CONFIG.replace("bazaar", "bazar").replace("[moon]", "[sun]"))
    assert app.run(["check"]) == 2
    said = capsys.readouterr().err
    assert "unknown channel" in said
    assert "unknown scenario" in said
