"""Ledgers and shops that tell something wrong, through the real `sync --apply`: nothing may be written."""
