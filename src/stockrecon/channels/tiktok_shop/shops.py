"""Which shop a token stands for: an account of several markets has several (reference: TikTok Shop 2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stockrecon.channels.keeper import authorise_way
from stockrecon.channels.tiktok_shop.fields import Object, identity, plain, text
from stockrecon.errors import AuthFault, ReadFault

ZONES: Mapping[str, str] = MappingProxyType(
    {
        "ID": "Asia/Jakarta",
        "VN": "Asia/Ho_Chi_Minh",
        "TH": "Asia/Bangkok",
        "MY": "Asia/Kuala_Lumpur",
        "PH": "Asia/Manila",
        "SG": "Asia/Singapore",
        "JP": "Asia/Tokyo",
        "GB": "Europe/London",
        "IE": "Europe/Dublin",
        "DE": "Europe/Berlin",
        "FR": "Europe/Paris",
        "IT": "Europe/Rome",
        "ES": "Europe/Madrid",
        "MX": "America/Mexico_City",
        "BR": "America/Sao_Paulo",
    }
)
"""For display, where a market has one time; all of TikTok Shop's own times are Unix seconds."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop that the token stands for. `code` is what Seller Center shows; `cipher` names it in calls."""

    id: str
    name: str
    region: str
    code: str
    cipher: str

    @property
    def zone(self) -> str:
        return ZONES.get(self.region, "UTC")

    @property
    def identity(self) -> str:
        return f"{self.region} {self.id}".strip()

    def __str__(self) -> str:
        return f"{self.name or 'unnamed'} ({self.region or 'no region'}, {self.id})"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the configuration says of the shop; "" where it says nothing. `id`: the shop's id or its code."""

    id: str = ""
    cipher: str = ""
    region: str = ""

    def names(self, shop: Shop) -> bool:
        return self.id in ("", shop.id, shop.code) and self.cipher in ("", shop.cipher)


def read_shops(rows: Iterable[Object]) -> list[Shop]:
    return [
        Shop(
            id=identity(row.get("id"), "shops[].id"),
            name=plain(row.get("name"), 80),
            region=plain(row.get("region"), 10).upper(),
            code=plain(row.get("code"), 40),
            cipher=text(row.get("cipher")),
        )
        for row in rows
    ]


def chosen(who: str, shops: list[Shop], wanted: Wanted) -> Shop:
    """The configured one among them. Raises AuthFault where the token does not stand for it, ReadFault where several
    could be meant.
    """
    named = [shop for shop in shops if wanted.names(shop)]
    here = [shop for shop in named if wanted.region in ("", shop.region)]
    if len(here) == 1:
        return here[0]
    told = ", ".join(str(shop) for shop in shops[:5]) or "no shop"
    if len(here) > 1:
        words = f"the token stands for several shops: {told}"
        raise ReadFault(who, words, way_on="name one with shop_id, by its id or the code that Seller Center shows")
    if len(named) == 1 and (wanted.id or wanted.cipher):
        words = f"the shop {named[0]} is in region {named[0].region}, configured is {wanted.region}"
        raise ReadFault(who, words, way_on="check region and shop_id: this may be another shop's data")
    asked = " ".join(part for part in (wanted.region, wanted.id or wanted.cipher) if part)
    words = f"the token stands for {told}, configured is {asked or 'any'}"
    raise AuthFault(who, words, way_on=f"correct region or shop_id, or {authorise_way(who)}")
