"""The schema of each version: two texts joined, less what a version lacks (reference: Shopify 1.7)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    GraphQLSchema,
    InputValueDefinitionNode,
    StringValueNode,
    Visitor,
    build_ast_schema,
    parse,
    visit,
)

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
"""Those that are supported, the oldest first; each is for twelve months (reference: Shopify 1.1)."""
UNSTABLE = "unstable"
KEYS_REQUIRED_SINCE = "2026-04"
"""From then on writes need `@idempotent`, and `changeFromQuantity` in every row."""
ANY_LOCATION_SINCE = "2026-10"
"""From then on an item can be set at a location that did not stock it."""
INACTIVE_SINCE = "2026-04"
"""From then on levels that are not active any more can be seen."""
_TEXTS = ("admin.graphql", "fulfillment.graphql")
_MARKS = ("since", "until")
_Marked = FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode


class _Pruner(Visitor):
    """Takes out what a version lacks, and the marks themselves."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self._version = VERSIONS[-1] if version == UNSTABLE else version

    def enter_field_definition(self, node: FieldDefinitionNode, *_: Any) -> Any:
        return self._kept(node)

    def enter_input_value_definition(self, node: InputValueDefinitionNode, *_: Any) -> Any:
        return self._kept(node)

    def enter_enum_value_definition(self, node: EnumValueDefinitionNode, *_: Any) -> Any:
        return self._kept(node)

    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
        return REMOVE if node.name.value in _MARKS else None

    def enter_directive_definition(self, node: DirectiveDefinitionNode, *_: Any) -> Any:
        return REMOVE if node.name.value in _MARKS else None

    def _kept(self, node: _Marked) -> Any:
        marks: dict[str, str] = {}
        for directive in node.directives or ():
            for argument in directive.arguments or ():
                if isinstance(argument.value, StringValueNode):
                    marks[directive.name.value] = argument.value.value
        inside = marks.get("since", "") <= self._version <= marks.get("until", "9999")
        return None if inside else REMOVE


@cache
def _text() -> DocumentNode:
    return parse("".join((files(__package__) / name).read_text("utf-8") for name in _TEXTS))


def build(version: str) -> GraphQLSchema:
    """A schema of its own, without resolvers, for one of `VERSIONS` or `UNSTABLE`."""
    return build_ast_schema(visit(_text(), _Pruner(version)))


def served(asked: str) -> str | None:
    """The version that answers where `asked` is: an older one falls forward to the oldest supported; None for none."""
    if asked in VERSIONS or asked == UNSTABLE:
        return asked
    year, _, month = asked.partition("-")
    well_formed = len(year) == 4 and year.isdigit() and month in ("01", "04", "07", "10")
    return VERSIONS[0] if well_formed and asked < VERSIONS[0] else None
