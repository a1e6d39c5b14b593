"""What an error of a marketplace asks for; each channel has its own table of codes."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What an error asks for. LOCK: a campaign's (scenario 2). SYNC: the listing takes no stock (scenario 4).

    RETRY: a passing fault, and nothing tells what was done. THROTTLED: not let in. AUTHORISE: tokens, keys, rights.
    CLOCK: the time stamp. FAIL: a request that was wrong, which is a fault of ours or of the configuration.
    """

    LOCK = "lock"
    SYNC = "sync-error"
    RETRY = "retry"
    THROTTLED = "throttled"
    AUTHORISE = "authorise"
    CLOCK = "clock"
    FAIL = "fail"
