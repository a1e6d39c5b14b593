"""One cause per module: `detect(case)` gives findings; the module docstring is the manual of the cause."""
