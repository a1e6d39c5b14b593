"""Shopify's calls: documents with their points, answers checked and unwrapped. Nothing here knows what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from stockrecon.channels.shopify.cost import Purse
from stockrecon.channels.shopify.documents import OPTIONAL, Document, Variables
from stockrecon.channels.shopify.errors import Refused, TooDear, judge_for, judge_write
from stockrecon.channels.shopify.fields import Malformed, Object, an_object, next_page, nodes
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, Client, Request

VERSION = "2026-10"
"""The newest stable version; each lives for a year (reference: Shopify 1.1)."""
PATH = f"/admin/api/{VERSION}/graphql.json"
PAGE = 250
"""The most rows of a page, ids of `nodes`, and rows of an input (reference: Shopify 1.3)."""
_VERSION_HEADER = "x-shopify-api-version"


class ShopifyApi:
    """The calls of one shop. `renewable`: a refused token can be replaced without a person.

    Every method raises ReadFault, AuthFault, Refused, or Malformed.
    """

    def __init__(self, client: Client, purse: Purse, *, renewable: bool) -> None:
        self.client = client
        self.who = client.who
        self.purse = purse
        self.renewable = renewable
        self.version = ""
        """The version that answered last; another one than asked for where that is no longer served."""
        self.lacks: frozenset[str] = frozenset()
        """Optional fields that this shop's API does not have."""

    @property
    def another_version(self) -> str:
        """A sentence where Shopify answers in another version than asked for; else ""."""
        if self.version in ("", VERSION):
            return ""
        return f"Shopify answers in API version {self.version}, this program speaks {VERSION}"

    def ask(self, document: Document, **variables: object) -> Object:
        """The data of one query; all of it, or a fault. Fields that can be done without are left out where there are
        none of them."""
        try:
            return self._ask(document, variables)
        except Refused as refusal:
            missing = refusal.lacks - {""}
            if not missing or not missing <= set(OPTIONAL) - self.lacks:
                raise
            self.lacks |= missing
            return self._ask(document, variables)

    def _ask(self, document: Document, variables: Variables) -> Object:
        price = self.purse.price(document, variables)
        self.purse.take(price)
        judge = judge_for(self.who, document.name, self._told(document, variables), renewable=self.renewable)
        request = _request(document.without(self.lacks), variables)
        return self._data(document, self.client.call(request, judge=judge))

    def change(self, document: Document, *, within: float | None = None, **variables: object) -> Object:
        """The payload of one mutation, sent once. Raises Unsettled where it may have taken effect.

        `within`: seconds after which it is not sent any more; the wait for points counts.
        """
        wait = self.purse.wait(self.purse.price(document, variables))
        if within is not None and wait > within:
            text = (
                f"{document.name}: not sent: the shop's points are used up for {wait:.0f} s, longer than a write waits"
            )
            raise ReadFault(self.who, text, way_on="run again later")
        waited = self.purse.take(self.purse.price(document, variables))
        left = None if within is None else max(0.0, within - waited)
        judge = judge_write(self.who, document.name, self._told(document, variables), renewable=self.renewable)
        answer = self.client.call(_request(document.text, variables, repeatable=False, within=left), judge=judge)
        payload = next(iter(self._data(document, answer).values()), None)
        return an_object(payload, f"{document.name}: payload")

    def pages(
        self, document: Document, where: str, variables: Variables, lost: list[str] | None = None, *, inside: str = ""
    ) -> Iterator[list[Object]]:
        """The rows of a connection that is the query's only field, or the field `inside` of that one, page by page, to
        the end that Shopify marks.

        A page that is too dear for the bucket or for one query is asked for again in a smaller size, and one that was
        announced and comes empty once more: what was on it may be lost, or gone meanwhile. Where it stays so, `lost`
        is told; without it whoever asks knows by a count. An empty page after which more is to come is no answer.
        """
        after: str | None = None
        seen: set[str] = set()
        most, again = PAGE, False
        while True:
            first = self.purse.size(document, variables, most)
            try:
                data = self.ask(document, first=first, after=after, **variables)
            except TooDear:
                if first == 1:
                    raise
                most = max(1, first // 2)
                continue
            found = next(iter(data.values()), None)
            if inside:
                found = an_object(found, where).get(inside)
            rows, following = nodes(found, where), next_page(found, where)
            if not rows and (after is not None or following is not None):
                again = not again
                if again:
                    continue
                if following is not None:
                    raise Malformed(f"{where} says that a page follows one that is empty")
                if lost is not None:
                    lost.append(f"{where}: a page that was announced came empty twice")
            again = False
            yield rows
            after = following
            if after is None:
                return
            if after in seen:
                raise Malformed(f"{where} says that a page follows, but its cursor does not go on")
            seen.add(after)

    def now(self) -> datetime:
        """Shopify's time."""
        return self.client.now()

    def _told(self, document: Document, variables: Variables) -> partial[float | None]:
        return partial(self._spent, document, variables)

    def _spent(self, document: Document, variables: Variables, cost: object) -> float | None:
        self.purse.told(document, variables, cost)
        asked = cost.get("requestedQueryCost") if isinstance(cost, dict) else None
        return None if asked is None else self.purse.wait(self.purse.price(document, variables))

    def _data(self, document: Document, answer: Answer) -> Object:
        self.version = answer.headers.get(_VERSION_HEADER, "")[:20]
        return an_object(an_object(answer.json(), document.name).get("data"), f"{document.name}: data")


def _request(text: str, variables: Variables, *, repeatable: bool = True, within: float | None = None) -> Request:
    body = {"query": text, "variables": dict(variables)}
    return Request("POST", PATH, json=body, repeatable=repeatable, within=within)
