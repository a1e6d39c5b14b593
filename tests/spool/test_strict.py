"""Bad files: every fault with its line, its column, and the way to write it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stockrecon.core.sources import TableFile
from stockrecon.core.tables import HISTORY, LEDGER_LISTINGS, ORDERS, PUSHES, SHOP_LISTINGS, STOCK, Table
from stockrecon.errors import DataFault
from stockrecon.spool.strict import check_table, read_rows


def told(folder: Path, table: Table, data: str | bytes, zone: str | None = None, limit: int = 100) -> list[str]:
    path = folder / "x.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return [str(fault) for fault in check_table(TableFile(str(path), "shop/x.csv", zone=zone), table, limit)]


@pytest.mark.parametrize(
    "data",
    [
        "sku,available\n",
        "sku,available\nA,1\n",
        "\ufeffsku,available\r\nA,1\r\n",
        "sku,available\rA,1\r",
        "available,sku,what else\n-1,A,\n007, A ,x\n",
        'sku,available\n"A,1",1\n"say ""x""",0\n"two\nlines",2\n"spaced"  ,"3"\n',
        "sku,available\n\nA,1\n\n",
        "sku,available\nA,1,,\n",
        "sku,available,updated_at\nA,1,2026-11-11T00:00:00+07:00\nB,1,2026-11-11 00:00Z\nC,1,\n",
        "sku,available\nA\u00a0,1\nA\u200b,1\nＡ,1\na,1\n A,1\n",
    ],
)
def test_files_without_a_fault(tmp_path: Path, data: str) -> None:
    """With or without byte order mark, any one line end, unknown columns, exact SKUs."""
    assert told(tmp_path, STOCK, data) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", "shop/x.csv: is empty: its first line must name the columns sku,available,updated_at"),
        ("\nsku,available\n", "shop/x.csv:1: the line is blank: the first line must name the columns"),
        (
            "sku;available\nA;1\n",
            "shop/x.csv:1:4: columns are separated by ';', expected ',': save the file as CSV with commas",
        ),
        (
            "sku\tavailable\nA\t1\n",
            "shop/x.csv:1:4: columns are separated by tabs, expected ',': save the file as CSV with commas",
        ),
        ("sku,qty\nA,1\n", "shop/x.csv:1: available: the column is missing; the file has sku, qty"),
        ("SKU,available\nA,1\n", "shop/x.csv:1:1: SKU: the column is not known: did you mean 'sku'?"),
        ("sku,avaliable\nA,1\n", "shop/x.csv:1:5: avaliable: the column is not known: did you mean 'available'?"),
        (
            "sku,available,Updated At\nA,1,\n",
            "shop/x.csv:1:15: Updated At: the column is not known: did you mean 'updated_at'?",
        ),
        ("sku,sku,available\nA,A,1\n", "shop/x.csv:1:5: sku: the column is there twice (first as column 1)"),
        (b"PK\x03\x04rest", "shop/x.csv: is a spreadsheet or zip file, not CSV: save the sheet as CSV UTF-8"),
        ("sku,available\n".encode("utf-16"), "shop/x.csv: is UTF-16, not UTF-8: save the file as CSV UTF-8"),
        (b"sku,available\nA,1\nB\xe9,1\n", "shop/x.csv:3:2: byte 20 (0xe9) is not UTF-8: save the file as UTF-8"),
        (b"\xef\xbb\xbfsku,available\n\xff,1", "shop/x.csv:2:1: byte 18 (0xff) is not UTF-8: save the file as UTF-8"),
        (b"sku,available\nA,1\nB\xe9", "shop/x.csv:3:2: byte 20 (0xe9) is not UTF-8: save the file as UTF-8"),
        (
            "sku,available\nA\n",
            "shop/x.csv:2:2: the row has 1 cell, the header has 2: available and what follows it are missing",
        ),
        (
            "sku,available\nA, B,1\n",
            "shop/x.csv:2:6: the row has 3 cells, the header has 2: a comma inside a cell needs quotes around the cell",
        ),
        (
            "sku,available\nA,1,000\n",
            "shop/x.csv:2:3: available: the row has 3 cells, the header has 2: is available 1,000? Write 1000",
        ),
        ('sku,available\nA,"1\nB,2\n', "shop/x.csv:2:3: the quote that opens here is never closed"),
        (
            'sku,available\n"A"B,1\n',
            'shop/x.csv:2:4: text after a closing quote: write a quote inside a quoted cell twice ("")',
        ),
        (
            'sku,available\nA, "1"\n',
            "shop/x.csv:2:3: spaces before a quote: remove them, or put them between the quotes",
        ),
        ("sku,available\nA\0,1\n", "shop/x.csv:2:1: sku: 'A\\x00' has a NUL byte"),
        (
            "sku,available\r\nA,1\nB,1\r\n",
            "shop/x.csv:2: the line ends with LF, those before with CR LF: save the file with one kind of line end",
        ),
        ("sku,available\n,1\n", "shop/x.csv:2:1: sku: is empty"),
        ("sku,available\nA,\n", "shop/x.csv:2:3: available: is empty"),
        ("sku,available\nA,1\nB,2\nA,1\n", "shop/x.csv:4:1: sku: sku 'A' is there twice, first in line 2"),
        ('sku,available\n"x\ny",z\n', "shop/x.csv:3:4: available: 'z' is not a whole number"),
    ],
)
def test_one_fault(tmp_path: Path, data: str | bytes, expected: str) -> None:
    """What is wrong, where, and what to do."""
    assert told(tmp_path, STOCK, data) == [expected]


def test_faults_of_a_shops_listings(tmp_path: Path) -> None:
    """Negative sellable, a choice, a duplicate listing, a misspelt optional column: all at once."""
    data = (
        "item_id,variation_id,seller_sku,sellable,state,campain\n"
        "1,,A,-5,ok,0\n"
        "1,,B,5,delete,0\n"
        '2,,"a, ""b""",1.0,ok,0\n'
    )
    assert told(tmp_path, SHOP_LISTINGS, data) == [
        "shop/x.csv:1:48: campain: the column is not known: did you mean 'campaign'?",
        "shop/x.csv:2:6: sellable: '-5' is negative; it must be 0 or more",
        "shop/x.csv:3:8: state: 'delete' is none of ok, warning, error, banned, deleted, reviewing, unlisted:"
        " did you mean 'deleted'?",
        "shop/x.csv:3:1: item_id+variation_id: item_id '1', variation_id '' is there twice, first in line 2",
        "shop/x.csv:4:15: sellable: '1.0' is not a whole number: write 1",
    ]


def test_times_without_an_offset(tmp_path: Path) -> None:
    """The words name the file where the zone is set; with a zone such times are understood."""
    data = "order_id,item_id,quantity,status,created_at\no,1,1,paid,2026-11-11T00:00:00\n"
    (fault,) = told(tmp_path, ORDERS, data)
    assert fault == (
        "shop/x.csv:2:12: created_at: '2026-11-11T00:00:00' has no offset: "
        "write 2026-11-11T00:00:00+07:00 or set zone in shop.yaml"
    )
    assert told(tmp_path, ORDERS, data, "Asia/Ho_Chi_Minh") == []
    assert told(tmp_path, ORDERS, data, "Asia/Hanoi") == [
        "shop/x.csv: zone 'Asia/Hanoi' is not known: write Asia/Ho_Chi_Minh or +07:00"
    ]
    pushes = "shop,item_id,quantity,at,ok\nnorth,1,1,2026-11-11T00:00,maybe\n"
    assert told(tmp_path, PUSHES, pushes) == [
        "shop/x.csv:2:11: at: '2026-11-11T00:00' has no offset: "
        "write 2026-11-11T00:00+07:00 or set zone in ledger.yaml",
        "shop/x.csv:2:28: ok: 'maybe' is neither true nor false",
    ]


def test_a_component_twice_and_no_units(tmp_path: Path) -> None:
    """Rows without an item id may repeat; a component of one listing may not; a unit is at least one."""
    data = "shop,item_id,sku,units\nn,1,A,0\nn,,A,1\nn,,A,1\nn,1,A,2\n"
    assert told(tmp_path, LEDGER_LISTINGS, data) == [
        "shop/x.csv:2:7: units: '0' is too small; it must be 1 or more",
        "shop/x.csv:5:1: shop+item_id+sku: shop 'n', item_id '1', sku 'A' is there twice, first in line 2",
    ]


def test_at_most_so_many_faults(tmp_path: Path) -> None:
    """The first hundred are enough to begin with."""
    data = "sku,available\n" + "".join(f"S{number},x\n" for number in range(500))
    assert len(told(tmp_path, STOCK, data)) == 100
    assert len(told(tmp_path, STOCK, data, limit=3)) == 3


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    """Missing, a folder, no right to read."""

    def words(path: Path) -> list[str]:
        return [str(fault) for fault in check_table(TableFile(str(path), path.name), STOCK)]

    assert words(tmp_path / "none.csv") == ["none.csv: the file does not exist"]
    (tmp_path / "folder.csv").mkdir()
    assert words(tmp_path / "folder.csv") == ["folder.csv: is a folder, not a file"]
    if os.geteuid() != 0:
        (tmp_path / "closed.csv").touch(0)
        assert words(tmp_path / "closed.csv") == ["closed.csv: the file cannot be read: Permission denied"]


def test_a_line_without_an_end(tmp_path: Path) -> None:
    """Whatever is no table does not fill the memory."""
    assert told(tmp_path, STOCK, b"x" * 5_000_000) == ["shop/x.csv:1: the line is longer than 2,000,000 characters"]
    data = b'sku,available\n"' + b"x\n" * 1_100_000
    assert told(tmp_path, STOCK, data) == ["shop/x.csv:2:1: the quote that opens here is never closed"]


def test_blocks_do_not_show(tmp_path: Path) -> None:
    """Characters and line ends that fall between two blocks of the file are read as anywhere else."""
    for pad in range(1 << 20, (1 << 20) - 40, -1):
        lines = [b"at,item_id,sellable\r\n", b"#" * (pad - 60) + b",1,1\r\n", "né,Ａ€,-1\r\n".encode()]
        path = tmp_path / "x.csv"
        path.write_bytes(b"".join(lines) + b"y" * 100 + b",1,2\r\n")
        faults = check_table(TableFile(str(path), "x.csv"), HISTORY)
        assert [(one.line, one.column) for one in faults] == [(2, 1), (3, 1), (3, 7), (4, 1)]


def test_rows_after_a_check(tmp_path: Path) -> None:
    """By name, with the defaults; nothing is handed out of a file with faults."""
    path = tmp_path / "x.csv"
    path.write_text("item_id,sellable,seller_sku\n1,2,A\n")
    (row,) = read_rows(TableFile(str(path), "x.csv"), SHOP_LISTINGS, "north")
    assert (row["item_id"], row["variation_id"], row["sellable"], row["state"]) == ("1", "", "2", "ok")
    path.write_text("item_id,sellable,seller_sku\n1,2,A\n1,x,A\n")
    with pytest.raises(DataFault, match=r"north: x\.csv:3:3: sellable: 'x' is not a whole number"):
        next(read_rows(TableFile(str(path), "x.csv"), SHOP_LISTINGS, "north"))
