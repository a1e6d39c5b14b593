"""What stockrecon costs: time, memory, calls. Run with `python -m benchmarks`; nothing here is asserted in tests."""
