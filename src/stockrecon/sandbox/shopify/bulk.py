"""Bulk queries: which are taken, and how their objects become lines (reference: Shopify 1.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
)

from stockrecon.sandbox.shopify.documents import Document
from stockrecon.sandbox.shopify.faults import UserError
from stockrecon.sandbox.shopify.jobs import JobRow
from stockrecon.sandbox.wire import Body

MAX_TEXT = 65_535
MAX_CONNECTIONS = 5
MAX_DEPTH = 2
AT_ONCE = 5
"""Bulk queries of one app and shop at a time."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A connection in a bulk query: its field, how deep it is nested, whether a list holds it, what holds it."""

    field: FieldNode
    depth: int
    in_list: bool
    owner: _Seen | None


def refusals(schema: GraphQLSchema, document: Document) -> list[UserError]:
    """Why a document that the schema has nothing against cannot be run in bulk; empty where it can."""
    operation = document.operation(None)
    if operation is None or operation.operation is not OperationType.QUERY:
        return [_invalid("Invalid operation type. Only `query` operations are supported.")]
    root = schema.query_type
    roots = [one.name.value for one in _fields(document, operation.selection_set)]
    seen = list(_connections(document, operation.selection_set, root, None, in_list=False))
    errors = [_invalid(f"Bulk queries cannot contain a top level `{name}` field.") for name in ("node", "nodes")
              if name in roots]  # fmt: skip
    if not seen:
        errors.append(_invalid("Bulk queries must contain at least one connection."))
    if len(seen) > MAX_CONNECTIONS:
        errors.append(_invalid(f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections."))
    if any(one.depth > MAX_DEPTH for one in seen):
        text = f"Bulk queries cannot contain connections with a nesting depth greater than {MAX_DEPTH}."
        errors.append(_invalid(text))
    if any(one.in_list for one in seen):
        text = "Queries that contain a connection field within a list field are not currently supported."
        errors.append(_invalid(text))
    return errors + _of_shape(document, seen)


def _of_shape(document: Document, seen: Sequence[_Seen]) -> list[UserError]:
    errors: list[UserError] = []
    flat = [one.field.name.value for one in seen if "nodes" in _names(document, one.field.selection_set)]
    if flat:
        text = (
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
            f"'{flat[0]} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. "
        )
        errors.append(_invalid(f"{text}Invalid connection fields: {_listed(flat)}."))
    owners = [one.owner for one in seen if one.owner is not None]
    nameless = dict.fromkeys(one.field.name.value for one in owners if not _has_id(document, one.field))
    if nameless:
        text = (
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be "
            f"of 'ID' return type. Connection fields without 'id': {', '.join(nameless)}."
        )
        errors.append(_invalid(text))
    return errors


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))


def _invalid(text: str) -> UserError:
    return UserError("INVALID", text, ("query",))


def _fields(document: Document, chosen: SelectionSetNode | None) -> Iterator[FieldNode]:
    for one in chosen.selections if chosen is not None else ():
        if isinstance(one, FieldNode):
            yield one
        else:
            inner: Any = one if isinstance(one, InlineFragmentNode) else document.fragments[one.name.value]  # type: ignore[attr-defined]
            yield from _fields(document, inner.selection_set)


def _names(document: Document, chosen: SelectionSetNode | None) -> set[str]:
    return {one.name.value for one in _fields(document, chosen)}


def _has_id(document: Document, connection: FieldNode) -> bool:
    node = _node_of(document, connection)
    return node is None or any(
        one.name.value == "id" and one.alias is None for one in _fields(document, node.selection_set)
    )


def _node_of(document: Document, connection: FieldNode) -> FieldNode | None:
    for edges in _fields(document, connection.selection_set):
        if edges.name.value == "edges":
            for node in _fields(document, edges.selection_set):
                if node.name.value == "node":
                    return node
    return None


def _connections(
    document: Document, chosen: SelectionSetNode | None, parent: Any, owner: _Seen | None, *, in_list: bool
) -> Iterator[_Seen]:
    for one in _fields(document, chosen):
        declared = parent.fields.get(one.name.value) if isinstance(parent, GraphQLObjectType) else None
        if declared is None or one.selection_set is None:
            continue
        kind = get_named_type(declared.type)
        if kind.name.endswith("Connection"):
            own = _Seen(one, owner.depth + 1 if owner else 0, in_list, owner)
            yield own
            yield from _connections(document, one.selection_set, kind, own, in_list=False)
        else:
            listed = in_list or (_is_list(declared.type) and one.name.value not in ("edges", "nodes"))
            yield from _connections(document, one.selection_set, kind, owner, in_list=listed)


def _is_list(kind: Any) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


# Lines


def rows(data: Body) -> Iterator[JobRow]:
    """Every node of an answer as a row, with all that is no connection. Its parent is the node that holds it, also
    where an object is between the two: of levels inside a variant's item the variant, as real files have it.
    """
    nested: list[object] = []
    _without(data, nested)
    for connection in nested:
        yield from _of_connection(connection, "")


def _of_connection(value: object, parent: str) -> Iterator[JobRow]:
    for edge in value["edges"] if isinstance(value, dict) else ():
        node = edge.get("node") if isinstance(edge, dict) else None
        if isinstance(node, dict):
            nested: list[object] = []
            yield JobRow(_without(node, nested), parent)
            for part in nested:
                yield from _of_connection(part, str(node.get("id", "")))


def _without(thing: Body, nested: list[object]) -> Body:
    """The object less its connections, which are added to `nested`. Lists are never searched: they hold none."""
    found: Body = {}
    for name, part in thing.items():
        if _is_connection(part):
            nested.append(part)
        else:
            found[name] = _without(part, nested) if isinstance(part, dict) else part
    return found


def _is_connection(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("edges"), list)
