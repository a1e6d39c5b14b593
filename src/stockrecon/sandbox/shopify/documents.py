"""Documents before they are carried out: parsed, kept, and where each of their nodes stands."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Lexer,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    parse,
)

from stockrecon.sandbox.shopify.checking import faults, said
from stockrecon.sandbox.wire import Body

MAX_TOKENS = 20_000
_KEPT = 200
K = TypeVar("K")
V = TypeVar("V")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text, and where each of its nodes stands."""

    tree: DocumentNode
    paths: Mapping[int, Path]

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return {node.name.value: node for node in self.tree.definitions if isinstance(node, FragmentDefinitionNode)}

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The one that is to be carried out: by its name, or the only one."""
        all_of_them = [node for node in self.tree.definitions if isinstance(node, OperationDefinitionNode)]
        if name is None:
            return all_of_them[0] if len(all_of_them) == 1 else None
        return next((one for one in all_of_them if one.name and one.name.value == name), None)


class Documents:
    """Parses and checks texts; what was understood once is kept, because clients send the same texts time and again."""

    def __init__(self) -> None:
        self._parsed: OrderedDict[str, Document | Body] = OrderedDict()
        self._checked: OrderedDict[tuple[int, str], list[Body]] = OrderedDict()

    def read(self, text: str) -> Document | Body:
        """The document, or the error that Shopify answers."""
        return _kept(self._parsed, text, lambda: _read(text))

    def faults(self, schema: GraphQLSchema, text: str, document: Document) -> list[Body]:
        """What the schema has against it."""
        return _kept(self._checked, (id(schema), text), lambda: faults(schema, document.tree, document.paths))


def _kept(cache: OrderedDict[K, V], key: K, make: Callable[[], V]) -> V:
    if key not in cache:
        cache[key] = make()
        if len(cache) > _KEPT:
            cache.popitem(last=False)
    return cache[key]


def _read(text: str) -> Document | Body:
    try:
        tree = parse(text, max_tokens=MAX_TOKENS)
        hollow = next(_hollow(tree), None)
        if hollow is None:
            return Document(tree, dict(_places(tree)))
    except GraphQLSyntaxError as fault:
        words = fault.message.removeprefix("Syntax Error: ").rstrip(".")
        if "<EOF>" in words:
            return _broken("unexpected end of file", *_last_token(text))
        where = fault.locations[0] if fault.locations else None
        return _broken(words[:1].lower() + words[1:], where.line if where else 1, where.column if where else 1)
    except RecursionError:
        return _broken("nested too deep", 1, 1)
    end = hollow.loc.end_token if hollow.loc else None
    return _broken("unexpected '}'", end.line if end else 1, end.column if end else 1)


def _broken(words: str, line: int, column: int) -> Body:
    text = f"syntax error, {words} at [{line}, {column}]"
    return said(text, [{"line": line, "column": column}], None, {"code": "PARSE_ERROR"})


def _last_token(text: str) -> tuple[int, int]:
    """Where the last thing begins that a text says, as far as it can be read: `1.` ends within a number."""
    lexer, place = Lexer(Source(text)), (1, 1)
    with suppress(GraphQLSyntaxError):
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            place = token.line, token.column
    return place


def _hollow(node: Any) -> Iterator[SelectionSetNode]:
    """Selections of nothing, which one release of graphql-core lets pass."""
    for part in node.definitions if isinstance(node, DocumentNode) else node.selections:
        below = getattr(part, "selection_set", None)
        if below is not None and not below.selections:
            yield below
        elif below is not None:
            yield from _hollow(below)


# Where a node stands: operation, then fields, fragments and arguments by their names


def _places(tree: DocumentNode) -> Iterator[tuple[int, Path]]:
    for node in tree.definitions:
        if isinstance(node, OperationDefinitionNode):
            name = f" {node.name.value}" if node.name else ""
            path: Path = (f"{node.operation.value}{name}",)
            yield id(node), path
            yield from ((id(one), path) for one in node.variable_definitions or ())
            yield from _below(node, path)
        elif isinstance(node, FragmentDefinitionNode):
            path = (f"fragment {node.name.value}",)
            yield id(node), path
            yield from _below(node, path)


def _below(node: Any, path: Path) -> Iterator[tuple[int, Path]]:
    for directive in node.directives or ():
        yield id(directive), path
    for argument in getattr(node, "arguments", None) or ():
        yield id(argument), (*path, argument.name.value)
        yield from _inside(argument.value, (*path, argument.name.value))
    chosen = getattr(node, "selection_set", None)
    for child in chosen.selections if chosen is not None else ():
        own = (*path, *_step(child))
        yield id(child), own
        yield from _below(child, own)


def _step(node: Node) -> Path:
    if isinstance(node, FieldNode):
        return ((node.alias or node.name).value,)
    if isinstance(node, InlineFragmentNode):
        return (f"... on {node.type_condition.name.value}",) if node.type_condition else ("...",)
    return ()


def _inside(value: Node, path: Path) -> Iterator[tuple[int, Path]]:
    yield id(value), path
    if isinstance(value, ObjectValueNode):
        for one in value.fields:
            yield id(one), (*path, one.name.value)
            yield from _inside(one.value, (*path, one.name.value))
    elif isinstance(value, ListValueNode):
        for place, entry in enumerate(value.values):
            yield from _inside(entry, (*path, place))
