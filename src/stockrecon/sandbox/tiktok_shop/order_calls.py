"""The calls about orders, cancellations and returns (reference: TikTok 2.8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.asking import Asked, Bad
from stockrecon.sandbox.tiktok_shop import orders as rows
from stockrecon.sandbox.tiktok_shop.asked import Page, Window, body_of, one_of, page_of, texts, windows
from stockrecon.sandbox.tiktok_shop.gate import PARAMETER, Refused
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.places import sent_from
from stockrecon.sandbox.wire import Body, Call, unique

MAX_PAGE, DEFAULT_PAGE = 100, "20"
MAX_CANCELLATIONS, DEFAULT_CANCELLATIONS = 50, "10"
MAX_IDS = 50
MAX_LIST = 100
CANCELLED = (OrderStatus.CANCEL_REQUESTED, OrderStatus.CANCELLED)


class OrderCalls:
    """Answered from the shop given with the call, which may be an older copy."""

    def search(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        asked = body_of(call)
        page = _page(call, DEFAULT_PAGE, MAX_PAGE, PARAMETER)
        field, reverse = _sorting(call, "DESC")
        status = one_of(asked, "order_status", rows.STATUSES)
        places = texts(asked, "warehouse_ids", MAX_LIST, Refused(PARAMETER, "warehouse_ids: at most 100"))
        wants_cancel = asked.flag("is_buyer_request_cancel") if "is_buyer_request_cancel" in asked.fields else None
        times = windows(asked, "lt")
        found: list[tuple[int, str]] = []
        for order in reads.orders.values():
            told, since = rows.stage(reads, order, now)
            moments = {"create_time": int(order.created_at.timestamp()), "update_time": int(since.timestamp())}
            if (
                status in ("", told)
                and _inside(moments, times)
                and wants_cancel in (None, order.status is OrderStatus.CANCEL_REQUESTED)
                and (not places or sent_from(reads, order) in places)
            ):
                found.append((moments[field], order.order_id))
        found.sort(reverse=reverse)
        return page.cut(found, "orders", lambda one: rows.order_row(reads, reads.orders[one[1]], now))

    def detail(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        """Orders that the shop does not have are left out, which no source says."""
        ids = unique(call.all("ids"))
        if not 1 <= len(ids) <= MAX_IDS:
            raise Refused(PARAMETER, f"ids: 1 to {MAX_IDS} orders")
        found = [rows.order_row(reads, reads.orders[one], now) for one in ids if one in reads.orders]
        return {"orders": found} if found else {}

    def cancellations(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        asked = body_of(call)
        found = [rows.cancellation(reads, order) for order in reads.orders.values() if order.status in CANCELLED]
        statuses = _listed(asked, "cancel_status")
        # The filter spells one of them otherwise than the answer does (reference: TikTok 2.8).
        statuses |= {"CANCELLATION_REQUEST_CANCELLED"} if "CANCELLATION_REQUEST_CANCEL" in statuses else set()
        wanted = {
            "cancel_id": _listed(asked, "cancel_ids"),
            "order_id": _listed(asked, "order_ids"),
            "cancel_type": _listed(asked, "cancel_types"),
            "cancel_status": statuses,
        }
        return _cut(call, asked, found, wanted, "cancellations")

    def returns(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        asked = body_of(call)
        found = [
            rows.parcel_return(reads, order) for order in reads.orders.values() if order.status is OrderStatus.RETURNED
        ]
        wanted = {
            "return_id": _listed(asked, "return_ids"),
            "order_id": _listed(asked, "order_ids"),
            "return_type": _listed(asked, "return_types"),
            "return_status": _listed(asked, "return_status"),
        }
        return _cut(call, asked, found, wanted, "return_orders")


def _listed(asked: Asked, name: str) -> set[str]:
    return set(texts(asked, name, MAX_LIST, Refused(25001001, f"{name}: at most {MAX_LIST}")))


def _cut(call: Call, asked: Asked, found: list[Body], wanted: dict[str, set[str]], name: str) -> Body:
    """The page of those rows that are wanted, oldest first unless the call says otherwise."""
    page = _page(call, DEFAULT_CANCELLATIONS, MAX_CANCELLATIONS, 25001001)
    field, reverse = _sorting(call, "ASC")
    times = windows(asked, "lt")
    kept = [
        row
        for row in found
        if all(not values or row[key] in values for key, values in wanted.items()) and _inside(row, times)
    ]
    kept.sort(key=lambda row: (str(row[field]), str(row["order_id"])), reverse=reverse)
    return page.cut(kept, name, lambda row: row)


def _page(call: Call, default: str, most: int, code: int) -> Page:
    size, token = call.first("page_size"), call.first("page_token")
    bad_size, bad_token = Refused(code, "page_size is invalid"), Refused(code, "page_token is invalid")
    return page_of(default if size is None else size, token, most, bad_size, bad_token)


def _sorting(call: Call, default: str) -> tuple[str, bool]:
    """The field to sort by, and whether the newest comes first."""
    field, way = call.first("sort_field") or "create_time", call.first("sort_order") or default
    if field not in ("create_time", "update_time") or way not in ("ASC", "DESC"):
        raise Bad("sort_field or sort_order")
    return field, way == "DESC"


def _inside(moments: dict[str, int] | Body, times: Iterable[Window]) -> bool:
    return all(moments[window.name] in window for window in times)
