"""The state database: history of snapshots, runs, tokens, memory over runs."""
