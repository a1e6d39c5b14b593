"""Click and nothing else: options -> settings -> run -> report -> exit code."""

from stockrecon.cli.app import main

__all__ = ["main"]
