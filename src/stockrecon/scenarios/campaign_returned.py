"""1 `campaign-returned`: a campaign ended and its unsold balance went back into normal stock.

Holds: a campaign on the listing ended at e, a balance r > 0 was returned, no push is known to have succeeded after e,
and variance > 0. r is known from the campaign's record (locked less sold), else from history (the last snapshot before
e showed r locked, now there is less); where neither tells, r is at most locked less what was ordered during the
campaign, and the finding is ambiguous.
Claims: min(variance, r). Remedy: set, once `policy.campaign_settle` has passed since e; wait until then.
Early form: the campaign still runs, and pushes of the normal stock forget the locked units: claims
min(variance, campaign); set where the channel lets normal stock be edited meanwhile, else wait for the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Evidence, Finding, Remedy
from stockrecon.core.model import Campaign, OrderStatus, Snapshot
from stockrecon.core.target import is_over
from stockrecon.scenarios.base import (
    clip,
    local,
    name_of,
    of_campaign,
    of_order,
    of_snapshot,
    on_listing,
    set_stock,
    shown,
    units_of,
    unrecorded,
    wait,
)
from stockrecon.scenarios.campaign_lock import refused

SLUG = "campaign-returned"


@dataclass(frozen=True, slots=True)
class _Returned:
    """A balance that came back: when, how many, whether that number is only an upper bound."""

    at: datetime
    units: int
    bound: bool
    evidence: tuple[Evidence, ...]


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        over = max(account.variance or 0, left.of(account)) > 0
        if not over or not account.shop.capabilities.returns_campaign_stock:
            continue
        returned = [one for one in _returned(account, case) if account.pushed_after(one.at) is None]
        finding = _ended(account, case, left, returned) if returned else _early(account, case, left)
        if finding is not None:
            found.append(finding)
    return found


def _ended(account: Account, case: Case, left: Left, returned: Sequence[_Returned]) -> Finding:
    balance = sum(one.units for one in returned)
    end = max(one.at for one in returned)
    units = clip(left.of(account), balance)
    settled = end + case.policy.campaign_settle
    remedy: Remedy
    if case.now >= settled:
        remedy = set_stock(f"set to {account.write_target}: push the ledger's stock again")
    else:
        remedy = wait(settled, f"the returned stock settles until {local(settled, account.shop)}, then set")
    bound = any(one.bound for one in returned)
    up_to = "up to " if bound else ""
    text = (
        f"{name_of(account.listing)}: a campaign ended {local(end, account.shop)} and {up_to}{units_of(balance)} "
        "of unsold locked stock flowed back, which no push has taken out"
    )
    evidence = [shown(account), *unrecorded(account), *(fact for one in returned for fact in one.evidence)]
    return on_listing(
        SLUG, account, case, units, text, evidence=evidence, remedies=[remedy], ambiguous=bound, supports=balance
    )


def _returned(account: Account, case: Case) -> Iterator[_Returned]:
    as_of = account.shop.as_of
    ended = [c for c in account.campaigns if is_over(c, as_of)]
    recent = [c for c in ended if _end(c) >= as_of - case.policy.lookback]
    for campaign in recent:
        one = _balance(campaign, account)
        if one.units > 0:
            yield one
    if not account.campaigns:
        yield from _from_history(account, case)


def returned_since(account: Account, case: Case, since: datetime) -> int:
    """Units of ended campaigns that came back to the listing after `since`; an upper bound where sales are unknown."""
    return sum(one.units for one in _returned(account, case) if one.at > since)


def _end(campaign: Campaign) -> datetime:
    return campaign.over_since or campaign.ends_at


def _balance(campaign: Campaign, account: Account) -> _Returned:
    end = _end(campaign)
    told = of_campaign(campaign)
    if campaign.balance is not None:
        return _Returned(end, campaign.balance, False, (told,))
    before = next((s for s in reversed(account.snapshots) if s.at <= end), None)
    if before is not None and before.campaign > 0:
        back = max(0, before.campaign - account.listing.campaign)
        return _Returned(end, back, False, (told, of_snapshot(before)))
    during = [
        order
        for order in account.orders
        if campaign.starts_at <= order.created_at <= end and order.status is not OrderStatus.CANCELLED
    ]
    left = max(0, campaign.locked - sum(order.quantity for order in during))
    return _Returned(end, left, True, (told, *(of_order(order) for order in during)))


def _from_history(account: Account, case: Case) -> Iterator[_Returned]:
    """A lock that only snapshots have seen: its campaign vanished from what the channel tells."""
    recent = [s for s in account.snapshots if s.at >= account.shop.as_of - case.policy.lookback]
    locked = next((s for s in reversed(recent) if s.campaign > account.listing.campaign), None)
    if locked is None or account.listing.campaign:
        return
    after = next((s for s in recent if s.at > locked.at), None)
    end = after.at if after is not None else account.shop.as_of
    if account.pushed_between(locked.at, end) is None:
        back = locked.campaign - account.listing.campaign
        yield _Returned(end, back, False, (of_snapshot(locked), *_then(after)))


def _then(snapshot: Snapshot | None) -> tuple[Evidence, ...]:
    return () if snapshot is None else (of_snapshot(snapshot),)


def _early(account: Account, case: Case, left: Left) -> Finding | None:
    listing, target = account.listing, account.target
    if target is None or not listing.campaign or account.floor is None:
        return None
    if target < account.floor or listing.sellable < target or refused(account):
        return None
    live = [c for c in account.campaigns if not is_over(c, account.shop.as_of)]
    end = max((c.ends_at for c in live), default=None)
    running = not live or any(c.starts_at <= account.shop.as_of for c in live)
    editable = account.shop.capabilities.edits_during_campaign or account.policy.edit_during_campaign or not running
    until = f"until it ends {local(end, account.shop)}" if end else "until it ends"
    remedy: Remedy
    if editable:
        remedy = set_stock(f"set to {account.write_target}, the locked units counted")
    else:
        remedy = wait(end, f"normal stock cannot be edited while the campaign runs, {until}")
    units = clip(left.of(account), listing.campaign)
    text = (
        f"{name_of(listing)}: a campaign keeps {units_of(listing.campaign)} beside a normal stock of "
        f"{listing.sellable} that already is the target {target}: pushes forget the locked units"
    )
    evidence = [shown(account), *(of_campaign(c) for c in live)]
    return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=[remedy], supports=listing.campaign)
