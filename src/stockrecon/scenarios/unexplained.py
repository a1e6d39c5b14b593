"""`unexplained`: what no detector claims. It is never forced into a scenario.

Claims: the rest, on listings and on the ledger side. Remedy: set on listings if `policy.unexplained` is `correct`,
else none; the other findings keep their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.core.case import Case, Left
from stockrecon.core.findings import Evidence, Finding
from stockrecon.scenarios.base import name_of, on_ledger, on_listing, set_stock, shown, units_of

SLUG = "unexplained"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found: list[Finding] = []
    if left.deficit:
        text = f"{case.sku}: the ledger is below zero by {units_of(left.deficit)} and nothing read tells why"
        evidence = [
            Evidence(case.ledger.as_of, "ledger", f"available {case.position.available if case.position else 0}")
        ]
        found.append(on_ledger(SLUG, case, left.deficit, text, evidence=evidence))
    for account in case.accounts:
        units = left.of(account)
        if units:
            word = "too many" if units > 0 else "too few"
            text = f"{name_of(account.listing)}: {units_of(units)} {word} and nothing read tells why"
            remedies = [set_stock(f"set to {account.write_target}")] if case.policy.correct_unexplained else []
            found.append(on_listing(SLUG, account, case, units, text, evidence=[shown(account)], remedies=remedies))
    return found
