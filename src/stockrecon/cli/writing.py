"""What `sync` does: a plan shown or saved, a fresh plan carried out, a saved plan carried out, a run taken back."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.cli.engine import clock, report, run, settings_of, surroundings_of
from stockrecon.cli.options import Common
from stockrecon.cli.output import check_target, put, say
from stockrecon.errors import UsageFault

if TYPE_CHECKING:
    from stockrecon.apply import Applying
    from stockrecon.cli.unattended import Watch
    from stockrecon.config import Settings
    from stockrecon.core.findings import RunResult


def planned(common: Common, save: Path | None, watch: Watch, *, full: bool) -> None:
    """The plan, shown, and saved where asked for. Writes no stock."""
    from stockrecon.apply import foreseen, rules_of

    check_target(save)
    watch.settings = settings = settings_of(common)
    result = run(common, "sync", settings=settings, little=not full, writes=True)
    result = foreseen(result, rules_of(settings))
    watch.came(result)
    if save is not None:
        _save(settings, result, save, quiet=common.quiet)
    report(common, result)


def _save(settings: Settings, result: RunResult, target: Path, *, quiet: bool) -> None:
    from stockrecon.apply import plan_text
    from stockrecon.state import State

    if result.standing is None:
        say(f"{target} was not written: without the ledger there is no plan")
        return
    with State.open(settings.state, clock) as state:
        generation = state.journal.generation()
    text = plan_text(result, config=settings.digest, generation=generation, made_at=clock())
    put([text], target, utf8=True)
    if not quiet:
        say(f"plan written to {target}; within 15 minutes: stockrecon sync -c {settings.file} --plan {target}")


def fresh(common: Common, approve: str | None, watch: Watch, *, full: bool) -> None:
    """Reads, plans, and carries the plan out."""
    check_target(common.output)
    watch.settings = settings = settings_of(common)
    with _applying(settings, "sync --apply", watch) as applying:
        applying.settle()
        result = run(
            common,
            "sync",
            settings=settings,
            recorded="sync --apply",
            goes_on=True,
            little=not full,
            writes=True,
        )
        with watch.stop.writing():
            result = _recorded(applying, applying.carry_out(result, approve))
    watch.came(result)
    report(common, result)


def saved(common: Common, path: Path, approve: str | None, watch: Watch) -> None:
    """Carries out exactly the plan of a file."""
    from stockrecon.apply import load_plan, result_of

    check_target(common.output)
    watch.settings = settings = settings_of(common)
    with _applying(settings, "sync --plan", watch) as applying:
        applying.settle()
        now = common.now or clock()
        generation = applying.state.journal.generation()
        plan = load_plan(path, config=settings.digest, generation=generation, now=clock())
        name = applying.state.begin_run("sync --plan", now)
        result = result_of(settings, plan, name, now)
        with watch.stop.writing():
            result = _recorded(applying, applying.carry_out(result, approve, left=plan.left))
    watch.came(result)
    report(common, result)


def undone(common: Common, name: str, *, apply: bool, approve: str | None, watch: Watch) -> None:
    """The plan that takes a run back, shown or carried out."""
    from stockrecon.apply import UNDO, foreseen, raises_of, rules_of, undo_plan

    settings = settings_of(common)
    allowed = settings.policy.apply_scenarios | {UNDO}
    watch.settings = settings = replace(settings, policy=replace(settings.policy, apply_scenarios=allowed))
    with _applying(settings, f"runs undo {name}", watch) as applying:
        if applying.state.run(name) is None:
            raise UsageFault(f"there is no run {name!r}", way_on="stockrecon runs lists them")
        applying.settle()
        intents = applying.state.journal.of_run(name)
        called = "runs undo --apply" if apply else "runs undo"
        result = run(common, "sync", settings=settings, recorded=called, goes_on=apply)
        plan = undo_plan(name, intents, applying.channels, applying.ledger)
        result = replace(result, plan=plan, statements=())
        if apply:
            with watch.stop.writing():
                result = _recorded(applying, applying.carry_out(result, approve, raises_of(plan)))
        else:
            result = foreseen(result, rules_of(settings))
            result = replace(result, refusals=(*result.refusals, *raises_of(plan)))
    watch.came(result)
    report(common, result)


@contextmanager
def _applying(settings: Settings, holder: str, watch: Watch) -> Iterator[Applying]:
    from stockrecon.apply import opened

    around = surroundings_of(settings)
    with opened(settings, around, holder=holder, who=_user(), stop=watch.stop.reason) as applying:
        yield applying


def _recorded(applying: Applying, result: RunResult) -> RunResult:
    from stockrecon.reconcile import summary_of

    applying.record(result, summary_of(result))
    return result


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.geteuid()}"
