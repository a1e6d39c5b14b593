"""Lazada's wire shapes: products with their stock, orders, order items (reference: Lazada 3 and 6).

With its quirks: epoch milliseconds as text, `quantity` that means sellable, campaign windows that linger, one row per
ordered unit, an unpaid order that looks the same before and after its hold was released.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.lazada.buckets import Buckets
from stockrecon.sandbox.lazada.listing import LazadaListing, local_text
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.records import Key, Line, MarketOrder
from stockrecon.sandbox.wire import Body, number_or_text

RTS_FOR = timedelta(hours=24)
"""How long an order that was made ready is `ready_to_ship` before it is `shipped`; our choice."""
PRINTED = timezone(timedelta(hours=8))
"""Order times are printed with +0800 on several sites (reference: Lazada 6.2)."""
FILTERS = ("all", "live", "inactive", "deleted", "pending", "rejected", "sold-out")
_ITEM_STATUS = {
    ListingState.BANNED: "Suspended",
    ListingState.DELETED: "Deleted",
    ListingState.REVIEWING: "Pending QC",
    ListingState.UNLISTED: "InActive",
}
_SKU_STATUS = {ListingState.DELETED: "deleted", ListingState.UNLISTED: "inactive"}
_SUB_STATUS = {ListingState.BANNED: "Lock", ListingState.ERROR: "Reject"}
_ORDER_STATUS = {
    OrderStatus.UNPAID: "unpaid",
    OrderStatus.PAID: "pending",
    OrderStatus.CANCEL_REQUESTED: "pending",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.RETURNED: "returned",
}
_PLAIN = (
    "unpaid",
    "pending",
    "packed",
    "canceled",
    "ready_to_ship",
    "delivered",
    "returned",
    "shipped",
    "failed",
    "lost",
    "lost_by_3pl",
    "damaged_by_3pl",
    "failed_delivery",
    "shipped_back",
    "shipped_back_success",
    "shipped_back_failed",
    "package_scrapped",
)
ORDER_FILTERS: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in _PLAIN},
    "all": (),
    "topack": ("pending",),
    "toship": ("ready_to_ship",),
    "shipping": ("shipped",),
}
_INITIATORS = {
    "buyer": "cancellation-customer",
    "seller": "cancellation-seller",
    "channel": "cancellation-internal",
}


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)


def _printed(when: datetime) -> str:
    return when.astimezone(PRINTED).strftime("%Y-%m-%d %H:%M:%S %z")


# Products


def _shared_state(skus: list[LazadaListing]) -> ListingState:
    """The state that all SKUs of an item share; OK where they differ (the odd ones then show as suspended SKUs)."""
    states = {sku.state for sku in skus}
    return states.pop() if len(states) == 1 else ListingState.OK


def sold_out(shop: LazadaShop, item: str) -> bool:
    skus = shop.items[item]
    return matches(skus, "live") and all(shop.exposed(sku.key) == 0 for sku in skus)


def matches(skus: list[LazadaListing], wanted: str) -> bool:
    state = _shared_state(skus)
    return {
        "all": True,
        "live": state in (ListingState.OK, ListingState.WARNING),
        "inactive": state in (ListingState.UNLISTED, ListingState.BANNED),
        "deleted": state is ListingState.DELETED,
        "pending": state is ListingState.REVIEWING,
        "rejected": state is ListingState.ERROR,
    }[wanted]


def product(shop: LazadaShop, item: str, now: datetime) -> Body:
    skus = shop.items[item]
    first, state = skus[0], _shared_state(skus)
    odd = [sku for sku in skus if state is ListingState.OK and sku.state in _SUB_STATUS]
    rejected = state in (ListingState.ERROR, ListingState.BANNED)
    warned = state is ListingState.WARNING
    return {
        "item_id": int(item),
        "primary_category": 10000211,
        "status": _ITEM_STATUS.get(state, "Active"),
        "subStatus": _SUB_STATUS.get(state),
        "hiddenStatus": "Android & IOS" if warned else None,
        "hiddenReason": (first.message or "The product cannot be displayed") if warned else None,
        "suspendedSkus": [_suspended(sku) for sku in odd] or None,
        "rejectReason": [_reason(first)] if rejected else None,
        "created_time": str(_milliseconds(first.created_at)),
        "updated_time": str(_milliseconds(first.created_at)),
        "images": [],
        "marketImages": [],
        "trialProduct": False,
        **({"bizSupplement": {"item_type": first.choice}} if first.choice else {}),
        "variation": {},
        "attributes": {"name": first.title, "brand": "No Brand"},
        "skus": [_sku(shop, sku, now) for sku in skus],
    }


def _shop_sku(shop: LazadaShop, key: Key) -> str:
    return f"{key[0]}_{shop.region}-{key[1]}"


def _reason(sku: LazadaListing) -> Body:
    return {"suggestion": "", "violationDetail": sku.message or "Category is inactive"}


def _suspended(sku: LazadaListing) -> Body:
    return {"SkuId": int(sku.variation_id), "SellerSku": sku.seller_sku, "rejectReason": [_reason(sku)]}


def _sku(shop: LazadaShop, sku: LazadaListing, now: datetime) -> Body:
    """`quantity` and `Available` are the sum over the seller's warehouses of what can be bought, locks included; of a
    Choice item over Choice's.
    """
    own = sum(place.sellable for place in (sku.places if sku.choice else sku.warehouses).values())
    return {
        "SkuId": int(sku.variation_id),
        "SellerSku": sku.seller_sku,
        "ShopSku": _shop_sku(shop, sku.key),
        "Status": _SKU_STATUS.get(sku.state, "active"),
        "quantity": own,
        "Available": own,
        "price": 100000.0,
        "special_price": 0.0,
        "saleProp": {},
        "multiWarehouseInventories": [_inventory(code, place) for code, place in _listed(sku)],
        "fblWarehouseInventories": [_inventory(code, place) for code, place in sku.fbl.items()],
        "channelInventories": _windows(shop, sku, now),
        "Images": [],
        "Url": f"https://sandbox.invalid/{_shop_sku(shop, sku.key)}.html",
        "package_weight": "0.3",
    }


def _listed(sku: LazadaListing) -> list[tuple[str, Buckets]]:
    """Of several warehouses the others are left out where they hold nothing (Lazada's page on inventories)."""
    return [
        (code, place)
        for number, (code, place) in enumerate(sku.warehouses.items())
        if not number or place.sellable or place.withheld or place.occupied
    ]


def _inventory(code: str, place: Buckets) -> Body:
    return {
        "warehouseCode": code,
        "sellableQuantity": place.sellable,
        "quantity": place.sellable,
        "withholdQuantity": place.withheld,
        "occupyQuantity": place.occupied,
        "totalQuantity": place.sellable + place.withheld + place.occupied,
    }


def _windows(shop: LazadaShop, sku: LazadaListing, now: datetime) -> list[Body]:
    """Locks by campaign, with site-local times; names are UUIDs, as on the wire. Ended windows linger."""
    rows: list[Body] = [
        {
            "channelName": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{shop.name}/{campaign.campaign_id}")),
            "startTime": local_text(campaign.starts_at, shop.region),
            "endTime": local_text(campaign.ends_at, shop.region),
            "sellableQuantity": campaign.left,
        }
        for campaign in shop.shown_windows(sku.key, now)
    ]
    if sku.unnamed:
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{shop.name}/{sku.variation_id}/unnamed"))
        starts = local_text(sku.created_at, shop.region)
        rows.append(
            {
                "channelName": name,
                "startTime": starts,
                "endTime": "2099-12-31 23:59:59",
                "sellableQuantity": sku.unnamed,
            }
        )
    return rows


def warehouses(shop: LazadaShop) -> list[Body]:
    """The seller's, as Lazada's page on inventories prints them."""
    codes = dict.fromkeys((*shop.codes, *(code for sku in shop.all_listings() for code in sku.warehouses)))
    return [
        {
            "code": code,
            "name": code,
            "detailAddress": "",
            "needToUpdate": False,
            "defaultAddress": not number,
            "status": "ACTIVE",
        }
        for number, code in enumerate(codes)
    ]


# Orders


def order_status(order: MarketOrder, now: datetime) -> str:
    if order.status is OrderStatus.SHIPPED:
        lately = order.shipped_at is not None and now < order.shipped_at + RTS_FOR
        return "ready_to_ship" if lately else "shipped"
    return _ORDER_STATUS[order.status]


def order_row(shop: LazadaShop, order: MarketOrder, now: datetime) -> Body:
    pending = order.status is OrderStatus.CANCEL_REQUESTED
    units = sum(line.quantity for line in order.lines)
    return {
        "order_id": number_or_text(order.order_id),
        "order_number": number_or_text(order.order_id),
        "statuses": [order_status(order, now)],
        "items_count": units,
        "price": f"{units * 100_000:.2f}",
        "payment_method": "MIXEDCARD",
        "created_at": _printed(order.created_at),
        "updated_at": _printed(order.updated_at),
        "warehouse_code": _units(shop, order)[0][1],
        "shipping_fee": 0,
        "voucher": 0,
        "promised_shipping_times": "",
        "need_cancel_confirm": pending,
        "is_cancel_pending": "true" if pending else "false",
    }


def _units(shop: LazadaShop, order: MarketOrder) -> list[tuple[Line, str]]:
    """One row for each ordered unit, with its warehouse; there is no quantity field."""
    return [(line, code) for line in order.lines for code in shop.codes_of(line)]


def order_items(shop: LazadaShop, order: MarketOrder, now: datetime) -> list[Body]:
    """The items of one order; only this call tells the `product_id` (reference: Lazada 6.2)."""
    return [
        {**_order_item(shop, order, line, code, number, now), "product_id": line.item_id}
        for number, (line, code) in enumerate(_units(shop, order), 1)
    ]


def order_with_items(shop: LazadaShop, order: MarketOrder, now: datetime) -> Body:
    number = number_or_text(order.order_id)
    units = enumerate(_units(shop, order), 1)
    items = [_order_item(shop, order, line, code, place, now) for place, (line, code) in units]
    return {"order_id": number, "order_number": number, "order_items": items}


def order_item_id(order: MarketOrder, number: int) -> int | str:
    return number_or_text(f"{order.order_id}{number:03d}")


def _order_item(shop: LazadaShop, order: MarketOrder, line: Line, code: str, number: int, now: datetime) -> Body:
    listing = shop.listing(line.key)
    pending = order.status is OrderStatus.CANCEL_REQUESTED
    cancelled = order.status is OrderStatus.CANCELLED
    paid: Body = {"payment_time": _milliseconds(order.paid_at)} if order.paid_at else {}
    return {
        "order_item_id": order_item_id(order, number),
        "order_id": number_or_text(order.order_id),
        "sku": listing.seller_sku if listing else "",
        "sku_id": line.variation_id,
        "shop_sku": _shop_sku(shop, line.key),
        "name": listing.title if listing else "",
        "status": order_status(order, now),
        "created_at": _printed(order.created_at),
        "updated_at": _printed(order.updated_at),
        **paid,
        "order_type": "Normal",
        "order_flag": "NORMAL",
        "warehouse_code": code,
        "is_fbl": "1" if listing and listing.platform else "0",
        "is_digital": 0,
        "cancel_return_initiator": _INITIATORS.get(order.cancelled_by, order.cancelled_by) if cancelled else "",
        "reason": order.cancel_reason if cancelled else "",
        "reason_detail": order.cancel_reason if cancelled else "",
        "return_status": "",
        "need_cancel_confirm": pending,
        "is_cancel_pending": pending,
        "item_price": 100000.0,
        "paid_price": 100000.0,
        "currency": "VND",
    }
