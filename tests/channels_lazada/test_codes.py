"""Every error code of the reference means exactly one thing, and the client does what that asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.lazada.codes import RULES, Remedy, plain_code, rule_of
from stockrecon.channels.lazada.verdicts import Refused, judge
from stockrecon.core.intent import Answered
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import VerdictKind

from .fake import answer, failure
from .test_writing import TWO, answered, overview

LISTED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "codes.yaml").read_text("utf-8"))
DETAILS = LISTED.pop("details")
CODES = [pytest.param(kind, *row, id=f"{row[0]}: {row[1][:40]}") for kind, own in LISTED.items() for row in own]
EACH = pytest.mark.parametrize(("kind", "code", "message"), CODES)
PATTERNS = capabilities("lazada").lock_errors
ONE = TWO[:1]


def is_lock(text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in PATTERNS)


def kind_of(remedy: Remedy) -> str:
    """Renewing a token is authorising without anybody."""
    return (Remedy.AUTHORISE if remedy is Remedy.REFRESH else remedy).value


@EACH
def test_the_table_knows_it(kind: str, code: str, message: str) -> None:
    """None is left to the rule for strangers."""
    rule = rule_of(code, message)
    assert rule is not None, f"{code} ({message}) is not in the table"
    assert kind_of(rule.remedy) == kind


def test_no_code_is_listed_twice() -> None:
    """Each stands under one kind, and all kinds are there."""
    every = [tuple(row) for own in LISTED.values() for row in own]
    assert len(every) == len(set(every))
    assert set(LISTED) == {kind_of(remedy) for remedy in Remedy}


def test_every_rule_is_some_codes() -> None:
    """A rule that no code of the reference comes to is a slip in it, or behind one that takes all of its codes."""
    told = [rule_of(code, message) for own in LISTED.values() for code, message in own]
    told += [rule_of("501", message) for own in DETAILS.values() for message in own]
    told.append(rule_of("17", "the timestamp is out of range"))
    assert [rule for rule in RULES if rule not in told] == []


@pytest.mark.parametrize(
    ("written", "plain"),
    [("E0501", "501"), ("501", "501"), ("E006", "6"), ("0", "0"), ("ApiCallLimit", "apicalllimit"), ("E٣", "e٣")],
)
def test_one_code_has_several_spellings(written: str, plain: str) -> None:
    """With and without E, with and without zeros; words in any case."""
    assert plain_code(written) == plain


@EACH
def test_a_read_does_what_it_asks_for(kind: str, code: str, message: str) -> None:
    """Repeated, waited for, renewed, or failed: never taken for an answer, though HTTP says 200."""
    verdict = judge("shop", "/some/call", failure(code, message))
    match kind:
        case "retry":
            assert verdict.kind is VerdictKind.RETRY
        case "clock":
            assert verdict.kind is VerdictKind.CLOCK
        case "throttled":
            assert verdict.kind is VerdictKind.THROTTLED
        case "authorise":
            person = isinstance(verdict.error, AuthFault) and verdict.error.way_on
            assert verdict.kind is VerdictKind.AUTHORISE or person
        case _:
            assert isinstance(verdict.error, ReadFault)
            assert not isinstance(verdict.error, AuthFault)
    assert "{shop}" not in str(verdict.error)


WRITTEN = {
    "lock": {Answered.REJECTED},
    "sync-error": {Answered.REJECTED},
    "fail": {Answered.REJECTED},
    "retry": {Answered.UNKNOWN},
    # What comes from behind the gateway may have been begun.
    "throttled": {Answered.NOT_SENT, Answered.UNKNOWN},
    "authorise": {Answered.NOT_SENT},
    "clock": {Answered.NOT_SENT},
}


@EACH
def test_a_write_does_what_it_asks_for(kind: str, code: str, message: str) -> None:
    """The answer to the row, and scenario 2 takes the locks and nothing else for its own."""
    (told,) = answered(failure(code, message), ONE)
    assert told.answered in WRITTEN[kind]
    assert is_lock(told.text) is (kind == "lock")


@pytest.mark.parametrize(("kind", "message"), [(kind, one) for kind, own in DETAILS.items() for one in own])
@pytest.mark.parametrize("code", ["501", "0"])
def test_a_rows_detail_is_told_apart_as_well(code: str, kind: str, message: str) -> None:
    """The envelope is an overview, and even 0 may hide a failure: the row's words decide between scenarios 2 and 4."""
    row = {"code": "E0501", "field": "bizCheck", "sku_id": "11", "message": message}
    first, _ = answered(answer(overview(row, code=code)))
    assert first.answered is Answered.REJECTED
    assert is_lock(first.text) is (kind == "lock")


def test_a_stranger_is_refused_and_named() -> None:
    """A code that nobody listed is neither repeated nor taken for a lock; it is told in Lazada's own words."""
    verdict = judge("shop", "/some/call", failure("NeverHeardOf", "what"))
    assert isinstance(verdict.error, Refused)
    assert "NeverHeardOf: what" in str(verdict.error)
    assert rule_of("NeverHeardOf", "what") is None
