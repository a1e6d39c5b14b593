"""What a document costs, and the bucket of points that it is paid from (reference: Shopify 1.2).

What is asked for is charged beforehand; what was not used of it is given back. An object is a point, a list of objects
is one too; a connection is two and, for each row asked for, less and less; a mutation is ten and what its payload holds
beyond one level. Of what really came, a connection costs its share: measured on recorded answers, of which this
reproduces more than half exactly and nearly all others within a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from stockrecon.sandbox.wire import Body

MAX_COST = 1000
"""Points that one query may ask for, however full the bucket is."""
MAXIMUM, RESTORED = 2000.0, 100.0
"""The bucket of a shop on the standard plan, and what it gains in a second."""
MUTATION = 10
COUNTED = 10
"""Points of a field that counts, `...Count`."""
_NOTHING = object()


def weight(rows: int) -> int:
    """What so many rows of a connection count: 1, 1, 2, 2, 3 ... 11 for 250."""
    return max(1, math.floor(2 * math.log(rows))) if rows > 0 else 0


@dataclass(frozen=True, slots=True)
class Costing:
    """Reckons one operation; `variables` are those that were given and the defaults of the others."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, object]

    def requested(self) -> int:
        """What it may cost at most."""
        return self._operation(_NOTHING)

    def actual(self, data: object) -> int:
        """What it cost, by what came."""
        return self._operation(data)

    def _operation(self, data: object) -> int:
        root = self.schema.get_root_type(self.operation.operation)
        chosen = self.operation.selection_set
        if self.operation.operation is OperationType.MUTATION and root is not None:
            return sum(self._mutation(field, root, data) for field in self._fields(chosen))
        return max(1, self._selection(chosen, root, data))

    def _mutation(self, field: FieldNode, root: GraphQLObjectType, data: object) -> int:
        """Payloads are free themselves; each object in one costs what it holds."""
        kind = _kind_of(root, field)
        if not isinstance(kind, GraphQLObjectType) or field.selection_set is None:
            return MUTATION
        value = _at(data, field)
        parts = (self._field(one, kind, value) - 1 for one in self._fields(field.selection_set) if one.selection_set)
        return MUTATION + sum(max(0, part) for part in parts)

    def _selection(self, chosen: SelectionSetNode | None, kind: GraphQLNamedType | None, value: object) -> int:
        """All fields that every object has; of what only some have, the dearest."""
        if chosen is None or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            return 0
        common, branches = 0, [0]
        for one in chosen.selections:
            if isinstance(one, FieldNode):
                common += self._field(one, kind, value)
                continue
            inner = one if isinstance(one, InlineFragmentNode) else self.fragments[one.name.value]  # type: ignore[attr-defined]
            condition = inner.type_condition
            own = self.schema.get_type(condition.name.value) if condition is not None else kind
            cost = self._selection(inner.selection_set, own, value)
            if own is kind or isinstance(kind, GraphQLObjectType):
                common += cost
            else:
                branches.append(cost)
        return common + max(branches)

    def _field(self, field: FieldNode, parent: GraphQLNamedType, value: object) -> int:
        kind = _kind_of(parent, field)
        if field.selection_set is None or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            return 0
        if kind.name == "Count":
            return COUNTED
        here = _at(value, field)
        if here is None:
            return 1
        if kind.name.endswith("Connection"):
            return self._connection(field, kind, here)
        if isinstance(here, list):
            return 1 + max((self._selection(field.selection_set, kind, one) for one in here), default=0)
        return 1 + self._selection(field.selection_set, kind, here)

    def _connection(self, field: FieldNode, kind: GraphQLNamedType, value: object) -> int:
        rows = self._rows(field)
        lists = list(self._nodes(field.selection_set, kind))
        if rows is None or not lists:
            return 2 + weight(rows or 0)
        if value is _NOTHING:
            return 2 + weight(rows) * sum(1 + self._selection(one.selection_set, own, _NOTHING) for one, own in lists)
        spent = sum(1 + self._selection(one.selection_set, own, row) for one, own in lists for row in _came(value, one))
        return 2 + (math.ceil(weight(rows) * spent / rows - 1e-9) if rows else 0)

    def _nodes(self, chosen: SelectionSetNode | None, kind: GraphQLNamedType) -> Iterator[tuple[FieldNode, Any]]:
        """The field under which a connection's rows stand: `nodes`, or `node` of its edges."""
        if chosen is None or not isinstance(kind, GraphQLObjectType):
            return
        for one in self._fields(chosen):
            if one.name.value == "nodes":
                yield one, _kind_of(kind, one)
            elif one.name.value == "edges" and one.selection_set is not None:
                edge = _kind_of(kind, one)
                for below in self._fields(one.selection_set):
                    if below.name.value == "node" and isinstance(edge, GraphQLObjectType):
                        yield below, _kind_of(edge, below)

    def _fields(self, chosen: SelectionSetNode) -> Iterator[FieldNode]:
        for one in chosen.selections:
            if isinstance(one, FieldNode):
                yield one
            else:
                inner = one if isinstance(one, InlineFragmentNode) else self.fragments[one.name.value]  # type: ignore[attr-defined]
                yield from self._fields(inner.selection_set)

    def _rows(self, field: FieldNode) -> int | None:
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                value: object = None
                if isinstance(argument.value, VariableNode):
                    value = self.variables.get(argument.value.name.value)
                elif isinstance(argument.value, IntValueNode):
                    value = int(argument.value.value)
                if isinstance(value, int) and value >= 0:
                    return value
        return None


def _kind_of(parent: GraphQLNamedType, field: FieldNode) -> GraphQLNamedType | None:
    fields = getattr(parent, "fields", {})
    own = fields.get(field.name.value)
    return get_named_type(own.type) if own is not None else None


def _at(value: object, field: FieldNode) -> object:
    if value is _NOTHING:
        return value
    return value.get((field.alias or field.name).value) if isinstance(value, dict) else None


def _came(value: object, node: FieldNode) -> Iterator[object]:
    """The rows of an answered connection that stand under this field."""
    if not isinstance(value, dict):
        return
    name = (node.alias or node.name).value
    if node.name.value == "nodes":
        rows = value.get(name)
        yield from rows if isinstance(rows, list) else ()
        return
    for part in value.values():
        for row in part if isinstance(part, list) else ():
            if isinstance(row, dict) and name in row:
                yield row[name]


class Bucket:
    """A shop's points: `per_second` come back until there are `burst`. The time is the sandbox's."""

    def __init__(self, now: datetime, per_second: float = RESTORED, burst: float = MAXIMUM) -> None:
        self.per_second, self.burst = per_second, burst
        self._left, self._seen = burst, now

    def configure(self, per_second: float, burst: float) -> None:
        """Another plan: it begins with a full bucket."""
        self.per_second, self.burst, self._left = per_second, burst, burst

    def left(self, now: datetime) -> float:
        """What there is at `now`; a clock that was set back restores nothing and takes nothing."""
        passed = max(0.0, (now - self._seen).total_seconds())
        self._left = min(self.burst, self._left + passed * self.per_second)
        self._seen = now
        return self._left

    def charge(self, points: int, now: datetime) -> bool:
        """Take the points, if they are there."""
        if points > self.left(now):
            return False
        self._left -= points
        return True

    def refund(self, points: int) -> None:
        self._left = min(self.burst, self._left + points)

    def shown(self, requested: int, actual: int | None, now: datetime) -> Body:
        """`extensions.cost` of an answer; what is left is what is left after charging."""
        status: Body = {
            "maximumAvailable": self.burst,
            "currentlyAvailable": math.floor(self.left(now)),
            "restoreRate": self.per_second,
        }
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}
