"""What the command line asks of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line asks for. `scenarios` filter what is shown, `skus` (shell patterns) what is explained."""

    command: str
    now: datetime
    shops: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    everything: bool = False
    explain_sku: str | None = None
    recorded: str = ""
    """What `stockrecon runs` calls it; without it, its command."""
    goes_on: bool = False
    """The run is not over when it has read and planned: who carries it out records its end."""
    little: bool = False
    """Shops that are listened to may be read by what may have changed (docs/listening.md)."""
    writes: bool = False
    """What is planned may be carried out: a shop that it would write is read in full first."""
