"""The price of a query by walking its document: the vendor's formula, apart from what the client computes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    is_leaf_type,
    parse,
)

FREE = ("edges", "nodes", "pageInfo")


def points(schema: GraphQLSchema, query: str, variables: Mapping[str, object]) -> int:
    """What a document asks for: at least 1; a mutation 10 and what its payload's objects cost beyond themselves."""
    (operation,) = (each for each in parse(query).definitions if isinstance(each, OperationDefinitionNode))
    if operation.operation is OperationType.MUTATION:
        root = schema.mutation_type
        assert root is not None
        (field,) = operation.selection_set.selections
        assert isinstance(field, FieldNode)
        payload = get_named_type(root.fields[field.name.value].type)
        costs = (_field(schema, payload, each, variables) for each in _selected(field))
        return 10 + sum(cost - 1 for cost in costs if cost)
    assert schema.query_type is not None
    return max(1, _children(schema, schema.query_type, operation, variables))


def _selected(node: object) -> list[object]:
    chosen = node.selection_set  # type: ignore[attr-defined]
    return list(chosen.selections) if chosen else []


def _children(schema: GraphQLSchema, kind: object, node: object, variables: Mapping[str, object]) -> int:
    total, dearest = 0, 0
    for each in _selected(node):
        if isinstance(each, InlineFragmentNode):
            assert each.type_condition is not None
            of = schema.type_map[each.type_condition.name.value]
            dearest = max(dearest, _children(schema, of, each, variables))
        else:
            total += _field(schema, kind, each, variables)
    return total + dearest


def _field(schema: GraphQLSchema, kind: object, field: object, variables: Mapping[str, object]) -> int:
    assert isinstance(field, FieldNode)
    assert hasattr(kind, "fields")
    name = field.name.value
    returned = get_named_type(kind.fields[name].type)
    if returned.name == "Count":
        return 10
    if is_leaf_type(returned):
        return 0
    if name in FREE and str(getattr(kind, "name", "")).endswith(("Connection", "Edge")):
        return 0 if name == "pageInfo" else _children(schema, returned, field, variables)
    inner = _children(schema, returned, field, variables)
    if isinstance(returned, GraphQLObjectType) and returned.name.endswith("Connection"):
        rows = next((_number(a.value, variables) for a in field.arguments if a.name.value == "first"), 1)
        return 2 + (max(1, math.floor(2 * math.log(rows))) if rows > 1 else 1) * (1 + inner)
    return 1 + inner


def _number(value: object, variables: Mapping[str, object]) -> int:
    if isinstance(value, VariableNode):
        return int(str(variables[value.name.value]))
    assert isinstance(value, IntValueNode)
    return int(value.value)
