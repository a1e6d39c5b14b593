"""The bulk side: whole snapshots and ledgers in DuckDB. The only place that imports duckdb."""
