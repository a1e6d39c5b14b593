"""The write side of a run: settle what is open, guard, journal, write, read back. The only caller of a write."""
