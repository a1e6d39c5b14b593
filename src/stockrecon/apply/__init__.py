"""The write side of a run: settle what is open, guard, journal, write, read back. The only caller of a write."""

from stockrecon.apply.applying import Applying, Rules, foreseen
from stockrecon.apply.saved import load as load_plan
from stockrecon.apply.saved import text_of as plan_text
from stockrecon.apply.session import opened, result_of, rules_of
from stockrecon.apply.undo import UNDO, raises_of, undo_plan

__all__ = [
    "UNDO",
    "Applying",
    "Rules",
    "foreseen",
    "load_plan",
    "opened",
    "plan_text",
    "raises_of",
    "result_of",
    "rules_of",
    "undo_plan",
]
