"""The configuration: YAML text to frozen settings, every fault with its place, secrets by reference.

`load` reads a file; `Settings` is what it gives. `starter` writes a first one, `ledger_ddl` the ledger's tables.
"""

from stockrecon.config.ddl import ledger_ddl, ledger_statements
from stockrecon.config.ledger import ledger_at
from stockrecon.config.load import load, plugin_names
from stockrecon.config.settings import Settings
from stockrecon.config.starter import starter, write_starter

__all__ = [
    "Settings",
    "ledger_at",
    "ledger_ddl",
    "ledger_statements",
    "load",
    "plugin_names",
    "starter",
    "write_starter",
]
