"""What stockrecon's contract suite has to know of Plaza.

pytest tests/channel_contract --channel-profile stockrecon_plaza.contract:PROFILE
"""

from __future__ import annotations

from tests.channel_contract.profiles import Profile

from stockrecon.core.model import ListingState

_ITEMS = {"plain": "1", "red": "21", "blue": "22", "ghost": "29", "theirs": "31", "barred": "41"}
PROFILE = Profile(
    "plaza",
    {name: (item, "") for name, item in _ITEMS.items()},
    writes="/stock",
    pages="/items",
    orders="/orders",
    rows=("items", "orders"),
    secrets=("api_key",),
    no_such="no_such_item",
    barred="Counterfeit",
    dated="nowhere",
    platform=False,
    tokens=False,
    many=20,
    page=50,
    order_page=50,
    states=frozenset({ListingState.OK, ListingState.UNLISTED, ListingState.BANNED, ListingState.DELETED}),
    doings=frozenset({"place", "pay", "ship", "cancel"}),
)
