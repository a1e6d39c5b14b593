"""The wire: bounded in time and bytes, follows nothing, tells nothing."""

from __future__ import annotations

import gzip
import logging
import socket
import time
from urllib.parse import quote

import pytest

from stockrecon.errors import UsageFault
from stockrecon.rest import HttpTransport, Limits, Request, WireFault

from .server import ok, saying, serving

SECRET = "token/very+secret"


PATIENT = Limits(connect=2, read=2, total=5)
SIGNED = Request("GET", "/x", query=(("access_token", SECRET),))


def fetch(raw, limits=PATIENT, request=SIGNED):
    with serving(raw if callable(raw) else saying(raw)) as server:
        transport = HttpTransport(server.url, limits)
        try:
            return transport.send(request), server.requests
        finally:
            transport.close()


def test_the_target_goes_out_byte_for_byte_as_it_was_signed():
    request = Request("GET", "/api/v2/x", query=(("a", "1,2"), ("b", "A b/ü&="), ("c", "")))
    answer, requests = fetch(ok(b"{}"), request=request)
    assert answer.status == 200
    assert requests[0].startswith(b"GET /api/v2/x?a=1%2C2&b=A%20b%2F%C3%BC%26%3D&c= HTTP/1.1\r\n")


def test_a_prefix_of_the_base_url_stands_before_the_path_and_is_not_part_of_it():
    with serving(saying(ok(b"{}"))) as server:
        transport = HttpTransport(server.url + "/shopee-vn/")
        transport.send(Request("GET", "/api/v2/x"))
        transport.close()
        assert server.requests[0].startswith(b"GET /shopee-vn/api/v2/x HTTP/1.1")


def test_a_json_body_is_compact_utf8_and_a_form_is_encoded():
    _, requests = fetch(ok(b"{}"), request=Request("POST", "/x", json={"a": [1, "ü"]}))
    assert b"content-type: application/json" in requests[0].lower()
    assert "content-length: 14" in requests[0].decode().lower()
    _, requests = fetch(ok(b"{}"), request=Request("POST", "/x", form=(("a", "1 2"),)))
    assert b"application/x-www-form-urlencoded" in requests[0].lower()


def test_a_server_that_drips_its_body_ends_at_the_total_deadline():
    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(WireFault, match=r"took longer than 0\.3 s") as caught:
        fetch(drip, Limits(connect=1, read=1, total=0.3))
    assert caught.value.sent
    assert time.monotonic() - began < 2.5


def test_a_server_that_drips_its_headers_ends_at_the_total_deadline():
    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.02)

    with pytest.raises(WireFault, match=r"took longer than 0\.3 s"):
        fetch(drip, Limits(connect=1, read=1, total=0.3))


def test_a_body_without_end_ends_at_the_cap():
    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(10_000):
            connection.sendall(b"x" * 4096)

    with pytest.raises(WireFault, match="larger than the limit of 100000 bytes"):
        fetch(endless, Limits(max_bytes=100_000))


def test_a_small_gzip_body_cannot_become_a_large_one():
    packed = gzip.compress(b"0" * 5_000_000)
    with pytest.raises(WireFault, match="larger than the limit"):
        fetch(ok(packed, "Content-Encoding: gzip"), Limits(max_bytes=1_000_000))


def test_gzip_and_deflate_are_undone():
    answer, _ = fetch(ok(gzip.compress(b'{"a":1}'), "Content-Encoding: gzip"))
    assert answer.json() == {"a": 1}


def test_damaged_compression_is_a_fault():
    with pytest.raises(WireFault, match="compression is damaged"):
        fetch(ok(b"not gzip", "Content-Encoding: gzip"))


def test_half_a_body_is_a_fault_and_not_an_end():
    with pytest.raises(WireFault, match="broke off its answer"):
        fetch(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")


def test_a_refused_connection_is_known_not_to_have_been_sent():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    transport = HttpTransport(f"http://127.0.0.1:{port}")
    with pytest.raises(WireFault, match=r"127\.0\.0\.1 refused the connection") as caught:
        transport.send(Request("GET", "/x", query=(("access_token", SECRET),)))
    transport.close()
    assert not caught.value.sent


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/x", headers=(("authorization", "bearer ключ-секрет"),)),
        Request("GET", "/x\ny"),
        Request("GET", "/x", query=(("q", "x" * 70_000),)),
        Request("POST", "/x", json={"sku": "\ud800"}),
    ],
    ids=["header", "path", "long", "body"],
)
def test_what_cannot_go_over_the_wire_is_a_fault_that_was_not_sent(request_):
    """A key with letters outside ASCII and the like: no traceback, and nothing of it is told."""
    transport = HttpTransport("http://127.0.0.1:1")
    with pytest.raises(WireFault, match="cannot be sent over HTTP") as caught:
        transport.send(request_)
    transport.close()
    assert not caught.value.sent
    assert "ключ" not in caught.value.text


def test_something_that_is_no_tls_is_no_safe_connection():
    with serving(saying(ok(b"{}"))) as server:
        transport = HttpTransport(f"https://127.0.0.1:{server.port}", Limits(connect=0.5, read=0.5, total=0.5))
        with pytest.raises(WireFault):
            transport.send(Request("GET", "/x"))
        transport.close()


def test_a_redirect_is_handed_back_and_never_followed():
    raw = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    answer, requests = fetch(raw)
    assert answer.status == 302
    assert len(requests) == 1


def test_no_cookie_is_kept():
    with serving(saying(ok(b"{}", "Set-Cookie: a=b"))) as server:
        transport = HttpTransport(server.url)
        transport.send(Request("GET", "/x"))
        transport.send(Request("GET", "/x"))
        transport.close()
        assert b"cookie" not in server.requests[1].lower()


def test_proxies_of_the_environment_are_not_trusted(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetch(ok(b"{}"))[0].status == 200


def test_no_secret_reaches_a_log_a_repr_or_a_fault(caplog):
    caplog.set_level(logging.DEBUG)
    request = Request("GET", "/x", query=(("access_token", SECRET),), headers=(("x-key", SECRET),))
    fetch(ok(b"{}"), request=request)
    with pytest.raises(WireFault) as caught:
        fetch(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", request=request)
    seen = caplog.text + repr(request) + str(caught.value) + repr(caught.value)
    assert SECRET not in seen
    assert quote(SECRET, safe="") not in seen


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "https://user:word@shop.example",
        "https://x.example/?a=1",
    ],
)
def test_an_unfit_base_url_is_refused_and_its_password_not_shown(url):
    with pytest.raises(UsageFault) as caught:
        HttpTransport(url)
    assert "word" not in str(caught.value).replace("password", "")
