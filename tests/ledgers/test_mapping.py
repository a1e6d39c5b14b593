"""Files as other programs export them, read by a mapping: what is taken, what is refused, and what is said of it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook

from stockrecon.config import load
from stockrecon.core.model import Sku
from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.errors import ConfigFault, DataFault, ReadFault
from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.ledgers.files import FileLedger
from stockrecon.spool.mapped import MOST_FAULTS
from tests.ledgers.content import rows_of

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
CASES = yaml.safe_load((Path(__file__).parent / "mappings.yaml").read_text(encoding="utf-8"))
PAGES = Path(__file__).parents[2] / "docs" / "ledgers"
PLAIN = {"columns": {"sku": "SKU", "available": "Free"}}
SHOPS = [{"name": "north", "channel": "file", "region": "VN", "mode": "observe", "path": "north"}]


def made(folder: Path, given: dict[str, Any]) -> FileLedger:
    """The ledger of a case, through the configuration."""
    exports = folder / "exports"
    exports.mkdir()
    for name, content in given.get("files", {}).items():
        if isinstance(content, str):
            (exports / name).write_text(content, encoding="utf-8", newline="")
            continue
        book = Workbook()
        book.remove(book.worksheets[0])
        for title, rows in content.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(exports / name)
    path = f"exports/{given['path']}" if "path" in given else "exports"
    ledger = {"type": "file", "path": path, "mapping": given["mapping"]}
    ledger |= {"zone": given["zone"]} if "zone" in given else {}
    config = folder / "stockrecon.yaml"
    config.write_text(yaml.safe_dump({"ledger": ledger, "shops": SHOPS}, allow_unicode=True), encoding="utf-8")
    return FileLedger(load(config, {}).ledger)


@pytest.mark.parametrize("given", CASES.values(), ids=list(CASES))
def test_export(tmp_path: Path, given: dict[str, Any]) -> None:
    """Every case of mappings.yaml: the rows that are taken, or every fault with its place and the name it wanted."""
    ledger = made(tmp_path, given)
    if "faults" in given or "refused" in given:
        with pytest.raises(ReadFault) as caught:
            ledger.read(tmp_path / "spool", NOW)
        assert caught.value.who == "ledger"
        assert caught.value.way_on
        assert [line.ok for line in ledger.check()] == [False]
    if "faults" in given:
        assert isinstance(caught.value, DataFault)
        assert [str(fault).removeprefix("exports/") for fault in caught.value.faults] == given["faults"]
    elif "refused" in given:
        assert given["refused"] in str(caught.value)
    else:
        found = rows_of(ledger.read(tmp_path / "spool", NOW))
        for name in LEDGER_TABLES:
            filled = [{key: value for key, value in row.items() if value} for row in found.get(name, [])]
            assert filled == given.get(name, [])


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        ("bigseller-stok", "did you mean bigseller-stock"),
        ("omisell-stock", "mapping: what the columns of omisell-stock are called is not known to this version"),
        ({"like": "omisell-stock"}, "mapping.columns: what the columns of omisell-stock are called is not known"),
        ({"columns": {"sku": "SKU"}}, "mapping.columns: say which column is available"),
        ({"columns": {"sku": "SKU", "availible": "Free"}}, "mapping.columns.availible: unknown key"),
        ({"columns": {"sku": {"add": ["A"]}, "available": "B"}}, "only quantities can be added up"),
        ({"columns": {"sku": "A", "available": {"less": ["B"]}}}, "mapping.columns.available.add: missing"),
        (PLAIN | {"header": 0}, "mapping.header: has to be from 1 to 1000"),
        (PLAIN | {"locations": ["North"]}, "mapping.locations: needs location"),
        (PLAIN | {"times": "%d/%m"}, "mapping.times: '%d/%m' does not tell year, month, day and hour"),
        (PLAIN | {"fixed": {"sku": "A"}}, "mapping.fixed.sku: stands in columns as well"),
        (PLAIN | {"values": {"available": {"many": "lots"}}}, "'lots' is not a whole number"),
        (PLAIN | {"movements": {"columns": {"id": "No"}}}, "mapping.movements.columns: say which column is sku, at"),
        (PLAIN | {"movements": {"location": "X"}}, "mapping.movements.location: unknown key"),
        ([], "mapping: "),
    ],
)
def test_a_wrong_mapping_is_a_fault_of_the_configuration(tmp_path: Path, mapping: object, fault: str) -> None:
    """Unknown names, columns that nobody said, sums of no quantities: told with their path, and nothing is read."""
    with pytest.raises(ConfigFault) as caught:
        made(tmp_path, {"mapping": mapping})
    assert fault in str(caught.value)


EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", (PAGES / "file.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", [one for one in EXAMPLES if "mapping:" in one])
def test_every_example_of_the_page_loads(tmp_path: Path, example: str) -> None:
    """What the page shows of mappings is a configuration that the program takes."""
    shown = yaml.safe_load(example)
    assert made(tmp_path, {"mapping": shown.get("ledger", shown)["mapping"]}).settings.mapping["stock"].columns


def test_ledger_yaml_stands_beside_the_export(tmp_path: Path) -> None:
    """It says when the export was made and what zone its times are in, also where the path names the file."""
    given = {"mapping": PLAIN, "path": "x.csv", "files": {"x.csv": "SKU,Free\nA,7\n"}}
    given["files"]["ledger.yaml"] = "as_of: 2026-11-11 19:00\nzone: Asia/Ho_Chi_Minh\n"
    read = made(tmp_path, given).read(tmp_path / "spool", NOW)
    assert (read.as_of, read.zone) == (datetime(2026, 11, 11, 12, tzinfo=UTC), "Asia/Ho_Chi_Minh")


def test_an_export_is_as_old_as_its_file(tmp_path: Path) -> None:
    """Without ledger.yaml the oldest file's time is the ledger's, so a forgotten export grows old; never after now."""
    movements = {"file": "m.csv", "columns": {n: n for n in ("id", "sku", "at", "quantity", "kind")}}
    files = {"x.csv": "SKU,Free\nA,7\n", "m.csv": "id,sku,at,quantity,kind\n"}
    ledger = made(tmp_path, {"mapping": PLAIN | {"file": "x.csv", "movements": movements}, "files": files})
    for name, hours in (("x.csv", 5), ("m.csv", 3)):
        os.utime(tmp_path / "exports" / name, (when := NOW.timestamp() - hours * 3600, when))
    assert ledger.read(tmp_path / "spool", NOW).as_of == NOW - timedelta(hours=5)
    assert any("2026-11-11T01:00:00+00:00 (when the export was written)" in line.text for line in ledger.check())
    for name in files:
        os.utime(tmp_path / "exports" / name, (when := NOW.timestamp() + 60, when))
    assert ledger.read(tmp_path / "spool", NOW).as_of == NOW


def test_an_export_takes_no_corrections(tmp_path: Path) -> None:
    """Neither file nor folder is touched; the answer and the check say where corrections belong."""
    ledger = made(tmp_path, {"mapping": PLAIN, "files": {"x.csv": "SKU,Free\nA,7\n"}})
    request = CorrectionRequest(Sku("A"), -1, "r", "note", NOW, 7)
    answer = ledger.correct(request)
    assert answer.answered is Answered.NOT_SENT
    assert "post them in that program" in answer.text
    assert "post them in that program" in (ledger.corrects() or "")
    assert [path.name for path in (tmp_path / "exports").iterdir()] == ["x.csv"]


def test_what_was_posted_there_is_seen_by_its_ref(tmp_path: Path) -> None:
    """Movements that have a ref tell what people posted; without one nobody can tell, and that is said."""
    columns = {"id": "No", "sku": "SKU", "at": "Time", "quantity": "Change", "ref": "Ref"}
    moves = "No,SKU,Time,Change,Ref\n1,A,2026-11-11T03:00Z,-2,stockrecon:A:1\n"
    tables = {"file": "m.csv", "columns": columns, "fixed": {"kind": "correction"}}
    mapping = PLAIN | {"file": "x.csv", "movements": tables}
    files = {"x.csv": "SKU,Free\nA,7\n", "m.csv": moves}
    ledger = made(tmp_path, {"mapping": mapping, "files": files})
    assert ledger.posted(["stockrecon:A:1", "other"]) == {"stockrecon:A:1": -2}
    (tmp_path / "again").mkdir()
    del columns["ref"]
    without = made(tmp_path / "again", {"mapping": mapping, "files": files})
    with pytest.raises(ReadFault, match="no movements with a ref"):
        without.posted(["stockrecon:A:1"])


def test_a_hundred_faults_are_enough(tmp_path: Path) -> None:
    """A file that is wrong from end to end does not fill the screen."""
    ledger = made(tmp_path, {"mapping": PLAIN, "files": {"x.csv": "SKU,Free\n" + "A,x\n" * 500}})
    with pytest.raises(DataFault) as caught:
        ledger.read(tmp_path / "spool", NOW)
    assert len(caught.value.faults) == MOST_FAULTS
