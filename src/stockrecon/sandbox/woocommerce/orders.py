"""What can be called of orders, their notes and refunds (reference: WooCommerce 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

from stockrecon.sandbox.records import MarketOrder
from stockrecon.sandbox.wire import Body
from stockrecon.sandbox.woocommerce import order_views as views
from stockrecon.sandbox.woocommerce import pages
from stockrecon.sandbox.woocommerce.asks import php_int
from stockrecon.sandbox.woocommerce.batch import Doer, batch, fields_of, rows
from stockrecon.sandbox.woocommerce.gate import Refused
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.pages import Kind, Reply
from stockrecon.sandbox.woocommerce.records import STATUS_NAMES, Note, Refund
from stockrecon.sandbox.woocommerce.refunds import Returned, refund
from stockrecon.sandbox.woocommerce.visit import Route, Visit, invalid_id, route

STATUSES = ("any", "trash", "auto-draft", *STATUS_NAMES, "checkout-draft")
SETTABLE = tuple(STATUS_NAMES)
KIND: Kind[MarketOrder] = Kind(
    lambda order: int(order.order_id),
    lambda order: order.created_at,
    lambda order: order.updated_at,
    lambda order: order.order_id,
)


class Orders:
    def routes(self) -> list[Route]:
        return [
            route("/orders", "list", GET=self._list, POST=self._create),
            route("/orders/#", "item", GET=self._item, PUT=self._update, DELETE=self._delete),
            route("/orders/batch", "batch", PUT=self._batch),
            route("/orders/#/notes", "list", GET=self._notes, POST=self._add_note),
            route("/orders/#/notes/#", "item", GET=self._note),
            route("/orders/#/refunds", "list", GET=self._refunds, POST=self._add_refund),
            route("/orders/#/refunds/#", "item", GET=self._refund),
        ]

    def _list(self, visit: Visit) -> Reply:
        reads, ask = visit.reads, visit.ask
        want = pages.wanted(ask)
        statuses, product = ask.choices("status", STATUSES), ask.text("product")
        ask.faults.check()
        found = pages.sorted_by(
            (
                order
                for order in reads.orders.values()
                if _seen(reads.about(order).status, statuses)
                and pages.inside(order, KIND, want, reads.region)
                and (not product or any(line.item_id == product for line in order.lines))
            ),
            KIND,
            want,
        )
        return pages.page(
            found, want, lambda order: views.order(reads, order, visit.root), visit.call, visit.address("/orders")
        )

    def _found(self, shop: WooShop, number: str, status: int) -> MarketOrder:
        order = shop.orders.get(number)
        if order is None or shop.about(order).status == "deleted":
            raise invalid_id("shop_order", status)
        return order

    def _shape(self, visit: Visit, order: MarketOrder) -> Body:
        return views.order(visit.shop, order, visit.root)

    def _item(self, visit: Visit) -> Reply:
        return Reply(views.order(visit.reads, self._found(visit.reads, visit.ids[0], 404), visit.root))

    # Writing

    def _create(self, visit: Visit) -> Reply:
        status, paid = visit.ask.choice("status", SETTABLE, "pending"), visit.ask.flag("set_paid")
        visit.ask.faults.check()
        order = self._made(visit, visit.ask.get("line_items"), status, paid=paid)
        return Reply(self._shape(visit, order), 201, {"Location": visit.address(f"/orders/{order.order_id}")})

    def _made(self, visit: Visit, items: object, status: str, *, paid: bool) -> MarketOrder:
        lines = [_line(visit.shop, fields_of(row)) for row in rows(items)]
        order = visit.shop.enter(visit.now, lines, status, "rest-api")
        if paid and status in ("pending", "failed"):
            visit.shop.transit(visit.now, order, "processing")
        return order

    def _update(self, visit: Visit) -> Reply:
        status, paid = visit.ask.choice("status", SETTABLE), visit.ask.flag("set_paid")
        visit.ask.faults.check()
        order = self._found(visit.shop, visit.ids[0], 400)
        return Reply(self._changed(visit, order, status, paid=paid))

    def _changed(self, visit: Visit, order: MarketOrder, status: str, *, paid: bool) -> Body:
        shop = visit.shop
        if status:
            shop.transit(visit.now, order, status)
        if paid and shop.about(order).status in ("pending", "failed"):
            shop.transit(visit.now, order, "processing")
        return self._shape(visit, order)

    def _delete(self, visit: Visit) -> Reply:
        force = visit.ask.flag("force")
        visit.ask.faults.check()
        return Reply(self._drop(visit, self._found(visit.shop, visit.ids[0], 404), force=force))

    def _drop(self, visit: Visit, order: MarketOrder, *, force: bool) -> Body:
        """Neither the bin nor its emptying puts anything back into stock."""
        shown = self._shape(visit, order)
        if not force and visit.shop.about(order).status == "trash":
            raise Refused("woocommerce_rest_already_trashed", "The shop_order has already been deleted.", 410)
        visit.shop.transit(visit.now, order, "deleted" if force else "trash")
        return shown

    def _batch(self, visit: Visit) -> Reply:
        doers: dict[str, Doer] = {
            "create": self._batch_create,
            "update": self._batch_update,
            "delete": lambda visit, row: self._drop(visit, self._in_batch(visit, row, 404), force=True),
        }
        return batch(visit, doers)

    def _batch_create(self, visit: Visit, row: object) -> Body:
        fields = fields_of(row)
        status = str(fields.get("status", "pending"))
        paid = fields.get("set_paid") is True
        order = self._made(visit, fields.get("line_items"), status if status in SETTABLE else "pending", paid=paid)
        return self._shape(visit, order)

    def _batch_update(self, visit: Visit, row: object) -> Body:
        fields = fields_of(row)
        order = self._in_batch(visit, fields.get("id"), 400)
        status = str(fields.get("status", ""))
        return self._changed(visit, order, status if status in SETTABLE else "", paid=fields.get("set_paid") is True)

    def _in_batch(self, visit: Visit, number: object, status: int) -> MarketOrder:
        return self._found(visit.shop, str(php_int(number)), status)

    # Notes

    def _notes(self, visit: Visit) -> Reply:
        order, about = self._of(visit, visit.reads)
        kind = visit.ask.choice("type", ("any", "customer", "internal"), "any")
        visit.ask.faults.check()
        found = [note for note in reversed(about) if kind == "any" or note.customer == (kind == "customer")]
        return Reply([views.note(visit.reads, order, note, visit.root) for note in found])

    def _of(self, visit: Visit, shop: WooShop) -> tuple[MarketOrder, list[Note]]:
        order = shop.orders.get(visit.ids[0])
        if order is None or shop.about(order).status == "deleted":
            raise Refused("woocommerce_rest_shop_order_invalid_id", "Invalid order ID.", 404)
        return order, shop.about(order).notes

    def _add_note(self, visit: Visit) -> Reply:
        text, customer = visit.ask.text("note"), visit.ask.flag("customer_note")
        if not text:
            missing: Body = {"params": ["note"]}
            raise Refused("rest_missing_callback_param", "Missing parameter(s): note", 400, missing)
        visit.ask.faults.check()
        order, _ = self._of(visit, visit.shop)
        made = visit.shop.note(order, visit.now, text, customer=customer)
        where = visit.address(f"/orders/{order.order_id}/notes/{made.number}")
        return Reply(views.note(visit.shop, order, made, visit.root), 201, {"Location": where})

    def _note(self, visit: Visit) -> Reply:
        order, notes = self._of(visit, visit.reads)
        found = next((note for note in notes if str(note.number) == visit.ids[1]), None)
        if found is None:
            raise Refused("woocommerce_rest_invalid_id", "Invalid resource ID.", 404)
        return Reply(views.note(visit.reads, order, found, visit.root))

    # Refunds

    def _refunds(self, visit: Visit) -> Reply:
        order, _ = self._of(visit, visit.reads)
        want = pages.wanted(visit.ask)
        visit.ask.faults.check()
        kind: Kind[Refund] = Kind(
            lambda made: made.number, lambda made: made.at, lambda made: made.at, lambda made: str(made.number)
        )
        found = pages.sorted_by(visit.reads.about(order).refunds, kind, want)
        shape = lambda made: views.refund(visit.reads, order, made, visit.root)  # noqa: E731
        return pages.page(found, want, shape, visit.call, visit.address(f"/orders/{order.order_id}/refunds"))

    def _refund(self, visit: Visit) -> Reply:
        order, _ = self._of(visit, visit.reads)
        found = next((made for made in visit.reads.about(order).refunds if str(made.number) == visit.ids[1]), None)
        if found is None:
            raise invalid_id("shop_order_refund", 404)
        return Reply(views.refund(visit.reads, order, found, visit.root))

    def _add_refund(self, visit: Visit) -> Reply:
        ask, shop = visit.ask, visit.shop
        through, restock = ask.flag("api_refund", True), ask.flag("api_restock", True)
        amount, reason = _amount(ask.get("amount")), ask.text("reason")
        ask.faults.check()
        order, _ = self._of(visit, shop)
        total = float(str(views.order(shop, order, visit.root)["total"]))
        given = sum(float(made.amount) for made in shop.about(order).refunds)
        if amount <= 0 or round(given + amount, 2) > total:
            raise _no_refund("Invalid refund amount.")
        if through:
            # No order here was paid through a gateway that could send the money back.
            raise _no_refund("The payment gateway for this order does not exist.")
        lines = _returned(order, ask.get("line_items"))
        made = refund(shop, visit.now, order, lines, views.money(amount), reason, restock=restock)
        if round(given + amount, 2) == total and shop.about(order).status != "refunded":
            shop.transit(visit.now, order, "refunded")
        # The pattern of the path stands in the header, in place of the order's id.
        where = visit.address(rf"/orders/(?P<order_id>[\d]+)/refunds/{made.number}")
        return Reply(views.refund(shop, order, made, visit.root), 201, {"Location": where})


def _seen(status: str, wanted: list[str]) -> bool:
    return status in wanted if wanted and "any" not in wanted else status not in ("trash", "deleted")


def _no_refund(message: str) -> Refused:
    return Refused("woocommerce_rest_cannot_create_order_refund", message, 500)


def _amount(value: object) -> float:
    try:
        return round(float(str(value)), 2)
    except ValueError:
        return 0.0


def _returned(order: MarketOrder, items: object) -> list[Returned]:
    """Lines by their numbers; of each no more than was ordered."""
    places = {views.line_number(order, place): place for place in range(len(order.lines))}
    found: list[Returned] = []
    for row in map(fields_of, rows(items)):
        place = places.get(php_int(row.get("id")))
        if place is not None:
            units = min(max(0, php_int(row.get("quantity"))), order.lines[place].quantity)
            found.append(Returned(place, units, views.money(_amount(row.get("refund_total")))))
    return found


def _line(shop: WooShop, fields: Mapping[str, object]) -> tuple[str, str, int]:
    """Item, variation and quantity. A product that does not exist makes a line that belongs to none."""
    by_sku = next(
        (post for post in shop.all_listings() if fields.get("sku") and post.seller_sku == fields["sku"]), None
    )
    number = fields.get("variation_id") or fields.get("product_id")
    if by_sku is None and not number:
        raise Refused("woocommerce_rest_required_product_reference", "Product ID or SKU is required.", 400)
    listing = by_sku or shop.post(str(php_int(number)))
    quantity = max(1, php_int(fields.get("quantity", 1)))
    return (*listing.key, quantity) if listing is not None else (str(php_int(number)), "", quantity)
