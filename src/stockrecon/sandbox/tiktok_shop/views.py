"""TikTok Shop's wire shapes of products, stock, warehouses and promotions (reference: TikTok 2.5, 2.6, 2.9, 2.10).

With its quirks: ids are text, lists without anything in them are left out, the split of what can be bought stands only
in the inventory search, and a platform campaign nowhere else.
"""

from __future__ import annotations

from datetime import datetime

from stockrecon.core.model import ListingState
from stockrecon.sandbox.records import MarketCampaign
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.records import (
    CREATOR,
    FBT_NUMBER,
    FBT_WAREHOUSE,
    PROMOTION,
    TOKOPEDIA,
    Stock,
    TiktokListing,
)
from stockrecon.sandbox.tiktok_shop.writes import SkuFailure
from stockrecon.sandbox.wire import Body

UNPAID_IS_COMMITTED = True
"""Whether an unpaid order's units stand in `committed_quantity` (reference: TikTok 0, inferred: yes)."""
PRICE = "100000"
CURRENCIES = {"VN": "VND", "TH": "THB", "ID": "IDR", "PH": "PHP", "MY": "MYR", "SG": "SGD", "BR": "BRL"}
_STATUS = {
    ListingState.ERROR: "FAILED",
    ListingState.BANNED: "PLATFORM_DEACTIVATED",
    ListingState.DELETED: "DELETED",
    ListingState.REVIEWING: "PENDING",
    ListingState.UNLISTED: "SELLER_DEACTIVATED",
}
_AUDIT = {"ACTIVATE": "APPROVED", "PENDING": "AUDITING", "FAILED": "FAILED"}
_PRODUCT_STATUS = {"PENDING": "INITIAL", "FAILED": "INITIAL"}
"""What `product_status`, which knows of no audit, calls a product that was never live."""


def seconds(when: datetime | None) -> int:
    return int(when.timestamp()) if when is not None else 0


def with_lists(body: Body) -> Body:
    """Without the keys of empty lists (reference: TikTok 2.4)."""
    return {name: value for name, value in body.items() if value != []}


# Products


def product_status(shop: TiktokShop, item_id: str) -> str:
    """The product's own status; where its SKUs differ it is live, and the odd ones are switched off."""
    return shop.items[item_id][0].status or _STATUS.get(shop.shared_state(item_id), "ACTIVATE")


def mirror_status(shop: TiktokShop, item_id: str) -> str:
    """Its status on Tokopedia; empty where it is not there."""
    first = shop.items[item_id][0]
    return (first.mirror or product_status(shop, item_id)) if shop.mirrored(first) else ""


def audit_status(shop: TiktokShop, item_id: str) -> str:
    """A live product of which an edit failed its audit stays live: what other channels call a warning."""
    status = product_status(shop, item_id)
    if status == "ACTIVATE" and any(sku.state is ListingState.WARNING for sku in shop.items[item_id]):
        return "FAILED"
    return _AUDIT.get(status, "NONE")


def update_time(shop: TiktokShop, item_id: str) -> int:
    """When it was last edited; neither orders nor stock move it, of which no source says anything."""
    return max(seconds(sku.updated_at or sku.created_at) for sku in shop.items[item_id])


def create_time(shop: TiktokShop, item_id: str) -> int:
    return min(seconds(sku.created_at) for sku in shop.items[item_id])


def product(shop: TiktokShop, item_id: str) -> Body:
    """A row of the product search."""
    first = shop.items[item_id][0]
    mirror = mirror_status(shop, item_id)
    row: Body = {
        "id": item_id,
        "title": first.title,
        "status": product_status(shop, item_id),
        "sales_regions": [shop.region],
        "create_time": create_time(shop, item_id),
        "update_time": update_time(shop, item_id),
        "is_not_for_sale": False,
        "has_draft": False,
        "audit": {"status": audit_status(shop, item_id)},
        "integrated_platform_statuses": [{"platform": TOKOPEDIA, "status": mirror}] if mirror else [],
        "product_sync_fail_reasons": [first.sync_fault] if first.sync_fault else [],
        "skus": [_sku(shop, sku) for sku in _shown(shop, item_id)],
    }
    if first.only_mirror:
        del row["status"]
    return with_lists(row)


def product_detail(shop: TiktokShop, item_id: str) -> Body:
    """What only the product itself tells: why its audit failed, and its status before any audit."""
    row = product(shop, item_id)
    status = product_status(shop, item_id)
    told = list(dict.fromkeys(sku.message for sku in shop.items[item_id] if sku.message))
    failed = status in ("FAILED", "PLATFORM_DEACTIVATED", "FREEZE") or audit_status(shop, item_id) == "FAILED"
    reason = {"position": "product", "reasons": told or ["violate listing rules"], "listing_platform": "TIKTOK_SHOP"}
    detail: Body = {
        **row,
        "product_status": _PRODUCT_STATUS.get(status, status),
        "audit_failed_reasons": [reason] if failed else [],
        "is_cod_allowed": True,
        "description": "",
    }
    return with_lists(detail)


def _shown(shop: TiktokShop, item_id: str) -> list[TiktokListing]:
    """A SKU that was taken out of a product that lives on is gone from it."""
    skus = shop.items[item_id]
    if shop.shared_state(item_id) is ListingState.DELETED:
        return skus
    return [sku for sku in skus if sku.state is not ListingState.DELETED]


def _sku(shop: TiktokShop, sku: TiktokListing) -> Body:
    return {
        "id": sku.variation_id,
        "seller_sku": sku.seller_sku,
        "price": {"currency": CURRENCIES.get(shop.region, "USD"), "tax_exclusive_price": PRICE, "sale_price": PRICE},
        "inventory": [{"warehouse_id": name, "quantity": place.available} for name, place in sku.places.items()],
        "status_info": _status_info(shop, sku),
    }


def _status_info(shop: TiktokShop, sku: TiktokListing) -> Body:
    """A SKU whose state its product does not share is switched off, by the seller or by the platform."""
    usual = sku.state in (ListingState.OK, ListingState.WARNING)
    if usual or shop.shared_state(sku.item_id) is sku.state:
        return {"status": "NORMAL"}
    source = "SELLER" if sku.state is ListingState.UNLISTED else "PLATFORM"
    return {"status": "DEACTIVATED", "deactivation_source": source}


# Stock


def inventory(shop: TiktokShop, item_id: str, sku_ids: set[str] | None) -> Body:
    """The stock of a product's SKUs, or of those asked for."""
    skus = [sku for sku in _shown(shop, item_id) if sku_ids is None or sku.variation_id in sku_ids]
    return {"product_id": item_id, "skus": [_stock(shop, sku) for sku in skus]}


def _committed(place: Stock) -> int:
    return place.committed + (place.withheld if UNPAID_IS_COMMITTED else 0)


def _stock(shop: TiktokShop, sku: TiktokListing) -> Body:
    places = [
        {"warehouse_id": name, "available_quantity": place.available, "committed_quantity": _committed(place)}
        for name, place in sku.places.items()
    ]
    return {
        "id": sku.variation_id,
        "seller_sku": sku.seller_sku,
        "total_available_quantity": shop.exposed(sku.key),
        "total_committed_quantity": sum(_committed(place) for place in sku.places.values()),
        "warehouse_inventory": places,
        "total_available_inventory_distribution": distribution(shop, sku),
    }


def distribution(shop: TiktokShop, sku: TiktokListing) -> Body:
    """How what can be bought is split: in the shop, in campaigns, with creators; a SKU's, not a warehouse's."""
    live = shop.live_campaigns(sku.key)
    campaigns: list[Body] = [_share(campaign, "campaign_name") for campaign in live if not campaign.sort]
    if sku.unnamed:
        campaigns.append({"campaign_name": "Campaign", "quantity": sku.unnamed})
    creators = [_share(campaign, "creator_name") for campaign in live if campaign.sort == CREATOR]
    split: Body = {
        "in_shop_inventory": {"quantity": shop.buckets(sku.key)[0]},
        "campaign_inventory": campaigns,
        "creator_inventory": creators,
    }
    return with_lists(split)


def _share(campaign: MarketCampaign, name: str) -> Body:
    return {name: campaign.name or campaign.campaign_id, "quantity": campaign.left}


def reserved(shop: TiktokShop, sku: TiktokListing, sort: str) -> int:
    """Units kept for campaigns ("") or creators, as the inventory webhook tells them."""
    named = sum(campaign.left for campaign in shop.live_campaigns(sku.key) if campaign.sort == sort)
    return named + (0 if sort else sku.unnamed)


def committed(sku: TiktokListing) -> int:
    return sum(_committed(place) for place in sku.places.values())


def fbt_warehouse() -> Body:
    """One of the platform's warehouses, under both of its numbers (the vendor's page Get FBT Warehouse List)."""
    return {"fbt_warehouse_id": FBT_NUMBER, "warehouse_ids": [FBT_WAREHOUSE], "name": "TikTok_Eastvale(CA)"}


def fbt_stock(sku: TiktokListing) -> Body:
    """What the platform's own warehouse holds of a SKU."""
    place = next(iter(sku.fbt.values()))
    held = _committed(place)
    detail: Body = {
        "total_quantity": place.available + held,
        "available_quantity": place.available,
        "reserved_quantity": held,
    }
    return {
        "goods": {
            "id": f"9{sku.variation_id}",
            "reference_code": sku.seller_sku,
            "name": sku.title,
            "skus": [{"id": sku.variation_id, "on_hand_detail": detail}],
        },
        "fbt_warehouse_id": FBT_NUMBER,
        "in_transit_quantity": 0,
        "on_hand_detail": {**detail, "unfulfillable_quantity": 0},
    }


def failures(failed: list[SkuFailure]) -> list[Body]:
    """`data.errors` of an update that answered 0."""
    return [
        {
            "code": failure.fault.code,
            "message": failure.fault.message,
            "detail": with_lists(
                {
                    "sku_id": failure.sku_id,
                    "extra_errors": [
                        {"warehouse_id": extra.warehouse_id, "code": extra.code, "message": extra.message}
                        for extra in failure.extra
                    ],
                }
            ),
        }
        for failure in failed
    ]


def warehouses(shop: TiktokShop) -> list[Body]:
    """The seller's; the platform's own stand in a list of theirs."""
    rows: list[Body] = []
    for place in shop.warehouses.values():
        for kind, number in (("SALES_WAREHOUSE", place.warehouse_id), ("RETURN_WAREHOUSE", f"{place.warehouse_id}1")):
            rows.append(
                {
                    "id": number,
                    "entity_id": place.warehouse_id,
                    "name": place.name,
                    "effect_status": place.status,
                    "type": kind,
                    "sub_type": "DOMESTIC_WAREHOUSE",
                    "is_default": place.default,
                    "address": {"region": shop.region, "region_code": shop.region},
                }
            )
    return rows


# Promotions of the seller


def activity_status(campaign: MarketCampaign, now: datetime) -> str:
    if campaign.over:
        return "EXPIRED" if campaign.over == "ended" else "DEACTIVATED"
    return "ONGOING" if campaign.running(now) else "NOT_START"


def promotions(shop: TiktokShop) -> list[MarketCampaign]:
    return [campaign for campaign in shop.campaigns.values() if campaign.sort == PROMOTION]


def activity(campaign: MarketCampaign, now: datetime) -> Body:
    begins = seconds(campaign.starts_at)
    return {
        "id": campaign.campaign_id,
        "title": campaign.name or campaign.campaign_id,
        "activity_type": "FIXED_PRICE",
        "duration_type": "NORMAL",
        "begin_time": begins,
        "end_time": seconds(campaign.ends_at),
        "status": activity_status(campaign, now),
        "create_time": begins,
        "update_time": begins,
        "product_level": "VARIATION",
    }


def activity_detail(shop: TiktokShop, campaign: MarketCampaign, now: datetime) -> Body:
    row = activity(campaign, now)
    price: Body = {"amount": "90000", "currency": CURRENCIES.get(shop.region, "USD")}
    sku: Body = {
        "id": campaign.variation_id,
        "quantity_limit": campaign.locked,
        "quantity_per_user": -1,
        "activity_price": price,
    }
    del row["id"]
    products = [{"id": campaign.item_id, "quantity_limit": -1, "quantity_per_user": -1, "skus": [sku]}]
    return {"activity_id": campaign.campaign_id, **row, "products": products}
