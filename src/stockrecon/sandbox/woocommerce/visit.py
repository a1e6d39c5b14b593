"""One call to a WooCommerce site, and the table of what can be called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stockrecon.sandbox.wire import Call
from stockrecon.sandbox.woocommerce.asks import Ask
from stockrecon.sandbox.woocommerce.gate import ApiKey, Refused
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.pages import Reply

NAMESPACE = "/wc/v3"


@dataclass(frozen=True, slots=True)
class Visit:
    """`shop` is written to, `reads` is read (it may be an older copy).

    `ids` are the numbers in the path, `root` is the site's own address.
    """

    call: Call
    ask: Ask
    ids: tuple[str, ...]
    now: datetime
    shop: WooShop
    reads: WooShop
    root: str

    def address(self, path: str) -> str:
        """A collection's own address, in the form in which the site writes addresses."""
        return f"{self.root}{'/wp-json' if self.shop.site.pretty else '/?rest_route='}{NAMESPACE}{path}"

    @property
    def label(self) -> str:
        """The call as effects name it: the path in its usual form."""
        return f"/wp-json{route_of(self.call) or ''}"


Handler = Callable[[Visit], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`methods` answer a path. `what` words a refusal: list, item, batch or index (for anybody).

    `manager`: only for a manager's key.
    """

    pattern: re.Pattern[str]
    methods: Mapping[str, Handler]
    what: str = "list"
    manager: bool = False

    @property
    def allow(self) -> str:
        return ", ".join(self.methods)


def route(path: str, what: str, *, manager: bool = False, **handlers: Handler) -> Route:
    """A route below the namespace; `#` stands for a number. A handler named PUT answers all methods that edit."""
    methods: dict[str, Handler] = {}
    for method, handler in handlers.items():
        for name in ("POST", "PUT", "PATCH") if method == "PUT" else (method,):
            methods[name] = handler
    pattern = re.compile(NAMESPACE + path.replace("#", r"(\d+)"))
    return Route(pattern, methods, what, manager)


def route_of(call: Call) -> str | None:
    """The REST route of a call, by path or by `rest_route`; None for a page of the site that is no REST call."""
    path = call.path.removeprefix("/index.php") or "/"
    named = call.first("rest_route")
    if path == "/" and named is not None:
        return "/" + named.strip("/")
    if path == "/wp-json" or path.startswith("/wp-json/"):
        return "/" + path.removeprefix("/wp-json").strip("/")
    return None


def no_route() -> Refused:
    return Refused("rest_no_route", "No route was found matching the URL and request method.", 404)


def invalid_id(what: str, status: int) -> Refused:
    """Reading what is not there is 404, writing it 400."""
    return Refused(f"woocommerce_rest_{what}_invalid_id", "Invalid ID.", status)


_NOT_ALLOWED = {
    ("list", "GET"): ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
    ("item", "GET"): ("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource."),
    ("list", "POST"): ("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources."),
    ("item", "POST"): ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    ("item", "DELETE"): ("woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource."),
    ("batch", "POST"): (
        "woocommerce_rest_cannot_batch",
        "Sorry, you are not allowed to batch manipulate this resource.",
    ),
}


def check_allowed(found: Route, method: str, known: ApiKey | None, *, manager: bool) -> None:
    """Raises Refused: 401 for a caller that nobody knows, 403 for one that is known and may not."""
    if found.what == "index" or (known is not None and (manager or not found.manager)):
        return
    kind = "POST" if method in ("PUT", "PATCH") else method
    code, message = _NOT_ALLOWED.get((found.what, kind), _NOT_ALLOWED["list", "GET"])
    raise Refused(code, message, 403 if known is not None else 401)
