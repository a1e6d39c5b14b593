"""The `query:` language of connections (reference: Shopify 1.3 and 1.8).

`field:value` with comparators, quotes, AND (also by a blank), OR, NOT or `-`, brackets. A field that a connection does
not search fails open: it matches everything and leaves a warning. So does what an unquoted time leaves over: its colons
end the value early, as they do on the real one, and `00:00Z` is then read as a field of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from stockrecon.sandbox.wire import Body, integer

R = TypeVar("R")
Value = str | int | datetime | bool | frozenset[str] | None
Docs = Mapping[str, Value]
"""What a search knows of one record: its values by field."""
_TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])|(?P<not>-)(?=\S)|(?:(?P<field>[A-Za-z0-9_.]+):)?(?P<compare>>=|<=|>|<|=)?"""
    r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^\s()'"]+)))"""
)
_RANGES = {">": "range_gt", ">=": "range_gte", "<": "range_lt", "<=": "range_lte"}
_PASSES: Mapping[str, Callable[[float], bool]] = {
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
}
MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields a connection searches, those that hold a time, and the values of those that know only a few.

    `default`: the fields that a bare word is looked for in.
    """

    names: frozenset[str]
    times: frozenset[str] = frozenset()
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    default: tuple[str, ...] = ()


@dataclass(slots=True)
class Search:
    """A query as it was understood: what it matches, and what Shopify tells of it beside the answer."""

    matches: Callable[[Docs], bool]
    parsed: Body
    warnings: list[Body]


@dataclass(slots=True)
class _Node:
    matches: Callable[[Docs], bool]
    parsed: Body


def read(text: str, fields: Fields) -> Search:
    """Understand a query; what cannot be understood is left out of it."""
    reader = _Reader(text, fields)
    node = reader.either(0)
    return Search(node.matches, node.parsed, reader.warnings)


class _Reader:
    def __init__(self, text: str, fields: Fields) -> None:
        self._fields = fields
        self._tokens = _tokens(text)
        self._at = 0
        self.warnings: list[Body] = []

    def _peek(self) -> re.Match[str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, *words: str) -> bool:
        token = self._peek()
        return token is not None and not token["field"] and (token["bare"] in words or token["bracket"] in words)

    def either(self, depth: int) -> _Node:
        nodes = [self._both(depth)]
        while self._is("OR"):
            self._at += 1
            nodes.append(self._both(depth))
        return nodes[0] if len(nodes) == 1 else _Node(
            lambda docs: any(node.matches(docs) for node in nodes), {"or": [node.parsed for node in nodes]}
        )  # fmt: skip

    def _both(self, depth: int) -> _Node:
        nodes: list[_Node] = []
        while self._peek() is not None and not self._is("OR", ")"):
            if self._is("AND"):
                self._at += 1
                continue
            nodes += self._one(depth)
        if len(nodes) == 1:
            return nodes[0]
        return _Node(lambda docs: all(node.matches(docs) for node in nodes), {"and": [node.parsed for node in nodes]})

    def _one(self, depth: int) -> list[_Node]:
        token = self._peek()
        self._at += 1
        if token is None or depth > MAX_DEPTH:
            return []
        if token["not"] or (token["bare"] == "NOT" and not token["field"]):
            return [_negated(node) for node in self._one(depth + 1)]
        if token["bracket"] == "(":
            node = self.either(depth + 1)
            if self._is(")"):
                self._at += 1
            return [node]
        if token["bracket"]:
            return []
        return self._terms(token)

    def _terms(self, token: re.Match[str]) -> list[_Node]:
        name, compare = token["field"] or "default", token["compare"] or ""
        quoted = token["single"] if token["single"] is not None else token["double"]
        if quoted is not None:
            return [self._term(name, compare, quoted, exact=True)]
        bare = token["bare"]
        left_over = re.search(r":([^:]*):([^:]*)$", bare) if token["field"] else None
        nodes = [self._term(name, compare, bare, exact=False)]
        return [*nodes, self._term(left_over[1], "", left_over[2], exact=False)] if left_over else nodes

    def _term(self, name: str, compare: str, value: str, *, exact: bool) -> _Node:
        how = _RANGES.get(compare, "match_phrase" if exact else "match_all")
        parsed: Body = {"field": name, how: value}
        if name == "default":
            wanted = value.lower()
            return _Node(lambda docs: any(wanted in str(docs.get(one)).lower() for one in self._fields.default), parsed)
        if name not in self._fields.names:
            self._warn(name, "Invalid search field for this query.", "invalid_field")
            return _Node(lambda docs: True, parsed)
        known = self._fields.choices.get(name)
        if known is not None and value.lower() not in known:
            self._warn(name, f"Input `{value}` is not an accepted value.", "invalid_value")
            return _Node(lambda docs: False, parsed)
        if name in self._fields.times:
            return self._moment(name, compare, value, parsed)
        return _Node(lambda docs: _fits(docs.get(name), compare, value), parsed)

    def _moment(self, name: str, compare: str, value: str, parsed: Body) -> _Node:
        when, whole_day = _time(value)
        if when is None:
            self._warn(name, f"Input `{value}` is not an accepted value.", "invalid_value")
            return _Node(lambda docs: False, parsed)

        def matches(docs: Docs) -> bool:
            known = docs.get(name)
            if not isinstance(known, datetime):
                return False
            if compare in _PASSES:
                return _PASSES[compare]((known.replace(microsecond=0) - when).total_seconds())
            return known.date() == when.date() if whole_day else known.replace(microsecond=0) == when

        return _Node(matches, parsed)

    def _warn(self, name: str, message: str, code: str) -> None:
        self.warnings.append({"field": name, "message": message, "code": code})


def _tokens(text: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            at += 1
            continue
        found.append(token)
        at = token.end()
    return found


def _negated(node: _Node) -> _Node:
    return _Node(lambda docs: not node.matches(docs), {"not": node.parsed})


def _time(text: str) -> tuple[datetime | None, bool]:
    """A time, UTC without an offset, and whether only its day was given."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None, False
    return (when if when.tzinfo else when.replace(tzinfo=UTC)), len(text) == len("2026-11-11")


def _fits(known: Value, compare: str, wanted: str) -> bool:
    if isinstance(known, frozenset):
        return any(_fits(one, compare, wanted) for one in known)
    if isinstance(known, bool):
        return wanted.lower() == str(known).lower()
    if isinstance(known, int):
        number = integer(wanted.rpartition("/")[2])
        return number is not None and (_PASSES[compare](known - number) if compare in _PASSES else known == number)
    if known is None:
        return False
    have, want = str(known).lower(), wanted.lower()
    return have.startswith(want[:-1]) if want.endswith("*") else have == want
