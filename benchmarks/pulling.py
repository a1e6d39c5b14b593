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
from typing import Any

import yaml

from benchmarks import formulas
from benchmarks.measure import Cost, run
from benchmarks.shapes import Shape, spread, write_shop

FAST = 1_000.0
"""Requests a second where only their number matters: the most that the configuration takes."""
NAME = "shop"
_PLENTY: Mapping[str, Any] = {"per_second": 1e6, "burst": 10**6}


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


def pull(shape: Shape, rate: float, *, limited: bool = False, delay: float = 0.0) -> Pull:
    """`rate`: requests a second that the client is told to keep to; `limited`: the sandbox allows no more than that.
    `delay`: seconds by which every answer is late, as from afar."""
    from stockrecon.sandbox.control import Control
    from stockrecon.sandbox.run import start_in_thread

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_shop(shape, folder / "shops" / NAME, folder / "ledger", datetime.now(UTC).replace(microsecond=0))
        (folder / "secret").mkdir()
        allowed = {"per_second": rate, "burst": 2} if limited else _PLENTY
        with start_in_thread(folder / "secret", load=folder / "shops", **allowed) as sandbox:
            served = sandbox.sandbox.shops[NAME]
            spread(served.shop, shape.places)
            asked: list[tuple[str, dict[str, object]]] = [
                ("shops", {name: text}) for name, text in shape.options.items()
            ]
            if delay:
                asked.append(("faults", {"path": "*", "kind": "delay", "times": None, "seconds": delay}))
            for where, body in asked:
                status, answer = Control(sandbox.sandbox).handle(
                    "POST", where, json.dumps({"shop": NAME, **body}).encode()
                )
                if status != 200:
                    raise RuntimeError(f"{where}: {answer}")
            cost, told = _diff(folder, sandbox.configs[0], rate)
            counted = formulas.counted(shape.channel, served.counts)
            job = next(iter(getattr(served.shop, "jobs", {}).values()), None)
            seconds = job.takes.total_seconds() if job is not None else 0.0
            known: dict[str, Any] = {"seconds": seconds, "size": len(job.file) if job is not None else 0}
    expected = formulas.expected(shape, **known)
    return Pull(shape, cost, told, counted, sum(formulas.reference(shape, **known).values()), expected, seconds)


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
