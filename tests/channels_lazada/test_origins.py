"""With one warehouse that counts: what others send takes nothing, and what cannot be told is never guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stockrecon.channels.lazada import LazadaChannel
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, Request

from .fake import FakeLazada, answer, channel, failure, order, product, request, unit
from .test_changes import asked, names, updated
from .test_changes import rows as read_rows
from .test_places import TWO, placed

SELLERS, OTHER = "/seller/warehouse/get", "/rc/warehouse/get"
REFUSALS = [
    failure("InsufficientPermission"),
    failure("InvalidApiPath"),
    failure("of-tomorrow", "something new"),
    answer({"code": "0", "result": {"success": False, "error_code": "NO"}}),
    answer({"code": "0", "result": {"success": True, "module": []}}),
    answer({"code": "0", "result": {"success": True, "module": "no json"}}),
]
FAULTS = [
    Answer(500, {}, b""),
    answer({"code": "0"}, 503),
    Answer(200, {}, b"<html>"),
    failure("SYSTEM"),
    failure("ServiceTimeout"),
    failure("ApiCallLimit", "banned for 14229 seconds"),
    failure("SellerCallLimit"),
]
Look = Callable[[LazadaChannel, Path], tuple[bool, list[str]]]


@pytest.fixture
def shop() -> FakeLazada:
    """8 at dropshipping, 11 at WH-b; an order of 2 that WH-b sends."""
    lazada = FakeLazada([product(1, placed(10, {"dropshipping": 8, "WH-b": 11}))])
    updated(lazada, 1, 5000)
    lazada.warehouses = TWO
    add(lazada, 1, "WH-b")
    return lazada


def add(lazada: FakeLazada, number: int, *codes: str) -> None:
    lazada.orders_.append(order(number, *(unit(10, order_id=number, warehouse_code=code) for code in codes)))


def told(lazada: FakeLazada, *answers: Answer, path: str = "") -> FakeLazada:
    """What is said of the warehouses, the last for ever; of one call or both."""
    left = list(answers)

    def hook(sent: Request, _: dict[str, str]) -> Answer | None:
        if not sent.path.endswith(path or "/warehouse/get"):
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    lazada.hooks.insert(0, hook)
    return lazada


def one(lazada: FakeLazada) -> LazadaChannel:
    return channel(lazada, warehouse="Dropshipping")


def full(made: LazadaChannel, folder: Path) -> tuple[bool, list[str]]:
    folder.mkdir(exist_ok=True)
    pulled = made.pull(request(folder))
    return pulled.complete, [row["order_id"] for row in read_rows(pulled.tables["orders"].path)]


def little(made: LazadaChannel, folder: Path) -> tuple[bool, list[str]]:
    found = made.changed(asked(folder, {("1", "10"): "S-10"}))
    return not found.doubt, [row["order_id"] for row in read_rows(found.orders.path)]


def orders_only(made: LazadaChannel, folder: Path) -> tuple[bool, list[str]]:
    found = made.changed(replace(asked(folder, {("1", "10"): "S-10"}), orders_only=True))
    return not found.doubt, [row["order_id"] for row in read_rows(found.orders.path)]


LOOKS = [full, little, orders_only]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_list_is_never_an_empty_list(
    look: Look, fault: Answer, shop: FakeLazada, tmp_path: Path
) -> None:
    """The shop cannot be read then, as where any other call fails: orders of all warehouses would count."""
    with pytest.raises(ReadFault):
        look(one(told(shop, fault)), tmp_path / "read")
    assert shop.counts[SELLERS] >= 1
    assert shop.counts[OTHER] == 0


def test_a_fault_of_the_other_call_is_one_as_well(shop: FakeLazada, tmp_path: Path) -> None:
    """The app may not ask the one call, and the other fails: that is no refusal."""
    told(shop, failure("InsufficientPermission"), path=SELLERS)
    told(shop, failure("SYSTEM"), path=OTHER)
    with pytest.raises(ReadFault, match=f"{OTHER} answered SYSTEM"):
        full(one(shop), tmp_path / "read")


@pytest.mark.parametrize("look", LOOKS)
def test_a_fault_that_passes_changes_nothing(look: Look, shop: FakeLazada, tmp_path: Path) -> None:
    """The next attempt is answered, and the other warehouse's order is left out."""
    told(shop, failure("SYSTEM"), answer({"code": "0", "result": TWO}))
    assert look(one(shop), tmp_path / "read") == (True, [])
    assert shop.counts[SELLERS] == 2


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("said", [answer({"code": "0", "result": TWO}), *REFUSALS])
def test_a_unit_that_names_another_warehouse_takes_nothing(
    look: Look, said: Answer, shop: FakeLazada, tmp_path: Path
) -> None:
    """Its code alone tells, with or without a list."""
    add(shop, 2, "DropShipping")
    assert look(one(told(shop, said)), tmp_path / "read") == (True, ["2"])


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_without_a_list_a_unit_without_a_code_proves_nothing(
    look: Look, refusal: Answer, shop: FakeLazada, tmp_path: Path
) -> None:
    """It may be another warehouse's: it is left out, nothing can be written from such a reading, and it is named."""
    add(shop, 3, "", "dropshipping")
    assert look(one(told(shop, refusal)), tmp_path / "read") == (False, ["3"])


def test_what_lazada_sends_itself_needs_no_code(shop: FakeLazada, tmp_path: Path) -> None:
    """It is left out before anybody asks where it is from."""
    shop.orders_.append(order(4, unit(10, order_id=4, warehouse_code="", is_fbl="1")))
    assert full(one(told(shop, REFUSALS[0])), tmp_path / "read") == (True, [])


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_told_in_every_run(refusal: Answer, shop: FakeLazada, tmp_path: Path) -> None:
    """Also where every unit has a code, and by a little pull; with what mends it. An order in doubt is named."""
    made = one(told(shop, refusal))
    (tmp_path / "full").mkdir()
    whole = made.pull(request(tmp_path / "full"))
    found = made.changed(asked(tmp_path / "little", names(shop)))
    for warnings in (whole.warnings, found.warnings):
        (warning,) = warnings
        assert warning.startswith("Lazada does not tell the shop's warehouses (")
        assert "leave out warehouse" in warning
    add(shop, 3, "")
    reason = made.pull(request(tmp_path / "full")).reason
    assert reason.startswith("order 3: a unit names no warehouse, and Lazada does not tell the shop's: ")


def test_a_seller_with_one_has_all_orders_from_there(shop: FakeLazada, tmp_path: Path) -> None:
    """Its list names one: a unit without a code is from there."""
    shop.products = [product(1, placed(10, {"dropshipping": 8}))]
    shop.warehouses = {"success": True, "module": [{"code": "dropshipping"}]}
    shop.orders_.clear()
    add(shop, 2, "")
    made = one(shop)
    assert full(made, tmp_path / "read") == (True, ["2"])
    assert made.pull(request(tmp_path / "read")).warnings == ()


def test_with_a_list_what_is_guessed_is_told(shop: FakeLazada, tmp_path: Path) -> None:
    """A unit without a code, or with a stranger's, may be from the one that counts: it does, and a warning names it. A
    warehouse that a SKU shows is no stranger's, though the list lacks it."""
    shop.products.append(product(2, placed(20, {"dropshipping": 1, "WH-w": 3})))
    add(shop, 2, "")
    add(shop, 3, "WH-x", "WH-x")
    add(shop, 4, "wh-W")
    made = one(shop)
    assert full(made, tmp_path / "read") == (True, ["2", "3"])
    assert made.pull(request(tmp_path / "read")).warnings == (
        "order 2: a unit names no warehouse; counted",
        "order 3: a unit is sent from wh-x, which is none of the shop's warehouses; counted",
    )


def test_without_a_warehouse_nothing_is_asked(shop: FakeLazada, tmp_path: Path) -> None:
    """All count: a list of them that cannot be had hinders nobody."""
    add(shop, 2, "")
    assert full(channel(told(shop, failure("SYSTEM"))), tmp_path / "read") == (True, ["1", "2"])
    assert shop.counts[SELLERS] == 0


def test_an_order_look_goes_by_the_list_that_was_read(shop: FakeLazada, tmp_path: Path) -> None:
    """What is asked once more for orders asks for no list again."""
    made = one(shop)
    assert little(made, tmp_path / "little") == (True, [])
    told(shop, failure("SYSTEM"))
    assert orders_only(made, tmp_path / "again") == (True, [])
    assert shop.counts[SELLERS] == 1


@pytest.mark.parametrize("said", [REFUSALS[0], REFUSALS[4], FAULTS[3]])
def test_check_says_that_the_list_is_not_told(said: Answer, shop: FakeLazada) -> None:
    """With a warehouse that counts it is something to mend, and what to mend it with is named."""
    (line,) = [each for each in one(told(shop, said)).check() if each.what == "warehouses"]
    assert line.ok is False
    assert "not told" in line.text
    assert "`warehouse`" in line.way_on
