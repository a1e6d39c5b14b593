"""Collections: which items, in which order, which page, and which of their fields (reference: WooCommerce 3.1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import urlencode

from stockrecon.sandbox.wire import Call
from stockrecon.sandbox.woocommerce.asks import DEFAULT_PAGE, MAX_PAGE, Ask
from stockrecon.sandbox.woocommerce.views import gmt, local, site_zone

T = TypeVar("T")
ORDERBY = ("date", "id", "include", "title", "slug", "modified")
_BOUNDS = ("after", "before", "modified_after", "modified_before")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """How the items of a collection are told apart, dated and sorted."""

    number: Callable[[T], int]
    created: Callable[[T], datetime]
    modified: Callable[[T], datetime]
    title: Callable[[T], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parameters that every collection takes. `stays`: nothing but page and order was asked for."""

    page: int
    size: int
    offset: int | None
    by: str
    falling: bool
    include: Sequence[str]
    exclude: Sequence[str]
    bounds: Mapping[str, datetime]
    in_gmt: bool

    @property
    def stays(self) -> bool:
        return not (self.include or self.exclude or self.bounds)


@dataclass(frozen=True, slots=True)
class Reply:
    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def wanted(ask: Ask, orderby: Sequence[str] = ORDERBY) -> Wanted:
    """Read, not yet checked: the caller checks the ask's faults when it has read its own parameters too."""
    bounds = {name: when for name in _BOUNDS if (when := ask.moment(name)) is not None}
    return Wanted(
        ask.whole("page", 1, least=1) or 1,
        ask.whole("per_page", DEFAULT_PAGE, least=1, most=MAX_PAGE) or DEFAULT_PAGE,
        ask.whole("offset", None),
        ask.choice("orderby", orderby, "date"),
        ask.choice("order", ("asc", "desc"), "desc") == "desc",
        ask.numbers("include"),
        ask.numbers("exclude"),
        bounds,
        ask.flag("dates_are_gmt"),
    )


def inside(item: T, kind: Kind[T], want: Wanted, region: str) -> bool:
    """Dates are compared as a database compares them: wall clocks, whole seconds, the bound itself not included."""
    clock = gmt if want.in_gmt else (lambda when: local(when, region))
    for name, bound in want.bounds.items():
        when = clock((kind.modified if name.startswith("modified") else kind.created)(item))
        wall = _wall(bound, region)
        if (when <= wall) if name.endswith("after") else (when >= wall):
            return False
    number = str(kind.number(item))
    return (not want.include or number in want.include) and number not in want.exclude


def _wall(bound: datetime, region: str) -> datetime:
    """WordPress brings a bound that names an offset to the site's own clock, and compares that with whatever column
    was asked for: with `dates_are_gmt` such a bound is off by the site's offset.
    """
    if bound.tzinfo is None:
        return bound.replace(microsecond=0)
    offset = bound.utcoffset()
    plain = bound.replace(tzinfo=None, microsecond=0)
    return plain - offset + site_zone(region) if offset is not None else plain


def sorted_by(items: Iterable[T], kind: Kind[T], want: Wanted) -> list[T]:
    """Items of one date go by their numbers, in the same direction; `include` is the order in which ids were named."""
    if want.by == "include":
        places = {number: place for place, number in enumerate(want.include)}
        return sorted(items, key=lambda item: places.get(str(kind.number(item)), 0))
    keys: dict[str, Callable[[T], object]] = {
        "id": kind.number,
        "title": lambda item: (kind.title(item).lower(), kind.number(item)),
        "slug": lambda item: (kind.title(item).lower(), kind.number(item)),
        "modified": lambda item: (gmt(kind.modified(item)), kind.number(item)),
    }
    key = keys.get(want.by, lambda item: (gmt(kind.created(item)), kind.number(item)))
    return sorted(items, key=key, reverse=want.falling)


def page(found: Sequence[T], want: Wanted, shape: Callable[[T], object], call: Call, address: str) -> Reply:
    """One page, with what there is in all in the headers. A page beyond the last is empty and no error."""
    start = want.offset if want.offset is not None else (want.page - 1) * want.size
    pages = math.ceil(len(found) / want.size)
    steps: list[str] = []
    if want.page > 1:
        steps.append(_step(call, address, min(want.page - 1, pages), "prev"))
    if pages > want.page:
        steps.append(_step(call, address, want.page + 1, "next"))
    headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
    if steps:
        headers["Link"] = ", ".join(steps)
    return Reply([shape(item) for item in found[start : start + want.size]], 200, headers)


def _step(call: Call, address: str, number: int, rel: str) -> str:
    """The same call with another page; whatever stood in its query stands there again."""
    query = {name: value for name, value in call.query if name != "rest_route"}
    query["page"] = str(number)
    joint = "&" if "?" in address else "?"
    return f'<{address}{joint}{urlencode(query)}>; rel="{rel}"'


def narrowed(body: object, fields: Sequence[str]) -> object:
    """`_fields`: of each item of a list, else of the object itself (a batch's answer has none of the items' fields)."""
    if isinstance(body, list):
        return [narrowed(item, fields) if isinstance(item, dict) else item for item in body]
    if not isinstance(body, dict):
        return body
    paths = [name.split(".") for name in fields]
    found = {name: value for name, value in body.items() if [name] in paths}
    for path in paths:
        inner = body.get(path[0])
        if len(path) > 1 and path[0] not in found and isinstance(inner, dict):
            below = [".".join(other[1:]) for other in paths if len(other) > 1 and other[0] == path[0]]
            found[path[0]] = narrowed(inner, below)
    # PHP has one kind of empty list.
    return found or []
