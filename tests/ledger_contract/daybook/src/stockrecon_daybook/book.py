"""The file: read whole, and appended to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]


@dataclass(slots=True)
class Book:
    """What stands in the file. `lines`: by number, those of a SKU; `kits`: what each is made of."""

    lines: dict[int, Line] = field(default_factory=dict)
    kits: dict[str, Mapping[str, int]] = field(default_factory=dict)
    available: dict[str, int] = field(default_factory=dict)

    def of(self, ref: str) -> list[Line]:
        return [line for line in self.lines.values() if line.get("ref") == ref]


def read(path: Path) -> Book:
    """Raises OSError; ValueError for a line that nobody understands."""
    book = Book()
    for number, line in _lines(path.read_bytes()):
        try:
            if "kit" in line:
                book.kits[str(line["kit"])] = {str(sku): int(units) for sku, units in line["parts"].items()}
                continue
            sku, by = str(line["sku"]), line["by"]
            if not isinstance(by, int):
                raise ValueError
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ValueError(f"line {number} is no line of a daybook") from None
        book.available[sku] = book.available.get(sku, 0) + by
        book.lines[number] = line
    return book


def _lines(whole: bytes) -> Iterator[tuple[int, Line]]:
    # What stands behind the last line's end was never finished.
    for number, line in enumerate(whole.split(b"\n")[:-1], 1):
        yield number, json.loads(line)


def append(path: Path, line: Line) -> None:
    """On disk, whole, when it returns; to be called with the lock held. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        end = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(handle, end)
        os.lseek(handle, end, os.SEEK_SET)
        rest = memoryview(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
