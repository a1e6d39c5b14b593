"""The spool writer: canonical CSV, private, whole, and safe among threads."""

from __future__ import annotations

import csv
import io
import stat
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from stockrecon.core.tables import MOVEMENTS, PUSHES, STOCK
from stockrecon.errors import OutputFault
from stockrecon.spool.writer import SpoolWriter


def written(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def test_every_column_in_the_contracts_order_with_canonical_values(tmp_path: Path) -> None:
    """None is empty, a time is UTC with Z, a boolean is true or false, a missing key is empty."""
    path = tmp_path / "pushes.csv"
    at = datetime(2026, 11, 11, 7, 0, 0, 250000, timezone(timedelta(hours=7)))
    with SpoolWriter(PUSHES, path) as spool:
        spool.write({"shop": "a", "item_id": "1", "variation_id": None, "quantity": 7, "at": at, "ok": True})
        spool.write({"shop": "a", "item_id": "2", "quantity": -1, "at": at, "ok": False, "error": "no"})
    assert written(path) == (
        "shop,item_id,variation_id,quantity,at,ok,error\n"
        "a,1,,7,2026-11-11T00:00:00.250000Z,true,\n"
        "a,2,,-1,2026-11-11T00:00:00.250000Z,false,no\n"
    )
    assert spool.rows == 2


@pytest.mark.parametrize(
    "text", ["a,b", 'say "x"', "two\nlines", "cr\rhere", "crlf\r\n", " padded ", "Ａ１", "\u200b", ""]
)
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    """Separators, quotes, line ends, spaces and width survive."""
    path = tmp_path / "stock.csv"
    with SpoolWriter(STOCK, path) as spool:
        spool.write({"sku": text, "available": 1})
    assert list(csv.reader(io.StringIO(written(path), newline=""))) == [
        ["sku", "available", "updated_at"],
        [text, "1", ""],
    ]


def test_a_lone_surrogate_stays_readable(tmp_path: Path) -> None:
    """JSON can carry half a character; the spool is UTF-8 all the same."""
    path = tmp_path / "stock.csv"
    with SpoolWriter(STOCK, path) as spool:
        spool.write({"sku": "a\ud800", "available": 1})
    assert "a\\ud800,1" in written(path)


def test_the_file_is_private_and_new(tmp_path: Path) -> None:
    """Mode 0600 also where a file or a link was there before; a link's target stays as it was."""
    other, path = tmp_path / "other", tmp_path / "new" / "stock.csv"
    other.write_text("precious")
    path.parent.mkdir()
    path.symlink_to(other)
    with SpoolWriter(STOCK, path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.is_symlink()
    assert other.read_text() == "precious"


def test_pages_of_several_threads_stay_whole(tmp_path: Path) -> None:
    """Rows of one page are not mixed with another's and none is lost."""
    path = tmp_path / "stock.csv"

    def page(number: int) -> list[Mapping[str, object]]:
        return [{"sku": f"{number}", "available": row} for row in range(50)]

    with SpoolWriter(STOCK, path) as spool:
        threads = [threading.Thread(target=spool.write_all, args=(page(number),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = list(csv.DictReader(io.StringIO(written(path))))
    assert spool.rows == len(rows) == 400
    for start in range(0, 400, 50):
        assert len({row["sku"] for row in rows[start : start + 50]}) == 1


def test_many_rows_from_a_generator(tmp_path: Path) -> None:
    """More rows than one chunk holds all arrive."""
    path = tmp_path / "stock.csv"
    with SpoolWriter(STOCK, path) as spool:
        spool.write_all({"sku": str(number), "available": number} for number in range(2501))
    assert spool.rows == written(path).count("\n") - 1 == 2501


def test_a_naive_time_or_a_strange_column_is_a_bug(tmp_path: Path) -> None:
    """The writer does not guess a zone and does not drop what it was given."""
    now = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with SpoolWriter(MOVEMENTS, tmp_path / "movements.csv") as spool:
        with pytest.raises(ValueError, match="without a zone"):
            spool.write({"id": "1", "at": now})
        with pytest.raises(ValueError, match="no column"):
            spool.write({"id": "1", "when": "x"})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_is_an_output_fault(tmp_path: Path) -> None:
    """The words say which file and why; no traceback for what the outside can do."""

    def fill() -> None:
        with SpoolWriter(STOCK, tmp_path / "stock.csv") as spool:
            assert spool._file is not None
            spool._file.close()
            spool._file = open("/dev/full", "wb")  # noqa: SIM115
            spool.write_all({"sku": str(number), "available": number} for number in range(100_000))

    with pytest.raises(OutputFault, match="No space left"):
        fill()


def test_a_folder_that_cannot_be_made_is_an_output_fault(tmp_path: Path) -> None:
    """A file in the folder's place."""
    (tmp_path / "here").write_text("")
    with pytest.raises(OutputFault, match="cannot be written"), SpoolWriter(STOCK, tmp_path / "here" / "stock.csv"):
        pass
