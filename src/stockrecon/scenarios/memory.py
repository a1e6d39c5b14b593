"""What the last run found on a listing, as evidence: a lock or a sync error keeps its name until it is mended."""

from __future__ import annotations

from dataclasses import dataclass

from stockrecon.core.case import Account
from stockrecon.core.findings import Evidence


@dataclass(frozen=True, slots=True)
class Remembered:
    """Units that the last run's finding accounts for now: its own, and what the target moved since."""

    units: int
    evidence: Evidence


def remembered(account: Account, slug: str) -> Remembered | None:
    """The last run's finding of this scenario on the listing; None where there is none or a push went through since."""
    past = next((one for one in account.past if one.scenario == slug and one.units), None)
    if past is None or account.target is None or account.pushed_after(past.at) is not None:
        return None
    units = past.units + past.target - account.target
    if (units > 0) != (past.units > 0):
        return None
    fact = f"{slug} of {past.units:+d}, target {past.target} then"
    return Remembered(units, Evidence(past.at, "last run", fact))
