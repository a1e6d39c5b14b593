"""4 `listing-sync-error`: the listing cannot take a push, or the last push to it failed.

Holds: an error or warning state, banned or under review, a missing item or variation id, another number of variations
in the shop than in the ledger; or the last push failed with anything but scenario 2's error; and variance != 0.
Claims: the whole remaining variance. Where an earlier detector took it all, a listing in such a state is still named,
with 0 units; so is one that its shop sells without any number (SKU tracking off), whose variance nobody can know.
Remedy: in a bad state by hand, naming the fault in the channel's own words, and nothing is written; if the state is ok
and only the last push failed, set. A row of the ledger's `listings` that names no listing belongs here too, with 0
units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.compare import is_lock_error
from stockrecon.core.findings import Evidence, Finding, Remedy, Side
from stockrecon.core.model import AbsentListing, ListingState
from stockrecon.core.slugs import number_of
from stockrecon.scenarios.base import (
    clip,
    in_order,
    manual,
    name_of,
    of_push,
    on_listing,
    set_stock,
    shown,
    units_of,
)
from stockrecon.scenarios.memory import remembered

SLUG = "listing-sync-error"


def takes_no_push(account: Account) -> bool:
    """Whether the listing is in a state in which its shop takes no push."""
    return not account.listing.state.takes_writes or account.variations is not None


def sold_without_a_number(account: Account) -> bool:
    """Whether the shop tracks no stock of a listing that it sells and that the ledger counts: nothing ends the sale.

    Its exposed number is unknown, and so is its variance. A listing on pre-order in a good state is policy.
    """
    listing = account.listing
    return listing.state is ListingState.ERROR and listing.sells_beyond_stock and bool(account.supplies)


def fault_of(account: Account) -> str:
    """What is wrong with the listing, in the channel's own words where it has any."""
    listing = account.listing
    if account.variations is not None:
        ledger, shop = account.variations
        return f"the ledger names {ledger} variations of item {listing.key.item_id}, the shop has {shop}"
    return f"{listing.state.value}: {listing.message}" if listing.message else f"in state {listing.state.value}"


def push_failed(account: Account) -> bool:
    """Whether the last push failed with anything but a campaign's lock."""
    push = account.last_push
    return push is not None and not push.ok and not is_lock_error(push.error, account.shop.capabilities)


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = [finding for account in case.accounts if (finding := _of_account(account, case, left)) is not None]
    return [*found, *_absent(case)]


def _of_account(account: Account, case: Case, left: Left) -> Finding | None:
    units = left.of(account)
    if not account.variance and not sold_without_a_number(account):
        return None
    evidence = [shown(account)]
    if account.last_push is not None and not account.last_push.ok:
        evidence.append(of_push(account.last_push))
    if takes_no_push(account):
        fault = fault_of(account)
        text = f"{name_of(account.listing)}: takes no push ({fault})"
        remedy = manual(
            f"mend {name_of(account.listing)} in the seller center ({fault}); the first run after it corrects the stock"
        )
        return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=[remedy])
    if not units:
        return None
    remedy = set_stock(f"set to {account.write_target}")
    if push_failed(account):
        reason = account.last_push.error if account.last_push else ""
        text = f"{name_of(account.listing)}: the last push failed ({reason or 'no reason recorded'})"
        return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=[remedy])
    past = remembered(account, SLUG)
    units = clip(units, past.units) if past is not None else 0
    if past is None or not units:
        return None
    text = f"{name_of(account.listing)}: takes pushes again, {units_of(units)} from before are not mended yet"
    evidence.append(past.evidence)
    return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=[remedy])


def _absent(case: Case) -> Iterator[Finding]:
    """Rows of the ledger's `listings` that no listing answers to."""
    for absent in case.facts.absent:
        what = names_no_id(absent)
        failed = absent.last_push is not None and not absent.last_push.ok
        if what is None and not (failed and absent.shop_read):
            continue
        fault = what or "the shop does not have it and the last push failed"
        name = f"{absent.key.shop} seller SKU {absent.seller_sku or case.sku}"
        evidence = [
            Evidence(case.ledger.as_of, "ledger listings", f"{name}: item {absent.key.item_id or 'without id'}")
        ]
        if absent.last_push is not None:
            evidence.append(of_push(absent.last_push))
        remedy: Remedy = manual(f"{name}: {fault}; mend the row in the ledger's listings or the listing in the shop")
        yield Finding(
            scenario=SLUG,
            number=number_of(SLUG),
            side=Side.LISTING,
            sku=case.sku,
            units=0,
            text=f"{name}: takes no push, {fault}",
            listing=absent.key,
            shop=absent.key.shop,
            evidence=in_order(evidence),
            remedies=(remedy,),
        )


def names_no_id(absent: AbsentListing) -> str | None:
    """What the row of the ledger's `listings` lacks, None where it names a listing."""
    if not absent.key.item_id:
        return "the ledger's listings row has no item id"
    if absent.item_exists and not absent.key.variation_id:
        return "the item has variations and the ledger's listings row has no variation id"
    return None
