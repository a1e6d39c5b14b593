"""Variables against their types: every fault by its path, in one error (reference: Shopify 1.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    is_input_type,
    is_required_input_field,
    print_ast,
    type_from_ast,
)

from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.shopify.checking import said
from stockrecon.sandbox.wire import Body

Step = str | int
Problem = tuple[tuple[Step, ...], str]


def faults(schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, object]) -> list[Body]:
    """What is wrong with the variables: an INVALID_VARIABLE error for each that is."""
    found: list[Body] = []
    for definition in operation.variable_definitions or ():
        kind = type_from_ast(schema, definition.type)
        if kind is None or not is_input_type(kind):
            continue
        name = definition.variable.name.value
        if name not in given and (definition.default_value is not None or not isinstance(kind, GraphQLNonNull)):
            continue
        value = given.get(name)
        problems = list(_problems(value, kind, ()))
        if problems:
            found.append(_error(definition, value, problems))
    return found


def _error(definition: VariableDefinitionNode, value: object, problems: list[Problem]) -> Body:
    told = [_explained(path, text) for path, text in problems if path]
    tail = f" for {', '.join(told)}" if told else ""
    text = f"Variable ${definition.variable.name.value} of type {print_ast(definition.type)} was provided invalid value"
    place = definition.loc.start_token if definition.loc else None
    locations: list[Body] = [{"line": place.line, "column": place.column}] if place else []
    rows: list[Body] = [{"path": list(path), "explanation": text} for path, text in problems]
    return said(text + tail, locations, None, {"code": "INVALID_VARIABLE", "value": value, "problems": rows})


def _explained(path: tuple[Step, ...], text: str) -> str:
    return f"{'.'.join(str(step) for step in path)} ({text})"


def _problems(value: object, kind: GraphQLInputType, path: tuple[Step, ...]) -> Iterator[Problem]:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            yield path, "Expected value to not be null"
            return
        kind = kind.of_type
    if value is None:
        return
    if isinstance(kind, GraphQLList):
        entries = value if isinstance(value, list) else [value]
        for place, entry in enumerate(entries):
            yield from _problems(entry, kind.of_type, (*path, place) if isinstance(value, list) else path)
    elif isinstance(kind, GraphQLInputObjectType):
        yield from _of_object(value, kind, path)
    elif isinstance(kind, GraphQLEnumType):
        if value not in kind.values:
            yield path, f"Expected {json.dumps(value)} to be one of: {', '.join(kind.values)}"
    elif isinstance(kind, GraphQLScalarType):
        yield from _of_scalar(value, kind, path)


def _of_object(value: Any, kind: GraphQLInputObjectType, path: tuple[Step, ...]) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, f"Expected {json.dumps(value)} to be a key-value object."
        return
    for name in value:
        if name not in kind.fields:
            yield (*path, name), f"Field is not defined on {kind.name}"
    for name, field in kind.fields.items():
        if name in value or is_required_input_field(field):
            yield from _problems(value.get(name), field.type, (*path, name))


def _of_scalar(value: object, kind: GraphQLScalarType, path: tuple[Step, ...]) -> Iterator[Problem]:
    if kind.name == "ID" and isinstance(value, str):
        if gids.parse(value) is None:
            yield path, f"Invalid global id '{value}'"
        return
    try:
        kind.parse_value(value)
    except GraphQLError:
        yield path, f"Could not coerce value {json.dumps(value)} to {kind.name}"
