"""Which shop calls are about: asked for, or known from the reading that a little pull goes on from.

TikTok Shop tells the shops of an access token, each with a cipher that stands for this shop alone in every other call;
a token that is not that shop's is refused with it (101000; reference: TikTok Shop 2.1, 2.4, and the vendor's list of
common errors). So which shop it is need not be asked anew while the very token is in use of which it was told: what is
noted is sealed with that token, the app's secret, and what the configuration says of the shop. Under any other of them
the seal does not fit, and the shop is asked for as ever. A full pull always asks.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from stockrecon.channels.keeper import TokenKeeper
from stockrecon.channels.telling import documented
from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.shops import Shop, Wanted, chosen, read_shops
from stockrecon.core.model import ShopName
from stockrecon.core.sources import NOTED, TableFile
from stockrecon.core.tables import Column, Table
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.spool.records import Broken, records
from stockrecon.spool.writer import SpoolWriter

_TABLE = Table(NOTED, (Column("id"), Column("region", filled=False), Column("cipher"), Column("seal")))
_PURPOSE = "stockrecon: the shop of a token"
"""So that no seal can be taken for anything else that the secret signs."""


@dataclass(slots=True)
class Opening:
    """Opens one shop. `app`: key and secret. `recalled`: it was not asked for but known from an earlier reading."""

    api: TikTokApi
    keeper: TokenKeeper
    wanted: Wanted
    app: tuple[str, Callable[[], str]]
    recalled: bool = False
    _shop: Shop | None = None
    _token: str = ""
    """The access token of which TikTok Shop told that it is this shop's."""

    def open(self) -> Shop:
        """The configured shop among those of the token: from then on calls name it. Raises ReadFault, AuthFault."""
        self.keeper.ensure()
        if self._shop is None:
            with documented(ShopName(self.api.who), "TikTok Shop"):
                self._shop = chosen(self.api.who, read_shops(self.api.shops()), self.wanted)
                self._token = self.keeper.access()
        return self._shop

    def ask(self) -> Shop:
        """The same, by TikTok Shop's own word in this run."""
        if self.recalled:
            self.forget()
        return self.open()

    def recall(self, tables: Mapping[str, Path]) -> bool:
        """Whether the shop is now known by what an earlier reading has noted. Raises what `TokenKeeper.ensure` does."""
        self.keeper.ensure()
        noted = _row(tables[NOTED]) if NOTED in tables else None
        if noted is None:
            return False
        (number, region, cipher, seal), token = noted, self.keeper.access()
        shop = Shop(id=number, name="", region=region, code="", cipher=cipher)
        if not hmac.compare_digest(seal.encode(), self._seal(shop, token).encode()):
            return False
        self._shop, self._token, self.recalled = shop, token, True
        return True

    def confirmed(self) -> Shop:
        """The shop, by the token that calls bear by now: one that came in between may be of another authorisation, so
        then it is asked for after all."""
        return self.ask() if self.recalled and self.keeper.access() != self._token else self.open()

    def forget(self) -> None:
        self._shop, self._token, self.recalled = None, "", False

    def note(self, spool: Path) -> TableFile | None:
        """What `recall` goes by in the next run; None where there is no cipher. Raises OutputFault."""
        shop = self.open()
        if not shop.cipher:
            return None
        path = spool / f"{NOTED}.csv"
        with SpoolWriter(_TABLE, path) as writer:
            writer.copy([[shop.id, shop.region, shop.cipher, self._seal(shop, self._token)]])
        return TableFile(str(path), f"{self.api.who} {NOTED}", trusted=True)

    def cipher(self) -> str:
        return self._shop.cipher if self._shop is not None else self.wanted.cipher

    def strange(self, access: str) -> AuthFault | None:
        """What is wrong with a token that stands for other shops than the configured one."""
        shops = read_shops(self.api.shops(access))
        try:
            chosen(self.api.who, shops, self.wanted)
        except ReadFault as fault:
            return AuthFault(self.api.who, fault.what, way_on=fault.way_on)
        return None

    def _seal(self, shop: Shop, token: str) -> str:
        """Nothing in it can be read back; without the app's secret nobody can make one."""
        key, secret = self.app
        about = [_PURPOSE, key, *astuple(self.wanted), shop.id, shop.region, shop.cipher, token]
        return hmac.new(secret().encode(), json.dumps(about).encode(), hashlib.sha256).hexdigest()


def _row(path: Path) -> list[str] | None:
    """The one row; None where it is no table of ours."""
    try:
        found = [record.cells for record in records(path)]
    except (OSError, Broken):
        return None
    fits = len(found) == 2 and tuple(found[0]) == _TABLE.names and len(found[1]) == len(_TABLE.names)
    return found[1] if fits else None
