"""Joins the schema's fields with what they are: resolvers by type, pages under connections, rights at the root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_directive_values,
    get_named_type,
)

from stockrecon.sandbox.records import MarketOrder
from stockrecon.sandbox.shopify import fulfillment, mutations, roots, sales, schema, stock
from stockrecon.sandbox.shopify.adjusting import Change, Group
from stockrecon.sandbox.shopify.catalogue import Location
from stockrecon.sandbox.shopify.faults import access_denied
from stockrecon.sandbox.shopify.jobs import Job
from stockrecon.sandbox.shopify.things import Item, LevelAt, Product, Quantity, Variant
from stockrecon.sandbox.shopify.world import KEY, PATH, Resolver, World

FIELDS: Mapping[str, Mapping[str, Resolver]] = {
    "QueryRoot": roots.QUERY,
    "Mutation": mutations.MUTATION,
    "ProductVariant": stock.VARIANT,
    "InventoryItem": stock.ITEM,
    "InventoryLevel": stock.LEVEL,
    "InventoryQuantity": stock.QUANTITY,
    "Location": stock.LOCATION,
    "Product": stock.PRODUCT,
    "Order": {**sales.ORDER, **fulfillment.ORDER},
    "FulfillmentOrder": fulfillment.FULFILLMENT_ORDER,
    "FulfillmentOrderLineItem": fulfillment.FULFILLMENT_LINE,
    "LineItem": sales.LINE,
    "Refund": sales.REFUND,
    "RefundLineItem": sales.REFUND_LINE,
    "InventoryAdjustmentGroup": mutations.GROUP,
    "InventoryChange": mutations.CHANGE,
    "BulkOperation": mutations.JOB,
}
"""What stands in no table here is a map of values already (errors, the shop, edges)."""
_KINDS: Mapping[type, str] = {
    Variant: "ProductVariant",
    Item: "InventoryItem",
    LevelAt: "InventoryLevel",
    Quantity: "InventoryQuantity",
    Location: "Location",
    Product: "Product",
    MarketOrder: "Order",
    sales.OrderLine: "LineItem",
    fulfillment.FulfillmentOrder: "FulfillmentOrder",
    fulfillment.FulfillmentLine: "FulfillmentOrderLineItem",
    sales.Refund: "Refund",
    Group: "InventoryAdjustmentGroup",
    Change: "InventoryChange",
    Job: "BulkOperation",
}


def wired(version: str) -> GraphQLSchema:
    """The schema of a version with everything that answers it."""
    made = schema.build(version)
    for name, kind in made.type_map.items():
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = lambda value, info, abstract: _KINDS[type(value)]
        elif isinstance(kind, GraphQLObjectType) and name.endswith("Connection"):
            kind.fields["nodes"].resolve = lambda page, info: page.nodes
            kind.fields["edges"].resolve = lambda page, info: page.edges
            kind.fields["pageInfo"].resolve = lambda page, info: page.info
        elif isinstance(kind, GraphQLObjectType) and name in FIELDS:
            _wire(kind, FIELDS[name], root=name in ("QueryRoot", "Mutation"))
    return made


def _wire(kind: GraphQLObjectType, resolvers: Mapping[str, Resolver], *, root: bool) -> None:
    for name, field in kind.fields.items():
        owner = get_named_type(field.type).name
        paged = owner.endswith("Connection")
        scope = _scope(name, owner.removesuffix("Connection")) if root else ""
        field.resolve = _resolver(resolvers[name], name, scope, writes=kind.name == "Mutation", paged=paged)


def _scope(name: str, kind: str) -> str:
    return mutations.SCOPES.get(name) or roots.SCOPES.get(kind, "")


def _resolver(resolve: Resolver, name: str, scope: str, *, writes: bool, paged: bool) -> Any:
    def plain(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> object:
        return resolve(source, info.context, args)

    if not (scope or writes or paged):
        return plain

    def guarded(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> object:
        world: World = info.context
        if scope and scope not in world.scopes:
            raise access_denied(name, scope)
        if paged:
            args[PATH] = info.path
        if writes:
            args[KEY] = _key(info)
        return resolve(source, world, args)

    return guarded


def _key(info: GraphQLResolveInfo[Any]) -> str | None:
    """The key that the field's own `@idempotent` gives."""
    directive = info.schema.get_directive("idempotent")
    given = get_directive_values(directive, info.field_nodes[0], info.variable_values) if directive else None
    key = (given or {}).get("key")
    return key if isinstance(key, str) else None
