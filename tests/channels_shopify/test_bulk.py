"""A large catalogue by one bulk operation: what comes is what pages would give, or pages are read after all."""

from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.shopify import bulk, reading
from stockrecon.core.sources import Pulled
from stockrecon.errors import AuthFault
from stockrecon.rest import Answer, Request, WireFault
from tests.channels_shopify.fakes import FakeShopify, channel, request
from tests.channels_shopify.nodes import MAIN, STORE, Node, gid, location, problem, said, variant

HOME = "https://storage.googleapis.com/shopify-tiers-assets-prod-us-east1/bulk-operation-outputs/x-final"
ADDRESS = f"{HOME}?GoogleAccessId=assets%40shopify&Expires=1700000000&Signature=a%2Bb%2F%3D"


class Storage:
    """Where the file is. `pieces` False: it answers with the whole whatever is asked for."""

    def __init__(self, lines: list[bytes], pieces: bool = True) -> None:
        self.body = b"".join(each + b"\n" for each in lines)
        self.pieces = pieces
        self.requests: list[Request] = []
        self.first: list[Answer | Exception] = []

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        if self.first:
            made = self.first.pop(0)
            if isinstance(made, Exception):
                raise made
            return made
        if not self.pieces:
            return Answer(200, {}, self.body)
        begin, end = dict(request.headers)["range"].removeprefix("bytes=").split("-")
        return Answer(206, {}, self.body[int(begin) : int(end) + 1])

    def close(self) -> None:
        pass


def lines_of(shopify: FakeShopify, location: str = "") -> list[bytes]:
    """The rows of a bulk operation over the shop: items, and their variants and levels as lines of their own."""
    rows: list[Node] = []
    for node in shopify.variants:
        item = node["inventoryItem"]
        levels = [
            {
                "id": f"gid://shopify/InventoryLevel/{number}?inventory_item_id=5",
                "location": {"id": place},
                "quantities": [{"name": name, "quantity": units} for name, units in held.items()],
            }
            for number, (place, held) in enumerate(item["stock"].items())
        ]
        own = {"id": item["id"], "tracked": item["tracked"]}
        of = {name: value for name, value in node.items() if name not in ("inventoryItem", "__typename")}
        if location:
            own["inventoryLevel"] = next((each for each in levels if each["location"]["id"] == location), None)
        rows += [own, {**of, "__parentId": item["id"]}]
        rows += [] if location else [{**each, "__parentId": item["id"]} for each in levels]
    return [json.dumps(each).encode() for each in rows]


def large(*more: Node) -> FakeShopify:
    """A shop above the limit for pages, which the tests set to three."""
    made = FakeShopify(*(variant(number, f"S{number}", {MAIN: number, STORE: 1}) for number in range(1, 6)), *more)
    made.places.append(location(2, "Store"))
    return made


def finished(shopify: FakeShopify, storage: Storage, **more: object) -> None:
    lines = storage.body.splitlines()
    roots = sum(b"/InventoryItem/" in line.split(b",")[0] for line in lines)
    shopify.bulk = {
        "status": "COMPLETED",
        "url": ADDRESS,
        "fileSize": str(len(storage.body)),
        "objectCount": str(len(lines)),
        "rootObjectCount": str(roots),
        **more,
    }


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BULK_ABOVE", 3)


def rows_of(pulled: Pulled) -> list[dict[str, str]]:
    with open(pulled.tables["listings"].path, encoding="utf-8") as file:
        return sorted(csv.DictReader(file), key=lambda row: int(row["variation_id"]))


def by_pages(pulled: Pulled) -> str:
    """Why pages were read after all; "" where they were not."""
    return next((each for each in pulled.warnings if "read by pages" in each), "")


@pytest.mark.parametrize("location_id", ["", "2"])
def test_the_rows_are_those_that_pages_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location_id: str) -> None:
    """All locations or one; children in any order, before their parents too; and one call for the whole catalogue."""
    shopify = large(variant(9, "OFF", 0, tracked=False), variant(10, "", {}))
    lines = lines_of(shopify, gid("Location", location_id) if location_id else "")
    random.Random(7).shuffle(lines)
    storage = Storage(lines)
    finished(shopify, storage)
    options: dict[str, Any] = {"location_id": location_id} if location_id else {}
    made = channel(shopify, storage=storage, **options)
    running = {"id": gid("BulkOperation", 9), "status": "RUNNING", "rootObjectCount": "2"}
    shopify.overrides["BulkPoll"] = [said({"data": {"bulkOperation": running}}) for _ in range(2)]
    pulled = made.pull(request(tmp_path / "bulk"))
    assert pulled.complete
    assert shopify.calls["BulkPoll"] == 3
    assert shopify.calls["SnapshotVariants"] == shopify.calls["SnapshotVariantsAt"] == 0
    monkeypatch.setattr(reading, "BULK_ABOVE", 5000)
    paged = channel(shopify, **options).pull(request(tmp_path / "pages"))
    assert rows_of(pulled) == rows_of(paged)
    assert pulled.warnings == paged.warnings


def test_the_file_is_fetched_in_pieces_and_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its size it does not lie in memory as a whole; its address is the only key."""
    monkeypatch.setattr(bulk, "PIECE", 100)
    shopify = large()
    storage = Storage(lines_of(shopify))
    finished(shopify, storage)
    pulled = channel(shopify, storage=storage).pull(request(tmp_path))
    assert len(rows_of(pulled)) == 5
    assert len(storage.requests) == -(-len(storage.body) // 100)
    for sent in storage.requests:
        assert [name for name, _ in sent.headers] == ["range"]
        assert sent.target == ADDRESS.removeprefix("https://storage.googleapis.com")
    assert pulled.requests == len(shopify.requests) + len(storage.requests)


def test_a_storage_that_gives_the_whole_is_taken_whole(tmp_path: Path) -> None:
    """A small file, from a server that knows no pieces."""
    shopify = large()
    storage = Storage(lines_of(shopify), pieces=False)
    finished(shopify, storage)
    assert len(rows_of(channel(shopify, storage=storage).pull(request(tmp_path)))) == 5


def test_an_empty_result_has_no_file(tmp_path: Path) -> None:
    """Completed, without an address."""
    shopify = large()
    shopify.bulk = {"status": "COMPLETED", "objectCount": "0", "rootObjectCount": "0"}
    assert rows_of(channel(shopify, storage=Storage([])).pull(request(tmp_path))) == []


def test_progress_and_the_time_of_the_snapshot_are_those_of_the_operation(tmp_path: Path) -> None:
    """It is a smear over its run: what it is of is when it began."""
    shopify = large()
    storage = Storage(lines_of(shopify))
    finished(shopify, storage)
    running = {"id": gid("BulkOperation", 9), "status": "RUNNING", "rootObjectCount": "2"}
    shopify.overrides["BulkPoll"] = [said({"data": {"bulkOperation": running}}) for _ in range(25)]
    before = shopify.time.clock()
    pulled = channel(shopify, storage=storage).pull(request(tmp_path))
    assert shopify.time.seconds > 20
    assert (pulled.as_of - before).total_seconds() <= 1


@pytest.mark.parametrize("takes", [1.0, 3.5, 26.0, 290.0])
def test_the_end_of_an_operation_is_noticed_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, takes: float) -> None:
    """Within a second, or a twentieth of the time that it took: a pull is not much longer than the operation."""
    shopify = large()
    storage = Storage(lines_of(shopify))
    finished(shopify, storage)
    shopify.bulk["status"] = "RUNNING"
    sleep = shopify.time.sleep

    def until_done(seconds: float) -> None:
        sleep(seconds)
        if shopify.time.seconds >= takes:
            shopify.bulk["status"] = "COMPLETED"

    monkeypatch.setattr(shopify.time, "sleep", until_done)
    pulled = channel(shopify, storage=storage).pull(request(tmp_path))
    assert len(rows_of(pulled)) == 5
    assert takes <= shopify.time.seconds <= takes + max(1.0, takes * 0.05)


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"status": "FAILED", "errorCode": "TIMEOUT"}, r"it ended as FAILED \(TIMEOUT\)"),
    ({"status": "CANCELED"}, "it ended as CANCELED"),
    ({"status": "EXPIRED"}, "it ended as EXPIRED"),
    ({"objectCount": "99"}, "Shopify counts 99"),
    ({"rootObjectCount": "4"}, "objects"),
    ({"fileSize": "999999"}, "bytes, Shopify says 999999"),
    ({"url": "https://evil.example/x"}, "evil.example"),
    ({"url": "http://storage.googleapis.com/x"}, "where nothing of Shopify's"),
    ({"url": "https://storage.googleapis.com@evil.example/x"}, "evil.example"),
    ({"url": "https://storage.googleapis.com:444/x"}, "where nothing of Shopify's"),
    ({"url": "https://storage.googleapis.com.evil.example/x"}, "evil.example"),
    ({"url": "http://[bad"}, "cannot be understood"),
]


@pytest.mark.parametrize(("done", "why"), BROKEN, ids=[str(each[0]) for each in BROKEN])
def test_where_it_does_not_do_pages_are_read(tmp_path: Path, done: dict[str, Any], why: str) -> None:
    """Every variant is there all the same, the snapshot is whole, and the report says why it took longer."""
    shopify = large()
    storage = Storage(lines_of(shopify))
    finished(shopify, storage, **done)
    pulled = channel(shopify, storage=storage).pull(request(tmp_path))
    assert pulled.complete
    assert len(rows_of(pulled)) == 5
    warning = by_pages(pulled)
    assert re.search(why, warning)
    assert "Signature" not in warning
    assert "a+b" not in warning


def test_nothing_is_fetched_from_a_host_that_is_not_shopifys(tmp_path: Path) -> None:
    """An address in an answer sends this program nowhere else; not to this machine either, unless the shop is here."""
    shopify = large()
    for address in ("https://169.254.169.254/latest", "https://evil.example/x"):
        storage = Storage(lines_of(shopify))
        finished(shopify, storage, url=address)
        assert channel(shopify, storage=storage).pull(request(tmp_path / address[8:12])).complete
        assert storage.requests == []
    storage = Storage(lines_of(shopify))
    finished(shopify, storage, url="http://127.0.0.1:7777/bulk/x")
    assert channel(shopify, storage=storage).pull(request(tmp_path / "here")).complete
    assert storage.requests


def test_a_damaged_file_is_not_read(tmp_path: Path) -> None:
    """A line that is cut, or a child without its parent: pages are read."""
    shopify = large()
    for number, lines in enumerate(([b'{"id": "gid://shopify/InventoryItem/1", "tra'], lines_of(shopify)[1:])):
        storage = Storage(lines)
        finished(shopify, storage)
        pulled = channel(shopify, storage=storage).pull(request(tmp_path / str(number)))
        assert len(rows_of(pulled)) == 5
        assert by_pages(pulled)


def test_the_file_is_asked_for_again_where_that_can_help(tmp_path: Path) -> None:
    """A passing fault; one that stays is a reason for pages."""
    shopify = large()
    storage = Storage(lines_of(shopify))
    storage.first = [Answer(503, {}, b""), WireFault("broke off", sent=True)]
    finished(shopify, storage)
    assert not by_pages(channel(shopify, storage=storage).pull(request(tmp_path)))
    storage.first = [Answer(403, {}, b"<xml>") for _ in range(9)]
    pulled = channel(shopify, storage=storage).pull(request(tmp_path / "again"))
    assert "bulk file: HTTP 403" in by_pages(pulled)


def test_an_operation_that_takes_too_long_is_cancelled(tmp_path: Path) -> None:
    """The plan that comes of it would be too old; what is read by pages is of then."""
    shopify = large()
    shopify.bulk = {"status": "RUNNING", "rootObjectCount": "1"}
    before = shopify.time.clock()
    pulled = channel(shopify, storage=Storage([])).pull(request(tmp_path))
    assert shopify.calls["BulkCancel"] == 1
    assert len(rows_of(pulled)) == 5
    assert (pulled.as_of - before).total_seconds() > 500


@pytest.mark.parametrize("code", ["OPERATION_IN_PROGRESS", "LIMIT_REACHED", None])
def test_an_operation_that_is_refused_is_no_reason_to_fail(tmp_path: Path, code: str | None) -> None:
    """Others of the same app may be under way."""
    shopify = large()
    told = {"code": code, "field": None, "message": "already in progress: gid://shopify/BulkOperation/1"}
    payload = {"bulkOperation": None, "userErrors": [told]}
    shopify.overrides["BulkRun"] = [said({"data": {"bulkOperationRunQuery": payload}})]
    pulled = channel(shopify, storage=Storage([])).pull(request(tmp_path))
    assert "already in progress" in by_pages(pulled)
    assert len(rows_of(pulled)) == 5


def test_an_app_that_may_not_is_told(tmp_path: Path) -> None:
    """A scope that is missing for one way is missing for the other."""
    shopify = large()
    shopify.overrides["BulkRun"] = [said({"data": None, "errors": [problem("ACCESS_DENIED", "Access denied")]})]
    with pytest.raises(AuthFault, match="ACCESS_DENIED"):
        channel(shopify, storage=Storage([])).pull(request(tmp_path))


def test_a_shop_that_does_not_count_is_read_by_pages(tmp_path: Path) -> None:
    """However many variants it has."""
    shopify = large()
    shopify.overrides["VariantsCount"] = [said({"errors": [problem("undefinedField", "no such field")]})]
    assert len(rows_of(channel(shopify).pull(request(tmp_path)))) == 5
    assert shopify.calls["BulkRun"] == 0


def test_pages_serve_up_to_the_limit(tmp_path: Path) -> None:
    """Just at it no operation is begun."""
    shopify = large()
    shopify.variants = shopify.variants[:3]
    assert len(rows_of(channel(shopify).pull(request(tmp_path)))) == 3
    assert shopify.calls["BulkRun"] == 0
