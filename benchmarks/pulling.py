"""One full pull as a process of its own: what it cost, what it asked for, and what the formulas count.

A sandbox in this process serves the generated shop over loopback HTTP; `diff` reads it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks import formulas
from benchmarks.measure import Cost, run
from benchmarks.shapes import Shape, spread, write_shop

if TYPE_CHECKING:
    from stockrecon.sandbox.house import Sandbox

FAST = 1_000.0
"""Requests a second where only their number matters: the most that the configuration takes."""
NAME = "shop"
PLENTY: Mapping[str, Any] = {"per_second": 1e6, "burst": 10**6}


@dataclass(frozen=True, slots=True)
class Pull:
    """`told`: the requests that the report names; `served`: those that the sandbox counted, by part; `operation`:
    seconds of a bulk operation by its own clock."""

    shape: Shape
    cost: Cost
    told: int
    served: Mapping[str, int]
    reference: int
    expected: Mapping[str, int]
    operation: float = 0.0

    @property
    def equal(self) -> bool:
        return self.served == self.expected and self.told == sum(self.served.values())

    @property
    def strays(self) -> str:
        """Parts that are not as expected: what was served, and what was expected."""
        parts = sorted({*self.served, *self.expected})
        pairs = {part: (self.served.get(part, 0), self.expected.get(part, 0)) for part in parts}
        return ", ".join(f"{part} {got} for {due}" for part, (got, due) in pairs.items() if got != due)


def pull(shape: Shape, rate: float) -> Pull:
    """`rate`: requests a second that the client is told to keep to; the sandbox allows whatever comes."""
    from stockrecon.sandbox.run import start_in_thread

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_shop(shape, folder / "shops" / NAME, folder / "ledger", datetime.now(UTC).replace(microsecond=0))
        (folder / "secret").mkdir()
        with start_in_thread(folder / "secret", load=folder / "shops", **PLENTY) as sandbox:
            served = sandbox.sandbox.shops[NAME]
            spread(served.shop, shape.places)
            steer(sandbox.sandbox, shape.options)
            cost, told = _diff(folder, sandbox.configs[0], rate)
            counted = formulas.counted(shape.channel, served.counts)
            job = next(iter(getattr(served.shop, "jobs", {}).values()), None)
            seconds = job.takes.total_seconds() if job is not None else 0.0
            known: dict[str, Any] = {"seconds": seconds, "size": len(job.file) if job is not None else 0}
    expected, reference = formulas.expected(shape, **known), formulas.reference(shape, **known)
    # A sandbox takes time of its own to make a file: how often its job was looked at meanwhile is no matter of calls.
    for parts in (expected, reference):
        if "polls" in parts:
            parts["polls"] = min(parts["polls"], counted.get("polls", 0))
    return Pull(shape, cost, told, counted, sum(reference.values()), expected, seconds)


def steer(sandbox: Sandbox, options: Mapping[str, str]) -> None:
    """Sets options of the shop."""
    from stockrecon.sandbox.control import Control

    for name, value in options.items():
        status, answer = Control(sandbox).handle("POST", "shops", json.dumps({"shop": NAME, name: value}).encode())
        if status != 200:
            raise RuntimeError(f"{name}: {answer}")


def _diff(folder: Path, config: Mapping[str, object], rate: float) -> tuple[Cost, int]:
    # Shopify counts points, which its answers tell: there is nothing to set.
    pace = {} if config["channel"] == "shopify" else {"requests_per_second": rate}
    whole = {"ledger": {"type": "file", "path": "ledger/"}, "shops": [{**config, **pace}], "state": "state/"}
    (folder / "config.yaml").write_text(yaml.safe_dump(whole))
    output = folder / "report.json"
    command = [sys.executable, "-m", "stockrecon", "diff", "--format", "json", "-c", str(folder / "config.yaml")]
    cost = run(command, output=output)
    (shop,) = json.loads(output.read_bytes())["shops"]
    if not shop.get("complete", True):
        raise RuntimeError(f"the pull is not complete: {shop}")
    return cost, int(shop["requests"])
