"""What Tryton, or what stands before it, may answer: each a fault that says what it is, and nothing made up."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.core.model import Sku
from stockrecon.core.sources import LedgerRead
from stockrecon.errors import AuthFault, DataFault, ReadFault
from stockrecon.ledgers.base import Answered
from stockrecon.ledgers.tryton import moves as moves_room
from stockrecon.ledgers.tryton import paging
from stockrecon.ledgers.tryton.fields import moment, written
from stockrecon.spool.cells import zone_of
from tests.ledgers_tryton.build import PASSWORD
from tests.ledgers_tryton.fake import NOW, SESSION, Fake, answers, broken, fails, move, product, stamp
from tests.ledgers_tryton.world import request

MOVES = "stock.move.search_read"


def read(fake: Fake, spool: Path, **options: object) -> LedgerRead:
    return fake.ledger(**options).read(spool, NOW)


def rows(read: LedgerRead, table: str) -> list[dict[str, str]]:
    with Path(read.tables[table].path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fault(fake: Fake, spool: Path, **options: object) -> ReadFault:
    with pytest.raises(ReadFault) as caught:
        read(fake, spool, **options)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answers(404), "stock.move.search_read: HTTP 404: no such database is there"),
        (answers(403), "stock.move.search_read: HTTP 403: Tryton does not take this call"),
        (answers(413), "stock.move.search_read: HTTP 413: Tryton does not take this call"),
        (answers(503), "stock.move.search_read: HTTP 503 (tried 3 times"),
        (answers(504), "stock.move.search_read: HTTP 504 (tried 3 times"),
        (answers(429), "stock.move.search_read: HTTP 429 (tried 3 times"),
        (answers(302), "answered with a redirect (HTTP 302), which is never followed"),
        (answers(200), "answered HTTP 200, and the body is HTML or XML, not JSON"),
        (broken, "the connection broke (tried 3 times"),
        (
            fails("UserError", ['You are not allowed to access "Stock Move".', "Within groups: x", None]),
            "Tryton refused",
        ),
        (fails("'nothing'", ""), "Tryton failed at stock.move.search_read: 'nothing'"),
        (fails(), "Tryton failed at stock.move.search_read: no reason told"),
        (lambda *_: {"not": "a list"}, "Tryton's answer is not understood: stock.move is no list of records"),
        (lambda *_: [{"id": 1}], "Tryton's answer is not understood: stock.move: product is no id"),
        (lambda *_: [{**move(1, 1), "create_date": None}], "stock.move: create_date is empty"),
        (lambda *_: [{**move(1, 1), "create_date": {"__class__": "datetime"}}], "create_date is no datetime"),
        (lambda *_: [{**move(1, 1), "internal_quantity": None}], "internal_quantity is no number"),
        (lambda *_: [{**move(1, 1), "internal_quantity": 1e300}], "internal_quantity is no number of units"),
        (lambda *_: [{**move(1, 1), "product.": None}], "product was asked for and is not there"),
    ],
)
def test_a_bad_answer(answer: Any, words: str, tmp_path: Path) -> None:
    """Reading ends with it; a passing one is tried again first, and nothing of the password or the session is told."""
    fake = Fake([product(1)], [move(1, 1)], {MOVES: answer})
    found = fault(fake, tmp_path)
    assert words in found.what
    assert found.way_on
    assert not any(secret in f"{found.what} {found.way_on}" for secret in (PASSWORD, SESSION))


def test_what_passes_is_tried_again(tmp_path: Path) -> None:
    """A database that is busy, a gateway that times out, a connection that breaks: the next try may be well."""
    fake = Fake([product(1)], [move(1, 1)], {MOVES: [answers(503), broken]})
    assert [row["sku"] for row in rows(read(fake, tmp_path), "movements")] == ["SKU-1"]
    assert fake.calls.count(MOVES) == 3


def test_a_session_that_is_over(tmp_path: Path) -> None:
    """It is opened once more; where Tryton does not know the new one either, that is told."""
    fake = Fake([product(1)], [move(1, 1)], {MOVES: [answers(401)]})
    assert rows(read(fake, tmp_path), "stock")
    assert fake.logins == 2
    found = fault(Fake([product(1)], [], {MOVES: answers(401)}), tmp_path)
    assert isinstance(found, AuthFault)
    assert found.what == "Tryton does not know the session that it has just opened"


def test_an_older_series(tmp_path: Path) -> None:
    """It takes calls at the database's own address; where nobody takes any, that is told."""
    fake = Fake([product(1)], handlers={"common.server.version": [answers(401), lambda *_: "7.0.59"]})
    assert rows(read(fake, tmp_path), "stock")
    assert fake.paths[:3] == ["/rpc/", "/", "/erp/"]
    assert set(fake.paths[2:]) == {"/erp/"}
    found = fault(Fake(handlers={"common.server.version": answers(404)}), tmp_path)
    assert found.what == "no Tryton answers at ledger.base_url"


def test_more_than_a_password_is_asked_for(tmp_path: Path) -> None:
    """Nobody is there to enter a code."""
    asks = fails("LoginException", ["sms_code", "SMS code for stockrecon", "char"])
    found = fault(Fake(handlers={"common.db.login": asks}), tmp_path)
    assert isinstance(found, AuthFault)
    assert found.what == "Tryton asks for more than a password: SMS code for stockrecon"


def test_the_session_is_ended(tmp_path: Path) -> None:
    """One login a run, and a logout at its end; that Tryton does not answer to the latter hurts nobody."""
    for answer in (None, broken, answers(500)):
        fake = Fake(handlers={"common.db.logout": [answer]})
        ledger = fake.ledger()
        ledger.read(tmp_path, NOW)
        ledger.close()
        assert (fake.logins, fake.calls[-1]) == (1, "common.db.logout")


@pytest.mark.parametrize(
    ("preferences", "words"),
    [
        ({"company": None, "companies": []}, "Tryton's user works in no company"),
        ({"companies": [1]}, "Tryton's user works in no company"),
        ({"company": 2, "companies": [2]}, "Tryton's user works in no company"),
        ([], "get_preferences does not answer"),
    ],
)
def test_a_user_without_a_company(preferences: object, words: str, tmp_path: Path) -> None:
    """All its quantities would be 0."""
    fake = Fake([product(1)], handlers={"res.user.get_preferences": lambda *_: preferences})
    assert words in fault(fake, tmp_path).what


def test_a_company_that_is_not_open(tmp_path: Path) -> None:
    """Asked for it by name, and working in another, the user would see nothing of it."""
    told = {"company": 2, "companies": [1, 2], "company_filter": "one"}
    fake = Fake([product(1)], handlers={"res.user.get_preferences": lambda *_: told})
    assert "does not work in the company Dunder Mifflin" in fault(fake, tmp_path, company="Dunder Mifflin").what
    everywhere = Fake(handlers={"res.user.get_preferences": [lambda *_: {**told, "company_filter": "all"}, None]})
    assert read(everywhere, tmp_path, company="Dunder Mifflin")


def test_warehouses_are_found(tmp_path: Path) -> None:
    """By code or name; one inside of another counts once; a name that two have is refused."""
    inner = {"id": 9, "name": "Shop", "code": None, "type": "warehouse", "parent": 5, "storage_location": 3}
    twin = {"id": 10, "name": "Shop", "code": None, "type": "warehouse", "parent": None, "storage_location": 3}
    places = [*Fake().places, inner]
    fake = Fake([product(1)], places=places)
    assert rows(read(fake, tmp_path), "stock") == [{"sku": "SKU-1", "available": "5", "updated_at": ""}]
    (line,) = [
        line for line in Fake(places=places).ledger(warehouses=["Shop", "WH"]).check() if line.what == "available"
    ]
    assert line.text.startswith("in Warehouse (WH): ")
    found = fault(Fake(places=[*places, twin]), tmp_path, warehouses=["Shop"])
    assert found.what == "warehouses: Shop stands for 2 locations"
    assert fault(Fake(places=[]), tmp_path).what == "Tryton has no warehouse that we may see"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_pages(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Products whose moves a page cuts off are read whole, whatever a page holds."""
    monkeypatch.setattr(moves_room, "PAGE", size)
    monkeypatch.setattr(paging, "PAGE", size)
    products = [product(number) for number in range(1, 6)]
    moves = [move(10 * number + each, number) for number in range(1, 6) for each in range(number)]
    got = read(Fake(products, moves), tmp_path)
    assert [row["id"] for row in rows(got, "movements")] == [str(row["id"]) for row in moves]
    assert len(rows(got, "stock")) == 5


def test_a_product_with_moves_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with the way on."""
    monkeypatch.setattr(moves_room, "PAGE", 1)
    monkeypatch.setattr(moves_room, "_MOST", 16)
    found = fault(Fake([product(1)], [move(number, 1) for number in range(1, 30)]), tmp_path)
    assert found.what == "product 1 has more than 16 stock moves in ledger.history"
    assert found.way_on == "Shorten ledger.history."


def test_pages_in_another_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are not by id could lack what stood between them."""
    monkeypatch.setattr(paging, "PAGE", 2)
    fake = Fake([product(3), product(1), product(2)])
    assert "are not in the order that was asked for" in fault(fake, tmp_path).what
    backwards = Fake([product(1), product(2)], [move(1, 2), move(2, 1)])
    assert "are not in the order that was asked for" in fault(backwards, tmp_path).what


@pytest.mark.parametrize("model", ["product.product", "stock.move"])
def test_a_count_that_does_not_agree(model: str, tmp_path: Path) -> None:
    """A list that lacks what Tryton counts is read once more, and then refused."""
    fake = Fake([product(1)], [move(1, 1)], {f"{model}.search_count": lambda *_: 3})
    found = fault(fake, tmp_path)
    assert found.what.startswith(f"{model}: Tryton counts 3 ")
    assert fake.calls.count(f"{model}.search_read") == 2
    grown = Fake([product(1)], [move(1, 1)], {f"{model}.search_count": [lambda *_: 0, None]})
    assert rows(read(grown, tmp_path), "stock")


def test_times_that_are_not_of_the_zone(tmp_path: Path) -> None:
    """A database server that writes its own zone's times is noticed, and the zone puts them right."""
    ahead = [move(1, 1, at=NOW + timedelta(hours=7) - timedelta(minutes=1))]
    found = fault(Fake([product(1)], ahead), tmp_path)
    assert "Tryton's times are 7.0 h ahead of its own clock" in found.what
    got = read(Fake([product(1)], ahead), tmp_path, zone="Asia/Ho_Chi_Minh")
    assert rows(got, "movements")[0]["at"] == "2026-11-11T11:59:00Z"


def test_codes(tmp_path: Path) -> None:
    """Exact, of one product each; what has none is counted, what two share is refused."""
    fake = Fake([product(1, " 00123"), product(2, "00123"), product(3, ""), product(4, "a"), product(5, "A")])
    got = read(fake, tmp_path)
    assert [row["sku"] for row in rows(got, "stock")] == [" 00123", "00123", "A", "a"]
    assert got.warnings == ("1 products of Tryton have no code and are not known here",)
    with pytest.raises(DataFault, match="the code 'X' stands for products 1, 2"):
        read(Fake([product(1, "X"), product(2, "X")]), tmp_path)
    (line,) = [line for line in Fake([product(1, "X"), product(2, "X")]).ledger().check() if line.ok is False]
    assert "stands for products 1, 2" in line.text


KIT = {"type": "kit", "template": 8}
PART = {"id": 1, "parent_template": 8, "parent_product": None, "product": 1, "product.": {"id": 1, "type": "goods"}}
EACH = {**PART, "quantity": 2.0, "unit": 1, "fixed": False}
SERVICE = {**EACH, "id": 2, "product": 7, "product.": {"id": 7, "type": "service"}}
OWN = {**EACH, "id": 3, "parent_template": None, "parent_product": 2, "quantity": 4.0}


@pytest.mark.parametrize(
    ("components", "units", "reason"),
    [
        ([EACH], "2", ""),
        ([EACH, SERVICE], "2", ""),
        ([EACH, {**EACH, "id": 2}], "4", ""),
        ([EACH, OWN], "4", ""),
        ([], "", "it has no components"),
        ([{**EACH, "fixed": True}], "", "the number of SKU-1 does not grow with the number of kits"),
        ([{**EACH, "quantity": 1.5}], "", "it takes no whole number of SKU-1 in that product's own unit"),
        ([{**EACH, "unit": 2}], "", "it takes no whole number of SKU-1 in that product's own unit"),
        ([{**EACH, "product": 9}], "", "a component has no code, or is not active"),
    ],
)
def test_kits(components: list[Any], units: str, reason: str, tmp_path: Path) -> None:
    """A kit is told by whole units of goods, or left out with its reason."""
    handlers: Any = {
        "product.component.search_count": lambda *_: len(components),
        "product.component.search_read": lambda *_: components,
    }
    got = read(Fake([product(1), product(2, "KIT", **KIT)], handlers=handlers), tmp_path)
    assert [row["sku"] for row in rows(got, "stock")] == ["SKU-1"]
    assert [row["units"] for row in rows(got, "listings")] == ([units] if units else []) if units else True
    assert got.warnings == ((f"kits that are not known here: KIT ({reason})",) if reason else ())


def test_a_correction_that_nobody_can_look_up() -> None:
    """What was sent and cannot be looked up is unknown; where nothing was sent, nothing was."""
    usual: Any = {
        "stock.inventory.search_read": lambda *_: [],
        "ir.attachment.search_read": lambda *_: [],
    }
    gone = Fake([product(1)], handlers={**usual, "stock.location.search_read": [None, broken, broken, broken]})
    answer = gone.ledger().correct(request(Sku("SKU-1"), 5))
    assert answer.answered is Answered.NOT_SENT
    lost: Any = {**usual, "stock.inventory.create": broken}
    lost["stock.inventory.search_read"] = [lambda *_: [], lambda *_: [], *[answers(503)] * 9]
    lost["stock.location.search_read"] = [None, lambda *_: [{"id": one, "quantity": 5.0} for one in (1, 2, 3)]]
    answer = Fake([product(1)], handlers=lost).ledger().correct(request(Sku("SKU-1"), 5))
    assert answer.answered is Answered.UNKNOWN, answer
    assert answer.text.startswith("whether it was posted cannot be told: ")
    assert "the connection broke" in answer.text


def test_a_correction_that_is_found_and_nothing_after_it() -> None:
    """That it had been posted is known, though Tryton dies before it tells what is available now."""
    asked = request(Sku("SKU-1"), 5)
    taken = {"id": 9, "origin": "stock.inventory.line,2", "from_location": 3, "internal_quantity": 1.0}
    handlers: Any = {
        "stock.inventory.search_read": lambda *_: [
            {"id": 1, "state": "done", "location": 3, "create_uid": 4, "lines": [2]}
        ],
        "ir.attachment.search_read": lambda *_: [{"id": 5, "name": asked.ref, "resource": "stock.inventory,1"}],
        "stock.inventory.line.search_read": lambda *_: [
            {"id": 2, "inventory": 1, "product": 1, "quantity": 4.0, "expected_quantity": 5.0}
        ],
        MOVES: [lambda *_: [taken], *[broken] * 9],
    }
    answer = Fake([product(1)], handlers=handlers).ledger().correct(asked)
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, None)
    assert answer.text == f"{asked.ref} had been posted before"


@pytest.mark.parametrize(("by", "ref"), [(0, "r"), (-1, "")])
def test_what_is_no_correction(by: int, ref: str) -> None:
    """Without a reference it could be posted twice; nothing is asked of Tryton."""
    fake = Fake()
    asked = request(Sku("SKU-1"), 5)
    answer = fake.ledger().correct(type(asked)(asked.sku, by, ref, "why", datetime.now(UTC), 5))
    assert (answer.answered, fake.calls) == (Answered.REJECTED, [])


@pytest.mark.parametrize(("series", "ok"), [("6.0", False), ("7.0", True), ("8.2", True), ("", None)])
def test_versions(series: str, ok: bool | None) -> None:
    """Too old is told, newer and older ones than the tested one as well."""
    fake = Fake(handlers={"common.server.version": lambda *_: series})
    assert [line.ok for line in fake.ledger().check() if line.what == "version"] == [ok]


def test_times_are_written_as_they_are_read() -> None:
    """In the zone of the database server, both ways."""
    zone = zone_of("Asia/Ho_Chi_Minh")
    assert written(NOW, zone) == stamp(NOW + timedelta(hours=7))
    assert moment(written(NOW, zone), zone, "now") == NOW
