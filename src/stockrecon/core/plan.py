"""From findings to the ordered list of actions, and what is withheld (semantics, section 6).

Lowering is safe, raising must be proven. Ids do not depend on the run, the digest only on the actions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from stockrecon.core.audit import correction_ref
from stockrecon.core.case import Account, Case
from stockrecon.core.explain import writable
from stockrecon.core.findings import (
    Action,
    ActionKind,
    Basis,
    Finding,
    Plan,
    RemedyKind,
    Side,
    Statement,
    Withheld,
)
from stockrecon.core.model import Listing, ListingKey, Sku
from stockrecon.core.withhold import CONFIRM_RAISE, TWO_PROGRAMS, UNSETTLED, findings_on, reason
from stockrecon.core.withhold import RaiseSeen as RaiseSeen

OVERSELL = "orders-too-near"

_NONE: Mapping[ListingKey, str] = MappingProxyType({})

_ORDER = {ActionKind.ADJUST_LEDGER: 0, ActionKind.SET_STOCK: 1, ActionKind.MANUAL: 2, ActionKind.WAIT: 3}


def make_plan(
    explained: Iterable[tuple[Case, Statement]],
    raises: Mapping[ListingKey, RaiseSeen],
    *,
    quarantined: Mapping[ListingKey, str] = _NONE,
) -> Plan:
    """Ledger corrections first, then stock (decreases before increases, the largest first), people, and waits.

    `quarantined`: listings with a write of an earlier run whose outcome is open, and what is told of it; nothing else
    is written to them until it is settled.
    """
    draft = _Draft()
    for case, statement in explained:
        for correction in _adjust(statement):
            draft.actions.append(correction)
            draft.available[correction.sku] = case.positions[correction.sku].available
        draft.actions += _manual_and_wait(statement)
        for account in case.accounts:
            action = _set(account, statement, case)
            if action is None:
                continue
            draft.counting_on(account, case)
            if action.to == action.frm:
                draft.withheld.append(_not_yet(action, account))
            else:
                draft.place(action, reason(action, account, case, statement, raises, quarantined))
    ordered = tuple(sorted(_once(draft.actions), key=_rank))
    withheld = tuple(sorted(draft.withheld, key=lambda one: one.action.id))
    return Plan(digest_of(ordered), ordered, withheld, Basis(draft.available, draft.listings, draft.corrections))


@dataclass(slots=True)
class _Draft:
    """A plan while it is made: actions in no order yet, and what they go by."""

    actions: list[Action] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    available: dict[Sku, int] = field(default_factory=dict)
    listings: dict[ListingKey, Listing] = field(default_factory=dict)
    corrections: dict[ListingKey, tuple[str, ...]] = field(default_factory=dict)

    def counting_on(self, account: Account, case: Case) -> None:
        """Keeps what a write to the listing is computed from."""
        self.listings[account.key] = account.listing
        self.available.update({sku: case.positions[sku].available for sku in account.supplies})
        counted = _counted_on(account, case)
        if counted:
            self.corrections[account.key] = counted

    def place(self, action: Action, refusal: tuple[str, str] | None) -> None:
        """Plans a stock write, or withholds it; where two programs set the listing, people are told."""
        if refusal is None:
            self.actions.append(action)
            return
        rule, text = refusal
        self.withheld.append(Withheld(action, rule, text))
        if rule == TWO_PROGRAMS:
            self.actions.append(_for_people(action, text))


def digest_of(actions: Sequence[Action]) -> str:
    """SHA-256 over the actions in their order, as they are told (contract, section 6)."""
    text = json.dumps([_canonical(action) for action in actions])
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _canonical(action: Action) -> list[object]:
    """What the contract's section 6 tells of an action of its kind, and nothing else."""
    told: list[object] = [action.id, action.kind.value, action.sku, action.scenario, action.finding]
    _, item_id, variation_id = _place(action.listing)
    where = [action.listing.shop if action.listing else action.shop, item_id, variation_id]
    if action.kind is ActionKind.SET_STOCK:
        return [*told, *where, action.frm, action.to, action.after]
    if action.kind is ActionKind.ADJUST_LEDGER:
        return [*told, action.by, action.ref]
    if action.kind is ActionKind.MANUAL:
        return [*told, *where, action.text, _stamp(action.due)]
    return [*told, *where, _stamp(action.until)]


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


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


def _for_people(action: Action, text: str) -> Action:
    """What people have to do about a listing that is pulled in two directions."""
    return replace(
        action,
        id=action_id(ActionKind.MANUAL, TWO_PROGRAMS, *_place(action.listing)),
        kind=ActionKind.MANUAL,
        frm=None,
        to=None,
        after=None,
        text=text,
    )


def _set(account: Account, statement: Statement, case: Case) -> Action | None:
    """The one stock write that a listing's findings ask for; None where there is nothing to set.

    It sets what is there already where units that are too few there are those of orders which the ledger lacks.
    """
    to, shown = account.write_value, account.listing.exposed
    asked = _asked(account, statement, case)
    if asked is None or to is None or not writable(account):
        return None
    if to == shown and (account.variance is None or account.variance >= 0):
        return None
    counted = _counted_on(account, case)
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
        after=counted[-1] if counted else None,
    )


def _not_yet(action: Action, account: Account) -> Withheld:
    """What the listing lacks of its target is taken by orders that the ledger does not have: their import decides."""
    text = f"raising {account.key} from {action.frm} to {account.target}: {UNSETTLED.format(sku=action.sku)}"
    return Withheld(replace(action, to=account.target), CONFIRM_RAISE, text)


def _asked(account: Account, statement: Statement, case: Case) -> Finding | None:
    """The finding for which the listing is set: the first for which it may be applied, else the first."""
    asking = [finding for finding in findings_on(account, statement) if finding.has(RemedyKind.SET)]
    if account.variance is not None and account.variance > 0:
        # With nothing left to sell, also what would only wait elsewhere comes down at once (scenario 6).
        asking += [finding for finding in statement.findings if _oversold(finding)]
    allowed = (finding for finding in asking if finding.scenario in case.policy.apply_scenarios)
    return next(allowed, asking[0] if asking else None)


def _counted_on(account: Account, case: Case) -> tuple[str, ...]:
    """The ledger corrections that the target counts on, also of a kit's components that have their own statements."""
    return tuple(
        action_id(ActionKind.ADJUST_LEDGER, sku, correction_ref(claim.movement))
        for sku in account.supplies
        if case.positions[sku].correction
        for claim in case.positions[sku].audit.claims
    )


def _oversold(finding: Finding) -> bool:
    """Whether the ledger side tells of orders that the stock cannot serve: scenario 6, or 2 or 4 in its place."""
    return finding.side is Side.LEDGER and (finding.scenario == OVERSELL or finding.part == "oversold")


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
