"""`shop-silent`: nothing is heard of a shop any more, while the ledger moves on.

Holds: no push and no order of the shop for ten times the usual interval, and at least six hours, and the ledger moved
the SKU since. Claims: the rest. Remedy: manual: its synchronisation has probably stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Evidence, Finding
from stockrecon.core.model import Movement, ShopFacts
from stockrecon.scenarios.base import local, manual, name_of, of_movement, on_listing, shown

SLUG = "shop-silent"
_AT_LEAST = timedelta(hours=6)
_TIMES = 10


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        moved = _moved_since(account, case)
        if left.of(account) and moved and _silent(account.shop):
            found.append(_finding(account, case, left.of(account), moved))
    return found


def _silent(shop: ShopFacts) -> bool:
    if shop.last_event is None or shop.usual_interval is None:
        return False
    return shop.as_of - shop.last_event >= max(_TIMES * shop.usual_interval, _AT_LEAST)


def _moved_since(account: Account, case: Case) -> list[Movement]:
    last = account.shop.last_event
    if last is None:
        return []
    return [m for sku in account.supplies for m in case.positions[sku].facts.movements if m.at > last]


def _finding(account: Account, case: Case, units: int, moved: Sequence[Movement]) -> Finding:
    shop, last = account.shop, account.shop.last_event
    since = local(last, shop) if last else "ever"
    text = f"{name_of(account.listing)}: no push and no order of {shop.name} since {since}, while the ledger moved"
    usual = Evidence(last, f"{shop.name} pushes and orders", f"last of them; usually one every {shop.usual_interval}")
    remedy = manual(f"look whether the synchronisation of {shop.name} still runs and is authorised")
    evidence = [shown(account), usual, *(of_movement(m) for m in moved)]
    return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=[remedy])
