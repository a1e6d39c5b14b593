"""What a shop says of itself, and what the app may do there. Neither decides what is read: a shop that does not tell
is read all the same."""

from __future__ import annotations

from dataclasses import dataclass

from stockrecon.channels.shopify.api import ShopifyApi
from stockrecon.channels.shopify.documents import ACCOUNT, SCOPES, SHOP
from stockrecon.channels.shopify.errors import Refused
from stockrecon.channels.shopify.fields import an_object, objects, plain, text
from stockrecon.core.secret import Secret
from stockrecon.errors import ReadFault, UsageFault

READS = ("read_products", "read_inventory", "read_locations", "read_orders")
WRITES = "write_inventory"
OLD_ORDERS = "read_all_orders"
"""Without it orders older than 60 days are not told (reference: Shopify 1.1)."""
OWN, SERVICES = "read_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders"
OF_THE_APP = "read_assigned_fulfillment_orders"
"""For what is assigned to the merchant's locations, to those of others' services, and to the app's own: needed where
not every location counts (see `sending`)."""
_DOMAIN = ".myshopify.com"


@dataclass(frozen=True, slots=True)
class ShopInfo:
    """Everything may be "": what the shop did not tell."""

    name: str = ""
    domain: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The same."""

    country: str = ""
    plan: str = ""


def domain_of(who: str, configured: object) -> str:
    """`my-shop` or `my-shop.myshopify.com` as the latter. Raises UsageFault for anything else: it is who gets the
    tokens."""
    name = text(configured).strip().lower().removesuffix(_DOMAIN)
    usable = name.isascii() and name.replace("-", "").isalnum() and not name.startswith("-") and len(name) <= 100
    if not usable:
        raise UsageFault(
            f"{who}: shop has to be the shop's own name at Shopify, such as my-shop.myshopify.com",
            way_on="it stands in the address of the shop's admin and under Settings, Domains",
        )
    return name + _DOMAIN


def read_shop(api: ShopifyApi, domain: str) -> ShopInfo:
    """The shop, proven to be the configured one as far as both tell. Raises ReadFault where it is another."""
    try:
        shop = an_object(api.ask(SHOP).get("shop"), "shop")
    except Refused:
        return ShopInfo()
    info = ShopInfo(
        name=plain(shop.get("name"), 80),
        domain=plain(shop.get("myshopifyDomain"), 120).lower(),
        zone=plain(shop.get("ianaTimezone"), 60),
    )
    if info.domain and domain and info.domain != domain:
        raise ReadFault(
            api.who,
            f"Shopify answered for the shop {info.domain}, configured is {domain}",
            way_on="check `shop`, base_url and the tokens: this may be another shop's data",
        )
    return info


def read_account(api: ShopifyApi, region: str) -> Account:
    """Where the shop is and what it pays for. Raises ReadFault where it is in another country than `region` says."""
    try:
        shop = an_object(api.ask(ACCOUNT).get("shop"), "shop")
    except Refused:
        return Account()
    plan, address = shop.get("plan"), shop.get("shopAddress")
    country = plain(address.get("countryCodeV2"), 10) if isinstance(address, dict) else ""
    if region and country and country.upper() != region.upper():
        raise ReadFault(
            api.who,
            f"the shop is in {country}, configured is region {region}",
            way_on="check region and `shop`: this may be another shop's data",
        )
    return Account(country, plain(plan.get("publicDisplayName"), 40) if isinstance(plan, dict) else "")


def read_scopes(api: ShopifyApi) -> frozenset[str]:
    """What the app may do; a right to write is one to read. Raises Refused where the shop does not tell."""
    installation = an_object(api.ask(SCOPES).get("currentAppInstallation"), "currentAppInstallation")
    granted = {text(scope.get("handle")) for scope in objects(installation.get("accessScopes"), "accessScopes")}
    granted |= {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}
    return frozenset(granted - {""})


def revealed(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else ""
