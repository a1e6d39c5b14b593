"""What cannot be explained without a table, in the words of `check`; the same for every kind of ledger."""

from __future__ import annotations

from collections.abc import Collection

from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.ledgers.base import LedgerCheck

_WITHOUT = {
    "movements": "without it no order in flight, no order that is missing from the ledger, and none of the scenarios "
    "cancelled-order-restock, unpaid-release and orders-too-near can be judged",
    "listings": "without it every listing's seller SKU is taken for the ledger's SKU, with 1 unit: packs, kits and "
    "listings that the shop lacks are not known",
    "pushes": "without it no push is known: a refused push (campaign-lock, listing-sync-error), push-not-applied, "
    "edited-in-seller-center and shop-silent cannot be told, and orders in flight less surely",
}


def absent_lines(present: Collection[str]) -> list[LedgerCheck]:
    """One remark for each optional table that is not there."""
    return [
        LedgerCheck(None, name, f"not there: {_WITHOUT[name]}")
        for name in LEDGER_TABLES
        if name in _WITHOUT and name not in present
    ]
