"""A market with known causes: a simulator that knows nothing of the program, and what `diff` must say about it."""
