"""Click and nothing else: options -> settings -> run -> report -> exit code."""
