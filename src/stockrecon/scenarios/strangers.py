"""`unknown-sku` and `unlisted`: listings and SKUs that have no counterpart.

`unknown-sku`: a listing whose seller SKU (or a component of it) the ledger does not know; its target is unknown.
0 units, manual. `unlisted`: a row of the ledger's `listings` names a listing that a completely read shop does not
have, or no shop lists a ledger SKU at all (all read and complete). 0 units, no remedy.

Where the ledger has a SKU that looks like the unknown one with damage to it, both spellings and the kind of damage are
told: nothing is joined by likeness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.damage import spelled
from stockrecon.core.findings import Evidence, Finding, Remedy, RemedyKind, Side
from stockrecon.core.model import Sku
from stockrecon.core.slugs import number_of
from stockrecon.scenarios.base import manual, name_of, on_listing, shown
from stockrecon.scenarios.listing_sync_error import names_no_id

UNKNOWN = "unknown-sku"
UNLISTED = "unlisted"
SPELLING = "spelling"
"""The source of evidence that an unknown SKU looks like one of the ledger's."""


def detect(case: Case, left: Left) -> Sequence[Finding]:
    unknown = [_unknown(account, case) for account in case.accounts if not account.supplies]
    return [*unknown, *_unlisted(case)]


def _unknown(account: Account, case: Case) -> Finding:
    listing = account.listing
    likely: list[Evidence] = []
    if not listing.components:
        fault = "has no seller SKU and no row in the ledger's listings"
    else:
        missing = sorted(c.sku for c in listing.components if c.sku not in case.positions)
        likely = [evidence for sku in missing for evidence in _spelling(sku, case)]
        names = ", ".join(spelled(sku) if case.facts.alike.get(sku) else sku for sku in missing)
        fault = "; ".join((f"sells {names}, which the ledger does not know", *(one.fact for one in likely)))
    text = f"{name_of(listing)}: {fault}"
    remedy = manual(f"{text}: correct the seller SKU, add the SKU to the ledger, or map the listing in `listings`")
    return on_listing(UNKNOWN, account, case, 0, text, evidence=[shown(account), *likely], remedies=[remedy])


def _spelling(sku: Sku, case: Case) -> list[Evidence]:
    near = case.facts.alike.get(sku, ())
    return [Evidence(case.ledger.as_of, SPELLING, f"{spelled(sku)} is nearly the ledger's {one}") for one in near]


def _unlisted(case: Case) -> Iterator[Finding]:
    for absent in case.facts.absent:
        failed = absent.last_push is not None and not absent.last_push.ok
        if names_no_id(absent) or failed or not absent.shop_read:
            continue
        key = absent.key
        text = f"{case.sku}: the ledger's listings name {key}, which the shop does not have"
        yield Finding(
            scenario=UNLISTED,
            number=number_of(UNLISTED),
            side=Side.LISTING,
            sku=case.sku,
            units=0,
            text=text,
            listing=key,
            shop=key.shop,
            evidence=(Evidence(case.ledger.as_of, "ledger listings", f"row for {key}"),),
            remedies=(Remedy(RemedyKind.NONE),),
        )
    if _nowhere(case):
        yield Finding(
            scenario=UNLISTED,
            number=number_of(UNLISTED),
            side=Side.LEDGER,
            sku=case.sku,
            units=0,
            text=f"{case.sku}: no shop lists it",
            evidence=(Evidence(case.ledger.as_of, "ledger", f"available {case.facts.available}"),),
        )


def _nowhere(case: Case) -> bool:
    everything = bool(case.shops) and all(shop.complete for shop in case.shops.values())
    nothing = not case.facts.listings and not case.facts.absent
    return case.position is not None and case.all_shops_read and everything and nothing
