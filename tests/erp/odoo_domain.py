"""Odoo's search domains over rows in memory: prefix `&`, `|`, `!`, leaves with dotted paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Row = dict[str, Any]
Follow = Callable[[str, Row, str], Iterable[Any]]
"""Model, row and path to the values at the path's end."""


class BadDomain(ValueError):
    """Odoo's own words for what it cannot search by."""


def compile_domain(domain: Any) -> list[Any]:
    """The domain with its implicit `&` written out. Raises BadDomain."""
    if not isinstance(domain, list | tuple):
        raise BadDomain(f"Domain() invalid item in domain: {domain!r}")
    out: list[Any] = []
    expected = 1
    for item in domain:
        if expected == 0:
            out.insert(0, "&")
            expected = 1
        if item in ("&", "|"):
            out.append(item)
            expected += 1
        elif item == "!":
            out.append(item)
        elif isinstance(item, list | tuple) and len(item) == 3:
            out.append(tuple(item))
            expected -= 1
        else:
            raise BadDomain(f"Domain() invalid item in domain: {item!r}")
    if domain and expected != 0:
        raise BadDomain(f"Domain() has too few leaves: {domain!r}")
    return out


def matches(domain: Sequence[Any], model: str, row: Row, follow: Follow, below: Callable[[str, Any], set[int]]) -> bool:
    """Whether a row fits a compiled domain. `below`: a path's records and all below them, for child_of."""
    rest: Iterator[Any] = iter(domain)

    def one() -> bool:
        item = next(rest)
        if item == "!":
            return not one()
        if item in ("&", "|"):
            first, second = one(), one()
            return (first and second) if item == "&" else (first or second)
        path, operator, value = item
        if path in (0, 1):
            return bool(path == value)
        if operator in ("child_of", "parent_of"):
            wanted = below(f"{model}:{path}:{operator}", value)
            return any(each in wanted for each in follow(model, row, path))
        return _leaf(list(follow(model, row, path)), operator, value)

    return one() if domain else True


def _leaf(found: list[Any], operator: str, value: Any) -> bool:
    negative = {"!=": "=", "<>": "=", "not in": "in", "not like": "like", "not ilike": "ilike"}.get(operator)
    if negative is not None:
        return not _leaf(found, negative, value)
    values = found or [False]
    if operator == "=":
        return any(_same(each, value) for each in values)
    if operator == "in":
        wanted = list(value) if isinstance(value, list | tuple) else [value]
        return any(_same(each, one) for each in values for one in wanted)
    if operator in ("like", "ilike", "=like", "=ilike"):
        flags = re.IGNORECASE if "i" in operator.removeprefix("=l").removeprefix("l") and "ilike" in operator else 0
        text = str(value) if operator.startswith("=") else f"%{value}%"
        pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in text)
        return any(isinstance(each, str) and re.fullmatch(pattern, each, flags | re.DOTALL) for each in values)
    compare: dict[str, Callable[[Any, Any], bool]] = {
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
    }
    if operator not in compare:
        raise BadDomain(f"Invalid operator {operator!r} in domain term")
    return any(each not in (False, None) and compare[operator](each, value) for each in values)


def _same(each: Any, value: Any) -> bool:
    # Unset is False, None and, for texts, nothing; 0 is a number of its own.
    if value is False or value is None:
        return each is False or each is None or each == ""
    if isinstance(each, bool) != isinstance(value, bool):
        return False
    return bool(each == value)
