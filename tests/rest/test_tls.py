"""TLS: a certificate that nobody vouches for ends the call before a byte of it is sent."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess

import pytest

from stockrecon.rest import HttpTransport, Limits, Request, WireFault, wire

from .server import ok, serving

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command for a certificate")
LIMITS = Limits(connect=5, read=5, total=5)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return key, certificate


@contextlib.contextmanager
def tls_server(pair, seen):
    key, certificate = pair
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def answer(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        connection.sendall(ok(b'{"a":1}'))

    with serving(answer, context) as server:
        yield f"https://127.0.0.1:{server.port}"


def test_an_unknown_certificate_is_refused_and_nothing_was_sent(pair):
    seen: list[bytes] = []
    with tls_server(pair, seen) as url:
        transport = HttpTransport(url, LIMITS)
        with pytest.raises(WireFault, match="certificate could not be verified") as caught:
            transport.send(Request("GET", "/x", query=(("access_token", "s3cr3t"),)))
        transport.close()
    assert not caught.value.sent
    assert seen == []


def test_a_trusted_certificate_is_spoken_to_under_the_same_deadline(pair, monkeypatch):
    trusting = ssl.create_default_context(cafile=str(pair[1]))
    monkeypatch.setattr(wire, "trusted", lambda: trusting)
    seen: list[bytes] = []
    with tls_server(pair, seen) as url:
        transport = HttpTransport(url, LIMITS)
        assert transport.send(Request("GET", "/x")).json() == {"a": 1}
        transport.close()
    assert len(seen) == 1
