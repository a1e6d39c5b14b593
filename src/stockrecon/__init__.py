"""Finds, explains and corrects the differences between a stock ledger and what each marketplace shows."""

__version__ = "0.1.0"
