"""What the schema has against a document, in Shopify's words.

The rules are graphql-core's, but for values that stand in the document itself; the wording, the codes and the paths are
those of recorded answers (reference: Shopify 1.3). A fault that has no recorded answer keeps its plain English text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValidationRule,
    ValueNode,
    VariableNode,
    is_required_input_field,
    print_ast,
    specified_rules,
    validate,
    value_from_ast,
)
from graphql.validation import ValuesOfCorrectTypeRule

from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.wire import Body

Paths = Mapping[int, tuple[str | int, ...]]
Said = tuple[str, Body]
_Say = Callable[[re.Match[str]], Said]


def said(message: str, locations: list[Body], path: tuple[str | int, ...] | None, extensions: Body) -> Body:
    """An error as it is answered."""
    placed: Body = {"path": list(path)} if path is not None else {}
    return {"message": message, "locations": locations, **placed, "extensions": extensions}


def faults(schema: GraphQLSchema, tree: Any, paths: Paths) -> list[Body]:
    """Everything that the schema has against a parsed document; `paths` say where its nodes stand."""
    rules = [rule for rule in specified_rules if rule is not ValuesOfCorrectTypeRule]
    try:
        found = validate(schema, tree, [*rules, _Literals])
    except RecursionError:
        return [said("the document is nested too deep", [], None, {"code": "invalid"})]
    return [_worded(error, paths) for error in found]


class _Literals(ValidationRule):
    """Values that stand in the document: of the right type, and every id a global one."""

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        argument = self.context.get_argument()
        if argument is None:
            return
        directive = self.context.get_directive()
        owner = "Directive" if directive is not None else "Field"
        field = self._field.name.value if self._field is not None else ""
        self._check(node.value, argument.type, owner, directive.name if directive else field, node.name.value, node)

    _field: FieldNode | None = None

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self._field = node

    def _check(self, value: ValueNode, kind: GraphQLInputType, owner: str, name: str, argument: str, at: Any) -> None:
        if isinstance(value, VariableNode):
            return
        if isinstance(kind, GraphQLNonNull):
            if isinstance(value, NullValueNode):
                self._wrong(value, kind, owner, name, argument, at)
                return
            kind = kind.of_type
        if isinstance(value, NullValueNode):
            return
        if isinstance(kind, GraphQLList):
            for entry in value.values if isinstance(value, ListValueNode) else (value,):
                self._check(entry, kind.of_type, owner, name, argument, at)
        elif isinstance(kind, GraphQLInputObjectType):
            self._check_object(value, kind, owner, name, argument, at)
        elif isinstance(kind, GraphQLScalarType) and kind.name == "ID" and isinstance(value, StringValueNode):
            if gids.parse(value.value) is None:
                more: Body = {"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"}
                self._report(f"Invalid global id '{value.value}'", at, more)
        elif isinstance(kind, GraphQLScalarType | GraphQLEnumType) and value_from_ast(value, kind) is Undefined:
            self._wrong(value, kind, owner, name, argument, at)

    def _check_object(
        self, value: ValueNode, kind: GraphQLInputObjectType, owner: str, name: str, argument: str, at: Any
    ) -> None:
        if not isinstance(value, ObjectValueNode):
            self._wrong(value, kind, owner, name, argument, at)
            return
        given = {one.name.value: one for one in value.fields}
        for one_name, one in given.items():
            if one_name not in kind.fields:
                more: Body = {"name": kind.name, "typeName": "InputObject", "argumentName": one_name}
                text = f"InputObject '{kind.name}' doesn't accept argument '{one_name}'"
                self._report(text, one, {"code": "argumentNotAccepted", **more})
            else:
                self._check(one.value, kind.fields[one_name].type, "InputObject", kind.name, one_name, one)
        for one_name, field in kind.fields.items():
            if is_required_input_field(field) and one_name not in given:
                text = f"Argument '{one_name}' on InputObject '{kind.name}' is required. Expected type {field.type}"
                more = {"argumentName": one_name, "argumentType": str(field.type), "inputObjectType": kind.name}
                self._report(text, at, {"code": "missingRequiredInputObjectAttribute", **more})

    def _wrong(self, value: ValueNode, kind: object, owner: str, name: str, argument: str, at: Any) -> None:
        shown = re.sub(r"\s+", " ", print_ast(value))
        text = f"Argument '{argument}' on {owner} '{name}' has an invalid value ({shown}). Expected type '{kind}'."
        self._report(text, at, {"code": "argumentLiteralsIncompatible", "typeName": owner, "argumentName": argument})

    def _report(self, text: str, at: Any, extensions: Body) -> None:
        nodes = [at, self._field] if isinstance(at, ArgumentNode) and self._field is not None else [at]
        self.report_error(GraphQLError(text, nodes, extensions=extensions))


def _worded(error: GraphQLError, paths: Paths) -> Body:
    nodes = error.nodes or []
    places: list[Body] = [{"line": place.line, "column": place.column} for place in error.locations or []]
    locations = places[:1]
    path = paths.get(id(nodes[0])) if nodes else None
    if error.extensions:
        return said(error.message, places[-1:], path, dict(error.extensions))
    for pattern, say in _WORDS:
        found = pattern.fullmatch(error.message)
        if found is not None:
            return said(*_placed(say(found), locations, path))
    mismatch = _MISMATCH.fullmatch(error.message)
    if mismatch is not None and len(nodes) > 1:
        variable, kind, wanted = mismatch.groups()
        argument = str((paths.get(id(nodes[1])) or ("",))[-1])
        text = f"Type mismatch on variable ${variable} and argument {argument} ({kind} / {wanted})"
        more: Body = {"variableName": variable, "typeName": kind, "argumentName": argument}
        return said(text, locations, path, {"code": "variableMismatch", **more, "errorMessage": "Type mismatch"})
    return said(error.message, locations, path, {"code": "invalid"})


def _placed(
    told: Said, locations: list[Body], path: tuple[str | int, ...] | None
) -> tuple[str, list[Body], tuple[str | int, ...] | None, Body]:
    return told[0], locations, path, told[1]


def _undefined_field(found: re.Match[str]) -> Said:
    text = f"Field '{found[1]}' doesn't exist on type '{found[2]}'"
    return text, {"code": "undefinedField", "typeName": found[2], "fieldName": found[1]}


def _missing_argument(found: re.Match[str]) -> Said:
    kind = "Directive" if found["owner"].startswith("@") else "Field"
    name = found["owner"].lstrip("@").rpartition(".")[2]
    text = f"{kind} '{name}' is missing required arguments: {found['argument']}"
    more: Body = {"className": kind, "name": name, "arguments": found["argument"]}
    return text, {"code": "missingRequiredArguments", **more}


def _unknown_argument(found: re.Match[str]) -> Said:
    name = found[2].rpartition(".")[2]
    text = f"Field '{name}' doesn't accept argument '{found[1]}'"
    return text, {"code": "argumentNotAccepted", "name": name, "typeName": "Field", "argumentName": found[1]}


def _no_selections(found: re.Match[str]) -> Said:
    name, kind = found[1], found[2].strip("[]!")
    text = f"Field must have selections (field '{name}' returns {kind} but has no selections. "
    more: Body = {"code": "selectionMismatch", "nodeName": f"field '{name}'", "typeName": kind}
    return text + f"Did you mean '{name} {{ ... }}'?)", more


def _unused(found: re.Match[str]) -> Said:
    text = f"Variable ${found[1]} is declared by {found[2] or 'anonymous query'} but not used"
    return text, {"code": "variableNotUsed", "variableName": found[1]}


def _undeclared(found: re.Match[str]) -> Said:
    text = f"Variable ${found[1]} is used by {found[2] or 'anonymous query'} but not declared"
    return text, {"code": "variableNotDefined", "variableName": found[1]}


def _undefined_directive(found: re.Match[str]) -> Said:
    return f"Directive @{found[1]} is not defined", {"code": "undefinedDirective", "directiveName": found[1]}


def _misplaced(found: re.Match[str]) -> Said:
    places = {"MUTATION": "mutations", "QUERY": "queries"}.get(found[2].upper(), found[2].lower())
    more: Body = {"code": "directiveCannotBeApplied", "targetName": places, "name": found[1]}
    return f"'@{found[1]}' can't be applied to {places} (allowed: fields)", more


def _unknown_type(found: re.Match[str]) -> Said:
    text = f"No such type {found[1]}, so it can't be a fragment condition"
    return text, {"code": "undefinedType", "typeName": found[1]}


_HINT = r"(?: Did you mean .*)?"
_MISMATCH = re.compile(r"Variable '\$(\w+)' of type '([^']+)' used in position expecting type '([^']+)'\.")
_WORDS: tuple[tuple[re.Pattern[str], _Say], ...] = tuple(
    (re.compile(pattern, re.DOTALL), say)
    for pattern, say in (
        (rf"Cannot query field '(\w+)' on type '(\w+)'\.{_HINT}", _undefined_field),
        (r"Argument '(?P<owner>@?[\w.]+)\((?P<argument>\w+):\)' of type '[^']+' is required.*", _missing_argument),
        (r"Field '(?P<owner>\w+)' argument '(?P<argument>\w+)' of type '[^']+' is required.*", _missing_argument),
        (r"Directive '(?P<owner>@\w+)' argument '(?P<argument>\w+)' of type '[^']+' is required.*", _missing_argument),
        (rf"Unknown argument '(\w+)' on field '([\w.]+)'\.{_HINT}", _unknown_argument),
        (r"Field '(\w+)' of type '([^']+)' must have a selection of subfields\..*", _no_selections),
        (r"Variable '\$(\w+)' is never used(?: in operation '(\w+)')?\.", _unused),
        (r"Variable '\$(\w+)' is not defined(?: by operation '(\w+)')?\.", _undeclared),
        (r"Unknown directive '@(\w+)'\.", _undefined_directive),
        (r"Directive '@(\w+)' may not be used on (\w+)\.", _misplaced),
        (rf"Unknown type '(\w+)'\.{_HINT}", _unknown_type),
    )
)
"""Two releases of graphql-core say some things differently; both are here."""
