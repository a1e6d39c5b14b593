"""Which of a plan's writes `sync --apply` may carry out: the shop's mode, the scenario, and what they count on.

How much may be written is another question: the guards' (core/guard.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from stockrecon.core.findings import Action, ActionKind, Plan
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Mode, Policy

WRITES = (ActionKind.ADJUST_LEDGER, ActionKind.SET_STOCK)


def permitted(
    plan: Plan, policy: Policy, modes: Mapping[ShopName, Mode]
) -> tuple[tuple[Action, ...], Mapping[str, str]]:
    """The writes that may be carried out, in the plan's order, and why each of the others may not, by action id.

    A shop that `modes` does not name is observed. Corrections need no shop of their own in mode apply, but where every
    shop is observed nothing at all is written.
    """
    applying = frozenset(str(shop) for shop, mode in modes.items() if mode is Mode.APPLY)
    writes = [action for action in plan.actions if action.kind in WRITES]
    skipped: dict[str, str] = {}
    for action in writes:
        reason = _unpermitted(action, policy, applying)
        if reason is not None:
            skipped[action.id] = reason
    _skip_dependent(writes, plan, skipped)
    return tuple(action for action in writes if action.id not in skipped), skipped


def _unpermitted(action: Action, policy: Policy, applying: frozenset[str]) -> str | None:
    if action.kind is ActionKind.ADJUST_LEDGER:
        if not applying:
            return "mode: observe of every shop: nothing at all is written until one of them says mode: apply"
    elif action.writes_to not in applying:
        return f"mode: observe of {action.writes_to}: it is written only with mode: apply"
    if action.scenario not in policy.apply_scenarios:
        return f"{action.scenario} is not in apply.scenarios"
    return None


def _skip_dependent(writes: list[Action], plan: Plan, skipped: dict[str, str]) -> None:
    """Skips what counts on an action that is not carried out, however many steps away."""
    counting: dict[str, list[Action]] = defaultdict(list)
    for action in writes:
        for one in plan.basis.counted_on(action):
            counting[one].append(action)
    going = {action.id for action in writes} - skipped.keys()
    lacking = [one for one in counting if one not in going]
    for one in lacking:  # grows while it is gone through
        for action in counting[one]:
            if action.id not in skipped:
                skipped[action.id] = f"it counts on {one}, which is not carried out"
                lacking.append(action.id)
