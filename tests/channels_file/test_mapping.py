"""A shop in files whose tables are exports of a seller center, with columns of their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from openpyxl import Workbook

from stockrecon.channels.base import PullRequest, Surroundings, Upload
from stockrecon.channels.files import FileChannel
from stockrecon.config import load
from stockrecon.core.model import ListingKey, ShopName
from stockrecon.core.policy import Policy
from stockrecon.core.tables import SHOP_TABLES
from stockrecon.errors import ConfigFault, DataFault, ReadFault
from stockrecon.spool.strict import read_rows

AS_OF = datetime(2026, 11, 11, 12, tzinfo=UTC)
KEY = ListingKey(ShopName("north"), "1001", "")
MAPPING = {
    "file": "mass_update_*.xlsx",
    "header": 3,
    "columns": {"item_id": "Product ID", "variation_id": "Variation ID", "seller_sku": "SKU", "sellable": "Stock"},
    "orders": {
        "file": "orders.csv",
        "times": "%d/%m/%Y %H:%M",
        "columns": {
            "order_id": "Order",
            "item_id": "Product",
            "quantity": "Qty",
            "status": "State",
            "created_at": "Made",
        },
        "values": {"status": {"Unpaid": "unpaid", "To ship": "paid"}},
    },
}
ROWS: tuple[tuple[Any, ...], ...] = (
    ("Mass update", None, None, None, None),
    ("read only", "read only", "read only", "read only", "may be edited"),
    ("Product ID", "Variation ID", "Product Name", "SKU", "Stock"),
    ("1001", None, "Mug", "MUG", 7),
    ("1002", "5", "Cup", "CUP", 2),
)


def made(folder: Path, mapping: object = MAPPING, rows: tuple[tuple[Any, ...], ...] = ROWS) -> FileChannel:
    shop = folder / "north"
    shop.mkdir()
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(shop / "mass_update_1.xlsx")
    orders = "Order,Product,Qty,State,Made\no1,1001,1,To ship,11/11/2026 18:30\n"
    (shop / "orders.csv").write_text(orders, encoding="utf-8")
    described = "as_of: 2026-11-11T19:00:00+07:00\nzone: Asia/Ho_Chi_Minh\n"
    (shop / "shop.yaml").write_text(described, encoding="utf-8")
    north = {"name": "north", "channel": "file", "path": "north", "mapping": mapping}
    config = folder / "stockrecon.yaml"
    config.write_text(yaml.safe_dump({"ledger": {"type": "file", "path": "x"}, "shops": [north]}), encoding="utf-8")
    return FileChannel(load(config, {}).shops[0], cast(Surroundings, None))


def request(folder: Path) -> PullRequest:
    return PullRequest(folder / "spool", AS_OF, cast(Policy, None))


def test_a_seller_centers_export_is_read(tmp_path: Path) -> None:
    """Names below rows of explanation, times and states in the export's own words, columns that nobody needs."""
    pulled = made(tmp_path).pull(request(tmp_path))
    rows = {name: list(read_rows(file, SHOP_TABLES[name], "north")) for name, file in pulled.tables.items()}
    assert [(r["item_id"], r["variation_id"], r["seller_sku"], r["sellable"]) for r in rows["listings"]] == [
        ("1001", "", "MUG", "7"),
        ("1002", "5", "CUP", "2"),
    ]
    (order,) = rows["orders"]
    assert (order["status"], order["created_at"]) == ("paid", "2026-11-11T11:30:00Z")
    assert pulled.as_of == AS_OF


def test_what_it_shows_is_told_again_and_checked(tmp_path: Path) -> None:
    """A listing asked for by its key is found in the export; the check finds it as it should be."""
    channel = made(tmp_path)
    _, listings = channel.shown([KEY])
    assert (listings[KEY].seller_sku, listings[KEY].sellable) == ("MUG", 7)
    assert not [line for line in channel.check() if line.ok is False]


def test_the_file_for_upload_is_no_export(tmp_path: Path) -> None:
    """What we write into the folder is not taken for an export that somebody put there."""
    channel = made(tmp_path, {"columns": MAPPING["columns"], "header": 3})
    (tmp_path / "north" / "orders.csv").unlink()
    channel.export([Upload(KEY, "MUG", 5)])
    assert channel.pull(request(tmp_path)).tables["listings"].shown.endswith("sheet Sheet")


def test_a_fault_names_the_shop_and_the_cell(tmp_path: Path) -> None:
    """The SKU that a spreadsheet made a number of is refused, with the shop, the sheet and the cell."""
    with pytest.raises(DataFault) as caught:
        made(tmp_path, rows=(*ROWS, ("1003", None, "Tee", 123, 1))).pull(request(tmp_path))
    assert caught.value.who == "north"
    (fault,) = caught.value.faults
    assert "mass_update_1.xlsx, sheet Sheet" in str(fault)
    assert "cell D6: 123 is a number" in str(fault)


def test_an_export_without_listings_is_no_empty_shop(tmp_path: Path) -> None:
    """A failed export does not make every listing disappear."""
    with pytest.raises(ReadFault, match="has no row below"):
        made(tmp_path, rows=ROWS[:3]).pull(request(tmp_path))


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        ("bigseller-stock", "keys expected"),
        ({"columns": {"item_id": "ID"}}, "mapping.columns: say which column is seller_sku, sellable"),
        (MAPPING | {"location": "Warehouse"}, "mapping.location: unknown key"),
    ],
)
def test_a_wrong_mapping_is_a_fault_of_the_configuration(tmp_path: Path, mapping: object, fault: str) -> None:
    """A shop's mapping says its columns itself, all that are needed; places are the ledger's."""
    with pytest.raises(ConfigFault) as caught:
        made(tmp_path, mapping)
    assert fault in str(caught.value)


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    """What the page shows of a mapping is one that the program takes."""
    page = (Path(__file__).parents[2] / "docs" / "channels" / "file.md").read_text(encoding="utf-8")
    (example,) = [
        one for one in re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL) if "mapping:" in one
    ]
    (shop,) = yaml.safe_load(example)["shops"]
    assert set(made(tmp_path, shop["mapping"]).settings.mapping) == {"listings", "orders"}
