"""WooCommerce's wire shapes of products and variations, as a site of version 11.0.1 answered them.

Money has two decimals and no tax; what no test of a client needs (images, categories, ...) is empty or the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice

from stockrecon.sandbox.wire import Body
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.records import Amount, WooListing

OFFSETS = {"VN": 7, "TH": 7, "ID": 7, "PH": 8, "MY": 8, "SG": 8, "TW": 8, "BR": -3}
"""Hours east of UTC of the site's clock, which `date_created` and the like go by."""
ITEM_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
RELATED = 5
_EDIT_ONLY = ("permalink_template", "generated_slug")


def site_zone(region: str) -> timedelta:
    return timedelta(hours=OFFSETS.get(region, 0))


def local(when: datetime, region: str) -> datetime:
    """The site's own wall clock, without an offset."""
    return gmt(when) + site_zone(region)


def gmt(when: datetime) -> datetime:
    return when.replace(tzinfo=None, microsecond=0)


def written(name: str, when: datetime | None, region: str) -> Body:
    """A date twice: as the site's clock has it, and in GMT; null where there is none."""
    here = local(when, region).isoformat() if when is not None else None
    return {name: here, f"{name}_gmt": gmt(when).isoformat() if when is not None else None}


def slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text.lower()).strip("-")


def links(root: str, path: str, up: str = "") -> Body:
    """`path` is the item's, below the namespace; its collection is one step up."""
    base = f"{root}/wp-json/wc/v3"
    me: Body = {"href": f"{base}/{path}", "targetHints": {"allow": list(ITEM_METHODS)}}
    found: Body = {"self": [me], "collection": [{"href": f"{base}/{path.rsplit('/', 1)[0]}"}]}
    return {**found, "up": [{"href": f"{base}/{up}"}]} if up else found


def _managed(shop: WooShop, listing: WooListing) -> bool | str:
    holder = shop.holder(listing)
    return holder is listing if holder is None or holder is listing else "parent"


def _quantity(shop: WooShop, listing: WooListing) -> Amount | None:
    holder = shop.holder(listing)
    return holder.stock if holder is not None else listing.stock


def _stock(shop: WooShop, listing: WooListing) -> Body:
    holder = shop.holder(listing)
    backorders = (holder or listing).backorders
    quantity, status = _quantity(shop, listing), shop.stock_status(listing)
    return {
        "manage_stock": _managed(shop, listing),
        "stock_quantity": quantity,
        "stock_status": status,
        "backorders": backorders,
        "backorders_allowed": backorders != "no",
        "backordered": status == "onbackorder" or (holder is not None and backorders != "no" and (quantity or 0) < 0),
        "low_stock_amount": None,
    }


_PLAIN: Mapping[str, object] = {
    "date_on_sale_from": None,
    "date_on_sale_from_gmt": None,
    "date_on_sale_to": None,
    "date_on_sale_to_gmt": None,
    "on_sale": False,
}
_GOODS: Mapping[str, object] = {
    "virtual": False,
    "downloadable": False,
    "downloads": [],
    "download_limit": -1,
    "download_expiry": -1,
}


def price(shop: WooShop, listing: WooListing) -> str:
    """A product with variations has the price of the cheapest."""
    if not listing.variable:
        return listing.price
    return min((child.price for child in shop.children(listing) if child.price), key=float, default="")


def _price_html(text: str) -> str:
    if not text:
        return ""
    symbol = '<span class="woocommerce-Price-currencySymbol" translate="no">&#36;</span>'
    amount = f"<bdi>{symbol}{float(text):.2f}</bdi>"
    return f'<span class="woocommerce-Price-amount amount">{amount}</span>'


def product(shop: WooShop, listing: WooListing, root: str, *, edit: bool) -> Body:
    """A product; a variation that was found by its SKU among the products has a product's shape too.

    `edit`: as the answer of a write shows it.
    """
    name = shop.order_name(listing.key)
    stock = _stock(shop, listing)
    word, number = slug(listing.title), listing.number
    body: Body = {
        "id": number,
        "name": name,
        "slug": word,
        "permalink": f"{root}/product/{word}/",
        **written("date_created", listing.created_at, shop.region),
        **written("date_modified", listing.modified_at, shop.region),
        "type": "variation" if listing.variation_id else "variable" if listing.variable else "simple",
        "status": listing.status,
        "featured": False,
        "catalog_visibility": listing.catalog_visibility,
        "description": "",
        "short_description": "",
        "sku": sku(shop, listing),
        "price": price(shop, listing),
        "regular_price": "" if listing.variable else listing.price,
        "sale_price": "",
        **_PLAIN,
        "purchasable": listing.status != "trash" and price(shop, listing) != "",
        "total_sales": 0,
        **_GOODS,
        "external_url": "",
        "button_text": "",
        "tax_status": "taxable",
        "tax_class": "",
        **{field: stock[field] for field in ("manage_stock", "stock_quantity", "backorders", "backorders_allowed")},
        **{field: stock[field] for field in ("backordered", "low_stock_amount")},
        "sold_individually": False,
        **_parcel(),
        "reviews_allowed": True,
        "average_rating": "0" if edit else "0.00",
        "rating_count": 0,
        "upsell_ids": [],
        "cross_sell_ids": [],
        "parent_id": int(listing.item_id) if listing.variation_id else 0,
        "purchase_note": "",
        "categories": [{"id": 15, "name": "Uncategorized", "slug": "uncategorized"}],
        "brands": [],
        "tags": [],
        "images": [],
        "attributes": _product_attributes(shop, listing),
        "default_attributes": [],
        "variations": [child.number for child in shop.children(listing)],
        "grouped_products": [],
        "menu_order": 0,
        "price_html": _price_html(price(shop, listing)),
        "related_ids": _related(shop, listing),
        "meta_data": [],
        "stock_status": stock["stock_status"],
        "has_options": listing.variable,
        "post_password": "",
        "global_unique_id": "",
        "permalink_template": f"{root}/product/%pagename%/",
        "generated_slug": word,
        "_links": links(root, f"products/{number}"),
    }
    return body if edit else {name: value for name, value in body.items() if name not in _EDIT_ONLY}


def sku(shop: WooShop, listing: WooListing) -> str:
    """A variation without a SKU shows its product's."""
    parent = shop.products.get(listing.item_id)
    return listing.seller_sku or (parent.seller_sku if parent is not None else "")


def _parcel() -> Body:
    size = {"length": "", "width": "", "height": ""}
    flags: Body = {"shipping_required": True, "shipping_taxable": True}
    return {"weight": "", "dimensions": size, **flags, "shipping_class": "", "shipping_class_id": 0}


def _related(shop: WooShop, listing: WooListing) -> list[int]:
    """Others of the same category, and everything here is in one."""
    others = (other.number for other in shop.products.values() if other.item_id != listing.item_id)
    return list(islice(others, RELATED))


def _product_attributes(shop: WooShop, listing: WooListing) -> list[Body]:
    if listing.variation_id:
        return _own_attribute(shop, listing)
    if not listing.variable:
        return []
    options: Iterable[str] = (child.option for child in shop.children(listing) if child.option)
    listed = list(dict.fromkeys([*listing.options, *options]))
    name: Body = {"id": 0, "name": listing.attribute, "slug": listing.attribute}
    return [{**name, "position": 0, "visible": True, "variation": True, "options": listed}]


def _own_attribute(shop: WooShop, listing: WooListing) -> list[Body]:
    name = shop.products[listing.item_id].attribute
    return [{"id": 0, "name": name, "slug": slug(name), "option": listing.option}] if listing.option else []


def variation(shop: WooShop, listing: WooListing, root: str) -> Body:
    """A variation as its own collections show it; `parent_id` and `name` came with later versions."""
    parent = shop.products[listing.item_id]
    parcel = {name: value for name, value in _parcel().items() if name not in ("shipping_required", "shipping_taxable")}
    query = f"?attribute_{slug(parent.attribute)}={listing.option}" if listing.option else ""
    path = f"products/{listing.item_id}"
    return {
        "id": listing.number,
        "type": "variation",
        **written("date_created", listing.created_at, shop.region),
        **written("date_modified", listing.modified_at, shop.region),
        "description": "",
        "permalink": f"{root}/product/{slug(parent.title)}/{query}",
        "sku": sku(shop, listing),
        "global_unique_id": "",
        "price": listing.price,
        "regular_price": listing.price,
        "sale_price": "",
        **_PLAIN,
        "status": listing.status,
        "purchasable": listing.status == "publish" and listing.price != "",
        **_GOODS,
        "tax_status": "taxable",
        "tax_class": "parent",
        **_stock(shop, listing),
        **parcel,
        "image": None,
        "gallery_image_ids": [],
        "attributes": _own_attribute(shop, listing),
        "menu_order": 0,
        "meta_data": [],
        "name": listing.option,
        "parent_id": int(listing.item_id),
        "_links": links(root, f"{path}/variations/{listing.number}", path),
    }
