"""What a Shopify tells of its products and of what was updated in it: the roots that a little pull asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.channels_shopify.nodes import Node, page

LONG_AGO = "2026-01-01T00:00:00Z"


class Searched:
    """Resolvers of products, inventory items and levels. `fake.updated`: when a product, an item, or an item's level
    (its id, @, the location's) was updated last, by global id."""

    fake: Any

    def _variant(self, node: Node) -> Node:
        raise NotImplementedError

    def found(self, name: str) -> Node | None:
        """A product or an inventory item by its global id; None for what there is none of."""
        for each in self.fake.variants:
            if each["product"]["id"] == name:
                return self._product(name)
            if each["inventoryItem"]["id"] == name:
                return self._item(each)
        return None

    def product(self, info: object, id: str) -> Node | None:
        return self.found(id)

    def products(self, info: object, first: int, query: str, after: str | None = None, **more: object) -> Node:
        names = dict.fromkeys(each["product"]["id"] for each in self.fake.variants)
        chosen = [self._product(name) for name in names if self._since(name, query)]
        return page(chosen, first, after)

    def inventoryItems(self, info: object, first: int, query: str, after: str | None = None, **more: object) -> Node:
        chosen = [self._item(each) for each in self.fake.variants if self._since(each["inventoryItem"]["id"], query)]
        return page(chosen, first, after)

    def location(self, info: object, id: str) -> Node | None:
        if not any(place["id"] == id for place in self.fake.places):
            return None

        def levels(info: object, first: int, query: str, after: str | None = None, **more: object) -> Node:
            chosen = [
                {"id": f"gid://shopify/InventoryLevel/5?inventory_item_id={number}", "item": self._item(each)}
                for number, each in enumerate(self.fake.variants)
                if id in each["inventoryItem"]["stock"] and self._since(f"{each['inventoryItem']['id']}@{id}", query)
            ]
            return page(chosen, first, after)

        return {"id": id, "inventoryLevels": levels}

    def _product(self, name: str) -> Node:
        own = [self._variant(each) for each in self.fake.variants if each["product"]["id"] == name]
        variants = lambda info, first, after=None, **more: page(own, first, after)  # noqa: E731
        return {**own[0]["product"], "__typename": "Product", "variants": variants}

    def _item(self, node: Node) -> Node:
        variants = lambda info, first, **more: page([self._variant(node)], first, None)  # noqa: E731
        return {**node["inventoryItem"], "__typename": "InventoryItem", "variants": variants}

    def _since(self, name: str, query: str) -> bool:
        since = datetime.fromisoformat(query.removeprefix("updated_at:>='").removesuffix("'"))
        return datetime.fromisoformat(self.fake.updated.get(name, LONG_AGO)) >= since
