"""Plays many seeds and prints what they came to: `python -m tests.simulation --seeds 200000 --jobs 2`."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterable
from multiprocessing import Pool

from tests.simulation.play import Figures, play, states

CHUNK = 100


def chunk(first: int) -> tuple[Figures, list[str]]:
    """Plays a chunk of seeds; what was wrong is told in words, with its trace."""
    gc.disable()
    figures, told = Figures(), []
    with states() as folder:
        for seed in range(first, first + CHUNK):
            played = play(seed, folder, naive=True)
            figures.add(played.figures)
            if played.wrong:
                told.append(play(seed, folder, trace=True).told(20))
    gc.collect()
    return figures, told


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5_000, help=f"how many, in steps of {CHUNK}")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    starts = range(asked.first, asked.first + asked.seeds, CHUNK)
    began, total, wrong = time.monotonic(), Figures(), 0
    with Pool(asked.jobs) as pool:
        for done, (figures, told) in enumerate(pool.imap_unordered(chunk, starts), 1):
            total.add(figures)
            wrong += len(told)
            for text in told:
                sys.stdout.write(text + "\n")
            if done % 10 == 0:
                sys.stderr.write(f"{total.seeds} seeds, {wrong} failed, {time.monotonic() - began:.0f} s\n")
    sys.stdout.write("\n".join(table(total, wrong, time.monotonic() - began)) + "\n")
    return 1 if wrong else 0


def table(figures: Figures, wrong: int, seconds: float) -> Iterable[str]:
    f = figures
    yield f"{f.seeds} seeds in {seconds:.0f} s, {wrong} of them failed"
    yield f"runs {f.runs}, killed {f.killed}, intents of earlier runs settled {f.settled}, plans refused {f.refused}"
    yield "outcomes: " + ", ".join(f"{name} {count}" for name, count in sorted(f.outcomes.items()))
    yield f"ledger corrections posted {f.corrections}"
    yield (
        f"rows in files for upload {f.uploads}, unseen changes that uploads overwrote {f.uploads_overwrote}, "
        f"units oversold by them {f.oversold_by_uploads}"
    )
    yield f"lost {f.lost}, doubled {f.doubled}, past a guard {f.past_a_guard}, blind {f.blind}, told untruly {f.untrue}"
    yield f"not converged {f.diverged}"
    yield ""
    rows = [
        ("", "nobody", "naive", "stockrecon"),
        ("requests' rows", 0, f.naive_writes, f.writes),
        ("processes killed", 0, f.naive_killed, f.killed),
        ("doubled", 0, f.naive_doubled, f.doubled),
        ("unseen changes overwritten", 0, f.naive_overwrote, f.overwrote),
        ("units oversold by its own writes", 0, f.naive_oversold_by_writes, f.oversold_by_writes),
        ("units oversold in all", f.idle_oversold, f.naive_oversold, f.oversold),
    ]
    for name, *values in rows:
        yield f"{name:34}" + "".join(f"{value:>12}" for value in values)


if __name__ == "__main__":
    sys.exit(main())
