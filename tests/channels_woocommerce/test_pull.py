"""A pull: the rows, the calls, and what makes it incomplete."""

from __future__ import annotations

import contextlib
import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.core.model import ListingKey
from stockrecon.core.sources import Pulled
from stockrecon.errors import AuthFault, ReadFault, StockreconError, UsageFault
from stockrecon.rest import Answer, WireFault

from .fakes import (
    BASE,
    NOW,
    SHOP,
    FakeWoo,
    channel,
    error,
    line,
    order,
    page_of_html,
    product,
    request,
    said,
    variation,
)

WC = "/wc/v3"


def rows(pulled: Pulled, table: str) -> list[dict[str, str]]:
    with open(pulled.tables[table].path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pull(woo: FakeWoo, folder: Path, base_url: str = BASE, days: int = 7, **options: object) -> Pulled:
    made = channel(woo, base_url, **options)
    pulled = made.pull(request(folder, days))
    made.close()
    return pulled


def brief(row: dict[str, str], *names: str) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def small() -> FakeWoo:
    woo = FakeWoo()
    woo.add(product(10, "A", 7), product(11, "B", 0))
    woo.add_variable(
        product(12, "V", 30),
        variation(13, 12, "V-S", 4),
        variation(14, 12, "V-M", 5),
        variation(15, 12, "V-L", 30, manage_stock="parent"),
    )
    woo.orders = [order(90, "processing", line(10, 2), line(12, 1, 14))]
    return woo


def test_products_and_variations_become_listings(tmp_path: Path) -> None:
    """What the variations share is one listing, with the product's id and no variation."""
    pulled = pull(small(), tmp_path)
    names = ("item_id", "variation_id", "seller_sku", "title", "sellable", "state")
    assert [brief(row, *names) for row in rows(pulled, "listings")] == [
        ("10", "", "A", "Product 10", "7", "ok"),
        ("11", "", "B", "Product 11", "0", "ok"),
        ("12", "", "V", "Product 12", "30", "ok"),
        ("12", "13", "V-S", "Product 12 (Size 13)", "4", "ok"),
        ("12", "14", "V-M", "Product 12 (Size 14)", "5", "ok"),
    ]
    assert pulled.complete
    assert pulled.identity == "https://shop.example.com/store"
    assert pulled.zone == "Asia/Ho_Chi_Minh"
    assert rows(pulled, "campaigns") == []


def test_an_old_shop_is_read_product_by_product(tmp_path: Path) -> None:
    """The list of all variations came with 10.3: without it the rows are the same, and the calls are more."""
    woo, old = small(), small()
    old.lists_all = False
    new_rows = rows(pull(woo, tmp_path / "new"), "listings")
    assert rows(pull(old, tmp_path / "old"), "listings") == new_rows
    assert old.calls[f"{WC}/products/12/variations"] == 1
    assert woo.calls[f"{WC}/products/12/variations"] == 0


def test_a_list_of_variations_that_names_no_products_is_not_the_one_of_10_3(tmp_path: Path) -> None:
    """Whose they are cannot be told from it: it is read product by product."""
    woo = small()
    strange = [{k: v for k, v in row.items() if k != "parent_id"} for row in woo.variations.values()]
    woo.overrides[f"{WC}/variations"] = [said(strange, **{"x-wp-total": "3", "x-wp-totalpages": "1"})]
    assert len(rows(pull(woo, tmp_path), "listings")) == 5


def test_the_calls_are_those_of_the_formula(tmp_path: Path) -> None:
    """Index and settings, products and variations and orders by 100, and two calls for how many orders there are, and
    are in the bin."""
    woo = FakeWoo()
    for number in range(1, 251):
        woo.add(product(number, f"S{number}", 1))
    for number in range(301, 311):
        children = [variation(number * 100 + n, number, f"V{number}-{n}", 1) for n in range(15)]
        woo.add_variable(product(number, f"P{number}", None, manage_stock=False), *children)
    woo.orders = [order(900_000 + n, "completed", line(1, 1)) for n in range(130)]
    pulled = pull(woo, tmp_path)
    assert woo.calls == {
        "/": 1,
        f"{WC}/settings/products": 1,
        f"{WC}/products": 3,
        f"{WC}/variations": 2,
        f"{WC}/orders": 4,
    }
    assert pulled.complete
    assert pulled.requests == len(woo.requests)
    assert len(rows(pulled, "listings")) == 400
    assert len(rows(pulled, "orders")) == 130


def test_lists_are_asked_for_by_id_and_for_what_is_needed_alone(tmp_path: Path) -> None:
    """Nothing of a buyer is asked for, and no page depends on what changes meanwhile."""
    woo = small()
    pull(woo, tmp_path)
    lists = [each for each in woo.requests if each.path.endswith(("/products", "/variations", "/orders"))][1:]
    walks = [(each.first("orderby"), each.first("order"), each.first("per_page")) for each in lists[1:]]
    assert set(walks[:-2]) == {("id", "asc", "100")}
    assert walks[-2:] == [("id", "asc", "1")] * 2  # how many orders there are, and are in the bin
    asked = ",".join(each.first("_fields") or "" for each in lists)
    assert not {"billing", "shipping", "customer_id", "customer_note"} & set(asked.split(","))


def test_as_of_is_the_shops_time_when_the_listings_began_to_be_read(tmp_path: Path) -> None:
    """Whatever this machine's clock says, and however long reading takes."""
    woo = FakeWoo()
    woo.skew = timedelta(hours=-3)
    for number in range(1, 900):
        woo.add(product(number, f"S{number}", 1))
    pulled = pull(woo, tmp_path)
    assert timedelta(0) <= pulled.as_of - (NOW + woo.skew) <= timedelta(seconds=1)
    assert any("3 h ahead of the shop's" in warning for warning in pulled.warnings)


def test_the_rate_is_kept_and_used(tmp_path: Path) -> None:
    """Pages are read side by side, and no faster than was allowed."""
    woo = FakeWoo()
    for number in range(1, 3001):
        woo.add(product(number, f"S{number}", 1))
    pulled = pull(woo, tmp_path)
    floor = (pulled.requests - 1) / 5
    assert floor - 1e-6 <= woo.time.seconds <= floor * 1.02


# Where the API is


def test_plain_permalinks_are_found_by_themselves(tmp_path: Path) -> None:
    """A WordPress without rewriting answers /wp-json/ with a page of its theme."""
    woo = small()
    woo.pretty = False
    assert len(rows(pull(woo, tmp_path), "listings")) == 5
    assert [each.path for each in woo.requests[:3]] == ["/wp-json/", "/", "/"]


@pytest.mark.parametrize("answer", [page_of_html(200), Answer(301, {"location": "/"}), Answer(500, {}, b"oops")])
def test_whatever_a_web_server_answers_instead(tmp_path: Path, answer: Answer) -> None:
    """A page, a redirect or a fault in the place of the index: the other form is tried."""
    woo = small()
    woo.overrides["/"] = [answer]
    assert len(rows(pull(woo, tmp_path), "listings")) == 5
    assert woo.requests[1].first("rest_route") == "/"


@pytest.mark.parametrize(("form", "path"), [("plain", "/"), ("pretty", "/wp-json/wc/v3/products")])
def test_the_form_that_is_configured_is_the_only_one_tried(tmp_path: Path, form: str, path: str) -> None:
    woo = small()
    pull(woo, tmp_path, permalinks=form)
    assert {each.first("rest_route") is not None for each in woo.requests} == {form == "plain"}
    assert path in [each.path for each in woo.requests]


def test_an_index_that_is_hidden_from_strangers_costs_the_zone_alone(tmp_path: Path) -> None:
    """Many shops hide it; that it answers in JSON shows the way all the same."""
    woo = small()
    woo.indexed = False
    pulled = pull(woo, tmp_path)
    assert (pulled.complete, pulled.zone, pulled.identity) == (True, "UTC", "")
    assert len(woo.requests) == len([each for each in woo.requests if each.path.startswith("/wp-json/")])


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ({"timezone_string": "", "gmt_offset": 7}, "+07:00"),
        ({"timezone_string": "", "gmt_offset": -3.5}, "-03:30"),
        ({"timezone_string": "", "gmt_offset": "5.75"}, "+05:45"),
        ({"timezone_string": "", "gmt_offset": 0}, "UTC"),
        ({"timezone_string": "Mars/Olympus", "gmt_offset": 7}, "UTC"),
        ({"timezone_string": None, "gmt_offset": "x"}, "UTC"),
        ({"timezone_string": "", "gmt_offset": 1e30}, "UTC"),
    ],
)
def test_the_sites_zone_is_its_name_or_its_offset(tmp_path: Path, told: dict[str, Any], zone: str) -> None:
    woo = small()
    woo.site |= told
    assert pull(woo, tmp_path).zone == zone


def test_the_index_is_asked_for_without_a_key(tmp_path: Path) -> None:
    """From 11.1 on WooCommerce refuses keys outside its own routes."""
    woo = small()
    pull(woo, tmp_path)
    assert "authorization" not in dict(woo.requests[0].headers)
    assert all("authorization" in dict(each.headers) for each in woo.requests[1:])


@pytest.mark.parametrize("auth", ["basic", "query", "oauth", "oauth-sha1"])
def test_each_way_to_prove_the_key_is_taken(tmp_path: Path, auth: str) -> None:
    assert pull(small(), tmp_path, auth=auth).complete


def test_a_shop_on_loopback_is_signed_for(tmp_path: Path) -> None:
    """Plain http never carries the secret."""
    woo = small()
    pull(woo, tmp_path, "http://127.0.0.1:9/store")
    assert all("authorization" not in dict(each.headers) for each in woo.requests)
    assert all(each.first("oauth_signature") for each in woo.requests[1:])


# What is complete


def short(total: int, pages: int = 1, numbers: tuple[int, ...] = (10,)) -> Answer:
    listed = [product(number, f"S{number}", 1) for number in numbers]
    return said(listed, **{"x-wp-total": str(total), "x-wp-totalpages": str(pages)})


def test_a_list_that_disagrees_with_its_total_is_read_once_more(tmp_path: Path) -> None:
    woo = FakeWoo()
    woo.add(product(10, "A", 1))
    woo.overrides[f"{WC}/products"] = [short(2)]
    assert pull(woo, tmp_path).complete
    assert woo.calls[f"{WC}/products"] == 2


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([short(2)], "products: WooCommerce counts 2 rows, its pages held 1"),
        ([short(0, 0)], "products: WooCommerce counts 0 rows, its pages held 1"),
        ([short(1, 2), short(1, 2, ())], "products: WooCommerce counts 1 rows on 2 pages of 100"),
        ([short(150, 1)], "products: WooCommerce counts 150 rows on 1 pages of 100"),
        ([short(101, 2), short(101, 2)], "products: WooCommerce counts 101 rows, its pages held 1"),
        ([short(101, 2), short(100, 1, (11,))], "products: WooCommerce counted 101 rows, and 100 while they were read"),
    ],
)
def test_a_list_that_never_agrees_makes_the_snapshot_incomplete(
    tmp_path: Path, answers: list[Answer], reason: str
) -> None:
    """With either total, however it disagrees."""
    woo = FakeWoo()
    woo.overrides[f"{WC}/products"] = [Answer(a.status, dict(a.headers), a.body) for a in answers * 2]
    pulled = pull(woo, tmp_path)
    assert not pulled.complete
    assert pulled.reason == f"{reason}, also at the second reading"


def test_a_list_without_end_is_given_up(tmp_path: Path) -> None:
    """A million promised pages, all empty: nobody asks for them all."""
    woo = FakeWoo()

    def endless(asked: object) -> Answer:
        return said([], **{"x-wp-total": "100000000", "x-wp-totalpages": "1000000"})

    woo.overrides[f"{WC}/products"] = [endless] * 200
    assert not pull(woo, tmp_path).complete
    assert woo.calls[f"{WC}/products"] < 200


def test_what_is_new_while_a_list_is_read_is_no_reason_for_doubt(tmp_path: Path) -> None:
    """An old order that changes pushes the others on, over the end of the last page."""
    woo = FakeWoo()
    woo.add(product(10, "A", 1))
    woo.orders = [order(1000 + n, "completed", line(10, 1)) for n in range(100)]
    listed = woo.send

    def send(asked: Any) -> Answer:
        answer = listed(asked)
        if asked.path.endswith("/orders") and len(woo.orders) == 100:
            woo.orders.append(order(5, "cancelled", line(10, 1), hours=0))
        return answer

    woo.send = send  # type: ignore[method-assign]
    pulled = pull(woo, tmp_path)
    assert pulled.complete
    assert {row["order_id"] for row in rows(pulled, "orders")} >= {str(1000 + n) for n in range(100)}


def test_without_the_totals_nothing_is_read(tmp_path: Path) -> None:
    """No end can be proven; something on the way takes headers out."""
    woo = FakeWoo()
    woo.overrides[f"{WC}/products"] = [said([])]
    with pytest.raises(ReadFault, match=r"X-WP-Total") as caught:
        pull(woo, tmp_path)
    assert "takes headers out" in caught.value.way_on


def test_what_cannot_be_understood_of_one_product_costs_that_one(tmp_path: Path) -> None:
    """It is left out, since unknown is not 0, and the snapshot says so."""
    woo = small()
    woo.add(product(20, "ODD", "many"), product(21, "HUGE", 10**30))
    pulled = pull(woo, tmp_path)
    assert len(rows(pulled, "listings")) == 5
    assert not pulled.complete
    assert "product 20: stock_quantity is not a number" in pulled.reason


# Answers that are none


def test_notices_of_php_before_an_answer_are_told_and_forgiven(tmp_path: Path) -> None:
    """Also where they hold brackets of their own."""
    woo = small()
    notice = b"<br />\n<b>Notice</b>: Undefined index: [a] in <b>/x/{b}.php</b> on line <b>7</b><br />\n"
    plain = b"\nDeprecated: f(): Optional parameter {x} in /y.php on line 12\n"

    def noisy(asked: Any) -> Answer:
        answer = woo._answer(f"{WC}/products", asked)
        return Answer(answer.status, answer.headers, notice + plain + answer.body)

    woo.overrides[f"{WC}/products"] = [noisy]
    pulled = pull(woo, tmp_path)
    assert pulled.complete
    assert len(rows(pulled, "listings")) == 5
    assert "PHP notices stand before the shop's answers: switch display_errors off there" in pulled.warnings


@pytest.mark.parametrize(
    "body",
    [
        b"<br />\n<b>Fatal error</b>: Uncaught Error in /x.php on line 7<br />\n[",
        b"Warning: something in /x.php on line 7\n<html></html>",
        b"on line 7 {",
    ],
)
def test_what_stands_behind_a_notice_has_to_be_a_whole_document(tmp_path: Path, body: bytes) -> None:
    woo = small()
    woo.overrides[f"{WC}/products"] = [Answer(200, {}, body)] * 9
    with pytest.raises(ReadFault, match="tried 5 times"):
        pull(woo, tmp_path)


def test_a_page_of_html_is_asked_for_again_and_then_given_up(tmp_path: Path) -> None:
    """A maintenance page, a login, a challenge of a firewall."""
    woo = small()
    woo.overrides[f"{WC}/products"] = [page_of_html(200)]
    assert pull(woo, tmp_path / "once").complete
    woo.overrides[f"{WC}/products"] = [page_of_html(503)] * 9
    with pytest.raises(ReadFault, match="HTML or XML, not JSON"):
        pull(woo, tmp_path / "always")


@pytest.mark.parametrize(
    "headers",
    [
        {"age": "120"},
        {"x-cache": "HIT"},
        {"x-cache": "Hit from cloudfront"},
        {"cf-cache-status": "HIT"},
        {"x-litespeed-cache": "hit"},
        {"x-wc-cache": "HIT"},
    ],
)
def test_an_answer_from_a_cache_is_told_as_such(tmp_path: Path, headers: dict[str, str]) -> None:
    """Its stock is of before: nothing is compared with it."""
    woo = small()
    woo.headers = headers
    with pytest.raises(ReadFault, match="the answer comes from a cache") as caught:
        pull(woo, tmp_path)
    assert "exclude the REST API" in caught.value.way_on


def test_a_cache_that_stood_aside_is_no_fault(tmp_path: Path) -> None:
    woo = small()
    woo.headers = {"age": "0", "x-cache": "MISS from edge", "cf-cache-status": "DYNAMIC", "x-wc-cache": "SKIP"}
    assert pull(woo, tmp_path).complete


# What is refused


def test_a_key_that_is_not_taken_is_for_people(tmp_path: Path) -> None:
    """With what to look at, in the order in which it goes wrong."""
    woo = small()
    with pytest.raises(AuthFault) as caught:
        pull(woo, tmp_path, consumer_key="ck_other")
    assert "woocommerce_rest_cannot_view" in caught.value.what
    assert "auth: query" in caught.value.way_on
    assert "ck_other" not in str(caught.value)


def test_a_shop_without_woocommerce_is_told(tmp_path: Path) -> None:
    woo = small()
    woo.overrides[f"{WC}/products"] = [error("rest_no_route", "No route was found.", 404)]
    with pytest.raises(ReadFault, match="rest_no_route") as caught:
        pull(woo, tmp_path)
    assert "check base_url" in caught.value.way_on


def test_requests_are_signed_with_the_shops_time(tmp_path: Path) -> None:
    """The index told it before the first signature, so that not one is refused."""
    woo = small()
    woo.skew = timedelta(hours=2)
    assert pull(woo, tmp_path, "http://127.0.0.1:9").complete
    stamps = [int(each.first("oauth_timestamp") or 0) for each in woo.requests[1:]]
    assert min(stamps) >= (NOW + woo.skew).timestamp() - 2


def test_a_time_stamp_that_is_refused_is_corrected_once(tmp_path: Path) -> None:
    """The shop's clock was set meanwhile: it is heard with the refusal."""
    woo = small()

    def late(asked: Any) -> Answer:
        woo.skew = timedelta(hours=2)
        return error("woocommerce_rest_authentication_error", "Invalid timestamp.", 401)

    woo.overrides[f"{WC}/products"] = [late]
    assert pull(woo, tmp_path, "http://127.0.0.1:9").complete
    assert woo.calls[f"{WC}/products"] == 2


def test_a_shop_that_nobody_answers_for_is_given_up_without_trying_it_twice(tmp_path: Path) -> None:
    woo = small()

    def dead(asked: Any) -> Answer:
        woo.requests.append(asked)
        raise WireFault("127.0.0.1 refused the connection", sent=False)

    woo.send = dead  # type: ignore[method-assign]
    with pytest.raises(ReadFault, match="refused the connection"):
        pull(woo, tmp_path)
    assert len(woo.requests) == 5


@pytest.mark.parametrize("left_out", ["consumer_key", "consumer_secret"])
def test_what_every_call_needs_has_to_be_there(left_out: str) -> None:
    with pytest.raises(UsageFault, match="base_url, consumer_key and consumer_secret"):
        channel(FakeWoo(), **{left_out: None})
    with pytest.raises(UsageFault):
        channel(FakeWoo(), "")


# What the shop's settings say


def test_the_hold_of_unpaid_orders_is_the_shops_own(tmp_path: Path) -> None:
    """An unpaid order never lowers the number, and ends within two holds: the job that cancels it runs once in as many
    minutes as a hold has."""
    woo = small()
    woo.settings["woocommerce_hold_stock_minutes"] = "20"
    told = pull(woo, tmp_path).capabilities
    assert told.unpaid_cancelled_after == timedelta(minutes=40)
    assert told.releases_unpaid_after == timedelta(0)
    assert told.shows_withheld


@pytest.mark.parametrize("value", ["", "0", "soon"])
def test_without_a_hold_unpaid_orders_live_as_long_as_elsewhere(tmp_path: Path, value: str) -> None:
    woo = small()
    woo.settings["woocommerce_hold_stock_minutes"] = value
    assert pull(woo, tmp_path).capabilities.unpaid_cancelled_after == timedelta(hours=72)


def test_a_key_that_may_not_see_the_settings_is_enough(tmp_path: Path) -> None:
    woo = small()
    woo.manager = False
    assert pull(woo, tmp_path).complete


def test_stock_management_that_is_off_is_told(tmp_path: Path) -> None:
    """Then no product has a number at all."""
    woo = small()
    woo.settings["woocommerce_manage_stock"] = "no"
    assert any("stock management is switched off" in warning for warning in pull(woo, tmp_path).warnings)


# Reading again


def test_rereading_gives_the_listings_of_the_pull(tmp_path: Path) -> None:
    """Also in a process that pulled nothing, and whatever the shop is able to list."""
    for lists_all in (True, False):
        woo = small()
        woo.lists_all = lists_all
        pulled = pull(woo, tmp_path / str(lists_all))
        keys = [ListingKey(SHOP, row["item_id"], row["variation_id"]) for row in rows(pulled, "listings")]
        shown = channel(woo).reread(keys)
        assert list(shown) == keys
        assert [(each.seller_sku, each.sellable, each.title) for each in shown.values()] == [
            (row["seller_sku"], int(row["sellable"]), row["title"]) for row in rows(pulled, "listings")
        ]


def test_rereading_leaves_out_what_is_gone() -> None:
    """Deleted, thrown away, a variation that shares its product's stock, and ids that are none."""
    woo = small()
    woo.products[11]["status"] = "trash"
    keys = [
        ListingKey(SHOP, *ids) for ids in (("11", ""), ("77", ""), ("12", "15"), ("12", "99"), ("x", ""), ("10", "3"))
    ]
    assert channel(woo).reread(keys) == {}
    assert channel(woo).reread([]) == {}


def test_rereading_costs_a_call_for_a_hundred() -> None:
    woo = FakeWoo()
    for number in range(1, 201):
        woo.add(product(number, f"S{number}", 1))
    made = channel(woo)
    assert len(made.reread([ListingKey(SHOP, str(number)) for number in range(1, 201)])) == 200
    assert woo.calls[f"{WC}/products"] == 2
    assert woo.calls[f"{WC}/variations"] == 0


def test_rereading_takes_nothing_that_is_cut_for_the_whole() -> None:
    """A row that is missing would be taken for a listing that is gone."""
    woo = small()
    woo.overrides[f"{WC}/products"] = [short(2)]
    with pytest.raises(ReadFault, match="counts 2 rows"):
        channel(woo).reread([ListingKey(SHOP, "10"), ListingKey(SHOP, "11")])
    woo.products[10]["stock_quantity"] = "??"
    with pytest.raises(ReadFault, match="not a number"):
        channel(woo).reread([ListingKey(SHOP, "10")])


def test_every_fault_of_the_outside_is_one_of_ours(tmp_path: Path) -> None:
    """One bad answer after the other, at each of the calls of a pull."""
    bad = [
        Answer(200, {}, b""),
        said({}),
        said([1, 2], **{"x-wp-total": "2", "x-wp-totalpages": "1"}),
        said([{"id": {}}], **{"x-wp-total": "1", "x-wp-totalpages": "1"}),
        said("text"),
        error("x", "y", 400),
        said({"code": "woocommerce_rest_cannot_view", "message": "no", "data": {"status": 403}}),
    ]
    for route in (f"{WC}/products", f"{WC}/variations", f"{WC}/orders", f"{WC}/settings/products"):
        for answer in bad:
            woo = small()
            woo.overrides[route] = [Answer(answer.status, dict(answer.headers), answer.body) for _ in range(9)]
            with contextlib.suppress(StockreconError):
                pull(woo, tmp_path)
