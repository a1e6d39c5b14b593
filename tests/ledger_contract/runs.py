"""Whole runs of the program over a house: its configuration, its exit code, and everything that it says."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stockrecon.cli import app
from stockrecon.core.model import Sku
from tests.ledger_contract.house import Config, House

Document = dict[str, Any]
MUCH = {"count": 1000, "percent": 100}


@dataclass
class Seller:
    """One seller with one shop of files, where every ghost is for sale; its state is kept from run to run."""

    house: House
    folder: Path
    capsys: pytest.CaptureFixture[str]
    shown: dict[Sku, int] = field(default_factory=dict)

    def write(self, ledger: Config | None = None) -> Path:
        """The configuration."""
        place = self.folder / "shop"
        place.mkdir(exist_ok=True)
        noon = self.house.right_now().isoformat()
        (place / "shop.yaml").write_text(f"as_of: {noon}\nimitates: shopee\ncomplete: true\n", "utf-8")
        listings = [[str(number), sku, units] for number, (sku, units) in enumerate(self.shown.items(), start=1)]
        with (place / "listings.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([["item_id", "seller_sku", "sellable"], *listings])
        whole = {
            "ledger": ledger or self.house.ledger(),
            "shops": [{"name": "shop", "channel": "file", "path": str(place), "mode": "apply"}],
            "policy": {"max_age": {"file": "3650d", "network": "3650d"}},
            "apply": {"limits": {"zeroed": MUCH, "changed": MUCH, "corrections": {"skus": MUCH, "units": MUCH}}},
            "state": "state/",
        }
        path = self.folder / "stockrecon.yaml"
        path.write_text(json.dumps(whole), "utf-8")
        return path

    def arguments(self, config: Path, command: Sequence[str]) -> list[str]:
        """About these SKUs alone: others may be in the house as well."""
        only = [part for sku in self.shown for part in ("--sku", sku)]
        return [*command, *only, "-c", str(config), "--no-color", "--now", self.house.right_now().isoformat()]

    def run(self, *command: str, ledger: Config | None = None) -> tuple[int, Document]:
        """Exit code and report. What is said beside it, and the report, hold no secret."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        arguments = self.arguments(self.write(ledger), command)
        code = app.run([*arguments, "--format", "json", "-o", str(report)])
        said = "".join(self.capsys.readouterr())
        self.house.look_through(said)
        assert "Traceback" not in said
        text = report.read_text("utf-8") if report.exists() else "{}"
        self.house.look_through(text)
        found: Document = json.loads(text)
        return code, found

    def check(self, ledger: Config | None = None) -> tuple[int, str]:
        """What `check` prints, in one line."""
        now = self.house.right_now().isoformat()
        code = app.run(["check", "-c", str(self.write(ledger)), "--no-color", "--now", now])
        said = "".join(self.capsys.readouterr())
        self.house.look_through(said)
        assert "Traceback" not in said
        return code, " ".join(said.split())
