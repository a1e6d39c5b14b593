"""The bulk side: whole ledgers and shops in DuckDB; what agrees never becomes a Python object.

Nothing here imports duckdb before a catalogue is opened, so that `--help` does not pay for it.
"""

from stockrecon.catalogue.catalogue import Catalogue

__all__ = ["Catalogue"]
