"""2 `campaign-lock`: the channel keeps units for a campaign and refuses a quantity below them.

Holds: variance > 0, and the campaign keeps r > 0 units with target < r; or the last push failed with that error, by
the channel's error table. A lock that the channel does not show can be declared by the seller, or is taken from the
campaigns' own numbers; with the error alone the floor is unknown and counts as what is exposed.
Claims: max(0, floor - target); after scenarios 1 and 5 had theirs (`detect_rest`), the rest of the positive variance,
unless a push is known to have succeeded since the ledger fell below the lock or the listing takes no push at all.
Remedy: set to the floor, and by hand in the channel's seller center for what the campaign still exposes. While a mega
campaign lets nothing be lowered at all, only by hand, with the window's end. Once the target is at or above the floor
only set. Never a raise. What was a lock in the last run keeps its name until mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.compare import is_lock_error
from stockrecon.core.findings import Evidence, Finding, Remedy
from stockrecon.core.target import is_over
from stockrecon.core.windows import Window, open_window
from stockrecon.scenarios.base import (
    clip,
    local,
    manual,
    name_of,
    of_campaign,
    of_movement,
    of_push,
    on_listing,
    set_stock,
    shown,
    units_of,
)
from stockrecon.scenarios.listing_sync_error import takes_no_push
from stockrecon.scenarios.memory import remembered

SLUG = "campaign-lock"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    """The units that the floor keeps above the target."""
    found = []
    for account in case.accounts:
        floor, target = _floor(account), account.target
        if target is not None and holds(account):
            units = clip(left.of(account), max(0, floor - target))
            if units or (floor > target and _by_correction(account)):
                found.append(_finding(account, case, units))
    return found


def detect_rest(case: Case, left: Left) -> Sequence[Finding]:
    """The rest of the positive variance, after scenarios 1 and 5 had theirs."""
    found = []
    for account in case.accounts:
        units = max(0, left.of(account))
        if not units or account.target is None:
            continue
        if holds(account):
            if not takes_no_push(account) and _push_since_fall(account, case) is None:
                found.append(_finding(account, case, units))
            continue
        past = remembered(account, SLUG)
        if past is not None and clip(units, past.units):
            text = f"{name_of(account.listing)}: the lock is gone, {units_of(past.units)} of it are not mended yet"
            evidence = [shown(account), past.evidence]
            remedies = [set_stock(f"set to {account.write_target}")]
            units = clip(units, past.units)
            found.append(on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=remedies))
    return found


def _by_correction(account: Account) -> bool:
    """Whether a ledger correction lowers the target: scenario 3 has those units, and people must still hear of them."""
    return account.target is not None and account.target < account.target_moved({})


def holds(account: Account) -> bool:
    """Whether a campaign's lock stands between the listing and its target."""
    if account.target is None or not account.variance or account.variance < 0:
        return False
    return account.target < account.lock.units or refused(account)


def refused(account: Account) -> bool:
    """Whether the last push failed because of the lock."""
    push = account.last_push
    return push is not None and not push.ok and is_lock_error(push.error, account.shop.capabilities)


def _floor(account: Account) -> int:
    return account.listing.exposed if account.floor is None else account.floor


def _push_since_fall(account: Account, case: Case) -> datetime | None:
    """When a push is known to have succeeded since the target fell below the lock; None where none is known."""
    fell = _fell_at(account, case)
    push = account.pushed_after(fell) if fell is not None else None
    return push.at if push is not None else None


def _fell_at(account: Account, case: Case) -> datetime | None:
    """The last movement that took the target from the lock or above to below it, by replaying backwards."""
    back = dict.fromkeys(account.supplies, 0)
    movements = [(m.at, sku, m) for sku in account.supplies for m in case.positions[sku].facts.movements]
    below = account.target_moved(back) < account.lock.units
    if not below:
        return None
    for at, sku, movement in sorted(movements, key=lambda item: item[0], reverse=True):
        back[sku] -= movement.quantity
        if account.target_moved(back) >= account.lock.units:
            return at
    return None


def _finding(account: Account, case: Case, units: int) -> Finding:
    target, floor = account.target or 0, _floor(account)
    window = open_window(account.last_push, account.shop)
    if target >= floor:
        text = f"{name_of(account.listing)}: a campaign's lock refused the push; {target} is accepted by now"
        remedies = [set_stock(f"set to {account.write_target}")]
    elif window is not None:
        until = f"until {local(window.until, account.shop)}"
        text = (
            f"{name_of(account.listing)}: {_occasion(window)} lets it only be raised {until}, so {target} cannot be "
            f"set; exposed beyond that: {units_of(floor - target)}"
        )
        remedies = [_for_the_time(account, window, floor - target)]
    else:
        text = (
            f"{name_of(account.listing)}: a campaign keeps {_kept(account)}, so {target} cannot be set; "
            f"exposed in the campaign beyond that: {units_of(floor - target)}"
        )
        remedies = [*_to_floor(account), _by_hand(account, floor - target)]
    evidence = [shown(account)]
    evidence += [of_campaign(c) for c in account.campaigns if not is_over(c, account.shop.as_of)]
    if account.last_push is not None and not account.last_push.ok:
        evidence.append(of_push(account.last_push))
    if not account.lock.shown and account.lock.units:
        fact = f"{account.lock.units} locked, not shown by the channel"
        evidence.append(Evidence(None, "configuration or campaign record", fact))
    evidence += [of_movement(movement) for movement in case.movements[-1:]]
    return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=remedies)


def _occasion(window: Window) -> str:
    return f"the {window.campaign}" if window.campaign else "a campaign"


def _for_the_time(account: Account, window: Window, exposed: int) -> Remedy:
    text = (
        f"{account.key.shop} seller center: {_occasion(window)} takes no decrease of {name_of(account.listing)} until "
        f"{local(window.until, account.shop)}; if it must not sell on, lower its campaign stock or take it off sale by "
        f"hand, still exposed beyond the ledger: {units_of(exposed)}; the first run after that sets the target itself"
    )
    return manual(text, window.until)


def _kept(account: Account) -> str:
    return "an unknown number of units" if account.floor is None else units_of(account.lock.units)


def _to_floor(account: Account) -> list[Remedy]:
    if account.floor is None or account.floor >= account.listing.exposed:
        return []
    return [set_stock(f"set to the floor {account.floor}, so that nothing but the campaign's own stock stays exposed")]


def _by_hand(account: Account, exposed: int) -> Remedy:
    live = [c for c in account.campaigns if not is_over(c, account.shop.as_of)]
    end = max((c.ends_at for c in live), default=None)
    until = f"the campaign ends {local(end, account.shop)}" if end else "the campaign's end is not known"
    if live and all(c.starts_at > account.shop.as_of for c in live):
        starts = local(min(c.starts_at for c in live), account.shop)
        until = f"the campaign starts {starts} and keeps its units already, it {until.removeprefix('the campaign ')}"
    text = (
        f"{account.key.shop} seller center: lower the campaign stock of {name_of(account.listing)} by hand, "
        f"still exposed in it: {units_of(exposed)}; {until}; the first run after it sets the target itself"
    )
    return manual(text, end)
