"""One Plaza shop: reading into the spool, writing absolute numbers, and what its errors mean."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from stockrecon.channels.base import CheckLine, PullRequest, StockWrite, Surroundings, WriteAnswer
from stockrecon.channels.writing import WITHIN, Answers, alike, chunks, complete, runs, sift, words
from stockrecon.core.intent import Answered
from stockrecon.core.model import Capabilities, Listing, ListingKey, ListingState
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import Pulled, TableFile
from stockrecon.core.tables import ORDERS, SHOP_LISTINGS, Table
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.rest import (
    Answer,
    BadAnswer,
    Client,
    Request,
    TokenBucket,
    Transport,
    Unsettled,
    Verdict,
    describe_skew,
)
from stockrecon.spool.writer import SpoolWriter

PAGE, MOST_ROWS, MOST_IDS = 50, 20, 50
STATES = {"live": ListingState.OK, "hidden": ListingState.UNLISTED, "blocked": ListingState.BANNED}
STATUSES = {"new": "unpaid", "paid": "paid", "sent": "shipped", "cancelled": "cancelled"}
Row = Mapping[str, object]


class PlazaChannel:
    """Raises UsageFault where the configuration lacks the key or the address."""

    capabilities = Capabilities(
        channel="plaza",
        returns_campaign_stock=True,
        shows_withheld=False,
        # Neither what unpaid orders hold nor what is still to be sent: both are unknown, not 0.
        tells=frozenset(),
        lock_errors=("below_promised",),
    )

    def __init__(
        self,
        settings: ShopSettings,
        surroundings: Surroundings,
        *,
        transport: Transport | None = None,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        key = settings.options.get("api_key")
        if not isinstance(key, Secret) or settings.base_url is None:
            raise UsageFault(f"{settings.name}: a Plaza shop needs api_key and base_url")
        self.settings = settings
        self._key = key
        rate = float(str(settings.options.get("requests_per_second") or 10))
        self._client = Client(
            who=settings.name,
            base_url=settings.base_url,
            judge=self._judge,
            clock=surroundings.clock,
            sleep=surroundings.sleep,
            signer=self,
            bucket=TokenBucket(rate, monotonic=monotonic, sleep=surroundings.sleep),
            secrets=lambda: (key.reveal(),),
            jitter=jitter,
            monotonic=monotonic,
            transport=transport,
        )

    def sign(self, request: Request, now: datetime) -> Request:
        """The key goes into a header; nothing depends on the time."""
        return replace(request, headers=(*request.headers, ("x-plaza-key", self._key.reveal())))

    # Reading

    def pull(self, request: PullRequest) -> Pulled:
        """Listings first, then orders: what is ordered meanwhile is among the orders."""
        before = self._client.requests
        total = self._get("/items", ("page", "1")).get("total")  # which tells the shop's clock, too
        as_of = self._client.now().replace(microsecond=0)
        items = {str(row["id"]): _row_of_listing(self.settings.name, row) for row in self._pages("/items", "items")}
        if len(items) != total:
            raise ReadFault(self.settings.name, f"/items: {len(items)} came, and there were {total} just before")
        since = request.orders_since.astimezone(UTC).isoformat()
        orders = [
            line for order in self._pages("/orders", "orders", ("since", since)) for line in _rows_of_order(order)
        ]
        spool = request.spool
        tables = {
            "listings": self._spooled(SHOP_LISTINGS, spool / "listings.csv", items.values()),
            "orders": self._spooled(ORDERS, spool / "orders.csv", orders),
        }
        return Pulled(
            self.settings.name,
            "plaza",
            as_of,
            complete=True,
            capabilities=self.capabilities,
            tables=tables,
            requests=self._client.requests - before,
        )

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        """These again, fifty at a time."""
        wanted, found = list(dict.fromkeys(keys)), {}
        for first in range(0, len(wanted), MOST_IDS):
            ids = ",".join(key.item_id for key in wanted[first : first + MOST_IDS])
            for row in self._list(self._get("/items", ("ids", ids)), "items"):
                listing = _listing(self.settings, row)
                found[listing.key] = listing
        return found

    def _pages(self, path: str, name: str, *query: tuple[str, str]) -> Iterator[Row]:
        """Every row of every page, once. Raises ReadFault where they are not as many as the shop says there are."""
        seen: set[str] = set()
        number = 0
        while True:
            number += 1
            document = self._get(path, *query, ("page", str(number)))
            rows, total = self._list(document, name), document.get("total")
            if not isinstance(total, int):
                raise ReadFault(self.settings.name, f"{path}: page {number} tells no total")
            for row in rows:
                if str(row["id"]) not in seen:
                    seen.add(str(row["id"]))
                    yield row
            if len(rows) < PAGE:
                break
        if len(seen) != total:
            text = f"{path}: {len(seen)} of {total} came on {number} pages"
            raise ReadFault(self.settings.name, text, way_on="run again: the shop changed while it was read")

    def _get(self, path: str, *query: tuple[str, str]) -> Row:
        return cast(Row, self._client.call(Request("GET", path, query)).json())  # an object: the judge has seen to it

    def _list(self, document: Row, name: str) -> list[Row]:
        rows = document.get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise ReadFault(self.settings.name, f"an answer is not what Plaza documents: {name} is no list of rows")
        return rows

    @staticmethod
    def _spooled(table: Table, path: object, rows: object) -> TableFile:
        with SpoolWriter(table, path) as writer:  # type: ignore[arg-type]
            writer.write_all(rows)  # type: ignore[arg-type]
        return TableFile(str(path), f"Plaza's {table.name}", trusted=True)

    # Writing

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """Twenty rows each; what lowers and what raises apart."""
        return [chunk for run in runs(writes) for chunk in chunks(run, MOST_ROWS)]

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """One PUT, sent once. Plaza's `stock` is the exposed number itself, so nothing has to be computed."""
        refused, sent = sift(batch)
        if not sent:
            return complete(batch, refused)
        rows = [{"id": write.key.item_id, "stock": write.to} for write in sent]
        call = Request("PUT", "/stock", json={"rows": rows}, repeatable=False, within=WITHIN)
        try:
            answer = self._client.call(call)
        except Unsettled as lost:
            return complete(batch, refused | alike(sent, Answered.UNKNOWN, words(lost)))
        except (ReadFault, AuthFault) as fault:
            return complete(batch, refused | alike(sent, Answered.NOT_SENT, words(fault)))
        return complete(batch, refused | self._told(sent, answer))

    def _told(self, sent: Sequence[StockWrite], answer: Answer) -> Answers:
        document = answer.json()
        rows = document.get("rows") if isinstance(document, dict) else None
        told = {str(row.get("id")): row for row in rows if isinstance(row, dict)} if isinstance(rows, list) else {}
        found: Answers = {}
        for write in sent:
            row = told.get(write.key.item_id)
            if row is not None and row.get("ok") is True:
                found[write.key] = WriteAnswer(Answered.ACCEPTED)
            elif row is not None:
                found[write.key] = WriteAnswer(Answered.REJECTED, str(row.get("why")))
        return found

    # The rest

    def check(self) -> Sequence[CheckLine]:
        try:
            total = self._get("/items", ("page", "1")).get("total")
        except (ReadFault, AuthFault) as fault:
            return (CheckLine(False, "read", fault.text, fault.way_on),)
        skew = self._client.skew
        clock = describe_skew(skew) if skew is not None else "not told"
        return (
            CheckLine(True, "read", f"{total} listings"),
            CheckLine(None, "clock", f"this machine's clock is {clock}"),
        )

    def close(self) -> None:
        self._client.close()

    def _judge(self, answer: Answer) -> Verdict:
        """What an answer means; see `stockrecon.rest.verdict`. A body that is no JSON never gets here."""
        document = answer.json()
        if not isinstance(document, dict):
            raise BadAnswer("the body is JSON but no object")
        told = f"{document.get('error')}: {document.get('message')}"
        if answer.status == 200:
            return Verdict.ok()
        if answer.status == 429:
            return Verdict.throttled(told)
        if answer.status in (401, 403):
            way_on = "put a new key into the configuration: Plaza, Settings, API keys"
            return Verdict.fail(AuthFault(self.settings.name, told, way_on=way_on))
        if answer.status >= 500 or answer.status == 408:
            return Verdict.retry(f"HTTP {answer.status}, {told}")
        return Verdict.fail(ReadFault(self.settings.name, told, way_on="report it with this text"))


def _units(who: str, row: Row, name: str) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        text = f"an answer is not what Plaza documents: item {row['id']}: {name} is not a whole number"
        raise ReadFault(who, text, way_on="if it stays so, report it with this text")
    return value


def _row_of_listing(who: str, row: Row) -> dict[str, object]:
    stock, promised = _units(who, row, "stock"), _units(who, row, "promised")
    return {
        "item_id": row["id"],
        "seller_sku": row.get("sku"),
        "title": row.get("title"),
        "sellable": stock - promised,
        "campaign": promised,
        "state": STATES.get(str(row.get("state")), ListingState.ERROR),
        "message": "" if row.get("state") in STATES else f"state {row.get('state')}",
    }


def _listing(settings: ShopSettings, row: Row) -> Listing:
    told = _row_of_listing(settings.name, row)
    key = ListingKey(settings.name, str(row["id"]))
    sellable, campaign = int(str(told["sellable"])), int(str(told["campaign"]))
    state, message = ListingState(str(told["state"])), str(told["message"])
    return Listing(
        key, str(row.get("sku") or ""), sellable, campaign, 0, 0, state, message, str(row.get("title") or "")
    )


def _rows_of_order(order: Row) -> Iterator[dict[str, object]]:
    status = STATUSES.get(str(order.get("status")), "paid")
    lines = order.get("lines")
    for line in lines if isinstance(lines, list) else []:
        yield {
            "order_id": order["id"],
            "item_id": line["item"],
            "quantity": line["units"],
            "status": status,
            "created_at": order.get("placed"),
            "updated_at": order.get("changed"),
        }
