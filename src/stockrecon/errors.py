"""One tree of errors, grouped by what the reader can do about them.

Every class knows its exit code (contract, section 2), so that the code is decided once, here. The text says who,
what, the number, the limit; `way_on` says what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place of a file: line and column count from 1, 0 means "the whole file"."""

    file: str
    line: int
    column: int
    text: str
    path: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.path}: {self.text}" if self.path else f"{place}: {self.text}"


class StockreconError(Exception):
    """Anything that stockrecon itself reports; what is not one of these is a bug (exit 1)."""

    exit_code = 1

    def __init__(self, text: str, *, way_on: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.way_on = way_on

    def __str__(self) -> str:
        return f"{self.text}\n  {self.way_on}" if self.way_on else self.text


class UsageFault(StockreconError):
    """The command line or the surroundings are wrong: mend them and call again."""

    exit_code = 2


class ConfigFault(UsageFault):
    """The configuration is wrong; all its faults at once."""

    def __init__(self, faults: Sequence[Fault], *, way_on: str = "") -> None:
        super().__init__("\n".join(str(fault) for fault in faults), way_on=way_on)
        self.faults = tuple(faults)


class OutputFault(UsageFault):
    """The report or the state could not be written (disk full, no right to write)."""


class ReadFault(StockreconError):
    """A shop or the ledger could not be read. `who` is the shop's name or "ledger"."""

    exit_code = 13

    def __init__(self, who: str, text: str, *, way_on: str = "") -> None:
        super().__init__(f"{who}: {text}", way_on=way_on)
        self.who = who
        self.what = text


class AuthFault(ReadFault):
    """The other side does not know us (any more): credentials have to be renewed by a person."""


class DataFault(ReadFault):
    """What was read is not what the contract says; all its faults at once (at most the first hundred)."""

    def __init__(self, who: str, faults: Sequence[Fault], *, way_on: str = "") -> None:
        super().__init__(who, "\n".join(str(fault) for fault in faults), way_on=way_on)
        self.faults = tuple(faults)


class GuardRefused(StockreconError):
    """A limit or a condition forbids the writes; nothing was written."""

    exit_code = 11


class WriteFault(StockreconError):
    """A write was rejected, conflicted, or its outcome is unknown."""

    exit_code = 12


class LockHeld(StockreconError):
    """Another run holds the lock."""

    exit_code = 14
