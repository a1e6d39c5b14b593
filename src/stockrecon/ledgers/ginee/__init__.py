"""`type: ginee`: the ledger in Ginee OMS, over its Open API. See docs/ledgers/ginee.md."""

from stockrecon.ledgers.ginee.ledger import GineeLedger

__all__ = ["GineeLedger"]
