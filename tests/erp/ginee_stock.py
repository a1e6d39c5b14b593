"""Ginee's stock: lists of buckets, and the three calls that change them (doc.ginee.com, warehouseInventory)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.erp.ginee import Effect, Ginee, Stock
from tests.erp.ginee_errors import empty, wrong

Doc = dict[str, Any]
LIMIT = 999_999
LINES = 20
# The page gives the words (shortage, alert, minus, not inbound) and no rules; these are inferred.
STATUSES: dict[str, Callable[[Stock], bool]] = {
    "STATUS_SHORTAGE": lambda one: one.available == 0,
    "STATUS_ALERT": lambda one: 0 < one.available <= one.safety,
    "STATUS_MINUS": lambda one: one.available < 0,
    "STATUS_NON_INBOUND": lambda one: one.warehouse == 0,
}


def told(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def paged(rows: list[Doc], body: Doc, *, usual: int, most: int, first: int = 0) -> Doc:
    try:
        size, page = int(body.get("size") or usual), int(body.get("page") or first)
    except (TypeError, ValueError):
        raise wrong("Missing parameter or invalid field type") from None
    if not 1 <= size <= most:
        raise wrong(f"size should be between 1 and {most}")
    if page < first:
        raise wrong(f"page should not be less than {first}")
    start = (page - first) * size
    return {"content": rows[start : start + size], "total": len(rows), "page": page, "size": size}


def inventories(house: Ginee, body: Doc) -> Doc:
    """ListWarehouseInventory: one warehouse, pages of at most 50 from 0."""
    warehouse = body.get("warehouseId")
    if not warehouse:
        raise empty("warehouseId")
    if warehouse not in house.warehouses:
        raise wrong(f"Warehouse does not exist: {warehouse}")
    found = [one for one in house.stocks.values() if one.warehouse_id == warehouse]
    if body.get("masterSkuList"):
        found = [one for one in found if one.sku in body["masterSkuList"]]
    if body.get("idList"):
        found = [one for one in found if house.inventory_id(one) in body["idList"]]
    if body.get("masterVariationIdList"):
        found = [one for one in found if house.skus[one.sku]["id"] in body["masterVariationIdList"]]
    if body.get("name"):
        found = [one for one in found if str(body["name"]).lower() in house.skus[one.sku]["name"].lower()]
    if body.get("stockStatus"):
        if body["stockStatus"] not in STATUSES:
            raise wrong(f"stockStatus: {body['stockStatus']}")
        found = [one for one in found if STATUSES[body["stockStatus"]](one)]
    return paged([_row(house, one) for one in found], body, usual=50, most=50)


def inventory(house: Ginee, wanted: str) -> Doc | None:
    """GetWarehouseInventory, by the id of a warehouse inventory."""
    if not wanted:
        raise empty("id")
    found = [one for one in house.stocks.values() if house.inventory_id(one) == wanted]
    return _row(house, found[0]) if found else None


def _row(house: Ginee, one: Stock) -> Doc:
    sku, warehouse = house.skus[one.sku], house.warehouses[one.warehouse_id]
    held: Doc = {
        "id": house.inventory_id(one),
        "userId": "U1",
        "masterVariationId": sku["id"],
        "warehouseId": one.warehouse_id,
        **_buckets(one),
        "safetyAlert": one.available <= one.safety,
        "pricingMethod": "MW",
        "averagePurchasePrice": 0,
        "currencyCode": "IDR",
        "type": "NORMAL",
        "pushStatus": one.push_status,
        "failReason": one.fail_reason,
        "enableStatus": one.enabled,
        "createDatetime": told(one.updated),
        "updateDatetime": told(one.updated),
    }
    variation = {name: value for name, value in sku.items() if name != "bound"}
    shelves = [{**shelf, "stock": one.warehouse} for shelf in warehouse["shelves"]]
    return {
        "warehouseInventory": held,
        "pushStatus": one.push_status,
        "channelVariationCount": sku["bound"],
        "masterVariation": {**variation, "image": None, "tagList": []},
        "shelfInventoryList": shelves,
        "warehouse": {name: warehouse[name] for name in ("id", "code", "name", "type", "status")},
    }


def _buckets(one: Stock) -> Doc:
    return {
        "transportStock": one.transport,
        "warehouseStock": one.warehouse,
        "spareStock": one.spare,
        "promotionStock": one.promotion,
        "lockedStock": one.locked,
        "availableStock": one.available,
        "safetyStock": one.safety,
    }


def brief(house: Ginee, body: Doc) -> Doc:
    """InventoryBriefList: SKUs with their warehouses; numbers are strings; at most 20 SKUs are asked for."""
    wanted = body.get("masterSkus") or []
    if len(wanted) > LINES:
        raise wrong(f"masterSkus should not be more than {LINES}")
    rows = [_brief(house, sku) for sku in house.skus if not wanted or sku in wanted]
    return paged(rows, body, usual=20, most=100)


def _brief(house: Ginee, sku: str) -> Doc:
    named, places = house.skus[sku], []
    for one in (one for key, one in house.stocks.items() if key[1] == sku):
        warehouse = house.warehouses[one.warehouse_id]
        places.append(
            {
                "warehouseId": one.warehouse_id,
                "warehouseName": warehouse["name"],
                "warehouseCode": warehouse["code"],
                "warehouseStock": str(one.warehouse),
                "availableStock": str(one.available),
                "shelfInventoryIdList": [shelf["id"] for shelf in warehouse["shelves"]],
                "warehouseType": warehouse["type"],
                "warehouseProvider": warehouse["provider"],
            }
        )
    return {
        "masterVariationId": named["id"],
        "sku": sku,
        "productName": named["name"],
        "variationName": named["variationName"],
        "variationImage": None,
        "warehouseDistributionList": places,
    }


def wms(house: Ginee, body: Doc) -> Doc:
    """GetInventory of Ginee WMS: by the warehouse's code, pages from 1, 1,000 rows each."""
    code = body.get("warehouseCode")
    if not code:
        raise empty("warehouseCode")
    wanted = body.get("itemSkuList") or []
    rows = [
        {
            "itemSku": one.sku,
            "itemName": house.skus[one.sku]["name"],
            "totalStock": one.warehouse,
            "availableStock": one.available,
            "occupyStock": one.locked,
            "defectiveStock": 0,
        }
        for one in house.stocks.values()
        if house.warehouses[one.warehouse_id]["code"] == code and (not wanted or one.sku in wanted)
    ]
    return paged(rows, body, usual=1000, most=1000, first=1)


def adjust(house: Ginee, body: Doc) -> Doc:
    """AdjustInventory: what lies in the warehouse is set; 1 to 20 lines; 0 <= quantity < 999,999.

    The page names no list of failed lines. Inferred: a SKU that the warehouse lacks has the call refused; a line that
    cannot be carried out (`stuck`) is left out of the answer.
    """
    warehouse = body.get("warehouseId")
    if not warehouse:
        raise empty("warehouseId")
    lines = _lines(body)
    for line in lines:
        units = line.get("quantity")
        if isinstance(units, bool) or not isinstance(units, int) or not 0 <= units < LIMIT:
            raise wrong(f"quantity should be greater than or equal to 0 and less than {LIMIT}")
        if (warehouse, line["masterSku"]) not in house.stocks:
            raise wrong(f"Master sku does not exist in the warehouse: {line['masterSku']}")
    done = []
    for line in (one for one in lines if one["masterSku"] not in house.stuck):
        held = house.stocks[warehouse, line["masterSku"]]
        _put(house, held, "warehouse", line["quantity"], "AdjustInventory", line)
        done.append({**_after(house, held), "quantity": None})
    return {"warehouseId": warehouse, "stockList": done}


def move(house: Ginee, body: Doc, bucket: str) -> Doc:
    """UpdateSpareStock and UpdateAvailableStock: INCREASE, DECREASE or OVER_WRITE, each line by itself.

    Available stock is no bucket of its own: what lies in the warehouse moves until it is as asked (inferred).
    """
    failed, done = [], []
    for line in _lines(body):
        fault = _unfit(house, line) or house.stuck.get(line["masterSku"])
        held = None if fault else _held(house, line)
        if held is not None:
            fault = _moved(house, held, bucket, line)
        if fault:
            failed.append({"masterSku": line["masterSku"], "errorMessage": fault})
        elif held is not None:
            done.append(_after(house, held))
    return {"failedList": failed, "successList": done}


def _unfit(house: Ginee, line: Doc) -> str | None:
    units = line.get("quantity")
    if line.get("action") not in ("INCREASE", "DECREASE", "OVER_WRITE"):
        return "action is invalid"
    if isinstance(units, bool) or not isinstance(units, int) or not 0 <= units < LIMIT:
        return "quantity is invalid"
    held = _held(house, line)
    if held is None:
        return "The warehouse inventory does not exist"
    shelves = house.warehouses[held.warehouse_id]["shelves"]
    if len(shelves) > 1 and line.get("shelfInventoryId") not in [one["id"] for one in shelves]:
        return "shelfInventoryId is required"
    return None


def _held(house: Ginee, line: Doc) -> Stock | None:
    places = [one for key, one in house.stocks.items() if key[1] == line["masterSku"]]
    wanted = line.get("warehouseId")
    found = [one for one in places if one.warehouse_id == wanted] if wanted else places
    return found[0] if len(found) == 1 else None


def _moved(house: Ginee, held: Stock, bucket: str, line: Doc) -> str | None:
    before = held.spare if bucket == "spare" else held.available
    units = line["quantity"]
    after = {"INCREASE": before + units, "DECREASE": before - units, "OVER_WRITE": units}[line["action"]]
    whole = after if bucket == "spare" else held.warehouse + after - before
    if not 0 <= whole < LIMIT:
        return "Stock is not enough"
    call = "UpdateSpareStock" if bucket == "spare" else "UpdateAvailableStock"
    _put(house, held, bucket, whole, call, line)
    return None


def _put(house: Ginee, held: Stock, bucket: str, units: int, call: str, line: Doc) -> None:
    before = getattr(held, bucket)
    setattr(held, bucket, units)
    held.updated = house.now
    remark = str(line.get("remark") or "")
    house.effects.append(Effect(call, held.warehouse_id, held.sku, bucket, before, units, remark))


def _lines(body: Doc) -> list[Doc]:
    lines = body.get("stockList")
    if not isinstance(lines, list) or not 1 <= len(lines) <= LINES:
        raise wrong(f"stockList length should be between 1 to {LINES}")
    if not all(isinstance(line, dict) and line.get("masterSku") for line in lines):
        raise empty("masterSku")
    return lines


def _after(house: Ginee, held: Stock) -> Doc:
    named = house.skus[held.sku]
    return {
        "masterSku": held.sku,
        "masterProductName": named["name"],
        "masterVariationId": named["id"],
        "warehouseId": held.warehouse_id,
        **_buckets(held),
        "outStock": held.out,
        "updateDatetime": told(held.updated),
    }
