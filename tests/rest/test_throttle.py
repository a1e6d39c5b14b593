"""The bucket: never over the rate, whatever the callers do."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.rest import TokenBucket, shared_bucket

from .fakes import FakeTime


@given(
    rate=st.sampled_from([0.5, 3.0, 5.0, 10.0]),
    burst=st.integers(1, 4),
    thinking=st.lists(st.floats(0, 2), min_size=1, max_size=60),
    overslept=st.floats(0, 0.3),
)
@settings(max_examples=100)
def test_no_window_of_a_second_holds_more_than_rate_and_burst(rate, burst, thinking, overslept):
    fake = FakeTime(overslept=overslept)
    bucket = TokenBucket(rate, burst, monotonic=fake.monotonic, sleep=fake.sleep)
    passed = []
    for pause in thinking:
        fake.advance(pause if pause > 1 else 0)
        bucket.take()
        passed.append(fake.monotonic())
    for begin in passed:
        assert sum(1 for at in passed if begin <= at < begin + 1) <= rate + burst
    if burst == 1:
        assert all(later - earlier >= 1 / rate - 1e-9 for earlier, later in itertools.pairwise(passed))


def test_threads_share_the_rate():
    bucket = TokenBucket(200, monotonic=time.monotonic, sleep=time.sleep)
    passed: list[float] = []
    threads = [
        threading.Thread(target=lambda: [(bucket.take(), passed.append(time.monotonic())) for _ in range(10)])
        for _ in range(4)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 40
    assert max(passed) - began >= 39 / 200


def test_a_pause_holds_everybody_back():
    fake = FakeTime()
    bucket = TokenBucket(10, monotonic=fake.monotonic, sleep=fake.sleep)
    bucket.take()
    bucket.pause(7)
    bucket.take()
    assert fake.monotonic() >= 7


def test_two_shops_of_one_key_share_a_bucket_and_two_keys_do_not():
    fake = FakeTime()
    kwargs = {"monotonic": fake.monotonic, "sleep": fake.sleep}
    one = shared_bucket("host", "1", 5, **kwargs)
    assert shared_bucket("host", "1", 5, **kwargs) is one
    assert shared_bucket("host", "2", 5, **kwargs) is not one


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ValueError):
        TokenBucket(0)
