"""WooCommerce from the outside: folders, control, webhooks, and the address that a client dials."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from stockrecon.errors import ConfigFault
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.load import load_folder
from stockrecon.sandbox.push import Pusher
from stockrecon.sandbox.run import start_in_thread
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.options import OPTIONS, TRAITS
from tests.sandbox.test_sandbox_load import AS_OF, CAMPAIGNS, LISTINGS, ORDERS, folder
from tests.sandbox.woo_world import KEYS, LARGE, MUG, SMALL, Site
from tests.sandbox.world import Ticks

URL = "http://127.0.0.1:9/told"
STORE = (
    LISTINGS + "1001,,MUG,Mug,8,0,2,0,ok,,seller\n1002,1003,TEE-S,Tee S,5,0,0,1,unlisted,,seller\n"
    "1002,1004,TEE-L,Tee L,6,0,0,0,ok,,seller\n1005,,OLD,Old,1,0,0,0,deleted,,seller\n"
    "1006,,NEW,New,2,0,0,0,reviewing,,seller\n"
)
PLACED = (
    ORDERS + "2001,1001,,2,unpaid,2026-11-11T11:30:00Z,,,,,,\n2002,1002,1003,1,paid,2026-11-11T09:00:00Z,"
    "2026-11-11T09:01:00Z,,,,,\n2003,1001,,1,cancelled,2026-11-10T09:00:00Z,,,2026-11-10T10:00:00Z,,buyer,\n"
    "2004,1001,,1,shipped,2026-11-10T09:00:00Z,2026-11-10T09:01:00Z,2026-11-10T10:00:00Z,,,,\n"
    "2005,1001,,1,unpaid,2026-11-01T09:00:00Z,,,,,,\n"
)


def loaded(root: Path) -> Site:
    (found,) = load_folder(root)
    assert isinstance(found.shop, WooShop)
    site = Site.__new__(Site)
    site.shop, site.ticks = found.shop, Ticks()
    site.clock = SandboxClock(AS_OF, site.ticks)
    site.sandbox = Sandbox([site.shop], site.clock, ticks=site.ticks, credentials={"woo": KEYS})
    site.served = site.sandbox.shops["woo"]
    return site


def test_a_folder_comes_out_as_it_is_told(tmp_path: Path) -> None:
    """Units that a checkout holds stand in the count; a status for every state; orders with what they took."""
    folder(tmp_path, "woo", "woocommerce", listings=STORE, orders=PLACED)
    site = loaded(tmp_path)
    rows = {row["id"]: row for row in [*site.good("GET", "/products"), *site.good("GET", "/variations")]}
    shown = {number: (row["status"], row["stock_quantity"]) for number, row in rows.items()}
    assert shown == {
        1001: ("publish", 10),
        1002: ("publish", None),
        1003: ("private", 5),
        1004: ("publish", 6),
        1006: ("pending", 2),
    }
    assert site.ids("/products", status="trash") == [1005]
    assert site.shop.buckets(("1001", "")) == (8, 0, 2, 0)
    orders = {row["id"]: row for row in site.good("GET", "/orders")}
    statuses = {number: row["status"] for number, row in orders.items()}
    assert statuses == {2001: "pending", 2002: "processing", 2003: "cancelled", 2004: "completed", 2005: "pending"}
    taken = {number: [meta["value"] for meta in row["line_items"][0]["meta_data"] if meta["key"] == "_reduced_stock"]
             for number, row in orders.items()}  # fmt: skip
    assert taken == {2001: [], 2002: ["1"], 2003: [], 2004: ["1"], 2005: []}
    site.advance(minutes=30)
    assert site.shop.buckets(("1001", "")) == (10, 0, 0, 0)
    site.advance(hours=2)
    assert [site.good("GET", f"/orders/{number}")["status"] for number in (2001, 2005)] == ["cancelled", "pending"]


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"listings": LISTINGS + "1,,A,A,1,1,0,0,ok,,seller\n"}, "woocommerce locks no units for campaigns"),
        (
            {"listings": LISTINGS + "1,,A,A,1,0,0,0,ok,,seller\n", "campaigns": CAMPAIGNS + "c,1,,,,5,,running\n"},
            "woocommerce has no campaigns",
        ),
        ({"listings": LISTINGS + "A1,,A,A,1,0,0,0,ok,,seller\n"}, "woocommerce's ids are whole numbers"),
        (
            {"listings": LISTINGS + "1,2,A,A,1,0,0,0,ok,,seller\n2,,B,B,1,0,0,0,ok,,seller\n"},
            "2 is an item already; woocommerce numbers all alike",
        ),
        (
            {"listings": LISTINGS + "1,3,A,A,1,0,0,0,ok,,seller\n2,3,B,B,1,0,0,0,ok,,seller\n"},
            "3 is a variation already",
        ),
        ({"listings": LISTINGS + "1,,A,A,1,0,0,0,ok,,seller\n1,2,B,B,1,0,0,0,ok,,seller\n"}, "with and without"),
        (
            {
                "listings": LISTINGS + "1,,A,A,1,0,0,0,ok,,seller\n",
                "orders": ORDERS + "SN-1,1,,1,paid,2026-11-11T09:00:00Z,,,,,,\n",
            },
            "'SN-1' cannot be served: woocommerce's order ids are whole numbers above 0",
        ),
    ],
)
def test_what_woocommerce_cannot_have_is_refused(tmp_path: Path, files: dict[str, str], text: str) -> None:
    """By file and line, as for every channel."""
    folder(tmp_path, "woo", "woocommerce", **files)
    with pytest.raises(ConfigFault) as caught:
        load_folder(tmp_path)
    assert any(text in fault.text for fault in caught.value.faults)


def do(site: Site, method: str, path: str, /, **body: object) -> tuple[int, dict]:
    status, answer = Control(site.sandbox).handle(method, path, json.dumps({"shop": "woo", **body}).encode())
    assert isinstance(answer, dict)
    return status, answer


def test_control_sets_the_site_and_its_listings() -> None:
    """Options by name, several at once; a trait of a listing; a word that means nothing is refused and says why."""
    site = Site()
    assert do(site, "POST", "shops", version="9.9", hold_minutes=30, restores_twice="yes")[0] == 200
    assert (site.shop.site.version, site.shop.site.hold_minutes, site.shop.site.restores_twice) == ("9.9", 30, True)
    assert do(site, "POST", "shops", colour="red")[0] == 400
    assert do(site, "POST", "shops", rights="all") == (
        409,
        {"error": "woo: rights is one of read, write, read_write, not 'all'"},
    )
    where = {"item_id": LARGE[0], "variation_id": LARGE[1]}
    assert do(site, "POST", "listings", **where, manage_stock="parent")[0] == 200
    assert site.shop.pool(LARGE) == (LARGE[0], "")
    assert do(site, "POST", "listings", item_id=MUG[0], manage_stock="parent")[0] == 409
    assert do(site, "POST", "listings", item_id=MUG[0], stock_quantity="1.5")[0] == 409
    assert do(site, "POST", "listings", item_id=MUG[0], stock_quantity=-3, backorders="yes")[0] == 200
    assert (site.shop.products["101"].stock, site.shop.products["101"].backorders) == (-3, "yes")
    assert do(site, "POST", "listings", item_id=MUG[0], manage_stock="no")[0] == 200
    status, answer = do(site, "POST", "listings", item_id=MUG[0], sellable=3)
    assert (status, answer["error"]) == (409, "woo: 101 counts no stock, so there is none to set")
    assert do(site, "POST", "codes")[0] == 409


def test_control_moves_orders_in_the_words_of_the_site() -> None:
    """Beside the words that all channels have."""
    site = Site()
    placed = do(site, "POST", "orders", action="place", item_id=SMALL[0], variation_id=SMALL[1])[1]["order_id"]
    assert do(site, "POST", "orders", action="put-on-hold", order_id=placed)[1]["status"] == "unpaid"
    assert site.shop.about(site.shop.orders[placed]).status == "on-hold"
    assert do(site, "POST", "orders", action="fail", order_id=placed)[1]["status"] == "cancelled"
    assert do(site, "POST", "campaigns", action="start", item_id=MUG[0], locked=1)[0] == 409


# Webhooks


class Told:
    """A site that tells a listener; failing answers are given one by one."""

    def __init__(self) -> None:
        self.site, self.heard, self.answers = Site(), [], []
        self.site.sandbox.pusher = Pusher(self.site.clock, self.site.sandbox.lock, self.hear)

    def hear(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]:
        self.heard.append((headers, body))
        return self.answers.pop(0) if self.answers else (200, b"thank you")

    def deliver(self) -> list[str]:
        """The topics that came in since the last look; a ping has none."""
        self.site.sandbox.settled()
        self.site.sandbox.pusher.deliver()
        found = [headers.get("X-WC-Webhook-Topic", "ping") for headers, _ in self.heard]
        self.last = self.heard[-1:]
        self.heard.clear()
        return found

    def hook(self, topic: str, secret: str = "s") -> int:
        body = {"topic": topic, "delivery_url": URL, "secret": secret, "name": topic}
        return self.site.good("POST", "/webhooks", body)["id"]


def test_a_webhook_is_pinged_and_hears_its_topic_signed() -> None:
    """Base64 HMAC-SHA256 over the raw body with its own secret; the payload is the API's own answer."""
    told = Told()
    number = told.hook("order.updated")
    assert told.deliver() == ["ping"]
    assert told.last[0][1] == f"webhook_id={number}".encode()
    order = told.site.shop.place(told.site.now, [(*MUG, 1)], paid=True)
    assert told.deliver() == ["order.updated"]
    headers, body = told.last[0]
    digest = hmac.new(b"s", body, hashlib.sha256).digest()
    assert headers["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert (headers["X-WC-Webhook-ID"], headers["X-WC-Webhook-Event"]) == (str(number), "updated")
    assert json.loads(body) == told.site.good("GET", f"/orders/{order.order_id}")


def test_every_topic_is_told() -> None:
    """Orders from their beginning to the bin and back, products and variations with every count that moves."""
    told = Told()
    assert do(told.site, "POST", "webhooks", url=URL)[0] == 200
    order = told.site.shop.place(told.site.now, [(*LARGE, 1)])
    assert told.deliver() == ["product.updated", "order.created"]
    assert json.loads(told.last[0][1])["status"] == "pending"
    told.site.good("PUT", f"/orders/{order.order_id}", {"status": "on-hold"})
    assert told.deliver() == ["order.updated"]
    told.site.good("DELETE", f"/orders/{order.order_id}")
    assert told.deliver() == ["order.deleted"]
    assert json.loads(told.last[0][1]) == {"id": int(order.order_id)}
    told.site.shop.transit(told.site.now, order, "cancelled")
    assert told.deliver() == ["product.updated", "order.restored"]
    told.site.good("POST", "/products", {"name": "Cup", "manage_stock": True, "stock_quantity": 1})
    told.site.good("DELETE", "/products/101")
    assert told.deliver() == ["product.created", "product.updated", "product.deleted"]
    assert json.loads(told.last[0][1]) == {"id": 101}


def test_five_failures_in_a_row_disable_a_webhook() -> None:
    """Nothing is sent a second time; a redirect counts as received; set active again it hears again."""
    told = Told()
    number = told.hook("product.updated")
    told.answers = [(302, b""), *[(500, b"")] * 5]
    for quantity in range(6):
        told.site.good("PUT", "/products/101", {"stock_quantity": quantity})
        told.deliver()
    shown = told.site.good("GET", f"/webhooks/{number}")
    assert (shown["status"], shown["hooks"]) == (
        "disabled",
        ["woocommerce_update_product", "woocommerce_update_product_variation"],
    )
    told.site.good("PUT", "/products/101", {"stock_quantity": 9})
    told.site.advance(days=1)
    assert told.deliver() == []
    told.site.good("PUT", f"/webhooks/{number}", {"status": "active"})
    told.site.good("PUT", "/products/101", {"stock_quantity": 8})
    assert told.deliver() == ["product.updated"]


def test_webhooks_are_kept_by_the_site() -> None:
    """Listed, paused, changed, deleted for good only; one that control has set is not among them."""
    told = Told()
    do(told.site, "POST", "webhooks", url=URL)
    number = told.hook("order.created")
    assert told.site.ids("/webhooks") == [number]
    assert "secret" not in told.site.good("GET", f"/webhooks/{number}")
    changed = told.site.good("PUT", f"/webhooks/{number}", {"status": "paused", "topic": "order.deleted"})
    assert (changed["status"], changed["topic"]) == ("paused", "order.deleted")
    assert told.site.refused("DELETE", f"/webhooks/{number}")[:2] == (501, "woocommerce_rest_trash_not_supported")
    told.site.good("DELETE", f"/webhooks/{number}", force="true")
    assert told.site.refused("GET", f"/webhooks/{number}")[1] == "woocommerce_rest_shop_webhook_invalid_id"


# Over HTTP


def test_the_address_of_a_site_is_its_base_url(tmp_path: Path) -> None:
    """Both forms, with and without the last slash; notices and pages are sent as they stand."""
    folder(tmp_path, "woo", "woocommerce", listings=STORE, orders=PLACED)
    (tmp_path / "beside").mkdir()
    with (
        start_in_thread(tmp_path / "beside", load=tmp_path, now=AS_OF) as running,
        httpx.Client(trust_env=False) as http,
    ):
        base, keys = running.base_urls["woo"], running.credentials["woo"]
        auth = (str(keys["consumer_key"]), str(keys["consumer_secret"]))
        config = running.configs[0]
        assert config["channel"] == "woocommerce"
        assert (config["consumer_key"], set(config["consumer_secret"])) == (auth[0], {"file"})
        for address in (f"{base}/wp-json/wc/v3/products/1001", f"{base}/?rest_route=/wc/v3/products/1001",
                        f"{base}?rest_route=/wc/v3/products/1001"):  # fmt: skip
            answer = http.get(address, auth=auth)
            assert answer.json()["permalink"] == f"{base}/product/mug/"
            assert answer.headers["content-type"] == "application/json; charset=UTF-8"
        assert running.sandbox.shops["woo"].counts == {"/wp-json/wc/v3/products/1001": 3}
        http.post(f"{running.control}/shops", json={"shop": "woo", "notice": "yes"})
        assert http.get(f"{base}/wp-json/wc/v3/products/1001", auth=auth).text.startswith("<br />")
        fault = {"shop": "woo", "path": "/wp-json/wc/v3/products*", "kind": "status", "status": 502}
        http.post(f"{running.control}/faults", json=fault)
        answer = http.get(f"{base}/wp-json/wc/v3/products", auth=auth)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (502, "text/html")
        head = http.head(f"{base}/wp-json/wc/v3/orders", auth=auth)
        assert (head.status_code, head.headers["x-wp-total"], head.content) == (200, "5", b"")


def test_the_page_names_every_option() -> None:
    """docs/sandbox.md: what can be set of a site and of its listings."""
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    section = page[page.index("## WooCommerce") : page.index("## Control")]
    assert [name for name in (*OPTIONS, *TRAITS) if f"`{name}`" not in section] == []
