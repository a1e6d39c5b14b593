"""`push-not-applied`: the channel answered a push with success, and the listing still shows the value from before it.

Holds: history has the value from before the last push, and with the orders since then it is what the shop shows.
Claims: the rest, as far as the push would have mended it. Remedy: set. Without history it cannot be told from an edit
in the seller center: both are named, ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Finding
from stockrecon.scenarios import zeroed_by_channel
from stockrecon.scenarios.base import clip, name_of, of_push, of_snapshot, on_listing, set_stock, shown
from stockrecon.scenarios.flow import before, expected, last_applied

SLUG = "push-not-applied"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        if left.of(account):
            finding = _of_account(account, case, left)
            if finding is not None:
                found.append(finding)
    return found


def _of_account(account: Account, case: Case, left: Left) -> Finding | None:
    push = last_applied(account)
    if push is None or push.at < account.shop.as_of - case.policy.lookback:
        return None
    exposed = account.listing.exposed
    units = clip(left.of(account), exposed - expected(account, push.quantity, push.at))
    if not units:
        return None
    snapshot = before(account, push.at)
    evidence = [shown(account), of_push(push)]
    if snapshot is None:
        if zeroed_by_channel.zeroing_order(account, case) is not None:
            return None
        text = (
            f"{name_of(account.listing)}: the last push ({push.quantity}) was accepted, yet {exposed} is shown: not "
            "applied, or edited since; without an earlier snapshot nobody can tell"
        )
        return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=[set_stock()], ambiguous=True)
    if expected(account, snapshot.exposed, snapshot.at) != exposed:
        return None
    text = (
        f"{name_of(account.listing)}: the last push ({push.quantity}) was accepted, yet the value from before it is "
        f"still shown ({exposed})"
    )
    remedies = [set_stock(f"set to {account.write_target}")]
    return on_listing(SLUG, account, case, units, text, evidence=[*evidence, of_snapshot(snapshot)], remedies=remedies)
