"""Reading a tree by what may stand in it: known keys, forms of values, and faults that name their place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from stockrecon.config.yamltree import Entry, Items, Keys, Node, Refused, Scalar
from stockrecon.errors import Fault

T = TypeVar("T")
D = TypeVar("D")

Form: TypeAlias = Callable[[Node], T]
"""Understands one node; raises Wrong where it cannot."""


class Wrong(Exception):
    """A value that is not what its place asks for. `silent`: its fault is reported already."""

    def __init__(self, text: str, *, guess: str | None = None, silent: bool = False) -> None:
        super().__init__(text)
        self.text = f"{text} (did you mean {guess}?)" if guess else text
        self.silent = silent


class Faults:
    """All that is wrong with one file, in the order of its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._faults: list[Fault] = []
        self.warnings: list[str] = []

    def add(self, node: Node, path: str, text: str) -> None:
        self._faults.append(Fault(self.file, node.line, node.column, text, path))

    def extend(self, faults: Collection[Fault]) -> None:
        self._faults.extend(faults)

    def read(self, node: Node, path: str, form: Form[T]) -> T | None:
        """The node's value, or None and a fault."""
        try:
            return form(node)
        except Wrong as wrong:
            if not wrong.silent:
                self.add(node, path, wrong.text)
            return None

    def in_order(self) -> list[Fault]:
        return sorted(self._faults, key=lambda fault: (fault.line, fault.column))


class Section:
    """A mapping with known keys. Making one reports unknown and repeated keys; a null counts as an empty mapping.

    `known` None: any key may stand here (the options of a plug-in). `deeper`: keys that belong further inside, each
    with its right place, for whoever wrote one too far outside.
    """

    def __init__(
        self,
        faults: Faults,
        node: Node,
        path: str,
        known: Collection[str] | None,
        deeper: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.faults = faults
        self.node = node
        self.path = path
        self._entries: dict[str, Entry] = {}
        if isinstance(node, Keys):
            self._take(node, known, deeper)
        elif not isinstance(node, Refused) and not (isinstance(node, Scalar) and node.is_null):
            hint = f", such as {', '.join(tuple(known)[:3])}" if known else ""
            faults.add(node, path, f"keys expected{hint}, {kind_of(node)} found")

    def _take(self, node: Keys, known: Collection[str] | None, deeper: Mapping[str, str]) -> None:
        for entry in node.again:
            first = node.entries[entry.key.text].key
            self.faults.add(entry.key, self.at(entry.key.text), f"duplicate key, first on line {first.line}")
        for name, entry in node.entries.items():
            if known is not None and name not in known:
                self.faults.add(entry.key, self.at(name), f"unknown key{_hint(name, known, deeper)}")
            else:
                self._entries[name] = entry

    def at(self, key: str) -> str:
        """The path of a key of this mapping."""
        return f"{self.path}.{shown_key(key)}" if self.path else shown_key(key)

    def names(self) -> Iterator[str]:
        return iter(self._entries)

    def find(self, key: str) -> Node | None:
        """The value's node; None where the key is absent or null."""
        entry = self._entries.get(key)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.is_null):
            return None
        return entry.value

    def get(self, key: str, form: Form[T], default: D) -> T | D:
        """The value, or the default where the key is absent. A null has to be understood by the form."""
        entry = self._entries.get(key)
        if entry is None:
            return default
        value = self.faults.read(entry.value, self.at(key), form)
        return default if value is None else value

    def optional(self, key: str, form: Form[T]) -> T | None:
        """The value; None where the key is absent or null."""
        node = self.find(key)
        return None if node is None else self.faults.read(node, self.at(key), form)

    def need(self, key: str, form: Form[T], why: str = "") -> T | None:
        """The value; None, and a fault, where the key is missing or null."""
        entry = self._entries.get(key)
        if entry is None:
            if isinstance(self.node, Keys) or (isinstance(self.node, Scalar) and self.node.is_null):
                self.faults.add(self.node, self.at(key), f"missing{why}")
            return None
        if isinstance(entry.value, Scalar) and entry.value.is_null:
            self.faults.add(entry.key, self.at(key), f"has no value{why}")
            return None
        return self.faults.read(entry.value, self.at(key), form)

    def section(self, key: str, known: Collection[str]) -> Section:
        """The mapping under a key; an empty one where it is absent."""
        node = self._entries[key].value if key in self._entries else Keys(self.node.line, self.node.column, {})
        return Section(self.faults, node, self.at(key), known)

    def items(self, key: str) -> Iterator[tuple[Node, str]]:
        """The list under a key: each item with its path."""
        node = self.find(key)
        if isinstance(node, Items):
            yield from ((item, f"{self.at(key)}[{index}]") for index, item in enumerate(node.items))
        elif node is not None and not isinstance(node, Refused):
            self.faults.add(node, self.at(key), f"a list expected, {kind_of(node)} found")


def _hint(name: str, known: Collection[str], deeper: Mapping[str, str]) -> str:
    guess = nearest(name, known)
    if guess is None and (inner := nearest(name, deeper)) is not None:
        guess = deeper[inner]
    if guess is not None:
        return f" (did you mean {guess}?)"
    return f" (known here: {', '.join(known)})" if len(known) <= 12 else ""


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that was probably meant; `-`, `_` and case do not count."""
    folded = {_fold(name): name for name in sorted(known, reverse=True)}
    close = difflib.get_close_matches(_fold(word)[:60], list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def _fold(word: str) -> str:
    return word.casefold().replace("_", "-").replace(" ", "-")


def kind_of(node: Node) -> str:
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Keys):
        return "a mapping"
    return "nothing" if isinstance(node, Scalar) and node.is_null else "a text"


def shown_key(key: str) -> str:
    """A key for a path: short, on one line."""
    text = key if key.isprintable() and key else repr(key)
    return text if len(text) <= 60 else text[:57] + "..."
