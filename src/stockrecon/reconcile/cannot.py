"""Which explanations a run could not give, and what is missing for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stockrecon.core.model import LedgerFacts, ShopFacts, ShopName


def impossible(ledger: LedgerFacts, shops: Mapping[ShopName, ShopFacts]) -> Iterator[str]:
    """One sentence for each missing table: what is missing, and what therefore nobody can tell."""
    if "movements" not in ledger.tables:
        yield (
            "the ledger has no movements: scenarios 3, 5 and 6, orders in flight, orders not imported and "
            "cancellations not restocked cannot be judged"
        )
    elif shops:
        silent = sorted(name for name, shop in shops.items() if not shop.names_orders)
        if silent:
            yield f"no movement of the ledger names an order of {', '.join(silent)}: missing orders are not told there"
    if "pushes" not in ledger.tables:
        yield (
            "the ledger has no pushes: failed pushes (scenarios 2 and 4), pushes not applied and edits in the seller "
            "center can only be told from history, and no push is known to have mended anything"
        )
    if "listings" not in ledger.tables:
        yield "the ledger has no listings table: a listing counts as 1 unit of its seller SKU, and there are no kits"
    orders = sorted(name for name, shop in shops.items() if not shop.orders_known)
    if orders:
        yield f"no orders are known of {', '.join(orders)}: scenarios 5, 6 and orders in flight cannot be judged there"
    campaigns = sorted(name for name, shop in shops.items() if not shop.campaigns_known)
    if campaigns:
        yield (
            f"no campaigns are known of {', '.join(campaigns)}: scenarios 1 and 2 go by what the listings show and by "
            "history there"
        )
