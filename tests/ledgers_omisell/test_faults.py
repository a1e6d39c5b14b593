"""What can be wrong with keys, paths, fields and the configuration, and what `check` says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stockrecon.config.load import load
from stockrecon.core.secret import Secret
from stockrecon.errors import AuthFault, ConfigFault, ReadFault, UsageFault
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.omisell import OmisellLedger
from stockrecon.ledgers.omisell.errors import full_for, said
from stockrecon.registry import make_ledger
from tests.erp.wire import Fault
from tests.ledgers_omisell.house import CORRECTING, FIELDS, KEY, NOW, PATHS, SECRET, STOCK, House, ledger, settings

ENVIRON = {"K": KEY, "S": SECRET}
HEAD = "ledger:\n  type: omisell\n  api_key: {env: K}\n  api_secret: {env: S}\n"
TAIL = "shops: [{name: s, channel: file, path: s/}]\n"


def loaded(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "config.yaml"
    path.write_text(HEAD + text + TAIL, encoding="utf-8")
    return load(path, ENVIRON, plugins=lambda group: ())


def faults_of(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigFault) as told:
        loaded(tmp_path, text)
    return [str(fault).partition("config.yaml:")[2] for fault in told.value.faults]


def test_what_is_not_published_is_a_fault_with_its_place(tmp_path: Path) -> None:
    """It names the key, why it has no default, and where in Omisell's portal it is looked up."""
    path, field = faults_of(tmp_path, "")
    assert path.startswith("2:3: ledger.paths.stock: missing: the path of the list of SKUs with their stock is not")
    assert field.startswith("2:3: ledger.fields.sku: missing: the field that holds the SKU")
    assert all("developers.omisell.com" in fault for fault in (path, field))


def test_names_that_nobody_knows_are_a_fault(tmp_path: Path) -> None:
    """With the one that was meant; and what a part needs where it is there at all."""
    text = "  paths: {stok: /x}\n  fields: {sku: code}\n  movement_fields: {id: id, sku: s, at: t, quantity: q}\n"
    missing, unknown, kind = faults_of(tmp_path, text)
    assert unknown == "5:11: ledger.paths.stok: unknown key (did you mean stock?)"
    assert missing.startswith("5:10: ledger.paths.stock: missing")
    assert kind.startswith("7:20: ledger.movement_fields.kind: missing")


def test_a_configuration_makes_the_ledger(tmp_path: Path) -> None:
    """What is published has its defaults."""
    text = "  paths: {stock: /open/stock}\n  fields: {sku: code, available: free}\n  shops: {s: 7}\n"
    found = make_ledger(loaded(tmp_path, text).ledger)
    assert isinstance(found, OmisellLedger)
    setup = found.setup
    assert (setup.base_url, setup.rate, setup.page_size) == ("https://api.omisell.com", 1.5, 50)
    assert (setup.paths["stock"], setup.paths["orders"]) == ("/open/stock", "/api/v2/public/order/list")
    found.close()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"api_key": None}, "api_key and api_secret are needed"),
        ({"api_secret": None}, "api_key and api_secret are needed"),
        ({"account_key": Secret("x")}, "not several"),
        ({"api_key": None, "partner_key": Secret("x")}, "seller_id and country"),
        ({"paths": {}}, "paths.stock and fields.sku"),
        ({"fields": {"sku": "code"}}, "ledger.fields.available: missing: the field that holds what Omisell calls"),
        ({"available": "on_hand - held"}, "ledger.fields.on_hand: missing"),
        ({"warehouses": ["W1"]}, "ledger.fields.warehouse: missing"),
        ({"paths": {**PATHS, "sku": "/one"}}, r"ledger.paths.sku: \{sku\} has to stand"),
        ({"paths": {**PATHS, "movements": "/m"}}, "ledger.movement_fields.quantity: missing"),
        ({"statuses": {"210": "unpaid"}}, "no meaning of a state"),
        ({"kinds": {"x": "correction"}}, "no kind of movement"),
        ({"shops": {"a": "7", "b": "7"}}, "two shops"),
        ({"page_size": "0"}, "ledger.page_size"),
        ({"zone": "Hanoi"}, "ledger.zone"),
    ],
)
def test_settings_that_cannot_be_meant(address: str, more: dict[str, object], words: str) -> None:
    """Told when the ledger is made, before anything is asked."""
    with pytest.raises(UsageFault, match=words):
        OmisellLedger(settings(address, **more))


def test_a_wrong_pair_is_told_as_such(house: House, address: str, tmp_path: Path) -> None:
    """With where a new one is made, and without the pair."""
    book = ledger(house, address, api_secret=Secret("wrong-one"))
    with pytest.raises(AuthFault, match="Wrong API key") as told:
        book.read(tmp_path, NOW)
    assert "API Tool" in told.value.way_on
    assert "wrong-one" not in str(told.value)
    (line,) = book.check()
    assert (line.ok, line.what) == (False, "key")


def test_a_token_that_ran_out_is_got_anew(house: House, address: str, tmp_path: Path) -> None:
    """Once in a call; one that is refused all the same is a fault of the key."""
    book = ledger(house, address)
    assert book.read(tmp_path, NOW).tables
    house.token = "another program's"
    assert book.reread(["A"])  # type: ignore[list-item]
    assert house.tokens == 2
    token = house._token

    def useless(asked: Any) -> Any:
        told = token(asked)
        house.token = "never this one"
        return told

    house._token = useless  # type: ignore[method-assign]
    house.token = "again another's"
    with pytest.raises(AuthFault, match="also after the token was renewed") as told:
        book.reread(["A"])  # type: ignore[list-item]
    assert "ledger.api_key" in told.value.way_on


def test_other_keys_are_sent_as_they_are(house: House, address: str, tmp_path: Path) -> None:
    """Of a business, or of a partner with the seller; no token is asked for."""
    pair = {"api_key": None, "api_secret": None}
    assert ledger(house, address, **pair, account_key=Secret("business")).read(tmp_path, NOW).tables
    partner = {"partner_key": Secret("p-1"), "seller_id": "S9", "country": "VN"}
    with pytest.raises(AuthFault, match="does not take the key"):
        ledger(house, address, **pair, **partner).read(tmp_path, NOW)
    sent = {name: house.headers[name] for name in ("authorization", "seller-id", "country", "content-type")}
    assert sent == {
        "authorization": "Partner p-1",
        "seller-id": "S9",
        "country": "VN",
        "content-type": "application/json",
    }
    assert house.tokens == 0


def test_a_path_that_is_not_there_names_its_key(house: House, address: str, tmp_path: Path) -> None:
    """And where to compare it; it is no empty ledger."""
    with pytest.raises(ReadFault, match=r"paths\.stock: HTTP 404") as told:
        ledger(house, address, paths={"stock": "/open/nothing"}).read(tmp_path, NOW)
    assert "ledger.paths.stock" in told.value.way_on


def test_a_missing_right(house: House, address: str, tmp_path: Path) -> None:
    """Told as such where Omisell answers 403, with a page or with its envelope."""
    house.faults.append(Fault("status", STOCK, status=403))
    with pytest.raises(ReadFault, match="HTTP 403"):
        ledger(house, address).read(tmp_path, NOW)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("", 0), ("x", 0), ("5/0", 0), ("79/100", 0), ("80/100", 18), ("100/100", 30), ("250/100", 30), ("32/40", 18)],
)
def test_a_bucket_that_fills_up_is_left_to_leak(header: str, seconds: int) -> None:
    """Until it is half empty, at the rate at which a full one empties in a minute."""
    assert full_for(header) == seconds


def test_other_programs_fill_the_same_bucket(house: House, address: str, tmp_path: Path) -> None:
    """What an answer says of it holds the next call up, before Omisell has to refuse one."""
    house.item("B", 1)
    house.served = 1
    for used, waits in (("79/100", 0.0), ("90/100", 24.0)):
        house.used, house.slept = used, []
        assert ledger(house, address, orders="none").read(tmp_path, NOW).tables
        assert sum(house.slept) == waits


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ("no", "no"),
        (["a", "b"], "a; b"),
        ({"sku": ["is wrong"]}, "sku: is wrong"),
        (None, ""),
        (7, ""),
        ("a\nb", "a b"),
    ],
)
def test_messages_are_told_on_one_line(messages: object, words: str) -> None:
    """Whatever form they have."""
    assert said(messages) == words


def line(lines: Any, what: str) -> LedgerCheck:
    (found,) = [one for one in lines if one.what == what]
    return found  # type: ignore[no-any-return]


def test_check_tells_what_is_known_and_what_is_not(house: House, address: str) -> None:
    """Key, shops, stock, the formula with both knobs, every path that is not named; nothing is changed."""
    house.shops.append({"shop_id": 8, "shop_name": "Lazada"})
    lines = ledger(house, address, paths={"stock": STOCK}).check()
    assert [one.ok for one in lines if one.ok is False] == []
    assert line(lines, "available").text == (
        "is available; Omisell has taken buffer stock off already; supplementary stock is NOT added"
    )
    assert [one.text for one in lines if one.what == "shops"] == [
        "7 (Shopee Vietnam) is shopee-vn",
        "without a shop of the configuration: 8 (Lazada)",
    ]
    for name in ("sku", "movements", "adjust"):
        assert "developers.omisell.com" in line(lines, f"paths.{name}").text
    assert "By hand" in line(lines, "corrections").text
    assert {call.partition(" ")[0] for call in house.calls if "token" not in call} == {"GET"}


def test_check_of_a_full_configuration(house: House, address: str) -> None:
    """Movements are tried, and corrections can be posted."""
    house.move("A", 1)
    lines = ledger(house, address, **CORRECTING).check()
    assert line(lines, "movements").text.startswith("1 in the last 3 days, from ")
    assert line(lines, "corrections").ok is True
    assert not house.calls.count("POST /open/adjust")


@pytest.mark.parametrize(
    ("more", "what", "words"),
    [
        ({"shops": {"x": "9"}}, "shops", "names 9, which Omisell does not list"),
        ({"fields": {**FIELDS, "available": "qty.nothing"}}, "ledger", "stock of A: available (qty.nothing)"),
        ({"paths": {"stock": "/no"}}, "ledger", "paths.stock: HTTP 404"),
        ({"paths": {**PATHS, "sku": "/no/{sku}"}}, "ledger", "paths.sku does not give A"),
    ],
)
def test_check_names_what_is_wrong(house: House, address: str, more: dict[str, Any], what: str, words: str) -> None:
    """With the way on, and without raising."""
    wrong = [one for one in ledger(house, address, **more).check() if one.ok is False]
    assert wrong[0].what == what
    assert words in wrong[0].text
    assert wrong[0].way_on


def test_secrets_are_never_told(house: House, address: str, tmp_path: Path) -> None:
    """Not even where Omisell's own message holds them."""
    say: Callable[[], str] = lambda: f"bad token {house.token} of {SECRET}"  # noqa: E731
    read = house._read

    def echo(asked: Any) -> Any:
        told = read(asked)
        if asked.path == STOCK:
            told.document.update(error=True, error_code=9, messages=say())
        return told

    house._read = echo  # type: ignore[method-assign]
    with pytest.raises(ReadFault) as told:
        ledger(house, address).read(tmp_path, NOW)
    assert house.token not in str(told.value)
    assert SECRET not in str(told.value)
