"""Which location sends an order's units: its fulfillment orders, where not every location counts.

Each is of one location and says how many units of a line it has, and how many of those are still to be sent. As live
answers have it: what was sent leaves one that is CLOSED, with nothing remaining; a fulfillment that was cancelled
leaves a CLOSED one with all its units remaining, and a new one beside it; what was cancelled or edited away counts
nothing. An app sees those that its scopes are for: without any the field is refused, with one alone others are left
out in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stockrecon.channels.shopify.api import PAGE, ShopifyApi
from stockrecon.channels.shopify.documents import Document, connection
from stockrecon.channels.shopify.errors import Denied, Refused
from stockrecon.channels.shopify.fields import (
    Object,
    an_object,
    gid,
    next_page,
    nodes,
    objects,
    plain,
    text,
    units,
)
from stockrecon.channels.shopify.locations import Counted
from stockrecon.channels.shopify.orders import OrderNode, Part, is_open
from stockrecon.channels.shopify.shop import OF_THE_APP, OWN, SERVICES
from stockrecon.core.model import OrderStatus

_AT_ONCE = 10
_LINES = 50
_DONE = ("CLOSED", "CANCELLED")
"""What remains in these is nobody's to send any more."""
_NOWHERE = ""
"""Stands for a location that is not named: it was deleted."""

_FIELDS = """id status assignedLocation { location { id } }
          lineItems(first: %d) {
            nodes { id totalQuantity remainingQuantity lineItem { id } }
            pageInfo { hasNextPage endCursor }
          }"""
SENDING = Document(
    "Sending",
    f"""query Sending($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Order {{
      id
      fulfillmentOrders(first: {_AT_ONCE}) {{
        nodes {{
          {_FIELDS % _LINES}
        }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
  }}
}}""",
    lambda v: 1 + connection(_AT_ONCE, 3 + connection(_LINES, 2)),
)
SENDING_ON = Document(
    "SendingOn",
    f"""query SendingOn($id: ID!, $first: Int!, $after: String) {{
  order(id: $id) {{
      id
      fulfillmentOrders(first: $first, after: $after) {{
        nodes {{
          {_FIELDS % PAGE}
        }}
        pageInfo {{ hasNextPage endCursor }}
      }}
  }}
}}""",
    lambda v: 1 + connection(v["first"], 3 + connection(PAGE, 2)),
)
SENDINGS = (SENDING, SENDING_ON)


def scopes_for(rules: Counted) -> tuple[tuple[str, ...], ...]:
    """What has to be granted to see all fulfillment orders; any one of each group. None where all locations count."""
    if not rules.others:
        return ()
    locations = {**rules.locations, **rules.others}.values()
    own = ((OWN,),) if any(not one.service for one in locations) else ()
    return (*own, (SERVICES, OF_THE_APP)) if any(one.service for one in locations) else own


@dataclass(slots=True)
class Sent:
    """One line of an order: units still to be sent, and units that were, by location; `places`: all that it was or is
    assigned to, also for nothing any more."""

    to_send: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)


Lines = dict[str, Sent]
"""By the line's global id."""


class Sending:
    """Reads where orders are sent from, and divides their units. Once refused, it asks no more.

    `untold`: names of orders of which some units could not be told.
    """

    def __init__(self, api: ShopifyApi, rules: Counted) -> None:
        self._api = api
        self._rules = rules
        self._refused = ""
        self._lines: Mapping[str, Lines] = {}
        self.untold: dict[str, None] = {}

    def read(self, orders: Sequence[OrderNode]) -> None:
        """For these orders, which are divided next. Raises ReadFault, Malformed."""
        found: dict[str, Lines] = {}
        ids = [order.id for order in orders if any(line.key is not None for line in order.lines)]
        try:
            for begin in range(0, 0 if self._refused else len(ids), PAGE):
                found |= self._asked(ids[begin : begin + PAGE])
        except Denied:
            self._refused = f"the app lacks {_either(scopes_for(self._rules))}"
        except Refused as fault:
            self._refused = fault.what
        self._lines = found

    def share(self, order: OrderNode, line: str, parts: list[Part]) -> list[Part]:
        """What of a line's units takes of the locations that count. What nobody can tell is left out and noted."""
        told = self._lines.get(order.id, {}).get(line, Sent())
        kept, untold = shared(parts, told, self._rules.locations)
        if untold:
            self.untold[plain(order.name, 40)] = None
        return kept

    @property
    def reason(self) -> str:
        """Why not all is known of the orders; "" where it is."""
        if not self.untold:
            return ""
        named = [*self.untold]
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        why = self._refused or f"the app may lack {_either(scopes_for(self._rules))}"
        return f"which location sends the units of {', '.join(named[:3])}{more} is not told: {why}"

    def _asked(self, ids: list[str]) -> Iterable[tuple[str, Lines]]:
        rows = self._api.ask(SENDING, ids=ids).get("nodes")
        for row in objects([row for row in rows if row] if isinstance(rows, list) else rows, "fulfillment orders"):
            yield self._order(row)

    def _order(self, row: Object) -> tuple[str, Lines]:
        """An order's; read on where it has more of them, or one more lines, than came."""
        name = gid(row.get("id"), "Order", "fulfillment orders: order id")
        where = f"order {name}: fulfillmentOrders"
        listed = row.get("fulfillmentOrders")
        found = nodes(listed, where)
        if next_page(listed, where) is not None or any(next_page(one.get("lineItems"), where) for one in found):
            asked = {"id": name}
            found = [
                one for page in self._api.pages(SENDING_ON, where, asked, inside="fulfillmentOrders") for one in page
            ]
        lines: Lines = {}
        for one in found:
            for line, part in _parts(one, where):
                sent = lines.setdefault(line, Sent())
                sent.to_send += part.to_send
                sent.sent += part.sent
                sent.places |= part.places
        return name, lines


def _parts(one: Object, where: str) -> Iterator[tuple[str, Sent]]:
    """The lines of one fulfillment order."""
    location = an_object(one.get("assignedLocation"), f"{where}: assignedLocation").get("location")
    place = _NOWHERE
    if location is not None:
        place = gid(an_object(location, f"{where}: location").get("id"), "Location", f"{where}: location id")
    done = text(one.get("status")) in _DONE
    for row in nodes(one.get("lineItems"), f"{where}: lineItems"):
        of = an_object(row.get("lineItem"), f"{where}: lineItem")
        whole = units(row.get("totalQuantity"), f"{where}: totalQuantity")
        rest = min(whole, units(row.get("remainingQuantity"), f"{where}: remainingQuantity"))
        to_send = Counter() if done else Counter({place: rest})
        part = Sent(to_send, Counter({place: whole - rest}), {place})
        yield gid(of.get("id"), "LineItem", f"{where}: line id"), part


def shared(parts: Iterable[Part], told: Sent, here: Collection[str]) -> tuple[list[Part], bool]:
    """The parts of one line that take of the locations `here`, and whether some could not be told.

    Fulfillment orders are read after the order: what was sent in between is told all the same while one side has all.
    Units that were cancelled need not be told: counted once too often they explain, and nothing is written by them.
    """
    parts = list(parts)
    standing = [part for part in parts if is_open(part)]
    left = [part for part in parts if part.sent]
    rest = [part for part in parts if not is_open(part) and not part.sent]
    cancelled = [part for part in rest if part.status is OrderStatus.CANCELLED]
    wanted, had = (_sum(standing), _sum(left)), (told.to_send.total(), told.sent.total())
    enough = had[0] >= wanted[0] and had[1] >= wanted[1]
    enough = enough or (sum(had) == sum(wanted) and len(cancelled) == len(rest))
    sides = {place in here for place in told.places}
    if _NOWHERE not in told.places and len(sides) == 1 and enough:
        return (parts if sides == {True} else []), False
    if _NOWHERE in told.places or had != wanted:
        return cancelled, len(cancelled) < len(parts)
    mine = [
        *_taken(standing, sum(units for place, units in told.to_send.items() if place in here)),
        *_taken(left, sum(units for place, units in told.sent.items() if place in here)),
    ]
    return [*cancelled, *mine], len(cancelled) < len(rest)


def _taken(parts: Iterable[Part], of: int) -> Iterator[Part]:
    for part in parts:
        some = min(part.units, of)
        of -= some
        if some:
            yield replace(part, units=some)


def _sum(parts: Iterable[Part]) -> int:
    return sum(part.units for part in parts)


def _either(groups: Iterable[Iterable[str]]) -> str:
    return " and ".join(" or ".join(group) for group in groups)
