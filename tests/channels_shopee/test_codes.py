"""Every error code of the reference means exactly one thing, and the client does what that asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.shopee.codes import RULES, Kind, rule_of
from stockrecon.channels.shopee.errors import Refused, code_of, judge_for
from stockrecon.core.intent import Answered
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import VerdictKind

from .fakes import FakeShopee, channel, said
from .test_writing import TWO, rows

LISTED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "codes.yaml").read_text("utf-8"))
REASONS = LISTED.pop("reasons")
CODES = [pytest.param(Kind(kind), *row, id=f"{row[0]}: {row[1][:40]}") for kind, own in LISTED.items() for row in own]
EACH = pytest.mark.parametrize(("kind", "error", "message"), CODES)
PATTERNS = capabilities("shopee").lock_errors


def is_lock(text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in PATTERNS)


@EACH
def test_the_table_knows_it(kind: Kind, error: str, message: str) -> None:
    """None is left to the rule for strangers."""
    rule = rule_of(code_of(error), message)
    assert rule is not None, f"{error} ({message}) is not in the table"
    assert rule.kind is kind


def test_no_code_is_listed_twice() -> None:
    """Each stands under one kind, and all kinds are there."""
    every = [tuple(row) for own in LISTED.values() for row in own]
    assert len(every) == len(set(every))
    assert set(LISTED) == set(Kind)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code[:30]} {rule.text[:30]}")
def test_every_rule_is_some_codes(rule: Any) -> None:
    """A rule that no code of the reference comes to is a slip in it, or behind one that takes all of its codes."""
    told = [rule_of(code_of(error), message) for own in LISTED.values() for error, message in own]
    told += [rule_of("", reason) for own in REASONS.values() for reason in own]
    assert rule in told


@EACH
def test_a_read_does_what_it_asks_for(kind: Kind, error: str, message: str) -> None:
    """Repeated, waited for, renewed, or failed with the way on: never taken for an answer."""
    verdict = judge_for("shop", "some_call")(said({"error": error, "message": message}))
    match kind:
        case Kind.RETRY:
            assert verdict.kind is VerdictKind.RETRY
        case Kind.CLOCK:
            assert verdict.kind is VerdictKind.CLOCK
        case Kind.THROTTLED:
            daily = verdict.kind is VerdictKind.FAIL and isinstance(verdict.error, ReadFault)
            assert verdict.kind is VerdictKind.THROTTLED or (daily and "00:00" in verdict.error.way_on)  # type: ignore[union-attr]
        case Kind.AUTHORISE:
            person = isinstance(verdict.error, AuthFault) and verdict.error.way_on
            assert verdict.kind is VerdictKind.AUTHORISE or person
        case _:
            assert isinstance(verdict.error, ReadFault)
            assert not isinstance(verdict.error, AuthFault)
    assert "{shop}" not in str(verdict.error)


WRITTEN = {
    Kind.LOCK: {Answered.REJECTED},
    Kind.SYNC: {Answered.REJECTED},
    # A request that was refused at the entrance says nothing of a listing: nothing is kept against it.
    Kind.FAIL: {Answered.REJECTED, Answered.NOT_SENT},
    Kind.RETRY: {Answered.UNKNOWN},
    Kind.THROTTLED: {Answered.NOT_SENT},
    Kind.AUTHORISE: {Answered.NOT_SENT},
    Kind.CLOCK: {Answered.NOT_SENT},
}


@EACH
def test_a_write_does_what_it_asks_for(kind: Kind, error: str, message: str) -> None:
    """The answer to each row, and scenario 2 takes the locks and nothing else for its own."""
    shopee = FakeShopee()
    shopee.overrides["update_stock"] = [said({"error": error, "message": message}) for _ in range(9)]
    shopee.overrides["refresh"] = [said({"error": "error_auth", "message": "Invalid refresh_token."})]
    answers = list(channel(shopee).write(TWO).values())
    assert {answer.answered for answer in answers} <= WRITTEN[kind]
    assert len({answer.answered for answer in answers}) == 1
    assert [is_lock(answer.text) for answer in answers] == [kind is Kind.LOCK] * 2


@pytest.mark.parametrize(("kind", "reason"), [(Kind(kind), one) for kind, own in REASONS.items() for one in own])
def test_a_rows_reason_is_told_apart_as_well(kind: Kind, reason: str) -> None:
    """A row in failure_list has no code: its words decide between scenarios 2 and 4."""
    shopee = FakeShopee()
    shopee.overrides["update_stock"] = [said(rows(failed=[{"model_id": 11, "failed_reason": reason}]))]
    answer = channel(shopee).write(TWO)[TWO[0].key]
    assert answer.answered is Answered.REJECTED
    assert is_lock(answer.text) is (kind is Kind.LOCK)


def test_a_stranger_is_refused_and_named() -> None:
    """A code that nobody listed is neither repeated nor taken for a lock; it is told in Shopee's own words."""
    verdict = judge_for("shop", "some_call")(said({"error": "error_new", "message": "what"}))
    assert isinstance(verdict.error, Refused)
    assert "error_new: what" in str(verdict.error)
    assert rule_of("error_new", "what") is None
