"""The fields of the doctypes that the imitation has, with the child table of each that has one."""

from __future__ import annotations

from collections.abc import Mapping

ALWAYS = ("name", "owner", "creation", "modified", "modified_by", "docstatus", "idx")
CHILD = ("parent", "parenttype", "parentfield")

_WRITTEN = {
    "Company": "company_name abbr default_currency stock_adjustment_account cost_center",
    "Warehouse": "warehouse_name is_group parent_warehouse company disabled lft rgt",
    "UOM": "uom_name must_be_whole_number",
    "Item": """
        description brand barcode is_sales_item is_fixed_asset include_item_in_manufacturing standard_rate
        safety_stock default_bom end_of_life item_code item_name item_group stock_uom disabled is_stock_item
        has_variants variant_of has_batch_no has_serial_no valuation_rate allow_negative_stock
        """,
    "Product Bundle": "new_item_code disabled description",
    "Product Bundle Item": "item_code qty uom description",
    "Ecommerce Item": """
        integration erpnext_item_code integration_item_code sku has_variants variant_id variant_of
        inventory_synced_on item_synced_on
        """,
    "Bin": """
        item_code warehouse actual_qty reserved_qty ordered_qty indented_qty planned_qty projected_qty
        reserved_qty_for_production reserved_qty_for_sub_contract reserved_qty_for_production_plan reserved_stock
        stock_uom valuation_rate stock_value
        """,
    "Stock Ledger Entry": """
        batch_no serial_no serial_and_batch_bundle outgoing_rate stock_value stock_queue project fiscal_year
        recalculate_rate is_adjustment_entry dependant_sle_voucher_detail_no posting_date posting_time
        posting_datetime item_code warehouse actual_qty qty_after_transaction voucher_type voucher_no
        voucher_detail_no is_cancelled stock_uom company incoming_rate valuation_rate stock_value_difference
        """,
    "Sales Order": """
        title customer_name customer_group territory cost_center project source grand_total skip_delivery_note
        reserve_stock per_billed billing_status po_date customer company transaction_date delivery_date po_no
        order_type status delivery_status per_delivered set_warehouse amended_from
        """,
    "Sales Order Item": """
        item_name rate amount description actual_qty projected_qty returned_qty ordered_qty picked_qty
        work_order_qty stock_reserved_qty is_free_item delivered_by_supplier supplier delivery_date reserve_stock
        item_code qty stock_qty delivered_qty uom stock_uom conversion_factor warehouse
        """,
    "Delivery Note": """
        title customer_name customer_group territory cost_center project source grand_total remarks per_billed
        per_returned set_posting_time set_warehouse po_date is_internal_customer customer company posting_date
        posting_time status is_return return_against po_no amended_from
        """,
    "Delivery Note Item": """
        item_name rate amount description actual_qty returned_qty is_free_item against_blanket_order
        target_warehouse against_sales_invoice si_detail dn_detail serial_and_batch_bundle batch_no serial_no
        item_code qty stock_qty uom stock_uom conversion_factor warehouse against_sales_order so_detail
        """,
    "Sales Invoice": """
        title customer_name customer_group territory cost_center project source grand_total remarks
        set_posting_time set_warehouse po_date is_pos is_internal_customer customer company posting_date
        posting_time update_stock status is_return return_against po_no amended_from
        """,
    "Sales Invoice Item": """
        item_name rate amount description actual_qty returned_qty is_free_item against_blanket_order
        target_warehouse delivered_qty dn_detail delivered_by_supplier serial_and_batch_bundle batch_no serial_no
        item_code qty stock_qty uom stock_uom conversion_factor warehouse sales_order so_detail delivery_note
        """,
    "Purchase Receipt": "supplier company posting_date posting_time status is_return amended_from",
    "Purchase Receipt Item": "item_code qty stock_qty uom stock_uom conversion_factor warehouse",
    "Packed Item": """
        item_name description target_warehouse actual_qty projected_qty ordered_qty packed_qty picked_qty rate
        parent_item_row parent_item item_code qty warehouse parent_detail_docname uom
        """,
    "Stock Entry": """
        from_warehouse to_warehouse is_return work_order project total_incoming_value total_outgoing_value
        value_difference title naming_series stock_entry_type purpose company posting_date posting_time
        set_posting_time remarks amended_from
        """,
    "Stock Entry Detail": """
        item_name description actual_qty amount basic_amount batch_no serial_no serial_and_batch_bundle
        is_finished_item is_scrap_item against_stock_entry item_code qty transfer_qty s_warehouse t_warehouse uom
        stock_uom conversion_factor basic_rate valuation_rate allow_zero_valuation_rate expense_account
        cost_center
        """,
    "Stock Reconciliation": """
        set_warehouse title naming_series purpose company posting_date posting_time set_posting_time
        expense_account cost_center difference_amount amended_from
        """,
    "Stock Reconciliation Item": """
        item_name amount current_valuation_rate current_amount allow_zero_valuation_rate batch_no serial_no
        serial_and_batch_bundle item_code warehouse qty valuation_rate current_qty quantity_difference
        """,
    "Custom Field": "dt fieldname fieldtype label unique read_only no_copy",
    "Stock Settings": "stock_frozen_upto stock_frozen_upto_days allow_negative_stock stock_auth_role",
    "Selling Settings": "dont_reserve_sales_order_qty_on_sales_return",
    "System Settings": "time_zone country language",
    "User": "email full_name enabled",
}
FIELDS: Mapping[str, tuple[str, ...]] = {doctype: tuple(names.split()) for doctype, names in _WRITTEN.items()}
CHILDREN: Mapping[str, str] = {
    "Product Bundle": "Product Bundle Item",
    "Sales Order": "Sales Order Item",
    "Delivery Note": "Delivery Note Item",
    "Sales Invoice": "Sales Invoice Item",
    "Purchase Receipt": "Purchase Receipt Item",
    "Stock Entry": "Stock Entry Detail",
    "Stock Reconciliation": "Stock Reconciliation Item",
}
"""Each child table stands in the field `items`."""
PACKED = ("Sales Order", "Delivery Note", "Sales Invoice")
"""They have the parts of product bundles in `packed_items` (rows of Packed Item)."""
SINGLE = ("Stock Settings", "Selling Settings", "System Settings")
SUBMITTABLE = (
    "Sales Order",
    "Delivery Note",
    "Sales Invoice",
    "Purchase Receipt",
    "Stock Entry",
    "Stock Reconciliation",
)
SERIES = {
    "Sales Order": "SAL-ORD",
    "Delivery Note": "MAT-DN",
    "Sales Invoice": "ACC-SINV",
    "Purchase Receipt": "MAT-PRE",
    "Stock Entry": "MAT-STE",
    "Stock Reconciliation": "MAT-RECO",
}
NAMED_BY = {
    "Item": "item_code",
    "Company": "company_name",
    "Product Bundle": "new_item_code",
    "UOM": "uom_name",
    "User": "email",
}
"""The field that becomes the name. Other doctypes are named by a series, or by chance."""
APPS = {"Ecommerce Item": "ecommerce_integrations"}
"""Doctypes that are there only with an app beside ERPNext."""
READ_ONLY = ("Bin", "Stock Ledger Entry")
"""Kept by the program itself: nobody writes them (reference: ERP-BIN)."""
