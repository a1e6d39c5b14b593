"""`duplicate-sku`: two listings of one shop carry one seller SKU, and no row of the ledger's `listings` says so.

Claims: 0 units; each of them gets the full target. Remedy: manual, since both sell the same units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from stockrecon.core.case import Case, Left
from stockrecon.core.findings import Evidence, Finding, Remedy, Side
from stockrecon.core.model import Listing, ShopName
from stockrecon.core.slugs import number_of
from stockrecon.scenarios.base import in_order, manual

SLUG = "duplicate-sku"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    by_shop: dict[ShopName, list[Listing]] = defaultdict(list)
    for listing in case.facts.listings:
        if listing.seller_sku == case.sku and listing.key.shop in case.shops:
            by_shop[listing.key.shop].append(listing)
    return [
        _finding(case, shop, sorted(listings, key=lambda listing: listing.key))
        for shop, listings in sorted(by_shop.items())
        if len(listings) > 1 and case.sku and not all(listing.mapped for listing in listings)
    ]


def _finding(case: Case, shop: ShopName, listings: Sequence[Listing]) -> Finding:
    names = ", ".join(f"{listing.key.item_id}/{listing.key.variation_id or '-'}" for listing in listings)
    remedy: Remedy = manual(
        f"{shop}: give listings {names} different seller SKUs, or name each in the ledger's listings table"
    )
    at = case.shops[shop].as_of
    return Finding(
        scenario=SLUG,
        number=number_of(SLUG),
        side=Side.LISTING,
        sku=case.sku,
        units=0,
        text=f"{shop}: {len(listings)} listings carry the seller SKU {case.sku}: {names}; each sells all of its units",
        listing=listings[0].key,
        shop=shop,
        evidence=in_order(
            Evidence(at, f"{shop} listing {one.key.item_id}", f"seller SKU {one.seller_sku}, exposes {one.exposed}")
            for one in listings
        ),
        remedies=(remedy,),
    )
