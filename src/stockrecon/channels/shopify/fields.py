"""Fields of Shopify's JSON: read strictly where a number counts, and ids as they are shown to people."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from stockrecon.rest.fields import Malformed as Malformed
from stockrecon.rest.fields import Object as Object
from stockrecon.rest.fields import an_object as an_object
from stockrecon.rest.fields import plain as plain
from stockrecon.rest.fields import text as text
from stockrecon.rest.fields import units as units
from stockrecon.rest.fields import whole as whole

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([^/?#\s]+)(\?[^\s]*)?")


def objects(value: object, where: str) -> list[Object]:
    """A list of objects; Shopify never leaves one out where it was asked for."""
    if not isinstance(value, list):
        raise Malformed(f"{where} is not a list")
    return [an_object(each, f"{where}[{number}]") for number, each in enumerate(value)]


def nodes(value: object, where: str) -> list[Object]:
    """The rows of a connection."""
    return objects(an_object(value, where).get("nodes"), f"{where}: nodes")


def next_page(connection: object, where: str) -> str | None:
    """The cursor after which a connection goes on; None where it says that it ends here."""
    page = an_object(an_object(connection, where).get("pageInfo"), f"{where}: pageInfo")
    if not flag(page.get("hasNextPage"), f"{where}: hasNextPage"):
        return None
    cursor = text(page.get("endCursor"))
    if not cursor:
        raise Malformed(f"{where} says that a page follows, without a cursor")
    return cursor


def flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(f"{where} is neither true nor false")
    return value


def moment(value: object, where: str) -> datetime | None:
    """ISO 8601 with an offset; null means "none"."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Malformed(f"{where} is not a time with an offset")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise Malformed(f"{where} is beyond what a time can hold") from None


def gid(value: object, kind: str, where: str) -> str:
    """A global id of that kind, as it stands: it is opaque (reference: Shopify 1.4)."""
    found = _GID.fullmatch(text(value))
    if found is None or found[1] != kind:
        raise Malformed(f"{where} is not the id of a {kind}")
    return found[0]


def number_of(value: object, kind: str, where: str) -> str:
    """The part of a global id that people and other systems know: `gid://shopify/Product/42` is 42."""
    return gid(value, kind, where).split("?", 1)[0].rsplit("/", 1)[1]


def kind_of(value: object) -> str:
    """What a global id is the id of; "" for anything else."""
    found = _GID.fullmatch(text(value))
    return found[1] if found else ""


def gid_of(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"
