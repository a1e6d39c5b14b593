"""Shopify's own client for npm (@shopify/shopify-api, MIT) works against the sandbox: what PyPI's has not.

Tokens that end and are renewed, client credentials, and messages whose signature it checks.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from stockrecon.sandbox.run import Handle, start_in_thread
from tests.foreign_clients.conftest import Node
from tests.sandbox.test_sandbox_load import LISTINGS, folder

SHOP, DOMAIN = "store", "store.myshopify.com"
LISTED = LISTINGS + "700,7001,TEE,Tee,7,0,0,0,ok,,seller\n"
READ = "{ productVariants(first: 5) { nodes { id sku inventoryQuantity } } }"
Sdk = Callable[..., list[dict]]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Handle]:
    """One listing in a folder that is served as Shopify."""
    root = tmp_path / "shops"
    root.mkdir()
    about = f"as_of: {datetime.now(UTC).isoformat()}\nimitates: shopify\nzone: Asia/Ho_Chi_Minh\n"
    folder(root, SHOP, "shopify", listings=LISTED, shop=about)
    with start_in_thread(tmp_path, load=root) as running:
        yield running


@pytest.fixture
def sdk(node: Node, sandbox: Handle) -> Sdk:
    """Calls of the client, with keys of the ready file or others."""

    def run(*calls: list, **keys: str) -> list[dict]:
        given = {**sandbox.credentials[SHOP], **keys}
        return node("@shopify/shopify-api", sandbox.base_urls[SHOP], given, *calls)

    return run


@pytest.fixture
def receiver() -> Iterator[tuple[str, queue.Queue]]:
    """An address, and what is posted to it: headers and body."""
    heard: queue.Queue[tuple[dict, str]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.put((dict(self.headers), body.decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", heard
        server.shutdown()
        thread.join()


def session(answer: dict) -> dict:
    """The session that a call of the client handed out."""
    assert "value" in answer, answer
    return dict(answer["value"]["session"])


def hours(moment: str) -> float:
    return (datetime.fromisoformat(moment) - datetime.now(UTC)) / timedelta(hours=1)


def test_it_moves_to_tokens_that_end_and_renews_them(sdk: Sdk, sandbox: Handle) -> None:
    """The lasting token is dead then; what came in its place works, for an hour, and so does what replaces that."""
    old = str(sandbox.credentials[SHOP]["access_token"])
    move = ["auth.migrateToExpiringToken", {"shop": DOMAIN, "nonExpiringOfflineAccessToken": old}]
    moved, again = sdk(move, move)
    first = session(moved)
    assert 0.9 < hours(first["expires"]) <= 1
    assert 89 * 24 < hours(first["refreshTokenExpires"]) <= 90 * 24
    assert again["error"]["code"] == 400
    refresh = ["auth.refreshToken", {"shop": DOMAIN, "refreshToken": first["refreshToken"]}]
    dead, renewed = sdk(["graphql.request", READ], refresh, access_token=old)
    assert dead["error"]["code"] == 401
    second = session(renewed)
    for token in (first["accessToken"], second["accessToken"]):
        (read,) = sdk(["graphql.request", READ], access_token=token)
        assert read["value"]["data"]["productVariants"]["nodes"][0]["inventoryQuantity"] == 7
    sandbox.clock.advance(timedelta(minutes=61))
    (late,) = sdk(["graphql.request", READ], access_token=second["accessToken"])
    assert late["error"]["code"] == 401


def test_it_gets_a_token_by_its_own_credentials(sdk: Sdk) -> None:
    """For a day; the answer tells which version it was, and what it cost."""
    (granted,) = sdk(["auth.clientCredentials", {"shop": DOMAIN}])
    own = session(granted)
    assert 23.9 < hours(own["expires"]) < 24
    (read,) = sdk(["graphql.request", READ], access_token=own["accessToken"])
    assert read["value"]["headers"]["X-Shopify-Api-Version"] == ["2026-10"]
    assert read["value"]["extensions"]["cost"]["actualQueryCost"] <= 9


def test_with_wrong_keys_it_is_refused(sdk: Sdk) -> None:
    """By status, as the client tells it: a wrong token or secret 401, a wrong key or refresh token 400."""
    by_client = ["auth.clientCredentials", {"shop": DOMAIN}]
    refresh = ["auth.refreshToken", {"shop": DOMAIN, "refreshToken": "shprt_wrong"}]
    assert [answer["error"]["code"] for answer in sdk(by_client, refresh, client_secret="another")] == [401, 401]
    assert [answer["error"]["code"] for answer in sdk(by_client, refresh, client_id="another")] == [400, 400]
    assert sdk(refresh)[0]["error"]["code"] == 400
    assert sdk(["graphql.request", READ], access_token="shpat_wrong")[0]["error"]["code"] == 401


def test_it_believes_messages_that_are_signed_with_its_secret(
    sdk: Sdk, sandbox: Handle, receiver: tuple[str, queue.Queue]
) -> None:
    """As they were posted; changed by a letter, or with another secret, it does not."""
    url, heard = receiver
    with httpx.Client(trust_env=False, base_url=f"{sandbox.control}/") as control:
        control.post("webhooks", json={"shop": SHOP, "url": url, "kinds": ["inventory_levels/*"]})
        control.post("listings", json={"shop": SHOP, "item_id": "700", "variation_id": "7001", "sellable": 3})
    headers, body = heard.get(timeout=10)
    good, changed = sdk(["hear", body, headers], ["hear", body.replace("3", "4"), headers])
    assert good["value"]["valid"] is True
    assert (good["value"]["topic"], good["value"]["domain"]) == ("INVENTORY_LEVELS_UPDATE", DOMAIN)
    assert changed["value"] == {"valid": False, "reason": "invalid_hmac"}
    (other,) = sdk(["hear", body, headers], client_secret="another")
    assert other["value"] == {"valid": False, "reason": "invalid_hmac"}


def test_where_the_client_is_behind_the_vendor_s_page_is_right(sdk: Sdk, sandbox: Handle) -> None:
    """It asks again on 429 alone; the page says that GraphQL tells a bucket that is empty with status 200."""
    with httpx.Client(trust_env=False) as control:
        fault = {"shop": SHOP, "path": "*/graphql.json", "kind": "throttle"}
        control.post(f"{sandbox.control}/faults", json=fault)
    refused, read = sdk(["graphql.request", READ, {"retries": 2}], ["graphql.request", READ])
    assert refused["error"]["message"] == "Throttled"
    assert read["value"]["data"]["productVariants"]["nodes"]
