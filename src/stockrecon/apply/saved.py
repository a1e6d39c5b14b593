"""A saved plan: exactly what was read is what is applied, or nothing.

The file holds no secret. It is refused where it is stale, was made by another configuration or program, where the
journal has moved on since, or where it was edited.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stockrecon import __version__
from stockrecon.apply.encoded import decode, encode
from stockrecon.core.findings import Outcome, OutcomeResult, Plan, RunResult
from stockrecon.core.plan import digest_of
from stockrecon.core.remaining import remains, written
from stockrecon.core.standing import Standing
from stockrecon.errors import GuardRefused, UsageFault

FORMAT = "stockrecon-plan/1"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a file holds. `left`: differences remain even where all of the plan is carried out. `unread`: by shop, why
    it was not read for the plan."""

    plan: Plan
    standing: Standing
    left: bool
    unread: Mapping[str, str]


LIFE = timedelta(minutes=15)
"""A plan older than this is refused: the shops have sold since."""
_AHEAD = timedelta(minutes=1)
_MOST = 256 << 20


def text_of(result: RunResult, *, config: str, generation: int, made_at: datetime) -> str:
    """The plan of a run as a file. `config`: the configuration's digest; `generation`: the journal's."""
    body = {
        "format": FORMAT,
        "version": __version__,
        "config": config,
        "generation": generation,
        "made_at": encode(made_at),
        "run": result.run,
        "plan": encode(result.plan),
        "standing": encode(result.standing),
        "left": _left(result),
        "unread": {shop.name: shop.error for shop in result.shops if shop.error is not None},
    }
    return json.dumps({**body, "checksum": _checksum(body)}, indent=1, ensure_ascii=False) + "\n"


def load(path: Path, *, config: str, generation: int, now: datetime) -> Saved:
    """The plan of a file, to be applied as it is.

    Raises UsageFault for what is no saved plan, GuardRefused with every reason why this one must not be.
    """
    body = _read(path)
    made_at = _time(path, body)
    reasons = list(_stale(body, made_at, config, generation, now))
    if reasons:
        told = "\n".join(f"{path}: {reason}" for reason in reasons)
        raise GuardRefused(told, way_on="make a new plan: stockrecon sync --save-plan FILE; nothing was written")
    try:
        plan, standing = decode(Plan, body["plan"]), decode(Standing, body["standing"])
        left, unread = decode(bool, body["left"]), {str(name): str(told) for name, told in body["unread"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _no_plan(path, "it does not hold a plan of this version") from None
    if plan.digest != digest_of(plan.actions):
        raise _no_plan(path, "its digest is not that of its actions")
    return Saved(plan, standing, left, unread)


def _left(result: RunResult) -> bool:
    """Whether differences remain that no write of the plan mends: the file has no findings that could tell."""
    confirmed = [Outcome(action.id, OutcomeResult.CONFIRMED, None, result.now) for action in written(result.plan)]
    return remains(result.plan, result.statements, confirmed)


def _stale(body: Mapping[str, Any], made_at: datetime, config: str, generation: int, now: datetime) -> Iterator[str]:
    if body.get("checksum") != _checksum({key: value for key, value in body.items() if key != "checksum"}):
        yield "it was edited since it was saved"
    age = now - made_at
    if age > LIFE:
        minutes = int(age.total_seconds() // 60)
        yield f"it is {minutes} min old, the limit is {int(LIFE.total_seconds() // 60)} min"
    elif -age > _AHEAD:
        yield f"it was made at {made_at:%Y-%m-%d %H:%M:%S} UTC, which is in the future"
    if body.get("version") != __version__:
        yield f"it was made by stockrecon {body.get('version')}, this is {__version__}"
    if body.get("config") != config:
        yield "the configuration has changed since"
    if body.get("generation") != generation:
        yield f"the journal has moved on since: from {body.get('generation')} to {generation}"


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no valid path"
        raise UsageFault(f"{path} cannot be read: {reason}", way_on="name a file that --save-plan wrote") from None
    try:
        body = json.loads(raw) if len(raw) <= _MOST else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise _no_plan(path, f"it is no plan of this program ({FORMAT})")
    return body


def _time(path: Path, body: Mapping[str, Any]) -> datetime:
    try:
        return decode(datetime, body["made_at"])
    except (KeyError, TypeError, ValueError):
        raise _no_plan(path, "it does not tell when it was made") from None


def _no_plan(path: Path, why: str) -> UsageFault:
    return UsageFault(f"{path}: {why}", way_on="make a new plan: stockrecon sync --save-plan FILE")


def _checksum(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()
