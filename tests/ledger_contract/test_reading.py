"""What every ledger promises of reading: the same book gives the same report."""

from __future__ import annotations

import csv
import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stockrecon.core.model import Sku
from tests.integration.seller import Document, Seller, differences
from tests.ledger_contract import story
from tests.ledger_contract.house import Config, House
from tests.ledger_contract.profiles import Profile
from tests.ledger_contract.shops import put_up
from tests.ledger_contract.tables import Csv

KINDS = ("order", "cancel", "return", "manual", "stocktake", "receipt", "transfer")
MINE = {*story.SKUS, *story.KITS}
_NUMBER = r"(?<=stockrecon:GHOST:)[^\s\"]+|(?<=ledger movement )\S+"
"""A movement's number, in a ref and as evidence."""


def rows(house: House, spool: Path) -> dict[str, list[dict[str, str]]]:
    """What a run reads."""
    read = house.open().read(spool, house.right_now())
    found = {}
    for name, table in read.tables.items():
        with Path(table.path).open(encoding="utf-8-sig", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def tables(house: House, spool: Path) -> dict[str, list[dict[str, str]]]:
    """Of a database that other tests use as well, what is of the canonical book."""
    return {name: [row for row in found if row["sku"] in MINE] for name, found in rows(house, spool).items()}


# The same book


def test_available_of_every_sku(told: House, tmp_path: Path) -> None:
    """Nothing, less than nothing, what orders hold, what lies in several warehouses, a name that has to be escaped."""
    assert {row["sku"]: int(row["available"]) for row in tables(told, tmp_path)["stock"]} == story.stock()
    assert min(story.stock().values()) < 0


def test_movements_of_every_kind(told: House, profile: Profile, tmp_path: Path) -> None:
    """Each with its time, its sign, its kind, its order with its shop, and a correction with its ref; no other."""
    names = ("sku", "quantity", "kind", "shop", "order_id", "ref")
    found = sorted(
        ([row[name] or "" for name in names], _moment(row["at"])) for row in tables(told, tmp_path)["movements"]
    )
    expected = [
        ([row[name] for name in names], _moment(row["at"]))
        for row in story.movements(told.noon)
        if row["kind"] not in told.lacks
    ]
    if profile.transit:
        at = told.noon - timedelta(days=5)
        expected += [(["SPREAD", by, "transfer", "", "", ""], at) for by in ("-1", "1")]
    assert [row for row, _ in found] == [row for row, _ in sorted(expected)]
    for (row, at), (_, right) in zip(found, sorted(expected), strict=True):
        assert abs(at - right) <= (profile.undated if "correction" in row else timedelta())
    assert {row["kind"] for row in story.movements(told.noon)} == {*KINDS, "correction"}


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def test_a_kit_is_its_components(told: House, tmp_path: Path) -> None:
    """In every shop, by its seller SKU; it has no stock of its own."""
    told.need("kits")
    found = tables(told, tmp_path)
    rows = [row for row in found["listings"] if row["seller_sku"] == "KIT"]
    assert sorted((row["shop"], row["item_id"], row["sku"], row["units"]) for row in rows) == [
        ("*", "", "BOX", "2"),
        ("*", "", "TEA", "1"),
    ]
    assert "KIT" not in {row["sku"] for row in found["stock"]}


def test_reading_again_gives_the_same(told: House) -> None:
    """Available of some SKUs, of those alone, and nothing of one that is not there."""
    told.need("rereading")
    expected = {sku: units for sku, units in story.stock().items() if sku in ("PLAIN", "NEG", story.STRANGE)}
    asked = [Sku(sku) for sku in (*expected, "plain", "nobody's")]
    assert told.open().reread(asked) == expected


def test_a_reading_changes_nothing(told: House, tmp_path: Path) -> None:
    """The next one gives the same rows."""
    assert tables(told, tmp_path / "one") == tables(told, tmp_path / "two")


def test_the_same_book_gives_the_same_report(told: House, profile: Profile, tmp_path: Path) -> None:
    """Every statement, finding, text, piece of evidence and action as with CSV files that tell what this ledger can
    tell. What differs is the ledger's type, a movement's number, and the document and balance behind one."""
    untold = frozenset(told.lacks) & {"kits", *KINDS}
    by_csv = as_files_say(told.noon, untold)
    here = document(told, told.ledger(), tmp_path / "here")
    if profile.once:
        # What other tests have put up in the same house stands in no shop.
        here["summary"].pop("unlisted", None)
        here["summary"]["by_scenario"].pop("unlisted", None)
    assert here["ledger"]["type"] == profile.told_type
    assert here["ledger"]["as_of"] == by_csv["ledger"]["as_of"]
    assert differences(by_csv | {"ledger": None}, here | {"ledger": None}) == []
    expected = {"in-flight", "order-not-imported", "orders-too-near", "cancelled-order-restock", "unexplained"}
    if "manual" in untold:  # what nobody tells of a write-up nobody can audit
        expected -= {"cancelled-order-restock"}
    assert expected <= set(by_csv["summary"]["by_scenario"])
    corrected = [action["by"] for action in by_csv["plan"]["actions"] if action["kind"] == "adjust-ledger"]
    assert corrected == ([-1] if "cancelled-order-restock" in expected else [])


@cache
def as_files_say(noon: datetime, untold: frozenset[str]) -> Document:
    with ExitStack() as stack, TemporaryDirectory() as folder:
        files = Csv(Path(folder), stack)
        files.noon = noon
        files.dates()
        files.play()
        files.leave_out(untold)
        return document(files, files.ledger(), Path(folder) / "run")


def document(house: House, ledger: Config, folder: Path) -> Document:
    """The report of `diff` on the canonical book, with the movement's number in a ref, and what is made of it, written
    as `*`."""
    folder.mkdir()
    policy = {"max_age": {"file": "3650d", "network": "3650d"}}
    seller = Seller(folder, put_up(folder, house.noon), None, ledger, policy)
    seller.secrets |= set(house.secrets)
    found = seller.diff(clock=lambda: house.noon, everything=False, skus=sorted(MINE)).document
    numbered = [action["id"] for action in found["plan"]["actions"] if action["kind"] == "adjust-ledger"]
    found["summary"]["skus"] = found["plan"]["digest"] = None
    for statement in found["statements"]:
        for evidence in (each for finding in statement["findings"] for each in finding["evidence"]):
            # Behind a movement stands its document, as the ledger calls it, and the balance where it is told.
            evidence["fact"] = re.sub(r", balance -?[0-9]+$", "", evidence["fact"].partition(" (")[0])
    starred: Document = _starred(found, re.compile("|".join([_NUMBER, *numbered])))
    return starred


def _starred(value: Any, numbers: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {key: _starred(each, numbers) for key, each in value.items()}
    if isinstance(value, list):
        return [_starred(each, numbers) for each in value]
    return numbers.sub("*", value) if isinstance(value, str) else value
