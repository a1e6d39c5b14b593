"""The state database: history of snapshots, runs, tokens, memory over runs.

`State` brings SQLAlchemy with it, so it is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockrecon.state.place import holds_bases, holds_kept, state_folder
from stockrecon.state.tokens import FileTokenStore
from stockrecon.state.values import Base, ChangeRow, RunRecord, SourceSeen, run_id

if TYPE_CHECKING:
    from stockrecon.state.state import State

__all__ = [
    "Base",
    "ChangeRow",
    "FileTokenStore",
    "RunRecord",
    "SourceSeen",
    "State",
    "holds_bases",
    "holds_kept",
    "run_id",
    "state_folder",
]


def __getattr__(name: str) -> object:
    if name == "State":
        from stockrecon.state.state import State

        return State
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
