"""Products as searches and the single call show them: what is sold, and in which state (reference: TikTok Shop 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stockrecon.channels.tiktok_shop.fields import Object, an_object, identity, objects, plain, text, units, words
from stockrecon.core.model import ListingState

DRAFT = "DRAFT"
_STATES = {
    "ACTIVATE": ListingState.OK,
    "PENDING": ListingState.REVIEWING,
    "FAILED": ListingState.ERROR,
    # A quantity is taken for what is ACTIVATE only (12052901; reference: 2.7), so this is no listing that takes writes.
    "SELLER_DEACTIVATED": ListingState.WARNING,
    "PLATFORM_DEACTIVATED": ListingState.BANNED,
    "FREEZE": ListingState.BANNED,
    "DELETED": ListingState.DELETED,
    DRAFT: ListingState.WARNING,
}
_SKU_STATES = {
    "SELLER": ListingState.UNLISTED,
    "PLATFORM": ListingState.BANNED,
    "COMBO_RELATION": ListingState.WARNING,
}
"""A SKU that is switched off in a product that is on, by who did it."""
_MIRROR_FINE = ("ACTIVATE", "SELLER_DEACTIVATED", "DELETED", DRAFT)
"""A mirror on Tokopedia in another state is a fault (reference: TikTok Shop 2.10); in these it is well, or the seller
wants it so."""
_TAKES = "TikTok Shop takes stock for active products only"


@dataclass(frozen=True, slots=True)
class Sku:
    """One SKU of a product. `places`: warehouse ids with the units that the product's own page shows."""

    id: str
    seller_sku: str
    places: tuple[tuple[str, int], ...]
    backorder: bool
    state: ListingState
    message: str


@dataclass(frozen=True, slots=True)
class Product:
    """One product. `bundle`: a virtual one, whose stock TikTok Shop makes from its parts; only the single call tells.

    `draft`: nowhere published, so that it is no listing yet. `drafted`: TikTok Shop itself counts it among the drafts,
    also where a mirror sells it. `created`: in Unix seconds, None where it is not told.
    """

    id: str
    title: str
    state: ListingState
    message: str
    skus: tuple[Sku, ...]
    bundle: bool = False
    draft: bool = False
    drafted: bool = False
    created: int | None = None


def read_product(row: Object) -> Product:
    """Raises Malformed."""
    product_id = identity(row.get("id"), "products[].id")
    where = f"product {product_id}"
    status, mirrors = _statuses(row, where)
    state, message = _state(row, where, status, mirrors)
    created = row.get("create_time")
    return Product(
        id=product_id,
        title=text(row.get("title")),
        state=state,
        message=message,
        skus=tuple(_sku(each, where, state, message) for each in objects(row.get("skus"), f"{where}: skus")),
        bundle="COMBINED_PRODUCT" in words(row.get("product_types")),
        draft=status == DRAFT and all(said == DRAFT for said in mirrors.values()),
        drafted=text(row.get("status")) == DRAFT,
        created=created if isinstance(created, int) and not isinstance(created, bool) else None,
    )


def _sku(row: Object, where: str, state: ListingState, message: str) -> Sku:
    sku_id = identity(row.get("id"), f"{where}: skus[].id")
    where = f"{where}, SKU {sku_id}"
    inventory = objects(row.get("inventory"), f"{where}: inventory")
    places = tuple(
        (
            identity(place.get("warehouse_id"), f"{where}: warehouse_id"),
            units(place.get("quantity"), f"{where}: quantity"),
        )
        for place in inventory
        if place.get("warehouse_id") is not None
    )
    own, told = _own_state(row, where)
    worse = own if state is ListingState.OK else state
    return Sku(
        id=sku_id,
        seller_sku=text(row.get("seller_sku")),
        places=places,
        # It turns into stock by itself once what is there is sold out (the vendor's page of the update).
        backorder=any(
            units(place.get("backorder_quantity"), f"{where}: backorder_quantity") > 0 for place in inventory
        ),
        state=worse,
        message="; ".join(part for part in (message, told) if part),
    )


def _own_state(row: Object, where: str) -> tuple[ListingState, str]:
    info = an_object(row.get("status_info"), f"{where}: status_info")
    status = plain(info.get("status"), 40)
    if status in ("", "NORMAL"):
        return ListingState.OK, ""
    source = plain(info.get("deactivation_source"), 40)
    told = f"SKU {status} by {source}" if source else f"SKU {status}"
    return _SKU_STATES.get(source, ListingState.WARNING), told


def _statuses(row: Object, where: str) -> tuple[str, dict[str, str]]:
    """The product's status, and that on other platforms that sell from the same stock.

    What is on Tokopedia alone has no status of its own (reference: TikTok Shop 2.12).
    """
    listed = objects(row.get("integrated_platform_statuses"), f"{where}: integrated_platform_statuses")
    mirrors = {
        plain(each.get("platform"), 40).capitalize() or "another platform": plain(each.get("status"), 40)
        for each in listed
    }
    status = plain(row.get("status"), 40)
    return (status, mirrors) if status or not mirrors else (mirrors.popitem()[1], mirrors)


def _state(row: Object, where: str, status: str, mirrors: Mapping[str, str]) -> tuple[ListingState, str]:
    """The product's state, in TikTok Shop's words where it is not well. The worst of several is what counts."""
    state = _STATES.get(status, ListingState.WARNING)
    told = [] if state is ListingState.OK else [status or "no status is told"]
    if status == "SELLER_DEACTIVATED":
        told.append(_TAKES)
    audit = an_object(row.get("audit"), f"{where}: audit")
    word = plain(audit.get("status"), 40)
    reasons = [*words(audit.get("pre_approved_reasons")), *_refusals(row, where)]
    if word == "PRE_APPROVED" and state.takes_writes:
        # It passed, and is not live for want of something else.
        state = ListingState.REVIEWING
    if word == "PRE_APPROVED" or (told and word in ("AUDITING", "FAILED")):
        told.append(f"audit {word}")
    told += reasons if told else []
    troubled = [f"{name}: {said}" for name, said in mirrors.items() if said not in _MIRROR_FINE]
    failures = words(row.get("product_sync_fail_reasons"))
    if (troubled or failures) and state.takes_writes:
        state = ListingState.WARNING
    told += [*troubled, *failures]
    return state, "; ".join(told)


def _refusals(row: Object, where: str) -> list[str]:
    """Why an audit failed; only the single call tells."""
    failed = objects(row.get("audit_failed_reasons"), f"{where}: audit_failed_reasons")
    return [reason for each in failed for reason in words(each.get("reasons"))]
