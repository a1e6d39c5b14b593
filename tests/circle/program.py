"""`stockrecon` in this process, by a clock that moves only when somebody sleeps or a test says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any

import pytest

from stockrecon import reconcile
from stockrecon.cli import app
from stockrecon.config import Settings

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
CLOCKS = tuple(f"stockrecon.cli.{name}.clock" for name in ("engine", "writing", "unattended", "commands.runs"))


@dataclass
class Time:
    """The clock of everything. `passing`: told of every step, so that a marketplace can keep the same time."""

    now: datetime = NOON
    passing: list[Callable[[timedelta], None]] = field(default_factory=list)
    _waited: float = 0.0
    _lock: RLock = field(default_factory=RLock)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        # A wait shorter than a microsecond is one too: who counts with floats must see it pass.
        with self._lock:
            self._waited += max(0.0, seconds)
            self.advance(timedelta(seconds=seconds))

    def monotonic(self) -> float:
        with self._lock:
            return self._waited

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self.now += by
            for tell in self.passing:
                tell(by)


@dataclass(frozen=True)
class Ran:
    """How one command ended, and its JSON report; `{}` where it wrote none."""

    code: int
    document: Mapping[str, Any]

    @property
    def refusals(self) -> list[str]:
        """Every refusal whole, on one line each; a digest is the plan's own and stands as DIGEST."""
        plan = self.document["plan"]
        told = [f"{one['who']}: {one['rule']}: {one['text']} > {one['way_on']}" for one in plan.get("refused", [])]
        return [line.replace(plan["digest"], "DIGEST") for line in told]

    @property
    def unread(self) -> list[str]:
        """What could not be read and why, the first line of each and how many more there are."""
        ledger = self.document["ledger"] or {}
        errors = [ledger.get("error"), *(shop["error"] for shop in self.document["shops"])]
        lines = [error.split("\n") for error in errors if error]
        return [first if not more else f"{first} (and {len(more)} more)" for first, *more in lines]

    @property
    def results(self) -> list[str]:
        """What became of each write, in the plan's order."""
        return [str(one["result"]) for one in self.document["outcomes"] if not one.get("run")]

    def planned(self, kind: str) -> list[Mapping[str, Any]]:
        return [one for one in self.document["plan"]["actions"] if one["kind"] == kind]

    @property
    def writes(self) -> list[tuple[str, str, int, int]]:
        """Shop, SKU, from, to of every stock write in the plan."""
        return [(one["shop"], one["sku"], one["from"], one["to"]) for one in self.planned("set-stock")]

    @property
    def corrections(self) -> list[tuple[str, int]]:
        return [(one["sku"], one["by"]) for one in self.planned("adjust-ledger")]

    @property
    def withheld(self) -> list[str]:
        return [one["rule"] for one in self.document["plan"]["withheld"]]


@dataclass
class Program:
    """The command line, over one configuration."""

    time: Time
    config: Path

    def run(self, *arguments: str) -> Ran:
        answer = self.config.parent / "answer.json"
        answer.unlink(missing_ok=True)
        told = ("--format", "json", "-q", "-c", str(self.config), "-o", str(answer))
        code = app.run([*arguments, *told])
        document = json.loads(answer.read_text("utf-8")) if answer.exists() else {}
        assert document.get("exit", code) == code
        return Ran(code, document)

    def apply(self, *more: str) -> Ran:
        return self.run("sync", "--apply", *more)

    def diff(self) -> Ran:
        return self.run("diff", "--all")


def keep_time(patch: pytest.MonkeyPatch, time: Time) -> None:
    """Puts the program's clock and every wait of it under `time`."""
    run = reconcile.run

    def around(settings: Settings) -> object:
        return reconcile.surroundings(settings, clock=time, sleep=time.sleep)

    for name in CLOCKS:
        patch.setattr(name, time)
    patch.setattr("stockrecon.cli.writing.surroundings_of", around)
    patch.setattr(reconcile, "run", partial(run, sleep=time.sleep))


def document_of(
    ledger: Mapping[str, object],
    shops: Sequence[Mapping[str, object]],
    *,
    scenarios: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Mapping[str, object] | None = None,
) -> str:
    """A configuration as a file's text; JSON is YAML too. Without `scenarios` those of the default may be written."""
    whole: dict[str, object] = {"ledger": ledger, "shops": list(shops), "policy": policy or {}, "state": "state/"}
    apply = {"scenarios": list(scenarios)} if scenarios else {}
    if limits or apply:
        whole["apply"] = {**apply, **({"limits": limits} if limits else {})}
    return json.dumps(whole, indent=1)
