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
    *("stock_available", "free_qty", "free_stock", "qty_free", "free"),
)
ON_HAND = (
    *("on_hand", "qty_on_hand", "on_hand_qty", "quantity_on_hand", "actual_qty", "physical_qty", "quantity", "qty"),
    *("stock", "stock_qty", "units"),
)
HELD = (
    *("reserved", "reserved_qty", "reserved_quantity", "qty_reserved", "allocated", "allocated_qty", "committed"),
    *("locked", "on_hold"),
)
UPDATED = ("updated_at", "write_date", "modified", "modified_at", "last_update", "updated")
AT = (
    *("at", "booked_at", "moved_at", "posted_at", "posting_datetime", "posting_time", "movement_date", "moved_on"),
    *("date", "created_at", "create_date", "creation", "time", "timestamp"),
)
QUANTITY = (
    *("quantity", "qty", "delta", "change", "qty_change", "quantity_change", "qty_delta", "actual_qty", "units"),
    *("product_qty",),
)
KIND = (
    *("kind", "movement_type", "move_type", "transaction_type", "type", "reason", "cause", "voucher_type"),
    *("category",),
)
SHOP = ("shop", "shop_name", "store", "store_name", "marketplace", "channel", "sales_channel")
ORDER = ("order_id", "order_no", "order_sn", "order_number", "voucher_no", "origin", "document_no", "doc_no")
BALANCE = ("balance", "balance_after", "qty_after_transaction", "running_balance", "qty_after")
REF = ("ref", "reference", "external_ref", "ext_ref", "external_id")
NOTE = ("note", "notes", "remark", "remarks", "comment", "memo", "description")
ITEM = ("item_id", "listing_id", "marketplace_item_id", "external_item_id")
VARIATION = ("variation_id", "variant_id", "model_id", "sku_id")
SELLER_SKU = ("seller_sku", "shop_sku", "listing_sku")
UNITS = ("units", "pack_size", "multiplier")
OK = ("ok", "success", "succeeded")
ERROR = ("error", "error_message", "message")
MOVEMENT_ID = ("id", "move_id", "movement_id", "entry_no", "nr", "no", "name")

STOCK_TABLES = ("stock", "inventory", "quant", "bin", "item", "product", "balance", "on_hand")
MOVEMENT_TABLES = ("movement", "move", "stock_ledger", "ledger_entry", "transaction", "history", "journal")
LISTING_TABLES = ("listing", "mapping", "offer")
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
