"""Frappe's lists: filters, fields, order and pages.

Texts are compared as MariaDB's collation compares them: `a` is `A`. A list gives 20 rows unless it is told otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.erp.erpnext_errors import Raised, invalid
from tests.erp.erpnext_fields import ALWAYS, CHILD, CHILDREN, FIELDS

Doc = dict[str, Any]
PAGE = 20
_COUNT = re.compile(r"(count|max|min|sum)\(\s*`?(\w+|\*)`?\s*\)(?:\s+as\s+`?(\w+)`?)?", re.IGNORECASE)
_OF_CHILD = re.compile(r"(?:`tab(?P<table>[^`]+)`|(?P<field>items))\.`?(?P<name>\w+)`?(?:\s+as\s+`?(?P<told>\w+)`?)?")


def field_names(doctype: str, custom: Iterable[str]) -> frozenset[str]:
    child = CHILD if doctype in CHILDREN.values() or doctype == "Packed Item" else ()
    return frozenset((*ALWAYS, *child, *FIELDS[doctype], *custom))


def told(value: Any) -> Any:
    """As it stands in JSON: a time of day without a leading zero before ten, as Frappe writes a duration."""
    return str(value) if isinstance(value, timedelta) else value


class Listing:
    """One list of a doctype. `below` gives the names of a tree's nodes below one of them."""

    def __init__(
        self,
        doctype: str,
        docs: Iterable[Doc],
        known: frozenset[str],
        child_known: frozenset[str],
        below: Callable[[str], frozenset[str]],
    ) -> None:
        self.doctype = doctype
        self.child = CHILDREN.get(doctype, "")
        self.docs = list(docs)
        self.known = known
        self.child_known = child_known
        self.below = below

    def rows(self, asked: Mapping[str, Any]) -> list[Any]:
        fields = _parsed(asked.get("fields")) or ["name"]
        found = self._matching(asked)
        found = self._ordered(found, str(asked.get("order_by") or "modified desc"))
        start = int(asked.get("limit_start") or asked.get("start") or 0)
        size = asked.get("limit_page_length", asked.get("limit", asked.get("page_length", PAGE)))
        size = PAGE if size in (None, "") else int(size)
        if any(isinstance(one, str) and _COUNT.fullmatch(one.strip()) for one in fields):
            return [self._aggregate(found, fields)]
        rows = [row for doc in found for row in self._told(doc, fields)]
        return rows[start : start + size] if size else rows[start:]

    def count(self, asked: Mapping[str, Any]) -> int:
        return len(self._matching(asked))

    def _matching(self, asked: Mapping[str, Any]) -> list[Doc]:
        every, some = self._conditions(asked.get("filters")), self._conditions(asked.get("or_filters"))
        return [
            doc
            for doc in self.docs
            if all(self._holds(doc, *one) for one in every)
            and (not some or any(self._holds(doc, *one) for one in some))
        ]

    def _conditions(self, filters: Any) -> list[tuple[str, str, Any]]:
        given = _parsed(filters)
        if not given:
            return []
        if isinstance(given, dict):
            pairs = [(name, value) for name, value in given.items()]
            return [
                (name, *(value if isinstance(value, list) and len(value) == 2 else ("=", value)))
                for name, value in pairs
            ]
        found = []
        for one in given:
            if isinstance(one, list) and len(one) >= 4:
                one = one[1:] if one[0] == self.doctype else [f"`tab{one[0]}`.{one[1]}", *one[2:]]
            if isinstance(one, list) and len(one) == 2:
                one = [one[0], "=", one[1]]
            if not isinstance(one, list) or len(one) < 3:
                raise invalid(f"Invalid filter: {one}")
            found.append((str(one[0]), str(one[1]), one[2]))
        return found

    def _holds(self, doc: Doc, name: str, operator: str, wanted: Any) -> bool:
        child = _OF_CHILD.fullmatch(name)
        if child is not None:
            self._permit(child["name"], self.child_known)
            return any(self._compare(row.get(child["name"]), operator, wanted) for row in doc.get("items", []))
        self._permit(name, self.known)
        return self._compare(doc.get(name), operator, wanted)

    def _compare(self, value: Any, operator: str, wanted: Any) -> bool:
        operator = operator.lower().strip()
        if operator == "is":
            return (value in (None, "")) == (str(wanted).lower() == "not set")
        if operator in ("in", "not in"):
            listed = wanted.split(",") if isinstance(wanted, str) else list(wanted or [])
            return (_key(value) in [_key(_like(value, one)) for one in listed]) == (operator == "in")
        if operator in ("like", "not like"):
            pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in str(wanted))
            found = re.fullmatch(pattern, str(told(value) or ""), re.IGNORECASE | re.DOTALL) is not None
            return found == (operator == "like")
        if operator == "between":
            low, high = (_key(_like(value, one)) for one in wanted)
            return value is not None and bool(low <= _key(value) <= high)
        if operator in ("descendants of", "not descendants of"):
            return (value in self.below(str(wanted))) == (operator == "descendants of")
        if operator not in _ORDERED:
            raise invalid(f"Operator must be one of =, !=, >, <, in, like, ...: {operator}")
        return _ORDERED[operator](_key(value), _key(_like(value, wanted)))

    def _ordered(self, found: list[Doc], order_by: str) -> list[Doc]:
        for part in reversed(order_by.split(",")):
            name, _, way = part.strip().replace("`", "").partition(" ")
            name = name.rpartition(".")[2]
            self._permit(name, self.known)
            found = sorted(found, key=lambda doc: _sortable(doc.get(name)), reverse=way.strip().lower() == "desc")
        return found

    def _told(self, doc: Doc, fields: Sequence[Any]) -> list[Doc]:
        """One row, or one for each row of the child table where a field of it is asked for."""
        own: list[str] = []
        of_child: list[tuple[str, str]] = []
        for one in fields:
            child = _OF_CHILD.fullmatch(str(one))
            if child is not None and child["table"] != self.doctype:
                self._permit(child["name"], self.child_known)
                of_child.append((child["told"] or child["name"], child["name"]))
            elif one == "*":
                own += sorted(self.known)
            else:
                name = child["name"] if child is not None else str(one)
                self._permit(name, self.known)
                own.append(name)
        row = {name: told(doc.get(name)) for name in own}
        if not of_child:
            return [row]
        return [{**row, **{as_: told(part.get(name)) for as_, name in of_child}} for part in doc.get("items", [])]

    def _aggregate(self, found: list[Doc], fields: Sequence[str]) -> Doc:
        row: Doc = {}
        for one in fields:
            match = _COUNT.fullmatch(str(one).strip())
            if match is None:
                raise invalid(f"Invalid field {one} beside an aggregate")
            what, name, as_ = match[1].lower(), match[2], match[3] or str(one)
            values = [doc.get(name) for doc in found if name == "*" or doc.get(name) is not None]
            row[as_] = len(values) if what == "count" else _TOTALS[what](values) if values else None
        return row

    def _permit(self, name: str, known: frozenset[str]) -> None:
        if name not in known:
            raise Raised("DataError", f"Field not permitted in query: {name}")


_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, wanted: bool(value == wanted),
    "!=": lambda value, wanted: bool(value != wanted),
    ">": lambda value, wanted: value is not None and bool(value > wanted),
    "<": lambda value, wanted: value is not None and bool(value < wanted),
    ">=": lambda value, wanted: value is not None and bool(value >= wanted),
    "<=": lambda value, wanted: value is not None and bool(value <= wanted),
}
_TOTALS: dict[str, Callable[[Any], Any]] = {"max": max, "min": min, "sum": sum}


def _parsed(value: Any) -> Any:
    """Lists come as JSON in a query, and as they are in a JSON body."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            raise invalid(f"not JSON: {value[:40]}") from None
    return value


def _key(value: Any) -> Any:
    """What a text is compared by: case and trailing blanks do not count."""
    if isinstance(value, str):
        return value.casefold().rstrip(" ")
    return float(value) if isinstance(value, bool | int) else value


def _like(value: Any, wanted: Any) -> Any:
    """A wanted value in the type of the column: numbers come as text in a query."""
    if isinstance(value, bool | int | float) and isinstance(wanted, str):
        try:
            return float(wanted)
        except ValueError:
            return 0.0
    if isinstance(value, str) and isinstance(wanted, int | float):
        return str(wanted)
    return wanted


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, _key(value))
