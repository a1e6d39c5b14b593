"""Where a shop's REST API is, and what the WordPress around it says of itself (reference: WooCommerce 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stockrecon.channels.woocommerce.answers import document_of
from stockrecon.channels.woocommerce.fields import Object, plain, text
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, BadAnswer, Client, Request, Verdict
from stockrecon.spool.cells import CellFault, zone_of

NAMESPACE = "/wc/v3"
_ABOUT = "name,home,timezone_string,gmt_offset,namespaces"

Pairs = tuple[tuple[str, str], ...]


class Permalinks(StrEnum):
    """PRETTY: `/wp-json/wc/v3/...`. PLAIN: `/?rest_route=/wc/v3/...`, for a WordPress without rewriting."""

    PRETTY = "pretty"
    PLAIN = "plain"

    def place(self, route: str, query: Pairs = ()) -> tuple[str, Pairs]:
        """Path and query of a route such as `/wc/v3/products`."""
        if self is Permalinks.PRETTY:
            return f"/wp-json{route}", query
        return "/", (("rest_route", route), *query)

    @property
    def shown(self) -> str:
        return "pretty (/wp-json/)" if self is Permalinks.PRETTY else "plain (/?rest_route=/)"


@dataclass(frozen=True, slots=True)
class Site:
    """What the index of the REST API tells. `home` is the shop's address as WordPress writes it."""

    name: str = ""
    home: str = ""
    zone: str = "UTC"
    namespaces: tuple[str, ...] = ()


def find(client: Client, chosen: Permalinks | None) -> tuple[Permalinks, Site | None]:
    """The form of the addresses, and the site where its index can be read: many shops hide that from strangers.

    `chosen`: the only form to try. Where neither form answers with JSON, the usual one is named, whose first real call
    then says what is wrong. Raises ReadFault where nobody answers at all.
    """
    for form in (chosen,) if chosen else tuple(Permalinks):
        document = _index(client, form)
        if isinstance(document, dict):
            return form, _site(document) if isinstance(document.get("namespaces"), list) else None
    return chosen or Permalinks.PRETTY, None


def _index(client: Client, form: Permalinks) -> object:
    """Unsigned: the index is for everybody, and from 11.1 on a key is refused for what is not WooCommerce's own."""
    request = Request("GET", *form.place("/", (("_fields", _ABOUT),)))
    try:
        return document_of(client.call(request, judge=_judge, signed=False))
    except ReadFault:
        if client.skew is None:
            raise
        return None


def _judge(answer: Answer) -> Verdict:
    """Any JSON shows that this is where the REST API is; what is none is no reason to ask again."""
    try:
        document_of(answer)
    except BadAnswer as bad:
        return Verdict.fail(ReadFault("the REST API's index", str(bad)))
    return Verdict.ok()


def _site(document: Object) -> Site:
    spaces = document.get("namespaces")
    return Site(
        name=plain(document.get("name"), 80),
        home=plain(document.get("home"), 200).rstrip("/"),
        zone=_zone(document),
        namespaces=tuple(text(each) for each in spaces) if isinstance(spaces, list) else (),
    )


def _zone(document: Object) -> str:
    """The site's own time, for display: a name, or an offset in hours where the owner chose one (5.5 is +05:30)."""
    named = text(document.get("timezone_string"))
    if named:
        try:
            zone_of(named)
        except CellFault:
            return "UTC"
        return named
    try:
        minutes = int(Decimal(text(document.get("gmt_offset")) or "0") * 60)
    except ArithmeticError:
        return "UTC"
    if not minutes or abs(minutes) >= 24 * 60:
        return "UTC"
    return f"{'+' if minutes > 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
