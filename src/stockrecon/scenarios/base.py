"""What every detector is made of: how a claim is cut to what is left, and how facts become dated evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from stockrecon.core.case import Account, Case, Pending
from stockrecon.core.contest import OURS
from stockrecon.core.explain import Detect as Detect
from stockrecon.core.findings import Evidence, Finding, Remedy, RemedyKind, Side
from stockrecon.core.model import Campaign, Listing, ListingState, Movement, Order, Push, ShopFacts, Sku, Snapshot
from stockrecon.core.slugs import number_of


def clip(left: int, bound: int) -> int:
    """The part of `left` that lies between 0 and `bound`: nothing where their signs differ."""
    if left > 0 and bound > 0:
        return min(left, bound)
    if left < 0 and bound < 0:
        return max(left, bound)
    return 0


def on_listing(
    slug: str,
    account: Account,
    case: Case,
    units: int,
    text: str,
    *,
    evidence: Iterable[Evidence] = (),
    remedies: Sequence[Remedy] = (),
    ambiguous: bool = False,
    supports: int | None = None,
) -> Finding:
    """A finding on a listing. `resolves_at` is the latest of its waits."""
    return Finding(
        scenario=slug,
        number=number_of(slug),
        side=Side.LISTING,
        sku=case.sku,
        units=units,
        text=text,
        listing=account.key,
        shop=account.key.shop,
        ambiguous=ambiguous,
        resolves_at=_resolves(remedies),
        evidence=in_order(evidence),
        remedies=tuple(remedies) or (Remedy(RemedyKind.NONE),),
        supports=supports,
    )


def on_ledger(
    slug: str,
    case: Case,
    units: int,
    text: str,
    *,
    evidence: Iterable[Evidence] = (),
    remedies: Sequence[Remedy] = (),
    ambiguous: bool = False,
    part: str = "",
) -> Finding:
    """A finding on the ledger side of a SKU."""
    return Finding(
        scenario=slug,
        number=number_of(slug),
        side=Side.LEDGER,
        sku=case.sku,
        units=units,
        text=text,
        ambiguous=ambiguous,
        resolves_at=_resolves(remedies),
        evidence=in_order(evidence),
        remedies=tuple(remedies) or (Remedy(RemedyKind.NONE),),
        part=part,
    )


def _resolves(remedies: Sequence[Remedy]) -> datetime | None:
    waits = [remedy.until for remedy in remedies if remedy.kind is RemedyKind.WAIT and remedy.until is not None]
    return max(waits, default=None)


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evidence in time order, each fact once; what has no time stands first."""
    unique = list(dict.fromkeys(evidence))
    return tuple(sorted(unique, key=lambda fact: (fact.at is not None, fact.at)))


def when(at: datetime, tz: tzinfo) -> str:
    """A time as people of that shop read it."""
    local = at.astimezone(tz)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def wait(until: datetime | None, text: str) -> Remedy:
    return Remedy(RemedyKind.WAIT, text, until)


def manual(text: str, due: datetime | None = None) -> Remedy:
    return Remedy(RemedyKind.MANUAL, text, due)


def set_stock(text: str = "") -> Remedy:
    return Remedy(RemedyKind.SET, text)


def units_of(count: int) -> str:
    """`1 unit`, `2 units`; the number without its sign."""
    return f"{abs(count)} unit" if abs(count) == 1 else f"{abs(count)} units"


def name_of(listing: Listing) -> str:
    variation = f" variation {listing.key.variation_id}" if listing.key.variation_id else ""
    return f"{listing.key.shop} item {listing.key.item_id}{variation}"


def shown(account: Account) -> Evidence:
    """What the shop showed, what else it says of a listing that is well, and what the target is."""
    listing = account.listing
    held = f", {listing.withheld} withheld" if listing.withheld else ""
    target = "unknown" if account.target is None else account.target
    fact = f"shows {listing.sellable} sellable, {listing.campaign} campaign{held}; target {target}"
    if listing.message and listing.state is ListingState.OK:
        fact = f"{fact}; {listing.message}"
    return Evidence(account.shop.as_of, f"{account.shop.name} listing", fact)


def of_order(order: Order) -> Evidence:
    source = f"{order.key.shop} order {order.order_id}"
    return Evidence(order.created_at, source, f"{units_of(order.quantity)} ordered, now {order.status.value}")


def of_cancellation(order: Order) -> Evidence:
    by = f" by {order.cancelled_by}" if order.cancelled_by else ""
    reason = f": {order.cancel_reason}" if order.cancel_reason else ""
    source = f"{order.key.shop} order {order.order_id}"
    return Evidence(order.cancelled_when, source, f"{units_of(order.quantity)} cancelled{by}{reason}")


def of_movement(movement: Movement) -> Evidence:
    order = f" for {movement.shop} order {movement.order_id}" if movement.order_id else ""
    balance = f", balance {movement.balance}" if movement.balance is not None else ""
    note = f" ({movement.note})" if movement.note else ""
    fact = f"{movement.kind.value} {movement.quantity:+d}{order}{balance}{note}"
    return Evidence(movement.at, f"ledger movement {movement.id}", fact)


def of_push(push: Push) -> Evidence:
    outcome = "accepted" if push.ok else f"refused: {push.error or 'no reason recorded'}"
    if push.source == OURS:
        return Evidence(push.at, push.source, f"stockrecon wrote {push.quantity} to {push.key}, {outcome}")
    return Evidence(push.at, f"push to {push.key}", f"{push.quantity} sent, {outcome}")


def unrecorded(account: Account) -> tuple[Evidence, ...]:
    """Says that pushes are not recorded, where a finding rests on there having been none."""
    if account.shop.pushes_known:
        return ()
    return (Evidence(None, "pushes", f"not recorded for {account.shop.name}: none is known to have followed"),)


def of_campaign(campaign: Campaign) -> Evidence:
    sold = "sold unknown" if campaign.sold is None else f"{campaign.sold} sold"
    source = "configuration" if campaign.declared else f"{campaign.key.shop} campaign {campaign.campaign_id}"
    fact = f"{campaign.locked} locked, {sold}, {campaign.state.value}, from {campaign.starts_at:%Y-%m-%d %H:%M} UTC"
    return Evidence(campaign.over_since or campaign.ends_at, source, fact)


def of_snapshot(snapshot: Snapshot) -> Evidence:
    source = f"{snapshot.key.shop} {snapshot.source}"
    return Evidence(snapshot.at, source, f"showed {snapshot.sellable} sellable, {snapshot.campaign} campaign")


def local(at: datetime, shop: ShopFacts) -> str:
    return when(at, shop.tz)


def own(pendings: Iterable[Pending], account: Account) -> list[Pending]:
    """Those of the account's own listing, each order row once (a kit has it in every component's position)."""
    unique: dict[tuple[Order, str], Pending] = {}
    for pending in pendings:
        name = (pending.order, pending.kind.value)
        if pending.order.key == account.key and (name not in unique or pending.quantity > unique[name].quantity):
            unique[name] = pending
    return list(unique.values())


def moved(pendings: Iterable[tuple[Sku, int]]) -> dict[Sku, int]:
    """Changes of several SKUs' balances, summed per SKU."""
    total: dict[Sku, int] = {}
    for sku, change in pendings:
        total[sku] = total.get(sku, 0) + change
    return total
