"""Corrections in a folder of CSV files: the seller's bytes, exports that come in between, what is left half done."""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered
from stockrecon.ledgers.files import FileLedger
from stockrecon.ledgers.folder import locked, redo
from stockrecon.ledgers.folder.edit import Unfit, appended, available_cell
from stockrecon.ledgers.folder.redo import RECORD
from tests.ledgers.books import AT, SKU, START, request, rows_read

STOCK = "sku,available\n00123,40\nb,1\n"
MOVES = "id,sku,at,quantity,kind,balance,ref,note\n1,00123,2026-11-11T04:00:00Z,40,receipt,40,,\n"
ROW = '{ref},00123,2026-11-11T06:00:00.123456+00:00,{by},correction,{balance},{ref},"why, and since when"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ledger"
    made.mkdir()
    (made / "stock.csv").write_text(STOCK)
    (made / "movements.csv").write_text(MOVES)
    return made


def ledger(folder: Path, zone: str | None = None) -> FileLedger:
    return FileLedger(LedgerSettings("file", folder.parent, path=folder, zone=zone))


def told(folder: Path) -> dict[str, bytes]:
    """The seller's files."""
    return {name: (folder / name).read_bytes() for name in ("stock.csv", "movements.csv")}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (STOCK, "sku,available\n00123,39\nb,1\n"),
        ("\ufeffsku,available\r\nb,1\r\n00123,40", "\ufeffsku,available\r\nb,1\r\n00123,39"),
        ('x,"available",sku\n"a\nb","40",00123\n', 'x,"available",sku\n"a\nb","39",00123\n'),
        ('"available","sku"\r"40","00123"\r', '"available","sku"\r"39","00123"\r'),
        ("sku,available,updated_at\nđ,2,\n\n00123,40,\n,,\n", "sku,available,updated_at\nđ,2,\n\n00123,39,\n,,\n"),
        ('n,sku,available\n"đ ""40""",00123,"40" ,,\n', 'n,sku,available\n"đ ""40""",00123,"39" ,,\n'),
    ],
)
def test_one_cell_of_stock_changes(folder: Path, before: str, after: str) -> None:
    """Every other byte is the seller's: quotes, order, columns, line ends, mark, missing last line end."""
    (folder / "stock.csv").write_bytes(before.encode())
    assert ledger(folder).correct(request()).answered is Answered.ACCEPTED
    assert (folder / "stock.csv").read_bytes().decode() == after


@pytest.mark.parametrize(
    ("before", "row"),
    [
        (MOVES, ROW.format(ref="sr-1", by=-1, balance=39)),
        (MOVES[:-1], "\n" + ROW.format(ref="sr-1", by=-1, balance=39)[:-1]),
        (
            "\ufeffref,quantity,extra,kind,sku,at,id\r\n",
            "sr-1,-1,,correction,00123,2026-11-11T06:00:00.123456+00:00,sr-1\r\n",
        ),
        (
            '"id","sku","at","quantity","kind","ref"\n',
            '"sr-1","00123","2026-11-11T06:00:00.123456+00:00","-1","correction","sr-1"\n',
        ),
        ("id,sku,at,quantity,kind,ref", "\nsr-1,00123,2026-11-11T06:00:00.123456+00:00,-1,correction,sr-1"),
    ],
)
def test_one_row_of_movements_is_appended(folder: Path, before: str, row: str) -> None:
    """In the file's own columns, quotes and line ends; columns that it lacks are not written."""
    (folder / "movements.csv").write_bytes(before.encode())
    assert ledger(folder).correct(request()).answered is Answered.ACCEPTED
    assert (folder / "movements.csv").read_bytes().decode() == before + row


def test_times_are_of_the_ledgers_zone(folder: Path) -> None:
    """With their offset, so that nobody has to know the zone."""
    (folder / "ledger.yaml").write_text("zone: Asia/Ho_Chi_Minh\nas_of: 2026-11-11T12:00\n")
    before = (folder / "ledger.yaml").read_bytes()
    ledger(folder, "UTC").correct(request())
    assert ",2026-11-11T13:00:00.123456+07:00," in (folder / "movements.csv").read_text()
    assert (folder / "ledger.yaml").read_bytes() == before


CELLS = st.text(st.sampled_from('ab "\n,;đ日40'), max_size=5)


@given(
    st.lists(
        st.tuples(CELLS, st.integers(-(10**17), 10**17), CELLS), min_size=1, max_size=6, unique_by=lambda row: row[0]
    ),
    st.data(),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(-(10**6), 10**6),
)
def test_any_table_reads_back_the_same_but_for_one_cell(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, int, str]],
    data: st.DataObject,
    quoting: int,
    end: str,
    by: int,
) -> None:
    """Whatever the cells are and however they are quoted."""
    path = tmp_path_factory.mktemp("table") / "stock.csv"
    made = io.StringIO(newline="")
    writer = csv.writer(made, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows([("sku", "available", "note"), *rows])
    path.write_bytes(made.getvalue().encode())
    number = data.draw(st.integers(0, len(rows) - 1))
    try:
        cell = available_cell(path, "stock.csv", rows[number][0])
    except Unfit:
        return  # spaces before a quote, which reading refuses as well
    assert cell is not None
    assert cell.number == rows[number][1]
    redo.spliced(path, path.with_name("new"), cell.becoming(cell.number + by))
    read = list(csv.reader(io.StringIO(path.with_name("new").read_bytes().decode(), newline="")))[1:]
    wanted = [list(map(str, row)) for row in rows]
    wanted[number][1] = str(rows[number][1] + by)
    assert read == wanted


@given(st.text(max_size=20))
def test_any_note_reads_back(tmp_path_factory: pytest.TempPathFactory, note: str) -> None:
    """In one line, so that its line ends are not of another kind than the file's."""
    path = tmp_path_factory.mktemp("table") / "movements.csv"
    path.write_bytes(b"id,sku,at,quantity,kind,ref,note\r\n")
    splice = appended(path, "movements.csv", {"id": "1", "note": note})
    (row,) = csv.DictReader(io.StringIO(path.read_bytes().decode() + splice.new.decode(), newline=""))
    expected = note.encode("utf-8", "backslashreplace").decode().replace("\0", " ")
    assert row["note"] == " ".join(expected.splitlines())


def test_links_stay_links(folder: Path, tmp_path: Path) -> None:
    """What they lead to is changed, in the folder where that is."""
    other = tmp_path / "other"
    other.mkdir()
    for name in ("stock.csv", "movements.csv"):
        (folder / name).rename(other / name)
        (folder / name).symlink_to(other / name)
    assert ledger(folder).corrects() is None
    assert ledger(folder).correct(request()).answered is Answered.ACCEPTED
    assert all((folder / name).is_symlink() for name in ("stock.csv", "movements.csv"))
    assert "00123,39" in (other / "stock.csv").read_text()
    assert (names(other), names(folder) - names(other)) == ({"stock.csv", "movements.csv"}, {locked.LOCK})


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o644])
def test_rights_are_kept(folder: Path, mode: int) -> None:
    """Whoever could read and write the files still can."""
    (folder / "stock.csv").chmod(mode)
    ledger(folder).correct(request())
    assert stat.S_IMODE((folder / "stock.csv").stat().st_mode) == mode
    assert names(folder) == {"stock.csv", "movements.csv", locked.LOCK}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_is_kept(folder: Path) -> None:
    """Where we may, the file stays its owner's."""
    os.chown(folder / "stock.csv", 12345, 54321)
    ledger(folder).correct(request())
    found = (folder / "stock.csv").stat()
    assert (found.st_uid, found.st_gid) == (12345, 54321)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("stock.csv", STOCK + "00123,7\n", "ledger/stock.csv:4: SKU '00123' is there twice"),
        ("stock.csv", "sku,available\n00123,4.0\n", "ledger/stock.csv:2: available '4.0' is not a whole number"),
        ("stock.csv", "sku;available\n00123;40\n", "ledger/stock.csv has no column sku"),
        ("stock.csv", 'sku,available\n00123,40\n"x\n', "the quote that opens here is never closed"),
        ("stock.csv", "sku,available\n00123\n", "ledger/stock.csv:2: the row has too few cells"),
        ("movements.csv", MOVES.replace(",ref", ",reference"), "ledger/movements.csv has no column ref: add it"),
        ("movements.csv", MOVES + '1,"x', "a quote is never closed"),
        ("movements.csv", "", "ledger/movements.csv has no column ref"),
    ],
)
def test_files_that_cannot_be_corrected(folder: Path, name: str, text: str, words: str) -> None:
    """Nothing is written, and it says where and why."""
    (folder / name).write_text(text)
    before = told(folder)
    answer = ledger(folder).correct(request())
    assert answer.answered is Answered.REJECTED
    assert words in answer.text
    assert told(folder) == before


def test_what_is_missing(folder: Path) -> None:
    """Without movements nobody could tell what has been posted."""
    (folder / "movements.csv").unlink()
    words = "ledger/movements.csv is not there, so nobody could tell what has been posted; export it with the ledger"
    assert ledger(folder).corrects() == words
    assert ledger(folder).correct(request()).text == f"not posted: {words}"
    with pytest.raises(ReadFault, match=r"movements\.csv"):
        ledger(folder).posted(["sr-1"])
    assert "does not exist" in (ledger(folder.parent / "nowhere").corrects() or "")
    assert ledger(folder.parent / "nowhere").correct(request()).answered is Answered.NOT_SENT


@pytest.mark.parametrize("there", [True, False])
def test_files_that_may_not_be_written(folder: Path, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's own right counts, although replacing it would need the folder's alone."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_dir() is there)
    assert "may not be written" in (ledger(folder).corrects() or "")


@pytest.mark.parametrize("call", range(1, 12))
def test_a_full_disk(folder: Path, call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the point of no return nothing has changed; after it the next one finishes."""
    count = 0
    original = os.fsync

    def full(handle: int) -> None:
        nonlocal count
        count += 1
        if count == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        original(handle)

    before = told(folder)
    monkeypatch.setattr(os, "fsync", full)
    answer = ledger(folder).correct(request())
    monkeypatch.undo()
    if answer.answered is Answered.REJECTED:
        assert "No space left on device" in answer.text
        assert told(folder) == before
        assert names(folder) == {*before, locked.LOCK}
        assert ledger(folder).posted(["sr-1"]) == {}
    else:
        assert answer.answered is (Answered.UNKNOWN if count == call else Answered.ACCEPTED)
        assert ledger(folder).posted(["sr-1"]) == {"sr-1": -1}
        assert names(folder) == {*before, locked.LOCK}
    assert ledger(folder).correct(request()).answered is Answered.ACCEPTED
    assert "00123,39" in (folder / "stock.csv").read_text()


class Died(BaseException):
    """The process is gone."""


@pytest.fixture
def interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Posts a correction and dies after as many of its renames: 1 the record, 2 stock.csv, 3 movements.csv."""

    def post(renames: int) -> None:
        original = os.replace
        done = 0

        def replace(source: object, target: object) -> None:
            nonlocal done
            original(source, target)  # type: ignore[arg-type]
            done += 1
            if done == renames:
                raise Died

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(Died):
            ledger(folder).correct(request())
        monkeypatch.undo()

    return post


EXPORTED = STOCK.replace("b,1", "b,2")
MOVED = MOVES + "2,b,2026-11-11T05:00:00Z,1,receipt,2,,\n"


@pytest.mark.parametrize("renames", [1, 2, 3])
@pytest.mark.parametrize(
    ("stock", "movements"),
    [(None, None), (EXPORTED, None), (None, MOVED), (EXPORTED, MOVED), (STOCK, MOVES), (STOCK, None), (None, MOVES)],
)
def test_an_export_comes_in_between(
    folder: Path,
    tmp_path: Path,
    interrupted: Callable[[int], None],
    renames: int,
    stock: str | None,
    movements: str | None,
) -> None:
    """Both files have the correction or neither has; who reads before anybody clears up sees the same, read-only."""
    interrupted(renames)
    for name, text in (("stock.csv", stock), ("movements.csv", movements)):
        if text is not None:
            (folder / name).write_text(text)
    before = told(folder)
    rows = rows_read(ledger(folder), tmp_path / "spool")
    assert told(folder) == before
    seen = {row["sku"]: row["available"] for row in rows["stock"]}[SKU], [row["ref"] for row in rows["movements"]]
    posted = ledger(folder).posted(["sr-1"])
    after = rows_read(ledger(folder), tmp_path / "spool")
    assert seen == (
        {row["sku"]: row["available"] for row in after["stock"]}[SKU],
        [r["ref"] for r in after["movements"]],
    )
    if stock is None or movements is not None:
        assert seen[0] == ("39" if posted else "40")
    assert posted == ({"sr-1": -1} if "sr-1" in seen[1] else {})
    assert not [name for name in names(folder) if "correction" in name or name.endswith(".stockrecon")]


@pytest.mark.parametrize("renames", [1, 2])
def test_nobody_can_tell(folder: Path, tmp_path: Path, interrupted: Callable[[int], None], renames: int) -> None:
    """stock.csv was changed by hand after an interruption: people decide, and until then nothing is posted."""
    interrupted(renames)
    (folder / "stock.csv").write_text("sku,available\n00123,12\nb,1\n")
    before = told(folder)
    with pytest.raises(ReadFault, match="nobody can tell whether it is in it") as caught:
        ledger(folder).posted(["sr-1"])
    assert "delete .stockrecon-correction.json" in caught.value.way_on
    assert "a correction of 00123 by -1 (sr-1) was interrupted" in (ledger(folder).corrects() or "")
    answer = ledger(folder).correct(request(ref="sr-2", available=12))
    assert answer.answered is Answered.REJECTED
    assert "nobody can tell" in answer.text
    read = ledger(folder).read(tmp_path / "spool", AT)
    assert "nobody can tell" in read.warnings[0]
    assert told(folder) == before
    (folder / RECORD).unlink()
    assert ledger(folder).correct(request(ref="sr-2", available=12)).answered is Answered.ACCEPTED


def test_a_file_that_is_gone_after_an_interruption(folder: Path, interrupted: Callable[[int], None]) -> None:
    """Nothing is made up."""
    interrupted(2)
    (folder / "movements.csv").unlink()
    with pytest.raises(ReadFault, match=r"movements\.csv"):
        ledger(folder).posted(["sr-1"])
    assert (folder / "stock.csv").read_text() == STOCK


@pytest.mark.parametrize("text", ["", "{}", '{"stockrecon": 2}', '{"stockrecon": 1, "halves": []}', "[1]"])
def test_a_record_that_cannot_be_understood(folder: Path, tmp_path: Path, text: str) -> None:
    """It is left for people, and neither read over nor posted over."""
    (folder / RECORD).write_text(text)
    assert RECORD in (ledger(folder).corrects() or "")
    assert ledger(folder).correct(request()).answered is Answered.REJECTED
    with pytest.raises(ReadFault, match="correction"):
        ledger(folder).posted(["sr-1"])
    with pytest.raises(ReadFault, match="correction"):
        ledger(folder).read(tmp_path / "spool", AT)
    assert (folder / "stock.csv").read_text() == STOCK


def test_the_files_are_replaced_while_posting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that comes while the new files are being written is not overwritten."""
    original = os.fsync

    def export(handle: int) -> None:
        original(handle)
        (folder / "stock.csv").write_text(EXPORTED)

    monkeypatch.setattr(os, "fsync", export)
    answer = ledger(folder).correct(request())
    monkeypatch.undo()
    assert answer.answered is Answered.CONFLICT
    assert told(folder) == {"stock.csv": EXPORTED.encode(), "movements.csv": MOVES.encode()}
    assert names(folder) == {"stock.csv", "movements.csv", locked.LOCK}


def test_another_process_holds_the_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, not for ever; reading goes on all the same."""
    monkeypatch.setattr(locked, "LOCK_SECONDS", 0.0)
    handle = os.open(folder / locked.LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    answer = ledger(folder).correct(request())
    assert answer.answered is Answered.NOT_SENT
    assert answer.text.startswith("not posted: another process has held ledger/.stockrecon.lock for too long")
    assert len(rows_read(ledger(folder), tmp_path / "spool")["stock"]) == 2
    os.close(handle)
    assert ledger(folder).correct(request()).answered is Answered.ACCEPTED


def test_a_correction_while_a_reader_reads(folder: Path, tmp_path: Path) -> None:
    """What was found first is what is loaded, both files of one moment."""
    opened = ledger(folder)
    opened.correct(request())
    read = opened.read(tmp_path / "spool", AT)
    opened.correct(request(ref="sr-2", available=START - 1))
    assert "00123,39" in Path(read.tables["stock"].path).read_text()
    assert "sr-2" not in Path(read.tables["movements"].path).read_text()
    assert read.tables["stock"].shown == "ledger/stock.csv"


def test_reading_needs_no_right_to_write(folder: Path, tmp_path: Path, interrupted: Callable[[int], None]) -> None:
    """Not even between the two renames, and where files cannot be linked they are copied."""
    interrupted(2)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    folder.chmod(0o555)
    try:
        rows = rows_read(ledger(folder), tmp_path / "spool")
    finally:
        folder.chmod(0o755)
    assert (rows["stock"][0]["available"], rows["movements"][-1]["ref"]) == ("39", "sr-1")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_files_that_cannot_be_linked_are_copied(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spool on another disk."""
    ledger(folder).correct(request())

    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert rows_read(ledger(folder), tmp_path / "spool")["stock"][0]["available"] == "39"


def test_a_spool_that_is_the_folder_itself(folder: Path) -> None:
    """Nothing of the seller's is removed."""
    ledger(folder).correct(request())
    before = told(folder)
    ledger(folder).read(folder, AT)
    assert told(folder) == before


def test_a_workbook_takes_no_corrections(folder: Path, tmp_path: Path) -> None:
    """It says what to do; what people entered by hand is found by its ref."""
    for path in list(folder.iterdir()):
        path.unlink()
    made = Workbook()
    made.active.title = "stock"  # type: ignore[union-attr]
    made["stock"].append(["sku", "available"])
    made["stock"].append(["00123", 39])
    made.save(folder / "ledger.xlsx")
    for path in (folder, folder / "ledger.xlsx"):
        opened = FileLedger(LedgerSettings("file", tmp_path, path=path, zone="UTC"))
        assert (opened.corrects() or "").startswith("a workbook takes no corrections; post them in it by hand")
        assert opened.correct(request()).answered is Answered.NOT_SENT
        with pytest.raises(ReadFault, match="no sheet movements"):
            opened.posted(["sr-1"])
    sheet = made.create_sheet("movements")
    sheet.append(["id", "sku", "at", "quantity", "kind", "ref"])
    sheet.append(["9", "00123", "2026-11-11T06:00:00Z", -1, "correction", "sr-1"])
    made.save(folder / "ledger.xlsx")
    assert ledger(folder, "UTC").posted(["sr-1", "x"]) == {"sr-1": -1}


def test_ledger_yaml_is_wrong(folder: Path) -> None:
    """Its fault is told, and nothing is posted."""
    (folder / "ledger.yaml").write_text("zone: Mars\n")
    assert "zone" in (ledger(folder).corrects() or "")
    assert ledger(folder).correct(request()).answered is Answered.NOT_SENT


def test_too_many_digits(folder: Path) -> None:
    """A number that could not be read back is not written."""
    answer = ledger(folder).correct(request(by=10**18))
    assert answer.answered is Answered.REJECTED
    assert "more than 18 digits" in answer.text


def test_the_record_names_what_is_posted(folder: Path, interrupted: Callable[[int], None]) -> None:
    """People can read it."""
    interrupted(1)
    said = json.loads((folder / RECORD).read_text())
    assert (said["sku"], said["by"], said["ref"], said["was"]) == ("00123", -1, "sr-1", 40)
