"""What a seller's own statements for a correction write to, as far as it stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stockrecon.ledgers.sql.statements import split

_NAME = r"(?:\"(?:[^\"]|\"\")+\"|`(?:[^`]|``)+`|[^\W\d]\w*)"
_PLACE = rf"(?P<place>{_NAME}(?:\s*\.\s*{_NAME})?)"
_OPENINGS = (
    ("UPDATE", re.compile(rf"UPDATE\s+(?:ONLY\s+|LOW_PRIORITY\s+|IGNORE\s+)*{_PLACE}", re.IGNORECASE)),
    ("INSERT", re.compile(rf"INSERT\s+(?:IGNORE\s+)?INTO\s+{_PLACE}", re.IGNORECASE)),
    ("DELETE", re.compile(rf"DELETE\s+FROM\s+(?:ONLY\s+)?{_PLACE}", re.IGNORECASE)),
    ("EXECUTE", re.compile(rf"CALL\s+{_PLACE}", re.IGNORECASE)),
)
_SET = re.compile(r"\bSET\b(?P<set>.*?)(?:\b(?:WHERE|FROM|RETURNING|ORDER)\b|\Z)", re.IGNORECASE | re.DOTALL)
_COLUMN = re.compile(rf"\s*(?:{_NAME}\s*\.\s*)?(?P<name>{_NAME})\s*=", re.DOTALL)
_PARTS = re.compile(_NAME)


@dataclass(frozen=True, slots=True)
class Target:
    """`right`: UPDATE, INSERT, DELETE on a table, or EXECUTE of a procedure; `columns`: that are set, empty for all."""

    right: str
    name: str
    schema: str | None
    columns: tuple[str, ...] = ()


def targets_of(script: str) -> list[Target]:
    """One for each statement that says at its beginning what it writes to."""
    return list(dict.fromkeys(found for statement in split(script) if (found := _target(statement)) is not None))


def explainable(statement: str) -> bool:
    """Whether a database can be asked what it would do for it, rights included, without doing it."""
    return any(opening.match(statement) for right, opening in _OPENINGS if right != "EXECUTE")


def _target(statement: str) -> Target | None:
    for right, opening in _OPENINGS:
        found = opening.match(statement)
        if found is not None:
            *before, name = (_bare(part) for part in _PARTS.findall(found["place"]))
            columns = tuple(_columns(statement[found.end() :])) if right == "UPDATE" else ()
            return Target(right, name, before[0] if before else None, columns)
    return None


def _columns(rest: str) -> Iterator[str]:
    """The columns that are set; none where that cannot be told."""
    found = _SET.search(rest)
    if found is None:
        return
    names = [_COLUMN.match(piece) for piece in _pieces(found["set"])]
    if all(names):
        yield from dict.fromkeys(_bare(one["name"]) for one in names if one is not None)


def _pieces(text: str) -> Iterator[str]:
    """A list at its commas, but for those inside brackets."""
    depth, start = 0, 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _bare(name: str) -> str:
    mark = name[0]
    return name[1:-1].replace(mark * 2, mark) if mark in '"`' else name
