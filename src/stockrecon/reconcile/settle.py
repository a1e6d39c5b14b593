"""The settle pass: what differs is read a second time, so that what is merely moving is left for the next run.

Only the mismatched listings, and their SKUs in the ledger; file shops and file ledgers cannot be read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from stockrecon.core.case import Case
from stockrecon.core.findings import Statement
from stockrecon.core.model import Listing, ListingKey, ShopName, Sku
from stockrecon.errors import StockreconError
from stockrecon.reconcile.reading import Sources

Explained = tuple[Case, Statement]


def settle(explained: Sequence[Explained], sources: Sources) -> list[Explained]:
    """The statements again, those that moved between the two reads marked as moving."""
    suspects = [
        line.listing
        for _, statement in explained
        for line in statement.lines
        if line.variance and line.listing.key.shop in sources.channels
    ]
    if not suspects:
        return list(explained)
    moved, unread = _moved_listings(suspects, sources)
    balances = _moved_balances(explained, suspects, sources)
    return [(case, _marked(case, statement, moved, unread, balances)) for case, statement in explained]


def _moved_listings(
    suspects: Iterable[Listing], sources: Sources
) -> tuple[dict[ListingKey, Listing | None], set[ShopName]]:
    """Listings that show something else now (None: gone), and shops that could not be read again."""
    by_shop: dict[ShopName, dict[ListingKey, Listing]] = {}
    for listing in suspects:
        by_shop.setdefault(listing.key.shop, {})[listing.key] = listing
    moved: dict[ListingKey, Listing | None] = {}
    unread: set[ShopName] = set()
    for name, listings in by_shop.items():
        try:
            again = sources.channels[name].reread(sorted(listings))
        except StockreconError:  # also where renewed tokens cannot be kept: what was read stays told
            unread.add(name)
            continue
        if again is None:
            continue
        for key, before in listings.items():
            now = again.get(key)
            if now is None or (now.sellable, now.campaign) != (before.sellable, before.campaign):
                moved[key] = now
    return moved, unread


def _moved_balances(
    explained: Sequence[Explained], suspects: Iterable[Listing], sources: Sources
) -> dict[Sku, int | None]:
    """SKUs of the mismatched listings that the ledger holds otherwise now; None where that cannot be told."""
    before = {sku: position.available for case, _ in explained for sku, position in case.positions.items()}
    components = {component.sku for listing in suspects for component in listing.components}
    asked = sorted(components & before.keys())
    try:
        again = sources.ledger.reread(asked)
    except StockreconError:
        return dict.fromkeys(asked)
    if again is None:
        return {}
    return {sku: again.get(sku) for sku in asked if again.get(sku) != before[sku]}


def _marked(
    case: Case,
    statement: Statement,
    moved: Mapping[ListingKey, Listing | None],
    unread: set[ShopName],
    balances: Mapping[Sku, int | None],
) -> Statement:
    told = []
    for line in statement.lines:
        key, listing = line.listing.key, line.listing
        if key in moved:
            now = moved[key]
            shows = "is gone" if now is None else f"{now.sellable} sellable and {now.campaign} campaign"
            told.append(
                f"{key} is moving: {listing.sellable} sellable and {listing.campaign} campaign at first, then {shows}; "
                "left for the next run"
            )
        elif key.shop in unread and line.variance:
            told.append(f"{key} could not be read a second time; left for the next run")
        told += [
            _ledger_moving(component.sku, case.positions[component.sku].available, balances[component.sku])
            for component in listing.components
            if component.sku in balances and line.variance
        ]
    if not told:
        return statement
    return replace(statement, moving=True, warnings=(*statement.warnings, *dict.fromkeys(told)))


def _ledger_moving(sku: Sku, first: int, then: int | None) -> str:
    if then is None:
        return f"{sku} could not be read in the ledger a second time; left for the next run"
    return f"{sku} is moving in the ledger: {first} at first, then {then}; left for the next run"
