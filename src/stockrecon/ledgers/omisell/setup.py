"""What the configuration says of an Omisell ledger, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import cast

from stockrecon.config.unpublished import OMISELL_FIELDS, OMISELL_MOVEMENT_FIELDS, Named
from stockrecon.core.model import MovementKind
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.ledgers.given import kinds_of, names_of, shops_of, texts_of, zone_name
from stockrecon.ledgers.omisell.formula import Formula

BASE_URL = "https://api.omisell.com"
KNOWN_PATHS: Mapping[str, str] = {
    "token": "/api/v2/auth/token/get/",
    "shops": "/api/v2/public/shop/list",
    "orders": "/api/v2/public/order/list",
    "order": "/api/v2/public/order/{order}",
}
"""Published (reference: Omisell 3.1). Everything else the configuration names."""


class Status(Enum):
    """What an order's state means for stock. `none`: it never took any (a draft, a payment that failed)."""

    TAKEN = "taken"
    CANCELLED = "cancelled"
    NONE = "none"


STATUSES: Mapping[str, Status] = {
    "250": Status.TAKEN,  # awaiting confirmation
    "300": Status.TAKEN,  # approved
    "350": Status.TAKEN,
    "360": Status.TAKEN,
    "400": Status.TAKEN,  # label made
    "460": Status.TAKEN,  # ready to ship
    "500": Status.TAKEN,  # handed over
    "600": Status.TAKEN,  # delivering
    "900": Status.TAKEN,  # delivered
    "702": Status.CANCELLED,  # by the partner
}
"""States that were seen (reference: Omisell 3.1, second-hand); that each of them takes stock is inferred. There are
more, the unpaid one among them: one that is not here is a fault until the configuration says what it means."""


@dataclass(frozen=True, slots=True)
class Login:
    """`scheme`: what stands before the key in `Authorization`. A pair gets a token; other keys are sent as they are."""

    scheme: str
    key: Secret
    secret: Secret | None = None
    seller_id: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """`shops`: the configured shop by Omisell's id of it. `adjust_also`: what every adjustment carries besides."""

    base_url: str
    login: Login
    paths: Mapping[str, str]
    fields: Mapping[str, str]
    movement_fields: Mapping[str, str]
    adjust_fields: Mapping[str, str]
    adjust_also: Mapping[str, str]
    formula: Formula
    reads_orders: bool
    statuses: Mapping[str, Status]
    kinds: Mapping[str, MovementKind]
    shops: Mapping[str, str]
    warehouses: tuple[str, ...]
    history: timedelta
    page_size: int
    zone: str | None
    rate: float

    @property
    def lists_movements(self) -> bool:
        return "movements" in self.paths


def read_setup(settings: LedgerSettings) -> Setup:
    """Raises UsageFault for what is missing or cannot be meant."""
    given = settings.options
    paths = {**KNOWN_PATHS, **names_of(given.get("paths"))}
    fields, formula = names_of(given.get("fields")), Formula.read(str(given.get("available") or "available"))
    if "stock" not in paths or "sku" not in fields:
        raise UsageFault("ledger: paths.stock and fields.sku are needed")
    _told(formula.names, fields, "fields", OMISELL_FIELDS)
    movement_fields = names_of(given.get("movement_fields"))
    if "movements" in paths:
        needed = [key.name for key in OMISELL_MOVEMENT_FIELDS if key.required]
        needed += ["warehouse"] if given.get("warehouses") else []
        _told(needed, movement_fields, "movement_fields", OMISELL_MOVEMENT_FIELDS)
    warehouses = texts_of(given.get("warehouses"))
    if warehouses:
        _told(["warehouse"], fields, "fields", OMISELL_FIELDS)
    for name, blank in (("sku", "{sku}"), ("order", "{order}")):
        if name in paths and blank not in paths[name]:
            raise UsageFault(f"ledger.paths.{name}: {blank} has to stand in it, where the {name} belongs")
    return Setup(
        base_url=str(given.get("base_url") or BASE_URL).rstrip("/"),
        login=_login(given),
        paths=paths,
        fields=fields,
        movement_fields=movement_fields,
        adjust_fields=names_of(given.get("adjust_fields")),
        adjust_also=names_of(given.get("adjust_also")),
        formula=formula,
        reads_orders=given.get("orders") != "none" and "movements" not in paths,
        statuses={**STATUSES, **_statuses(names_of(given.get("statuses")))},
        kinds=kinds_of(given.get("kinds")),
        shops=shops_of(given.get("shops")),
        warehouses=warehouses,
        history=cast(timedelta, given.get("history") or timedelta(days=3)),
        page_size=_page_size(str(given.get("page_size") or "50")),
        zone=zone_name(given.get("zone") or settings.zone),
        rate=float(str(given.get("requests_per_second") or 1.5)),
    )


def _told(needed: Iterable[str], given: Mapping[str, str], where: str, keys: Sequence[Named]) -> None:
    """All names that are needed and not given, each with what it is and where it is looked up."""
    missing = [key for key in keys if key.name in set(needed) and key.name not in given]
    if missing:
        raise UsageFault("\n".join(f"ledger.{where}.{key.name}: missing: {key.why}" for key in missing))


def _login(given: Mapping[str, object]) -> Login:
    pair, account, partner = _secret(given, "api_key"), _secret(given, "account_key"), _secret(given, "partner_key")
    if sum(key is not None for key in (pair, account, partner)) > 1:
        raise UsageFault("ledger: one of api_key, account_key and partner_key, not several")
    if account is not None:
        return Login("Account", account)
    if partner is not None:
        seller, country = str(given.get("seller_id") or ""), str(given.get("country") or "")
        if not seller or not country:
            raise UsageFault("ledger: with partner_key, seller_id and country are needed")
        return Login("Partner", partner, seller_id=seller, country=country)
    secret = _secret(given, "api_secret")
    if pair is None or secret is None:
        words = "ledger: api_key and api_secret are needed, or account_key, or partner_key with seller_id and country"
        raise UsageFault(words, way_on="app.omisell.com > API Integrated > API Tool makes the pair")
    return Login("Omi", pair, secret)


def _secret(given: Mapping[str, object], name: str) -> Secret | None:
    value = given.get(name)
    return value if isinstance(value, Secret) else None


def _statuses(names: Mapping[str, str]) -> dict[str, Status]:
    known = {status.value: status for status in Status}
    for number, meaning in names.items():
        if meaning not in known:
            words = f"ledger.statuses: {number}: {meaning!r} is no meaning of a state"
            raise UsageFault(words, way_on=f"one of: {', '.join(known)}")
    return {number: known[meaning] for number, meaning in names.items()}


def _page_size(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 500:
        raise UsageFault(f"ledger.page_size: a number from 1 to 500 expected, not {text}")
    return int(text)
