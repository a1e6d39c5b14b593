"""One marketplace per module: paths, fields, signing, error table, quirks. Nothing about scenarios."""
