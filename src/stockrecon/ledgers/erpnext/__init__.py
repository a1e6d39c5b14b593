"""`type: erpnext`: the ledger in ERPNext, over its REST API. See docs/ledgers/erpnext.md."""

from stockrecon.ledgers.erpnext.ledger import ErpnextLedger

__all__ = ["ErpnextLedger"]
