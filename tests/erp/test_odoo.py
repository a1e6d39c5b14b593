"""The imitated Odoo answers as the reference says, over both of its interfaces, and tells what took effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.erp.odoo import DATABASE, KEY, LOGIN, Fault, Odoo, Served, serve
from tests.erp.odoo_errors import LockError

Call = Callable[..., Any]
COUNTING = {"inventory_mode": True}


@pytest.fixture
def house() -> Iterator[Served]:
    """A house of version 19 with one product, of which 10 are there."""
    odoo = Odoo()
    odoo.product("A", 10)
    with serve(odoo) as served:
        yield served


def post(house: Served, path: str, body: Any, **headers: str) -> httpx.Response:
    usual = {"authorization": f"bearer {KEY}", "x-odoo-database": DATABASE, **headers}
    with httpx.Client(trust_env=False, verify=False) as client:
        return client.post(house.base_url + path, json=body, headers={k: v for k, v in usual.items() if v})


def json2(house: Served, model: str, method: str, **body: Any) -> Any:
    answer = post(house, f"/json/2/{model}/{method}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(house: Served, model: str, method: str, **body: Any) -> tuple[int, str, str]:
    answer = post(house, f"/json/2/{model}/{method}", body)
    told = answer.json()
    assert set(told) == {"name", "message", "arguments", "context", "debug"}
    return answer.status_code, told["name"], told["message"]


def rpc(house: Served, service: str, method: str, *args: Any) -> Any:
    params = {"service": service, "method": method, "args": args}
    answer = post(house, "/jsonrpc", {"jsonrpc": "2.0", "method": "call", "params": params, "id": 7}, authorization="")
    assert answer.status_code == 200
    document = answer.json()
    assert (document["jsonrpc"], document["id"]) == ("2.0", 7)
    return document


def kw(house: Served, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
    return rpc(house, "object", "execute_kw", DATABASE, house.odoo.user, KEY, model, method, list(args), kwargs)


def quant(house: Served, product: int | None = None) -> dict[str, Any]:
    domain = [["location_id.usage", "=", "internal"], ["product_id.default_code", "=", "A"]]
    (found,) = json2(house, "stock.quant", "search_read", domain=domain)
    return found  # type: ignore[no-any-return]


def test_both_interfaces_read_the_same(house: Served) -> None:
    """search_read by name and by place: many2one as [id, name], unset as false, the same rows."""
    by_name = json2(house, "product.product", "search_read", domain=[["default_code", "=", "A"]])
    assert kw(house, "product.product", "search_read", [["default_code", "=", "A"]])["result"] == by_name
    (row,) = by_name
    assert row["uom_id"][1] == "Units"
    assert row["barcode"] is False
    assert (row["qty_available"], row["display_name"]) == (10.0, "[A] Product A")
    assert json2(house, "product.product", "read", ids=[row["id"]], fields=["name"]) == [
        {"id": row["id"], "name": "Product A"}
    ]


def test_domains_orders_and_pages(house: Served) -> None:
    """Prefix operators, paths, child_of, like, archived records, order, limit and offset, count."""
    odoo = house.odoo
    for number in range(5):
        odoo.product(f"B{number}", number, active=number != 4)

    def skus(domain: list[Any], **more: Any) -> list[str]:
        rows = json2(house, "product.product", "search_read", domain=domain, fields=["default_code"], **more)
        return [row["default_code"] for row in rows]

    assert skus([["default_code", "like", "B"]]) == ["B0", "B1", "B2", "B3"]
    assert skus([["default_code", "=like", "B%"]], context={"active_test": False}) == ["B0", "B1", "B2", "B3", "B4"]
    assert skus(["|", ["default_code", "=", "A"], "!", ["default_code", "ilike", "b"]]) == ["A"]
    assert skus(["&", ["default_code", "in", ["A", "B1"]], ["default_code", "!=", "A"]]) == ["B1"]
    assert skus([["default_code", "not in", ["A"]]], order="default_code desc", limit=2, offset=1) == ["B2", "B1"]
    assert skus([["id", "<", 0]]) == []
    assert json2(house, "product.product", "search_count", domain=[]) == 5
    view = odoo.table("stock.warehouse")[odoo.warehouse]["view_location_id"]
    inside = json2(house, "stock.quant", "search_read", domain=[["location_id", "child_of", view]], fields=["quantity"])
    assert sorted(row["quantity"] for row in inside) == [1.0, 2.0, 3.0, 4.0, 10.0]
    assert kw(house, "stock.quant", "search_count", [["quantity", ">=", 3]])["result"] == 3


def test_what_cannot_be_asked_for_is_an_error(house: Served) -> None:
    """Unknown models, methods, fields and parameters, private methods, bad domains: each in Odoo's shape."""
    assert refused(house, "stock.foo", "read")[:2] == (404, "werkzeug.exceptions.NotFound")
    assert refused(house, "stock.quant", "frobnicate")[:2] == (404, "werkzeug.exceptions.NotFound")
    assert refused(house, "stock.quant", "_apply_inventory", ids=[1])[:2] == (403, "odoo.exceptions.AccessError")
    assert refused(house, "stock.quant", "search_read", domian=[])[0] == 422
    assert refused(house, "stock.quant", "search", ids=[1])[0] == 422
    status, name, message = refused(house, "stock.quant", "search_read", domain=[["sku", "=", "A"]])
    assert (status, name) == (500, "builtins.ValueError")
    assert "Invalid field 'sku'" in message
    assert refused(house, "stock.quant", "search", domain=["&", ["id", "=", 1]])[0] == 500
    assert refused(house, "stock.quant", "read", ids=[99999])[:2] == (404, "odoo.exceptions.MissingError")
    assert post(house, "/json/2/stock.quant/read", [1]).status_code == 422
    assert kw(house, "stock.foo", "read", [1])["error"]["data"]["message"] == "Object stock.foo doesn't exist"
    assert kw(house, "stock.quant", "nothing")["error"]["data"]["name"] == "builtins.AttributeError"


def test_keys_users_and_databases(house: Served) -> None:
    """A key that is wrong, gone or missing; another database; logging in over JSON-RPC."""
    for header, message in (("bearer wrong", "Invalid apikey"), ("", "User not authenticated")):
        answer = post(house, "/json/2/res.users/context_get", {}, authorization=header)
        assert (answer.status_code, answer.json()["name"]) == (401, "werkzeug.exceptions.Unauthorized")
        assert answer.json()["message"].startswith(message)
    assert post(house, "/json/2/res.users/context_get", {}, **{"x-odoo-database": "other"}).status_code == 404
    assert rpc(house, "common", "version")["result"]["server_version_info"][0] == 19
    assert rpc(house, "common", "authenticate", DATABASE, LOGIN, KEY, {})["result"] == house.odoo.user
    assert rpc(house, "common", "login", DATABASE, LOGIN, "wrong")["result"] is False
    other = rpc(house, "common", "login", "other", LOGIN, KEY)["error"]
    assert (other["code"], other["message"]) == (200, "Odoo Server Error")
    assert "does not exist" in other["data"]["message"]
    denied = rpc(house, "object", "execute_kw", DATABASE, house.odoo.user, "wrong", "res.users", "read", [[2]], {})
    assert denied["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"
    house.odoo.keys.clear()
    assert kw(house, "res.users", "context_get")["error"]["data"]["message"] == "Access Denied"


def test_an_old_version_has_no_json2_and_other_fields() -> None:
    """16: JSON-RPC alone, quantity_done; a new one without JSON-RPC."""
    with serve(Odoo(version=16)) as house:
        assert post(house, "/json/2/stock.move/fields_get", {}).status_code == 404
        fields = kw(house, "stock.move", "fields_get", attributes=["type"])["result"]
        assert {"quantity_done", "name"} <= set(fields)
        assert "quantity" not in fields
        assert fields["product_id"] == {"type": "many2one"}
        house.jsonrpc = False
        params: dict[str, Any] = {"service": "common", "method": "version", "args": []}
        assert post(house, "/jsonrpc", {"params": params}).status_code == 404


def test_rights_and_rules_count_for_calls_only(house: Served) -> None:
    """What is denied is an access error, what a rule hides is not found, and the house itself may do all."""
    odoo = house.odoo
    odoo.denied.add(("stock.quant", "read"))
    status, name, message = refused(house, "stock.quant", "search_read", domain=[])
    assert (status, name) == (403, "odoo.exceptions.AccessError")
    assert "not allowed to access" in message
    assert json2(house, "stock.quant", "has_access", operation="read") is False
    odoo.denied.clear()
    found = quant(house)
    odoo.hidden.add(("stock.quant", found["id"]))
    assert json2(house, "stock.quant", "search", domain=[["location_id.usage", "=", "internal"]]) == []
    assert refused(house, "stock.quant", "read", ids=[found["id"]])[0] == 403
    assert odoo.search("stock.quant") == [found["id"]]


def test_a_count_is_applied_as_a_move(house: Served) -> None:
    """inventory_quantity and action_apply_inventory: the quant, a done move with its words, and nothing returned."""
    found = quant(house)
    assert json2(house, "stock.quant", "write", ids=[found["id"]], vals={"inventory_quantity": 9}, context=COUNTING)
    counted = quant(house)
    assert (counted["inventory_diff_quantity"], counted["quantity"], counted["is_outdated"]) == (-1.0, 10.0, False)
    context = {**COUNTING, "inventory_name": "sr-1"}
    assert json2(house, "stock.quant", "action_apply_inventory", ids=[found["id"]], context=context) is None
    after = quant(house)
    assert (after["quantity"], after["inventory_quantity_set"], after["inventory_diff_quantity"]) == (9.0, False, 0.0)
    (move,) = json2(house, "stock.move", "search_read", domain=[["reference", "=", "sr-1"]])
    assert (move["state"], move["is_inventory"], move["quantity"]) == ("done", True, 1.0)
    assert move["location_dest_id"][1] == "Virtual Locations/Inventory adjustment"
    (line,) = json2(house, "stock.move.line", "search_read", domain=[["move_id", "=", move["id"]]])
    assert (line["state"], line["quantity"], line["is_inventory"]) == ("done", 1.0, True)
    changed = [one for one in house.odoo.effects if one.what == "quantity"]
    assert [(one.call, one.before, one.after) for one in changed] == [("stock.quant.action_apply_inventory", 10.0, 9.0)]


def test_a_count_is_applied_with_a_reason_by_the_wizard(house: Served) -> None:
    """The wizard's quants that were counted are applied with its reason; who is no manager may not."""
    odoo, found = house.odoo, quant(house)
    json2(house, "stock.quant", "write", ids=[found["id"]], vals={"inventory_quantity": 8}, context=COUNTING)
    values = {"quant_ids": [[6, 0, [found["id"]]]], "inventory_adjustment_name": "sr-4"}
    (wizard,) = json2(house, "stock.inventory.adjustment.name", "create", vals_list=[values])
    odoo.groups = frozenset({"user"})
    told = refused(house, "stock.inventory.adjustment.name", "action_apply", ids=[wizard])
    assert told == (422, "odoo.exceptions.UserError", "Only a stock manager can validate an inventory adjustment.")
    odoo.groups = frozenset({"user", "manager"})
    assert json2(house, "stock.inventory.adjustment.name", "action_apply", ids=[wizard]) is None
    assert quant(house)["quantity"] == 8.0
    assert json2(house, "stock.move", "search_count", domain=[["reference", "=", "sr-4"]]) == 1


def test_no_result_is_no_key_in_json_rpc(house: Served) -> None:
    """A method that returns nothing leaves `result` out."""
    found = quant(house)
    kw(house, "stock.quant", "write", [found["id"]], {"inventory_quantity": 12}, context=COUNTING)
    answer = kw(house, "stock.quant", "action_apply_inventory", [found["id"]], context=COUNTING)
    assert set(answer) == {"jsonrpc", "id"}
    assert quant(house)["quantity"] == 12.0


def test_a_count_that_grew_old_is_not_applied(house: Served) -> None:
    """A sale after the count: the call answers with the conflict's action, and nothing moves."""
    odoo = house.odoo
    found = quant(house)
    json2(house, "stock.quant", "write", ids=[found["id"]], vals={"inventory_quantity": 9}, context=COUNTING)
    odoo.deliver(odoo.order("X1", {found["product_id"][0]: 2}))
    assert quant(house)["is_outdated"] is True
    action = json2(house, "stock.quant", "action_apply_inventory", ids=[found["id"]], context=COUNTING)
    assert action["res_model"] == "stock.inventory.conflict"
    assert action["context"]["default_quant_to_fix_ids"] == [found["id"]]
    assert quant(house)["quantity"] == 8.0


def test_quants_are_restricted(house: Served) -> None:
    """No quantity is written, nothing outside counting, no other product; a consumable cannot be counted."""
    odoo, found = house.odoo, quant(house)
    for vals, context in (
        ({"quantity": 5}, COUNTING),
        ({"product_id": found["product_id"][0]}, COUNTING),
        ({"inventory_quantity": 5}, {}),
    ):
        told = refused(house, "stock.quant", "write", ids=[found["id"]], vals=vals, context=context)
        assert told[0] == 422
        assert "editing is restricted" in told[2]
    service = odoo.product("S", is_storable=False)
    for vals, context, status in (
        ({"product_id": service, "location_id": odoo.stock, "inventory_quantity": 1}, COUNTING, 422),
        ({"product_id": found["product_id"][0], "location_id": odoo.stock, "quantity": 1}, COUNTING, 403),
        ({"product_id": service, "location_id": odoo.stock, "inventory_quantity": 1}, {}, 403),
    ):
        assert refused(house, "stock.quant", "create", vals_list=[vals], context=context)[0] == status
    odoo.groups = frozenset({"user"})
    vals = {"inventory_quantity_auto_apply": 3}
    assert refused(house, "stock.quant", "write", ids=[found["id"]], vals=vals, context=COUNTING)[0] == 403
    assert quant(house)["quantity"] == 10.0


def test_counting_where_nothing_is_makes_one_quant(house: Served) -> None:
    """create finds the quant that is there, or makes one; tracked products ask for a lot."""
    odoo = house.odoo
    fresh, tracked = odoo.product("N"), odoo.product("L", tracking="lot")
    place = {"location_id": odoo.stock, "inventory_quantity": 4}
    made = json2(house, "stock.quant", "create", vals_list=[{"product_id": fresh, **place}], context=COUNTING)
    again = kw(house, "stock.quant", "create", {"product_id": fresh, **place}, context=COUNTING)["result"]
    assert made == [again]
    json2(house, "stock.quant", "action_apply_inventory", ids=made, context=COUNTING)
    assert odoo.on_hand(fresh) == 4.0
    held = json2(house, "stock.quant", "create", vals_list=[{"product_id": tracked, **place}], context=COUNTING)
    action = json2(house, "stock.quant", "action_apply_inventory", ids=held, context=COUNTING)
    assert action["res_model"] == "stock.track.confirmation"


def test_applying_what_nobody_counted(house: Served) -> None:
    """Nothing changes, or, as some versions did, all is gone."""
    found = quant(house)
    json2(house, "stock.quant", "action_apply_inventory", ids=[found["id"]], context=COUNTING)
    assert quant(house)["quantity"] == 10.0
    house.odoo.unset_counts_zero = True
    json2(house, "stock.quant", "action_apply_inventory", ids=[found["id"]], context=COUNTING)
    assert quant(house)["quantity"] == 0.0


def test_orders_reserve_deliver_cancel_and_come_back(house: Served) -> None:
    """free_qty falls when an order is confirmed, qty_available when it leaves; kits are their parts."""
    odoo = house.odoo
    product = odoo.search("product.product")[0]
    kit = odoo.kit("KIT", {product: 2})

    def numbers() -> tuple[float, float, float]:
        fields = ["qty_available", "free_qty", "virtual_available"]
        (row,) = json2(house, "product.product", "read", ids=[product], fields=fields)
        return row["qty_available"], row["free_qty"], row["virtual_available"]

    first, second = odoo.order("X1", {product: 3}), odoo.order("X2", {kit: 1})
    assert numbers() == (10.0, 5.0, 5.0)
    third = odoo.order("X3", {product: 6})
    assert numbers() == (10.0, 0.0, -1.0)
    odoo.cancel(third)
    odoo.deliver(first)
    assert numbers() == (7.0, 5.0, 5.0)
    odoo.give_back(first)
    odoo.receive(product, 5)
    assert numbers() == (15.0, 13.0, 13.0)
    odoo.deliver(second)
    rows = json2(
        house,
        "stock.move.line",
        "search_read",
        domain=[["state", "=", "done"], ["product_id", "=", product]],
        fields=["quantity", "location_id", "location_dest_id"],
        order="id",
    )
    told = [(row["quantity"], row["location_id"][1], row["location_dest_id"][1]) for row in rows]
    assert told == [
        (3.0, "WH/Stock", "Partners/Customers"),
        (2.0, "WH/Stock", "Partners/Customers"),
        (3.0, "Partners/Customers", "WH/Stock"),
        (5.0, "Partners/Vendors", "WH/Stock"),
    ]
    (order,) = json2(house, "sale.order", "search_read", domain=[["client_order_ref", "=", "X1"]])
    assert (order["state"], order["partner_id"][1]) == ("sale", "Shopee VN")
    states = json2(house, "stock.picking", "search_read", domain=[["sale_id", "=", third]], fields=["state"])
    assert [row["state"] for row in states] == ["cancel"]


def test_quantities_depend_on_the_place_that_is_asked_for(house: Served) -> None:
    """The context's location or warehouse; transfers between places change no sum."""
    odoo = house.odoo
    product = odoo.search("product.product")[0]
    shelf = odoo.place("Shelf", "internal", odoo.stock, odoo.company)
    far = odoo.place("Far", "internal", False, odoo.company)
    odoo.move(product, 4, odoo.stock, shelf)
    odoo.move(product, 1, odoo.stock, far)

    def on_hand(**context: Any) -> float:
        fields = ["qty_available"]
        return float(
            json2(house, "product.product", "read", ids=[product], fields=fields, context=context)[0]["qty_available"]
        )

    assert on_hand() == on_hand(warehouse_id=odoo.warehouse) == 9.0
    assert on_hand(location=shelf) == 4.0
    assert on_hand(location=[shelf, far]) == 5.0


def test_a_transfer_and_a_scrap_by_call(house: Served) -> None:
    """A picking with its moves: confirmed, reserved, validated; a scrap with its origin; both are found by it."""
    odoo = house.odoo
    product = odoo.search("product.product")[0]
    line = {"product_id": product, "product_uom_qty": 2, "location_id": odoo.stock, "location_dest_id": odoo.loss}
    values = {"picking_type_id": odoo.types["internal"], "origin": "sr-2", "move_ids": [[0, 0, line]]}
    values |= {"location_id": odoo.stock, "location_dest_id": odoo.loss}
    (picking,) = json2(house, "stock.picking", "create", vals_list=[values])
    assert refused(house, "stock.picking", "button_validate", ids=[picking])[0] == 422
    json2(house, "stock.picking", "action_assign", ids=[picking])
    assert json2(house, "stock.picking", "button_validate", ids=[picking]) is True
    (done,) = json2(house, "stock.picking", "search_read", domain=[["origin", "=", "sr-2"]])
    assert (done["state"], odoo.on_hand(product)) == ("done", 8.0)
    scrap = {"product_id": product, "scrap_qty": 1, "location_id": odoo.stock, "origin": "sr-3"}
    (number,) = json2(house, "stock.scrap", "create", vals_list=[scrap])
    assert json2(house, "stock.scrap", "action_validate", ids=[number]) is True
    assert odoo.on_hand(product) == 7.0
    assert len(json2(house, "stock.move", "search", domain=[["origin", "=", "sr-3"], ["state", "=", "done"]])) == 1
    (more,) = json2(house, "stock.scrap", "create", vals_list=[{**scrap, "scrap_qty": 99}])
    action = json2(house, "stock.scrap", "action_validate", ids=[more])
    assert action["res_model"] == "stock.warn.insufficient.qty.scrap"


def test_a_locked_period_takes_everything_back(house: Served) -> None:
    """A refusal in the middle of a call leaves nothing of it."""
    odoo, found = house.odoo, quant(house)
    odoo.locked = "2026-11-11"
    json2(house, "stock.quant", "write", ids=[found["id"]], vals={"inventory_quantity": 9}, context=COUNTING)
    before = len(odoo.effects)
    status, name, message = refused(house, "stock.quant", "action_apply_inventory", ids=[found["id"]])
    assert (status, name) == (422, "odoo.exceptions.UserError")
    assert "Lock Date" in message
    assert len(odoo.effects) == before
    assert json2(house, "stock.move", "search", domain=[]) == []
    assert quant(house)["inventory_quantity_set"] is True


def test_a_refusal_can_be_ordered(house: Served) -> None:
    """The next call of a method is refused as it is told to be, once."""
    house.odoo.refuse = {"stock.quant.search": [LockError("Could not obtain the lock")]}
    assert refused(house, "stock.quant", "search", domain=[])[:2] == (409, "odoo.exceptions.LockError")
    assert json2(house, "stock.quant", "search", domain=[])


@pytest.mark.parametrize(
    ("kind", "done"),
    [("drop-before", False), ("drop-after", True), ("truncate", True), ("status", False), ("status-after", True)],
)
def test_faults_hit_before_or_after_the_effect(house: Served, kind: str, done: bool) -> None:
    """The client hears nothing, half, or a proxy's page; the log tells what was really done."""
    found = quant(house)
    vals = {"inventory_quantity_auto_apply": 6}
    house.faults.append(Fault(kind, "stock.quant.write", status=503))
    body = {"ids": [found["id"]], "vals": vals, "context": COUNTING}
    try:
        answer = post(house, "/json/2/stock.quant/write", body)
        assert answer.status_code == 503
        assert answer.text.startswith("<html>")
    except httpx.TransportError:
        assert kind not in ("status", "status-after")
    assert bool([one for one in house.odoo.effects if one.what == "quantity"]) is done
    assert quant(house)["quantity"] == (6.0 if done else 10.0)


def test_other_answers_that_are_none(house: Served) -> None:
    """HTML with 200, a session that is over, a delay; other calls are not hit."""
    house.faults += [Fault("garbage", "quant.search"), Fault("session", "quant.read"), Fault("delay", "users")]
    assert post(house, "/json/2/stock.quant/search", {"domain": []}).text.startswith("<html>")
    told = kw(house, "stock.quant", "read", [1])["error"]
    assert (told["code"], told["data"]["name"]) == (100, "odoo.http.SessionExpiredException")
    assert json2(house, "res.users", "context_get")["uid"] == house.odoo.user
    assert post(house, "/web/version", {}).json()["version"] == "19.0"
    assert post(house, "/web/version", {}).headers["date"] == "Wed, 11 Nov 2026 06:00:00 GMT"
    assert house.calls["stock.quant.search"] == 1
