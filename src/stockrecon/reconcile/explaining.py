"""From the catalogue's suspects to statements: audits first, then cases, then the detectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.audit import Audit, audit, shipments
from stockrecon.core.case import Case
from stockrecon.core.compare import case_of, make_world
from stockrecon.core.explain import explain
from stockrecon.core.findings import Statement
from stockrecon.core.model import LedgerFacts, ShopFacts, ShopName, Sku, SkuFacts
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.scenarios import cancelled_order_restock
from stockrecon.scenarios.base import Detect

FactsOf = Callable[[Sequence[Sku]], Iterable[SkuFacts]]
_BATCH = 8_000


@dataclass(frozen=True, slots=True)
class Context:
    """What all statements of a run share."""

    ledger: LedgerFacts
    shops: Mapping[ShopName, ShopFacts]
    policies: Mapping[ShopName, ShopPolicy]
    policy: Policy
    now: datetime
    all_shops_read: bool
    detectors: Sequence[Detect]


def audits_of(skus: Sequence[Sku], facts_of: FactsOf) -> dict[Sku, Audit]:
    """The audits that found something: units too many, units sold on, or an order whose cancellation would add some."""
    found: dict[Sku, Audit] = {}
    for facts in facts_of(skus):
        if facts.available is None:
            continue
        one = audit(facts.movements, facts.available, shipments(facts.orders))
        if one.claims or one.pending or one.sold_on or one.break_at is not None:
            found[facts.sku] = one
    return found


def corrections_of(audits: Mapping[Sku, Audit], policy: Policy) -> dict[Sku, int]:
    """The ledger corrections that this run proposes and may make: configured, and not ambiguous."""
    if cancelled_order_restock.SLUG not in policy.apply_scenarios:
        return {}
    return {sku: -one.excess for sku, one in audits.items() if one.excess and not one.ambiguous}


def statements_of(
    skus: Sequence[Sku],
    facts_of: FactsOf,
    context: Context,
    audits: Mapping[Sku, Audit],
    corrections: Mapping[Sku, int],
) -> Iterable[tuple[Case, Statement]]:
    """One case and statement per SKU, in SKU order, a batch at a time so that memory stays bounded."""
    for start in range(0, len(skus), _BATCH):
        batch = skus[start : start + _BATCH]
        facts = _with_components(batch, facts_of)
        world = make_world(
            facts,
            context.ledger,
            context.shops,
            context.policies,
            context.policy,
            context.now,
            audits,
            corrections,
            context.all_shops_read,
        )
        for sku in batch:
            if sku in world.facts and _known(world.facts[sku]):
                case = case_of(sku, world)
                yield case, explain(case, context.detectors)


def _known(facts: SkuFacts) -> bool:
    """Whether ledger or shops know the SKU at all; one that was asked for by name may be known to neither."""
    return facts.available is not None or bool(facts.listings or facts.absent)


def _with_components(batch: Sequence[Sku], facts_of: FactsOf) -> dict[Sku, SkuFacts]:
    """The facts of a batch, and of the other components of its kits."""
    facts = {one.sku: one for one in facts_of(batch)}
    others = {
        component.sku
        for one in facts.values()
        for listing in one.listings
        for component in listing.components
        if component.sku not in facts
    }
    if others:
        facts.update((one.sku, one) for one in facts_of(sorted(others)))
    return facts
