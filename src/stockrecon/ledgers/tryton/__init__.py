"""`type: tryton`: the ledger in Tryton, over its JSON-RPC."""

from stockrecon.ledgers.tryton.ledger import TrytonLedger

__all__ = ["TrytonLedger"]
