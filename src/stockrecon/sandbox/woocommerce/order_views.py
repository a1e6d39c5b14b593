"""WooCommerce's wire shapes of orders, their notes and refunds, as a site of version 11.0.1 answered them.

No buyer has a name or an address here, and no order has shipping, tax, fees or coupons.
"""

from __future__ import annotations

from stockrecon.sandbox.records import Line, MarketOrder
from stockrecon.sandbox.wire import Body
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.records import Note, Refund, WooListing
from stockrecon.sandbox.woocommerce.views import links, sku, slug, written

CURRENCIES = {
    "VN": ("VND", "₫"),
    "TH": ("THB", "฿"),
    "ID": ("IDR", "Rp"),
    "PH": ("PHP", "₱"),
    "MY": ("MYR", "RM"),
    "SG": ("SGD", "$"),
    "TW": ("TWD", "NT$"),
    "BR": ("BRL", "R$"),
}
DOLLARS = ("USD", "$")
LINES_PER_ORDER = 1000
"""A line's number is its order's number times this, plus its place: the same whoever asks first."""
_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")
_MONEY = ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax")


def line_number(order: MarketOrder, place: int) -> int:
    return int(order.order_id) * LINES_PER_ORDER + place + 1


def _price(shop: WooShop, line: Line) -> float:
    listing = shop.listing(line.key)
    return float(listing.price or 0) if listing else 0.0


def money(amount: float) -> str:
    return f"{amount:.2f}"


def _meta(order: MarketOrder, place: int, number: int, key: str, value: str, shown: str = "") -> Body:
    meta_id = line_number(order, place) * 10 + number
    return {"id": meta_id, "key": key, "value": value, "display_key": shown or key, "display_value": value}


def _line(shop: WooShop, order: MarketOrder, place: int) -> Body:
    line, listing = order.lines[place], shop.listing(order.lines[place].key)
    restocked = shop.about(order).restocked.get(place)
    meta: list[Body] = []
    if listing is not None and listing.option:
        attribute = shop.products[listing.item_id].attribute
        meta.append(_meta(order, place, 0, slug(attribute), listing.option, attribute))
    if line.taken:
        meta.append(_meta(order, place, 1, "_reduced_stock", str(line.taken)))
    if restocked:
        meta.append(_meta(order, place, 2, "_restock_refunded_items", str(restocked)))
    total = money(_price(shop, line) * line.quantity)
    return {
        "id": line_number(order, place),
        **_sold(shop, line, listing),
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": total,
        "subtotal_tax": "0.00",
        "total": total,
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": meta,
        **_goods(shop, line, listing),
    }


def _sold(shop: WooShop, line: Line, listing: WooListing | None) -> Body:
    """A line of a product that is gone for good keeps its ids as 0."""
    if listing is None:
        return {"name": "", "product_id": 0, "variation_id": 0}
    name = shop.order_name(line.key)
    return {"name": name, "product_id": int(line.item_id), "variation_id": int(line.variation_id or 0)}


def _goods(shop: WooShop, line: Line, listing: WooListing | None) -> Body:
    price = _price(shop, line)
    variation = listing is not None and bool(listing.variation_id)
    return {
        "sku": sku(shop, listing) if listing is not None else None,
        "global_unique_id": "",
        "price": int(price) if price.is_integer() else price,
        "image": {"id": 0 if variation else "", "src": ""},
        "parent_name": shop.products[line.item_id].title if variation else None,
    }


def order(shop: WooShop, order: MarketOrder, root: str) -> Body:
    """An order. Nothing in it tells when it was cancelled: only that it was changed then."""
    about = shop.about(order)
    status = about.status
    currency, symbol = CURRENCIES.get(shop.region, DOLLARS)
    total = sum(_price(shop, line) * line.quantity for line in order.lines)
    billing = dict.fromkeys((*_ADDRESS, "email", "phone"), "")
    shipping = dict.fromkeys((*_ADDRESS, "phone"), "")
    secret = f"wc_order_{int(order.order_id) * 2_654_435_761 % 2**40:010x}"
    times = {
        **written("date_created", order.created_at, shop.region),
        **written("date_modified", order.updated_at, shop.region),
        **written("date_completed", order.shipped_at if status == "completed" else None, shop.region),
        **written("date_paid", order.paid_at, shop.region),
    }
    path = f"orders/{order.order_id}"
    emails: Body = {"embeddable": True, "href": f"{root}/wp-json/wc/v3/{path}/actions/email_templates"}
    return {
        "id": int(order.order_id),
        "parent_id": 0,
        "status": status,
        "currency": currency,
        "version": shop.site.version,
        "prices_include_tax": False,
        "date_created": times["date_created"],
        "date_modified": times["date_modified"],
        **dict.fromkeys(_MONEY, "0.00"),
        "total": money(total),
        "total_tax": "0.00",
        "customer_id": 0,
        "order_key": secret,
        "billing": billing,
        "shipping": shipping,
        **dict.fromkeys(("payment_method", "payment_method_title", "transaction_id"), ""),
        **dict.fromkeys(("customer_ip_address", "customer_user_agent"), ""),
        "created_via": about.created_via,
        "customer_note": "",
        "date_completed": times["date_completed"],
        "date_paid": times["date_paid"],
        "cart_hash": "",
        "number": order.order_id,
        "meta_data": [],
        "line_items": [_line(shop, order, place) for place in range(len(order.lines))],
        **{name: [] for name in ("tax_lines", "shipping_lines", "fee_lines", "coupon_lines")},
        "refunds": [_refund_row(refund) for refund in reversed(about.refunds)],
        "payment_url": f"{root}/checkout/order-pay/{order.order_id}/?pay_for_order=true&key={secret}",
        "is_editable": status in ("pending", "on-hold", "auto-draft"),
        "needs_payment": status in ("pending", "failed") and total > 0,
        "needs_processing": True,
        **{name: value for name, value in times.items() if name.endswith("_gmt")},
        "currency_symbol": symbol,
        "_links": {**links(root, path), "email_templates": [emails]},
    }


def _refund_row(refund: Refund) -> Body:
    return {"id": refund.number, "reason": refund.reason, "total": f"-{refund.amount}"}


def refund(shop: WooShop, order: MarketOrder, made: Refund, root: str) -> Body:
    lines: list[Body] = []
    for count, (place, units, amount) in enumerate(made.lines):
        line, number = order.lines[place], made.number * LINES_PER_ORDER + count + 1
        listing = shop.listing(line.key)
        refunded = {"key": "_refunded_item_id", "value": str(line_number(order, place))}
        shown = {"display_key": refunded["key"], "display_value": refunded["value"]}
        lines.append(
            {
                "id": number,
                **_sold(shop, line, listing),
                "quantity": -units,
                "tax_class": "",
                "subtotal": f"-{amount}",
                "subtotal_tax": "0.00",
                "total": f"-{amount}",
                "total_tax": "0.00",
                "taxes": [],
                "meta_data": [{"id": number * 10, **refunded, **shown}],
                **_goods(shop, line, listing),
            }
        )
    kind = "full" if shop.about(order).status == "refunded" else "partial"
    path = f"orders/{order.order_id}"
    found = links(root, f"{path}/refunds/{made.number}", path)
    me = {"href": f"{root}/wp-json/wc/v3/{path}/refunds/{made.number}", "targetHints": {"allow": ["GET", "DELETE"]}}
    return {
        "id": made.number,
        **written("date_created", made.at, shop.region),
        "amount": made.amount,
        "reason": made.reason,
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [{"id": made.number * 10, "key": "_refund_type", "value": kind}],
        "line_items": lines,
        **{name: [] for name in ("shipping_lines", "tax_lines", "fee_lines")},
        "_links": {**found, "self": [me]},
    }


def note(shop: WooShop, order: MarketOrder, made: Note, root: str) -> Body:
    """Stock levels that moved are told in words, the arrow as an entity (reference: WooCommerce 3.4)."""
    path = f"orders/{order.order_id}"
    return {
        "id": made.number,
        "author": "system",
        **written("date_created", made.at, shop.region),
        "note": made.text,
        "customer_note": made.customer,
        "_links": links(root, f"{path}/notes/{made.number}", path),
    }
