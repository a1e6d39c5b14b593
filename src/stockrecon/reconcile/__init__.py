"""The read side of a run: pull both sides, compare, explain, plan. Writes no stock: that is `apply`'s.

config -> ledger.read, shops.pull -> catalogue (match, target, compare) -> cases -> detectors -> plan -> RunResult.
"""

from stockrecon.reconcile.keeping import summary_of
from stockrecon.reconcile.options import RunOptions
from stockrecon.reconcile.run import run, surroundings

__all__ = ["RunOptions", "run", "summary_of", "surroundings"]
