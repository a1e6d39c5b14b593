"""What a run's statements and plan leave for the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stockrecon.core.findings import Action, ActionKind, Finding, Plan, Side, Statement
from stockrecon.core.model import ListingKey, PastFinding, ShopFacts, ShopName
from stockrecon.core.withhold import CONFIRM_RAISE, FULL_PULL

_REMEMBERED = frozenset({"campaign-lock", "listing-sync-error"})
"""Scenarios that keep their name from run to run until they are mended."""


def raises_of(plan: Plan) -> set[ListingKey]:
    """Listings that this run would raise: those that still wait for a second read, and those that may go already,
    which until they are written must not begin to wait anew."""
    allowed = [action for action in plan.actions if action.kind is ActionKind.SET_STOCK and _raised(action)]
    waiting = [one.action for one in plan.withheld if one.rule in (CONFIRM_RAISE, FULL_PULL)]
    return {action.listing for action in (*allowed, *waiting) if action.listing is not None}


def _raised(action: Action) -> bool:
    return action.to is not None and action.frm is not None and action.to > action.frm


def past_of(statements: Sequence[Statement], shops: Mapping[ShopName, ShopFacts]) -> Iterator[PastFinding]:
    """The findings that name what is not mended yet, of the shops that were judged."""
    for statement in statements:
        targets = {line.listing.key: line.target for line in statement.lines}
        for finding in statement.findings:
            past = _one_of(finding, targets, shops)
            if past is not None:
                yield past


def _one_of(
    finding: Finding, targets: Mapping[ListingKey, int | None], shops: Mapping[ShopName, ShopFacts]
) -> PastFinding | None:
    key = finding.listing
    if finding.scenario not in _REMEMBERED or finding.side is not Side.LISTING or not finding.units or key is None:
        return None
    target, shop = targets.get(key), shops.get(key.shop)
    if target is None or shop is None:
        return None
    return PastFinding(key, finding.scenario, finding.units, target, shop.as_of)
