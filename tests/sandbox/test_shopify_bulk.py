"""Bulk operations: which queries are taken, how a job goes, and what its file holds (reference: Shopify 1.6)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from stockrecon.core.model import ListingState
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.shopify.jobs import Job, JobRow
from stockrecon.sandbox.shopify.market import ShopifyShop
from tests.sandbox.shopify_world import DOCUMENTS, HERE, HOST, MUG, NOON, TEE, Site, gid, item_gid

INNER = DOCUMENTS["bulk_inner"]


@pytest.fixture
def site() -> Site:
    return Site()


def begin(site: Site, text: str = INNER) -> str:
    payload = site.data("bulk_run", q=text)["bulkOperationRunQuery"]
    assert payload["userErrors"] == []
    assert payload["bulkOperation"]["status"] == "CREATED"
    return str(payload["bulkOperation"]["id"])


def poll(site: Site, job: str) -> dict:
    return site.data("bulk_poll", id=job)["bulkOperation"]


def fetch(site: Site, url: str) -> list[dict]:
    """The rows of a file: without a token."""
    answer = site.call("GET", url.removeprefix(f"http://{HOST}/shopify"))
    assert (answer.status, answer.content_type) == (200, "application/jsonl")
    assert answer.raw is not None
    return [json.loads(line) for line in answer.raw.splitlines()]


def test_a_file_is_given_in_pieces(site: Site) -> None:
    """A header Range gets its bytes with status 206; one behind the end 416, and what is no range the whole file."""
    job = begin(site)
    site.advance(minutes=5)
    path = str(poll(site, job)["url"]).removeprefix(f"http://{HOST}/shopify")
    whole = site.call("GET", path).raw
    assert whole
    piece = site.call("GET", path, range="bytes=10-29")
    assert (piece.status, piece.raw) == (206, whole[10:30])
    assert piece.headers["content-range"] == f"bytes 10-29/{len(whole)}"
    rest = site.call("GET", path, range=f"bytes=30-{len(whole) + 99}")
    assert (rest.status, rest.raw) == (206, whole[30:])
    assert site.call("GET", path, range=f"bytes={len(whole)}-").status == 416
    for odd in ("bytes=9-3", "bytes=-5", "lines=0-3", "bytes=x-3"):
        assert site.call("GET", path, range=odd).raw == whole


def test_a_job_is_not_done_before_its_file_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may ask while a large file is put together."""
    made = Job(1, "", True, NOON, timedelta(seconds=9), lambda half: [JobRow({"id": half})])
    seen = []
    monkeypatch.setattr(JobRow, "line", lambda row: seen.append(made.status) or b"{}\n")
    assert made.advance(NOON + timedelta(seconds=9))
    assert (seen, made.status, made.file) == (["CREATED"] * 2, "COMPLETED", b"{}\n{}\n")


def test_a_job_is_created_runs_and_is_completed(site: Site) -> None:
    """Counts are texts; the file and its link come at the end, for seven days, for whoever has the link."""
    job = begin(site)
    assert poll(site, job) == {
        "id": job, "status": "CREATED", "errorCode": None, "createdAt": "2026-11-11T12:00:00Z", "completedAt": None,
        "objectCount": "0", "rootObjectCount": "0", "fileSize": None, "url": None, "partialDataUrl": None,
    }  # fmt: skip
    site.advance(seconds=0.5)
    assert poll(site, job)["status"] == "RUNNING"
    site.advance(seconds=1)
    done = poll(site, job)
    assert (done["status"], done["completedAt"]) == ("COMPLETED", "2026-11-11T12:00:01Z")
    rows = fetch(site, done["url"])
    assert (done["objectCount"], done["rootObjectCount"]) == (str(len(rows)), "2")
    current = site.data("{ currentBulkOperation { id status type query } }")["currentBulkOperation"]
    assert current == {"id": job, "status": "COMPLETED", "type": "QUERY", "query": INNER}
    path = done["url"].removeprefix(f"http://{HOST}/shopify")
    for spoiled in (path[:-1], path.replace("Expires=1", "Expires=2"), path.partition("?")[0]):
        assert site.call("GET", spoiled).status == 404
    site.advance(days=7)
    assert site.call("GET", path).status == 404
    assert (poll(site, job)["status"], poll(site, job)["url"]) == ("EXPIRED", None)


def test_the_file_holds_objects_and_names_their_parents(site: Site) -> None:
    """Nested nodes have lines of their own; what is no connection stays inline; ids join them."""
    site.shop.place(site.now, [(*MUG, 2)])
    job = begin(site)
    site.advance(seconds=2)
    rows = fetch(site, poll(site, job)["url"])
    roots = [one for one in rows if "__parentId" not in one]
    assert [one["id"] for one in roots] == [item_gid(TEE), item_gid(MUG)]
    assert set(roots[0]) == {"id", "sku", "tracked", "updatedAt"}
    levels = [one for one in rows if "InventoryLevel" in one["id"]]
    assert sorted(one["__parentId"] for one in levels) == [item_gid(TEE), item_gid(TEE), item_gid(MUG)]
    mug = next(one for one in levels if one["__parentId"] == item_gid(MUG))
    assert mug["location"] == {"id": gid("Location", HERE)}
    assert {"name": "committed", "quantity": 2} in mug["quantities"]
    variants = [one for one in rows if "ProductVariant" in one["id"]]
    assert {one["product"]["status"] for one in variants} == {"ACTIVE"}


def test_what_an_object_holds_is_the_node_s_own(site: Site) -> None:
    """Levels inside a variant's item: lines of their own, their parent the variant, as in real files; so is what
    hangs at an object of the root. Slashes and ampersands are escaped there.
    """
    text = """{ productVariants { edges { node { id inventoryItem { tracked inventoryLevels { edges { node {
        id location { id } } } } } } } }
        location(id: "%s") { name inventoryLevels { edges { node { id } } } } }"""
    job = begin(site, text % gid("Location", HERE))
    site.advance(seconds=2)
    done = poll(site, job)
    rows = fetch(site, done["url"])
    variants = [row for row in rows if "inventoryItem" in row]
    assert [(row["id"], row["inventoryItem"]) for row in variants] == [
        (gid("ProductVariant", key[1]), {"tracked": True}) for key in (TEE, MUG)
    ]
    levels = [row for row in rows if "location" in row]
    parents = [gid("ProductVariant", key[1]) for key in (TEE, TEE, MUG)]
    assert sorted(row["__parentId"] for row in levels) == parents
    loose = [row for row in rows if set(row) == {"id"}]
    assert len(loose) == 2
    assert done["objectCount"] == str(len(rows)) == "7"
    raw = site.call("GET", done["url"].removeprefix(f"http://{HOST}/shopify")).raw
    assert raw is not None
    assert raw.startswith(b'{"id":"gid:\\/\\/shopify\\/ProductVariant\\/7001"')


def big() -> Site:
    shop = ShopifyShop("shopify")
    for number in range(40):
        shop.add("1", str(100 + number), f"S{number}", 10, NOON - timedelta(days=1))
    return Site(shop)


def test_children_need_not_follow_their_parents() -> None:
    """With groupObjects false they stand anywhere after them; with true, behind each."""
    site = big()
    job = begin(site)
    text = DOCUMENTS["bulk_run"].replace("groupObjects: false", "groupObjects: true")
    grouped = site.data(text, q=INNER)["bulkOperationRunQuery"]["bulkOperation"]["id"]
    site.advance(seconds=2)
    mixed, behind = (fetch(site, poll(site, one)["url"]) for one in (job, grouped))
    key = lambda row: (row.get("__parentId", ""), row["id"])  # noqa: E731
    assert sorted(mixed, key=key) == sorted(behind, key=key)
    parents = [row["__parentId"] for row in mixed if "__parentId" in row]
    assert parents != sorted(parents)
    last = ""
    for row in behind:
        last = row["id"] if "__parentId" not in row else last
        assert row.get("__parentId", last) == last


def test_a_file_is_no_photograph() -> None:
    """The first half of the objects is of the job's beginning, the second of its end."""
    site = big()
    job = begin(site, "{ inventoryItems { edges { node { id sku updatedAt } } } }")
    site.advance(seconds=0.5)
    for number in (0, 39):
        site.shop.edit(site.now, ("1", str(100 + number)), 3)
    site.shop.add("1", "90", "BEFORE", 1, site.now)
    site.shop.add("1", "900", "AFTER", 1, site.now)
    site.shop.set_state(site.now, ("1", "130"), ListingState.DELETED)
    site.advance(seconds=2)
    rows = {row["sku"]: row["updatedAt"] for row in fetch(site, poll(site, job)["url"])}
    assert (rows["S0"], rows["S39"]) == ("2026-11-10T12:00:00Z", "2026-11-11T12:00:00Z")
    assert "AFTER" in rows
    assert not {"BEFORE", "S30"} & set(rows)
    assert len(rows) == 40


def test_an_answer_of_nothing_has_no_file() -> None:
    """COMPLETED, zero objects, and no link."""
    site = Site()
    job = begin(site, '{ productVariants(query: "sku:none") { edges { node { id } } } }')
    site.advance(seconds=2)
    done = poll(site, job)
    assert (done["status"], done["objectCount"], done["url"], done["fileSize"]) == ("COMPLETED", "0", None, None)


FLAT = "{ products { nodes { id } } }"
DEEP = (
    "{ products { edges { node { id variants { edges { node { id inventoryItem { id inventoryLevels "
    "{ edges { node { id item { id variants { edges { node { id } } } } } } } } } } } } } } }"
)
WIDE = "{ a: products { edges { node { id } } } " + " ".join(
    f"b{number}: orders {{ edges {{ node {{ id }} }} }}" for number in range(5)
) + " }"  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Invalid bulk query: syntax error, unexpected end of file"),
        ("{ nope }", "Invalid bulk query: Field 'nope' doesn't exist on type 'QueryRoot'"),
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        (FLAT, "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
         "'products { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields: 'products'."),
        ('{ node(id: "gid://shopify/Product/1") { id } }', "Bulk queries cannot contain a top level `node` field."),
        (DEEP, "Bulk queries cannot contain connections with a nesting depth greater than 2."),
        (WIDE, "Bulk queries cannot contain more than 5 connections."),
        ("{ products { edges { node { title variants { edges { node { id } } } } } } }",
         "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of "
         "'ID' return type. Connection fields without 'id': products."),
        ("{ orders { edges { node { id refunds { refundLineItems { edges { node { quantity } } } } } } } }",
         "Queries that contain a connection field within a list field are not currently supported."),
        ('mutation { bulkOperationCancel(id: "gid://shopify/BulkOperation/1") { bulkOperation { id } } }',
         "Invalid operation type. Only `query` operations are supported."),
        ("{ products { edges { node { id } } } } #" + "x" * 65_535,
         "Query is too large (65575 bytes; maximum is 65535 bytes)"),
    ],
)  # fmt: skip
def test_queries_that_cannot_be_run_in_bulk_are_refused(site: Site, text: str, says: str) -> None:
    """By a user error with the recorded words; no job begins."""
    payload = site.data("bulk_run", q=text)["bulkOperationRunQuery"]
    assert payload["bulkOperation"] is None
    assert {"code": "INVALID", "field": ["query"], "message": says} in payload["userErrors"]
    assert site.shop.jobs == {}


def test_five_jobs_run_at_once(site: Site) -> None:
    """The sixth is told which are running; once one is over there is room again."""
    jobs = [begin(site) for _ in range(5)]
    payload = site.data("bulk_run", q=INNER)["bulkOperationRunQuery"]
    told = f"A bulk query operation for this app and shop is already in progress: {', '.join(jobs)}."
    assert payload["userErrors"] == [{"code": "OPERATION_IN_PROGRESS", "field": None, "message": told}]
    site.advance(seconds=2)
    begin(site)


def test_a_job_can_be_cancelled_until_it_is_over(site: Site) -> None:
    """CANCELING, then CANCELED, without a file; what is over and what never was are refused."""
    job = begin(site)
    payload = site.data("bulk_cancel", id=job)["bulkOperationCancel"]
    assert payload == {"bulkOperation": {"id": job, "status": "CANCELING"}, "userErrors": []}
    site.advance(seconds=5)
    assert (poll(site, job)["status"], poll(site, job)["url"]) == ("CANCELED", None)
    again = site.data("bulk_cancel", id=job)["bulkOperationCancel"]
    assert again["userErrors"][0]["message"] == "A bulk operation cannot be canceled when it is canceled"
    none = site.data("bulk_cancel", id=gid("BulkOperation", 1))["bulkOperationCancel"]
    assert none["userErrors"] == [{"field": ["id"], "message": "Bulk operation does not exist"}]


def test_a_job_that_fails_keeps_what_it_had() -> None:
    """FAILED with its code; the partial file has the first half."""
    site = big()
    job = begin(site)
    site.shop.jobs[int(job.rpartition("/")[2])].fail("TIMEOUT")
    site.advance(seconds=2)
    done = poll(site, job)
    assert (done["status"], done["errorCode"], done["url"]) == ("FAILED", "TIMEOUT", None)
    assert sum("__parentId" not in row for row in fetch(site, done["partialDataUrl"])) == 20


def test_a_job_fails_where_the_app_may_not_read(site: Site) -> None:
    """ACCESS_DENIED, told by the job and not by its start."""
    site.shop.set_option(site.now, "scopes", "read_products")
    job = begin(site)
    site.advance(seconds=2)
    assert (poll(site, job)["status"], poll(site, job)["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_wrong_totals_are_a_fault_that_can_be_set(site: Site) -> None:
    """Of a job's rows, and of all variants."""
    job = begin(site)
    site.advance(seconds=2)
    control = Control(site.sandbox)
    control.handle("POST", "faults", b'{"shop": "shopify", "kind": "wrong-total", "by": 3}')
    spoiled, right = poll(site, job), poll(site, job)
    assert int(spoiled["objectCount"]) == int(right["objectCount"]) + 3
    control.handle("POST", "faults", b'{"shop": "shopify", "kind": "wrong-total", "by": 3}')
    count = "{ productVariantsCount { count precision } }"
    off, true = (site.data(count)["productVariantsCount"]["count"] for _ in range(2))
    assert off == true + 3
