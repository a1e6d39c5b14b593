"""`type: sql`: the ledger in the seller's own database, through SQLAlchemy."""

from stockrecon.ledgers.sql.ddl import create_tables
from stockrecon.ledgers.sql.ledger import SqlLedger
from stockrecon.ledgers.sql.proposing import propose

__all__ = ["SqlLedger", "create_tables", "propose"]
