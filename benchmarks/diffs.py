"""`diff -q`: the whole process against the peers, what the second run costs, what a case costs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from benchmarks.market import AS_OF, Market, stamp, write
from benchmarks.measure import Cost, median, run
from benchmarks.peers import PEERS
from benchmarks.table import Row, times

LIMITS = {300_000: "< 1.5 s, < 250 MB, ahead of both peers", 3_000_000: "< 8 s, < 600 MB", 30_000_000: "< 1 GB"}
_PEERS_UP_TO = 1_000_000


def rows(sizes: list[int], rounds: int, folder: Path) -> Iterator[Row]:
    """Each size (with its peers where they can), then what differing listings cost, on the smallest size that has."""
    for size in sizes:
        yield from _size(size, rounds if size < _PEERS_UP_TO else min(rounds, 3), folder)
    if min(sizes) < _PEERS_UP_TO:
        yield from _cases(min(sizes), rounds, folder)


def _size(size: int, rounds: int, folder: Path) -> Iterator[Row]:
    market = made(Market(size, size // 100), folder)
    peers = list(PEERS) if size < _PEERS_UP_TO else []
    costs: dict[str, list[Cost]] = {}
    # Taken in turn, so that whatever else the machine does meets all of them alike.
    for _ in range(rounds):
        costs.setdefault("first", []).append(first_run(market))
        costs.setdefault("second", []).append(second_run(market))
        for name in peers:
            costs.setdefault(name, []).append(_peer(name, market))
    first, second = median(costs["first"]), median(costs["second"])
    ahead = ", ".join(f"{name} takes {times(median(costs[name]).wall / first.wall)}" for name in peers)
    yield Row.of(f"diff -q, {size:,} listings, 1 % differing, first run", first, ahead, LIMITS.get(size, ""))
    beside = f"{times(second.wall / first.wall)} the first"
    yield Row.of("  second run, history present", second, beside, "not slower than the first")
    for name in peers:
        yield Row.of(f"  {name}, key and quantity only", median(costs[name]))


def _cases(size: int, rounds: int, folder: Path) -> Iterator[Row]:
    many = size // 100
    kinds = {
        "zero differing": Market(size, 0),
        "one differing": Market(size, 1),
        "plain": Market(size, many),
        "evidence": Market(size, many, evidence=True),
        "in line": Market(size, many, evidence=True, in_line=True),
    }
    markets = {name: made(market, folder) for name, market in kinds.items()}
    costs: dict[str, list[Cost]] = {name: [] for name in markets}
    for _ in range(rounds):
        for name, place in markets.items():
            costs[name].append(first_run(place))
    found = {name: median(some) for name, some in costs.items()}
    zero, one = found["zero differing"], found["one differing"]
    yield Row.of(f"diff -q, {size:,} listings, none differing", zero)
    beside = f"{times(one.wall / zero.wall)} none, {times(one.cpu / zero.cpu)} in CPU"
    yield Row.of("  one differing", one, beside, "<= 1.10 x")
    for name, base, what in (
        ("plain", "zero differing", "without evidence"),
        ("evidence", "in line", "with 20 orders and 19 movements"),
    ):
        each = [(getattr(found[name], kind) - getattr(found[base], kind)) / many for kind in ("wall", "cpu")]
        told = f"{each[0] * 1e6:.0f} us, {each[1] * 1e6:.0f} us of CPU"
        yield Row.of(f"  {many:,} cases {what}", found[name], f"{told} a case", "< 200 us a case")


def made(market: Market, folder: Path) -> Path:
    """The folder of this market, written when it is asked for first."""
    place = market.folder(folder)
    if not (place / "done").exists():
        write(market, place)
        (place / "done").touch()
    return place


def first_run(place: Path) -> Cost:
    shutil.rmtree(place / ".stockrecon", ignore_errors=True)
    stamp(place, AS_OF)
    return run(diff(place))


def second_run(place: Path) -> Cost:
    """An hour later: the same numbers in a new reading, which is compared with the last and kept."""
    stamp(place, AS_OF + timedelta(hours=1))
    return run(diff(place))


def diff(place: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "stockrecon", "diff", "-q", "-c", str(place / "config.yaml"), *options]


def _peer(name: str, place: Path) -> Cost:
    files = (place / "peer-ledger.csv", place / "peer-shops.csv")
    return run([sys.executable, "-m", "benchmarks.peers", name, *map(str, files)], folder=_root())


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
