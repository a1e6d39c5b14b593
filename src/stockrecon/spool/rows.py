"""Listings, campaigns and orders as rows of their tables."""

from __future__ import annotations

from stockrecon.core.model import Campaign, Listing, Order


def listing_row(listing: Listing) -> dict[str, object]:
    return {
        "item_id": listing.key.item_id,
        "variation_id": listing.key.variation_id,
        "seller_sku": listing.seller_sku,
        "title": listing.title,
        "sellable": listing.sellable,
        "campaign": listing.campaign,
        "withheld": listing.withheld,
        "committed": listing.committed,
        "state": listing.state.value,
        "message": listing.message,
        "fulfilment": listing.fulfilment.value,
        "sells_beyond_stock": listing.sells_beyond_stock,
    }


def campaign_row(campaign: Campaign) -> dict[str, object]:
    return {
        "campaign_id": campaign.campaign_id,
        "item_id": campaign.key.item_id,
        "variation_id": campaign.key.variation_id,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "locked": campaign.locked,
        "sold": campaign.sold,
        "state": campaign.state.value,
    }


def order_row(order: Order) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "item_id": order.key.item_id,
        "variation_id": order.key.variation_id,
        "quantity": order.quantity,
        "status": order.status.value,
        "created_at": order.created_at,
        "paid_at": order.paid_at,
        "shipped_at": order.shipped_at,
        "cancelled_at": order.cancelled_at,
        "updated_at": order.updated_at,
        "cancelled_by": order.cancelled_by,
        "cancel_reason": order.cancel_reason,
    }
