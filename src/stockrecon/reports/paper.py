"""Where rich renderables become text of a given width: plain, or with colour codes."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

_NARROWEST = 40


def hung(mark: str, text: Text) -> Table:
    """Text with a hanging indent behind a mark."""
    grid = Table.grid(pad_edge=False)
    grid.add_column(width=len(mark), no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row(Text(mark, style=text.style), text)
    return grid


class Paper:
    """Prints renderables into text. Nothing of the real terminal is asked: width and colour are arguments."""

    def __init__(self, width: int, colour: bool) -> None:
        self._buffer = io.StringIO()
        self._console = Console(
            file=self._buffer,
            width=max(_NARROWEST, width),
            height=100,
            force_terminal=colour,
            force_interactive=False,
            color_system="standard" if colour else None,
            no_color=not colour,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )

    def print(self, *renderables: RenderableType) -> str:
        """The text of these, one below the other, without blanks at the ends of lines."""
        for renderable in renderables:
            self._console.print(renderable)
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return "".join(line.rstrip(" ") + "\n" for line in text.split("\n")[:-1])
