"""The client: retries that help, ends that say why, signing below retry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, Client, Request, RetryPolicy, TokenBucket, Verdict, WireFault

from .fakes import START, FakeTime, FakeTransport, dated

GOOD = Answer(200, {}, b'{"ok":true}')


def judge(answer: Answer) -> Verdict:
    if answer.status == 429:
        return Verdict.throttled("too many requests")
    if answer.status == 401:
        return Verdict.authorise("the token has expired")
    if answer.status == 403:
        return Verdict.clock("time stamp refused")
    if answer.status >= 500:
        return Verdict.retry(f"HTTP {answer.status}")
    document = answer.json()
    if document == {"ok": False}:
        return Verdict.fail(ReadFault("shop", "refused s3cr3t-token"))
    return Verdict.ok()


class Stamp:
    def sign(self, request, now):
        return request.with_query(("timestamp", str(int(now.timestamp()))))


def client(*answers, fake=None, jitter=lambda: 0.5, **options):
    fake = fake or FakeTime()
    transport = FakeTransport(*answers)
    made = Client(
        who="shop",
        base_url="http://127.0.0.1",
        judge=options.pop("judge", judge),
        clock=fake.clock,
        sleep=fake.sleep,
        monotonic=fake.monotonic,
        jitter=jitter,
        transport=transport,
        secrets=lambda: ["s3cr3t-token"],
        **options,
    )
    return made, transport, fake


GET = Request("GET", "/x")


def test_429_for_ever_ends_and_names_the_tries_and_the_time_waited():
    made, transport, fake = client(Answer(429))
    with pytest.raises(ReadFault, match=r"shop: too many requests \(tried 5 times, waited 7\.5 s\)"):
        made.call(GET)
    assert len(transport.sent) == made.requests == 5
    assert sum(fake.slept) == pytest.approx(7.5)


def test_retry_after_in_seconds_wins_and_holds_the_whole_bucket_back():
    fake = FakeTime()
    bucket = TokenBucket(100, monotonic=fake.monotonic, sleep=fake.sleep)
    made, _, _ = client(Answer(429, {"retry-after": "30"}), GOOD, fake=fake, bucket=bucket)
    made.call(GET)
    assert 30 <= fake.seconds < 31


def test_retry_after_as_a_date_counts_from_the_answers_own_date():
    behind = START - timedelta(hours=5)
    later = dated(behind + timedelta(seconds=40))["date"]
    made, _, fake = client(Answer(429, {**dated(behind), "retry-after": later}), GOOD)
    made.call(GET)
    assert 40 <= fake.seconds < 41


def test_a_retry_after_beyond_all_patience_ends_at_once():
    made, transport, _ = client(Answer(429, {"retry-after": "86400"}))
    with pytest.raises(ReadFault, match="asks to wait 86400 s"):
        made.call(GET)
    assert len(transport.sent) == 1


def test_a_passing_fault_is_tried_again_with_full_jitter():
    made, transport, fake = client(Answer(502), WireFault("broke off", sent=True), GOOD, jitter=lambda: 1.0)
    assert made.call(GET).json() == {"ok": True}
    assert fake.slept == [0.5, 1.0]
    assert len(transport.sent) == 3


def test_each_try_is_signed_anew():
    made, transport, _ = client(Answer(502), GOOD, signer=Stamp(), jitter=lambda: 1.0, retry=RetryPolicy(base=10))
    made.call(GET)
    first, second = (int(request.first("timestamp")) for request in transport.sent)
    assert second - first == 10


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"a":'])
def test_a_200_that_is_no_json_is_a_failure_of_transport(body):
    made, transport, _ = client(Answer(200, {}, body))
    with pytest.raises(ReadFault, match=r"/x answered HTTP 200, and the body .*tried 5 times"):
        made.call(GET)
    assert len(transport.sent) == 5


def test_html_with_a_4xx_is_not_tried_again():
    made, transport, _ = client(Answer(404, {}, b"<html>"))
    with pytest.raises(ReadFault, match="HTTP 404"):
        made.call(GET)
    assert len(transport.sent) == 1


def test_a_redirect_is_a_fault():
    made, _, _ = client(Answer(302, {"location": "https://elsewhere.example/?token=s3cr3t-token"}))
    with pytest.raises(ReadFault, match="redirect") as caught:
        made.call(GET)
    assert "elsewhere" not in str(caught.value)


def test_an_expired_token_is_renewed_once_and_the_call_made_again():
    renewed = []
    made, transport, _ = client(Answer(401), GOOD, authorise=renewed.append, signer=Stamp())
    made.call(GET)
    assert [request.first("timestamp") is not None for request in renewed] == [True]
    assert len(transport.sent) == 2


def test_a_token_refused_after_renewal_is_for_a_person():
    made, transport, _ = client(Answer(401), authorise=lambda request: None)
    with pytest.raises(AuthFault, match="also after the token was renewed"):
        made.call(GET)
    assert len(transport.sent) == 2


def test_a_refused_time_stamp_is_mended_by_the_shops_date():
    ahead = dated(START + timedelta(hours=2))
    made, transport, _ = client(Answer(403, ahead), GOOD, signer=Stamp())
    made.call(GET)
    first, second = (int(request.first("timestamp")) for request in transport.sent)
    assert second - first == pytest.approx(7200, abs=1)
    assert made.skew == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=1))


def test_a_time_stamp_refused_again_names_the_skew():
    made, _, _ = client(Answer(403, dated(START + timedelta(hours=2))), signer=Stamp())
    with pytest.raises(ReadFault, match="this machine's clock is 2 h behind the shop's") as caught:
        made.call(GET)
    assert "NTP" in caught.value.way_on


def test_without_a_date_a_refused_time_stamp_says_that_the_shops_clock_is_unknown():
    made, _, _ = client(Answer(403), signer=Stamp())
    with pytest.raises(ReadFault, match="the shop's clock is not known"):
        made.call(GET)


def test_a_clock_within_the_seconds_of_a_date_header_is_left_alone():
    made, _, _ = client(Answer(200, dated(START), b"{}"))
    made.call(GET)
    assert made.skew == timedelta(0)
    assert made.now() == START


def test_a_lost_answer_to_what_may_not_repeat_is_not_sent_again():
    made, transport, _ = client(WireFault("broke off", sent=True))
    with pytest.raises(ReadFault, match="whether it took effect is unknown"):
        made.call(replace(GET, repeatable=False))
    assert len(transport.sent) == 1


def test_what_was_never_sent_may_be_sent_again_even_so():
    made, transport, _ = client(WireFault("refused the connection", sent=False), GOOD)
    made.call(replace(GET, repeatable=False))
    assert len(transport.sent) == 2


def test_the_judges_error_is_raised_without_the_secret_that_it_echoes():
    made, _, _ = client(Answer(200, {}, b'{"ok":false}'))
    with pytest.raises(ReadFault, match="refused «secret»") as caught:
        made.call(GET)
    assert "s3cr3t" not in repr(caught.value) + caught.value.what


def test_retries_of_one_client_have_a_budget():
    made, transport, _ = client(Answer(502), retry=RetryPolicy(budget=6))
    with pytest.raises(ReadFault, match="tried 5 times"):
        made.call(GET)
    with pytest.raises(ReadFault, match="6 retries of this run are used up"):
        made.call(GET)
    assert len(transport.sent) == 5 + 3


def test_closing_closes_the_transport():
    made, transport, _ = client(GOOD)
    made.close()
    assert transport.closed
