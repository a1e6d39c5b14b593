"""What a vendor does not publish, and so has no default here: the seller looks it up and writes it down.

Each key says what it is and where it is looked up; the configuration's faults and `check` say so in these words.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """A key that a mapping of names may hold. `why`: what it is, why it has no default, and where it is looked up."""

    name: str
    why: str
    required: bool = False


_PORTAL = "not published; sign in at developers.omisell.com"
OMISELL_PATHS = (
    Named("stock", f"the path of the list of SKUs with their stock is {_PORTAL}, Product or Inventory", required=True),
    Named("sku", f"the path of one SKU, with {{sku}} in it, is {_PORTAL}, Get Product Detail by SKU"),
    Named(
        "movements", f"whether Omisell lists stock movements, and where, is {_PORTAL}, Inventory, or ask its support"
    ),
    Named("adjust", f"the path of a stock adjustment is {_PORTAL}, Adjust Stock"),
    # Known (reference: Omisell 3.1); another version of the API may call them otherwise.
    Named("token", "usually /api/v2/auth/token/get/"),
    Named("shops", "usually /api/v2/public/shop/list"),
    Named("orders", "usually /api/v2/public/order/list"),
    Named("order", "usually /api/v2/public/order/{order}"),
)
_ANSWER = f"the answer's fields are {_PORTAL}, the page of the call in ledger.paths.stock, Responses"
OMISELL_FIELDS = (
    Named("sku", f"the field that holds the SKU: {_ANSWER}", required=True),
    Named("rows", f"the list inside of each row that holds the SKUs, such as variants: {_ANSWER}"),
    Named("available", f"the field that holds what Omisell calls available: {_ANSWER}"),
    Named("on_hand", f"the field that holds what lies in the warehouse: {_ANSWER}"),
    Named("held", f"the field that holds what open orders hold: {_ANSWER}"),
    Named("buffer", f"the field that holds the buffer stock: {_ANSWER}"),
    Named("supplementary", f"the field that holds the supplementary stock: {_ANSWER}"),
    Named("warehouse", f"the field that names the warehouse: {_ANSWER}"),
    Named("updated_at", f"the field that holds the time of the last change: {_ANSWER}"),
)
_MOVED = f"the answer's fields are {_PORTAL}, the page of the call in ledger.paths.movements, Responses"
OMISELL_MOVEMENT_FIELDS = (
    Named("id", f"the field that tells one movement from all others: {_MOVED}", required=True),
    Named("sku", f"the field that holds the SKU: {_MOVED}", required=True),
    Named("at", f"the field that holds the time: {_MOVED}", required=True),
    Named("quantity", f"the field that holds the signed change of available: {_MOVED}", required=True),
    Named("kind", f"the field that says what it was, such as an order: {_MOVED}", required=True),
    Named("reference", f"the field that shows the reference of an adjustment: {_MOVED}"),
    Named("order", f"the field that holds the marketplace's number of the order: {_MOVED}"),
    Named("shop", f"the field that holds the shop's id: {_MOVED}"),
    Named("balance", f"the field that holds available after it: {_MOVED}"),
    Named("warehouse", f"the field that names the warehouse, which `warehouses` needs: {_MOVED}"),
)
_SENT = f"what the call takes is {_PORTAL}, Adjust Stock, Body"
OMISELL_ADJUST_FIELDS = (
    Named("sku", f"the field that takes the SKU: {_SENT}", required=True),
    Named(
        "by", f"the field that takes by how much stock changes; one that takes the new stock will not do: {_SENT}", True
    ),
    Named("ref", f"the field for a reference or note that the movement then shows: {_SENT}", required=True),
    Named("list", f"the list that the line stands in, if it stands in one: {_SENT}"),
    Named("direction", f"the field that says up or down, where `by` takes no minus: {_SENT}"),
    Named("up", f"what `direction` is for more stock: {_SENT}"),
    Named("down", f"what `direction` is for less stock: {_SENT}"),
)
