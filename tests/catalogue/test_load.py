"""Loading: what is wrong is told with its place, and one shop's broken data hurts no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.catalogue import Catalogue
from stockrecon.catalogue.engine import guarded
from stockrecon.core.model import Capabilities, ShopName, Sku
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.sources import LedgerRead, Pulled, TableFile
from stockrecon.errors import DataFault, OutputFault, UsageFault
from tests.catalogue.build import NOW

LISTINGS = "item_id,variation_id,seller_sku,sellable\n"
NORTH, SOUTH = ShopName("north"), ShopName("south")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "work", memory_limit="300MB", threads=2) as opened:
        yield opened


def files(folder: Path, zone: str | None = None, **texts: str | bytes) -> dict[str, TableFile]:
    folder.mkdir(parents=True, exist_ok=True)
    tables = {}
    for name, text in texts.items():
        path = folder / f"{name}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        tables[name] = TableFile(str(path), f"{folder.name}/{name}.csv", zone=zone)
    return tables


def load_ledger(catalogue: Catalogue, folder: Path, zone: str | None = None, **texts: str | bytes) -> datetime:
    return catalogue.load_ledger(LedgerRead("file", None, files(folder / "ledger", zone, **texts))).as_of


def load_shop(catalogue: Catalogue, folder: Path, shop: ShopName, zone: str = "UTC", **texts: str | bytes) -> None:
    tables = files(folder / shop, None, **texts)
    catalogue.load_shop(ShopPolicy(shop, "file"), Pulled(shop, "file", NOW, True, Capabilities("file"), tables, zone))


def test_all_faults_of_all_ledger_tables_at_once(catalogue: Catalogue, tmp_path: Path) -> None:
    """Each with file, line, column and the column's name."""
    with pytest.raises(DataFault) as raised:
        load_ledger(
            catalogue,
            tmp_path,
            stock="sku,available\nA,1.0\nA,2\n",
            movements="id,sku,at,quantity,kind\n1,A,2026-02-31T00:00:00Z,1,order\n1,A,2026-02-01T00:00:00Z,1,sale\n",
        )
    assert raised.value.text.split("\n") == [
        "ledger: ledger/stock.csv:2:3: available: '1.0' is not a whole number: write 1",
        "ledger/stock.csv:3:1: sku: sku 'A' is there twice, first in line 2",
        "ledger/movements.csv:2:5: at: '2026-02-31T00:00:00Z' has no such day: 2026-02 has 28 days",
        "ledger/movements.csv:3:28: kind: 'sale' is none of order, cancel, return, manual, stocktake, receipt,"
        " transfer, correction",
        "ledger/movements.csv:3:1: id: id '1' is there twice, first in line 2",
    ]
    assert raised.value.exit_code == 13


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LISTINGS + "1,,A,-1\n", "north: north/listings.csv:2:6: sellable: '-1' is negative; it must be 0 or more"),
        (
            LISTINGS + "1,,A,1\n1,,B,1\n",
            "listings.csv:3:1: item_id+variation_id: item_id '1', variation_id '' is there",
        ),
        (LISTINGS + "1,,A,1,5\n", "listings.csv:2:8: the row has 5 cells, the header has 4"),
        (LISTINGS + "1,,A\n", "listings.csv:2:5: the row has 3 cells, the header has 4"),
        (LISTINGS + '1,,"A,1\n', "listings.csv:2:4: the quote that opens here is never closed"),
        (LISTINGS.encode() + b"1,,\xff,1\n", "listings.csv:2:4: byte 45 (0xff) is not UTF-8"),
        (LISTINGS + "1,,A\0,1\n", r"listings.csv:2:4: seller_sku: 'A\x00' has a NUL byte"),
        (LISTINGS.replace(",", ";"), "listings.csv:1:8: columns are separated by ';', expected ','"),
        ("item_id,sellable\n1,1\n", "listings.csv:1: seller_sku: the column is missing"),
        ("", "listings.csv: is empty"),
    ],
)
def test_a_broken_shop_hurts_no_other(catalogue: Catalogue, tmp_path: Path, text: str | bytes, words: str) -> None:
    """Its fault names it; nothing of it stays, and it can be loaded again once it is mended."""
    load_ledger(catalogue, tmp_path, stock="sku,available,updated_at\nA,1,2026-11-11T00:00:00Z\n")
    orders = "order_id,item_id,quantity,status,created_at\no,1,1,paid,2026-11-11T00:00:00Z\n"
    with pytest.raises(DataFault) as raised:
        load_shop(catalogue, tmp_path, NORTH, listings=text, orders=orders)
    assert words in raised.value.text
    assert raised.value.who == "north"
    load_shop(catalogue, tmp_path, SOUTH, listings=LISTINGS + "1,,A,2\n")
    catalogue.compare(Policy(), {NORTH: ShopPolicy(NORTH, "file"), SOUTH: ShopPolicy(SOUTH, "file")})
    assert catalogue.suspects() == ["A"]
    (facts,) = catalogue.facts([Sku("A")])
    assert [one.key.shop for one in facts.listings] == ["south"]
    assert facts.orders == ()
    load_shop(catalogue, tmp_path, NORTH, listings=LISTINGS + "1,,A,1\n", orders=orders)
    (facts,) = catalogue.facts([Sku("A")])
    assert [one.key.shop for one in facts.listings] == ["north", "south"]
    assert len(facts.orders) == 1
    assert (catalogue.listings(NORTH), catalogue.listings(SOUTH)) == (1, 1)


def test_a_shop_read_again_replaces_its_first_reading(catalogue: Catalogue, tmp_path: Path) -> None:
    """Also where the second reading is broken: then nothing of it is left, and the others still are."""
    load_ledger(catalogue, tmp_path, stock="sku,available,updated_at\nA,1,2026-11-11T00:00:00Z\n")
    orders = "order_id,item_id,quantity,status,created_at\no,1,1,paid,2026-11-11T00:00:00Z\n"
    for _ in range(2):
        load_shop(catalogue, tmp_path, NORTH, listings=LISTINGS + "1,,A,1\n", orders=orders)
    load_shop(catalogue, tmp_path, SOUTH, listings=LISTINGS + "1,,A,1\n")
    (facts,) = catalogue.facts([Sku("A")])
    assert (len(facts.listings), len(facts.orders)) == (2, 1)
    with pytest.raises(DataFault):
        load_shop(catalogue, tmp_path, NORTH, listings=LISTINGS + "1,,A,x\n")
    (facts,) = catalogue.facts([Sku("A")])
    assert [one.key.shop for one in facts.listings] == ["south"]
    assert facts.orders == ()
    assert catalogue.listings(NORTH) == 0


def test_a_fault_in_a_lesser_table_names_it(catalogue: Catalogue, tmp_path: Path) -> None:
    """Campaigns, orders and history are judged as strictly; all their faults come at once."""
    load_ledger(catalogue, tmp_path, stock="sku,available,updated_at\nA,1,2026-11-11T00:00:00Z\n")
    with pytest.raises(DataFault) as raised:
        load_shop(
            catalogue,
            tmp_path,
            NORTH,
            listings=LISTINGS,
            campaigns="campaign_id,item_id,starts_at,ends_at,locked,state\nc,1,x,x,1,ended\n",
            history="at,item_id,sellable\n2026-11-11T00:00:00,1,1\n",
        )
    assert [(fault.file, fault.line, fault.column, fault.path) for fault in raised.value.faults] == [
        ("north/campaigns.csv", 2, 5, "starts_at"),
        ("north/campaigns.csv", 2, 7, "ends_at"),
        ("north/history.csv", 2, 1, "at"),
    ]


def test_a_missing_file_and_an_unknown_zone(catalogue: Catalogue, tmp_path: Path) -> None:
    """Told as data that could not be read."""
    gone = {"stock": TableFile(str(tmp_path / "stock.csv"), "ledger/stock.csv")}
    with pytest.raises(DataFault, match=r"ledger: ledger/stock\.csv: the file does not exist"):
        catalogue.load_ledger(LedgerRead("file", None, gone))
    with pytest.raises(DataFault, match=r"north: shop\.yaml: zone: zone 'Mars' is not known"):
        load_shop(catalogue, tmp_path, NORTH, "Mars", listings=LISTINGS)
    with pytest.raises(DataFault, match="zone 'Mars' is not known"):
        load_ledger(catalogue, tmp_path, "Mars", stock="sku,available,updated_at\nA,1,2026-11-11T00:00:00\n")


def test_when_the_ledger_was_read(catalogue: Catalogue, tmp_path: Path) -> None:
    """The latest time of its tables, zones counted; where there is none, it has to be told."""
    as_of = load_ledger(
        catalogue,
        tmp_path,
        "+07:00",
        stock="sku,available,updated_at\nA,1,2026-11-11T07:00:00\n",
        pushes="shop,item_id,quantity,at,ok\nnorth,1,1,2026-11-11T06:30:00+06:00,1\n",
    )
    assert as_of == datetime(2026, 11, 11, 0, 30, tzinfo=UTC)
    with pytest.raises(DataFault, match=r"nothing tells when it was read: add as_of to ledger\.yaml"):
        load_ledger(catalogue, tmp_path, stock="sku,available\nA,1\n")


def test_exact_texts_and_large_numbers(catalogue: Catalogue, tmp_path: Path) -> None:
    """Leading zeros, case, width, spaces, quotes, line ends and 18 digits survive; columns may come in any order."""
    skus = ["00123", "a", "A", "Ａ", " A", "A ", 'A"', "A,1", "A\nB", "A\r\nB", "NULL", "1e3", "A\u00a0", "A\u200b"]
    most = 10**18 - 1
    rows = "".join(f'{most},"{sku.replace(chr(34), chr(34) * 2)}"\r\n' for sku in skus)
    stock = "available,sku\r\n" + rows
    listings = "".join(
        f'{number},"{sku.replace(chr(34), chr(34) * 2)}",{most},{most}\r\n' for number, sku in enumerate(skus)
    )
    load_ledger(
        catalogue, tmp_path, stock=stock, movements="id,sku,at,quantity,kind\n1,a,2026-11-11T00:00:00Z,1,manual\n"
    )
    load_shop(catalogue, tmp_path, NORTH, listings="item_id,seller_sku,sellable,campaign\r\n" + listings)
    catalogue.compare(Policy(), {NORTH: ShopPolicy(NORTH, "file")})
    facts = list(catalogue.facts(catalogue.suspects()))
    assert [one.sku for one in facts] == sorted(skus)
    assert {one.available for one in facts} == {most}
    assert {one.listings[0].exposed for one in facts} == {2 * most}
    totals = catalogue.totals()
    assert totals.variance_units == totals.oversell_units == most * len(skus)
    assert catalogue.counts(NORTH).exposed == 2 * most * len(skus)


def test_names_that_mean_something_to_a_database(catalogue: Catalogue, tmp_path: Path) -> None:
    """Folders with brackets and quotes, shops with quotes, columns that repeat or have no name."""
    folder = tmp_path / "it's [a] *folder?"
    shop = ShopName("o'north")
    header = 'item_id,seller_sku,sellable,"we""ird",SELLABLE,,,Sku x\n'
    load_ledger(catalogue, folder, stock="sku,available,updated_at\nA,1,2026-11-11T00:00:00Z\n")
    load_shop(catalogue, folder, shop, listings=header + "1,A,1,x,99,,,\n")
    catalogue.compare(Policy(), {shop: ShopPolicy(shop, "file")})
    assert catalogue.suspects() == []
    assert catalogue.totals().in_line == 1


def test_too_little_memory_is_told(tmp_path: Path) -> None:
    """With the way on, and without a traceback."""
    rows = "".join(f"S{number:09},{number},2026-11-11T00:00:00Z\n" for number in range(60_000))
    text = "sku,available,updated_at\n" + rows
    tight = Catalogue(tmp_path / "work", memory_limit="1MB", threads=1)
    with tight as catalogue, pytest.raises(UsageFault, match="comparing needs more memory"):
        load_ledger(catalogue, tmp_path, stock=text)


def test_an_interrupted_query_is_ctrl_c() -> None:
    """The database turns Ctrl-C into an error of its own; other errors stay what they are."""
    with pytest.raises(KeyboardInterrupt), guarded():
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="else"), guarded():
        raise RuntimeError("something else")


def test_a_work_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file in its place."""
    (tmp_path / "work").write_text("")
    with pytest.raises(OutputFault, match="cannot be made"), Catalogue(tmp_path / "work"):
        pass
