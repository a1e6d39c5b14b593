"""What of a run is worth telling somebody who does not read its report."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from stockrecon.core.findings import OutcomeResult, RunResult
from stockrecon.core.headline import overdue


class Occasion(StrEnum):
    """REFUSED, WRITE_FAILED, UNREAD and OVERDUE are told where nothing else is configured, and so is FAILED: a run that
    ended before it had a result. LOCKED: it found another run at work."""

    IN_LINE = "in-line"
    DIFFERENCES = "differences"
    CORRECTED = "corrected"
    REFUSED = "refused"
    WRITE_FAILED = "write-failed"
    UNREAD = "unread"
    OVERDUE = "overdue"
    FAILED = "failed"
    LOCKED = "locked"


USUAL = frozenset({Occasion.REFUSED, Occasion.WRITE_FAILED, Occasion.UNREAD, Occasion.OVERDUE, Occasion.FAILED})
NEWS = frozenset({Occasion.IN_LINE, Occasion.CORRECTED})
"""Occasions that are no trouble: each is told for itself, none is a repetition."""

_NO_DIFFERENCES = (0, 10)
_FAILED_WRITES = frozenset(
    {OutcomeResult.REJECTED, OutcomeResult.CONFLICT, OutcomeResult.NOT_APPLIED, OutcomeResult.UNKNOWN}
)


def occasions(result: RunResult) -> frozenset[Occasion]:
    """All that a result gives occasion to tell, whoever wants to hear it."""
    return frozenset(_occasions(result))


def of_failure(exit_code: int) -> frozenset[Occasion]:
    """The same for a run that ended without a result."""
    return frozenset({Occasion.LOCKED if exit_code == 14 else Occasion.FAILED})


def failed_write(result: OutcomeResult) -> bool:
    """Whether an outcome is trouble: what was superseded, skipped or exported takes its ordinary course."""
    return result in _FAILED_WRITES


def _occasions(result: RunResult) -> Iterator[Occasion]:
    if result.exit_code == 0:
        yield Occasion.IN_LINE
    if result.exit_code == 10 or (result.exit_code not in _NO_DIFFERENCES and result.summary.variance_units):
        yield Occasion.DIFFERENCES
    if any(outcome.result is OutcomeResult.CONFIRMED for outcome in result.outcomes):
        yield Occasion.CORRECTED
    if result.refusals or result.exit_code == 11:
        yield Occasion.REFUSED
    if result.exit_code == 12 or any(failed_write(outcome.result) for outcome in result.outcomes):
        yield Occasion.WRITE_FAILED
    if result.ledger_error is not None or any(shop.error is not None for shop in result.shops):
        yield Occasion.UNREAD
    if overdue(result):
        yield Occasion.OVERDUE
