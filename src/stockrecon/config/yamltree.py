"""YAML text to a tree that still knows where everything stood.

Only PyYAML's scanner and parser are used: their events build the tree here, without recursion, and no scalar is
ever turned into a number, a date or a truth value (`00123`, `1_000`, `12:30`, `no` stay what was written). Anchors,
aliases, tags and several documents are refused: a configuration needs none of them, and they hide what a file says.
No text of a value is repeated in a fault, because the value may be a secret.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from stockrecon.errors import ConfigFault, Fault

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text. `plain`: written without quotes, so that it may also mean null, a number, true or false."""

    line: int
    column: int
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Keys:
    """A mapping. `again` are the entries whose key stood before; the first one counts."""

    line: int
    column: int
    entries: Mapping[str, Entry]
    again: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A place whose fault is already reported (an alias, a tag): whoever meets it says nothing more."""

    line: int
    column: int


Node: TypeAlias = Scalar | Items | Keys | Refused


@dataclass(frozen=True, slots=True)
class Tree:
    root: Node
    faults: tuple[Fault, ...]


def parse(data: bytes, file: str) -> Tree:
    """The file's tree, and the faults that did not keep it from being read.

    `file` is the name that faults give. Raises ConfigFault where there is no tree: not UTF-8, not YAML, larger than
    1 MiB, nested deeper than 20 levels.
    """
    if len(data) > MAX_BYTES:
        raise ConfigFault([Fault(file, 0, 0, f"larger than {MAX_BYTES} bytes, which is the limit")])
    text = _decode(data, file)
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.reader.ReaderError as error:
        line, column = _place(text, error.position)
        raise ConfigFault([Fault(file, line, column, "a control character does not belong in YAML")]) from None
    except yaml.MarkedYAMLError as error:
        raise ConfigFault([*builder.faults, _syntax(error, text, file)]) from None
    return Tree(builder.root or Scalar(1, 1, "", True), tuple(builder.faults))


def _decode(data: bytes, file: str) -> str:
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise ConfigFault([Fault(file, line, column, "not UTF-8; save the file as UTF-8")]) from None


def _place(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column, found = 0, 0, ""
    if mark is not None:
        line, column, found = mark.line + 1, mark.column + 1, text[mark.index : mark.index + 1]
    problem = error.problem or "it cannot be understood"
    if found == "\t" and "cannot start any token" in problem:
        problem = "a tab cannot indent; use spaces"
    elif "tag" in problem or "directive" in problem:
        # The parser's own words would repeat the tag, which may be the beginning of a secret without quotes.
        problem = "tags (!) and directives (%) are not used here; a text that begins with such a sign needs quotes"
    elif "anchor" in (error.context or "") or "alias" in (error.context or ""):
        problem = "a text that begins with & or * needs quotes"
    return Fault(file, line, column, f"not YAML: {problem}")


class _Open:
    """A list or mapping that is being filled."""

    __slots__ = ("children", "column", "is_map", "line")

    def __init__(self, line: int, column: int, is_map: bool) -> None:
        self.line = line
        self.column = column
        self.is_map = is_map
        self.children: list[Node] = []


class _Builder:
    """Builds the tree from the parser's events, with a stack of its own."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.root: Node | None = None
        self._stack: list[_Open] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise ConfigFault([*self.faults, Fault(self.file, line, column, "a second document; only one is read")])
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(line, column, "aliases (*) are not used here; a text that begins with * needs quotes")
            self._put(Refused(line, column))
        elif isinstance(event, yaml.ScalarEvent):
            refused = self._marked(event, line, column)
            plain = event.style is None or event.style == ""
            self._put(Refused(line, column) if refused else Scalar(line, column, event.value, plain))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._marked(event, line, column)
            if len(self._stack) >= MAX_DEPTH:
                text = f"nested deeper than {MAX_DEPTH} levels, which is the limit"
                raise ConfigFault([*self.faults, Fault(self.file, line, column, text)])
            self._stack.append(_Open(line, column, isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._put(self._close(self._stack.pop()))

    def _marked(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int, column: int) -> bool:
        """True, and a fault, where an anchor or a tag stands before the value."""
        if event.anchor is not None:
            self._refuse(line, column, "anchors (&) are not used here; a text that begins with & needs quotes")
        if event.tag is not None:
            self._refuse(line, column, "tags (!) are not used here; a text that begins with ! needs quotes")
        return event.anchor is not None or event.tag is not None

    def _refuse(self, line: int, column: int, text: str) -> None:
        self.faults.append(Fault(self.file, line, column, text))

    def _put(self, node: Node) -> None:
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self.root = node

    def _close(self, done: _Open) -> Node:
        if not done.is_map:
            return Items(done.line, done.column, tuple(done.children))
        entries: dict[str, Entry] = {}
        again: list[Entry] = []
        for key, value in zip(done.children[::2], done.children[1::2], strict=True):
            if not isinstance(key, Scalar):
                if not isinstance(key, Refused):
                    self._refuse(key.line, key.column, "a key has to be a text, not a list or a mapping")
                continue
            if key.text in entries:
                again.append(Entry(key, value))
            else:
                entries[key.text] = Entry(key, value)
        return Keys(done.line, done.column, entries, tuple(again))
