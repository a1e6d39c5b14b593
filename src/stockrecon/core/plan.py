"""From findings to the ordered list of actions, and what is withheld (semantics, section 6).

Lowering is safe, raising must be proven. Ids do not depend on the run, the digest only on the actions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.audit import correction_ref
from stockrecon.core.case import Account, Case
from stockrecon.core.explain import writable
from stockrecon.core.findings import Action, ActionKind, Finding, Plan, RemedyKind, Side, Statement, Withheld
from stockrecon.core.model import ListingKey, Order, OrderStatus

OVERSELL = "orders-too-near"

_ORDER = {ActionKind.ADJUST_LEDGER: 0, ActionKind.SET_STOCK: 1, ActionKind.MANUAL: 2, ActionKind.WAIT: 3}


@dataclass(frozen=True, slots=True)
class RaiseSeen:
    """A raise that earlier runs proposed: the variance, and since when it has been the same in every read."""

    variance: int
    since: datetime


def make_plan(explained: Iterable[tuple[Case, Statement]], raises: Mapping[ListingKey, RaiseSeen]) -> Plan:
    """Ledger corrections first, then stock (decreases before increases, the largest first), people, and waits."""
    actions: list[Action] = []
    withheld: list[Withheld] = []
    for case, statement in explained:
        actions += _adjust(statement)
        actions += _manual_and_wait(statement)
        for account in case.accounts:
            action = _set(account, statement, case)
            if action is None:
                continue
            refusal = _refusal(action, account, case, statement, raises)
            if refusal is None:
                actions.append(action)
            else:
                withheld.append(Withheld(action, *refusal))
    ordered = tuple(sorted(_once(actions), key=_rank))
    return Plan(digest_of(ordered), ordered, tuple(sorted(withheld, key=lambda one: one.action.id)))


def digest_of(actions: Sequence[Action]) -> str:
    """SHA-256 over the actions in their order."""
    canonical = [
        [
            action.id,
            action.kind.value,
            action.sku,
            *_place(action.listing),
            action.frm,
            action.to,
            action.by,
            action.ref,
            action.text,
            action.due.isoformat() if action.due else None,
            action.until.isoformat() if action.until else None,
            action.after,
        ]
        for action in actions
    ]
    text = json.dumps(canonical, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def action_id(kind: ActionKind, *parts: str) -> str:
    """The same for the same step at the same place in every run."""
    return "a-" + hashlib.sha256("\x1f".join((kind.value, *parts)).encode()).hexdigest()[:12]


def _adjust(statement: Statement) -> Iterator[Action]:
    """One correction per cancelling movement, each after the one before it: what follows the last follows them all."""
    before: str | None = None
    for finding in statement.findings:
        for remedy in finding.remedies:
            for correction in remedy.corrections:
                name = action_id(ActionKind.ADJUST_LEDGER, statement.sku, correction.ref)
                yield Action(
                    id=name,
                    kind=ActionKind.ADJUST_LEDGER,
                    sku=statement.sku,
                    scenario=finding.scenario,
                    finding=finding.id,
                    by=correction.by,
                    ref=correction.ref,
                    after=before,
                )
                before = name


def _manual_and_wait(statement: Statement) -> Iterator[Action]:
    for finding in statement.findings:
        for remedy in finding.remedies:
            if remedy.kind is RemedyKind.MANUAL:
                kind = ActionKind.MANUAL
            elif remedy.kind is RemedyKind.WAIT:
                kind = ActionKind.WAIT
            else:
                continue
            yield Action(
                id=action_id(kind, finding.id),
                kind=kind,
                sku=statement.sku,
                scenario=finding.scenario,
                finding=finding.id,
                shop=finding.shop,
                listing=finding.listing,
                text=remedy.text,
                due=remedy.until if kind is ActionKind.MANUAL else None,
                until=remedy.until if kind is ActionKind.WAIT else None,
            )


def _set(account: Account, statement: Statement, case: Case) -> Action | None:
    """The one stock write that a listing's findings ask for; None where there is nothing to set."""
    to = account.write_value
    asked = next((f for f in _on(account, statement) if f.has(RemedyKind.SET)), None)
    if asked is None and account.variance is not None and account.variance > 0:
        # With nothing left to sell, also what would only wait elsewhere comes down at once (scenario 6).
        asked = next((f for f in statement.findings if _oversold(f)), None)
    if asked is None or to is None or to == account.listing.exposed or not writable(account):
        return None
    return Action(
        id=action_id(ActionKind.SET_STOCK, *_place(account.key)),
        kind=ActionKind.SET_STOCK,
        sku=statement.sku,
        scenario=asked.scenario,
        finding=asked.id,
        shop=account.key.shop,
        listing=account.key,
        frm=account.listing.exposed,
        to=to,
        after=_counted_on(account, case),
    )


def _counted_on(account: Account, case: Case) -> str | None:
    """The last ledger correction that the target counts on, also of a kit's component that has its own statement."""
    counted = [
        action_id(ActionKind.ADJUST_LEDGER, sku, correction_ref(claim.movement))
        for sku in account.supplies
        if case.positions[sku].correction
        for claim in case.positions[sku].audit.claims
    ]
    return counted[-1] if counted else None


def _oversold(finding: Finding) -> bool:
    """Whether the ledger side tells of orders that the stock cannot serve: scenario 6, or 2 or 4 in its place."""
    return finding.side is Side.LEDGER and (finding.scenario == OVERSELL or finding.part == "oversold")


def _on(account: Account, statement: Statement) -> list[Finding]:
    return [f for f in statement.findings if f.listing == account.key and f.side is Side.LISTING]


def _refusal(
    action: Action, account: Account, case: Case, statement: Statement, raises: Mapping[ListingKey, RaiseSeen]
) -> tuple[str, str] | None:
    """The rule that withholds a write, and why; None where it may go."""
    if statement.moving:
        return "moving", f"{account.key} moved between two reads: left for the next run"
    if action.to is None or action.frm is None or action.to < action.frm:
        return None
    unproven = next(iter(_unproven(account, case, statement)), None)
    if unproven is not None:
        return "confirm-raise", f"raising {account.key} from {action.frm} to {action.to}: {unproven}"
    seen = raises.get(account.key)
    needed = case.policy.confirm_raise
    if seen is None or seen.variance != account.variance or case.now - seen.since < needed:
        minutes = int(needed.total_seconds() // 60)
        text = f"raising {account.key} from {action.frm} to {action.to} needs the same variance in two reads at least"
        return "confirm-raise", f"{text} {minutes} min apart; the next run may do it"
    return None


def _unproven(account: Account, case: Case, statement: Statement) -> Iterator[str]:
    """What stands against a raise (semantics, section 6)."""
    shops = {listing.key.shop for listing in case.facts.listings}
    unread = sorted(shop for shop in shops if shop not in case.shops or not case.shops[shop].complete)
    if unread or not case.all_shops_read:
        yield f"not every shop that may list {case.sku} was read to its end ({', '.join(unread) or 'some left out'})"
    positions = [case.positions[sku] for sku in account.supplies]
    if any(position.not_imported or position.in_flight for position in positions):
        yield f"orders of {case.sku} and the ledger do not agree yet"
    if "movements" not in case.ledger.tables and any(_recent(order, case) for order in case.facts.orders):
        yield f"without the ledger's movements nobody can tell whether the latest orders of {case.sku} are in it"
    if account.lock.units and not account.lock.shown:
        yield "its campaign lock is inferred, not shown by the channel"
    if account.floor is None:
        yield "its campaign lock is known from an error only"
    editable = account.shop.capabilities.edits_during_campaign or account.policy.edit_during_campaign
    if account.lock.units and not editable:
        yield "the channel takes no edits while its campaign runs"
    findings = _on(account, statement)
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


def _once(actions: Iterable[Action]) -> list[Action]:
    """One action per id, and one manual action per text and SKU: several findings may ask for the same step."""
    kept: dict[tuple[str, ...], Action] = {}
    for action in actions:
        by_text = action.kind is ActionKind.MANUAL and action.text
        name = (action.kind.value, action.sku, action.text) if by_text else (action.id,)
        kept.setdefault(name, action)
    return list(kept.values())


def _rank(action: Action) -> tuple[object, ...]:
    change = (action.to or 0) - (action.frm or 0)
    # Corrections of one SKU keep their own order, since each waits for the one before it.
    name = "" if action.kind is ActionKind.ADJUST_LEDGER else action.id
    return (_ORDER[action.kind], change > 0, -abs(change), action.sku, *_place(action.listing), name)


def _place(key: ListingKey | None) -> tuple[str, str, str]:
    return (key.shop, key.item_id, key.variation_id) if key is not None else ("", "", "")
