"""One command per module, each imported when it is called."""
