"""Frappe's HTTP: tokens, `/api/resource`, `/api/method`, and faults on the wire."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

import anyio.to_thread
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.erp.erpnext import USER, Erpnext, Fault
from tests.erp.erpnext_errors import Raised, invalid, missing
from tests.erp.erpnext_fields import SINGLE

Transports = dict[Any, asyncio.Transport]
METHODS = ["GET", "POST", "PUT", "DELETE"]


@contextmanager
def serving(site: Erpnext) -> Iterator[str]:
    """The site behind uvicorn in a thread, until the block ends."""
    transports: Transports = {}
    app, http = application(site, transports), _protocol(transports)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, http=http, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def application(site: Erpnext, transports: Transports) -> Starlette:
    async def answer(request: Request) -> _Answer:
        body = await request.body()
        made = await anyio.to_thread.run_sync(_spoiled, site, request, body)
        made.transport = transports.get(request.scope.get("client"))
        return made

    return Starlette(routes=[Route("/{path:path}", answer, methods=METHODS)])


class _Answer(Response):
    """`cut`: how much of the body is sent before the connection breaks; None: all of it, 0: not even the headers."""

    def __init__(self, body: bytes, status: int, date: str, cut: int | None = None, kind: str = "") -> None:
        super().__init__(body, status, {"date": date}, kind or "application/json")
        self.cut = cut
        self.transport: asyncio.Transport | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.cut is None:
            await super().__call__(scope, receive, send)
            return
        if self.cut:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self.body[: self.cut], "more_body": True})
        if self.transport is not None:
            self.transport.close() if self.cut else self.transport.abort()


def _protocol(transports: Transports) -> type[H11Protocol]:
    class Kept(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transports[self.client] = transport

    return Kept


def _spoiled(site: Erpnext, request: Request, body: bytes) -> _Answer:
    with site.lock:
        date = format_datetime(site.now, usegmt=True)
        fault = _fault(site, f"{request.method} {request.url.path}?{request.url.query} {body.decode(errors='replace')}")
    kind = fault.kind if fault is not None else ""
    if fault is not None and kind == "delay":
        time.sleep(fault.seconds)
    if kind == "drop-before":
        return _Answer(b"", 200, date, 0)
    page = b"<html><title>Bad Gateway</title></html>"
    if fault is not None and kind == "status":
        return _Answer(page, fault.status, date, kind="text/html")
    with site.lock:
        site.calls.append(f"{request.method} {request.url.path}")
        status, document = _told(site, request, body)
    whole = json.dumps(document).encode()
    if kind == "drop-after":
        return _Answer(whole, status, date, 0)
    if fault is not None and kind == "status-after":
        return _Answer(page, fault.status, date, kind="text/html")
    return _Answer(whole, status, date, len(whole) // 2 if kind == "truncate" else None)


def _fault(site: Erpnext, call: str) -> Fault | None:
    for fault in site.faults:
        if fault.times > 0 and fault.path in call:
            fault.times -= 1
            return fault
    return None


def _told(site: Erpnext, request: Request, body: bytes) -> tuple[int, Any]:
    try:
        asked = _asked(request, body)
        parts = [part for part in request.url.path.split("/") if part]
        if parts[:2] == ["api", "v1"]:
            parts = ["api", *parts[2:]]
        if parts[:2] == ["api", "method"] and len(parts) == 3:
            if parts[2] == "ping":
                return 200, {"message": "pong"}
            _authenticate(site, request)
            if parts[2] == "frappe.desk.form.load.getdoctype":
                # It answers beside `message`, as every call that loads a form does.
                return 200, {"docs": site.meta(str(asked.get("doctype"))), "user_settings": "{}"}
            return 200, {"message": _method(site, parts[2], asked)}
        if parts[:2] == ["api", "resource"] and len(parts) in (3, 4):
            _authenticate(site, request)
            return _resource(site, request.method, parts[2], parts[3] if len(parts) == 4 else None, asked)
        raise missing("Page", request.url.path)
    except Raised as raised:
        return raised.status, raised.document()


def _authenticate(site: Erpnext, request: Request) -> None:
    way, _, given = request.headers.get("authorization", "").partition(" ")
    if not way:
        raise Raised("PermissionError", "Login to access")
    if way.lower() == "basic":
        try:
            given = base64.b64decode(given).decode()
        except ValueError:
            raise Raised("AuthenticationError", "Invalid Authorization Header") from None
    elif way.lower() != "token":
        raise Raised("AuthenticationError", "Invalid Authorization Token")
    key, _, secret = given.partition(":")
    if not secret or site.keys.get(key) != secret:
        raise Raised("AuthenticationError", "Authentication failed")


def _asked(request: Request, body: bytes) -> dict[str, Any]:
    """Query and body together: JSON, or a form of which `data` may hold the document."""
    asked: dict[str, Any] = dict(request.query_params)
    if not body:
        return asked
    if "json" in request.headers.get("content-type", ""):
        try:
            given = json.loads(body)
        except ValueError:
            raise invalid("Invalid JSON") from None
        return {**asked, **given} if isinstance(given, dict) else asked
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {**asked, **form, **(json.loads(form["data"]) if "data" in form else {})}


def _resource(
    site: Erpnext, method: str, doctype: str, name: str | None, asked: dict[str, Any]
) -> tuple[int, Mapping[str, Any]]:
    if name is None:
        if method == "GET":
            return 200, {"data": site.listing(doctype, str(asked.get("parent") or "")).rows(asked)}
        if method == "POST":
            return 200, {"data": site.insert(doctype, asked)}
        raise Raised("PermissionError", "Not permitted")
    if method == "GET":
        return 200, {"data": site.get(doctype, name)}
    if method == "PUT":
        return 200, {"data": site.update(doctype, name, asked)}
    if method == "DELETE":
        site.delete(doctype, name)
        return 202, {"data": "ok"}
    if asked.get("run_method") == "submit":
        return 200, {"data": site.submit(doctype, name)}
    if asked.get("run_method") == "cancel":
        return 200, {"data": site.cancel(doctype, name)}
    raise Raised("PermissionError", "Not permitted")


def _method(site: Erpnext, path: str, asked: dict[str, Any]) -> Any:
    if path == "frappe.auth.get_logged_user":
        return USER
    if path == "frappe.utils.change_log.get_versions":
        return {
            app: {"title": app.title(), "version": site.version} for app in ("frappe", "erpnext", *sorted(site.apps))
        }
    if path == "frappe.client.get_time_zone":
        return {"time_zone": site.zone}
    if not path.startswith("frappe.client."):
        raise Raised("ValidationError", f"Failed to get method for command {path}")
    return _client(site, path.removeprefix("frappe.client."), asked)


def _client(site: Erpnext, name: str, asked: dict[str, Any]) -> Any:
    doctype = str(asked.get("doctype") or "")
    if name == "get_list":
        return site.listing(doctype, str(asked.get("parent") or "")).rows(asked)
    if name == "get_count":
        return site.listing(doctype, str(asked.get("parent") or "")).count(asked)
    if name == "get":
        return site.get(doctype, _name(site, doctype, asked))
    if name in ("get_value", "get_single_value"):
        return _value(site, name, doctype, asked)
    if name == "has_permission":
        wanted = str(asked.get("perm_type") or "read")
        return {"has_permission": wanted in site.rights.get(doctype, {wanted})}
    if name == "cancel":
        return site.cancel(doctype, str(asked.get("name")))
    if name == "delete":
        return site.delete(doctype, str(asked.get("name")))
    if name in ("insert", "submit", "save"):
        return _document(site, name, asked)
    raise Raised("ValidationError", f"Failed to get method for command frappe.client.{name}")


def _document(site: Erpnext, name: str, asked: dict[str, Any]) -> Any:
    doc = asked.get("doc")
    doc = json.loads(doc) if isinstance(doc, str) else doc
    if not isinstance(doc, dict) or not doc.get("doctype"):
        raise invalid("doc is needed")
    doctype, own = str(doc["doctype"]), str(doc.get("name") or "")
    if name == "insert":
        return site.insert(doctype, doc)
    if not own or site.find(doctype, own) is None:
        # A whole document that is not there yet is inserted on the way.
        return site.insert(doctype, {**doc, "docstatus": 1} if name == "submit" else doc)
    return site.update(doctype, own, {**doc, "docstatus": 1} if name == "submit" else doc)


def _name(site: Erpnext, doctype: str, asked: dict[str, Any]) -> str:
    if asked.get("name"):
        return str(asked["name"])
    rows = site.listing(doctype).rows({"filters": asked.get("filters"), "limit_page_length": 1})
    if not rows:
        raise missing(doctype, "with these filters")
    return str(rows[0]["name"])


def _value(site: Erpnext, name: str, doctype: str, asked: dict[str, Any]) -> Any:
    if name == "get_single_value":
        return site.get(doctype, doctype).get(str(asked.get("field")))
    fields = asked.get("fieldname") or "name"
    fields = json.loads(fields) if isinstance(fields, str) and fields.startswith("[") else fields
    listed = [fields] if isinstance(fields, str) else list(fields)
    filters = asked.get("filters")
    if isinstance(filters, str) and filters[:1] not in ("[", "{"):
        filters = {"name": filters}
    if doctype in SINGLE:
        whole = site.get(doctype, doctype)
        return {one: whole.get(one) for one in listed}
    rows = site.listing(doctype).rows({"filters": filters, "fields": listed, "limit_page_length": 1})
    return rows[0] if rows else {}
