"""The models and fields of the imitated Odoo, as far as a ledger needs them (reference: Odoo 3.5).

A field is written `type`, `type:model` for relations, `one2many:model.inverse`; with `=` at the end it is computed.
"""

from __future__ import annotations

from collections.abc import Mapping

_LOG = {"create_date": "datetime", "write_date": "datetime", "display_name": "char="}
_QUANTITIES = ("qty_available", "free_qty", "virtual_available", "outgoing_qty", "incoming_qty")

MODELS: Mapping[str, Mapping[str, str]] = {
    "res.company": {"name": "char"},
    "res.users": {"name": "char", "login": "char", "company_id": "many2one:res.company", "tz": "char"},
    "res.partner": {"name": "char", "ref": "char"},
    "crm.team": {"name": "char"},
    "uom.category": {"name": "char"},
    "uom.uom": {
        "name": "char",
        "rounding": "float",
        "factor": "float",
        "active": "boolean",
        "category_id": "many2one:uom.category",
        "uom_type": "selection",
        "factor_inv": "float=",
        "relative_factor": "float",
        "relative_uom_id": "many2one:uom.uom",
    },
    "stock.lot": {"name": "char", "product_id": "many2one:product.product"},
    "stock.package": {"name": "char"},
    "product.template": {"name": "char", "product_variant_ids": "one2many:product.product.product_tmpl_id"},
    "product.product": {
        "name": "char",
        "default_code": "char",
        "barcode": "char",
        "type": "selection",
        "is_storable": "boolean",
        "tracking": "selection",
        "active": "boolean",
        "product_tmpl_id": "many2one:product.template",
        "uom_id": "many2one:uom.uom",
        "company_id": "many2one:res.company",
        "is_kits": "boolean=",
        **dict.fromkeys(_QUANTITIES, "float="),
    },
    "stock.warehouse": {
        "sequence": "integer",
        "name": "char",
        "code": "char",
        "company_id": "many2one:res.company",
        "view_location_id": "many2one:stock.location",
        "lot_stock_id": "many2one:stock.location",
        "int_type_id": "many2one:stock.picking.type",
        "out_type_id": "many2one:stock.picking.type",
        "active": "boolean",
    },
    "stock.location": {
        "name": "char",
        "complete_name": "char=",
        "usage": "selection",
        "location_id": "many2one:stock.location",
        "company_id": "many2one:res.company",
        "warehouse_id": "many2one:stock.warehouse",
        "active": "boolean",
        "scrap_location": "boolean",
    },
    "stock.picking.type": {
        "name": "char",
        "code": "selection",
        "warehouse_id": "many2one:stock.warehouse",
        "company_id": "many2one:res.company",
        "default_location_src_id": "many2one:stock.location",
        "default_location_dest_id": "many2one:stock.location",
        "active": "boolean",
    },
    "stock.quant": {
        "product_id": "many2one:product.product",
        "location_id": "many2one:stock.location",
        "lot_id": "many2one:stock.lot",
        "package_id": "many2one:stock.package",
        "owner_id": "many2one:res.partner",
        "company_id": "many2one:res.company",
        "quantity": "float",
        "reserved_quantity": "float",
        "available_quantity": "float=",
        "inventory_quantity": "float",
        "inventory_quantity_auto_apply": "float=",
        "inventory_diff_quantity": "float",
        "inventory_quantity_set": "boolean",
        "inventory_date": "date",
        "is_outdated": "boolean=",
        "user_id": "many2one:res.users",
        "in_date": "datetime",
    },
    "stock.picking": {
        "name": "char",
        "origin": "char",
        "state": "selection",
        "partner_id": "many2one:res.partner",
        "picking_type_id": "many2one:stock.picking.type",
        "location_id": "many2one:stock.location",
        "location_dest_id": "many2one:stock.location",
        "sale_id": "many2one:sale.order",
        "return_id": "many2one:stock.picking",
        "company_id": "many2one:res.company",
        "move_ids": "one2many:stock.move.picking_id",
        "move_line_ids": "one2many:stock.move.line.picking_id",
        "date_done": "datetime",
        "scheduled_date": "datetime",
        "note": "html",
    },
    "stock.move": {
        "name": "char",
        "reference": "char",
        "origin": "char",
        "state": "selection",
        "date": "datetime",
        "product_id": "many2one:product.product",
        "product_uom": "many2one:uom.uom",
        "product_uom_qty": "float",
        "product_qty": "float=",
        "quantity": "float",
        "picked": "boolean",
        "location_id": "many2one:stock.location",
        "location_dest_id": "many2one:stock.location",
        "picking_id": "many2one:stock.picking",
        "company_id": "many2one:res.company",
        "is_inventory": "boolean",
        "sale_line_id": "many2one:sale.order.line",
        "origin_returned_move_id": "many2one:stock.move",
        "bom_line_id": "many2one:mrp.bom.line",
        "scrap_id": "many2one:stock.scrap",
        "move_line_ids": "one2many:stock.move.line.move_id",
        "move_orig_ids": "many2many:stock.move",
        "move_dest_ids": "many2many:stock.move",
        "to_refund": "boolean",
    },
    "stock.move.line": {
        "reference": "char",
        "origin": "char=",
        "state": "selection",
        "date": "datetime",
        "product_id": "many2one:product.product",
        "product_uom_id": "many2one:uom.uom",
        "quantity": "float",
        "picked": "boolean",
        "location_id": "many2one:stock.location",
        "location_dest_id": "many2one:stock.location",
        "picking_id": "many2one:stock.picking",
        "move_id": "many2one:stock.move",
        "lot_id": "many2one:stock.lot",
        "company_id": "many2one:res.company",
        "is_inventory": "boolean",
    },
    "stock.scrap": {
        "name": "char",
        "origin": "char",
        "state": "selection",
        "product_id": "many2one:product.product",
        "product_uom_id": "many2one:uom.uom",
        "scrap_qty": "float",
        "location_id": "many2one:stock.location",
        "scrap_location_id": "many2one:stock.location",
        "date_done": "datetime",
        "company_id": "many2one:res.company",
        "move_ids": "one2many:stock.move.scrap_id",
    },
    "sale.order": {
        "name": "char",
        "client_order_ref": "char",
        "origin": "char",
        "state": "selection",
        "date_order": "datetime",
        "partner_id": "many2one:res.partner",
        "team_id": "many2one:crm.team",
        "warehouse_id": "many2one:stock.warehouse",
        "company_id": "many2one:res.company",
        "order_line": "one2many:sale.order.line.order_id",
        "picking_ids": "one2many:stock.picking.sale_id",
    },
    "sale.order.line": {
        "order_id": "many2one:sale.order",
        "product_id": "many2one:product.product",
        "product_uom_qty": "float",
        "product_uom_id": "many2one:uom.uom",
        "qty_delivered": "float",
        "state": "selection",
        "move_ids": "one2many:stock.move.sale_line_id",
    },
    "stock.inventory.adjustment.name": {
        "quant_ids": "many2many:stock.quant",
        "inventory_adjustment_name": "char",
    },
    "mrp.bom": {
        "code": "char",
        "sequence": "integer",
        "type": "selection",
        "product_id": "many2one:product.product",
        "product_tmpl_id": "many2one:product.template",
        "product_qty": "float",
        "product_uom_id": "many2one:uom.uom",
        "active": "boolean",
        "company_id": "many2one:res.company",
        "bom_line_ids": "one2many:mrp.bom.line.bom_id",
    },
    "mrp.bom.line": {
        "sequence": "integer",
        "bom_id": "many2one:mrp.bom",
        "product_id": "many2one:product.product",
        "product_qty": "float",
        "product_uom_id": "many2one:uom.uom",
    },
}


def fields_of(model: str, version: int = 19) -> dict[str, str]:
    """The fields of a model in a version: what was renamed or came and went in 16 to 19."""
    if version >= 19 and model == "uom.category":
        raise KeyError(model)
    fields = {"id": "integer", **MODELS[model], **_LOG}
    if model == "uom.uom":
        # In 19 units hang on one another, no longer on a category; `factor` was turned round: 12 of a dozen, not 1/12.
        gone = ("category_id", "uom_type", "factor_inv") if version >= 19 else ("relative_factor", "relative_uom_id")
        for name in gone:
            del fields[name]
    if version < 17 and model in ("stock.move", "stock.move.line"):
        # Until 16 what is done had a field of its own, and nothing was "picked".
        done = "quantity_done" if model == "stock.move" else "qty_done"
        fields[done] = fields.pop("quantity")
        del fields["picked"]
    if version < 18:
        fields.pop("is_storable", None)
    if version < 19 and model == "sale.order.line":
        fields["product_uom"] = fields.pop("product_uom_id")
    if version >= 19 and model == "stock.move":
        del fields["name"]
    if version < 17 and model == "stock.move.line":
        del fields["is_inventory"]
    return fields
