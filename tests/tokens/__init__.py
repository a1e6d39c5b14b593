"""Renewing and giving tokens: nothing is lost, nothing is shown."""
