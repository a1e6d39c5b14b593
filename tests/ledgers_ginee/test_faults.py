"""What Ginee, the network or the configuration get wrong is one clear fault with a way on, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.ledgers.base import Answered, LedgerCheck
from stockrecon.ledgers.ginee import GineeLedger
from stockrecon.registry import make_ledger
from stockrecon.rest import Answer, WireFault
from tests.ledgers_ginee.conftest import REF, Make, asked, stock
from tests.ledgers_ginee.fake import ADJUST, FAR, HOME, KEY, ORDERS, SECRET, SHOPS, STOCK, FakeGinee

OPTIONS: dict[str, object] = {"access_key": KEY, "secret_key": Secret(SECRET), "warehouses": (HOME,)}


def lines(opened: GineeLedger) -> dict[str, LedgerCheck]:
    return {line.what: line for line in opened.check()}


def test_the_configuration_makes_this_ledger(tmp_path: Path) -> None:
    """By its name, and not without a pair of keys."""
    made = make_ledger(LedgerSettings("ginee", tmp_path, options=OPTIONS))
    assert isinstance(made, GineeLedger)
    made.close()
    with pytest.raises(UsageFault, match="access_key and secret_key are needed"):
        make_ledger(LedgerSettings("ginee", tmp_path, options={}))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"available": "warehouse + spare"}, "'warehouse \\+ spare' is not understood"),
        ({"available": "locked - spare"}, "is not understood"),
        ({"available": "warehouse - locked - locked"}, "is not understood"),
        ({"available": "warehouse - spare"}, "counts what open orders hold"),
        ({"warehouses": (HOME, HOME)}, "would count twice"),
        ({"shops": {"a": "SH1", "b": "SH1"}}, "stands for two"),
        ({"zone": "Mars/Olympus"}, "ledger.zone"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, options: dict[str, object], words: str) -> None:
    """Before anything is asked."""
    with pytest.raises(UsageFault, match=words):
        make_ledger(LedgerSettings("ginee", tmp_path, options={**OPTIONS, **options}))


def test_the_check_says_how_ginee_is_read(ginee: FakeGinee, ledger: Make, tmp_path: Path) -> None:
    """Key, warehouses, the formula, shops, orders, the record, what is not known; and it changes nothing."""
    ginee.put("MUG", 10, promotionStock=2)
    ginee.shops = [{"shopId": "SH1", "name": "Mugs", "authorizationStatus": "CONNECTED"}]
    found = lines(ledger(shops={"shopee-vn": "Mugs"}))
    assert found["key"].text == "accepted, for ID"
    assert found["warehouses"].text == f"Home ({HOME}); other warehouses are not read"
    assert found["shops"].text == "SH1 is shopee-vn"
    assert found["orders"].text.startswith("changed in the last 8 days are movements")
    assert found["record"].text.startswith(f"corrections are kept in {tmp_path / 'ginee-corrections.jsonl'}")
    assert found["pushes"].text.startswith("not there")
    assert (found["corrections"].ok, found["corrections"].text) == (True, "can be posted")
    told = [line.text for line in ledger().check() if line.what == "available"]
    assert told[0] == "is warehouse - locked - spare, summed over the warehouses; it may be negative"
    assert told[1] == "Ginee's own Available takes promotion off as well; so it is for all 1 SKUs looked at"
    assert not [line for line in found.values() if line.ok is False]
    assert ADJUST not in [path for path, _ in ginee.calls]


def test_the_check_tells_what_is_wrong_in_ginee(ginee: FakeGinee, ledger: Make) -> None:
    """An expired store, pushes that failed, SKUs that are bound to nothing, and a number that is not what it should."""
    ginee.put("MUG", 10, failReason="stock less than reserved stock", availableStock=3)
    shop = {"shopId": "SH1", "name": "Mugs", "channel": "SHOPEE_ID", "authorizationStatus": "EXPIRED"}
    ginee.shops = [shop]
    found = ledger().check()
    lost = next(line for line in found if line.what == "shops")
    assert (lost.ok, "cut off from Mugs (SHOPEE_ID, EXPIRED)" in lost.text) == (False, True)
    assert any("stock less than reserved stock" in line.text for line in found if line.what == "pushes")
    assert any("not warehouse - spare - locked - promotion for 1 of 1" in line.text for line in found)


def test_the_check_tells_missing_rights(ginee: FakeGinee, ledger: Make) -> None:
    """And goes on with the rest."""
    ginee.put("MUG", 10)
    ginee.refuse(ORDERS, "PERMISSION_DENIED")
    ginee.refuse(SHOPS, "PERMISSION_DENIED")
    found = lines(ledger())
    assert (found["orders"].ok, "PERMISSION_DENIED" in found["orders"].text) == (False, True)
    assert "open this call for your access key" in found["orders"].way_on
    assert found["movements"].text.startswith("not there")
    assert found["corrections"].ok


def test_no_right_to_stock_is_a_fault(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """There is no ledger without it."""
    ginee.refuse(STOCK, "PERMISSION_DENIED", 3)
    with pytest.raises(ReadFault, match="PERMISSION_DENIED") as caught:
        stock(ledger(), ginee, spool)
    assert "open this call" in caught.value.way_on
    last = ledger().check()[-1]
    assert (last.ok, "PERMISSION_DENIED" in last.text) == (False, True)


@pytest.mark.parametrize(
    "options", [{"secret_key": Secret("another-secret")}, {"access_key": "0000000000000000"}], ids=["secret", "key"]
)
def test_wrong_credentials(ginee: FakeGinee, ledger: Make, spool: Path, options: dict[str, object]) -> None:
    """It says so, with the way on, and repeats nothing of the secret."""
    opened = ledger(**options)
    with pytest.raises(AuthFault, match=r"Ginee does not know us, .*IAM_FAILED") as caught:
        stock(opened, ginee, spool)
    assert "ledger.access_key" in caught.value.way_on
    told = f"{caught.value} {opened.corrects()} {[line.text for line in opened.check()]}"
    assert "another-secret" not in told
    assert opened.check()[-1].what == "key"
    answer = opened.correct(asked(ginee))
    assert answer.answered is Answered.NOT_SENT


def test_a_secret_that_ginee_echoes_is_hidden(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Whatever stands in an answer."""
    document = {"code": "PARAMETER_ERROR", "message": f"bad secret {SECRET}", "data": None}
    ginee.troubles[STOCK] = [lambda _: ginee.answer(200, document)]
    with pytest.raises(ReadFault) as caught:
        stock(ledger(), ginee, spool)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_in_trouble_is_asked_again(ginee: FakeGinee, ledger: Make, spool: Path, status: int) -> None:
    """A page that fails once is read; one that keeps failing is no ledger."""
    ginee.put("MUG", 3)
    ginee.troubles[STOCK] = [lambda _: ginee.answer(status, b"<html>trouble</html>")]
    assert stock(ledger(), ginee, spool) == {"MUG": 3}
    ginee.troubles[STOCK] = [lambda _: ginee.answer(status, b"<html>trouble</html>")] * 9
    with pytest.raises(ReadFault, match="tried 5 times"):
        stock(ledger(), ginee, spool)


@pytest.mark.parametrize("status", [200, 429])
def test_too_many_requests_are_waited_for(ginee: FakeGinee, ledger: Make, spool: Path, status: int) -> None:
    """By status or by code."""
    ginee.put("MUG", 3)
    ginee.refuse(STOCK, "TOO_MANY_REQUESTS", 2, status)
    before = ginee.now
    assert stock(ledger(), ginee, spool) == {"MUG": 3}
    assert ginee.now > before


def test_a_server_that_dies_in_the_middle(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Half a ledger is none."""
    for number in range(120):
        ginee.put(f"SKU-{number:03}", 1)

    def dies() -> None:
        if len([path for path, _ in ginee.calls if path == STOCK]) > 1:
            raise WireFault("connection refused", sent=False)

    ginee.meanwhile[STOCK] = dies
    with pytest.raises(ReadFault, match="connection refused"):
        stock(ledger(), ginee, spool)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>hello</html>", b"[]", b"{}", b'{"code": "SUCCESS"}', b'{"code": "SUCCESS", "data": {"total": 1}}'],
)
def test_an_answer_that_is_not_ginees(ginee: FakeGinee, ledger: Make, spool: Path, body: bytes) -> None:
    """One fault, for a reading and for a check."""
    ginee.troubles[STOCK] = [lambda _: ginee.answer(200, body)] * 40
    with pytest.raises(ReadFault):
        stock(ledger(), ginee, spool)
    assert [line for line in ledger().check() if line.ok is False]


def test_another_program_answers(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """The address is named as the thing to look at."""
    ginee.troubles[STOCK] = [lambda _: ginee.answer(404, b"<html>not here</html>")]
    with pytest.raises(ReadFault, match="HTTP 404") as caught:
        stock(ledger(), ginee, spool)
    assert "ledger.base_url" in caught.value.way_on


@pytest.mark.parametrize("status", [401, 403])
def test_a_proxy_that_refuses(ginee: FakeGinee, ledger: Make, spool: Path, status: int) -> None:
    """Without Ginee's words there is still a way on."""
    ginee.troubles[STOCK] = [lambda _: Answer(status, {}, b"")]
    with pytest.raises(ReadFault, match=f"HTTP {status}") as caught:
        stock(ledger(), ginee, spool)
    assert caught.value.way_on


def test_corrections_say_why_not(ginee: FakeGinee, ledger: Make) -> None:
    """A warehouse that is switched off, one that is not read, and a Ginee that does not answer."""
    ginee.put("MUG", 3)
    ginee.warehouses[0]["status"] = "DISABLE"
    assert "switched off" in (ledger().corrects() or "")
    assert "none of the warehouses that are read" in (ledger(correct_at=FAR).corrects() or "")
    assert "0 of Ginee's warehouses are called 'X'" in (ledger(correct_at="X").corrects() or "")


def test_rereading_nothing_asks_nothing_of_stock(ginee: FakeGinee, ledger: Make) -> None:
    """The settle pass of a run without differences."""
    assert ledger().reread([]) == {}
    assert STOCK not in [path for path, _ in ginee.calls]
    assert ledger().reread([Sku("NONE")]) == {}


def test_an_unknown_warehouse_is_named(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """With those that there are."""
    with pytest.raises(ReadFault, match="0 of Ginee's warehouses are called 'Nowhere'") as caught:
        stock(ledger(warehouses=("Nowhere",)), ginee, spool)
    assert f"Far is {FAR}" in caught.value.way_on
    with pytest.raises(ReadFault, match="names a warehouse twice"):
        stock(ledger(warehouses=("Home", HOME)), ginee, spool)


def test_a_correction_while_ginee_is_away_is_not_sent(ginee: FakeGinee, ledger: Make) -> None:
    """What it was to be decided on cannot be read."""
    ginee.put("MUG", 10)
    ginee.cut(STOCK, 9)
    answer = ledger().correct(asked(ginee))
    assert (answer.answered, ginee.adjusted) == (Answered.NOT_SENT, [])
    assert ledger().posted([REF]) == {}
