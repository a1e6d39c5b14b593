"""What Lazada says of a listing's state, from item and SKU together (reference: Lazada 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

from stockrecon.channels.lazada.fields import first, identifier, text
from stockrecon.core.model import ListingState

_BANNED = ("suspend", "lock", "banned", "admin")
_REJECTED = ("reject",)
_REVIEWING = ("pending", "review", "qc")
_UNLISTED = ("inactive", "draft", "unpublish")
_FINE = ("", "active", "live", "approved", "sold-out", "sold out", "soldout")


def state_of(
    product: Mapping[str, object], sku: Mapping[str, object], sku_id: str, seller_sku: str
) -> tuple[ListingState, str]:
    """The worst that item and SKU say of themselves, with the channel's own words (reference: Lazada 3.4)."""
    item_status = text(first(product, "status", "Status")).strip()
    sku_status = text(first(sku, "Status", "status")).strip()
    sub_status = text(first(product, "subStatus", "sub_status")).strip()
    words = [word.strip().lower() for word in (item_status, sku_status, sub_status)]
    suspended = _suspended(first(product, "suspendedSkus", "suspended_skus"), sku_id, seller_sku)
    rejected = _reasons(first(product, "rejectReason", "reject_reason"))
    told = "; ".join(rejected) or "; ".join(_telling(item_status, sku_status, sub_status))
    if "deleted" in words:
        return ListingState.DELETED, told
    if suspended is not None:
        return ListingState.BANNED, suspended or told or "suspended SKU"
    if _any(words, _BANNED):
        return ListingState.BANNED, told
    if _any(words, _REJECTED) or rejected:
        return ListingState.ERROR, told
    if _any(words, _REVIEWING):
        return ListingState.REVIEWING, told
    if _any(words, _UNLISTED):
        return ListingState.UNLISTED, told
    hidden = _hidden(product)
    if hidden or any(word not in _FINE for word in words):
        return ListingState.WARNING, hidden or told
    return ListingState.OK, ""


def _telling(*words: str) -> list[str]:
    """The statuses that say more than that all is well, each once."""
    telling = {word.lower(): word for word in words if word.lower() not in _FINE}
    return list(telling.values())


def _any(words: list[str], marks: tuple[str, ...]) -> bool:
    return any(mark in word for word in words for mark in marks)


def _hidden(product: Mapping[str, object]) -> str:
    """Why, or where, buyers do not see a product that is otherwise well; "" where they do."""
    where = text(first(product, "hiddenStatus", "hidden_status")).strip()
    if not where or where.lower() in ("false", "none", "visible"):
        return ""
    return text(first(product, "hiddenReason", "hidden_reason")).strip() or f"hidden on {where}"


def _reasons(value: object) -> list[str]:
    """Reject reasons in Lazada's words; they come as objects, a list of these, or text."""
    if isinstance(value, list):
        return [reason for entry in value for reason in _reasons(entry)]
    if isinstance(value, Mapping):
        parts = (text(first(value, "violationDetail", "violation_detail")), text(first(value, "suggestion")))
        return [" - ".join(part.strip() for part in parts if part.strip())] if any(parts) else []
    return [text(value).strip()] if text(value).strip() else []


def _suspended(value: object, sku_id: str, seller_sku: str) -> str | None:
    """What `suspendedSkus` says of this SKU: its reason, "" without one, None where the SKU is not named."""
    if not isinstance(value, list):
        return None
    for entry in value:
        if not isinstance(entry, Mapping):
            if identifier(entry) == sku_id or (seller_sku and text(entry) == seller_sku):
                return ""
            continue
        named = identifier(first(entry, "SkuId", "skuId", "sku_id", "id"))
        own = text(first(entry, "SellerSku", "sellerSku", "seller_sku"))
        if named == sku_id or (not named and seller_sku and own == seller_sku):
            return "; ".join(_reasons(first(entry, "rejectReason", "reject_reason", "reason")))
    return None
