"""What can be wrong with a key, a site, or the configuration, and what `check` says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.core.secret import Secret
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.ledgers.erpnext import ErpnextLedger
from stockrecon.ledgers.erpnext.errors import exception_of
from stockrecon.ledgers.erpnext.options import read_formula
from stockrecon.rest import Answer, WireFault
from tests.ledgers_erpnext.fakes import NOW, SHOPFLOOR, STORES, FakeErp, error, ledger, said, settings


def erp_with_stock() -> FakeErp:
    erp = FakeErp()
    erp.item("A", 5)
    return erp


def test_wrong_keys_are_told_as_such(tmp_path: Path) -> None:
    """A refused pair, and one that stands for nobody, with where new ones are made."""
    erp = erp_with_stock()
    with pytest.raises(AuthFault) as told:
        ledger(erp, api_secret=Secret("wrong")).read(tmp_path, NOW)
    assert "Generate Keys" in told.value.way_on
    erp.guest = True
    with pytest.raises(AuthFault, match="guest"):
        ledger(erp).read(tmp_path, NOW)
    (line,) = ledger(erp).check()
    assert (line.ok, line.what) == (False, "key")


def test_missing_rights_name_what_may_not_be_read(tmp_path: Path) -> None:
    """The kind of document, and where the right is given; check names all of them at once."""
    erp = erp_with_stock()
    erp.denied |= {"Stock Ledger Entry", "Product Bundle"}
    with pytest.raises(ReadFault, match="Stock Ledger Entry") as told:
        ledger(erp).read(tmp_path, NOW)
    assert "Role Permissions Manager" in told.value.way_on
    lines = [line for line in ledger(erp).check() if line.ok is False]
    assert [line.text for line in lines] == ["the API user may not read Stock Ledger Entry, Product Bundle"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, {}, b"<html>Welcome</html>"), "HTML"),
        (Answer(404, {}, b"<html>no such site</html>"), "HTML"),
        (Answer(503, {}, b"<html>down</html>"), "HTML"),
        (error(503, "SessionStopped", "Updating"), "SessionStopped: Updating"),
        (said({"message": 7}), "not a list"),
        (said([1]), "not an object"),
        (said({"data": [{"item_code": "A"}]}), "name is empty"),
        (said({"data": [], "exc_type": "ValidationError"}), "ValidationError"),
        (Answer(301, {"location": "https://elsewhere"}, b""), "redirect"),
    ],
)
def test_answers_that_are_none_are_faults(answer: Answer, words: str, tmp_path: Path) -> None:
    """Proxies, updates, other programs: told in a sentence, and never taken for an empty ledger."""
    erp = erp_with_stock()
    erp.hooks.append(lambda asked: answer if asked.path == "/api/resource/Item" else None)
    with pytest.raises(ReadFault, match=words):
        ledger(erp).read(tmp_path, NOW)


def test_a_passing_fault_is_tried_again(tmp_path: Path) -> None:
    """A deadlock, a lost connection and too many requests do not end a reading."""
    erp = erp_with_stock()
    faults = [error(417, "QueryDeadlockError", ""), error(429, "TooManyRequestsError", ""), None]

    def stumble(_: object) -> Answer | None:
        fault = faults.pop() if faults else said({})
        if fault is None:
            raise WireFault("127.0.0.1 broke off its answer", sent=True)
        return fault if fault.status != 200 else None

    erp.hooks.append(stumble)
    assert ledger(erp).read(tmp_path, NOW).tables


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"warehouses": ("Nowhere - TC",)}, "no warehouse Nowhere - TC"),
        ({"warehouses": ("All - TC",)}, "group"),
        ({"warehouses": (STORES, "Stores - OC"), "correct_at": STORES}, "several companies"),
    ],
)
def test_warehouses_that_cannot_be_meant(more: dict[str, object], words: str, tmp_path: Path) -> None:
    """Unknown, a group, or of two companies: neither is read in part."""
    erp = erp_with_stock()
    erp.add("Warehouse", "All - TC", company="Test Company", is_group=1)
    erp.add("Warehouse", "Stores - OC", company="Other Company", is_group=0)
    with pytest.raises(ReadFault, match=words):
        ledger(erp, **more).read(tmp_path, NOW)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"available": "projected_qty"}, "not understood"),
        ({"available": "actual_qty + reserved_qty"}, "not understood"),
        ({"available": "actual_qty - reserved_qty - reserved_qty"}, "not understood"),
        ({"available": "actual_qty - reserved_qty - reserved_stock"}, "both hold"),
        ({"warehouses": None}, "are needed"),
        ({"warehouses": (STORES, STORES)}, "count twice"),
        ({"correct_at": SHOPFLOOR}, "none of ledger.warehouses"),
        ({"kinds": {"Asset Repair": "correction"}}, "no kind of movement"),
        ({"listings": {"stock": "x"}}, "no such key"),
        ({"zone": "Hanoi"}, "ledger.zone"),
        ({"shops": {"shopee-vn": "C-1", "lazada-vn": "C-1"}}, "two shops"),
    ],
)
def test_settings_that_cannot_be_meant(more: dict[str, object], words: str) -> None:
    """Told when the ledger is made, before anything is asked."""
    with pytest.raises(UsageFault, match=words):
        ErpnextLedger(settings(**more))


def test_the_formula_is_one_field_less_others() -> None:
    """Written as check prints it."""
    text = "actual_qty - reserved_qty - reserved_qty_for_production"
    assert str(read_formula(" actual_qty-reserved_qty -reserved_qty_for_production")) == text
    assert not read_formula("actual_qty - reserved_qty_for_production").promises


def test_a_zone_that_is_not_told_has_to_be_set(tmp_path: Path) -> None:
    """Times without an offset are never guessed."""
    erp = erp_with_stock()
    erp.hooks.append(lambda asked: said({"message": {}}) if "get_time_zone" in asked.path else None)
    with pytest.raises(ReadFault, match="time zone is not told"):
        ledger(erp).read(tmp_path, NOW)
    assert ledger(erp, zone="Asia/Ho_Chi_Minh").read(tmp_path, NOW).tables


def test_check_tells_what_available_means() -> None:
    """Key, version, warehouses, formula, rights, fields, corrections: all of them, and nothing is wrong."""
    erp = erp_with_stock()
    erp.add("Product Bundle", "KIT", new_item_code="KIT", disabled=0)
    lines = {line.what: line for line in ledger(erp, shops={"shopee-vn": "C-1"}).check()}
    assert lines["bundles"].text.startswith("1 Product Bundles are sold as their components")
    assert "listings" not in lines
    assert not [line for line in lines.values() if line.ok is False]
    assert lines["available"].text.startswith("is actual_qty - reserved_qty, ")
    assert lines["warehouses"].text.startswith(f"{STORES} of Test Company")
    assert lines["version"].text == "ERPNext 15.38.2"
    assert lines["shops"].text == "C-1 is shopee-vn"
    assert lines["corrections"].text == "can be posted"
    assert lines["order_field"].ok


def test_check_names_fields_that_are_not_there() -> None:
    """A misspelled field would leave every order without its number."""
    lines = ledger(erp_with_stock(), order_field="po_number", shop_field=None).check()
    told = {line.what: line for line in lines if line.what in ("order_field", "shop_field")}
    assert told["order_field"].ok is False
    assert told["shop_field"].ok is None


def test_messages_are_read_through_their_layers() -> None:
    """JSON in JSON with HTML in it is a sentence; damaged layers are no fault of their own."""
    document = {
        "exc_type": "ValidationError",
        "_server_messages": '["{\\"message\\": \\"Row #1:<br><b>A</b> &amp; B\\\\u001b[31m\\"}"]',
    }
    assert exception_of(document) == ("ValidationError", "Row #1: A & B")
    assert exception_of({"exc_type": "X", "_server_messages": "[[["}) == ("X", "")
    assert exception_of({"exc_type": "X", "_error_message": "no <b>such</b> <![endif[ thing ]]>"}) == ("X", "no such")
    assert exception_of({"exception": "frappe.exceptions.LinkValidationError: no such"}) == (
        "LinkValidationError",
        "no such",
    )
    assert exception_of({"data": []}) == ("", "")
