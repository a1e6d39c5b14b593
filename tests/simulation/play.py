"""One seed, played: busy runs while everything goes wrong, then a quiet time in which everything has to come right."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stockrecon.core.findings import RunResult
from stockrecon.core.permit import permitted
from tests.simulation import oracles
from tests.simulation.files import export_shop, upload
from tests.simulation.naive import Naive
from tests.simulation.program import Doors, Program
from tests.simulation.rules import Wrong
from tests.simulation.setting import Setting, make
from tests.simulation.shop import Book

QUIET = (7_200.0, 2_500.0, 700.0, 700.0)
"""Seconds before each quiet run. The first settles what is open and sees what has ended (a campaign's end counts from
when it was seen, and half an hour is waited then); two bring everything where the plan wants it, a raise being proven
by the second; the last does nothing."""


@dataclass(slots=True)
class Figures:
    """What seeds came to, in sums."""

    seeds: int = 0
    runs: int = 0
    killed: int = 0
    settled: int = 0
    writes: int = 0
    uploads: int = 0
    uploads_overwrote: int = 0
    overwrote: int = 0
    overwrote_compared: int = 0
    corrections: int = 0
    refused: int = 0
    doubled: int = 0
    lost: int = 0
    past_a_guard: int = 0
    blind: int = 0
    untrue: int = 0
    diverged: int = 0
    oversold: int = 0
    oversold_by_writes: int = 0
    oversold_by_uploads: int = 0
    idle_oversold: int = 0
    """Units oversold where nobody corrects anything."""
    naive_writes: int = 0
    naive_killed: int = 0
    naive_doubled: int = 0
    naive_overwrote: int = 0
    naive_oversold: int = 0
    naive_oversold_by_writes: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    def add(self, other: Figures) -> None:
        for name in self.__dataclass_fields__:
            if name == "outcomes":
                for result, count in other.outcomes.items():
                    self.outcomes[result] = self.outcomes.get(result, 0) + count
            else:
                setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Played:
    seed: int
    wrong: list[Wrong]
    figures: Figures
    trace: list[str] = field(default_factory=list)

    def told(self, lines: int = 80) -> str:
        """The seed, what was wrong, and the last that was heard of the places it was about."""
        names = {str(one.key) for one in self.wrong if one.key is not None}
        skus = {one.text.split(":")[0] for one in self.wrong if one.key is None}
        about = [
            line
            for line in self.trace
            if "---" in line or any(name in line for name in names) or any(f" {sku}:" in line for sku in skus)
        ]
        told = [f"seed {self.seed}:", *(f"  {one.rule}: {one.text}" for one in self.wrong[:20]), ""]
        return "\n".join([*told, *about[-lines:], "", f"STOCKRECON_SEED={self.seed} plays it again, with all of it"])


@contextmanager
def states() -> Iterator[Path]:
    """A folder for state databases: in memory where there is one, since every seed syncs a hundred times."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="stockrecon-simulation-", dir=parent) as folder:
        yield Path(folder)


def play(seed: int, folder: Path, *, doors: Doors | None = None, trace: bool = False, naive: bool = False) -> Played:
    """Plays a seed with the program. `naive`: also with the naive one, and with none. `doors`: what stands between."""
    setting = make(seed)
    if trace:
        setting.market.trace = []
    program = Program(setting, folder / f"seed-{seed}", doors or Doors())
    wrong: list[Wrong] = []
    try:
        for when in setting.runs:
            setting.market.pass_time(when - setting.market.now)
            wrong += oracles.after_run(program, program.run())
            if program.runs[-1].killed and setting.faults.starts_again():
                setting.market.pass_time(setting.faults.rng.uniform(0.5, 100))
                wrong += oracles.after_run(program, program.run())
        figures = _busy(setting, program)
        wrong += _quiet(setting, program)
        wrong += oracles.at_the_end(program, program.opened_state())
    finally:
        program.close()
        shutil.rmtree(program.folder, ignore_errors=True)
    _count(figures, program, wrong)
    if naive:
        _play_naively(seed, figures)
        _play_idly(seed, figures)
    return Played(seed, wrong, figures, setting.market.trace or [])


def _quiet(setting: Setting, program: Program) -> list[Wrong]:
    """Everybody stops, nothing goes wrong any more, and the program runs until there is nothing left to do."""
    market = setting.market
    market.pass_time(setting.calm)
    setting.faults.on = False
    market.stand_still()
    wrong = []
    for seconds in QUIET:
        market.pass_time(seconds)
        for name, folder in setting.folders.items():
            upload(market, market.shops[name], folder, 1.0)
            export_shop(market, market.shops[name], folder)
        wrong += oracles.after_run(program, program.run())
    return [*wrong, *_converged(setting, program)]


def _converged(setting: Setting, program: Program) -> list[Wrong]:
    last = program.runs[-1]
    shops = setting.market.shops
    sent = [s for s in program.book.sent if s.run == last.number and not shops[s.key.shop].takes_no_edits(s.key)]
    wrong = [Wrong("convergence", f"{s.key} was written once more: {s.shown} -> {s.to}", s.key) for s in sent]
    if last.result is None:
        return [*wrong, Wrong("convergence", f"the last quiet run came to no result {last.killed}")]
    modes = {name: shop.policy.mode for name, shop in shops.items()}
    left, _ = permitted(last.result.plan, setting.policy, modes)
    told = {outcome.action: outcome for outcome in last.result.outcomes}
    for action in left:
        if action.listing is not None and shops[action.listing.shop].takes_no_edits(action.listing):
            continue
        what = f"{action.kind} of {action.sku} ({action.scenario}) {action.frm} -> {action.to} {action.by or ''}"
        outcome = told.get(action.id)
        detail = f"{outcome.result}: {outcome.detail}" if outcome else ""
        wrong.append(Wrong("convergence", f"{what} is still to be done: {detail}", action.listing))
    return [*wrong, *_overlooked(setting, last.result), *_without_reason(setting, last.result)]


def _overlooked(setting: Setting, result: RunResult) -> Iterator[Wrong]:
    """What is left different at the end is told, unit by unit, by somebody else's arithmetic."""
    if setting.policy.protect_campaign_stock:
        return
    told = {line.listing.key: line.variance for one in result.statements for line in one.lines}
    corrected = {statement.sku for statement in result.statements if statement.excess}
    for shop, shelf in setting.market.shelves():
        variance = shelf.exposed - setting.market.by_ledger(shop, shelf)
        if told.get(shelf.key, 0) != variance and not any(c.sku in corrected for c in shelf.components):
            text = f"{shelf.key} is {variance:+d} off and {told.get(shelf.key, 0)} is told"
            yield Wrong("report", text, shelf.key)


def _without_reason(setting: Setting, result: RunResult) -> Iterator[Wrong]:
    """Where everything may be corrected, what is left waits, is for people, or was withheld."""
    if not setting.policy.correct_unexplained:
        return
    plan = result.plan
    actions = [*plan.actions, *(one.action for one in plan.withheld)]
    for statement in result.statements:
        for line in statement.lines:
            if line.variance and not any(a.listing == line.listing.key or a.sku == statement.sku for a in actions):
                key = line.listing.key
                yield Wrong("convergence", f"{key} is {line.variance:+d} off, and nothing will be done", key)


def _busy(setting: Setting, program: Program) -> Figures:
    """Units that were oversold while the market was busy: what comes after is the same for everybody."""
    setting.market.pass_time(600)
    market = setting.market
    return Figures(
        seeds=1,
        oversold=market.oversold,
        oversold_by_writes=market.oversold_by_writes,
        oversold_by_uploads=market.oversold_by_uploads,
    )


def _count(figures: Figures, program: Program, wrong: list[Wrong]) -> None:
    shops = program.setting.market.shops
    uploads = [one for one in program.book.sent if shops[one.key.shop].in_files]
    sent = [one for one in program.book.sent if not shops[one.key.shop].in_files]
    rules = [one.rule for one in wrong]
    figures.runs = len(program.runs)
    figures.killed = sum(1 for ran in program.runs if ran.killed)
    figures.settled = sum(ran.settled for ran in program.runs)
    figures.writes, figures.uploads = len(sent), len(uploads)
    figures.uploads_overwrote = sum(1 for one in uploads if one.overwrote)
    figures.overwrote = sum(1 for one in sent if one.overwrote)
    figures.overwrote_compared = sum(1 for one in sent if one.overwrote and shops[one.key.shop].swaps)
    figures.corrections = len(program.posts.made)
    figures.doubled, figures.lost = rules.count("doubled"), rules.count("lost")
    figures.past_a_guard, figures.blind = rules.count("guard"), rules.count("blind")
    figures.untrue = rules.count("report")
    figures.diverged = rules.count("convergence")
    for ran in program.runs:
        if ran.result is not None:
            figures.refused += bool(ran.result.refusals)
            for outcome in ran.result.outcomes:
                name = outcome.result.value
                figures.outcomes[name] = figures.outcomes.get(name, 0) + 1


def _play_naively(seed: int, figures: Figures) -> None:
    setting = make(seed)
    one = Naive(setting)
    for when in setting.runs:
        setting.market.pass_time(when - setting.market.now)
        if one.run() and setting.faults.starts_again():
            setting.market.pass_time(setting.faults.rng.uniform(0.5, 100))
            one.run()
    setting.market.pass_time(600)
    figures.naive_writes, figures.naive_killed = len(one.book.sent), one.killed
    figures.naive_doubled = doubled(one.book, setting)
    figures.naive_overwrote = sum(1 for sent in one.book.sent if sent.overwrote)
    figures.naive_oversold = setting.market.oversold
    figures.naive_oversold_by_writes = setting.market.oversold_by_writes


def _play_idly(seed: int, figures: Figures) -> None:
    setting = make(seed)
    setting.market.pass_time(setting.runs[-1] + 600)
    figures.idle_oversold = setting.market.oversold


def doubled(book: Book, setting: Setting) -> int:
    """Numbers that one run meant to write once and that took effect twice, with somebody's change in between."""
    found = 0
    meant: dict[tuple[int, object, int], list[float]] = {}
    for sent in book.sent:
        meant.setdefault((sent.run, sent.key, sent.to), []).extend(sent.landed)
    for (_, key, _), times in meant.items():
        for first, second in zip(sorted(times), sorted(times)[1:], strict=False):
            between = (e for e in setting.market.effects if e.key == key and e.write is None)
            found += any(first < effect.time < second for effect in between)
    return found
