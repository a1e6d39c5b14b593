"""The six stories of overselling, played through the market: nothing here writes an end state.

Buyers order, campaigns lock and return, holds are released, pushes are refused, and an order management system
(`Oms`) books each in the ledger and pushes the new number, sometimes too late or in the wrong sense.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.imitations import imitation
from stockrecon.sandbox.oms import Market
from stockrecon.sandbox.plots import PLOTS, PUSHED_AFTER
from stockrecon.sandbox.roles import DEFAULT, Part
from stockrecon.sandbox.stage import Stage, shop_name

SECOND_READ_AFTER = timedelta(minutes=65)
"""From the first read to the second: the campaign of story 1 ends five minutes after the first read."""


@dataclass(frozen=True)
class Story:
    """One story: what happened in plain words, and what is still to happen between two reads."""

    number: int
    skus: tuple[str, ...]
    text: str
    later: Callable[[], None] = lambda: None

    def before_second_read(self) -> None:
        """Let happen what follows the first read; nothing in most stories."""
        self.later()


def channels_of(parts: Sequence[Part]) -> list[str]:
    """The channels that take part, in order of their appearance."""
    return list(dict.fromkeys(channel for part in parts for channel in (part.main, part.other)))


def build_market(parts: Sequence[Part] = DEFAULT) -> Market:
    """An empty shop on each channel that takes part."""
    channels = channels_of(parts)
    return Market({shop_name(channel): imitation(channel).shop(shop_name(channel), "VN") for channel in channels})


def build_stories(
    market: Market, clock: SandboxClock, ledger_dir: Path, parts: Sequence[Part] = DEFAULT
) -> list[Story]:
    """Play everything up to the first read, which is due at the clock's time now; write the ledger there.

    Afterwards the clock stands where it stood. The stories' `before_second_read` play the rest.
    """
    stage = Stage(market, clock, clock.now().replace(microsecond=0))
    stories: list[Story] = []
    for part in parts:
        sku, plot = PLOTS[part.number]
        stories.append(Story(part.number, (sku + part.mark,), plot(stage, part, sku + part.mark)))
    _in_line(stage, channels_of(parts))
    stage.play()
    stage.oms.write(ledger_dir)

    def later() -> None:
        clock.advance(SECOND_READ_AFTER)
        stage.oms.write(ledger_dir)

    first = stories[0]
    return [Story(first.number, first.skus, first.text, later), *stories[1:]]


def _in_line(stage: Stage, channels: Sequence[str]) -> None:
    """Goods that nothing is wrong with, sold now and then."""
    for number, (sku, title, units) in enumerate(
        (("MUG-WHITE", "White mug", 24), ("MUG-BLACK", "Black mug", 17), ("LAMP-DESK", "Desk lamp", 9)), 1
    ):
        stage.list(sku, title, units, channels)
        when = stage.ago(days=2, hours=number - 1)
        stage.order(when, sku, sku, channels[number % len(channels)], 2)
        stage.push(when + PUSHED_AFTER, sku)
    stage.list("POSTER-A2", "Poster A2", 60, channels[:1])
