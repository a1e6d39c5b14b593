"""Whole runs with the listing map of the imitated ERPNext: what cannot be told has no target."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from tests.ledger_contract.erpnext import ErpnextHouse
from tests.ledger_contract.runs import Seller


class Everything(Seller):
    """Runs about all SKUs: a listing that the map makes unknown is not found by its seller SKU."""

    def arguments(self, config: Path, command: Sequence[str]) -> list[str]:
        return [*command, "--all", "-c", str(config), "--no-color", "--now", self.house.right_now().isoformat()]


@pytest.mark.parametrize(
    ("code", "units", "target"),
    [("A", "", 9), ("PAIR", "", 4), ("A", "3", 3), ("HALF", "", None), ("CABLE", "", None), ("A", "2.5", None)],
)
def test_targets_by_the_map(
    code: str, units: str, target: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A listing with seller SKU A: what the map says of it counts, and where that is none, nothing does."""
    (tmp_path / "house").mkdir()
    with ExitStack() as stack:
        house = ErpnextHouse(tmp_path / "house", stack)
        site = house.site
        site.custom["Ecommerce Item"] = {"custom_units": False}
        first = "Stores - D"
        site.uom("Meter", whole=False)
        site.uom("Piece", whole=False)
        site.item("A", 9, first, stock_uom="Piece")
        site.item("CABLE", 2.5, first, stock_uom="Meter")
        for bundle, each in (("PAIR", 2), ("HALF", 2.5)):
            site.item(bundle, is_stock_item=0)
            site.bundle(bundle, {"A": each})
        site.lists("Shop", "1", code, custom_units=units)
        ledger = {**house.ledger(), "shops": {"shop": "Shop"}, "listings": {"units": "custom_units"}}
        seller = Everything(house, tmp_path, capsys)
        seller.shown["A"] = 1  # type: ignore[index]
        _, found = seller.run("diff", ledger=ledger)
        (listing,) = [one for statement in found["statements"] for one in statement["listings"]]
        assert listing["target"] == target
        warned = [text for text in map(str, found["warnings"]) if "Ecommerce Item" in text]
        assert ["shop 1 (" in text for text in warned] == ([True] if target is None else [])
