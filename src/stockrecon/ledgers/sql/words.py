"""What columns of stock systems are called, and words for kinds of movement: for a proposal that people look through.

Names of Odoo (stock.quant, product.product), ERPNext (Bin, Stock Ledger Entry) and of usual habit; a wrong one costs a
line that is corrected in the proposal, so there is no source for each.
"""

from __future__ import annotations

from collections.abc import Mapping

SKU = (
    *("sku", "msku", "seller_sku", "item_sku", "product_sku", "default_code", "item_code", "product_code"),
    *("stock_code", "article_no", "article", "item_no", "part_no", "code"),
)
AVAILABLE = (
    *("available", "available_qty", "qty_available", "available_quantity", "quantity_available", "available_stock"),
    *("stock_available", "free_qty", "free_stock", "qty_free", "free", "sellable", "saleable", "available_to_sell"),
    *("available_for_sale", "available_to_promise", "atp"),
)
ON_HAND = (
    *("on_hand", "qty_on_hand", "on_hand_qty", "quantity_on_hand", "actual_qty", "physical_qty", "quantity", "qty"),
    *("stock", "stock_qty", "units", "in_stock", "current_stock", "current_qty", "stock_level", "inventory"),
    *("inventory_qty", "inventory_level", "qoh", "soh"),
)
HELD = (
    *("reserved", "reserved_qty", "reserved_quantity", "qty_reserved", "allocated", "allocated_qty", "committed"),
    *("locked", "on_hold", "hold", "held", "reserve", "reservation", "reservations", "allocation", "allocations"),
)
AMOUNTS = frozenset({"qty", "stock", "units", "unit", "level", "inventory", "inv"})
"""Parts that say no more than that a column holds a quantity: `qty_allocated` and `allocated` are one."""
SAME: Mapping[str, str] = {
    "quantity": "qty",
    "quantities": "qty",
    "qnty": "qty",
    "quant": "qty",
    "onhand": "on_hand",
    "instock": "in_stock",
}
HOLDING = frozenset(
    {
        *("reserved", "reserve", "reservation", "allocated", "allocation", "committed", "locked", "hold", "held"),
        *("outgoing", "outbound", "pending", "blocked", "frozen", "quarantine", "quarantined", "damaged", "defective"),
        *("picked", "packed", "sold", "demand", "unavailable", "ordered"),
    }
)
"""A number column with one of these in its name may be held, whatever else is in it."""
NOT_COUNTED = frozenset(
    {
        # Not here yet, or only wished for.
        *("incoming", "inbound", "transit", "expected", "forecast", "forecasted", "projected", "planned", "indented"),
        *("coming", "arriving", "purchased", "backordered", "backorder", "wip"),
        # A count that is not booked.
        *("count", "counted", "diff", "difference"),
        # A level to be kept, or a rule for ordering.
        *(
            "safety",
            "min",
            "minimum",
            "max",
            "maximum",
            "reorder",
            "threshold",
            "target",
            "par",
            "moq",
            "lead",
            "alert",
        ),
        # Money and measures.
        *("price", "cost", "rate", "value", "amount", "tax", "vat", "discount", "margin", "weight", "length", "width"),
        *("height", "depth", "volume", "percent", "pct", "ratio", "score", "rating"),
    }
)
"""A number column with one of these in its name is no held stock; `on order` is none either."""
LABELS = frozenset(
    {
        *("id", "uid", "idx", "no", "nr", "number", "code", "ean", "upc", "gtin", "barcode", "version", "revision"),
        *("rank", "priority", "sort", "position", "year", "month", "day", "days", "time", "date", "epoch", "status"),
        *("docstatus", "state", "flag", "type", "active", "enabled", "deleted", "warehouse", "location", "site"),
        *("branch", "shelf", "aisle", "zone", "company", "owner", "user", "category", "brand", "supplier"),
    }
)
"""A number column whose name ends in one of these counts nothing."""
UPDATED = (
    *("updated_at", "write_date", "modified", "modified_at", "last_update", "updated", "last_updated", "updated_on"),
    *("last_modified", "update_time"),
)
AT = (
    *("at", "booked_at", "moved_at", "posted_at", "posting_datetime", "posting_time", "movement_date", "moved_on"),
    *("date", "occurred_at", "happened_at", "logged_at", "event_time", "transaction_date", "created_at", "create_date"),
    *("creation", "created", "created_on", "time", "timestamp", "ts"),
)
QUANTITY = (
    *("quantity", "qty", "delta", "change", "qty_change", "quantity_change", "qty_delta", "actual_qty", "units"),
    *("product_qty", "moved_qty", "diff", "qty_diff", "difference", "stock_change", "stock_delta", "inventory_change"),
)
KIND = (
    *("kind", "movement_type", "move_type", "transaction_type", "type", "reason", "cause", "voucher_type"),
    *("change_type", "event_type", "log_type", "action", "event", "category"),
)
SHOP = (
    *("shop", "shop_name", "store", "store_name", "marketplace", "channel", "sales_channel", "channel_name"),
    *("channel_code", "marketplace_name", "platform"),
)
ORDER = (
    *("order_id", "order_no", "order_sn", "order_number", "order_ref", "order_code", "voucher_no", "origin"),
    *("document_no", "doc_no"),
)
BALANCE = ("balance", "balance_after", "qty_after_transaction", "running_balance", "qty_after", "stock_after")
REF = ("ref", "reference", "external_ref", "ext_ref", "external_id")
NOTE = ("note", "notes", "remark", "remarks", "comment", "memo", "description")
ITEM = (
    *("item_id", "listing_id", "marketplace_item_id", "external_item_id", "channel_item_id", "channel_product_id"),
    *("marketplace_product_id", "external_product_id", "platform_item_id", "platform_product_id", "external_id"),
    *("remote_id",),
)
VARIATION = (
    *("variation_id", "variant_id", "model_id", "sku_id", "channel_variant_id", "external_variant_id"),
    *("external_variation_id", "platform_variant_id"),
)
SELLER_SKU = ("seller_sku", "shop_sku", "listing_sku", "channel_sku", "marketplace_sku", "platform_sku", "external_sku")
UNITS = ("units", "pack_size", "multiplier")
OK = ("ok", "success", "succeeded")
ERROR = ("error", "error_message", "message")
MOVEMENT_ID = ("id", "move_id", "movement_id", "entry_no", "nr", "no", "name")

STOCK_TABLES = ("stock", "inventory", "quant", "bin", "item", "product", "balance", "on_hand")
MOVEMENT_TABLES = (
    *("movement", "move", "stock_ledger", "ledger_entry", "transaction", "history", "journal", "inventory_log"),
    *("stock_log", "qty_log", "quantity_log", "stock_change", "inventory_change", "adjustment"),
)
LISTING_TABLES = (
    *("listing", "mapping", "offer", "channel_product", "channel_item", "channel_sku", "marketplace_product"),
    *("marketplace_item", "marketplace_sku", "shop_product", "shop_item", "store_product", "platform_product"),
    *("product_channel", "external_product", "sku_map"),
)
PUSH_TABLES = ("push", "sync_log", "stock_update")

KINDS: Mapping[str, str] = {
    **dict.fromkeys(("order", "sale", "sales", "so", "sold", "delivery", "delivery note", "sales invoice"), "order"),
    **dict.fromkeys(("cancel", "cancelled", "canceled", "cancellation", "void"), "cancel"),
    **dict.fromkeys(("return", "returned", "refund", "rma", "sales return"), "return"),
    **dict.fromkeys(("manual", "adjust", "adjustment", "adj", "inventory adjustment", "write-off"), "manual"),
    **dict.fromkeys(("stocktake", "count", "cycle count", "stock count", "stock reconciliation"), "stocktake"),
    **dict.fromkeys(("receipt", "purchase", "purchase receipt", "grn", "po", "goods receipt"), "receipt"),
    **dict.fromkeys(("transfer", "material transfer", "stock entry", "internal"), "transfer"),
    "correction": "correction",
}
