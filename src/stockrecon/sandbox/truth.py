"""A shop's true state, for control and tests: the columns of the contract's section 5; None is "none"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Listing, MarketCampaign, MarketOrder


def truth(shop: Shop, now: datetime) -> dict[str, object]:
    """Listings (with `exposed`), orders (with `withheld`) and campaigns at `now`."""
    shop.settle(now)
    return {
        "name": shop.name,
        "channel": shop.channel,
        "now": now,
        "listings": [_listing_row(shop, listing) for listing in shop.all_listings()],
        "orders": [row for order in shop.orders.values() for row in _order_rows(order)],
        "campaigns": [_campaign_row(campaign, now) for campaign in shop.campaigns.values()],
    }


def _listing_row(shop: Shop, listing: Listing) -> Mapping[str, object]:
    sellable, campaign, withheld, committed = shop.buckets(listing.key)
    return {
        "item_id": listing.item_id,
        "variation_id": listing.variation_id or None,
        "seller_sku": listing.seller_sku,
        "title": listing.title,
        "sellable": sellable,
        "campaign": campaign,
        "exposed": sellable + campaign,
        "withheld": withheld,
        "committed": committed,
        "state": str(listing.state),
        "message": listing.message,
        "fulfilment": "platform" if listing.platform else "seller",
    }


def _order_rows(order: MarketOrder) -> list[dict[str, object]]:
    return [
        {
            "order_id": order.order_id,
            "item_id": line.item_id,
            "variation_id": line.variation_id or None,
            "quantity": line.quantity,
            "status": str(order.status),
            "created_at": order.created_at,
            "paid_at": order.paid_at,
            "shipped_at": order.shipped_at,
            "cancelled_at": order.cancelled_at,
            "updated_at": order.updated_at,
            "cancelled_by": order.cancelled_by or None,
            "cancel_reason": order.cancel_reason or None,
            "withheld": line.held,
        }
        for line in order.lines
    ]


def _campaign_row(campaign: MarketCampaign, now: datetime) -> dict[str, object]:
    return {
        "campaign_id": campaign.campaign_id,
        "item_id": campaign.item_id,
        "variation_id": campaign.variation_id or None,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "locked": campaign.locked,
        "sold": campaign.locked - campaign.left,
        "state": campaign.stage(now),
    }
