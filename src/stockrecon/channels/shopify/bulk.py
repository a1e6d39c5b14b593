"""A whole catalogue by one bulk operation (reference: Shopify 1.6): Shopify writes it to a file, which is fetched.

The file is a smear over the operation's run and not one instant: what differs is read again before anything is
explained or written, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urlsplit

from stockrecon.channels.shopify.api import ShopifyApi
from stockrecon.channels.shopify.documents import BULK_CANCEL, BULK_POLL, BULK_RUN, bulk_query
from stockrecon.channels.shopify.errors import words_of
from stockrecon.channels.shopify.fields import (
    Malformed,
    Object,
    an_object,
    flag,
    gid,
    kind_of,
    objects,
    plain,
    text,
    whole,
)
from stockrecon.channels.shopify.listings import Facts, Level, Variant, facts_of, level_of
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, BadAnswer, Client, Request, Verdict, decode, nap

HOST = "storage.googleapis.com"
"""Where Shopify keeps the files: every address that was published is there (docs/channels/shopify.md)."""
LONGEST = 540.0
"""Seconds after which an operation is given up: the plan that comes of it would be too old to be written."""
PIECE = 8 * 1024 * 1024
"""Bytes that are fetched at once, so that a large file never lies in memory as a whole."""
_SHORTEST = 1.0
_SHARE = 0.05
"""Of the seconds that an operation took so far: a look costs one point, and its end is not noticed later than this."""
_UNDER_WAY = ("CREATED", "RUNNING")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")

MakeClient = Callable[[str, Callable[[], list[str]]], Client]
"""A client of another host, without credentials: its base URL, and what may not appear in a text."""


class Unusable(Exception):
    """No usable result, and why: the catalogue can be read page by page instead."""


@dataclass(slots=True)
class _Item:
    tracked: bool | None = None
    variants: list[Facts] = field(default_factory=list)
    levels: dict[str, Level] = field(default_factory=dict)


class BulkReader:
    """Reads all variants of a shop with one operation. `loopback`: the shop itself is on this machine, so that its
    files may be too. `monotonic` and `sleep` in seconds."""

    def __init__(
        self,
        api: ShopifyApi,
        make: MakeClient,
        *,
        loopback: bool,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._api = api
        self._make = make
        self._loopback = loopback
        self._monotonic = monotonic
        self._sleep = sleep
        self.requests = 0

    def variants(self, location: str, progress: Callable[[int], None]) -> Iterator[Variant]:
        """All of them, once the whole file was read and agrees with Shopify's own counts. `location`: the only one
        that counts, else "". Raises Unusable, ReadFault, Malformed."""
        done = self._finished(self._started(location), progress)
        items: dict[str, _Item] = {}
        objects_seen = 0
        address = text(done.get("url"))
        if address:
            for line in self._lines(address, whole(done.get("fileSize"), "bulk: fileSize")):
                _sort(_row(line), items)
                objects_seen += 1
        roots = sum(item.tracked is not None for item in items.values())
        expected = whole(done.get("objectCount"), "bulk: objectCount")
        if expected != objects_seen or whole(done.get("rootObjectCount"), "bulk: rootObjectCount") != roots:
            raise Unusable(f"its file holds {objects_seen} objects, Shopify counts {expected}")
        return _variants(items)

    def _started(self, location: str) -> str:
        payload = self._api.change(BULK_RUN, q=bulk_query(location, self._api.lacks))
        errors = objects(payload.get("userErrors"), "bulk: userErrors")
        if errors:
            code, message = words_of(errors[0])
            raise Unusable(f"it was refused ({': '.join(part for part in (code, message) if part)})")
        operation = an_object(payload.get("bulkOperation"), "bulk: bulkOperation")
        return gid(operation.get("id"), "BulkOperation", "bulk: id")

    def _finished(self, name: str, progress: Callable[[int], None]) -> Object:
        began = self._monotonic()
        while True:
            operation = an_object(self._api.ask(BULK_POLL, id=name).get("bulkOperation"), "bulk: bulkOperation")
            status = text(operation.get("status"))
            if status == "COMPLETED":
                return operation
            if status not in _UNDER_WAY:
                code = plain(operation.get("errorCode"), 60)
                raise Unusable(f"it ended as {plain(status, 40)}" + (f" ({code})" if code else ""))
            progress(whole(operation.get("rootObjectCount"), "bulk: rootObjectCount"))
            taken = self._monotonic() - began
            if taken > LONGEST:
                self._api.change(BULK_CANCEL, id=name)
                raise Unusable(f"it was not done within {LONGEST:.0f} s")
            nap(max(_SHORTEST, _SHARE * taken), self._sleep)

    def _lines(self, address: str, size: int) -> Iterator[bytes]:
        """The lines of the file, piece by piece. No credentials go along: the address itself is the key to it."""
        parts = self._allowed(address)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        client = self._make(f"{parts.scheme}://{parts.netloc}", lambda: [value for _, value in query])
        try:
            rest, fetched = b"", 0
            while fetched < size:
                headers = (("range", f"bytes={fetched}-{min(size, fetched + PIECE) - 1}"),)
                answer = client.call(Request("GET", parts.path, query, headers), judge=_judge_file(client.who))
                piece = answer.body
                if answer.status == 200 and fetched:
                    raise Unusable("its file is not given in pieces")
                if not piece:
                    break
                fetched += len(piece)
                *lines, rest = (rest + piece).split(b"\n")
                yield from (line for line in lines if line.strip())
            if fetched != size:
                raise Unusable(f"its file has {fetched} bytes, Shopify says {size}")
            if rest.strip():
                yield rest
        finally:
            self.requests += client.requests
            client.close()

    def _allowed(self, address: str) -> SplitResult:
        """Only where Shopify keeps its files: an address in an answer must not send this program anywhere else."""
        try:
            parts = urlsplit(address)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise Unusable("the address of its file cannot be understood") from None
        at_home = parts.scheme == "https" and host == HOST and parts.netloc == HOST
        here = self._loopback and host in _LOOPBACK and parts.scheme in ("http", "https") and "@" not in parts.netloc
        if not at_home and not here:
            raise Unusable(f"its file is at {plain(host, 80) or 'no host'}, where nothing of Shopify's is known to be")
        return parts


def _judge_file(who: str) -> Callable[[Answer], Verdict]:
    def judge(answer: Answer) -> Verdict:
        if answer.status in (200, 206):
            return Verdict.ok()
        if answer.status == 429:
            return Verdict.throttled("bulk file: HTTP 429")
        if answer.status >= 500 or answer.status in (408, 425):
            return Verdict.retry(f"bulk file: HTTP {answer.status}")
        return Verdict.fail(ReadFault(who, f"bulk file: HTTP {answer.status}", way_on="run again"))

    return judge


def _row(line: bytes) -> Object:
    try:
        return an_object(decode(line), "bulk: line")
    except BadAnswer as bad:
        raise Malformed(f"bulk: a line of the file: {bad}") from None


def _sort(row: Object, items: dict[str, _Item]) -> None:
    """A line to its item; children may stand before their parents (reference: Shopify 1.6)."""
    kind = kind_of(row.get("id"))
    if kind == "InventoryItem":
        name = gid(row.get("id"), "InventoryItem", "bulk: id")
        item = items.setdefault(name, _Item())
        item.tracked = flag(row.get("tracked"), f"bulk: {name}: tracked")
        one = row.get("inventoryLevel")
        if one is not None:
            place, level = level_of(an_object(one, f"bulk: {name}: inventoryLevel"), f"bulk: {name}")
            item.levels[place] = level
        return
    parent = items.setdefault(gid(row.get("__parentId"), "InventoryItem", "bulk: __parentId"), _Item())
    if kind == "ProductVariant":
        parent.variants.append(facts_of(row))
    elif kind == "InventoryLevel":
        place, level = level_of(row, "bulk: level")
        parent.levels[place] = level
    else:
        raise Malformed(f"bulk: a line is of the kind {plain(kind, 40)!r}")


def _variants(items: dict[str, _Item]) -> Iterator[Variant]:
    for name, item in items.items():
        if item.tracked is None:
            raise Unusable("its file holds rows of an item that it does not name")
        for facts in item.variants:
            yield Variant(facts, name, item.tracked, item.levels)
