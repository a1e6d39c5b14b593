"""The shop's warehouses: which of them sell, and which are TikTok's own (reference: TikTok Shop 2.6, 2.9, 2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from stockrecon.channels.origins import Origins, named
from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.fields import identity, plain, text
from stockrecon.channels.tiktok_shop.verdicts import Refused, Unscoped
from stockrecon.rest import gather

_SELLS = "SALES_WAREHOUSE"
_OPEN = ("", "ENABLED")


@dataclass(frozen=True, slots=True)
class Warehouses:
    """`sales`: names by id; `closed`: those whose stock is shown and cannot be bought, with TikTok Shop's word for it
    (holiday or order-limit mode, or switched off); `listed`: all ids of the seller's list, those of returns among them;
    `platform`: ids of TikTok's own.

    `refused`, `platform_refused`: why TikTok Shop does not tell the one list or the other; "" where it does.
    """

    sales: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    platform: frozenset[str] = frozenset()
    refused: str = ""
    platform_refused: str = ""

    @property
    def told(self) -> bool:
        return not self.refused

    @property
    def platform_told(self) -> bool:
        return not self.platform_refused

    @property
    def own(self) -> dict[str, str]:
        """The seller's, by id."""
        return {place: name for place, name in self.sales.items() if place not in self.platform}

    def is_own(self, place: str) -> bool:
        """Whether what lies there is the seller's.

        Where TikTok's own are not told, what is missing from the list of all the seller's is none of them. One that
        stands there is taken for the seller's, and a warning says so: no word of that list tells TikTok's apart.
        """
        return place not in self.platform and not self.is_strange(place)

    def is_strange(self, place: str) -> bool:
        """Of no list that is told, while TikTok's own is not. Of an empty list nothing follows."""
        return not self.platform_told and bool(self.listed) and place not in self.listed

    def origins(self, chosen: str) -> Origins:
        """Where orders may be sent from. `chosen`: the only warehouse that counts, "" for all of the seller's."""
        return Origins(
            chosen=chosen,
            known=frozenset(self.sales) | self.platform if self.sales else frozenset(),
            refused=self.refused or ("" if self.sales else "its list names none"),
            vendor="TikTok Shop",
            word="warehouse",
            option="warehouse_id",
        )

    def warnings(self, chosen: str) -> list[str]:
        """What a run has to say of lists that are not told."""
        told = self.origins(chosen).warnings() if chosen else []
        if self.platform_told:
            return told
        if not self.listed:
            said = f"TikTok Shop tells neither its own warehouses ({self.platform_refused}) nor the seller's"
            return [*told, f"{said}: what lies in its own counts as the seller's"]
        said = (
            f"TikTok Shop does not tell its own warehouses ({self.platform_refused}): one that the seller's list lacks"
        )
        return [*told, f"{said} is taken for one of them and not written, one of that list for the seller's"]

    def missing(self, chosen: str) -> str:
        """What is wrong with the configured warehouse; "" where the seller has it, or has none that is told."""
        if not chosen or not self.sales or chosen in self.sales:
            return ""
        return f"the seller has no warehouse {plain(chosen, 40)} that sells, there are {named(self.sales)}"


def read_warehouses(api: TikTokApi) -> Warehouses:
    """Both lists; one that is refused is not told. Raises ReadFault, Malformed: a fault is no empty list."""
    own, platform = gather((partial(_own, api), partial(_platform, api)), 2)
    return replace(own, platform=platform.platform, platform_refused=platform.platform_refused)


def _own(api: TikTokApi) -> Warehouses:
    try:
        rows = api.warehouses()
    except (Refused, Unscoped) as fault:
        return Warehouses(refused=fault.what)
    sales: dict[str, str] = {}
    closed: dict[str, str] = {}
    listed = [identity(row.get("id"), "warehouses[].id") for row in rows]
    for place, row in zip(listed, rows, strict=True):
        if text(row.get("type")) not in ("", _SELLS):
            continue
        sales[place] = plain(row.get("name"), 60)
        status = plain(row.get("effect_status"), 40)
        if status not in _OPEN:
            closed[place] = status
    return Warehouses(sales, closed, frozenset(listed))


def _platform(api: TikTokApi) -> Warehouses:
    """The ids under which the shop's listings name TikTok's warehouses, where they are told.

    A seller without that service is refused, or is told none. Any other fault is one of the reading: stock that is not
    told apart would be taken for the seller's, and raise what the shop is thought to expose.
    """
    try:
        rows = api.platform_warehouses()
    except (Refused, Unscoped) as fault:
        return Warehouses(platform_refused=fault.what)
    return Warehouses(platform=frozenset(place for row in rows for place in _ids(row.get("warehouse_ids"))))


def _ids(value: object) -> list[str]:
    return [identity(each, "warehouse_ids[]") for each in value] if isinstance(value, list) else []
