"""Tables on disk: the writer of our own spool files, and the strict reader that names a fault's line and column."""
