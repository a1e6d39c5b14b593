"""With one location that counts: what others send takes nothing, and what cannot be told is never guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.core.sources import Pulled
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer

from .fakes import FakeShopee, channel, line, order, request, said, wrapped
from .test_changes import asked
from .test_changes import rows as read_rows
from .test_places import placed

LIST = "get_warehouse_detail"
TOLD = wrapped([{"location_id": "VNZ"}, {"location_id": "VNY"}])
ORDINARY = said({"error": "warehouse.error_not_in_whitelist", "message": "Your shop is not in whitelist."})
DENIED = said({"error": "error_api_permission", "message": "This app type has no permission to this API."})
REFUSALS = [
    DENIED,
    said({"error": "warehouse.error_can_not_find_warehouse", "message": "no warehouse"}),
    said({"error": "warehouse.error_of_tomorrow", "message": "something new"}),
    wrapped([]),
    wrapped([{"warehouse_id": 6}]),
]
BUSY = said({"error": "error_server", "message": "try later"})
FAULTS = [
    Answer(500, {}, b""),
    Answer(403, {}, b"{}"),
    Answer(200, {}, b"<html>"),
    BUSY,
    said({"error": "error_rate_limit", "message": "slow down"}),
    said({"error": "error_limit", "message": "used up"}),
    wrapped({"location_id": "VNZ"}),
]


@pytest.fixture
def shop() -> FakeShopee:
    """8 at VNZ, 11 at VNY; an order of 9 that VNY sends."""
    shopee = FakeShopee()
    shopee.add(placed(1, {"VNZ": 8, "VNY": 11}))
    shopee.orders = [order("THEIRS", "READY_TO_SHIP", line(1, 9, product_location_id=["VNY"]))]
    return shopee


def add(shopee: FakeShopee, number: str, *places: str) -> None:
    shopee.orders.append(order(number, "READY_TO_SHIP", line(1, 2, product_location_id=list(places))))


def told(shopee: FakeShopee, answer: Answer, times: int = 20) -> FakeShopee:
    """What the shop answers about its locations."""
    shopee.overrides[LIST] = [Answer(answer.status, {}, answer.body) for _ in range(times)]
    return shopee


def pulled(shopee: FakeShopee, folder: Path) -> tuple[Pulled, list[str]]:
    """A full pull, and which orders it has."""
    folder.mkdir(exist_ok=True)
    made = channel(shopee, location_id="VNZ").pull(request(folder))
    return made, [row["order_id"] for row in read_rows(made.tables["orders"].path)]


def full(made: ShopeeChannel, folder: Path) -> tuple[bool, list[str]]:
    folder.mkdir(exist_ok=True)
    whole = made.pull(request(folder))
    return whole.complete, [row["order_id"] for row in read_rows(whole.tables["orders"].path)]


def little(made: ShopeeChannel, folder: Path) -> tuple[bool, list[str]]:
    found = made.changed(asked(folder))
    return not found.doubt, [row["order_id"] for row in read_rows(found.orders.path)]


def orders_only(made: ShopeeChannel, folder: Path) -> tuple[bool, list[str]]:
    found = made.changed(replace(asked(folder), orders_only=True))
    return not found.doubt, [row["order_id"] for row in read_rows(found.orders.path)]


LOOKS = [full, little, orders_only]
Look = Callable[[ShopeeChannel, Path], tuple[bool, list[str]]]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_list_is_never_an_empty_list(
    look: Look, fault: Answer, shop: FakeShopee, tmp_path: Path
) -> None:
    """The shop cannot be read then, as where any other call fails: orders of all locations would count."""
    made = channel(told(shop, fault), location_id="VNZ")
    with pytest.raises(ReadFault, match=LIST):
        look(made, tmp_path / "read")


@pytest.mark.parametrize("look", LOOKS)
def test_a_fault_that_passes_changes_nothing(look: Look, shop: FakeShopee, tmp_path: Path) -> None:
    """The next attempt is answered, and the other location's order is left out."""
    shop.overrides[LIST] = [Answer(500, {}, b""), TOLD]
    assert look(channel(shop, location_id="VNZ"), tmp_path / "read") == (True, [])
    assert shop.calls[LIST] == 2


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("answer", [TOLD, ORDINARY, *REFUSALS])
def test_a_line_that_names_another_location_takes_nothing(
    look: Look, answer: Answer, shop: FakeShopee, tmp_path: Path
) -> None:
    """Its name alone tells, with or without a list."""
    add(shop, "OURS", "VNZ")
    add(shop, "BOTH", "VNZ", "VNY")
    assert look(channel(told(shop, answer), location_id="VNZ"), tmp_path / "read") == (True, ["OURS", "BOTH"])


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_without_a_list_a_line_without_a_name_proves_nothing(
    look: Look, refusal: Answer, shop: FakeShopee, tmp_path: Path
) -> None:
    """It may be another location's: it is left out, nothing can be written from such a reading, and it is named."""
    add(shop, "NAMELESS")
    assert look(channel(told(shop, refusal), location_id="VNZ"), tmp_path / "read") == (False, [])


def test_the_reason_names_order_and_refusal(shop: FakeShopee, tmp_path: Path) -> None:
    """Both in the reason; of a little pull it is the doubt."""
    add(shop, "NAMELESS")
    whole, _ = pulled(told(shop, DENIED), tmp_path / "full")
    words = "order NAMELESS: a line names no location, and Shopee does not tell the shop's: get_warehouse_detail"
    assert whole.reason.startswith(words)
    assert channel(shop, location_id="VNZ").changed(asked(tmp_path / "little")).doubt == whole.reason


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_told_in_every_run(refusal: Answer, shop: FakeShopee, tmp_path: Path) -> None:
    """Also where every line has a name, and by a little pull; with what mends it."""
    made = channel(told(shop, refusal), location_id="VNZ")
    (tmp_path / "full").mkdir()
    for warnings in (made.pull(request(tmp_path / "full")).warnings, made.changed(asked(tmp_path / "little")).warnings):
        (warning,) = warnings
        assert warning.startswith("Shopee does not tell the shop's locations (get_warehouse_detail")
        assert "leave out location_id" in warning


def test_an_ordinary_shop_has_but_one(tmp_path: Path) -> None:
    """It is on no list, and that is an answer: all its orders are from there, nothing is in doubt."""
    shopee = told(FakeShopee(), ORDINARY)
    shopee.add(placed(1, {"VNZ": 8}))
    add(shopee, "NAMELESS")
    whole, found = pulled(shopee, tmp_path / "full")
    assert (whole.complete, whole.warnings, found) == (True, (), ["NAMELESS"])
    add(shopee, "STRANGE", "VNX")
    whole, found = pulled(shopee, tmp_path / "again")
    assert found == ["NAMELESS"]
    (warning,) = whole.warnings
    assert warning == "order STRANGE: a line is sent from VNX and left out; the shop has but one location"


def test_an_ordinary_shop_whose_items_show_two_is_none(shop: FakeShopee, tmp_path: Path) -> None:
    """Then the answer is as good as a refusal."""
    add(shop, "NAMELESS")
    whole, found = pulled(told(shop, ORDINARY), tmp_path / "full")
    assert (whole.complete, found) == (False, [])
    assert "a single location, but its listings show VNY" in whole.reason


def test_with_a_list_what_is_guessed_is_told(shop: FakeShopee, tmp_path: Path) -> None:
    """A line without a name, or with a stranger's, may be from the one that counts: it does, and a warning names it. A
    location that an item shows is no stranger's, though the list lacks it."""
    add(shop, "NAMELESS")
    add(shop, "STRANGE", "VNX")
    shop.add(placed(2, {"VNZ": 1, "VNW": 3}))
    add(shop, "SHOWN", "VNW")
    whole, found = pulled(told(shop, TOLD), tmp_path / "full")
    assert (whole.complete, found) == (True, ["NAMELESS", "STRANGE"])
    assert sorted(whole.warnings) == [
        "order NAMELESS: a line names no location; counted",
        "order STRANGE: a line is sent from VNX, which is none of the shop's locations; counted",
    ]


def test_without_a_location_nothing_is_asked(shop: FakeShopee, tmp_path: Path) -> None:
    """All count: a list of them that cannot be had hinders nobody."""
    add(shop, "NAMELESS")
    assert full(channel(told(shop, BUSY)), tmp_path / "read") == (True, ["THEIRS", "NAMELESS"])
    assert shop.calls[LIST] == 0


def test_an_order_look_goes_by_the_list_that_was_read(shop: FakeShopee, tmp_path: Path) -> None:
    """What is asked once more for orders asks for no list again."""
    made = channel(told(shop, TOLD, 1), location_id="VNZ")
    assert little(made, tmp_path / "little") == (True, [])
    told(shop, BUSY)
    assert orders_only(made, tmp_path / "again") == (True, [])
    assert shop.calls[LIST] == 1


@pytest.mark.parametrize("answer", [DENIED, BUSY])
def test_check_says_that_the_list_is_not_told(answer: Answer, shop: FakeShopee) -> None:
    """Not that the shop has one location; with a location that counts it is something to mend."""
    (line,) = [one for one in channel(told(shop, answer), location_id="VNZ").check() if one.what == "warehouses"]
    assert line.ok is False
    assert LIST in line.text
    if answer is DENIED:
        assert "location_id" in line.way_on
        (line,) = [one for one in channel(told(shop, answer)).check() if one.what == "warehouses"]
        assert line.ok is None
        assert line.text.startswith("not told: get_warehouse_detail: error_api_permission")
