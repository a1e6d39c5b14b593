"""What Odoo, the network or the configuration get wrong is one clear fault with a way on, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.ledgers.base import Answered, LedgerCheck
from stockrecon.ledgers.odoo import OdooLedger
from stockrecon.registry import make_ledger
from stockrecon.rest import Answer, WireFault
from tests.ledgers_odoo.conftest import Make, stock
from tests.ledgers_odoo.fake import CUSTOMERS, KEY, STOCK, FakeOdoo, Refusal, access
from tests.ledgers_odoo.test_corrections import put, request


def lines(opened: OdooLedger) -> dict[str, LedgerCheck]:
    return {line.what: line for line in opened.check()}


def test_the_configuration_makes_this_ledger(tmp_path: Path) -> None:
    """By its name, and not without an address and a key."""
    options = {"base_url": "https://odoo.example", "api_key": Secret(KEY)}
    made = make_ledger(LedgerSettings("odoo", tmp_path, options=options))
    assert isinstance(made, OdooLedger)
    made.close()
    with pytest.raises(UsageFault, match="base_url and api_key are needed"):
        make_ledger(LedgerSettings("odoo", tmp_path, options={}))
    with pytest.raises(UsageFault, match="JSON-RPC needs database and user"):
        make_ledger(LedgerSettings("odoo", tmp_path, options={**options, "protocol": "jsonrpc"}))
    with pytest.raises(UsageFault, match="one value stands for two shops"):
        make_ledger(LedgerSettings("odoo", tmp_path, options={**options, "shops": {"a": "X", "b": "X"}}))


def test_the_check_says_how_odoo_is_read(odoo: FakeOdoo, ledger: Make) -> None:
    """Version, protocol, user, places, the formula of available, what is not known; and it changes nothing."""
    put(odoo)
    found = lines(ledger(odoo, available="promised", shop_field="team_id", shops={"shopee-vn": "Shopee Vietnam"}))
    how = "JSON-2" if odoo.major >= 19 else "JSON-RPC"
    assert found["odoo"].text == f"version {odoo.major}.0 answers over {how} as bot"
    assert found["locations"].text == "3 internal locations are counted, at or below WH"
    assert found["available"].text.startswith("available is on hand less what all confirmed transfers out still")
    assert found["products"].text == "1 SKUs by their internal reference"
    assert found["orders"].text == "an order's shop stands in team_id: Shopee Vietnam is shopee-vn"
    assert (found["corrections"].ok, found["corrections"].text) == (True, "can be posted")
    assert not [line for line in found.values() if line.ok is False]
    assert odoo.posted() == []
    assert not {call.rpartition(".")[2] for call in odoo.calls} & {"create", "write", "action_apply", "unlink"}


def test_the_check_tells_what_is_missing(latest: FakeOdoo, ledger: Make) -> None:
    """Without Sales, Manufacturing or a right the rest is still told."""
    latest.denied = {"sale.order", "stock.quant"}
    del latest.tables["mrp.bom"]
    found = lines(ledger(latest))
    assert found["rights"].text == "stock.quant may not be read"
    assert "Inventory: User" in found["rights"].way_on
    assert "Manufacturing is not installed" in found["kits"].text
    assert "Sales is not installed, or may not be read" in found["orders"].text


def test_a_field_that_is_not_there(odoo: FakeOdoo, ledger: Make) -> None:
    """The configured field is named, and fields that look like it."""
    put(odoo)
    found = lines(ledger(odoo, shop_field="team"))
    assert found["orders"].ok is False
    assert found["orders"].text == "shop_field: a sales order of this Odoo has no field team (near: team_id)"


@pytest.mark.parametrize("options", [{"api_key": Secret("wrong-key-0000")}, {"user": "nobody"}, {"database": "none"}])
def test_wrong_credentials(odoo: FakeOdoo, ledger: Make, tmp_path: Path, options: dict[str, object]) -> None:
    """Nothing of the key is repeated; over JSON-2 the key alone says who we are."""
    opened = ledger(odoo, **options)
    if odoo.major >= 19 and "api_key" not in options:
        assert stock(opened, odoo, tmp_path) == {}
        return
    with pytest.raises(AuthFault) as caught:
        opened.read(tmp_path, odoo.now)
    assert "Odoo does not know us" in caught.value.what
    assert "check api_key" in caught.value.way_on
    assert "wrong-key-0000" not in str(caught.value)
    assert lines(opened)["ledger"].ok is False
    answer = opened.correct(request())
    assert answer.answered is Answered.NOT_SENT
    assert "Odoo does not know us" in answer.text


def test_the_database_is_named_to_a_server_of_several(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """And the key never stands in an address."""
    stock(ledger(latest, database="mine"), latest, tmp_path)
    assert all(sent.get("X-Odoo-Database") == "mine" for sent in latest.headers[1:])


def test_an_old_odoo_needs_a_login(ledger: Make, tmp_path: Path) -> None:
    """That is found with its version, and told."""
    with pytest.raises(ReadFault, match=r"Odoo 17.0 is asked over JSON-RPC, which needs database and user"):
        ledger(FakeOdoo(17), user="").read(tmp_path, FakeOdoo(17).now)


def test_a_protocol_that_is_named_is_not_looked_for(ledger: Make, tmp_path: Path) -> None:
    """An old server of several databases may answer other addresses with whatever it likes."""
    fake = FakeOdoo(18)
    put(fake)
    assert stock(ledger(fake, protocol="jsonrpc"), fake, tmp_path) == {"00123": 40}
    assert all("Authorization" not in sent for sent in fake.headers)
    assert fake.paths == {"/jsonrpc"}


def test_the_wrong_protocol(ledger: Make, tmp_path: Path) -> None:
    """JSON-2 against an Odoo that has none."""
    with pytest.raises(ReadFault) as caught:
        ledger(FakeOdoo(17), protocol="json2").read(tmp_path, FakeOdoo(17).now)
    assert "nothing of Odoo's is there (HTTP 404)" in caught.value.what
    assert "JSON-2 needs Odoo 19" in caught.value.way_on


def test_missing_rights(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Odoo's own words, and where the rights are told."""
    odoo.denied = {"stock.quant"}
    with pytest.raises(ReadFault) as caught:
        ledger(odoo).read(tmp_path, odoo.now)
    assert caught.value.what.startswith("Odoo refused stock.quant.search_")
    assert "You are not allowed to access this document." in caught.value.what
    assert "docs/ledgers/odoo.md" in caught.value.way_on


def broken(fake: FakeOdoo) -> Answer:
    raise WireFault("odoo.example broke off its answer", sent=True)


def down(fake: FakeOdoo) -> Answer:
    return fake.answer("<html>503</html>", 503, raw=True)


def cut(fake: FakeOdoo) -> Answer:
    return fake.answer('[{"id": 1, "prod', raw=True)


def contended(fake: FakeOdoo) -> Answer:
    raise Refusal("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update", 500)


@pytest.mark.parametrize("fault", [broken, down, cut, contended])
@pytest.mark.parametrize("times", [2, 99])
def test_a_passing_fault_is_tried_again(
    odoo: FakeOdoo, ledger: Make, tmp_path: Path, fault: Callable[[FakeOdoo], Answer], times: int
) -> None:
    """A lasting one ends the reading with what it was and how often it was tried."""
    put(odoo)
    odoo.before["stock.quant.search_read"] = [fault] * times
    if times == 2:
        assert stock(ledger(odoo), odoo, tmp_path) == {"00123": 40}
        return
    with pytest.raises(ReadFault, match=r"tried 5 times"):
        ledger(odoo).read(tmp_path, odoo.now)


def test_a_server_that_dies_in_the_middle_of_a_correction(odoo: FakeOdoo, ledger: Make) -> None:
    """Whether it was posted is unknown, and once Odoo is back its moves tell."""
    put(odoo)
    apply = "stock.inventory.adjustment.name.action_apply"
    odoo.after[apply] = [broken]
    opened = ledger(odoo)
    assert opened.correct(request()).answered is Answered.UNKNOWN
    odoo.before["stock.quant.search_read"] = [down] * 20
    with pytest.raises(ReadFault):
        opened.posted([request().ref])
    odoo.before.clear()
    assert opened.posted([request().ref]) == {request().ref: -1}
    assert len(odoo.posted()) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"unexpected": 1},
        [{"id": "x"}],
        [{"id": 1, "product_id": [0, "P"]}],
        [{"id": 1, "product_id": [1, "P"], "location_id": [8, "L"], "quantity": "3", "reserved_quantity": 0}],
        [{"id": 1, "product_id": [1, "P"], "location_id": [8, "L"], "quantity": 1e30, "reserved_quantity": 0}],
    ],
)
def test_an_answer_that_is_not_understood(latest: FakeOdoo, ledger: Make, tmp_path: Path, answer: object) -> None:
    """The field is named; nothing is guessed."""
    put(latest)
    latest.before["stock.quant.search_read"] = [lambda fake: None, *[lambda fake: fake.answer(answer)] * 9]
    with pytest.raises(ReadFault, match=r"stock\.quant"):
        ledger(latest).read(tmp_path, latest.now)


@pytest.mark.parametrize("value", ["0001-01-01 00:00:00+07:00", "0001-01-01 00:00:00", "yesterday", 7])
def test_a_time_that_is_none(latest: FakeOdoo, ledger: Make, tmp_path: Path, value: object) -> None:
    """Also one that lies outside of all calendars in UTC; it names the field."""
    latest.touch("stock.move", latest.move(put(latest), 1, STOCK, CUSTOMERS), date=value)
    with pytest.raises(ReadFault, match=r"stock\.move: date is no time"):
        ledger(latest).read(tmp_path, latest.now)


@pytest.mark.parametrize("model", ["mrp.bom", "sale.order", "sale.order.line"])
def test_what_may_not_be_read_is_not_known(odoo: FakeOdoo, ledger: Make, tmp_path: Path, model: str) -> None:
    """Without Manufacturing no kit, without Sales no order's shop and number; stock is read all the same."""
    odoo.move(put(odoo), 1, STOCK, CUSTOMERS, sale_line_id=[1, "L"])
    odoo.denied = {model}
    assert stock(ledger(odoo), odoo, tmp_path) == {"00123": 40}


def test_a_refusal_is_told_in_odoos_words(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """On one line, whatever it holds."""

    def refuse(fake: FakeOdoo) -> Answer:
        raise access("You may not:\n\n  \u202eread\x07 this")

    latest.before["stock.warehouse.search_read"] = [refuse]
    with pytest.raises(ReadFault) as caught:
        ledger(latest).read(tmp_path, latest.now)
    assert caught.value.what == "Odoo refused stock.warehouse.search_read: You may not: read this"
