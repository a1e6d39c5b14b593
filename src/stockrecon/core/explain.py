"""Runs the detectors over one case and keeps the sums exact (semantics, section 4).

For every listing, variance = sum of the units of its findings; for the SKU, the deficit = sum of the ledger-side units
of scenarios 5, 6 (or 2 and 4 in its place), 3's units sold on, and `unexplained`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Finding, Line, Remedy, RemedyKind, Side, Statement, Timeline
from stockrecon.core.model import Fulfilment, ListingKey

Detect = Callable[[Case, Left], Sequence[Finding]]
"""A detector: sees a case and what is left of its variances, gives findings (none, a listing's, the ledger's)."""

COMPETING = frozenset({"in-flight", "campaign-returned", "unpaid-release", "cancelled-order-not-restocked"})
"""Causes with a number of their own: together they can claim more than there is."""


def explain(case: Case, detectors: Sequence[Detect]) -> Statement:
    """The statement of one SKU: every unit of variance and deficit claimed by exactly one finding."""
    left = Left({a.key: a.variance for a in case.accounts if a.variance}, case.deficit)
    found: list[Finding] = []
    for detect in detectors:
        for finding in detect(case, left):
            found.append(finding)
            left = _less(left, finding)
    findings = _settle(_merge(found), case)
    position = case.position
    return Statement(
        sku=case.sku,
        available=position.available if position else None,
        available_in_flight=position.available_in_flight if position else None,
        excess=position.audit.excess if position else 0,
        deficit=case.deficit,
        lines=tuple(_line(account) for account in case.accounts),
        findings=findings,
        warnings=tuple(_warnings(case)),
        policy=tuple(_policy(case)),
        timeline=_timeline(case),
    )


def _less(left: Left, finding: Finding) -> Left:
    """What is left after a finding had its units. Excess and units not restocked stand beside the deficit."""
    if finding.side is Side.LISTING:
        if finding.listing is None or not finding.units or finding.listing not in left.variance:
            return left
        rest = left.variance[finding.listing] - finding.units
        return Left({**left.variance, finding.listing: rest}, left.deficit)
    return Left(left.variance, left.deficit - finding.units) if counts_in_deficit(finding) else left


def counts_in_deficit(finding: Finding) -> bool:
    """Whether a ledger-side finding explains a part of the deficit, rather than standing beside it."""
    if finding.side is not Side.LEDGER or finding.scenario == "cancelled-order-not-restocked":
        return False
    return finding.scenario != "cancelled-order-restock" or finding.part == "sold-on"


def _merge(found: Iterable[Finding]) -> list[Finding]:
    """Claims of one scenario on one place become one finding."""
    merged: dict[str, Finding] = {}
    for finding in found:
        name = finding.id
        known = merged.get(name)
        merged[name] = finding if known is None else _joined(known, finding)
    return list(merged.values())


def _joined(one: Finding, other: Finding) -> Finding:
    evidence = tuple(dict.fromkeys((*one.evidence, *other.evidence)))
    remedies = tuple(dict.fromkeys((*one.remedies, *other.remedies)))
    return replace(one, units=one.units + other.units, evidence=evidence, remedies=remedies)


def _settle(findings: Sequence[Finding], case: Case) -> tuple[Finding, ...]:
    """Marks causes that compete, drops those that got nothing uncontested, and takes `set` from what takes no write."""
    doubtful = _contested(findings)
    settled = []
    for finding in findings:
        if doubtful and finding.id in doubtful:
            settled.append(replace(finding, ambiguous=True))
        elif finding.units or finding.supports is None:
            settled.append(finding)
    unwritable = {account.key for account in case.accounts if not writable(account)}
    return tuple(_without_set(f) if f.listing in unwritable else f for f in settled)


def _contested(findings: Sequence[Finding]) -> set[str]:
    """Findings of one listing that together could claim more than they got: the evidence cannot tell which it was."""
    by_listing: dict[ListingKey, list[Finding]] = {}
    for finding in findings:
        if finding.scenario in COMPETING and finding.listing is not None and finding.supports:
            by_listing.setdefault(finding.listing, []).append(finding)
    contested: set[str] = set()
    for group in by_listing.values():
        for positive in (True, False):
            side = [f for f in group if f.supports is not None and (f.supports > 0) is positive]
            could = sum(abs(f.supports or 0) for f in side)
            if len(side) > 1 and could > sum(abs(f.units) for f in side):
                contested.update(f.id for f in side)
    return contested


def writable(account: Account) -> bool:
    """Whether a write to the listing can be meant at all: a state that takes pushes, the seller's own stock."""
    return (
        account.listing.state.takes_writes
        and account.variations is None
        and account.listing.fulfilment is Fulfilment.SELLER
        and account.target is not None
    )


def _without_set(finding: Finding) -> Finding:
    kept = tuple(remedy for remedy in finding.remedies if remedy.kind is not RemedyKind.SET)
    return replace(finding, remedies=kept or (Remedy(RemedyKind.NONE),))


def _line(account: Account) -> Line:
    listing, tells = account.listing, account.shop.capabilities.tells
    return Line(
        listing=listing,
        target=account.target,
        write_target=account.write_value,
        floor=account.floor,
        variance=account.variance,
        withheld=listing.withheld if listing.withheld or "withheld" in tells else None,
        committed=listing.committed if listing.committed or "committed" in tells else None,
    )


def _warnings(case: Case) -> Iterable[str]:
    """What is worth knowing and is no finding."""
    for account in case.accounts:
        listing = account.listing
        if not listing.state.takes_writes and account.variance == 0:
            said = f": {listing.message}" if listing.message else ""
            yield f"{account.key} is in state {listing.state.value}{said}; its stock is right, but it takes no push"
        elif account.variations is not None and account.variance == 0:
            ledger, shop = account.variations
            yield (
                f"{account.key}: the ledger names {ledger} variations of its item, the shop has {shop}; its stock is "
                "right, but it takes no push"
            )
    if case.position is not None and case.position.audit.break_at is not None:
        at = case.position.audit.break_at
        yield (
            f"{case.sku}: balances and quantities of its movements contradict one another at {at:%Y-%m-%d %H:%M:%S} "
            "UTC; the audit of cancelled orders begins anew after that"
        )


def _policy(case: Case) -> Iterable[str]:
    """Why a target is not simply what the ledger has available."""
    for account in case.accounts:
        for sku, supply in account.supplies.items():
            for said in _rules(account, sku):
                yield f"{account.key}: {said}"
            if supply.units != 1:
                yield f"{account.key}: one listing takes {supply.units} units of {sku}"
        if account.listing.sells_beyond_stock:
            yield f"{account.key}: sold beyond stock (pre-order), so no number is its target"


def _rules(account: Account, sku: str) -> Iterable[str]:
    rule = account.policy.rule_for(sku, account.listing.seller_sku)
    if rule.buffer:
        yield f"buffer of {rule.buffer} units of {sku}"
    if rule.percent != 100:
        yield f"{rule.percent} % of the free stock of {sku}"
    if rule.cap is not None:
        yield f"cap of {rule.cap}"
    if rule.divide:
        yield f"the listings of {sku} in this shop divide its share"


def _timeline(case: Case) -> Timeline:
    facts = case.facts
    return Timeline(facts.movements, facts.orders, facts.campaigns, facts.pushes, facts.snapshots)
