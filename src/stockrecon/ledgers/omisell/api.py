"""Omisell's calls: tokens, addresses from the configuration, lists read to their end, answers unwrapped."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, quote

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.omisell.errors import KEY_WAY, WHO, judge_for, judge_token
from stockrecon.ledgers.omisell.fields import Malformed, Object, an_object, named, objects, whole
from stockrecon.ledgers.omisell.setup import Setup
from stockrecon.rest import Client, Request

WITHIN = 20.0
"""Seconds after which an adjustment that still waits its turn is not sent: what it was decided on grows old."""
_TRIES = 3
_PAGES = 10_000


class Session:
    """`Authorization: Omi TOKEN`, or a key that is sent as it is (developers.omisell.com/doc-400887).

    A token is got anew by each run, and once more where it is refused. Refreshing one would need a secret as well.
    """

    def __init__(self, setup: Setup, get: Callable[[], str]) -> None:
        self._login = setup.login
        self._get = get
        self._lock = threading.Lock()
        self._token = ""

    def secrets(self) -> tuple[str, ...]:
        known = (self._login.key, self._login.secret)
        return (*(one.reveal() for one in known if one is not None), *filter(None, [self._token]))

    def ready(self) -> None:
        """Gets a token where one is needed and none is there."""
        if self._login.secret is not None:
            with self._lock:
                if not self._token:
                    self._token = self._get()

    def renew(self, refused: Request) -> None:
        """After a refusal: the token is got anew, unless another thread has done so. Raises AuthFault."""
        if self._login.secret is None:
            raise AuthFault(WHO, "Omisell does not take the key", way_on=KEY_WAY)
        with self._lock:
            if ("authorization", f"Omi {self._token}") in refused.headers:
                self._token = self._get()

    def sign(self, request: Request, now: datetime) -> Request:
        login = self._login
        value = self._token if login.secret is not None else login.key.reveal()
        headers = [("authorization", f"{login.scheme} {value}"), ("content-type", "application/json")]
        if login.seller_id:
            headers += [("seller-id", login.seller_id), ("country", login.country)]
        return replace(request, headers=(*request.headers, *headers))


class Api:
    """The calls of one seller. Every method raises ReadFault, AuthFault, Refused, or Malformed."""

    def __init__(self, setup: Setup, make_client: Callable[[Session], Client], pause: Callable[[float], None]) -> None:
        self.setup = setup
        self.session = Session(setup, self._token)
        self._pause = pause
        self.client = make_client(self.session)

    def now(self) -> datetime:
        """Omisell's time."""
        return self.client.now()

    def one(self, key: str, **blanks: str) -> Object:
        """`data` of a call that gives one thing."""
        request = self._request(key, blanks)
        return an_object(self._call(request, key), f"{_shown(key, blanks)}: data")

    def page(self, key: str, number: int, size: int, query: Mapping[str, str]) -> tuple[list[Object], int, bool]:
        """Rows, how many there are in all, and whether another page comes."""
        asked = self._request(key, query)
        pairs = (*asked.query, ("page", str(number)), ("page_size", str(size)))
        data = an_object(self._call(replace(asked, query=pairs), key), f"{key}: data")
        for name in ("results", "count", "next"):
            if name not in data:
                raise Malformed(f"{key}: data has no {name!r}, so that nobody could tell where the list ends")
        return objects(data["results"], f"{key}: results"), whole(data["count"], f"{key}: count"), bool(data["next"])

    def everything(
        self, key: str, name_of: Callable[[Object], str], query: Mapping[str, str] | None = None
    ) -> list[Object]:
        """All rows of a list. Raises ReadFault where they are not as many as Omisell counts, or one stands twice.

        Pages are counted by number, so a row that comes or goes meanwhile moves others, also onto a page that was read
        already: then all of them are read again.
        """
        fault = ""
        for _ in range(_TRIES):
            rows, counts = self._walked(key, query or {})
            twice = [name for name, times in Counter(map(name_of, rows)).items() if times > 1]
            if not twice and set(counts) == {len(rows)}:
                return rows
            fault = f"{twice[0]} stands twice" if twice else f"Omisell counts {counts[-1]} rows and gave {len(rows)}"
            if len(set(counts)) > 1:
                fault = f"Omisell's count went from {counts[0]} to {counts[-1]} while the pages were read"
        raise ReadFault(
            WHO,
            f"{key}: {fault}, {_TRIES} times",
            way_on="run again; where a SKU stands once for each warehouse, name ledger.fields.warehouse and "
            "ledger.warehouses",
        )

    def send(self, key: str, document: Object) -> Object:
        """Sends what changes something, once. Raises Unsettled where it may have taken effect."""
        request = replace(self._request(key, {}), method="POST", json=document, repeatable=False, within=WITHIN)
        found = self._call(request, key)
        return found if isinstance(found, dict) else {}

    def _walked(self, key: str, query: Mapping[str, str]) -> tuple[list[Object], list[int]]:
        rows: list[Object] = []
        counts: list[int] = []
        for number in range(1, _PAGES):
            found, count, more = self.page(key, number, self.setup.page_size, query)
            rows += found
            counts.append(count)
            if not more:
                return rows, counts
            if not found:
                raise Malformed(f"{key}: page {number} is empty and names a next one")
        raise Malformed(f"{key}: no end after {_PAGES} pages")

    def _request(self, key: str, blanks: Mapping[str, str]) -> Request:
        """The configured address; a blank that it does not hold goes into the query, unless the path fills it."""
        path, _, query = self.setup.paths[key].partition("?")
        pairs = [(name, _filled(value, blanks)) for name, value in parse_qsl(query, keep_blank_values=True)]
        used = {name for name in blanks if f"{{{name}}}" in self.setup.paths[key]}
        pairs += [(name, value) for name, value in blanks.items() if name not in used]
        for name, value in blanks.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return Request("GET", path, tuple(pairs))

    def _call(self, request: Request, key: str) -> object:
        self.session.ready()
        judge = judge_for(f"paths.{key}", key, self._pause)
        try:
            answer = self.client.call(request, judge=judge)
        except AuthFault as fault:
            raise AuthFault(WHO, fault.what, way_on=KEY_WAY) from None
        return an_object(answer.json(), key).get("data")

    def _token(self) -> str:
        login = self.setup.login
        if login.secret is None:
            raise RuntimeError("only a pair of key and secret gets a token")
        document = {"api_key": login.key.reveal(), "api_secret": login.secret.reveal()}
        request = Request("POST", self.setup.paths["token"], json=document)
        answer = self.client.call(request, judge=judge_token(self._pause), signed=False)
        return named(an_object(an_object(answer.json(), "token").get("data"), "token: data"), "token", "token: data")


def _filled(text: str, blanks: Mapping[str, str]) -> str:
    for name, value in blanks.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _shown(key: str, blanks: Mapping[str, str]) -> str:
    return " ".join([key, *blanks.values()])
