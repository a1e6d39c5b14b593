"""Why a stock write that findings ask for is withheld (semantics, section 6).

Lowering is safe, raising must be proven.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stockrecon.core.case import Account, Case
from stockrecon.core.contest import contested
from stockrecon.core.findings import Action, Finding, RemedyKind, Side, Statement
from stockrecon.core.model import ListingKey, Order, OrderStatus

TWO_PROGRAMS = "two-programs"
QUARANTINED = "quarantined"
MOVING = "moving"
CONFIRM_RAISE = "confirm-raise"
FULL_PULL = "full-pull"


@dataclass(frozen=True, slots=True)
class RaiseSeen:
    """A raise that earlier runs proposed: the variance, and since when it has been the same in every read."""

    variance: int
    since: datetime


UNSETTLED = "orders of {sku} and the ledger do not agree yet"


def reason(
    action: Action,
    account: Account,
    case: Case,
    statement: Statement,
    raises: Mapping[ListingKey, RaiseSeen],
    quarantined: Mapping[ListingKey, str],
) -> tuple[str, str] | None:
    """The rule that withholds a write, and why; None where it may go."""
    if contested(account, case):
        return TWO_PROGRAMS, (
            f"two programs set this listing: within 24 hours {account.key} was three times set to something else after "
            "it had been corrected; let one of them leave it alone"
        )
    if account.key in quarantined:
        return QUARANTINED, quarantined[account.key]
    if statement.moving:
        return MOVING, f"{account.key} moved between two reads: left for the next run"
    if action.to is None or action.frm is None or action.to < action.frm:
        return None
    unproven = next(iter(_unproven(account, case, statement)), None)
    if unproven is not None:
        return CONFIRM_RAISE, f"raising {account.key} from {action.frm} to {action.to}: {unproven}"
    seen = raises.get(account.key)
    needed = case.policy.confirm_raise
    # A snapshot that stays the same file is one read, however often it is looked at.
    read_at = min(case.now, case.shops[account.key.shop].as_of)
    if seen is None or seen.variance != account.variance or read_at - seen.since < needed:
        minutes = needed // timedelta(minutes=1)
        text = f"raising {account.key} from {action.frm} to {action.to} needs the same variance in two reads at least"
        return CONFIRM_RAISE, f"{text} {minutes} min apart; the next run may do it"
    little = sorted(shop.name for shop in case.shops.values() if shop.changes_since is not None)
    if little:
        return FULL_PULL, (
            f"raising {account.key} from {action.frm} to {action.to} needs every shop read in full; of "
            f"{', '.join(little)} only what may have changed was read: run with --full"
        )
    return None


def _unproven(account: Account, case: Case, statement: Statement) -> Iterator[str]:
    """What stands against a raise (semantics, section 6)."""
    positions = [case.positions[sku] for sku in account.supplies]
    shops = {listing.key.shop for position in positions for listing in position.facts.listings}
    cut_short = {shop.name for shop in case.shops.values() if not shop.complete}
    unread = sorted(cut_short | (shops - case.shops.keys()))
    if unread or not case.all_shops_read:
        yield f"not every shop that may list {case.sku} was read to its end ({', '.join(unread) or 'some left out'})"
    if any(position.not_imported or position.in_flight for position in positions):
        yield UNSETTLED.format(sku=case.sku)
    if "movements" not in case.ledger.tables and any(
        _recent(order, case) for position in positions for order in position.facts.orders
    ):
        yield f"without the ledger's movements nobody can tell whether the latest orders of {case.sku} are in it"
    if account.lock.units and not account.lock.shown:
        yield "its campaign lock is inferred, not shown by the channel"
    if account.floor is None:
        yield "its campaign lock is known from an error only"
    editable = account.shop.capabilities.edits_during_campaign or account.policy.edit_during_campaign
    if account.lock.units and not editable:
        yield "the channel takes no edits while its campaign runs"
    findings = findings_on(account, statement)
    if any(f.ambiguous for f in statement.findings):
        yield "a finding is ambiguous"
    kinds = (RemedyKind.WAIT, RemedyKind.MANUAL)
    if any(f.units and any(f.has(kind) for kind in kinds) for f in findings):
        yield "a part of the variance waits, or is for people"
    if any(f.units and not f.has(RemedyKind.SET) for f in findings):
        yield "a part of the variance is unexplained, or its cause is not to be corrected"


def _recent(order: Order, case: Case) -> bool:
    """Whether an order is so young that a ledger may not have it yet."""
    shop = case.shops.get(order.key.shop)
    live = order.status is not OrderStatus.CANCELLED
    return shop is not None and live and shop.as_of - order.created_at < case.policy.import_grace


def findings_on(account: Account, statement: Statement) -> list[Finding]:
    return [f for f in statement.findings if f.listing == account.key and f.side is Side.LISTING]
