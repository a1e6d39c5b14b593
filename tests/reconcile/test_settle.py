"""The second look where a source fails it: what could not be looked at again is not written, and the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon import reconcile
from stockrecon.channels.files import FileChannel
from stockrecon.config import load
from stockrecon.core.findings import RunResult
from stockrecon.core.model import Sku
from stockrecon.errors import OutputFault, ReadFault
from stockrecon.ledgers.files import FileLedger

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def diff(tmp_path: Path) -> Callable[[], RunResult]:
    """A shop with a failed push that shows 9 where the ledger has 5."""
    files = {
        "stockrecon.yaml": "ledger: {type: file, path: .}\nshops: [{name: s, channel: file, path: s/}]\nstate: st/\n",
        "stock.csv": "sku,available\nMUG,5\n",
        "pushes.csv": "shop,item_id,variation_id,quantity,at,ok,error\ns,1,,5,2026-11-10T11:00Z,false,no\n",
        "ledger.yaml": "as_of: 2026-11-10T12:00Z\n",
        "s/shop.yaml": "as_of: 2026-11-10T12:00Z\n",
        "s/listings.csv": "item_id,seller_sku,sellable\n1,MUG,9\n",
    }
    (tmp_path / "s").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings = load(tmp_path / "stockrecon.yaml", {})
    return lambda: reconcile.run(settings, reconcile.RunOptions("diff", NOON), clock=lambda: NOON)


def left_alone(result: RunResult, said: str) -> bool:
    (statement,) = result.statements
    return statement.moving and not result.plan.actions and any(said in text for text in statement.warnings)


def test_what_needs_no_second_look_is_planned(diff: Callable[[], RunResult]) -> None:
    """Files are not read twice."""
    (action,) = diff().plan.actions
    assert (action.frm, action.to) == (9, 5)


def test_a_ledger_that_fails(diff: Callable[[], RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    """What it holds now is unknown: its SKUs are left for the next run, as a shop's listings are."""

    def broken(self: FileLedger, skus: Sequence[Sku]) -> None:
        raise ReadFault("ledger", "the connection is lost")

    monkeypatch.setattr(FileLedger, "reread", broken)
    assert left_alone(diff(), "MUG could not be read in the ledger a second time")


@pytest.mark.parametrize(("now", "said"), [({}, "a second time"), ({"MUG": 4}, "5 at first, then 4")])
def test_a_ledger_that_moved(
    now: Mapping[Sku, int], said: str, diff: Callable[[], RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SKU that is gone or holds something else is moving."""
    monkeypatch.setattr(FileLedger, "reread", lambda self, skus: now)
    assert left_alone(diff(), said)


def test_a_shop_whose_new_tokens_cannot_be_kept(diff: Callable[[], RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the second look costs that shop's writes, not the report."""

    def full(self: FileChannel, keys: object) -> None:
        raise OutputFault("s: its new tokens cannot be saved")

    monkeypatch.setattr(FileChannel, "reread", full)
    assert left_alone(diff(), "s 1 could not be read a second time")
