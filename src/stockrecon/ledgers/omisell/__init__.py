"""`type: omisell`: the ledger in Omisell, over what of its API is published. See docs/ledgers/omisell.md."""

from stockrecon.ledgers.omisell.ledger import OmisellLedger

__all__ = ["OmisellLedger"]
