"""Times in which a channel lets nothing be lowered, as its refusals tell them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stockrecon.channels.capabilities import capabilities
from stockrecon.core.findings import RemedyKind
from stockrecon.core.model import ListingKey, Push, ShopFacts, ShopName
from stockrecon.core.windows import Window, open_window, window_of
from tests.worlds import run

SAID = (
    "4170: During the Bday Mega campaign, there are restrictions for stock adjustments in effect between "
    "2026-03-27 00:00:00 - 2026-03-29 23:59:59. Sellers can increase stocks, but may not decrease stocks."
)
UNTIL = datetime(2026, 3, 29, 16, 59, 59, tzinfo=UTC)


def shop(as_of: datetime = datetime(2026, 3, 28, tzinfo=UTC), channel: str = "lazada") -> ShopFacts:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    return ShopFacts(ShopName("lazada-vn"), channel, as_of, True, capabilities(channel), tz=zone)


def push(error: str, *, ok: bool = False) -> Push:
    return Push(ListingKey(ShopName("lazada-vn"), "1", "11"), 30, datetime(2026, 3, 28, tzinfo=UTC), ok, error)


def test_the_window_is_read_in_the_sites_own_time() -> None:
    """Viet Nam is seven hours ahead; the occasion is told by its name."""
    assert window_of(push(SAID), shop()) == Window(UNTIL, "Bday Mega campaign")


@pytest.mark.parametrize(
    ("said", "campaign"),
    [
        ("stock adjustments in effect between 2026-03-27 00:00:00-2026-03-29 23:59:59", ""),
        (SAID.replace("Bday Mega campaign", "11.11 Mega campaign"), "11.11 Mega campaign"),
        (SAID.upper(), "BDAY MEGA CAMPAIGN"),
    ],
)
def test_other_wordings_are_read(said: str, campaign: str) -> None:
    """Without the occasion, with another, or in capitals."""
    assert window_of(push(said), shop()) == Window(UNTIL, campaign)


@pytest.mark.parametrize(
    "said",
    [
        "501: negative sellable on channel inventory",
        SAID.replace("2026-03-29", "2026-03-39"),
        SAID.replace("2026-03-29 23:59:59", "YYYY-MM-DD HH:MM:SS"),
        "",
    ],
)
def test_what_tells_no_time_is_no_window(said: str) -> None:
    """A date that is none, the page's own placeholder, or another refusal: nothing is guessed."""
    assert window_of(push(said), shop()) is None


def test_a_push_that_went_through_and_another_channel_tell_of_none() -> None:
    """The words count only in a refusal, and only where the channel's table knows them."""
    assert window_of(push(SAID, ok=True), shop()) is None
    assert window_of(None, shop()) is None
    assert window_of(push(SAID), shop(channel="shopee")) is None


def test_it_is_over_at_its_end() -> None:
    """Up to the last second nothing can be lowered, from then on it can."""
    assert open_window(push(SAID), shop(datetime(2026, 3, 29, 16, 59, 58, tzinfo=UTC))) is not None
    assert open_window(push(SAID), shop(UNTIL)) is None


def test_people_are_told_what_holds_it_and_until_when() -> None:
    """The manual step is due at the window's end, and says that the run after it sets the target."""
    world: dict[str, Any] = {
        "now": "12:00",
        "ledger": {"MUG": 30},
        "shops": {"lazada-vn": "lazada"},
        "listings": {"lazada-vn/1": {"sku": "MUG", "sellable": 100}},
        "pushes": [["lazada-vn/1", "11:00", 30, SAID.replace("2026-03-2", "2026-11-1")]],
    }
    (statement,) = run(world).statements
    (finding,) = statement.findings
    (remedy,) = finding.remedies
    assert (remedy.kind, remedy.until) == (RemedyKind.MANUAL, datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC))
    assert "the Bday Mega campaign lets it only be raised until 2026-11-19 23:59" in finding.text
    assert "still exposed beyond the ledger: 70 units" in remedy.text
