"""The memory of one run, which may have to read more than once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stockrecon.config import Settings
from stockrecon.core.model import ShopName
from stockrecon.core.sources import KeptTable
from stockrecon.errors import StockreconError
from stockrecon.reconcile.going import going_on
from stockrecon.reconcile.little import Going
from stockrecon.reconcile.memory import Memory
from stockrecon.state import holds_bases, holds_kept, state_folder


@dataclass(slots=True)
class Remembered:
    """Opened once, and one id, however often the run has to read. `early`: what imports the state meanwhile."""

    where: str
    clock: Callable[[], datetime]
    early: threading.Thread
    _memory: Memory | None = None
    _run: str = ""

    @property
    def memory(self) -> Memory:
        if self._memory is None:
            self.early.join()
            self._memory = Memory.open(self.where, self.clock)
        return self._memory

    def begin(self, command: str, now: datetime) -> str:
        """The run's id, of the time at which it began."""
        if not self._run:
            self._run = self.memory.begin(command, now)
        self.memory.now = now
        return self._run

    def going(
        self, settings: Settings, now: datetime, spool: Path, full: Mapping[ShopName, str]
    ) -> dict[ShopName, Going | str]:
        """What little pulls go on from, or why not; `full`: shops of which a little pull was not enough."""
        if not holds_bases(state_folder(settings.state)) or (state := self.memory.state) is None:
            return {}
        return {**going_on(state, settings.shops, settings.policy, now, spool), **full}

    def kept(self, spool: Path) -> Mapping[str, KeptTable]:
        """What the ledger's reading can go on from; nothing where the state cannot give it."""
        if not holds_kept(state_folder(self.where)) or (state := self.memory.state) is None:
            return {}
        try:
            return state.kept.open(spool)
        except StockreconError:
            return {}

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()
