"""What a result says of its sources: each shop's row, why one was not read, and what its times give to think."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from stockrecon.core.damage import spelled
from stockrecon.core.findings import ShopReport
from stockrecon.core.guard import AHEAD
from stockrecon.core.model import LedgerFacts, ListingKey, ShopFacts, ShopName
from stockrecon.core.policy import Policy
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import Pulled
from stockrecon.errors import ReadFault
from stockrecon.reconcile.result import wanted

_MOST_ALIKE = 5


def reason(fault: ReadFault | None) -> str | None:
    """Why a source was not read and the way on, without its name, which stands beside it."""
    if fault is None:
        return None
    return f"{fault.what}\n{fault.way_on}" if fault.way_on else fault.what


def shop_report(
    settings: ShopSettings,
    facts: ShopFacts | None,
    pulled: Pulled | None,
    fault: ReadFault | None,
    listings: int,
    in_full: str,
) -> ShopReport:
    """One shop's row; `pulled` and `facts` are None where it could not be read."""
    warnings = list(pulled.warnings) if pulled else []
    if pulled is not None and not pulled.complete:
        warnings.append(f"not read to its end: {pulled.reason or 'the shop says that its export is not complete'}")
    return ShopReport(
        name=settings.name,
        channel=settings.channel,
        facts=facts,
        listings=listings,
        requests=pulled.requests if pulled else 0,
        error=reason(fault),
        warnings=tuple(warnings),
        little=pulled.little if pulled else None,
        in_full=in_full,
    )


def of_strays(strays: Iterable[tuple[ListingKey, bool]]) -> Iterator[str]:
    """Declared campaigns of listings that the shop does not have: they lock nothing, which is hardly meant."""
    for key, other in strays:
        named = f"item {key.item_id}" + (f", variation {key.variation_id}" if key.variation_id else "")
        way = "its variations are others: correct variation_id" if other else "correct item_id"
        yield f"campaigns: the shop lists no {named}, so the lock declared for it counts for nothing; {way}"


def of_emptiness(ledger: LedgerFacts, listings: Mapping[ShopName, int]) -> Iterator[str]:
    """A ledger or shop that has nothing at all is read well and still hardly meant."""
    if not ledger.skus:
        yield "ledger: it holds no SKU at all; is this the right one?"
    for name, number in listings.items():
        if not number:
            yield f"{name}: it shows no listing at all; are these the right shop and credentials?"


def of_movements(ledger: LedgerFacts) -> Iterator[str]:
    """Movements under a spelling that the ledger's own stock does not have, as a spreadsheet leaves behind."""
    for sku, like in ledger.moved_alike[:_MOST_ALIKE]:
        yield (
            f"ledger: its movements name {spelled(sku)}, which its stock does not have; it is nearly {like}: nothing "
            "is joined because it looks alike, so these movements explain nothing until one spelling is corrected"
        )
    more = len(ledger.moved_alike) - _MOST_ALIKE
    if more > 0:
        yield f"ledger: {more} more SKUs of its movements look like one of its stock"


def of_patterns(
    patterns: Sequence[str], explained: Sequence[str], known: Callable[[Sequence[str]], Sequence[str]]
) -> Iterator[str]:
    """A shell pattern that no SKU of ledger or shops matches. Most match what is `explained`; `known` is asked for the
    rest: it gives all SKUs that some of these patterns match."""
    doubtful = [pattern for pattern in patterns if not any(wanted(sku, (pattern,)) for sku in explained)]
    found = known(doubtful) if doubtful else ()
    for pattern in doubtful:
        if not any(wanted(sku, (pattern,)) for sku in found):
            yield f"no SKU of the ledger or the shops matches {pattern!r}: SKUs are exact, also in case"


def of_times(
    ledger: LedgerFacts, shops: Mapping[ShopName, ShopFacts], policy: Policy, now: datetime
) -> Iterator[tuple[str, str]]:
    """Sources that are older than they may be, or from the future: who, and what of it."""
    if not ledger.dated:
        yield (
            "ledger",
            "nothing in its files tells when they were written, so they count as of now: add as_of to ledger.yaml",
        )
    limits = {"ledger": (ledger.as_of, policy.max_age_file if ledger.type == "file" else policy.max_age_network)}
    for name, shop in shops.items():
        limits[name] = (shop.as_of, policy.max_age_file if shop.channel == "file" else policy.max_age_network)
    for who, (as_of, limit) in limits.items():
        if now - as_of > limit:
            yield who, f"what was read is of {as_of:%Y-%m-%d %H:%M} UTC, older than {limit}"
        elif as_of - now > AHEAD:
            yield who, f"what was read is of {as_of:%Y-%m-%d %H:%M} UTC, which is in the future"
