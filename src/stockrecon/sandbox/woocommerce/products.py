"""What can be called of products and variations (reference: WooCommerce 3.2 and 3.3)."""

from __future__ import annotations

from collections.abc import Mapping

from stockrecon.core.model import ListingState
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.wire import Body
from stockrecon.sandbox.woocommerce import asks, views
from stockrecon.sandbox.woocommerce.batch import Doer, batch, fields_of, rows
from stockrecon.sandbox.woocommerce.gate import Refused
from stockrecon.sandbox.woocommerce.lists import Lists, products, variations
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.pages import Reply
from stockrecon.sandbox.woocommerce.records import WooListing
from stockrecon.sandbox.woocommerce.visit import Route, Visit, invalid_id, route

_WRONG_PLACE = (
    "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint."
)


class Products:
    def __init__(self) -> None:
        self._lists = Lists()

    def routes(self) -> list[Route]:
        return [
            route("/products", "list", GET=self._lists.products, POST=self._create),
            route("/products/#", "item", GET=self._item, PUT=self._update, DELETE=self._delete),
            route("/products/batch", "batch", PUT=self._batch),
            route("/products/#/variations", "list", GET=self._lists.of_product, POST=self._create_variation),
            route("/products/#/variations/#", "item", GET=self._variation, PUT=self._update, DELETE=self._delete),
            route("/products/#/variations/batch", "batch", PUT=self._batch),
            route("/variations", "list", GET=self._lists.all_variations),
        ]

    # Single ones

    def _found(self, visit: Visit, shop: WooShop, status: int) -> WooListing:
        """The product or variation that the path names; a variation under its own product only."""
        if len(visit.ids) == 1:
            listing = shop.post(visit.ids[0])
            if listing is None:
                raise invalid_id("product", status)
            if visit.call.method not in ("GET", "HEAD") and listing.variation_id:
                raise Refused("woocommerce_rest_invalid_product_id", _WRONG_PLACE, 404)
            return listing
        product, number = visit.ids
        if number in shop.parents and shop.parents[number] != product and status == 400:
            raise Refused("woocommerce_rest_cannot_edit", "Parent product does not match current variation.", 403)
        listing = shop.listing((product, number))
        if listing is None:
            raise invalid_id("product_variation", status)
        return listing

    def _item(self, visit: Visit) -> Reply:
        listing = self._found(visit, visit.reads, 404)
        edit = visit.ask.choice("context", ("view", "edit"), "view") == "edit"
        visit.ask.faults.check()
        return Reply(views.product(visit.reads, listing, visit.root, edit=edit))

    def _variation(self, visit: Visit) -> Reply:
        return Reply(views.variation(visit.reads, self._found(visit, visit.reads, 404), visit.root))

    def _shape(self, visit: Visit, listing: WooListing) -> Body:
        if listing.variation_id:
            return views.variation(visit.shop, listing, visit.root)
        return views.product(visit.shop, listing, visit.root, edit=True)

    def _update(self, visit: Visit) -> Reply:
        given = asks.writes(visit.ask, variation=len(visit.ids) > 1, decimals=visit.shop.site.decimals)
        listing = self._found(visit, visit.shop, 400)
        _check_sku(visit.shop, given, listing.number)
        visit.shop.write(visit.now, listing.key, given, visit.label)
        return Reply(self._shape(visit, listing))

    def _delete(self, visit: Visit) -> Reply:
        force = visit.ask.flag("force")
        visit.ask.faults.check()
        listing = self._found(visit, visit.shop, 404)
        name = "product_variation" if listing.variation_id else "product"
        return Reply(self._drop(visit, listing, name, force=force))

    def _drop(self, visit: Visit, listing: WooListing, name: str, *, force: bool) -> Body:
        shown = self._shape(visit, listing)
        if force:
            visit.shop.remove(visit.now, listing.key)
            return shown
        if listing.state is ListingState.DELETED:
            raise Refused("woocommerce_rest_already_trashed", f"The {name} has already been deleted.", 410)
        visit.shop.trash(visit.now, listing.key)
        return shown

    # New ones

    def _create(self, visit: Visit) -> Reply:
        kind = visit.ask.choice("type", asks.PRODUCT_TYPES, "simple")
        given = asks.writes(visit.ask, variation=False, decimals=visit.shop.site.decimals)
        listing = self._made(visit, given, kind, visit.ask.get("attributes"))
        return Reply(self._shape(visit, listing), 201, {"Location": visit.address(f"/products/{listing.number}")})

    def _create_variation(self, visit: Visit) -> Reply:
        given = asks.writes(visit.ask, variation=True, decimals=visit.shop.site.decimals)
        listing = self._made(visit, given, "variation", visit.ask.get("attributes"))
        # The pattern of the path stands in the header, in place of the product's id.
        where = visit.address(rf"/products/(?P<product_id>[\d]+)/variations/{listing.number}")
        return Reply(self._shape(visit, listing), 201, {"Location": where})

    def _made(self, visit: Visit, given: dict[str, object], kind: str, attributes: object) -> WooListing:
        """A product, or a variation of the product that the path names."""
        shop = visit.shop
        parent = shop.products.get(visit.ids[0]) if visit.ids else None
        if visit.ids and (parent is None or not parent.variable):
            raise Refused("woocommerce_rest_product_variation_invalid_parent", "Invalid parent product.", 404)
        _check_sku(shop, given, 0)
        sku, post = str(given.get("sku", "")), shop.new_post()
        key = (parent.item_id, post) if parent is not None else (post, "")
        listing = shop.add(*key, sku, None, visit.now, title=str(given.get("name") or sku), managed=False)
        listing.price, listing.variable = "", kind == "variable"
        first = _first(attributes)
        if parent is not None:
            listing.option = str(first.get("option", ""))
        elif listing.variable:
            options = first.get("options")
            listing.attribute = str(first.get("name", "Option"))
            listing.options = tuple(str(option) for option in options) if isinstance(options, list) else ()
        shop.events.append(Event("listing", visit.now, "created", str(listing.state), *key))
        shop.write(visit.now, key, given, visit.label)
        return listing

    # Batches

    def _batch(self, visit: Visit) -> Reply:
        doers: dict[str, Doer] = {
            "create": self._batch_create,
            "update": self._batch_update,
            "delete": self._batch_delete,
        }
        return batch(visit, doers)

    def _batch_create(self, visit: Visit, row: object) -> Body:
        fields = fields_of(row)
        given = asks.loose_writes(fields, decimals=visit.shop.site.decimals)
        return self._shape(visit, self._made(visit, given, str(fields.get("type", "")), fields.get("attributes")))

    def _batch_update(self, visit: Visit, row: object) -> Body:
        fields = fields_of(row)
        listing = self._batch_found(visit, fields.get("id"), 400)
        given = asks.loose_writes(fields, decimals=visit.shop.site.decimals)
        _check_sku(visit.shop, given, listing.number)
        visit.shop.write(visit.now, listing.key, given, visit.label)
        return self._shape(visit, listing)

    def _batch_delete(self, visit: Visit, row: object) -> Body:
        listing = self._batch_found(visit, row, 404)
        return self._drop(visit, listing, "product", force=True)

    def _batch_found(self, visit: Visit, number: object, status: int) -> WooListing:
        wanted = str(asks.php_int(number))
        if visit.ids:
            listing = visit.shop.listing((visit.ids[0], wanted))
            if listing is None:
                raise invalid_id("product_variation", status)
            return listing
        listing = visit.shop.post(wanted)
        if listing is None:
            raise invalid_id("product", status)
        if listing.variation_id:
            raise Refused("woocommerce_rest_invalid_product_id", _WRONG_PLACE, 404)
        return listing


def _first(attributes: object) -> dict[str, object]:
    found = rows(attributes)
    return fields_of(found[0]) if found else {}


def _check_sku(shop: WooShop, given: Mapping[str, object], number: int) -> None:
    """A SKU belongs to one product or variation; an imported site may break that, a write may not."""
    sku = given.get("sku")
    if not sku:
        return
    for listing in (*products(shop), *variations(shop)):
        if listing.seller_sku == sku and listing.number != number and listing.status != "trash":
            data: Body = {"resource_id": listing.number, "unique_sku": f"{sku}-1"}
            raise Refused("product_invalid_sku", "Invalid or duplicated SKU.", 400, data)
