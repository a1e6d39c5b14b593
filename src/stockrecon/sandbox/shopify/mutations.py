"""What can be changed: quantities, levels, bulk queries (reference: Shopify 1.6 and 1.7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.shopify.adjusting import (
    STALE_COMPARE,
    Ask,
    Change,
    Group,
    Outcome,
    Row,
    adjust_quantities,
    set_quantities,
)
from stockrecon.sandbox.shopify.faults import Refused, UserError, invalid_id
from stockrecon.sandbox.shopify.jobs import Job
from stockrecon.sandbox.shopify.schema import ANY_LOCATION_SINCE, KEYS_REQUIRED_SINCE
from stockrecon.sandbox.shopify.things import Item, level_at
from stockrecon.sandbox.shopify.world import KEY, Args, Resolver, World, when
from stockrecon.sandbox.wire import Body

SCOPES = {
    "inventorySetQuantities": "write_inventory",
    "inventoryAdjustQuantities": "write_inventory",
    "inventoryActivate": "write_inventory",
}
"""The scope that a mutation needs; a bulk query needs those of what it reads."""
_Does = Callable[[], Outcome]


def _strict(world: World) -> bool:
    """Versions since 2026-04 want to be told what a number is changed from, and a key."""
    return world.version >= KEYS_REQUIRED_SINCE


def _set(root: Any, world: World, args: Args) -> Body:
    given = args["input"]
    if _strict(world):
        _need_expectations(given["quantities"], "InventoryQuantityInput")
    old_way = not _strict(world) and not any("changeFromQuantity" in row for row in given["quantities"])
    free = bool(given.get("ignoreCompareQuantity"))
    if old_way and not free and any(row.get("compareQuantity") is None for row in given["quantities"]):
        text = "The compareQuantity argument must be given to each quantity or ignored using ignoreCompareQuantity."
        return _payload(world, [UserError("COMPARE_QUANTITY_REQUIRED", text, ("input", "ignoreCompareQuantity"))])
    name = "compareQuantity" if old_way else "changeFromQuantity"
    rows = [
        Row(row["inventoryItemId"], row["locationId"], row["quantity"], None if old_way and free else row.get(name))
        for row in given["quantities"]
    ]
    ask = _ask("quantities", world, given, rows)
    if old_way:
        ask = replace(ask, stale=("COMPARE_QUANTITY_STALE", STALE_COMPARE))
    return _once(world, args, "set", lambda: set_quantities(world.desk.shop, ask, world.now, world.call))


def _adjust(root: Any, world: World, args: Args) -> Body:
    given = args["input"]
    if _strict(world):
        _need_expectations(given["changes"], "InventoryChangeInput")
    rows = [
        Row(
            row["inventoryItemId"],
            row["locationId"],
            row["delta"],
            row.get("changeFromQuantity"),
            row.get("ledgerDocumentUri"),
        )
        for row in given["changes"]
    ]
    ask = _ask("changes", world, given, rows)
    return _once(world, args, "adjust", lambda: adjust_quantities(world.desk.shop, ask, world.now, world.call))


def _ask(kind: str, world: World, given: Mapping[str, Any], rows: Sequence[Row]) -> Ask:
    """The words that both mutations have in common, and their rows."""
    stocked_only = world.version < ANY_LOCATION_SINCE
    reference = given.get("referenceDocumentUri")
    return Ask(kind, given["name"], given["reason"], reference, rows, stocked_only=stocked_only)


def _need_expectations(rows: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Null says that the number does not matter; leaving it out is a fault."""
    if any("changeFromQuantity" not in row for row in rows):
        text = f"{kind} must include the following argument: changeFromQuantity."
        raise Refused(text, "INVALID_FIELD_ARGUMENTS")


def _key(world: World, args: Args) -> str | None:
    key = args.get(KEY)
    if key is None and _strict(world):
        raise Refused("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST")
    if key is not None and not key.strip():
        raise Refused("The idempotency key cannot be an empty string or whitespace only.", "BAD_REQUEST")
    return key


def _once(world: World, args: Args, what: str, do: _Does) -> Body:
    """Carry it out, unless its key has been used; whoever repeats it gets the first answer again."""

    def done() -> tuple[Body, bool]:
        outcome = do()
        if outcome.errors:
            return _payload(world, outcome.errors), False
        if not outcome.changes:
            return _payload(world, []), True
        given = args["input"]
        group = Group(
            world.desk.next_number(), world.now, given["reason"], given.get("referenceDocumentUri"), outcome.changes
        )
        return {"inventoryAdjustmentGroup": group, "userErrors": []}, True

    key = _key(world, args)
    if key is None:
        return done()[0]
    asked = f"{what} {json.dumps(args['input'], sort_keys=True, default=str)}"
    answered = world.desk.keys.once(key, asked, world.now, done)
    return _payload(world, [answered]) if isinstance(answered, UserError) else answered


def _payload(world: World, errors: Sequence[UserError]) -> Body:
    return {"inventoryAdjustmentGroup": None, "userErrors": [error.shown() for error in errors]}


def _activate(root: Any, world: World, args: Args) -> Body:
    """Stock an item at a location; where it is stocked already, nothing changes."""
    shop = world.desk.shop
    item = gids.number_of(args["inventoryItemId"], "InventoryItem")
    place = gids.number_of(args["locationId"], "Location")
    if item is None or place is None:
        raise invalid_id(args["inventoryItemId"] if item is None else args["locationId"])
    _key(world, args)
    listing, location = shop.of_item(item), shop.locations.get(place)
    errors: list[Body] = []
    if listing is None:
        text = "The product couldn't be stocked because the product wasn't found."
        errors.append({"field": ["inventoryItemId"], "message": text})
    if location is None:
        text = "The product couldn't be stocked because the location wasn't found."
        errors.append({"field": ["locationId"], "message": text})
    if listing is None or location is None:
        return {"inventoryLevel": None, "userErrors": errors}
    if args.get("available") is not None and args.get("onHand") is not None:
        text = f"The product couldn't be stocked at {location.name} because both available and onHand were given."
        return {"inventoryLevel": None, "userErrors": [{"field": ["available"], "message": text}]}
    if not location.active:
        text = f"The product couldn't be stocked at {location.name} because the location is deactivated."
        return {"inventoryLevel": None, "userErrors": [{"field": ["locationId"], "message": text}]}
    if location.number not in listing.levels:
        units = args.get("available") if args.get("available") is not None else args.get("onHand")
        with shop.changing(listing.key, world.now, world.call, always=True):
            shop.stock_at(listing.key, location.number, int(units or 0), world.now)
    return {"inventoryLevel": level_at(shop, listing, location.number, inactive=False), "userErrors": []}


# Bulk


def _run_bulk(root: Any, world: World, args: Args) -> Body:
    begun = world.desk.begin_bulk(world, args["query"], grouped=args["groupObjects"])
    if isinstance(begun, Job):
        return {"bulkOperation": begun, "userErrors": []}
    return {"bulkOperation": None, "userErrors": [error.shown() for error in begun]}


def _cancel_bulk(root: Any, world: World, args: Args) -> Body:
    number = gids.number_of(args["id"], "BulkOperation")
    if number is None:
        raise invalid_id(args["id"])
    shop = world.desk.shop
    job = shop.jobs.get(number)
    if job is None:
        return {"bulkOperation": None, "userErrors": [{"field": ["id"], "message": "Bulk operation does not exist"}]}
    if not shop.cancel_job(job, world.now):
        text = f"A bulk operation cannot be canceled when it is {job.status.lower()}"
        return {"bulkOperation": job, "userErrors": [{"field": None, "message": text}]}
    return {"bulkOperation": job, "userErrors": []}


# Fields by type


def _changes(group: Group, world: World, args: Args) -> list[Change]:
    items, places, names = args.get("inventoryItemIds"), args.get("locationIds"), args.get("quantityNames")
    return [
        change
        for change in group.changes
        if (items is None or gids.gid("InventoryItem", change.listing.item_number) in items)
        and (places is None or gids.gid("Location", change.location.number) in places)
        and (names is None or change.name in names)
    ]


MUTATION: Mapping[str, Resolver] = {
    "inventorySetQuantities": _set,
    "inventoryAdjustQuantities": _adjust,
    "inventoryActivate": _activate,
    "bulkOperationRunQuery": _run_bulk,
    "bulkOperationCancel": _cancel_bulk,
}
GROUP: Mapping[str, Resolver] = {
    "id": lambda group, world, args: gids.gid("InventoryAdjustmentGroup", group.number),
    "createdAt": lambda group, world, args: when(group.created_at),
    "reason": lambda group, world, args: group.reason,
    "referenceDocumentUri": lambda group, world, args: group.reference,
    "changes": _changes,
}
CHANGE: Mapping[str, Resolver] = {
    "name": lambda change, world, args: change.name,
    "delta": lambda change, world, args: change.delta,
    "quantityAfterChange": lambda change, world, args: None,
    "ledgerDocumentUri": lambda change, world, args: change.ledger,
    "item": lambda change, world, args: Item(change.listing),
    "location": lambda change, world, args: change.location,
}
JOB: Mapping[str, Resolver] = {
    "id": lambda job, world, args: job.gid,
    "status": lambda job, world, args: job.status,
    "type": lambda job, world, args: "QUERY",
    "query": lambda job, world, args: job.query,
    "errorCode": lambda job, world, args: job.error if job.over else None,
    "createdAt": lambda job, world, args: when(job.created_at),
    "completedAt": lambda job, world, args: when(job.completed_at),
    "objectCount": lambda job, world, args: str(len(job.rows) if job.over else 0),
    "rootObjectCount": lambda job, world, args: str(sum(not row.parent for row in job.rows) if job.over else 0),
    "fileSize": lambda job, world, args: str(len(job.file)) if job.file else None,
    "url": lambda job, world, args: world.desk.link(world, job) if job.status == "COMPLETED" else None,
    "partialDataUrl": lambda job, world, args: world.desk.link(world, job) if job.status == "FAILED" else None,
}
