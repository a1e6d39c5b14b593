"""What a shop says of itself (reference: Shopee 3.7): is it the right one, is it open, who holds its stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stockrecon.channels.keeper import STEPS, authorise_way, ending
from stockrecon.channels.origins import Origins
from stockrecon.channels.shopee.api import ShopeeApi
from stockrecon.channels.shopee.errors import Refused
from stockrecon.channels.shopee.fields import Malformed, flag, location, moment, objects, plain, text, whole
from stockrecon.errors import AuthFault, ReadFault

ZONES = {
    "SG": "Asia/Singapore",
    "MY": "Asia/Kuala_Lumpur",
    "ID": "Asia/Jakarta",
    "TH": "Asia/Bangkok",
    "VN": "Asia/Ho_Chi_Minh",
    "PH": "Asia/Manila",
    "TW": "Asia/Taipei",
    "CN": "Asia/Shanghai",
    "BR": "America/Sao_Paulo",
    "MX": "America/Mexico_City",
    "CO": "America/Bogota",
    "CL": "America/Santiago",
}
"""For display; all of Shopee's own times are Unix seconds."""
ORDINARY = "error_not_in_whitelist"
"""What an ordinary shop is told that asks for its warehouses (measured; reference: Shopee 3.7)."""


@dataclass(frozen=True, slots=True)
class ShopInfo:
    """get_shop_info. `authorised_until`: when the seller's authorisation of the app ends."""

    name: str
    region: str
    status: str
    fulfilment: str
    authorised_until: datetime | None

    @property
    def platform_only(self) -> bool:
        """A "Pure - FBS Shop" holds no stock of its own."""
        return "".join(self.fulfilment.lower().split()).startswith("pure-fbs")

    @property
    def zone(self) -> str:
        return ZONES.get(self.region.upper(), "UTC")

    def warnings(self, who: str, now: datetime) -> list[str]:
        """`who`: the configured name, for the way on."""
        found = []
        if self.status not in ("", "NORMAL"):
            found.append(f"Shopee says that the shop is {plain(self.status, 40)}")
        ends = self.authorised_until
        if ends is not None and ends - now <= max(STEPS):
            found.append(f"the seller's authorisation of the app {ending(ends, now)}; {authorise_way(who)}")
        return found


def read_shop(api: ShopeeApi, shop_id: str, region: str) -> ShopInfo:
    """The shop, proven to be the configured one as far as Shopee tells. Raises ReadFault where it is another."""
    document = api.shop_info()
    info = ShopInfo(
        name=plain(document.get("shop_name"), 80),
        region=plain(document.get("region"), 10),
        status=text(document.get("status")).upper(),
        fulfilment=text(document.get("shop_fulfillment_flag")),
        authorised_until=moment(document.get("expire_time"), "get_shop_info: expire_time"),
    )
    told = document.get("shop_id")
    if told is not None and str(whole(told, "get_shop_info: shop_id")) != shop_id:
        raise ReadFault(
            api.who, f"Shopee answered for shop {told}, configured is {shop_id}", way_on="check shop_id and the tokens"
        )
    if region and info.region and info.region.upper() != region.upper():
        raise ReadFault(
            api.who,
            f"the shop {shop_id} ({info.name}) is in region {info.region}, configured is {region}",
            way_on="check region, shop_id and the tokens: this may be another shop's data",
        )
    return info


def holiday(api: ShopeeApi) -> str | None:
    """A sentence if the holiday mode is on (it blocks writes of stock), "" if it is off.

    None where it cannot be read: an app may lack the right, and stock can be compared without it.
    """
    try:
        mode = api.holiday_mode()
        if not flag(mode.get("holiday_mode_on")):
            return ""
        kind = "partial" if str(mode.get("holiday_mode_type")) == "1" else "full"
    except (ReadFault, Malformed):
        return None
    return f"the shop is in holiday mode ({kind}): Shopee may refuse writes of stock"


@dataclass(frozen=True, slots=True)
class Locations:
    """`ids`: those that Shopee tells. None, and `refused` empty: an ordinary shop, of which it tells none."""

    ids: tuple[str, ...] = ()
    refused: str = ""


def read_locations(api: ShopeeApi) -> Locations:
    """Whether, and where, stock lies by location: an ordinary shop is not on Shopee's list and is refused (3.7).

    Warehouses that share their stock have one location id. Raises ReadFault, Malformed where it is none of Shopee's
    refusals that tells nothing: what passes must not be taken for a shop without locations.
    """
    try:
        places = objects(api.warehouses(), "get_warehouse_detail: response")
    except Refused as refusal:
        return Locations() if refusal.code == ORDINARY else Locations(refused=refusal.what)
    except AuthFault as fault:
        return Locations(refused=fault.what)
    ids = tuple(dict.fromkeys(found for place in places if (found := location(place.get("location_id")))))
    return Locations(ids) if ids else Locations(refused="get_warehouse_detail names none")


def read_origins(api: ShopeeApi, chosen: str | None) -> Origins:
    """Where orders may be sent from: asked only where one location counts. Raises as `read_locations`."""
    if chosen is None:
        return Origins()
    told = read_locations(api)
    return Origins(
        chosen=chosen,
        known=frozenset(told.ids),
        alone=told == Locations(),
        refused=told.refused,
        vendor="Shopee",
        word="location",
        option="location_id",
    )
