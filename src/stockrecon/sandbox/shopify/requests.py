"""One GraphQL request from its body to its answer (reference: Shopify 1.1 to 1.3).

Read, check, weigh, pay, carry out, give back what was not used. Whatever goes wrong is HTTP 200 with `errors`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, value_from_ast_untyped

from stockrecon.sandbox.shopify import variables
from stockrecon.sandbox.shopify.cost import MAX_COST, Costing
from stockrecon.sandbox.shopify.documents import Document
from stockrecon.sandbox.shopify.world import World
from stockrecon.sandbox.wire import Body, Call

MAX_INPUT = 250
_LIMITS_PAGE = "https://shopify.dev/api/usage/rate-limits"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's body: the text, its variables, and which operation of it is meant."""

    text: str
    variables: Mapping[str, object]
    operation: str | None


def read_body(call: Call) -> Asked | None:
    """What a body asks for; None where it is no GraphQL request at all."""
    if call.content_type.startswith("application/graphql"):
        return Asked(call.body.decode("utf-8", "replace"), {}, None)
    try:
        body = json.loads(call.body or b"null")
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return None
    given, name = body.get("variables"), body.get("operationName")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return None
    return Asked(body["query"], given if isinstance(given, dict) else {}, name if isinstance(name, str) else None)


def first_field(world_documents: Any, asked: Asked) -> str:
    """The first root field that a request asks for: what it is about, in a word."""
    document = world_documents.read(asked.text)
    operation = document.operation(asked.operation) if isinstance(document, Document) else None
    if operation is None:
        return ""
    for one in operation.selection_set.selections:
        name = getattr(one, "name", None)
        if name is not None:
            return str(name.value)
    return ""


def answer(world: World, asked: Asked) -> Body:
    """The body of the answer."""
    desk = world.desk
    schema = desk.schema(world.version)
    document = desk.documents.read(asked.text)
    if not isinstance(document, Document):
        return {"errors": [document]}
    faults = desk.documents.faults(schema, asked.text, document)
    if faults:
        return {"errors": faults}
    operation = document.operation(asked.operation)
    if operation is None:
        text = "An operation name is required" if asked.operation is None else "No operation of this name"
        return {"errors": [{"message": text, "extensions": {"code": "BAD_REQUEST"}}]}
    faults = variables.faults(schema, operation, asked.variables)
    if faults:
        return {"errors": faults}
    given = {**_defaults(operation), **asked.variables}
    costing = Costing(schema, operation, document.fragments, given)
    return _paid(world, document, operation, dict(asked.variables), costing)


def _defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    return {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }


def _paid(
    world: World, document: Document, operation: OperationDefinitionNode, given: dict[str, object], costing: Costing
) -> Body:
    bucket, requested = world.desk.points(), costing.requested()
    if requested > MAX_COST:
        return {"errors": [_too_dear(requested)]}
    too_many = _too_many(operation, costing.variables)
    if too_many is not None:
        return {"errors": [too_many], "extensions": {"cost": bucket.shown(requested, None, world.now)}}
    if not bucket.charge(requested, world.now):
        return throttled(bucket.shown(requested, None, world.now))
    name = operation.name.value if operation.name else None
    done = world.desk.run(document, name, given, world)
    data = done.data
    actual = min(requested, costing.actual(data)) if data is not None else min(requested, 2)
    bucket.refund(requested - actual)
    body: Body = {"errors": [_error(error) for error in done.errors]} if done.errors else {}
    extensions: Body = {"cost": bucket.shown(requested, actual, world.now)}
    if world.searches:
        extensions["search"] = world.searches
    return {**body, "data": data, "extensions": extensions}


def throttled(cost: Body) -> Body:
    """There are not enough points; nothing was charged and nothing was done."""
    error: Body = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": _LIMITS_PAGE}}
    return {"errors": [error], "extensions": {"cost": cost}}


def _too_dear(cost: int) -> Body:
    text = (
        f"Query cost is {cost}, which exceeds the single query max cost limit ({MAX_COST}).\n\n"
        f"See {_LIMITS_PAGE} for more information on how the\ncost of a query is calculated.\n\n"
        "To query larger amounts of data with fewer limits, bulk operations should be used instead.\n"
        "See https://shopify.dev/api/usage/bulk-operations/queries for usage details.\n"
    )
    more: Body = {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MAX_COST, "documentation": _LIMITS_PAGE}
    return {"message": text, "extensions": more}


def _error(error: GraphQLError) -> Body:
    locations = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    extensions = dict(error.extensions or {}) or {"code": "INTERNAL_SERVER_ERROR"}
    message = error.message if error.extensions else "Something went wrong"
    return {"message": message, "locations": locations, "extensions": extensions, "path": error.path or []}


# Arrays that are too long


def _too_many(operation: OperationDefinitionNode, given: Mapping[str, object]) -> Body | None:
    """An input array of more than 250 anywhere: nothing at all is done (reference: Shopify 1.3)."""
    for field in operation.selection_set.selections:
        for argument in getattr(field, "arguments", None) or ():
            value = value_from_ast_untyped(argument.value, dict(given))
            name = getattr(field, "name").value  # noqa: B009 - only fields have arguments
            for path, size in _arrays(value, (name, argument.name.value)):
                if size > MAX_INPUT:
                    text = f"The input array size of {size} is greater than the maximum allowed of {MAX_INPUT}."
                    place = field.loc.start_token if field.loc else None
                    locations = [{"line": place.line, "column": place.column}] if place else []
                    more: Body = {"code": "MAX_INPUT_SIZE_EXCEEDED"}
                    return {"message": text, "locations": locations, "path": list(path), "extensions": more}
    return None


def _arrays(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    if isinstance(value, list):
        yield path, len(value)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _arrays(part, (*path, str(name)))
