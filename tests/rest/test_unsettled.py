"""Requests that may not be repeated: what may have taken effect, what did not, and what comes too late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, TokenBucket, Unsettled, WireFault

from .fakes import FakeTime
from .test_client import GET, GOOD, client

WRITE = replace(GET, method="POST", repeatable=False)


@pytest.mark.parametrize(
    "answer",
    [
        WireFault("broke off its answer", sent=True),
        Answer(500),
        Answer(503, {}, b"<html>busy</html>"),
        Answer(200, {}, b'{"ok":tr'),
        Answer(200, {}, b""),
        Answer(200, {}, b"<html>who are you?</html>"),
        Answer(302, {"location": "https://elsewhere.example/"}),
        Answer(404, {}, b"<html>no such page</html>"),
    ],
)
def test_what_does_not_tell_is_unsettled_and_sent_once(answer: Answer | WireFault) -> None:
    """A lost, cut, foreign or redirected answer and a failure of the shop say nothing of what a write did."""
    made, transport, fake = client(answer)
    with pytest.raises(Unsettled, match="whether it took effect is unknown"):
        made.call(WRITE)
    assert len(transport.sent) == 1
    assert fake.slept == []


@pytest.mark.parametrize("answer", [WireFault("refused the connection", sent=False), Answer(429)])
def test_what_never_took_effect_is_an_ordinary_fault(answer: Answer | WireFault) -> None:
    """Nothing left this machine, or the shop throttled it: tried again, and at the end known to have done nothing."""
    made, transport, _ = client(answer)
    with pytest.raises(ReadFault, match="tried 5 times") as caught:
        made.call(WRITE)
    assert not isinstance(caught.value, Unsettled)
    assert len(transport.sent) == 5


def test_a_refusal_of_the_shop_is_no_riddle() -> None:
    """What the judge made of an answer is raised as it is."""
    made, _, _ = client(Answer(200, {}, b'{"ok":false}'))
    with pytest.raises(ReadFault) as caught:
        made.call(WRITE)
    assert not isinstance(caught.value, Unsettled)


def test_an_unsettled_renewal_does_not_make_the_write_one() -> None:
    """The token's renewal may have taken effect; the write was refused and did not."""

    def renew(refused: object) -> None:
        raise Unsettled("shop", "the renewal broke off", way_on="authorise again")

    made, transport, _ = client(Answer(401), authorise=renew)
    with pytest.raises(ReadFault, match="the renewal broke off") as caught:
        made.call(WRITE)
    assert not isinstance(caught.value, Unsettled)
    assert caught.value.way_on == "authorise again"
    assert len(transport.sent) == 1


def test_without_renewal_a_refused_token_is_for_a_person() -> None:
    """A client that cannot renew says so at once."""
    made, transport, _ = client(Answer(401))
    with pytest.raises(AuthFault):
        made.call(WRITE)
    assert len(transport.sent) == 1


def test_a_write_is_not_begun_after_its_time() -> None:
    """The queue at the throttle took longer than what the write was decided on holds: nothing is sent."""
    fake = FakeTime()
    bucket = TokenBucket(0.05, monotonic=fake.monotonic, sleep=fake.sleep)
    bucket.take()
    made, transport, _ = client(GOOD, fake=fake, bucket=bucket)
    with pytest.raises(ReadFault, match="not sent within 10 s") as caught:
        made.call(replace(WRITE, within=10.0))
    assert not isinstance(caught.value, Unsettled)
    assert transport.sent == []


def test_a_write_does_not_wait_longer_than_its_time() -> None:
    """A throttle that asks for half a minute is too long for a write, and not for a reading."""
    throttled = Answer(429, {"retry-after": "30"})
    made, transport, fake = client(throttled, GOOD)
    with pytest.raises(ReadFault, match="it asks to wait 30 s, longer than a write waits"):
        made.call(replace(WRITE, within=10.0))
    assert len(transport.sent) == 1
    assert fake.slept == []
    made, transport, _ = client(throttled, GOOD)
    made.call(GET)
    assert len(transport.sent) == 2


def test_a_write_within_its_time_is_sent() -> None:
    """A short throttle is waited for, and the write is made once."""
    made, transport, _ = client(Answer(429, {"retry-after": "1"}), GOOD)
    made.call(replace(WRITE, within=10.0))
    assert len(transport.sent) == 2
