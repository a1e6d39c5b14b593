"""Shopee's wire shapes: what one item, model, promotion, order or shop looks like in an answer.

Shapes follow the recorded bodies of the reference (sections 3 and 5), with their quirks: an item with models has no
stock of its own, a single-warehouse shop reads back a location id, ended promotions are not shown any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.records import MarketCampaign, MarketOrder
from stockrecon.sandbox.shopee.market import ShopeeListing, ShopeeShop, StockFailure
from stockrecon.sandbox.wire import Body

COMPLETED_AFTER = timedelta(days=7)
"""A shipped order counts as completed after this time; our choice."""
_STATUS = {
    ListingState.BANNED: "BANNED",
    ListingState.DELETED: "SELLER_DELETE",
    ListingState.REVIEWING: "REVIEWING",
    ListingState.UNLISTED: "UNLIST",
}
ORDER_STATUS = {
    OrderStatus.UNPAID: "UNPAID",
    OrderStatus.PAID: "READY_TO_SHIP",
    OrderStatus.SHIPPED: "SHIPPED",
    OrderStatus.CANCEL_REQUESTED: "IN_CANCEL",
    OrderStatus.CANCELLED: "CANCELLED",
    OrderStatus.RETURNED: "TO_RETURN",
}
_CANCEL_BY = {"channel": "system"}
CURRENCIES = {"VN": "VND", "TH": "THB", "ID": "IDR", "PH": "PHP", "MY": "MYR", "SG": "SGD", "TW": "TWD", "BR": "BRL"}

Models = dict[str, ShopeeListing]


def _seconds(when: datetime | None) -> int:
    """Unix seconds; 0 means absent, as in many of Shopee's numbers (reference: Shopee 5.2)."""
    return int(when.timestamp()) if when is not None else 0


def _first(models: Models) -> ShopeeListing:
    return next(iter(models.values()))


def item_status(models: Models) -> str:
    """The item's own status: a state that all its models share; Shopee has none for a failing or warned listing."""
    states = {_STATUS.get(model.state, "NORMAL") for model in models.values()}
    return states.pop() if len(states) == 1 else "NORMAL"


def update_time(models: Models) -> int:
    """When the listing was edited. Neither a stock write nor an order moves it (reference: Shopee 3.1)."""
    return max(_seconds(model.created_at) for model in models.values())


def item_row(name: str, models: Models) -> Body:
    row: Body = {"item_id": int(name), "item_status": item_status(models), "update_time": update_time(models)}
    return {**row, "tag": {"kit": _is_kit(models)}}


def _is_kit(models: Models) -> bool:
    return any(model.kit for model in models.values())


def matches(models: Models, sku: str | None, name: str | None) -> bool:
    return any(
        (sku is not None and model.seller_sku == sku) or (name is not None and name.lower() in model.title.lower())
        for model in models.values()
    )


def stock_info(shop: ShopeeShop, listing: ShopeeListing) -> Body:
    """`total_reserved_stock` counts running and upcoming promotions; the stocks are totals that include it."""
    total = shop.exposed(listing.key)
    reserved = min(shop.locked(listing.key), total)
    return {
        "summary_info": {"total_reserved_stock": reserved, "total_available_stock": total - reserved},
        "seller_stock": [
            {"location_id": place, "stock": units, "if_saleable": True}
            for place, units in shop.seller_stock(listing).items()
        ],
        "shopee_stock": [{"location_id": place, "stock": units} for place, units in listing.shopee.items()],
        "advance_stock": {"sellable_advance_stock": 0, "in_transit_advance_stock": 0},
    }


def _running(shop: ShopeeShop, models: Models, now: datetime) -> list[MarketCampaign]:
    live = [campaign for model in models.values() for campaign in shop.live_campaigns(model.key)]
    return [campaign for campaign in live if campaign.running(now)]


def base_info(shop: ShopeeShop, name: str, now: datetime) -> Body:
    models = shop.items[name]
    first = _first(models)
    has_model = "" not in models
    body: Body = {
        "item_id": int(name),
        "category_id": 100017,
        "item_name": first.title,
        "item_sku": "" if has_model else first.seller_sku,
        "create_time": _seconds(first.created_at),
        "update_time": update_time(models),
        "item_status": item_status(models),
        "deboost": "TRUE" if any(model.state is ListingState.WARNING for model in models.values()) else "FALSE",
        "has_model": has_model,
        "has_promotion": bool(_running(shop, models, now)),
        "pre_order": {"is_pre_order": False, "days_to_ship": 2},
        "condition": "NEW",
        "is_fulfillment_by_shopee": first.platform and not has_model,
        "tag": {"kit": _is_kit(models)},
    }
    if not has_model:
        body["price_info"] = _price(shop)
        body["stock_info_v2"] = stock_info(shop, first)
    return body


def _price(shop: ShopeeShop) -> list[Body]:
    return [{"currency": CURRENCIES.get(shop.region, "VND"), "original_price": 100000, "current_price": 100000}]


def model_list(shop: ShopeeShop, models: Models, now: datetime) -> Body:
    """A model-less item answers empty lists; its hidden model never shows (reference: Shopee 3.3)."""
    shown = [] if "" in models else list(models.values())
    uniform = item_status(models) != "NORMAL"
    rows: list[Body] = []
    for place, model in enumerate(shown):
        live = shop.live_campaigns(model.key)
        away = not uniform and model.state in _STATUS
        rows.append(
            {
                "model_id": int(model.variation_id),
                "model_name": model.title,
                "model_sku": model.seller_sku,
                "model_status": "MODEL_UNAVAILABLE" if away else "MODEL_NORMAL",
                "promotion_id": promotion_id(live[0]) if live else 0,
                "has_promotion": any(campaign.running(now) for campaign in live),
                "tier_index": [place],
                "price_info": _price(shop),
                "stock_info_v2": stock_info(shop, model),
                "pre_order": {"is_pre_order": False, "days_to_ship": 2},
                "is_fulfillment_by_shopee": model.platform,
            }
        )
    options = [{"option": model.title} for model in shown]
    return {
        "tier_variation": [{"name": "Option", "option_list": options}] if shown else [],
        "standardise_tier_variation": [],
        "model": rows,
    }


def promotion_id(campaign: MarketCampaign) -> int:
    """A number for any id: Shopee's are uint64; text ids of a loaded folder get one that stays the same."""
    if campaign.campaign_id.isascii() and campaign.campaign_id.isdigit():
        return int(campaign.campaign_id)
    return int.from_bytes(campaign.campaign_id.encode()[-7:], "big")


def promotions(shop: ShopeeShop, name: str, now: datetime) -> list[Body]:
    return [
        {
            "promotion_type": "Campaign",
            "promotion_id": promotion_id(campaign),
            "model_id": int(model.variation_id or 0),
            "start_time": _seconds(campaign.starts_at),
            "end_time": _seconds(campaign.ends_at),
            "promotion_price_info": [{"promotion_price": 90000}],
            "promotion_staging": "ongoing" if campaign.running(now) else "upcoming",
            "promotion_stock_info_v2": {"summary_info": {"total_reserved_stock": campaign.left}},
        }
        for model in shop.items[name].values()
        for campaign in shop.live_campaigns(model.key)
    ]


def stock_result(shop: ShopeeShop, done: list[tuple[str, str, int]], failed: list[StockFailure]) -> Body:
    """The lists of `update_stock`; a model-less item's echo has no model id, one warehouse no location."""
    success: list[Body] = []
    for model, place, units in done:
        row: Body = {"model_id": int(model)} if model else {}
        if shop.many_warehouses:
            row["location_id"] = place
        success.append({**row, "stock": units})
    failure: list[Body] = []
    for entry in failed:
        named: Body = {} if entry.model_id is None else {"model_id": int(entry.model_id)}
        failure.append({**named, "failed_reason": entry.reason})
    return {"success_list": success, "failure_list": failure}


# Orders


def order_status(order: MarketOrder, now: datetime) -> str:
    if order.status is OrderStatus.SHIPPED and order.shipped_at and order.shipped_at + COMPLETED_AFTER <= now:
        return "COMPLETED"
    return ORDER_STATUS[order.status]


def order_detail(shop: ShopeeShop, order: MarketOrder, asked: set[str], now: datetime) -> Body:
    """The default fields, and those of `response_optional_fields` (reference: Shopee 5.2)."""
    body: Body = {
        "order_sn": order.order_id,
        "region": shop.region,
        "currency": CURRENCIES.get(shop.region, "VND"),
        "cod": False,
        "order_status": order_status(order, now),
        "message_to_seller": "",
        "create_time": _seconds(order.created_at),
        "update_time": _seconds(order.updated_at),
        "days_to_ship": 2,
        "ship_by_date": _seconds(order.paid_at + timedelta(days=2)) if order.paid_at else 0,
    }
    extra: Body = {
        "pay_time": _seconds(order.paid_at),
        "pickup_done_time": _seconds(order.shipped_at),
        "cancel_by": _CANCEL_BY.get(order.cancelled_by, order.cancelled_by),
        "cancel_reason": order.cancel_reason,
        "buyer_cancel_reason": order.cancel_reason if order.cancelled_by == "buyer" else "",
        "fulfillment_flag": "fulfilled_by_shopee" if shop.by_shopee(order.lines) else "fulfilled_by_local_seller",
        "item_list": [_order_line(shop, order, place) for place in range(len(order.lines))],
        "package_list": [],
        "total_amount": 100000 * sum(line.quantity for line in order.lines),
    }
    return {**body, **{name: value for name, value in extra.items() if name in asked}}


def _order_line(shop: ShopeeShop, order: MarketOrder, place: int) -> Body:
    line = order.lines[place]
    listing = shop.listing(line.key)
    sku = listing.seller_sku if listing else ""
    status, quantity = order.status, line.quantity
    campaign = shop.campaigns.get(line.campaign_id)
    gone = status in (OrderStatus.CANCELLED, OrderStatus.CANCEL_REQUESTED, OrderStatus.RETURNED)
    return {
        "item_id": int(line.item_id),
        "item_name": listing.title if listing else "",
        "item_sku": "" if line.variation_id else sku,
        "model_id": int(line.variation_id or 0),
        "model_name": listing.title if listing and line.variation_id else "",
        "model_sku": sku if line.variation_id else "",
        "model_quantity_purchased": quantity,
        "active_qty": 0 if gone else quantity,
        "cancel_requested_qty": quantity if status is OrderStatus.CANCEL_REQUESTED else 0,
        "cancelled_qty": quantity if status is OrderStatus.CANCELLED else 0,
        "return_requested_qty": 0,
        "returned_qty": quantity if status is OrderStatus.RETURNED else 0,
        "order_item_id": int(line.item_id),
        "line_item_id": place + 1,
        "promotion_id": promotion_id(campaign) if campaign else 0,
        "promotion_type": "product_promotion" if campaign else "",
        "product_location_id": shop.sent_from(line),
    }


# The shop


def shop_info(shop: ShopeeShop, now: datetime) -> Body:
    return {
        "shop_name": shop.name,
        "region": shop.region,
        "status": "NORMAL",
        "shop_fulfillment_flag": shop.fulfilment,
        "is_cb": False,
        "is_upgraded_cbsc": False,
        "merchant_id": None,
        "is_sip": False,
        "sip_affi_shops": [],
        "is_mart_shop": False,
        "is_outlet_shop": False,
        "auth_time": _seconds(now - timedelta(days=1)),
        "expire_time": _seconds(now + timedelta(days=364)),
    }


def warehouses(shop: ShopeeShop) -> list[Body]:
    return [
        {
            "warehouse_id": number,
            "warehouse_name": place,
            "warehouse_type": 1,
            "location_id": place,
            "region": shop.region,
            "holiday_mode_state": 0,
        }
        for number, place in enumerate(shop.locations, 1)
    ]
