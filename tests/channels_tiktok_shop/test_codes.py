"""Every error code of the reference means exactly one thing, and the client does what that asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.tiktok_shop.codes import NO_SCOPE, RULES, Kind, rule_of
from stockrecon.channels.tiktok_shop.errors import trouble
from stockrecon.channels.tiktok_shop.verdicts import Refused, Unscoped, judge_for, judge_write
from stockrecon.core.intent import Answered
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, VerdictKind

from .fakes import FakeTikTok, channel, product, refused, said, sku, write

LISTED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "codes.yaml").read_text("utf-8"))
CODES = [pytest.param(Kind(kind), *row, id=f"{row[0]}: {row[1][:40]}") for kind, own in LISTED.items() for row in own]
EACH = pytest.mark.parametrize(("kind", "code", "message"), CODES)
PATTERNS = capabilities("tiktok-shop").lock_errors


def is_lock(text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in PATTERNS)


@EACH
def test_the_table_knows_it(kind: Kind, code: str, message: str) -> None:
    """None is left to the rule for strangers; as a number or as text."""
    rule = rule_of(code, message)
    assert rule is not None, f"{code} ({message}) is not in the table"
    assert rule.kind is kind
    assert trouble({"code": int(code), "message": message}) == trouble({"code": code, "message": message})


def test_no_code_is_listed_twice() -> None:
    """Each stands under one kind, and all kinds are there."""
    every = [tuple(row) for own in LISTED.values() for row in own]
    assert len(every) == len(set(every))
    assert len({code for code, _ in every if code != "36009004"}) == len([row for row in every if row[0] != "36009004"])
    assert set(LISTED) == set(Kind)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code[:30])
def test_every_rule_is_some_codes(rule: Any) -> None:
    """A rule that no code of the reference comes to is a slip in it, or behind one that takes all of its codes."""
    assert rule in [rule_of(code, message) for own in LISTED.values() for code, message in own]


@EACH
def test_a_read_does_what_it_asks_for(kind: Kind, code: str, message: str) -> None:
    """Repeated, waited for, renewed, or failed with the way on: never taken for an answer, though HTTP says 200."""
    verdict = judge_for("shop", "/some/call")(refused(code, message))
    match kind:
        case Kind.RETRY:
            assert verdict.kind is VerdictKind.RETRY
        case Kind.CLOCK:
            assert verdict.kind is VerdictKind.CLOCK
        case Kind.THROTTLED:
            assert verdict.kind is VerdictKind.THROTTLED
        case Kind.AUTHORISE:
            person = isinstance(verdict.error, AuthFault) and verdict.error.way_on
            assert verdict.kind is VerdictKind.AUTHORISE or person
            assert isinstance(verdict.error, Unscoped) is (code == NO_SCOPE)
        case _:
            assert isinstance(verdict.error, Refused)
            assert verdict.error.code == code
    assert "{shop}" not in str(verdict.error)


WRITTEN = {
    Kind.LOCK: Answered.REJECTED,
    Kind.SYNC: Answered.REJECTED,
    Kind.FAIL: Answered.REJECTED,
    Kind.RETRY: Answered.UNKNOWN,
    Kind.THROTTLED: Answered.NOT_SENT,
    Kind.AUTHORISE: Answered.NOT_SENT,
    Kind.CLOCK: Answered.NOT_SENT,
}


def answered(answer: Answer) -> tuple[FakeTikTok, Any]:
    """What a write of two SKUs is told where TikTok Shop answers so, again and again."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 10), sku(12, "B", 10)))
    tiktok.always["inventory/update"] = lambda sent: Answer(answer.status, dict(answer.headers), answer.body)
    told = list(channel(tiktok).write([write(1, 11, 3), write(1, 12, 4)]).values())
    assert len({each.answered for each in told}) == 1
    return tiktok, told[0]


@EACH
def test_a_write_does_what_it_asks_for(kind: Kind, code: str, message: str) -> None:
    """The answer to each row; scenario 2 takes the locks alone for its own, and what is unknown is never repeated."""
    tiktok, told = answered(refused(code, message))
    assert told.answered is WRITTEN[kind]
    assert code in told.text
    assert is_lock(told.text) is (kind is Kind.LOCK)
    if told.answered is not Answered.NOT_SENT:
        assert tiktok.calls["inventory/update"] == 1


def test_a_stranger_is_named_and_of_a_write_nothing_is_known() -> None:
    """A code that nobody listed is not taken for a lock; what it means of a write nobody can say."""
    verdict = judge_for("shop", "/some/call")(refused(99999999, "what"))
    assert isinstance(verdict.error, Refused)
    assert "99999999: what" in str(verdict.error)
    assert rule_of("99999999", "what") is None
    tiktok, told = answered(refused(99999999, "what"))
    assert told.answered is Answered.UNKNOWN
    assert tiktok.calls["inventory/update"] == 1


@pytest.mark.parametrize(
    ("answer", "read", "written"),
    [
        (said({}, status=200), VerdictKind.OK, VerdictKind.OK),
        (said({}, status=500), VerdictKind.RETRY, VerdictKind.RETRY),
        (said({}, status=429), VerdictKind.THROTTLED, VerdictKind.THROTTLED),
        (refused(12052901, "not active", 400), VerdictKind.FAIL, VerdictKind.OK),
        (refused(12052901, "not active", 500), VerdictKind.FAIL, VerdictKind.OK),
        (refused(36009003, "internal", 400), VerdictKind.RETRY, VerdictKind.RETRY),
        (refused(99999999, "what", 503), VerdictKind.RETRY, VerdictKind.RETRY),
        (refused(99999999, "what", 429), VerdictKind.THROTTLED, VerdictKind.THROTTLED),
        (Answer(200, {}, b'{"error":"nope"}'), VerdictKind.FAIL, VerdictKind.RETRY),
        (Answer(502, {}, b'{"error":"nope"}'), VerdictKind.RETRY, VerdictKind.RETRY),
        (Answer(200, {}, b'{"code":true}'), VerdictKind.FAIL, VerdictKind.RETRY),
    ],
)
def test_the_code_counts_before_the_status(answer: Answer, read: VerdictKind, written: VerdictKind) -> None:
    """Failures come with HTTP 200, and the other way round; an answer without a code is not TikTok Shop's."""
    assert judge_for("shop", "/some/call")(answer).kind is read
    assert judge_write("shop", "/some/call")(answer).kind is written


def test_a_missing_scope_is_told_with_the_way_on() -> None:
    """Which page of Partner Center, and that the seller has to agree again."""
    tiktok = FakeTikTok()
    tiktok.always["orders/search"] = lambda sent: refused(105005, "you should apply auth pkg for this api")
    with pytest.raises(Unscoped, match="105005") as caught:
        channel(tiktok)._api.orders(0, "")
    assert "Manage API" in caught.value.way_on
    assert "stockrecon auth tiktok-vn" in caught.value.way_on


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code":0,"data":[]}', b'{"code":0,"data":{"shops":{}}}'])
def test_what_is_not_of_the_documented_form_is_a_fault_with_words(body: bytes) -> None:
    """No traceback, and nothing that is guessed."""
    tiktok = FakeTikTok()
    tiktok.always["shops"] = lambda sent: Answer(200, {}, body)
    with pytest.raises(ReadFault):
        channel(tiktok)._open()
