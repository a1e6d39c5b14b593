"""`campaigns:` of the configuration, through a whole run: locked from enrolment, and told where it names nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon import reconcile
from stockrecon.config import load
from stockrecon.core.findings import ActionKind, RunResult

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)


def run(root: Path, campaigns: str, *, channel: str = "lazada", complete: str = "true", mug: int = 30) -> RunResult:
    """One run at noon over a shop that shows 100 mugs and 10 lids where the ledger has `mug` and 10."""
    files = {
        "ledger/ledger.yaml": "as_of: 2026-11-11T12:00Z\n",
        "ledger/stock.csv": f"sku,available\nMUG,{mug}\nLID,10\n",
        "shop/shop.yaml": f"as_of: 2026-11-11T12:00Z\nimitates: {channel}\ncomplete: {complete}\n",
        "shop/listings.csv": "item_id,variation_id,seller_sku,sellable,campaign\n1,11,MUG,100,0\n2,21,LID,10,0\n",
        "stockrecon.yaml": (
            "ledger: {type: file, path: ledger/}\n"
            "shops:\n"
            "  - name: shop\n"
            "    channel: file\n"
            "    path: shop/\n"
            f"    campaigns:\n{campaigns}"
            "state: state/\n"
        ),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    options = reconcile.RunOptions("diff", NOON)
    return reconcile.run(load(root / "stockrecon.yaml", {}, ()), options, clock=lambda: NOON)


def campaign(item: str = "1", variation: str = '"11"', start: str = "2026-11-11T20:00Z", end: str = "23:00Z") -> str:
    times = f"starts_at: {start}, ends_at: {start[:11]}{end}"
    return f'      - {{item_id: "{item}", variation_id: {variation}, locked: 50, {times}}}\n'


@pytest.mark.parametrize("channel", ["lazada", "shopee"])
def test_a_declared_lock_holds_before_its_campaign_starts(channel: str, tmp_path: Path) -> None:
    """30 are right and 50 are locked: set to 50, and people are told when the campaign starts and ends."""
    result = run(tmp_path, campaign(), channel=channel)
    (statement,) = result.statements
    assert [(finding.scenario, finding.units) for finding in statement.findings] == [("campaign-lock", 70)]
    (write,) = [action for action in result.plan.actions if action.kind is ActionKind.SET_STOCK]
    assert (write.frm, write.to) == (100, 50)
    (manual,) = [action for action in result.plan.actions if action.kind is ActionKind.MANUAL]
    assert "starts 2026-11-11 20:00" in manual.text
    assert manual.due == datetime(2026, 11, 11, 23, tzinfo=UTC)
    assert result.shops[0].warnings == ()


def test_elsewhere_it_holds_from_the_start_on(tmp_path: Path) -> None:
    """Only a channel that locks at enrolment keeps units before."""
    result = run(tmp_path, campaign(), channel="woocommerce")
    assert "campaign-lock" not in {f.scenario for statement in result.statements for f in statement.findings}


def test_a_declared_campaign_of_no_listing_is_told(tmp_path: Path) -> None:
    """A slip in an id locks nothing: the shop's row says which, and what to correct."""
    result = run(tmp_path, campaign("9") + campaign("1", "null") + campaign("2", '"21"'), mug=100)
    assert result.shops[0].warnings == (
        "campaigns: the shop lists no item 1, so the lock declared for it counts for nothing; its variations are "
        "others: correct variation_id",
        "campaigns: the shop lists no item 9, variation 11, so the lock declared for it counts for nothing; correct "
        "item_id",
    )


def test_what_is_over_or_was_not_read_whole_is_not_told(tmp_path: Path) -> None:
    """An old entry may stay in the file; what half a snapshot lacks may be there."""
    assert run(tmp_path, campaign("9", start="2026-11-10T20:00Z"), mug=100).shops[0].warnings == ()
    (warning,) = run(tmp_path, campaign("9"), complete="false", mug=100).shops[0].warnings
    assert "not read to its end" in warning
