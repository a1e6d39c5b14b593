"""What a request sees: the shop as it is read, the time, the caller's rights; and how it finds things in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from stockrecon.sandbox.shopify import search
from stockrecon.sandbox.shopify.index import Lookup
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.shopify.paging import Page, Place, page
from stockrecon.sandbox.wire import Body

if TYPE_CHECKING:
    from stockrecon.sandbox.shopify.desk import Desk

R = TypeVar("R")
Args = dict[str, Any]
"""A field's arguments; under `PATH` where it stands in the answer, under `KEY` its idempotency key."""
PATH = "the path"
KEY = "the key"


@dataclass(slots=True)
class Part:
    """One half of a bulk query. Its connections have no pages; the outermost are cut where the first half ended."""

    half: int
    cuts: dict[tuple[str, ...], Place] = field(default_factory=dict)

    def rows(self, rows: Sequence[R], place: Callable[[R], Place], args: Args) -> Page[R]:
        path = tuple(args[PATH].as_list())
        if "edges" in path:
            rows = rows[: args.get("first")]
        elif self.half == 0:
            rows = rows[: (len(rows) + 1) // 2]
            if rows:
                self.cuts[path] = place(rows[-1])
        else:
            cut = self.cuts.get(path)
            rows = [row for row in rows if cut is None or place(row) > cut]
        return Page([(place(row), row) for row in rows], more=False, less=False)


@dataclass(slots=True)
class World:
    """One request's view. `reads` may be an older copy of the shop; what is written goes to the desk's own."""

    reads: ShopifyShop
    now: datetime
    version: str
    scopes: frozenset[str]
    desk: Desk
    call: str = ""
    """The vendor's path of the request, for the log of effects."""
    root: str = ""
    """Where this shop's paths begin for the caller, for links."""
    searches: list[Body] = field(default_factory=list)
    """What `extensions.search` tells of searches that had something wrong."""
    part: Part | None = None
    """In a bulk query: which half of its root objects is read."""

    def listed(self, rows: Sequence[R], place: Callable[[R], Place], args: Args) -> Page[R]:
        """A page of rows, as many as are asked for; in bulk all of them."""
        return page(rows, place, args) if self.part is None else self.part.rows(rows, place, args)

    def found(self, rows: Sequence[R], place: Callable[[R], Place], args: Args, lookup: Lookup[R]) -> Page[R]:
        """A page of the rows that the connection's `query` matches; of all of them without one."""
        text = args.get("query")
        if isinstance(text, str) and text.strip():
            asked = search.read(text, lookup.fields)
            if asked.warnings:
                path = args[PATH].as_list()
                told: Body = {"path": path, "query": text, "parsed": asked.parsed, "warnings": asked.warnings}
                self.searches.append(told)
            known = self.desk.index.known(rows, lookup, self.now, self.reads.index_lag)
            rows = [row for row, docs in known if asked.matches(docs)]
        return self.listed(rows, place, args)


def when(moment: datetime | None) -> str | None:
    """A time as Shopify writes it: UTC, whole seconds."""
    return None if moment is None else f"{moment.astimezone(UTC).isoformat()[:19]}Z"


Resolver = Callable[[Any, World, Args], object]
"""What a field of a thing is, in a world, with its arguments."""
