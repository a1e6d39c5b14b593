"""`type: odoo`: the ledger in Odoo, over JSON-2 from Odoo 19 on and JSON-RPC before."""

from stockrecon.ledgers.odoo.ledger import OdooLedger

__all__ = ["OdooLedger"]
