"""Odoo's calls: a model's method with named arguments, over either protocol. Nothing here knows what they are for."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from stockrecon.core.secret import Secret
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.odoo.errors import KEY_WAY, Refused, Why, judge_json2, judge_jsonrpc
from stockrecon.ledgers.odoo.fields import Row, identity, malformed, rows_of
from stockrecon.rest import Answer, Client, Request, Verdict

JSON2_SINCE = 19
"""JSON-2 came with Odoo 19; JSON-RPC is deprecated since (reference: Odoo 3.5)."""
WITHIN = 30.0
"""Seconds in which a write may begin: what it was decided on grows old."""
Domain = Sequence[object]


@dataclass(frozen=True, slots=True)
class Version:
    """`major` 0: Odoo does not say."""

    text: str
    major: int


class Odoo:
    """The calls of one database. Every method raises ReadFault, AuthFault or Refused."""

    def __init__(self, client: Client, key: Secret, database: str, user: str, protocol: str) -> None:
        self.client = client
        self._key = key
        self._database = database
        self._user = user
        self._protocol = protocol
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._uid: int | None = None
        self._fields: dict[str, frozenset[str]] = {}
        self.context: dict[str, object] = {"lang": "en_US", "tz": "UTC"}
        """What every call says of itself; the companies are added once they are known."""

    @property
    def version(self) -> Version:
        with self._lock:
            if self._version is None:
                self._version = self._ask_version()
            return self._version

    @property
    def json2(self) -> bool:
        if self._protocol == "auto":
            return self.version.major >= JSON2_SINCE
        return self._protocol == "json2"

    @property
    def uid(self) -> int:
        """The user of the key."""
        if self._uid is None:
            if self.json2:
                told = self.call("res.users", "context_get")
                self._uid = identity(told.get("uid") if isinstance(told, dict) else None, "res.users: uid")
            else:
                self._uid = self._login()
        return self._uid

    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] | None = None,
        *,
        context: Mapping[str, object] | None = None,
        writes: bool = False,
        positional: Sequence[object] = (),
        **arguments: object,
    ) -> object:
        """One method in one transaction. `writes`: sent once; raises Unsettled where it may have taken effect.

        `positional`: for JSON-RPC, which takes some arguments in no other way.
        """
        full = {**self.context, **(context or {})}
        within = WITHIN if writes else None
        if self.json2:
            body = {**({"ids": list(ids)} if ids is not None else {}), **arguments, "context": full}
            request = Request("POST", f"/json/2/{model}/{method}", json=body, repeatable=not writes, within=within)
            request = _with_headers(request, self._headers())
            return self.client.call(request, judge=partial(judge_json2, f"{model}.{method}")).json()
        names = () if not positional else tuple(arguments)[: len(positional)]
        kept = {name: value for name, value in arguments.items() if name not in names}
        args = [*([list(ids)] if ids is not None else []), *positional]
        return self._execute(model, method, args, {**kept, "context": full}, writes)

    def search_read(
        self, model: str, domain: Domain, fields: Sequence[str], *, order: str = "id", limit: int | None = None
    ) -> list[Row]:
        """Records that match, with their id. A list that may be long is read by `paging.whole`."""
        told = self.call(model, "search_read", domain=list(domain), fields=list(fields), order=order, limit=limit)
        return rows_of(told, model)

    def count(self, model: str, domain: Domain) -> int:
        told = self.call(model, "search_count", domain=list(domain))
        if isinstance(told, bool) or not isinstance(told, int) or told < 0:
            raise malformed(f"{model}: search_count is no number")
        return told

    def fields(self, model: str) -> frozenset[str]:
        """The names of a model's fields: they differ between versions, and with what is installed."""
        if model not in self._fields:
            told = self.call(model, "fields_get", attributes=["type"])
            if not isinstance(told, dict):
                raise malformed(f"{model}: fields_get is no object")
            self._fields[model] = frozenset(told)
        return self._fields[model]

    def has(self, model: str) -> bool:
        """Whether there is such a model and the user may read it. Raises what is no answer to that."""
        try:
            self.count(model, [["id", "=", 0]])
        except Refused as refused:
            if refused.why in (Why.RIGHT, Why.MISSING):
                return False
            raise
        return True

    def create(self, model: str, values: Mapping[str, object], context: Mapping[str, object] | None = None) -> int:
        """The id of a new record."""
        vals = [dict(values)]
        made = self.call(model, "create", context=context, writes=True, positional=(vals,), vals_list=vals)
        if isinstance(made, list) and len(made) == 1:
            return identity(made[0], f"{model}: id")
        return identity(made, f"{model}: id")

    def _headers(self) -> tuple[tuple[str, str], ...]:
        database = (("X-Odoo-Database", self._database),) if self._database else ()
        return (("Authorization", f"bearer {self._key.reveal()}"), *database)

    def _execute(
        self, model: str, method: str, args: list[object], named: Mapping[str, object], writes: bool
    ) -> object:
        whole = [self._database, self.uid, self._key.reveal(), model, method, args, dict(named)]
        return self._rpc("object", "execute_kw", whole, f"{model}.{method}", writes)

    def _login(self) -> int:
        if not self._database or not self._user:
            words = f"Odoo {self.version.text} is asked over JSON-RPC, which needs database and user"
            raise ReadFault("ledger", words, way_on="Add both to the ledger's configuration.")
        told = self._rpc(
            "common", "authenticate", [self._database, self._user, self._key.reveal(), {}], "authenticate", False
        )
        if told is False or told is None:
            words = f"Odoo does not know us: database {self._database}, user {self._user}"
            raise AuthFault("ledger", words, way_on=KEY_WAY)
        return identity(told, "authenticate")

    def _rpc(self, service: str, method: str, args: list[object], call: str, writes: bool) -> object:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 1,
            "params": {"service": service, "method": method, "args": args},
        }
        request = Request("POST", "/jsonrpc", json=body, repeatable=not writes, within=WITHIN if writes else None)
        document = self.client.call(request, judge=partial(judge_jsonrpc, call)).json()
        # A method that returns nothing is answered without `result`.
        return document.get("result") if isinstance(document, dict) else None

    def _ask_version(self) -> Version:
        told: object = None
        if self._protocol != "jsonrpc":
            # There since Odoo 19; before, a page of the web site's own, or none.
            answer = self.client.call(Request("GET", "/web/version"), judge=_judge_version)
            told = answer.json() if answer.status == 200 else None
        if not isinstance(told, dict):
            told = self._rpc("common", "version", [], "version", False)
            told = told if isinstance(told, dict) else {}
        text = str(told.get("version") or told.get("server_version") or "")
        digits = re.search(r"[0-9]+", text)
        return Version(text or "unknown", int(digits.group()) if digits else 0)


def _judge_version(answer: Answer) -> Verdict:
    if answer.status in (429, 502, 503, 504):
        return Verdict.retry(f"/web/version: HTTP {answer.status}")
    if answer.status == 200 and "json" not in answer.headers.get("content-type", "json"):
        words = "/web/version answers, and not with JSON"
        return Verdict.fail(ReadFault("ledger", words, way_on="check base_url: it is Odoo's own address"))
    return Verdict.ok()


def _with_headers(request: Request, headers: tuple[tuple[str, str], ...]) -> Request:
    return Request(
        request.method,
        request.path,
        headers=headers,
        json=request.json,
        repeatable=request.repeatable,
        within=request.within,
    )
