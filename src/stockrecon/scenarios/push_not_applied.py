"""`push-not-applied`: the channel answered a push with success, and the listing still shows the value from before it.

Holds: history has the value from before the last push, and with the orders since then it is what the shop shows.
Claims: the rest, as far as the push would have mended it. Remedy: set. Without history it cannot be told from an edit
in the seller center: both are named, ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Finding
from stockrecon.scenarios import edited_in_seller_center, zeroed_by_channel
from stockrecon.scenarios.base import clip, name_of, of_push, of_snapshot, on_listing, set_stock, shown
from stockrecon.scenarios.flow import before, beyond, last_applied, not_applied

SLUG = "push-not-applied"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found: list[Finding] = []
    for account in case.accounts:
        if left.of(account):
            found += _of_account(account, case, left)
    return found


def _of_account(account: Account, case: Case, left: Left) -> list[Finding]:
    push = last_applied(account)
    if push is None or push.at < account.shop.as_of - case.policy.lookback:
        return []
    exposed = account.listing.exposed
    units = clip(left.of(account), beyond(account, case, push.quantity, push.at))
    if not units:
        return []
    evidence = [shown(account), of_push(push)]
    if before(account, push.at) is None:
        if zeroed_by_channel.zeroing_order(account, case) is not None:
            return []
        text = (
            f"{name_of(account.listing)}: the last push ({push.quantity}) was accepted, yet {exposed} is shown: not "
            "applied, or edited since; without an earlier snapshot nobody can tell"
        )
        # Which of the two it was nobody can tell, so both are named and the first has the units.
        return [
            on_listing(slug, account, case, claimed, text, evidence=evidence, remedies=remedies, ambiguous=True)
            for slug, claimed, remedies in ((SLUG, units, [set_stock()]), (edited_in_seller_center.SLUG, 0, []))
        ]
    snapshot = not_applied(account, case, push)
    if snapshot is None:
        return []
    text = (
        f"{name_of(account.listing)}: the last push ({push.quantity}) was accepted, yet the value from before it is "
        f"still shown ({exposed})"
    )
    remedies = [set_stock(f"set to {account.write_target}")]
    evidence.append(of_snapshot(snapshot))
    return [on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=remedies)]
