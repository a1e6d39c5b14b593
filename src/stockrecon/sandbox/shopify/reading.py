"""Reads a whole answer for a bulk query, without the checks that graphql-core makes of every single value.

A bulk query has no variables and was checked before; what it reads may be a hundred thousand objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    is_leaf_type,
)

from stockrecon.sandbox.shopify.documents import Document
from stockrecon.sandbox.shopify.world import World
from stockrecon.sandbox.wire import Body


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: the one around it, and its name in the answer."""

    prev: Place | None
    key: str

    def as_list(self) -> list[str]:
        return [*(self.prev.as_list() if self.prev else []), self.key]


@dataclass(frozen=True, slots=True)
class Info:
    """As much of graphql-core's own as the resolvers look at."""

    context: World
    path: Place
    schema: GraphQLSchema
    field_nodes: list[FieldNode]


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a selection, ready to be read of any number of objects."""

    key: str
    name: str
    resolve: Callable[..., object] | None
    args: dict[str, Any]
    kind: GraphQLNamedType
    chosen: SelectionSetNode | None
    info: Info


class Reader:
    """Reads for one world. Raises what resolvers raise."""

    def __init__(self, schema: GraphQLSchema, document: Document, world: World) -> None:
        self._schema, self._fragments, self._world = schema, document.fragments, world
        self._plans: dict[tuple[int, str], list[_Field]] = {}

    def read(self, operation: OperationDefinitionNode) -> Body:
        root = self._schema.query_type
        return self._object(None, root, operation.selection_set, None) if root is not None else {}

    def _object(
        self, source: object, kind: GraphQLObjectType, chosen: SelectionSetNode, place: Place | None
    ) -> dict[str, object]:
        plan = self._plans.get((id(chosen), kind.name))
        if plan is None:
            plan = self._plans[id(chosen), kind.name] = self._planned(kind, chosen, place)
        return {field.key: self._value(self._of(field, source), field) for field in plan}

    def _of(self, field: _Field, source: object) -> object:
        if field.resolve is not None:
            return field.resolve(source, field.info, **field.args)
        return source.get(field.name) if isinstance(source, dict) else None

    def _value(self, value: object, field: _Field) -> object:
        if value is None or field.chosen is None:
            return value
        if isinstance(value, list | tuple):
            return [self._value(one, field) for one in value]
        kind = field.kind
        if isinstance(kind, GraphQLInterfaceType) and kind.resolve_type is not None:
            kind = self._schema.type_map[str(kind.resolve_type(value, None, kind))]  # type: ignore[arg-type]
        return self._object(value, kind, field.chosen, field.info.path) if isinstance(kind, GraphQLObjectType) else None

    def _planned(self, kind: GraphQLObjectType, chosen: SelectionSetNode, place: Place | None) -> list[_Field]:
        found: dict[str, _Field] = {}
        for one in self._nodes(kind, chosen):
            key = (one.alias or one.name).value
            declared = kind.fields.get(one.name.value)
            if declared is None:
                continue
            named = get_named_type(declared.type)
            info = Info(self._world, Place(place, key), self._schema, [one])
            args = get_argument_values(declared, one, {})  # type: ignore[arg-type]
            below = None if is_leaf_type(named) else one.selection_set
            found[key] = _Field(key, one.name.value, declared.resolve, args, named, below, info)
        return list(found.values())

    def _nodes(self, kind: GraphQLObjectType, chosen: SelectionSetNode) -> list[FieldNode]:
        nodes: list[FieldNode] = []
        for one in chosen.selections:
            if isinstance(one, FieldNode):
                nodes.append(one)
                continue
            inner: Any = one if isinstance(one, InlineFragmentNode) else self._fragments[one.name.value]  # type: ignore[attr-defined]
            condition = inner.type_condition
            if condition is None or self._is(kind, condition.name.value):
                nodes += self._nodes(kind, inner.selection_set)
        return nodes

    def _is(self, kind: GraphQLObjectType, name: str) -> bool:
        return kind.name == name or any(one.name == name for one in kind.interfaces)
