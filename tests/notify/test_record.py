"""The same trouble is told in full once, then in a line; its end is told; a lost or damaged record only repeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.core.findings import Refusal, RunResult
from stockrecon.core.occasions import USUAL, Occasion
from stockrecon.notify.message import Event, Message
from stockrecon.notify.news import News, of_fault, of_result
from stockrecon.notify.record import FILE, Entry, Record, decide
from tests.reports import samples

T0 = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
NEVER = timedelta(0)


def same(text: str) -> str:
    return text


def refused(rule: str = "changed") -> RunResult:
    return replace(samples.in_line(), exit_code=11, refusals=(Refusal("shopee-vn", rule, "6 of 20, limit 5"),))


class Told:
    """Runs one after another, ten minutes apart, as one receiver hears of them."""

    def __init__(self, when: frozenset[Occasion] = USUAL, repeat: timedelta = NEVER) -> None:
        self.when = when
        self.repeat = repeat
        self.entry: Entry | None = None
        self.at = T0

    def __call__(self, of: RunResult | News) -> Message | None:
        news = of if isinstance(of, News) else of_result(of, same)
        message, self.entry = decide(news, self.when, self.entry, self.at, self.repeat)
        self.at += timedelta(minutes=10)
        return message


def events(told: Told, *runs: RunResult | News) -> list[str | None]:
    found = []
    for run in runs:
        message = told(run)
        found.append(None if message is None else message.event.value)
    return found


def test_trouble_is_told_in_full_then_in_a_line_then_its_end() -> None:
    """Full, again with number and beginning, over, and silence after that."""
    told = Told()
    first, second, third, over, after = (
        told(run) for run in (refused(), refused(), refused(), samples.in_line(), refused())
    )
    assert first is not None
    assert first.event is Event.TROUBLE
    assert second is not None
    assert (second.event, second.times, second.since) == (Event.AGAIN, 2, T0)
    assert second.line.endswith(", since 2026-11-11 12:00 UTC, 2nd time")
    assert third is not None
    assert third.line.endswith("3rd time")
    assert over is not None
    assert over.line.startswith("over after 3 runs since 2026-11-11 12:00 UTC; ")
    assert after is not None
    assert (after.event, after.times) == (Event.TROUBLE, 0)


def test_another_trouble_is_told_in_full() -> None:
    """Another rule, another shop unread, another exit code: none of them is a repetition."""
    assert (
        events(Told(), refused("changed"), refused("zeroed"), samples.nothing_read(), samples.everything())
        == ["trouble"] * 4
    )


def test_repetitions_are_spaced_and_still_counted() -> None:
    """With `repeat` of half an hour every third run of ten minutes tells, and the number is that of the runs."""
    told = Told(repeat=timedelta(minutes=30))
    assert events(told, *[refused()] * 6) == ["trouble", None, None, "again", None, None]
    message = told(refused())
    assert message is not None
    assert message.times == 7


def test_only_a_run_that_read_all_shows_that_a_trouble_is_over() -> None:
    """A locked run, or one that could not read, says nothing of a refusal; a good one ends it."""
    told = Told(when=frozenset({Occasion.REFUSED}))
    locked = of_fault("diff", 14, "held by another", ["shopee-vn"], T0, same)
    assert events(told, refused(), locked, samples.nothing_read(), refused()) == ["trouble", None, None, "again"]
    assert events(told, replace(samples.in_line(), exit_code=10), samples.in_line()) == ["over", None]


def test_what_nobody_asked_for_is_not_told() -> None:
    """Occasions that are not in `when` are neither told nor remembered."""
    told = Told(when=frozenset({Occasion.OVERDUE}))
    assert events(told, refused(), samples.nothing_read(), samples.in_line()) == [None, None, None]
    assert told.entry is None


def test_news_is_told_each_time() -> None:
    """A sign of life is no repetition; news beside a trouble is told in full."""
    told = Told(when=frozenset(Occasion))
    assert events(told, samples.in_line(), samples.in_line()) == ["news", "news"]
    late = replace(samples.applied(), now=samples.NOW + timedelta(days=1), exit_code=12)
    assert events(told, late, late, samples.in_line()) == ["trouble", "trouble", "over"]


def test_a_run_that_died_early_is_told_by_its_exit_code() -> None:
    """The text, which may differ each time, does not make another trouble of it."""
    told = Told()
    bug = [of_fault("sync", 1, f"unexpected error E-{n}", ["a"], T0, same) for n in range(2)]
    full = of_fault("sync", 2, "the state is full", ["a"], T0, same)
    assert events(told, *bug, full) == ["trouble", "again", "trouble"]


def test_the_record_keeps_receivers_commands_and_shops_apart(tmp_path: Path) -> None:
    """An entry is found again by the same receiver, command and shops only; the file is private."""
    record, entry = Record(tmp_path), Entry("x", T0, 3, T0 + timedelta(minutes=5))
    news = of_result(refused(), same)
    record.put("webhook", news, entry)
    record.keep()
    again = Record(tmp_path)
    assert again.entry("webhook", news) == entry
    assert again.entry("mail", news) is None
    assert again.entry("webhook", replace(news, command="sync")) is None
    assert again.entry("webhook", replace(news, shops=("other",))) is None
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    again.put("webhook", news, None)
    again.keep()
    assert Record(tmp_path).entry("webhook", news) is None


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    """Runs in line leave no file."""
    record = Record(tmp_path)
    record.put("webhook", of_result(samples.in_line(), same), None)
    record.keep()
    assert list(tmp_path.iterdir()) == []


def test_the_record_stays_small(tmp_path: Path) -> None:
    """Only the newest 200 entries are kept."""
    record, news = Record(tmp_path), of_result(refused(), same)
    for number in range(210):
        record.put(f"r{number}", news, Entry("x", T0, 1, T0))
    record.keep()
    kept = Record(tmp_path)
    assert kept.entry("r9", news) is None
    assert kept.entry("r10", news) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"version": 2, "open": {}}',
        b'{"version": 1}',
        b'{"version": 1, "open": []}',
        b'{"version": 1, "open": {"k": 1}}',
        b'{"version": 1, "open": {"k": {"signature": "x", "since": "x", "times": 1, "told_at": "x"}}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_record_is_no_record(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in the file, nothing is raised and things are told anew."""
    (tmp_path / FILE).write_bytes(content)
    assert Record(tmp_path).entry("k", of_result(refused(), same)) is None
