"""Faults that control asks for: a request that matches one is answered wrongly, late, or not at all."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from stockrecon.sandbox.market import Shop

KINDS = (
    "delay",
    "drop-before",
    "drop-after",
    "no-effect",
    "status",
    "truncate",
    "garbage",
    "stale",
    "wrong-total",
    "throttle",
    "revoke-token",
)
"""What may go wrong (contract, section 7); docs/sandbox.md says what each does."""

PUSH_KINDS = ("lost", "doubled", "late")
"""What may go wrong with a push; its `path` is the vendor's topic."""


@dataclass(slots=True)
class Planned:
    """A fault that waits for its requests or pushes. `times` None: no end; `rate` below 1: a matching one by chance."""

    number: int
    shop: str
    path: str
    kinds: tuple[str, ...]
    times: int | None = 1
    rate: float = 1.0
    seed: int = 0
    seconds: float = 1.0
    status: int = 500
    by: int = 1
    refresh: bool = False
    old: dict[str, Shop] = field(default_factory=dict, repr=False)
    """For `stale`: the shops as they were when the fault was set."""
    chance: random.Random = field(default_factory=random.Random, repr=False)
    hits: int = 0

    def shown(self) -> dict[str, object]:
        return {
            "number": self.number,
            "shop": self.shop,
            "path": self.path,
            "kind": list(self.kinds) if len(self.kinds) > 1 else self.kinds[0],
            "times": self.times,
            "rate": self.rate,
            "seed": self.seed,
            "hits": self.hits,
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """What befalls one request."""

    kind: str
    plan: Planned


class FaultPlan:
    """The faults that are set, in the order in which they were set; the first that matches a request has it."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []
        self._numbers = 0

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def add(self, planned: Planned) -> None:
        planned.chance = random.Random(planned.seed)  # noqa: S311 (a reproducible fault is no secret)
        self.planned.append(planned)

    def clear(self) -> int:
        count = len(self.planned)
        self.planned.clear()
        return count

    def take(self, shop: str, path: str) -> Hit | None:
        """The fault that this request meets, which is used up by it once."""
        for planned in self.planned:
            if not fnmatchcase(shop, planned.shop):
                continue
            # What stands behind a # tells what a path is asked for that has many uses: it need not be named.
            if not any(fnmatchcase(form, planned.path) for form in (path, path.partition("#")[0])):
                continue
            if planned.rate < 1 and planned.chance.random() >= planned.rate:
                continue
            planned.hits += 1
            if planned.times is not None:
                planned.times -= 1
                if planned.times <= 0:
                    self.planned.remove(planned)
            kind = planned.kinds[0] if len(planned.kinds) == 1 else planned.chance.choice(planned.kinds)
            return Hit(kind, planned)
        return None
