"""Tryton's calls: a model's method with its arguments, in a session. Nothing here knows what they are for."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from urllib.parse import quote

from stockrecon.errors import AuthFault, ReadFault, StockreconError
from stockrecon.ledgers.tryton.errors import LOGIN_WAY, PLACE_WAY, Failed, SessionOver, judge
from stockrecon.ledgers.tryton.fields import Row, identity, ids, malformed, rows_of, text
from stockrecon.ledgers.tryton.setup import Setup
from stockrecon.rest import Answer, Client, Request, Verdict

WITHIN = 30.0
"""Seconds in which a write may begin: what it was decided on grows old."""
_GOODBYE = 3.0
Domain = Sequence[object]


class Tryton:
    """The calls of one database; each is one transaction that sees one moment (PostgreSQL: REPEATABLE READ).

    Every method raises ReadFault, AuthFault, Refused or Failed.
    """

    def __init__(self, client: Client, setup: Setup) -> None:
        self.client = client
        self._setup = setup
        self._session: tuple[int, str] | None = None
        self._served: tuple[str, str] | None = None
        self.context: dict[str, object] = {"language": "en"}
        """What every call says of itself; the company is added once it is known."""

    @property
    def uid(self) -> int:
        """The id of the user, who is logged in for it."""
        return self._logged_in()[0]

    def secrets(self) -> Iterator[str]:
        yield self._setup.password.reveal()
        if self._session is not None:
            yield self._session[1]
            yield self._proof(self._session)

    def now(self) -> datetime:
        """Tryton's time."""
        return self.client.now()

    def call(
        self, method: str, *params: object, context: Mapping[str, object] | None = None, writes: bool = False
    ) -> object:
        """`writes`: sent once; raises Unsettled where it may have taken effect."""
        whole = [*params, {**self.context, **(context or {})}]
        for last in (False, True):
            headers = (("authorization", f"Session {self._proof(self._logged_in())}"),)
            try:
                return self._result(self._send(method, whole, headers, writes=writes))
            except SessionOver:
                # It was not carried out. Sessions end when they are old, and when somebody ends them.
                self._session = None
                if last:
                    words = "Tryton does not know the session that it has just opened"
                    way_on = "See that nothing between here and Tryton takes the Authorization header out."
                    raise AuthFault("ledger", words, way_on=way_on) from None
        raise AssertionError("unreachable")

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        order: Sequence[tuple[str, str]] = (("id", "ASC"),),
        limit: int | None = None,
        context: Mapping[str, object] | None = None,
    ) -> list[Row]:
        """Records that match, with their id. A list that may be long is read by `paging`."""
        told = self.call(
            f"model.{model}.search_read",
            list(domain),
            0,
            limit,
            [list(one) for one in order],
            list(fields),
            context=context,
        )
        return rows_of(told, model)

    def count(self, model: str, domain: Domain) -> int:
        told = self.call(f"model.{model}.search_count", list(domain))
        if isinstance(told, bool) or not isinstance(told, int) or told < 0:
            raise malformed(f"{model}: search_count is no number")
        return told

    def create(self, model: str, values: Mapping[str, object]) -> int:
        """The id of a new record."""
        made = ids(self.call(f"model.{model}.create", [dict(values)], writes=True), f"{model}: create")
        if len(made) != 1:
            raise malformed(f"{model}: create made {len(made)} records of one")
        return made[0]

    def press(self, model: str, button: str, record: int) -> None:
        """Presses one of a document's buttons, such as confirm or cancel."""
        self.call(f"model.{model}.{button}", [record], writes=True)

    def has(self, model: str) -> bool:
        """Whether there is such a model: its module may not be installed."""
        return self.rights(model) is not None

    def rights(self, model: str) -> Mapping[str, bool] | None:
        """What the user may do with a model's records: read, write, create, delete; None where there is no such model.

        For an administrator Tryton says no more than that everything is allowed.
        """
        try:
            told = self.call("model.ir.model.access.get_access", [model])
        except Failed as failed:
            if failed.absent == model:
                return None
            raise
        found = told.get(model) if isinstance(told, dict) else None
        if not isinstance(found, dict):
            raise malformed("get_access does not answer")
        return {str(name): bool(value) for name, value in found.items()}

    @property
    def version(self) -> str:
        """Tryton's series, such as 8.2."""
        return self._found()[0]

    def close(self) -> None:
        """Ends the session; what cannot be ended now ends by its age."""
        if self._session is not None:
            headers = (("authorization", f"Session {self._proof(self._session)}"),)
            self._session = None
            request = self._request("common.db.logout", [], headers)
            with suppress(StockreconError):
                self.client.call(request, judge=partial(judge, "logout"))
        self.client.close()

    def _logged_in(self) -> tuple[int, str]:
        if self._session is None:
            given = [self._setup.user, {"password": self._setup.password.reveal()}, "en"]
            try:
                told = self._result(self._send("common.db.login", given))
            except SessionOver:
                words = f"Tryton does not let {self._setup.user} in: unknown user or wrong password"
                raise AuthFault("ledger", words, way_on=LOGIN_WAY) from None
            if not isinstance(told, list) or len(told) < 2 or not text(told[1]):
                raise malformed("login gives no session")
            self._session = identity(told[0], "login: user"), text(told[1])
        return self._session

    def _found(self) -> tuple[str, str]:
        """The series, and what stands behind the database in the address of its calls.

        That is `rpc/` in 8.2; in 7.0 calls go to the database's own address.
        """
        if self._served is None:
            for ending in ("rpc/", ""):
                request = self._request("common.server.version", [], (), path=f"/{ending}")
                answer = self.client.call(request, judge=_judge_place)
                if answer.status == 200:
                    self._served = text(self._result(answer)), ending
                    break
            else:
                raise ReadFault("ledger", "no Tryton answers at ledger.base_url", way_on=PLACE_WAY)
        return self._served

    def _proof(self, session: tuple[int, str]) -> str:
        return b64encode(f"{self._setup.user}:{session[0]}:{session[1]}".encode()).decode("ascii")

    def _send(
        self,
        method: str,
        params: Sequence[object],
        headers: tuple[tuple[str, str], ...] = (),
        *,
        writes: bool = False,
    ) -> Answer:
        request = self._request(method, params, headers, writes=writes)
        return self.client.call(request, judge=partial(judge, method.removeprefix("model.")))

    def _request(
        self,
        method: str,
        params: Sequence[object],
        headers: tuple[tuple[str, str], ...],
        *,
        writes: bool = False,
        path: str = "",
    ) -> Request:
        return Request(
            "POST",
            path or f"/{quote(self._setup.database, safe='')}/{self._found()[1]}",
            headers=headers,
            # Exactly these three: with more or fewer Tryton answers in another form.
            json={"id": 1, "method": method, "params": list(params)},
            repeatable=not writes,
            within=WITHIN if writes else _GOODBYE if method == "common.db.logout" else None,
        )

    def _result(self, answer: Answer) -> object:
        document = answer.json()
        return document.get("result") if isinstance(document, dict) else None


def _judge_place(answer: Answer) -> Verdict:
    """Of the question for the version: whether Tryton takes calls there."""
    # To an older one the first address is a database called rpc, for which a session is wanted.
    return Verdict.ok() if answer.status in (401, 404, 405) else judge("common.server.version", answer)
