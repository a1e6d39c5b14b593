"""Campaigns over several readings: what vanished from the shop is remembered, and since when it is over."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stockrecon.core.model import Campaign, CampaignState
from stockrecon.state import State
from stockrecon.state.campaigns import CampaignId, Seen, merge
from tests.state.conftest import NOW, SHOP, at, campaign

ENDED, CANCELLED, RUNNING = CampaignState.ENDED, CampaignState.CANCELLED, CampaignState.RUNNING


def told(state: State) -> list[Campaign]:
    return list(state.campaigns(SHOP, at(-10_000)))


def test_a_campaign_is_kept_as_last_seen(state: State) -> None:
    """A running campaign is not over, and its newest numbers count."""
    assert state.remember_campaigns(SHOP, NOW, [campaign(sold=3)])
    assert state.remember_campaigns(SHOP, at(10), [campaign(sold=12)])
    assert told(state) == [campaign(sold=12)]


def test_one_that_vanished_after_its_end_was_over_at_its_end(state: State) -> None:
    """Shopee's ended campaigns leave the list: only this memory knows them."""
    state.remember_campaigns(SHOP, NOW, [campaign(ends=60, sold=12)])
    state.remember_campaigns(SHOP, at(120), [])
    assert told(state) == [replace(campaign(ends=60, sold=12), state=ENDED, over_since=at(60))]


def test_one_that_vanished_before_its_end_was_over_when_first_missing(state: State) -> None:
    """And it stays so at later readings."""
    state.remember_campaigns(SHOP, NOW, [campaign(ends=60)])
    state.remember_campaigns(SHOP, at(10), [])
    state.remember_campaigns(SHOP, at(20), [])
    assert told(state) == [replace(campaign(ends=60), state=ENDED, over_since=at(10))]


def test_one_that_comes_back_is_not_over(state: State) -> None:
    """A gap in the shop's list ends nothing for good."""
    state.remember_campaigns(SHOP, NOW, [campaign()])
    state.remember_campaigns(SHOP, at(10), [])
    state.remember_campaigns(SHOP, at(20), [campaign()])
    assert told(state) == [campaign()]


def test_one_that_never_began_is_cancelled(state: State) -> None:
    """A campaign that is gone before its start was called off."""
    upcoming = campaign(starts=30, state=CampaignState.UPCOMING)
    state.remember_campaigns(SHOP, NOW, [upcoming])
    state.remember_campaigns(SHOP, at(10), [])
    assert told(state) == [replace(upcoming, state=CANCELLED, over_since=at(10))]


def test_seen_ended_or_cancelled_the_earlier_time_counts(state: State) -> None:
    """Over at its end, or when it was first seen over."""
    state.remember_campaigns(SHOP, NOW, [campaign(ends=60, state=CANCELLED), campaign("c2", ends=-10, state=ENDED)])
    state.remember_campaigns(SHOP, at(5), [campaign(ends=60, state=CANCELLED), campaign("c2", ends=-10, state=ENDED)])
    assert {one.campaign_id: one.over_since for one in told(state)} == {"c1": NOW, "c2": at(-10)}


def test_an_older_reading_changes_nothing(state: State) -> None:
    """Readings that come late do not bring a campaign back."""
    state.remember_campaigns(SHOP, NOW, [])
    assert not state.remember_campaigns(SHOP, at(-10), [campaign()])
    assert not state.remember_campaigns(SHOP, NOW, [campaign()])
    assert told(state) == []


def test_the_window_leaves_out_what_was_over_before(state: State) -> None:
    """Campaigns older than the lookback explain nothing any more."""
    state.remember_campaigns(SHOP, NOW, [campaign(ends=-30, state=ENDED), campaign("c2")])
    assert [one.campaign_id for one in state.campaigns(SHOP, at(-29))] == ["c2"]
    assert [one.campaign_id for one in state.campaigns(SHOP, at(-30))] == ["c1", "c2"]


def test_what_the_seller_declared_is_not_the_shops(state: State) -> None:
    """A declared lock is not remembered as something that the shop showed."""
    state.remember_campaigns(SHOP, NOW, [replace(campaign(), declared=True)])
    assert told(state) == []


READING = st.none() | st.sampled_from(list(CampaignState))


@given(readings=st.lists(READING, max_size=8), ends=st.integers(0, 8))
def test_over_since_is_the_earlier_of_end_and_first_seen_over(readings: list[CampaignState | None], ends: int) -> None:
    """Law: over since the end, or since the first reading of the last unbroken row of ended, cancelled or missing."""
    known: dict[CampaignId, Seen] = {}
    for index, shown in enumerate(readings):
        current = [] if shown is None else [campaign(ends=ends, state=shown)]
        known = merge(known, at(index), current)
    first = next((i for i, shown in enumerate(readings) if shown is not None), None)
    if first is None:
        assert known == {}
        return
    seen = known["c1", "1", ""].campaign
    alive = (CampaignState.UPCOMING, RUNNING)
    last_alive = max((i for i, shown in enumerate(readings) if shown in alive), default=-1)
    over = max(last_alive + 1, first)
    candidates = [at(over)] if over < len(readings) else []
    if over < len(readings) or last_alive >= ends:
        candidates.append(at(ends))
    assert seen.over_since == min(candidates, default=None)
