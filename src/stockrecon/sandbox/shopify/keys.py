"""Idempotency keys: a call that is repeated under its key is answered again and not done again (Shopify 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from stockrecon.sandbox.shopify.faults import UserError

REMEMBERED = timedelta(hours=24)
MISMATCH = UserError(
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    "The same idempotency key cannot be used with different operation parameters.",
)
FAILED = UserError(
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    "A previous request with this idempotency key failed. Retry with a new idempotency key.",
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Used(Generic[T]):
    at: datetime
    asked: str
    outcome: T | None
    """None: the call failed."""


class Keys(Generic[T]):
    """The keys of one shop; each is remembered for a day."""

    def __init__(self) -> None:
        self._used: dict[str, _Used[T]] = {}

    def once(self, key: str, asked: str, now: datetime, do: Callable[[], tuple[T, bool]]) -> T | UserError:
        """Do it, or give what came of it when it was done; `do` gives its outcome, and whether it went well.

        A key under which something failed is used up: whoever tries again takes a new one.
        """
        used = self._used.get(key)
        if used is not None and now < used.at + REMEMBERED:
            if used.asked != asked:
                return MISMATCH
            return FAILED if used.outcome is None else used.outcome
        outcome, good = do()
        self._used[key] = _Used(now, asked, outcome if good else None)
        return outcome
