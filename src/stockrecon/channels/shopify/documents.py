"""The GraphQL documents that are sent, each with its price in points (reference: Shopify 1.2, 1.5 to 1.8).

The price of a document is a formula of the size of its pages: an object costs 1, a plain list of objects no more than
one of them, a connection 2 and then as much per row as its node, for a number of rows that grows with the logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

Variables = Mapping[str, object]
OPTIONAL = ("requiresComponents", "publishedAt")
"""Fields that only tell more of a listing. A version that answers in place of ours may not have them any more."""


@dataclass(frozen=True, slots=True)
class Document:
    """One operation. `cost`: the points that it asks for with these variables."""

    name: str
    text: str
    cost: Callable[[Variables], int]

    def without(self, fields: Collection[str]) -> str:
        """Its text without some of the optional fields."""
        return _without(self.text, fields)


def _without(text: str, fields: Collection[str]) -> str:
    for field in fields:
        text = text.replace(f" {field}", "")
    return text


def scaled(rows: int) -> int:
    """How many nodes a page of so many rows is charged for: 250 rows cost as much as 11."""
    return max(1, math.floor(2 * math.log(rows))) if rows > 1 else 1


def connection(rows: object, node: int) -> int:
    """The price of a connection whose single node costs `node`."""
    return 2 + scaled(rows if isinstance(rows, int) else 1) * node


_QUANTITIES = 'quantities(names: ["available", "committed", "reserved", "safety_stock"]) { name quantity }'
_LEVEL = f"location {{ id }} {_QUANTITIES}"
_VARIANT = "id sku inventoryPolicy sellableOnlineQuantity requiresComponents product { id status publishedAt }"
_LEVELS = f"inventoryLevels(first: $levels) {{ nodes {{ id {_LEVEL} }} pageInfo {{ hasNextPage endCursor }} }}"
_AT = f"inventoryLevel(locationId: $loc) {{ id {_LEVEL} }}"
_LEVEL_COST = 3
_VARIANT_COST = 3
"""The variant, its product, its inventory item; levels come on top."""


def _of_variants(levels: str) -> str:
    return f"{_VARIANT} inventoryItem {{ id tracked {levels} }}"


SNAPSHOT = Document(
    "SnapshotVariants",
    f"""query SnapshotVariants($first: Int!, $after: String, $levels: Int!) {{
  productVariants(first: $first, after: $after, sortKey: ID) {{
    nodes {{ {_of_variants(_LEVELS)} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""",
    lambda v: connection(v["first"], _VARIANT_COST + connection(v["levels"], _LEVEL_COST)),
)
SNAPSHOT_AT = Document(
    "SnapshotVariantsAt",
    f"""query SnapshotVariantsAt($first: Int!, $after: String, $loc: ID!) {{
  productVariants(first: $first, after: $after, sortKey: ID) {{
    nodes {{ {_of_variants(_AT)} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""",
    lambda v: connection(v["first"], _VARIANT_COST + _LEVEL_COST),
)
# Reads fresh, unlike a search, and keeps the order of the ids, null for what is gone (reference: Shopify 1.3, 1.5).
REREAD = Document(
    "Reread",
    f"""query Reread($ids: [ID!]!, $levels: Int!) {{
  nodes(ids: $ids) {{ ... on ProductVariant {{ {_of_variants(_LEVELS)} }} }}
}}""",
    lambda v: _VARIANT_COST + connection(v["levels"], _LEVEL_COST),
)
REREAD_AT = Document(
    "RereadAt",
    f"""query RereadAt($ids: [ID!]!, $loc: ID!) {{
  nodes(ids: $ids) {{ ... on ProductVariant {{ {_of_variants(_AT)} }} }}
}}""",
    lambda v: _VARIANT_COST + _LEVEL_COST,
)
# Whole products, also with variants that are new to whoever asks; and the rest of one with more than a page of them.
_PRODUCT = "id variants(first: $first) {{ nodes {{ {} }} pageInfo {{ hasNextPage endCursor }} }}"
_PRODUCT_ON = "id variants(first: $first, after: $after) {{ nodes {{ {} }} pageInfo {{ hasNextPage endCursor }} }}"
PRODUCTS = Document(
    "Products",
    f"""query Products($ids: [ID!]!, $first: Int!, $levels: Int!) {{
  nodes(ids: $ids) {{ ... on Product {{ {_PRODUCT.format(_of_variants(_LEVELS))} }} }}
}}""",
    lambda v: 1 + SNAPSHOT.cost(v),
)
PRODUCTS_AT = Document(
    "ProductsAt",
    f"""query ProductsAt($ids: [ID!]!, $first: Int!, $loc: ID!) {{
  nodes(ids: $ids) {{ ... on Product {{ {_PRODUCT.format(_of_variants(_AT))} }} }}
}}""",
    lambda v: 1 + SNAPSHOT_AT.cost(v),
)
PRODUCT = Document(
    "Product",
    f"""query Product($id: ID!, $first: Int!, $after: String, $levels: Int!) {{
  product(id: $id) {{ {_PRODUCT_ON.format(_of_variants(_LEVELS))} }}
}}""",
    lambda v: 1 + SNAPSHOT.cost(v),
)
PRODUCT_AT = Document(
    "ProductAt",
    f"""query ProductAt($id: ID!, $first: Int!, $after: String, $loc: ID!) {{
  product(id: $id) {{ {_PRODUCT_ON.format(_of_variants(_AT))} }}
}}""",
    lambda v: 1 + SNAPSHOT_AT.cost(v),
)
VARIANTS_COUNT = Document(
    "VariantsCount",
    # Without a limit: its default stops counting at 10,000.
    "query VariantsCount { productVariantsCount(limit: null) { count precision } }",
    lambda v: 10,
)
LOCATIONS = Document(
    "Locations",
    """query Locations($after: String) {
  locations(first: 250, after: $after, includeLegacy: true, includeInactive: true) {
    nodes { id name isActive fulfillsOnlineOrders isFulfillmentService }
    pageInfo { hasNextPage endCursor }
  }
}""",
    lambda v: connection(250, 1),
)

_LINES = """nodes { id quantity currentQuantity unfulfilledQuantity variant { id product { id } } }
        pageInfo { hasNextPage endCursor }"""
_LINE_COST = 3
ORDERS = Document(
    "Orders",
    f"""query Orders($first: Int!, $after: String, $q: String!) {{
  orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $q) {{
    nodes {{
      id name createdAt updatedAt cancelledAt cancelReason confirmed unpaid displayFinancialStatus
      lineItems(first: 20) {{
        {_LINES}
      }}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""",
    lambda v: connection(v["first"], 1 + connection(20, _LINE_COST)),
)
ORDER_LINES = Document(
    "OrderLines",
    f"""query OrderLines($id: ID!, $after: String) {{
  order(id: $id) {{
      id
      lineItems(first: 250, after: $after) {{
        {_LINES}
      }}
  }}
}}""",
    lambda v: 1 + connection(250, _LINE_COST),
)
REFUNDS = Document(
    "Refunds",
    """query Refunds($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Order {
      id
      refunds(first: 50) {
        id
        createdAt
        refundLineItems(first: 100) {
          nodes { quantity restockType restocked lineItem { id } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
}""",
    lambda v: 2 + connection(100, 2),
)

SHOP = Document("Shop", "query Shop { shop { id name myshopifyDomain ianaTimezone } }", lambda v: 1)
ACCOUNT = Document(
    "Account",
    "query Account { shop { id plan { publicDisplayName } shopAddress { countryCodeV2 } } }",
    lambda v: 3,
)
SCOPES = Document("Scopes", "query Scopes { currentAppInstallation { id accessScopes { handle } } }", lambda v: 2)

SET = Document(
    "SetQty",
    """mutation SetQty($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta item { id } location { id } } }
    userErrors { code field message }
  }
}""",
    lambda v: 13,
)

BULK_RUN = Document(
    "BulkRun",
    """mutation BulkRun($q: String!) {
  bulkOperationRunQuery(query: $q, groupObjects: false) {
    bulkOperation { id status }
    userErrors { code field message }
  }
}""",
    lambda v: 10,
)
BULK_POLL = Document(
    "BulkPoll",
    "query BulkPoll($id: ID!) {"
    " bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount fileSize url } }",
    lambda v: 1,
)
BULK_CANCEL = Document(
    "BulkCancel",
    "mutation BulkCancel($id: ID!) {"
    " bulkOperationCancel(id: $id) { bulkOperation { id status } userErrors { field message } } }",
    lambda v: 10,
)

DOCUMENTS = (
    SNAPSHOT,
    SNAPSHOT_AT,
    REREAD,
    REREAD_AT,
    PRODUCTS,
    PRODUCTS_AT,
    PRODUCT,
    PRODUCT_AT,
    VARIANTS_COUNT,
    LOCATIONS,
    ORDERS,
    ORDER_LINES,
    REFUNDS,
    SHOP,
    ACCOUNT,
    SCOPES,
    SET,
    BULK_RUN,
    BULK_POLL,
    BULK_CANCEL,
)


def bulk_query(location: str = "", without: Collection[str] = ()) -> str:
    """What a bulk operation reads. It takes no variables and no `nodes`, and every nested node has to name its id
    (reference: Shopify 1.6). `location`: a global id, where one alone counts. `without`: optional fields.
    """
    levels = f"inventoryLevels {{ edges {{ node {{ id {_LEVEL} }} }} }}"
    at = f'inventoryLevel(locationId: "{location}") {{ id {_LEVEL} }}'
    return f"""{{
  inventoryItems {{
    edges {{
      node {{
        id
        tracked
        variants {{ edges {{ node {{ {_without(_VARIANT, without)} }} }} }}
        {at if location else levels}
      }}
    }}
  }}
}}"""
