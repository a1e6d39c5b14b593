"""Every cause, acted out. Importing this fills the lists."""

from tests.market.stories import beyond, campaigns, in_flight, listings, oversold, protected, written_off
from tests.market.stories.stage import LATER, NEED_MAPPING, NEED_PUSHES, PROTECTED, STORIES, Stage

__all__ = [
    "LATER",
    "NEED_MAPPING",
    "NEED_PUSHES",
    "PROTECTED",
    "STORIES",
    "Stage",
    "beyond",
    "campaigns",
    "in_flight",
    "listings",
    "oversold",
    "protected",
    "written_off",
]
