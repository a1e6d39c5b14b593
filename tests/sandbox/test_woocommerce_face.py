"""WooCommerce's face: equal to recorded answers of a real site, and everything that a client may meet there."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.faults import Planned
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.wire import Call
from stockrecon.sandbox.woocommerce.market import WooShop
from tests.sandbox.woo_world import HOST, KEYS, LARGE, MUG, NOON, PREFIX, SMALL, Site, basic, signed

DATA = Path(__file__).parent / "data"
REAL = json.loads((DATA / "recorded_woocommerce.json").read_text("utf-8"))["calls"]
REFUSALS = yaml.safe_load((DATA / "woocommerce_refusals.yaml").read_text("utf-8"))


@pytest.fixture
def site() -> Site:
    return Site()


# As a real site answered


def wanted(call: dict) -> object:
    """The recorded body, put together again from an earlier one and what was different."""
    if "answers" in call:
        return {"update": [wanted(answer) for answer in call["answers"]]}
    if "but" not in call:
        return call["answer"]
    earlier = next((other for other in REAL if other.get("name") == call["like"]), None)
    return {**(wanted(earlier) if earlier else {}), **call["but"]}


def differences(real: object, ours: object, path: str = "") -> list[str]:
    """Every place where keys, types or values differ; what nobody can foresee is compared by its type only."""
    if isinstance(real, dict) and isinstance(ours, dict):
        return [
            f"{path}.{name}: only one has it" if name not in ours or name not in real else text
            for name in real.keys() | ours.keys()
            for text in (differences(real.get(name), ours.get(name), f"{path}.{name}") or [""])
            if name not in ours or name not in real or text
        ]
    if isinstance(real, list) and isinstance(ours, list):
        if len(real) != len(ours) and "related_ids" not in path:
            return [f"{path}: {len(real)} and {len(ours)} entries"]
        pairs = enumerate(zip(real, ours, strict=False))
        return [text for place, (one, two) in pairs for text in differences(one, two, f"{path}[{place}]")]
    if type(real) is not type(ours):
        return [f"{path}: {real!r} and {ours!r}"]
    unforeseen = ("date_", "order_key", "payment_url", "related_ids", "meta_data", "line_items")
    loose = any(word in path for word in unforeseen) and path.rsplit(".", 1)[-1] in (
        *("id", "value", "display_value", "order_key", "payment_url"),
        *(f"date_{name}{tail}" for name in ("created", "modified", "paid", "completed") for tail in ("", "_gmt")),
    )
    if loose or "related_ids" in path or real == ours:
        return []
    return [f"{path}: {real!r} and {ours!r}"]


def test_a_new_site_answers_every_recorded_call_as_the_real_one_did() -> None:
    """All 40 calls in their order: status, headers, every key, every type, every value that can be foreseen."""
    shop = WooShop("woo", "US")
    keys = {"consumer_key": "ck_a", "consumer_secret": "cs_b"}
    sandbox = Sandbox([shop], SandboxClock(NOON), credentials={"woo": keys}, per_second=1000, burst=1000)
    auth = {"no-auth": "", "bad-secret": basic("ck_a", "wrong"), "bad-key": basic("ck_wrong", "cs_b")}
    assert len(REAL) == 40
    for recorded in REAL:
        name, body = recorded["name"], recorded.get("body")
        shop.site.rights = "read" if name == "readonly-write" else "read_write"
        if name == "batch-101":
            body = {"update": [body["item"]] * 101}
        if name == "refund-restock":
            body["line_items"][0]["id"] = sandbox_line(sandbox)
        parts = urlsplit(PREFIX + recorded["path"])
        headers = {"host": HOST, "x-forwarded-proto": recorded["proto"]}
        headers["authorization"] = auth.get(name, basic("ck_a", "cs_b"))
        data = b"" if body is None else json.dumps(body).encode()
        call = Call(
            recorded["method"], parts.path, tuple(parse_qsl(parts.query)), (), data, "application/json", headers
        )
        answer = sandbox.handle(sandbox.shops["woo"], call).answer
        assert answer is not None
        assert answer.status == recorded["status"], (name, answer.body)
        moved = json.loads(json.dumps(wanted(recorded)).replace(HOST, f"{HOST}/woo"))
        assert differences(moved, answer.body) == [], name
        told = {key: value.replace(HOST, f"{HOST}/woo") for key, value in recorded["headers"].items()}
        assert {key: answer.headers.get(key) for key in told} == told, name


def sandbox_line(sandbox: Sandbox) -> int:
    """The number of the first line of the first order, which the real site had numbered otherwise."""
    call = Call("GET", f"{PREFIX}/orders/16", headers={"authorization": basic("ck_a", "cs_b")})
    answer = sandbox.handle(sandbox.shops["woo"], call).answer
    assert answer is not None
    assert isinstance(answer.body, dict)
    return answer.body["line_items"][0]["id"]


def test_fields_that_only_writes_show_are_not_read(site: Site) -> None:
    """A list and a single read lack `permalink_template`; `context=edit` has it."""
    rows = site.good("GET", "/products/101")
    edit = site.good("GET", "/products/101", context="edit")
    assert {"permalink_template", "generated_slug"} == edit.keys() - rows.keys()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal[0]} {refusal[1]}")
def test_refusals_have_their_code_and_words(site: Site, refusal: list) -> None:
    """Status, code and message, and the status once more inside."""
    method, path, body, *told = refusal
    assert list(site.refused(method, path, body)) == told


# Addresses


def test_both_forms_of_an_address_are_one_path(site: Site) -> None:
    """`?rest_route=` answers the same, and is counted and spoiled as the same."""
    pretty = site.answer("GET", f"{PREFIX}/products/101")
    plain = site.answer("GET", "/?rest_route=/wc/v3/products/101")
    assert pretty.body == plain.body
    assert site.served.counts == {f"{PREFIX}/products/101": 2}
    assert signed(site, "/?rest_route=/wc/v3/products/101").status == 200


def test_a_site_without_pretty_addresses_knows_one_form_only(site: Site) -> None:
    """The other is a page that is not there, in HTML; links are in the form that works."""
    site.shop.set_option(NOON, "pretty", "no")
    missing = site.ask("GET", "/products")
    assert (missing.status, missing.content_type) == (404, "text/html")
    answer = site.answer("GET", "/?rest_route=/wc/v3/products&per_page=1")
    assert answer.headers["Link"] == (f'<http://{HOST}/woo/?rest_route=/wc/v3/products&per_page=1&page=2>; rel="next"')


def test_the_index_is_for_anybody(site: Site) -> None:
    """It tells which interfaces there are; a bad secret is refused there too."""
    answer = site.answer("GET", "/wp-json/", authorization="")
    assert answer.status == 200
    assert answer.body["namespaces"] == ["wp/v2", "wc/v3"]
    assert site.answer("GET", "/wp-json/", authorization=basic("ck_a", "wrong")).status == 401
    assert site.answer("GET", "/shop/", authorization="").status == 404


def test_a_post_may_mean_another_method(site: Site) -> None:
    """For hosts that let only GET and POST through."""
    answer = site.answer("POST", f"{PREFIX}/products/101?_method=DELETE", {})
    assert (answer.status, site.shop.products["101"].status) == (200, "trash")
    assert site.ask("OPTIONS", "/products").body["methods"] == ["GET", "POST"]
    assert site.ask("HEAD", "/products").status == 200


# Pages and filters


def filled(count: int = 25) -> Site:
    site = Site()
    for number in range(count):
        site.shop.add(str(1000 + number), "", f"P-{number}", number, NOON - timedelta(days=1, seconds=number))
    return site


def test_pages_tell_their_total_and_lead_to_one_another() -> None:
    """Walked by `next` to its end every product comes once; the middle page has `prev` too."""
    site = filled()
    target, seen = f"{PREFIX}/products?per_page=10&orderby=id&order=asc", []
    while target:
        answer = site.answer("GET", target)
        assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("27", "3")
        seen += [row["id"] for row in answer.body]
        steps = dict(reversed(step.strip().split("; ")) for step in answer.headers["Link"].split(", "))
        target = steps.get('rel="next"', "").strip("<>").removeprefix(f"http://{HOST}/woo")
        if "page=2" in answer.headers["Link"] and len(seen) == 20:
            assert set(steps) == {'rel="prev"', 'rel="next"'}
    assert seen == [101, 102, *range(1000, 1025)]


def test_sorting_and_offset() -> None:
    """By date, newest first, unless asked otherwise; `offset` goes before `page`."""
    site = filled(3)
    assert site.ids("/products") == [1000, 1001, 1002, 102, 101]
    assert site.ids("/products", order="asc") == [101, 102, 1002, 1001, 1000]
    assert site.ids("/products", orderby="id", order="asc", offset=3, page=9) == [1001, 1002]
    assert site.ids("/products", include="1002,101,1000", orderby="include") == [1002, 101, 1000]
    assert site.ids("/products", orderby="title", order="asc") == [101, 1000, 1001, 1002, 102]
    site.good("PUT", "/products/1001", {"name": "New"})
    assert site.ids("/products", orderby="modified") == [1001, 1000, 1002, 102, 101]
    assert site.ids("/products", exclude="1000 1001") == [1002, 102, 101]


def test_filters(site: Site) -> None:
    """By SKU the products' list has variations too; a SKU may have a comma in it."""
    assert site.ids("/products", sku="SHIRT-L,MUG", orderby="id", order="asc") == [101, 104]
    assert [row["type"] for row in site.good("GET", "/products", sku="SHIRT-L")] == ["variation"]
    site.good("PUT", "/products/101", {"sku": "A,B", "stock_quantity": 0})
    assert site.ids("/products", sku="A,B") == [101]
    assert site.ids("/products", type="variable") == [102]
    assert site.ids("/products", stock_status="outofstock") == [101]
    assert site.ids("/products", search="mug") == [101]
    assert site.ids("/products", status="publish") == [102, 101]
    assert site.ids("/variations", parent="102", orderby="id", order="asc") == [103, 104]
    assert site.ids("/variations", parent="101") == []
    assert site.ids("/products/999/variations") == []


def test_dates_are_wall_clocks_of_the_site_unless_said_otherwise(site: Site) -> None:
    """The site is seven hours east. The bound itself is not included."""
    site.advance(minutes=1)
    site.good("PUT", "/products/101", {"stock_quantity": 9})
    row = site.good("GET", "/products/101")
    assert (row["date_modified"], row["date_modified_gmt"]) == ("2026-11-11T19:01:00", "2026-11-11T12:01:00")
    for bound, gmt, found in (
        ("2026-11-11T19:00:59", "false", [101]),
        ("2026-11-11T19:01:00", "false", []),
        ("2026-11-11T12:00:59", "true", [101]),
        ("2026-11-11T12:01:00", "true", []),
        ("2026-11-11T12:00:59Z", "false", [101]),
    ):
        assert site.ids("/products", modified_after=bound, dates_are_gmt=gmt) == found, bound
    assert site.ids("/products", modified_before="2026-11-11T12:00:00", dates_are_gmt="true") == [102]
    assert site.ids("/products", after="2026-10-12T19:00:00") == []
    assert site.ids("/products", after="2026-10-12T18:59:59", before="2026-10-12T19:00:01") == [102, 101]


def test_an_offset_in_a_gmt_bound_is_the_trap_of_wordpress(site: Site) -> None:
    """It brings the bound to the site's clock and compares that with the GMT column: seven hours are missed."""
    site.advance(minutes=1)
    site.good("PUT", "/products/101", {"stock_quantity": 9})
    assert site.ids("/products", modified_after="2026-11-11T12:00:00Z", dates_are_gmt="true") == []
    assert site.ids("/products", modified_after="2026-11-11T05:00:00Z", dates_are_gmt="true") == [101]


def test_orders_move_the_date_of_what_they_take(site: Site) -> None:
    """A count that an order changes is a change of the product."""
    site.advance(minutes=1)
    site.shop.place(site.now, [(*MUG, 1)], paid=True)
    assert site.ids("/products", modified_after="2026-11-11T12:00:30", dates_are_gmt="true") == [101]


def test_fields_are_picked(site: Site) -> None:
    """Of each item, inner ones with a dot; a batch's answer has none of the items' fields, and becomes empty."""
    assert site.good("GET", "/products/101", _fields="sku,dimensions.length") == {
        "sku": "MUG",
        "dimensions": {"length": ""},
    }
    body = {"update": [{"id": 101, "stock_quantity": 3}]}
    assert site.good("POST", "/products/batch", body, _fields="id,stock_quantity") == []
    assert site.shop.products["101"].stock == 3


@pytest.mark.parametrize(("version", "there"), [("10.2.9", False), ("9.8.5", False), ("10.3.0", True), ("11.0", True)])
def test_all_variations_are_listed_by_newer_versions(version: str, there: bool) -> None:
    """Older ones know no such route (reference: WooCommerce 3.2)."""
    site = Site(WooShop("woo", version=version))
    if there:
        assert site.ids("/variations", order="asc") == [103, 104]
    else:
        assert site.refused("GET", "/variations")[:2] == (404, "rest_no_route")
    assert site.ids("/products/102/variations", order="asc") == [103, 104]


# Stock


def test_a_shared_pool_is_shown_by_every_variation_and_written_on_the_product(site: Site) -> None:
    """`manage_stock` is "parent"; a write to such a variation changes nothing."""
    for key in (SMALL, LARGE):
        site.shop.set_trait(NOON, key, "manage_stock", "parent")
    rows = site.good("GET", "/variations")
    assert [(row["manage_stock"], row["stock_quantity"]) for row in rows] == [("parent", 4)] * 2
    site.good("PUT", "/products/102/variations/103", {"stock_quantity": 1})
    assert site.shop.products["102"].stock == 4
    site.good("PUT", "/products/102", {"stock_quantity": 9})
    rows = site.good("GET", "/products/102/variations")
    assert [row["stock_quantity"] for row in rows] == [9, 9]
    row = site.good("PUT", "/products/102/variations/103", {"manage_stock": True, "stock_quantity": 2})
    assert (row["manage_stock"], row["stock_quantity"]) == (True, 2)


def test_writes_stand_among_the_effects(site: Site) -> None:
    """With what buyers could take before and after, and the path in its usual form."""
    site.shop.place(NOON, [(*MUG, 3)])
    site.answer("PUT", "/?rest_route=/wc/v3/products/101", {"stock_quantity": 5})
    site.good("PUT", "/products/101", {"name": "Cup"})
    effects = [(effect.before, effect.after, effect.call) for effect in site.shop.effects]
    assert effects == [(10, 7, "order 1 placed".replace("1", "105")), (7, 2, f"{PREFIX}/products/101")]


def test_what_is_null_is_not_given(site: Site) -> None:
    """A null quantity leaves the count alone."""
    row = site.good("PUT", "/products/101", {"stock_quantity": None, "backorders": "yes"})
    assert (row["stock_quantity"], row["backorders"], row["backorders_allowed"]) == (10, "yes", True)


def test_the_stock_status_follows_the_count(site: Site) -> None:
    """At or below the site's threshold it is out of stock, or on backorder where that is allowed."""
    site.shop.set_option(NOON, "no_stock_amount", "2")
    for quantity, backorders, status in ((3, "no", "instock"), (2, "no", "outofstock"), (-1, "notify", "onbackorder")):
        row = site.good("PUT", "/products/101", {"stock_quantity": quantity, "backorders": backorders})
        assert (row["stock_status"], row["backordered"]) == (status, status == "onbackorder")


def test_a_plugin_lets_quantities_be_fractions(site: Site) -> None:
    """Without it a fraction is refused, in a batch it is cut."""
    batch = {"update": [{"id": 101, "stock_quantity": 2.5}]}
    site.good("POST", "/products/batch", batch)
    assert site.shop.products["101"].stock == 2
    site.shop.set_option(NOON, "decimals", "yes")
    assert site.good("PUT", "/products/101", {"stock_quantity": 2.5})["stock_quantity"] == 2.5
    site.good("POST", "/products/batch", batch)
    assert (site.shop.products["101"].stock, site.shop.exposed(MUG)) == (2.5, 2)
    for wrong in ("NaN", "1e999", "x"):
        assert site.refused("PUT", "/products/101", {"stock_quantity": wrong})[1] == "rest_invalid_param"


def test_a_batch_turns_everything_into_what_the_field_takes(site: Site) -> None:
    """Nothing is checked there: text that is no number sets 0, "parent" is no."""
    rows = [
        {"id": 101, "stock_quantity": "many"},
        {"id": "102", "name": "Shirt"},
        {"id": 103},
        {"id": 999},
        {},
        "nothing",
    ]
    answer = site.good("POST", "/products/batch", {"update": rows, "delete": [998, "x"]})
    codes = [row.get("error", {}).get("code", "") for row in answer["update"]]
    gone = "woocommerce_rest_product_invalid_id"
    assert codes == ["", "", "woocommerce_rest_invalid_product_id", gone, gone, gone]
    assert [row["error"]["data"]["status"] for row in answer["delete"]] == [404, 404]
    assert site.shop.products["101"].stock == 0
    rows = [{"id": 103, "manage_stock": "parent"}, {"id": 101, "stock_quantity": 5}]
    answer = site.good("POST", "/products/102/variations/batch", {"update": rows})
    assert answer["update"][0]["manage_stock"] is False
    assert answer["update"][1]["error"]["code"] == "woocommerce_rest_product_variation_invalid_id"


def test_a_batch_creates_and_deletes(site: Site) -> None:
    """In this order: create, update, delete; more than 100 together are refused and nothing is done."""
    body = {"create": [{"name": "Cup", "sku": "CUP"}, {"sku": "MUG"}], "delete": [101]}
    answer = site.good("POST", "/products/batch", body)
    assert [row["id"] for row in answer["create"]] == [105, None]
    assert [row["id"] for row in answer["delete"]] == [101]
    assert site.ids("/products", orderby="id") == [105, 102]
    body = {"create": [{"name": "x"}] * 51, "update": [{"id": 105}] * 50}
    assert site.refused("POST", "/products/batch", body)[0] == 413
    assert site.ids("/products", orderby="id") == [105, 102]


def test_the_bin(site: Site) -> None:
    """A product in it is read by its id and by `status=trash`; deleted again it is gone (410); forced, for good."""
    site.good("DELETE", "/products/102")
    assert (site.ids("/products"), site.ids("/products", status="trash")) == ([101], [102])
    assert site.ids("/variations") == []
    assert site.good("GET", "/products/102")["status"] == "trash"
    assert site.refused("DELETE", "/products/102") == (
        410,
        "woocommerce_rest_already_trashed",
        "The product has already been deleted.",
    )
    site.good("DELETE", "/products/102", force="true")
    assert site.refused("GET", "/products/102")[0] == 404
    assert site.refused("GET", "/products/102/variations/103")[0] == 404


# Orders


def test_an_order_and_its_notes(site: Site) -> None:
    """Nothing tells when it was cancelled but the date of its change and the notes, newest first."""
    order = site.shop.place(site.now, [(*LARGE, 2)], paid=True)
    site.advance(minutes=3)
    site.shop.cancel(site.now, order.order_id)
    row = site.good("GET", f"/orders/{order.order_id}")
    assert isinstance(row, dict)
    assert (row["status"], row["created_via"], row["total"]) == ("cancelled", "checkout", "10.00")
    assert row["date_modified_gmt"] == "2026-11-11T12:03:00"
    line = row["line_items"][0]
    assert (line["product_id"], line["variation_id"], line["sku"], line["quantity"]) == (102, 104, "SHIRT-L", 2)
    assert [meta["key"] for meta in line["meta_data"]] == ["option"]
    assert [text.split(":")[0] for text in site.notes(order.order_id)] == [
        "Stock levels reduced",
        "Order status changed from Pending payment to Processing.",
        "Stock levels increased",
        "Order status changed from Processing to Cancelled.",
    ]
    made = site.good("POST", f"/orders/{order.order_id}/notes", {"note": "Call back", "customer_note": True})
    assert site.good("GET", f"/orders/{order.order_id}/notes/{made['id']}") == made
    assert len(site.good("GET", f"/orders/{order.order_id}/notes", type="internal")) == 4
    assert site.refused("GET", f"/orders/{order.order_id}/notes/99")[1] == "woocommerce_rest_invalid_id"
    assert site.refused("POST", f"/orders/{order.order_id}/notes", {})[1] == "rest_missing_callback_param"


def test_orders_are_filtered(site: Site) -> None:
    """By several statuses, dates, products; the bin is shown only on request."""
    paid = int(site.shop.place(site.now, [(*MUG, 1)], paid=True).order_id)
    site.advance(minutes=1)
    pending = int(site.shop.place(site.now, [(*SMALL, 1)]).order_id)
    assert site.ids("/orders") == [pending, paid]
    assert site.ids("/orders", status="processing,on-hold") == [paid]
    assert site.ids("/orders", status="any", product="102") == [pending]
    assert site.ids("/orders", after="2026-11-11T12:00:00", dates_are_gmt="true") == [pending]
    assert [row["id"] for row in site.answer("GET", f"{PREFIX}/orders?status[]=pending&status[]=failed").body] == [
        pending
    ]
    site.good("DELETE", f"/orders/{paid}")
    assert (site.ids("/orders"), site.ids("/orders", status="trash")) == ([pending], [paid])
    assert site.refused("DELETE", f"/orders/{paid}")[0] == 410
    site.good("DELETE", f"/orders/{pending}", force="true")
    assert site.refused("GET", f"/orders/{pending}")[0] == 404
    site.advance(days=2)
    assert site.ids("/orders") == []


def test_orders_that_a_client_enters(site: Site) -> None:
    """Paid at once by `set_paid`; a line may name a SKU, or a product that does not exist."""
    items = [{"sku": "MUG", "quantity": 2}, {"product_id": 104}, {"product_id": 999, "quantity": 4}]
    row = site.good("POST", "/orders", {"set_paid": True, "line_items": items})
    assert isinstance(row, dict)
    sold = [(line["product_id"], line["variation_id"], line["quantity"]) for line in row["line_items"]]
    assert (row["status"], row["created_via"], sold) == (
        "processing",
        "rest-api",
        [(101, 0, 2), (102, 104, 1), (0, 0, 4)],
    )
    assert (site.shop.exposed(MUG), site.shop.exposed(LARGE)) == (8, 5)
    site.good("PUT", f"/orders/{row['id']}", {"status": "completed"})
    body = {"update": [{"id": row["id"], "status": "cancelled"}, {"id": 1}], "create": [{"line_items": items}]}
    answer = site.good("POST", "/orders/batch", body)
    assert answer["update"][1]["error"]["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert (site.shop.exposed(MUG), site.shop.exposed(LARGE)) == (10, 6)
    assert answer["create"][0]["status"] == "pending"


def test_refunds(site: Site) -> None:
    """Without a gateway only by hand; never more than was paid; with everything refunded the order is."""
    order = site.shop.place(site.now, [(*MUG, 3)], paid=True)
    path, line = f"/orders/{order.order_id}/refunds", int(order.order_id) * 1000 + 1
    wish = {"amount": "5", "line_items": [{"id": line, "quantity": 1, "refund_total": 5}]}
    assert site.refused("POST", path, wish) == (
        500,
        "woocommerce_rest_cannot_create_order_refund",
        "The payment gateway for this order does not exist.",
    )
    assert site.refused("POST", path, {"amount": "16", "api_refund": False})[2] == "Invalid refund amount."
    made = site.good("POST", path, {**wish, "api_refund": False})
    assert isinstance(made, dict)
    assert site.good("GET", f"{path}/{made['id']}") == made
    assert site.shop.products["101"].stock == 8
    site.good("POST", path, {"amount": "10", "api_refund": False})
    row = site.good("GET", f"/orders/{order.order_id}")
    assert isinstance(row, dict)
    assert (row["status"], [refund["total"] for refund in row["refunds"]]) == ("refunded", ["-10.00", "-5.00"])
    assert len(site.ids(path)) == 2
    assert site.refused("GET", f"{path}/1")[1] == "woocommerce_rest_shop_order_refund_invalid_id"


# The site


def test_settings_are_read_and_set(site: Site) -> None:
    """Text, as the site keeps it; blank is no hold."""
    path = "/settings/products/woocommerce_hold_stock_minutes"
    row = site.good("GET", path)
    assert isinstance(row, dict)
    assert (row["id"], row["value"], row["default"], row["type"]) == (path.rsplit("/", 1)[-1], "60", "60", "number")
    assert site.good("PUT", path, {"value": ""})["value"] == ""
    assert site.shop.site.hold_minutes is None
    site.good("PUT", "/settings/products/woocommerce_manage_stock", {"value": "no"})
    site.good("PUT", "/settings/products/woocommerce_notify_no_stock_amount", {"value": "3"})
    values = {row["id"]: row["value"] for row in site.good("GET", "/settings/products")}
    assert values["woocommerce_manage_stock"] == "no"
    assert values["woocommerce_notify_no_stock_amount"] == "3"
    rows = site.good("GET", "/products")
    assert [row["manage_stock"] for row in rows] == [False, False]


def test_the_status_tells_version_and_currency(site: Site) -> None:
    """What a client asks before it relies on anything."""
    row = site.good("GET", "/system_status")
    assert isinstance(row, dict)
    assert (row["environment"]["version"], row["settings"]["currency"]) == ("11.0.1", "VND")


# What goes wrong


def fault(site: Site, kind: str, **how: object) -> None:
    site.sandbox.faults.add(Planned(1, "woo", "*", (kind,), **how))


@pytest.mark.parametrize("status", [502, 503, 504, 403])
def test_the_server_before_the_site_answers_a_page(site: Site, status: int) -> None:
    """HTML, and no JSON in it."""
    fault(site, "status", status=status)
    answer = site.ask("GET", "/products")
    assert (answer.status, answer.content_type) == (status, "text/html")
    assert answer.raw is not None
    assert str(status).encode() in answer.raw


def test_php_ends_with_an_error_of_its_own(site: Site) -> None:
    """500 is JSON all the same."""
    fault(site, "status")
    assert site.refused("GET", "/products")[:2] == (500, "internal_server_error")
    fault(site, "status", status=401)
    assert site.refused("GET", "/products")[:2] == (401, "woocommerce_rest_authentication_error")


def test_the_host_throttles(site: Site) -> None:
    """WooCommerce itself knows no limit; the host's page says when to come again."""
    fault(site, "throttle")
    answer = site.ask("GET", "/products")
    assert (answer.status, answer.headers["Retry-After"], answer.content_type) == (429, "1", "text/html")


def test_a_wrong_total_and_a_stale_read(site: Site) -> None:
    """The total is a header; an old copy is read, and written through."""
    fault(site, "wrong-total", by=2)
    assert site.ask("GET", "/products").headers["X-WP-Total"] == "4"
    fault(site, "wrong-total")
    assert site.good("GET", "/products/101")["id"] == 101
    old = site.sandbox.photograph()
    site.good("PUT", "/products/101", {"stock_quantity": 2})
    fault(site, "stale", old=old)
    assert site.good("GET", "/products", include="101")[0]["stock_quantity"] == 10
    assert site.good("GET", "/products/101")["stock_quantity"] == 2


def test_a_page_cache_answers_what_it_has_seen(site: Site) -> None:
    """By the address alone, whoever asks; a parameter of its own gets past it, and so does time."""
    site.shop.set_option(NOON, "cached", "60")
    first = site.ask("GET", "/products/101")
    site.good("PUT", "/products/101", {"stock_quantity": 2})
    site.advance(seconds=30)
    kept = site.answer("GET", f"{PREFIX}/products/101", authorization="")
    assert (kept.body, kept.headers["Age"], kept.headers["X-Cache"]) == (first.body, "30", "HIT")
    assert site.good("GET", "/products/101", _="1")["stock_quantity"] == 2
    site.advance(seconds=30)
    assert site.good("GET", "/products/101")["stock_quantity"] == 2


def test_a_notice_of_php_stands_before_the_json(site: Site) -> None:
    """The header says JSON; what follows the notice is."""
    site.shop.set_option(NOON, "notice", "yes")
    answer = site.ask("GET", "/products/101")
    assert answer.raw is not None
    assert answer.raw.startswith(b"<br />\n<b>Notice</b>")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert json.loads(answer.raw.split(b"<br />\n")[-1])["id"] == 101


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"stock_quantity": 1e999}', b'{"update": 5}', b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_none_is_refused_or_asks_nothing(site: Site, body: bytes) -> None:
    """Never a failure of the sandbox, and never a change."""
    for path in ("/products/101", "/products/batch", "/orders/batch"):
        call = Call("PUT", PREFIX + path, (), (), body, "application/json", {"authorization": basic(*KEYS.values())})
        answer = site.sandbox.handle(site.served, call).answer
        assert answer is not None
        assert answer.status in (200, 400)
    assert site.shop.products["101"].stock == 10
