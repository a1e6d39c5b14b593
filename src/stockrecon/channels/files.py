"""`channel: file`: a shop in a folder of tables, for sellers without API access (contract, section 5)."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from stockrecon.channels.base import (
    Answered,
    CheckLine,
    PullRequest,
    ShopSettings,
    StockWrite,
    Surroundings,
    Upload,
    WriteAnswer,
)
from stockrecon.channels.capabilities import CHANNELS, capabilities, imitated
from stockrecon.config.beside import moment_in, open_described
from stockrecon.config.forms import boolean, choice, zone
from stockrecon.core.model import Capabilities, Fulfilment, Listing, ListingKey, ListingState, ShopName
from stockrecon.core.sources import Pulled, TableFile
from stockrecon.core.tables import SHOP_TABLES
from stockrecon.errors import DataFault, OutputFault, ReadFault
from stockrecon.spool.cells import BOOLEANS
from stockrecon.spool.folder import Folder
from stockrecon.spool.mapped import spool_mapped
from stockrecon.spool.strict import check_table, read_rows

BOOK = "shop.xlsx"
DESCRIBED = "shop.yaml"
UPLOAD = "updates.csv"
_COLUMNS = ("item_id", "variation_id", "seller_sku", "quantity")
_KEYS = ("as_of", "imitates", "zone", "complete")
_WITHOUT = {
    "campaigns": "campaigns are seen only as units in the column campaign, with neither end nor balance",
    "orders": "orders in flight, unpaid-release, orders-too-near and cancelled orders cannot be judged for this shop",
    "history": "what the shop showed before is known only from earlier runs",
}


@dataclass(frozen=True, slots=True)
class _About:
    """What shop.yaml says."""

    as_of: datetime
    capabilities: Capabilities
    zone: str | None
    complete: bool


class FileChannel:
    """A shop that is exported into files. Nothing of it is ever written but a file for upload beside them."""

    def __init__(self, settings: ShopSettings, surroundings: Surroundings) -> None:
        self.settings = settings
        self.surroundings = surroundings
        self.capabilities = self._known_capabilities()

    def pull(self, request: PullRequest) -> Pulled:
        """The folder's tables, where they are; a workbook's sheets are spooled first.

        Raises ReadFault for what is missing or unreadable, DataFault for shop.yaml and a workbook's cells; the cells
        of CSV files are judged by whoever loads them.
        """
        folder = self._folder()
        about = self._about(folder)
        tables, warnings = self._find(folder, request.spool, about.zone)
        return Pulled(
            shop=self.settings.name,
            channel=self.settings.channel,
            as_of=about.as_of,
            complete=about.complete,
            capabilities=about.capabilities,
            tables=tables,
            zone=about.zone or "UTC",
            reason="" if about.complete else f"{folder.shown}/{DESCRIBED} says complete: false",
            warnings=tuple(warnings),
        )

    def reread(self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None) -> None:
        """Files are a snapshot: reading them again tells nothing new."""
        return

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """One: they would stand in one file. They are exported, not written."""
        return [tuple(writes)] if writes else []

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """Nothing is written: a shop in files has nobody to send it to."""
        words = f"a shop in files is not written; {UPLOAD} is for its seller center's mass upload"
        return {write.key: WriteAnswer(Answered.NOT_SENT, words) for write in batch}

    def export(self, rows: Sequence[Upload]) -> Path:
        """Replaces updates.csv by one with these rows, whole and synced; without rows it has a header only, so that no
        earlier one is uploaded by mistake.

        Cells are the data itself, also where a spreadsheet would take one for a formula. Raises OutputFault.
        """
        path = self.settings.path
        if path is None:
            raise OutputFault(f"{self.settings.name}: no path is configured", way_on="Set path to the shop's folder.")
        target = path / UPLOAD
        try:
            _replace(target.resolve(), rows)
        except OSError as error:
            said = error.strerror or type(error).__name__
            way_on = "Make room there, or give the right to write into the folder; then run again."
            raise OutputFault(f"{target} cannot be written: {said}", way_on=way_on) from None
        return target

    def shown(self, keys: Sequence[ListingKey]) -> tuple[datetime, Mapping[ListingKey, Listing]]:
        """The snapshot's `as_of`, and these listings as it shows them. Raises ReadFault, DataFault."""
        folder = self._folder()
        about = self._about(folder)
        asked = frozenset(keys)
        with TemporaryDirectory() as spool:
            tables, _ = self._find(folder, Path(spool), about.zone)
            rows = read_rows(tables["listings"], SHOP_TABLES["listings"], folder.who)
            listings = (_listing(self.settings.name, row) for row in rows)
            return about.as_of, {listing.key: listing for listing in listings if listing.key in asked}

    def check(self) -> Sequence[CheckLine]:
        """The folder, its tables with every fault, and what this shop can and cannot do."""
        try:
            folder = self._folder()
            about = self._about(folder)
            with TemporaryDirectory() as spool:
                tables, warnings = self._find(folder, Path(spool), about.zone)
                judged = [line for name, file in tables.items() for line in _table_lines(name, file)]
        except ReadFault as fault:
            return [CheckLine(False, "shop", fault.what, fault.way_on)]
        lines = [CheckLine(True, "shop", f"{folder.path} is there, as of {about.as_of.isoformat(timespec='seconds')}")]
        lines += [*judged, *(CheckLine(None, "tables", warning) for warning in warnings)]
        absent = [(name, words) for name, words in _WITHOUT.items() if name not in tables]
        lines += [CheckLine(None, name, f"not there: {words}") for name, words in absent]
        return [*lines, *_abilities(about)]

    def close(self) -> None:
        """Nothing is held open."""

    def _folder(self) -> Folder:
        path = self.settings.path
        name = self.settings.name
        if path is None:
            raise ReadFault(name, "no path is configured", way_on="Set path to the shop's folder.")
        return Folder(path, name, path.name or str(path), SHOP_TABLES, "listings", BOOK, DESCRIBED)

    def _find(self, folder: Folder, spool: Path, zone_name: str | None) -> tuple[dict[str, TableFile], list[str]]:
        """The folder's own tables, or what the mapping finds in it. Raises ReadFault, DataFault."""
        if not self.settings.mapping:
            return folder.find(spool, zone_name)
        maps = self.settings.mapping
        return spool_mapped(folder.path, folder.shown, maps, SHOP_TABLES, spool, zone_name, folder.who), []

    def _known_capabilities(self) -> Capabilities:
        """What shop.yaml imitates, where it can be read already; what is wrong with it is told by pull and check."""
        try:
            return self._about(self._folder()).capabilities
        except ReadFault:
            return capabilities("file")

    def _about(self, folder: Folder) -> _About:
        names = folder.names()
        path, shown = folder.path / DESCRIBED, f"{folder.shown}/{DESCRIBED}"
        if DESCRIBED not in names:
            raise self._missing(path, names)
        faults, section = open_described(path, shown, folder.who, _KEYS)
        own_zone = section.optional("zone", zone)
        as_of = section.need("as_of", moment_in(own_zone), ": when the shop showed what the files say")
        channel = section.optional("imitates", choice(CHANNELS)) or "file"
        complete = section.get("complete", boolean, True)
        found = faults.in_order()
        if found or as_of is None:
            raise DataFault(folder.who, found)
        return _About(as_of, imitated(channel), own_zone, complete)

    def _missing(self, path: Path, names: Sequence[str]) -> ReadFault:
        variant = next((name for name in names if name.casefold() in (DESCRIBED, "shop.yml")), None)
        hint = f"; rename {variant} (did you mean {DESCRIBED}?)" if variant else ""
        return ReadFault(
            self.settings.name,
            f"{path}: does not exist{hint}",
            way_on="Write into it when the files were exported, such as as_of: 2026-11-11T19:00:00+07:00",
        )


def _listing(shop: ShopName, row: Mapping[str, str]) -> Listing:
    return Listing(
        ListingKey(shop, row["item_id"], row["variation_id"]),
        row["seller_sku"],
        sellable=int(row["sellable"]),
        campaign=int(row["campaign"]),
        withheld=int(row["withheld"]),
        committed=int(row["committed"]),
        state=ListingState(row["state"]),
        message=row["message"],
        title=row["title"],
        fulfilment=Fulfilment(row["fulfilment"]),
        sells_beyond_stock=BOOLEANS[row["sells_beyond_stock"].lower()],
    )


def _replace(target: Path, rows: Sequence[Upload]) -> None:
    """Raises OSError, with the earlier file as it was."""
    made = target.with_name(f".{target.name}.stockrecon")
    with suppress(FileNotFoundError):
        os.unlink(made)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(made, flags, 0o644), "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows((row.key.item_id, row.key.variation_id, row.seller_sku, row.quantity) for row in rows)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise
    handle = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _table_lines(name: str, file: TableFile) -> list[CheckLine]:
    # What was spooled from a workbook has been judged while it was.
    faults = [] if file.trusted else check_table(file, SHOP_TABLES[name], limit=5)
    if not faults:
        return [CheckLine(True, name, f"{file.shown} is as it should be")]
    return [CheckLine(False, name, str(fault)) for fault in faults]


def _abilities(about: _About) -> list[CheckLine]:
    can = about.capabilities
    rules = "has the rules of no channel" if can.channel == "file" else f"has the rules of {can.channel}"
    lines = [
        CheckLine(None, "rules", f"the shop {rules} (imitates in {DESCRIBED})"),
        CheckLine(None, "writes", "the shop is not written: corrections go into updates.csv for a mass upload"),
        CheckLine(None, "settle", "files are read once; what moved since then is seen with the next export"),
    ]
    if not can.edits_during_campaign:
        lines.append(CheckLine(None, "campaigns", "normal stock cannot be edited while a campaign runs on the listing"))
    if about.zone is None:
        lines.append(CheckLine(None, "zone", f"no zone in {DESCRIBED}: a time without an offset is a fault"))
    if not about.complete:
        lines.append(
            CheckLine(None, "complete", "the files are said to be incomplete: nothing is raised for their SKUs")
        )
    return lines
