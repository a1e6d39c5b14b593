"""The calls about products, stock, warehouses and promotions (reference: TikTok 2.5 to 2.7, 2.9)."""

from __future__ import annotations

from datetime import datetime

from stockrecon.sandbox.asking import Asked, Bad
from stockrecon.sandbox.tiktok_shop import views
from stockrecon.sandbox.tiktok_shop.asked import Page, Window, body_of, one_of, page_of, texts, windows
from stockrecon.sandbox.tiktok_shop.gate import PARAMETER, Refused
from stockrecon.sandbox.tiktok_shop.market import PRODUCT_STATUS, TiktokShop
from stockrecon.sandbox.tiktok_shop.records import TOKOPEDIA
from stockrecon.sandbox.tiktok_shop.writes import Fault
from stockrecon.sandbox.wire import Body, Call, integer

MAX_PAGE = 100
MAX_HITS = 10_000
MAX_SKU_FILTER = 10
MAX_PRODUCTS, MAX_SKUS = 100, 600
MAX_WRITE = 100
HERE = "TIKTOK_SHOP"
AUDITS = ("NONE", "AUDITING", "FAILED", "PRE_APPROVED", "APPROVED")
ACTIVITIES = ("DRAFT", "NOT_START", "ONGOING", "EXPIRED", "DEACTIVATED", "NOT_EFFECTIVE")
ACTIVITY_TYPES = ("FIXED_PRICE", "DIRECT_DISCOUNT", "FLASHSALE", "SHIPPING_DISCOUNT", "BUY_MORE_SAVE_MORE")


class ProductCalls:
    """Reads are answered from the shop given with the call, which may be an older copy; writes go to `shop`."""

    def __init__(self, shop: TiktokShop) -> None:
        self.shop = shop
        self._kept: tuple[object, list[str]] = (None, [])

    def search(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        asked = body_of(call)
        page = page_of(
            call.first("page_size"),
            call.first("page_token"),
            MAX_PAGE,
            Refused(12019109, "page size is invalid"),
            Refused(12019108, "page number is invalid"),
        )
        found = self._found(asked, reads)
        if len(found) > MAX_HITS:
            raise Refused(12052180, "The total number of search results can not exceed 10000.")
        return page.cut(found, "products", lambda item: views.product(reads, item))

    def _found(self, asked: Asked, reads: TiktokShop) -> list[str]:
        """Product ids by filter; kept until a product changes, so that a long walk stays cheap."""
        status = one_of(asked, "status", ("ALL", *PRODUCT_STATUS)) or "ALL"
        platforms = set(texts(asked, "listing_platforms", 2, Refused(12052910, "too many listing_platforms")))
        if not platforms <= {HERE, TOKOPEDIA}:
            raise Bad(f"listing_platforms must be {HERE} or {TOKOPEDIA}")
        if platforms and status == "ALL":
            raise Bad("listing_platforms needs a status other than ALL")
        audits = set(texts(asked, "audit_status", len(AUDITS), Refused(12052910, "too many audit_status")))
        names = texts(asked, "seller_skus", MAX_SKU_FILTER, _too_many_names())
        skus = texts(asked, "sku_ids", MAX_SKU_FILTER, _too_many_skus())
        times = windows(asked, "le")
        if names or skus:
            pool = [item for item in reads.items if _holds(reads, item, set(names), set(skus))]
        else:
            pool = self._pool(status, platforms, audits, times, reads)
        return [item for item in pool if _matches(reads, item, status, platforms, audits, times)]

    def _pool(
        self, status: str, platforms: set[str], audits: set[str], times: list[Window], reads: TiktokShop
    ) -> list[str]:
        """What all pages of one search look at; an edit moves an update time, so a search by it looks at everything."""
        if reads is not self.shop or any(window.name == "update_time" for window in times):
            return list(reads.items)
        what = (reads.revision, status, frozenset(platforms), frozenset(audits), tuple(times))
        if self._kept[0] != what:
            found = [item for item in reads.items if _matches(reads, item, status, platforms, audits, times)]
            self._kept = (what, found)
        return self._kept[1]

    def detail(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        if name not in reads.items:
            raise Refused(12052032, "The product does not exist")
        return views.product_detail(reads, name)

    # Stock

    def inventory(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        """SKU ids win where both are given; ids that the shop does not have are left out, which no source says."""
        asked = body_of(call)
        too_many = Refused(12019120, "The number of provided product IDs exceeds the limit.")
        products = texts(asked, "product_ids", MAX_PRODUCTS, too_many)
        skus = texts(asked, "sku_ids", MAX_SKUS, Refused(12019015, "The number of SKU exceed the limit"))
        if not (products or skus) or any(integer(one) is None for one in skus or products):
            raise Refused(12019008, "Product id is invalid")
        wanted = set(skus) if skus else None
        if skus:
            products = list(dict.fromkeys(reads.skus[sku].item_id for sku in skus if sku in reads.skus))
        rows = [views.inventory(reads, item, wanted) for item in products if item in reads.items]
        return {"inventory": rows} if rows else {}

    def update(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        """Failures of single SKUs stand inside an answer of code 0 (reference: TikTok 2.7)."""
        if integer(name) is None:
            raise Refused(12052031, "Invalid product ID(s) found")
        result = self.shop.write(now, name, _wanted(body_of(call)), call.path)
        if isinstance(result, Fault):
            raise Refused(result.code, result.message)
        return {"errors": views.failures(result)} if result else {}

    def fbt_inventory(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        asked = body_of(call)
        skus = texts(asked, "sku_ids", MAX_PAGE, _bad_parameter("sku_ids"))
        page = _page(call.first("page_size"), call.first("page_token"))
        own = [sku for sku in reads.skus.values() if sku.platform and (not skus or sku.variation_id in skus)]
        return page.cut(own, "inventory", views.fbt_stock)

    def fbt_warehouses(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        """The platform's warehouses that the seller has goods in; whoever has none there is told no list."""
        used = any(sku.platform for sku in reads.skus.values())
        return {"warehouses": [views.fbt_warehouse()]} if used else {}

    def warehouses(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        return {"warehouses": views.warehouses(reads)}

    # Promotions

    def activities(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        asked = body_of(call)
        status, kind = one_of(asked, "status", ACTIVITIES), one_of(asked, "activity_type", ACTIVITY_TYPES)
        page = _page(str(asked.whole("page_size", 50)), asked.text("page_token", ""), 17029001)
        rows = [views.activity(campaign, now) for campaign in views.promotions(reads)]
        found = [row for row in rows if status in ("", row["status"]) and kind in ("", row["activity_type"])]
        return page.cut(found, "activities", lambda row: row)

    def activity(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        campaign = next((one for one in views.promotions(reads) if one.campaign_id == name), None)
        if campaign is None:
            raise Refused(17029009, "Activity does not exist")
        return views.activity_detail(reads, campaign, now)


def _page(size: str | None, token: str | None, code: int = PARAMETER) -> Page:
    bad = Refused(code, "Invalid parameters")
    return page_of(size, token, MAX_PAGE, bad, bad)


def _bad_parameter(name: str) -> Refused:
    return Refused(PARAMETER, f"Invalid {name}")


def _too_many_names() -> Refused:
    return Refused(12019027, "The maximum count of “seller_skus” in the search filter is 10.")


def _too_many_skus() -> Refused:
    return Refused(12019087, "The number of SKU IDs exceeds the limit of 10")


def _holds(reads: TiktokShop, item: str, names: set[str], skus: set[str]) -> bool:
    own = reads.items[item]
    named = not names or any(sku.seller_sku in names for sku in own)
    return named and (not skus or any(sku.variation_id in skus for sku in own))


def _matches(
    reads: TiktokShop, item: str, status: str, platforms: set[str], audits: set[str], times: list[Window]
) -> bool:
    first = reads.items[item][0]
    told = views.product_status(reads, item)
    places = set() if first.only_mirror else {HERE}
    if reads.mirrored(first):
        places.add(TOKOPEDIA)
    moments = {"create_time": views.create_time, "update_time": views.update_time}
    return (
        status in ("ALL", told)
        and platforms <= places
        and (not audits or views.audit_status(reads, item) in audits)
        and all(moments[window.name](reads, item) in window for window in times)
    )


def _wanted(asked: Asked) -> dict[str, dict[str, int]]:
    """SKU -> warehouse ("" where the call names none) -> units."""
    entries = asked.fields.get("skus")
    if not isinstance(entries, list) or not entries:
        text = "The SKU list is empty. Either omit the list entirely, or provide all required details."
        raise Refused(12052902, text)
    if len(entries) > MAX_WRITE:
        raise Refused(12052050, "A single product cannot have more than 100 different SKUs")
    found: dict[str, dict[str, int]] = {}
    for entry in entries:
        sku = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(sku, str) or not sku:
            raise Refused(12052036, "The SKU ID is necessary")
        if sku in found:
            raise Refused(12052553, "Sku id duplicate")
        found[sku] = _places(entry.get("inventory"))
    return found


def _places(entries: object) -> dict[str, int]:
    if not isinstance(entries, list) or not entries:
        raise Refused(12019022, "SKU must contain a valid warehouse.")
    places: dict[str, int] = {}
    for entry in entries:
        units = entry.get("quantity") if isinstance(entry, dict) else None
        if not isinstance(units, int) or isinstance(units, bool) or units < 0:
            raise Refused(12019024, "stock count is invalid")
        place = entry.get("warehouse_id") or ""
        if not isinstance(place, str) or place in places:
            raise Refused(12019022, "SKU must contain a valid warehouse.")
        places[place] = units
    return places
