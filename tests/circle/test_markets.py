"""Whole markets through the command line: read, corrected, read again; nothing new is planned.

The six stories and generated markets on loopback marketplaces, and acted-out markets whose shops are files.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.sandbox.roles import WAYS, everywhere
from tests.circle.market import Market, entries, opened
from tests.circle.program import Program, Ran, Time, document_of
from tests.integration.markets import MARKETS, Maker
from tests.market import folders
from tests.market.build import build
from tests.market.things import MINUTE
from tests.market.things import NOON as READ
from tests.poisoned.books import ALL

MUCH = {"count": 100_000, "percent": 100}
LIMITS = dict.fromkeys(("changed", "zeroed", "added", "lost"), MUCH) | {"corrections": {"skus": MUCH, "units": MUCH}}


def steps(ran: Ran) -> set[str]:
    """The ids of everything that a plan would write, which are the same for the same step in every run."""
    return {str(one["id"]) for one in (*ran.planned("set-stock"), *ran.planned("adjust-ledger"))}


def undone(ran: Ran) -> set[str]:
    """Steps of a run that it did not carry out, for a reason that it told."""
    done = {one["action"] for one in ran.document["outcomes"] if one["result"] in ("confirmed", "exported")}
    return steps(ran) - done


def differing(ran: Ran) -> set[tuple[str, ...]]:
    return {
        (one["shop"], one["item_id"], one["variation_id"] or "")
        for statement in ran.document["statements"]
        for one in statement["listings"]
        if one["variance"]
    }


def left(ran: Ran) -> set[tuple[str, ...]]:
    """Listings of which the first run said that something waits, is for people, is withheld, or is not corrected."""
    told: set[tuple[str, ...]] = set()
    for statement in ran.document["statements"]:
        for one in statement["findings"]:
            if one["item_id"] and set(one["remedies"]) != {"set"}:
                told.add((one["shop"], one["item_id"], one["variation_id"] or ""))
        for one in statement["listings"]:
            if one["target"] is not None and one["write_target"] is not None and one["write_target"] < one["target"]:
                told.add((one["shop"], one["item_id"], one["variation_id"] or ""))
    plan = ran.document["plan"]
    kept = [one for one in plan["actions"] if one["kind"] == "set-stock" and one["id"] in undone(ran)]
    return told | {(one["shop"], one["item_id"], one["variation_id"] or "") for one in [*kept, *plan["withheld"]]}


def settled(first: Ran, second: Ran) -> None:
    """The law: what the second would write the first left with a reason, and only where it said so is variance."""
    odd = [one for one in first.document["outcomes"] if one["result"] not in ("confirmed", "exported", "skipped")]
    # While an item is in a promotion Shopee takes nothing, not even less, and TikTok Shop nothing less: who is refused
    # is told so.
    refused = re.compile("under promotion|locked for Promotion")
    assert {(one["result"], bool(refused.search(one["detail"]))) for one in odd} <= {("rejected", True)}
    assert steps(second) <= undone(first)
    assert differing(second) <= left(first)


def test_the_six_stories(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """Corrected, read again: nothing to write; then the campaign of story 1 ends, and the same holds once more."""
    with opened(tmp_path, time, monkeypatch) as handle:
        config = tmp_path / "stockrecon.yaml"
        ledger = {"type": "file", "path": str(handle.ledger)}
        config.write_text(document_of(ledger, entries(handle)), "utf-8")
        market = Market(time, handle, Program(time, config))
        first = market.program.apply()
        assert "confirmed" in first.results
        written = len(market.written())
        settled(first, market.program.diff())
        handle.before_second_read()
        time.now = handle.clock.now()
        second = market.program.apply()
        assert "confirmed" in second.results
        settled(second, market.program.diff())
        assert len(market.written()) > written


def test_every_story_on_every_channel(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five shops: what may be set is set, and what is left waits, is for people, or was told to be refused; the same
    once more when the campaigns of story 1 are over."""
    parts = everywhere(list(WAYS))
    with opened(tmp_path, time, monkeypatch, parts=parts) as handle:
        config = tmp_path / "stockrecon.yaml"
        ledger = {"type": "file", "path": str(handle.ledger)}
        config.write_text(document_of(ledger, entries(handle), scenarios=ALL, limits=LIMITS), "utf-8")
        market = Market(time, handle, Program(time, config))
        first = market.program.apply()
        assert set(first.results) == {"confirmed"}
        settled(first, market.program.diff())
        handle.before_second_read()
        time.now = handle.clock.now()
        second = market.program.apply()
        assert set(second.results) == {"confirmed"}
        third = market.program.diff()
        settled(second, third)
        assert (third.writes, third.corrections, third.withheld) == ([], [], [])


@pytest.mark.parametrize("seed", MARKETS)
def test_generated_markets(seed: int, tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """All marketplaces with most of what a wire can carry; all that differs may be corrected."""
    Maker(seed, tmp_path).write()
    with opened(tmp_path, time, monkeypatch, load=tmp_path / "shops") as handle:
        config = tmp_path / "stockrecon.yaml"
        ledger = {"type": "file", "path": f"ledger-{seed}/"}
        text = document_of(
            ledger,
            entries(handle),
            scenarios=ALL,
            policy={"unexplained": "correct", "confirm_raise": "1m"},
            limits=LIMITS,
        )
        config.write_text(text, "utf-8")
        market = Market(time, handle, Program(time, config))
        market.program.diff()
        market.later(minutes=2)
        first = market.program.apply()
        assert market.written()
        settled(first, market.program.diff())


class Taken:
    """An acted-out market in files. `take`: every shop's seller center carries out its upload and exports anew."""

    def __init__(self, seed: int, root: Path) -> None:
        self.root = root
        self.built = build(seed, 5, protect=seed % 10 == 0, mapping=seed % 7 != 0)
        self.config = folders.write(self.built.market, root)

    def take(self) -> int:
        taken = 0
        for name in self.built.market.shops:
            folder = self.root / name
            about = (folder / "shop.yaml").read_text("utf-8")
            (folder / "shop.yaml").write_text(re.sub(r"as_of: (\S+)", _later, about), "utf-8")
            if (folder / "updates.csv").exists():
                taken += self._upload(folder)
        return taken

    def _upload(self, folder: Path) -> int:
        with (folder / "updates.csv").open(encoding="utf-8", newline="") as file:
            wanted = {(one["item_id"], one["variation_id"]): int(one["quantity"]) for one in csv.DictReader(file)}
        with (folder / "listings.csv").open(encoding="utf-8", newline="") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
        for row in rows:
            units = wanted.get((row["item_id"], row["variation_id"]))
            if units is not None:
                assert units >= int(row["campaign"]), "below what a campaign has locked"
                row["sellable"] = units - int(row["campaign"])
        with (folder / "listings.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return len(wanted)


def _later(found: re.Match[str]) -> str:
    return f"as_of: {(datetime.fromisoformat(found[1]) + timedelta(seconds=1)).isoformat()}"


@pytest.mark.parametrize("seed", [3, 49, 104])
def test_acted_out_markets(seed: int, tmp_path: Path, time: Time) -> None:
    """Every known cause, shops in files, ledgers corrected in theirs: what was uploaded is not asked for again, and a
    third run has nothing to say that the second had not."""
    market = Taken(seed, tmp_path)
    time.now = READ + 2 * MINUTE
    program = Program(time, market.config)
    first = program.apply()
    assert {"confirmed", "exported"} >= set(first.results) - {"skipped"}
    assert market.take() == first.results.count("exported")
    time.advance(timedelta(seconds=2))
    second = program.apply()
    earlier = [one["result"] for one in second.document["outcomes"] if one.get("run")]
    assert earlier == ["confirmed"] * first.results.count("exported")
    settled(first, second)
    assert market.take() == second.results.count("exported")
    time.advance(timedelta(seconds=2))
    settled(second, program.apply())
