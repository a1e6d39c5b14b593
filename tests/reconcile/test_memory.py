"""What a run leaves to the next: raises stay proven until they are written, and one shop's gap costs no other's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon import reconcile
from stockrecon.config import load
from stockrecon.core.findings import ActionKind, RunResult
from stockrecon.reconcile.memory import Memory

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
Diff = Callable[..., RunResult]


def write(root: Path, at: datetime, *, high_is_whole: bool) -> None:
    """Two shops: `high` shows 100 where a lock of 50 keeps it above 30, `low` shows 40 where 50 is right."""
    pushes = f"high,1,,30,{at:%Y-%m-%d}T00:00Z,false,Negative sellable\nlow,2,,50,{at:%Y-%m-%d}T00:00Z,false,no\n"
    files = {
        "stockrecon.yaml": "ledger: {type: file, path: ledger/}\nshops:\n"
        "  - {name: high, channel: file, path: high/}\n  - {name: low, channel: file, path: low/}\nstate: state/\n",
        "ledger/ledger.yaml": f"as_of: {at.isoformat()}\n",
        "ledger/stock.csv": "sku,available\nHIGH,30\nLOW,50\n",
        "ledger/movements.csv": "id,sku,at,quantity,kind\n",
        "ledger/pushes.csv": "shop,item_id,variation_id,quantity,at,ok,error\n" + pushes,
        "high/shop.yaml": f"as_of: {at.isoformat()}\nimitates: lazada\ncomplete: {str(high_is_whole).lower()}\n",
        "high/listings.csv": "item_id,seller_sku,sellable,campaign,state\n1,HIGH,50,50,ok\n",
        "low/shop.yaml": f"as_of: {at.isoformat()}\nimitates: lazada\n",
        "low/listings.csv": "item_id,seller_sku,sellable,campaign,state\n2,LOW,40,0,ok\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def diff(tmp_path: Path) -> Diff:
    """One run so many minutes after noon."""

    def run(minutes: int, *, high_is_whole: bool = True) -> RunResult:
        at = NOON + timedelta(minutes=minutes)
        write(tmp_path, at, high_is_whole=high_is_whole)
        settings = load(tmp_path / "stockrecon.yaml", {})
        return reconcile.run(settings, reconcile.RunOptions("diff", at), clock=lambda: at)

    return run


def raised(result: RunResult) -> bool:
    return any(
        one.kind is ActionKind.SET_STOCK and one.listing and one.listing.shop == "low" for one in result.plan.actions
    )


def test_a_raise_that_was_proven_stays_so_until_it_is_written(diff: Diff) -> None:
    """The second read proves it; a third and a fourth with the same variance do not make it wait again."""
    assert [raised(diff(minutes)) for minutes in (0, 20, 40, 60)] == [False, True, True, True]


def test_a_shop_that_was_not_read_to_its_end_costs_no_memory(diff: Diff) -> None:
    """Its own findings of the last whole reading stay; what the others need for the next run is kept all the same."""
    diff(0)
    partly = diff(20, high_is_whole=False)
    assert not [warning for warning in partly.warnings if "state" in warning]
    assert raised(diff(40))


def test_another_run_may_replace_the_last_snapshot_meanwhile(diff: Diff, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs at once: the one that read first still has what it began with, and says nothing of it."""
    diff(0)
    recall = Memory.recall

    def overtaken(self: Memory, *what: Any) -> None:
        recall(self, *what)
        monkeypatch.undo()
        diff(10)

    monkeypatch.setattr(Memory, "recall", overtaken)
    assert not diff(20).warnings


def test_a_damaged_snapshot_is_told_once_and_replaced(diff: Diff, tmp_path: Path) -> None:
    """Nobody has to remove anything by hand."""
    diff(0)
    for path in (tmp_path / "state" / "snapshots").glob("low.*"):
        path.write_bytes(b"no parquet at all")
    assert diff(20).warnings == ("low: its last snapshot is damaged; its history goes on from this run",)
    assert not diff(40).warnings
