"""`edited-in-seller-center`: somebody changed the number in the shop itself.

Holds: exposed differs from the last push (or, where none is recorded, the earliest snapshot within `policy.lookback`)
less orders, plus cancellations and returned campaign units since.
Claims: the rest, as far as the edit made it. Remedy: set if named in `apply.scenarios`, else none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Evidence, Finding, Remedy, RemedyKind
from stockrecon.scenarios.base import clip, local, name_of, of_push, of_snapshot, on_listing, set_stock, shown
from stockrecon.scenarios.flow import beyond, last_applied, not_applied

SLUG = "edited-in-seller-center"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        finding = _of_account(account, case, left) if account.variance else None
        if finding is not None:
            found.append(finding)
    return found


def _of_account(account: Account, case: Case, left: Left) -> Finding | None:
    base = _base(account, case)
    if base is None:
        return None
    value, at, campaign, told = base
    delta = beyond(account, case, value, at, campaign)
    units = clip(left.of(account), delta)
    if not units:
        return None
    text = (
        f"{name_of(account.listing)}: {account.listing.exposed} is shown where {account.listing.exposed - delta} is "
        f"left of {value} since {local(at, account.shop)}: edited in the seller center"
    )
    named = SLUG in case.policy.apply_scenarios
    remedies = [set_stock(f"set to {account.write_target}")] if named else [Remedy(RemedyKind.NONE)]
    return on_listing(SLUG, account, case, units, text, evidence=[shown(account), told], remedies=remedies)


def _base(account: Account, case: Case) -> tuple[int, datetime, int, Evidence] | None:
    """The last value that is known to have been set or shown, when, and how much of it was shown as locked."""
    since = account.shop.as_of - case.policy.lookback
    push = last_applied(account)
    if push is not None and push.at >= since:
        # What an accepted push did not change is no edit.
        return None if not_applied(account, case, push) else (push.quantity, push.at, 0, of_push(push))
    snapshot = next((one for one in account.snapshots if since <= one.at < account.shop.as_of), None)
    failed = account.last_push is not None and not account.last_push.ok
    if failed or snapshot is None:
        return None
    return snapshot.exposed, snapshot.at, snapshot.campaign, of_snapshot(snapshot)
