"""Lazada's errors, which come inside HTTP 200 (reference: Lazada 8.1): found in an answer, and judged by the table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stockrecon.channels.lazada.codes import Remedy as Remedy
from stockrecon.channels.lazada.codes import Rule, rule_of
from stockrecon.channels.lazada.fields import first, flag, text


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error of Lazada's. `wait`: seconds that its message asks for; None where it names none. `rule`: the table's,
    None for a stranger.

    In `way_on`, `{shop}` stands for the shop's configured name.
    """

    remedy: Remedy
    code: str
    message: str
    way_on: str = ""
    wait: float | None = None
    rule: Rule | None = None

    @property
    def said(self) -> str:
        """Code and message, in Lazada's words."""
        return f"{self.code}: {self.message}" if self.message else self.code

    @property
    def whole(self) -> bool:
        """Whether a write is refused as a whole, whatever its rows (reference: Lazada 4.4, 8.2)."""
        return self.rule is not None and self.rule.whole


_NO_CODE = "no code"
_SECONDS = re.compile(r"(\d{1,9})\s*seconds?", re.IGNORECASE | re.ASCII)


def trouble(answer: Mapping[str, object]) -> Trouble | None:
    """What an answer complains of; None for success.

    The code is text or a number; some calls say "0" and put their failure into `result` or `success` (8.1).
    """
    code = text(first(answer, "code")).strip()
    if code not in ("", "0"):
        return _judge(code, text(first(answer, "message", "msg")).strip())
    result = answer.get("result")
    for part in (result, answer):
        if not isinstance(part, Mapping):
            continue
        failed = part.get("success") is not None and not flag(part.get("success"))
        if failed or flag(part.get("not_success")):
            inner = text(first(part, "error_code", "errorCode", "msg_code", "mapping_code")).strip()
            said = text(first(part, "error_msg", "errorMsg", "message", "msg_info", "error_message")).strip()
            return _judge(inner or "no success", said)
    if not code:
        return Trouble(Remedy.FAIL, _NO_CODE, "the answer has none of Lazada's fields", "check base_url and region")
    return None


def write_trouble(answer: Mapping[str, object]) -> Trouble | None:
    """What an answer to a write complains of. RETRY: nothing tells whether it took effect.

    LOCK, SYNC and FAIL are refusals; which of its rows they mean is another matter (`outcome`).
    """
    problem = trouble(answer)
    if problem is None:
        return None
    behind_the_gate = problem.remedy is Remedy.THROTTLE and (problem.rule is None or not problem.rule.gate)
    if behind_the_gate or problem.code == _NO_CODE:
        return replace(problem, remedy=Remedy.RETRY)
    return problem


REFUSALS = frozenset({Remedy.LOCK, Remedy.SYNC, Remedy.FAIL})
"""What no repetition mends."""


def _judge(code: str, message: str) -> Trouble:
    rule = rule_of(code, message)
    if rule is None:
        return Trouble(Remedy.FAIL, code, message)
    match = _SECONDS.search(message) if rule.remedy is Remedy.THROTTLE else None
    wait = float(match.group(1)) if match else None
    return Trouble(rule.remedy, code, message, rule.way_on, wait, rule)
