"""Corrections of a ledger in a folder of CSV files: two files changed as if in one step."""
