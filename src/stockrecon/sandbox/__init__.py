"""Loopback marketplaces for the demo, for tests, and for trying clients. Shares no code with channels."""
