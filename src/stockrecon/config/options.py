"""What each channel and ledger takes in the configuration, as one table.

A new channel or ledger of this package adds an entry here; one from another package needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from stockrecon.config.unpublished import (
    OMISELL_ADJUST_FIELDS,
    OMISELL_FIELDS,
    OMISELL_MOVEMENT_FIELDS,
    OMISELL_PATHS,
    Named,
)


class Kind(StrEnum):
    """How an option's value is understood."""

    TEXT = "text"
    DIGITS = "digits"
    SECRET = "secret"  # noqa: S105  the word, not a secret
    RATE = "rate"
    DURATION = "duration"
    CHOICE = "choice"
    LISTINGS = "listings"
    ADDRESS = "address"
    SHOPIFY_SHOP = "shopify shop"
    TEXTS = "texts"
    """A list of texts; one alone may stand without brackets."""
    NAMES = "names"
    """A mapping of texts to texts."""


@dataclass(frozen=True, slots=True)
class Option:
    """`unless`: another key of the shop that makes a required one optional. `keys`: the only ones of NAMES."""

    name: str
    kind: Kind
    required: bool = False
    default: object = None
    choices: tuple[str, ...] = ()
    unless: str = ""
    keys: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelForm:
    """`http`: takes `base_url`; the others take `path`. `regions` empty: any two capital letters.

    `region_required`: its host depends on the region, so one is needed unless `base_url` names the host.
    `base_url_required`: each shop is a host of its own. `either`: groups of options of which one has to be whole, and
    what is told where none is.
    """

    http: bool
    options: tuple[Option, ...] = ()
    regions: tuple[str, ...] = ()
    region_required: bool = False
    base_url_required: bool = False
    either: tuple[tuple[str, ...], ...] = ()
    either_why: str = ""


_LAZADA_REGIONS = ("VN", "PH", "ID", "TH", "MY", "SG")

CHANNELS: Mapping[str, ChannelForm] = MappingProxyType(
    {
        "shopee": ChannelForm(
            http=True,
            regions=(*_LAZADA_REGIONS, "TW", "BR", "CN", "MX", "CO", "CL"),
            options=(
                Option("partner_id", Kind.DIGITS, required=True),
                Option("partner_key", Kind.SECRET, required=True),
                Option("shop_id", Kind.DIGITS, required=True),
                Option("access_token", Kind.SECRET),
                Option("refresh_token", Kind.SECRET),
                # Which host serves a shop depends on where the seller's server stands (reference: Shopee 1.1).
                Option("host", Kind.CHOICE, default="global", choices=("global", "cn", "br", "sandbox")),
                Option("requests_per_second", Kind.RATE, default=5.0),
                Option("location_id", Kind.TEXT),
                # Virtual SKUs are not marked in any answer (reference: Shopee 3.5, error_busi_cannot_edit_vsku).
                Option("computed", Kind.LISTINGS),
                # For push messages: the address as it stands in the console, and the key that signs them.
                Option("push_url", Kind.TEXT),
                Option("push_key", Kind.SECRET),
            ),
        ),
        "lazada": ChannelForm(
            http=True,
            # One host per country (reference: Lazada 1.1).
            regions=_LAZADA_REGIONS,
            region_required=True,
            options=(
                Option("app_key", Kind.TEXT, required=True),
                Option("app_secret", Kind.SECRET, required=True),
                Option("access_token", Kind.SECRET),
                Option("refresh_token", Kind.SECRET),
                Option("requests_per_second", Kind.RATE, default=1.0),
                Option("warehouse", Kind.TEXT),
                # Virtual bundles are not marked in any answer (reference: Lazada 4.4, 4122).
                Option("computed", Kind.LISTINGS),
                # When an unpaid order's hold is given back, and when the order itself ends (reference: Lazada 6).
                Option("unpaid_release", Kind.DURATION, default=timedelta(minutes=30)),
                Option("unpaid_cancel", Kind.DURATION, default=timedelta(hours=72)),
            ),
        ),
        "tiktok-shop": ChannelForm(
            http=True,
            options=(
                Option("app_key", Kind.TEXT, required=True),
                Option("app_secret", Kind.SECRET, required=True),
                Option("access_token", Kind.SECRET),
                Option("refresh_token", Kind.SECRET),
                # The page where the seller agrees is the app's (reference: TikTok Shop 2.1).
                Option("service_id", Kind.TEXT),
                # A token may stand for several shops (reference: TikTok Shop 2.1).
                Option("shop_id", Kind.TEXT),
                Option("shop_cipher", Kind.TEXT),
                Option("requests_per_second", Kind.RATE, default=20.0),
                Option("warehouse_id", Kind.TEXT),
                # Searches do not mark virtual bundles (reference: TikTok Shop 2.7, 12052850).
                Option("computed", Kind.LISTINGS),
            ),
        ),
        "shopify": ChannelForm(
            http=True,
            either=(("access_token",), ("client_id", "client_secret")),
            either_why="a custom app needs its access_token, an app of the Dev Dashboard client_id and client_secret",
            options=(
                # The shop's own name at Shopify, which its host is made of (reference: Shopify 1.1).
                Option("shop", Kind.SHOPIFY_SHOP, required=True, unless="base_url"),
                Option("access_token", Kind.SECRET),
                Option("client_id", Kind.TEXT),
                Option("client_secret", Kind.SECRET),
                Option("refresh_token", Kind.SECRET),
                # Without one the secrets that there are decide.
                Option("grant", Kind.CHOICE, choices=("client_credentials", "authorization_code")),
                Option("location_id", Kind.DIGITS),
                # What the ledger calls an order: the number in the address of its page, or `#1001`.
                Option("order_id", Kind.CHOICE, default="id", choices=("id", "name")),
            ),
        ),
        "woocommerce": ChannelForm(
            http=True,
            base_url_required=True,
            options=(
                Option("consumer_key", Kind.TEXT, required=True),
                # Signs the webhooks; entered with them.
                Option("webhook_secret", Kind.SECRET),
                Option("consumer_secret", Kind.SECRET, required=True),
                # Without one: Basic over TLS, a signature without it (reference: WooCommerce 3.1).
                Option("auth", Kind.CHOICE, choices=("basic", "query", "oauth", "oauth-sha1")),
                Option("permalinks", Kind.CHOICE, default="auto", choices=("auto", "pretty", "plain")),
                Option("requests_per_second", Kind.RATE, default=5.0),
            ),
        ),
        "file": ChannelForm(http=False),
    }
)

SAME_STOCK: Mapping[str, str] = MappingProxyType({"tokopedia": "tiktok-shop"})
"""Marketplaces that sell from the stock of another one, through its calls: a second shop of them would be counted twice
(reference: TikTok Shop 2.12)."""

LEDGER_OPTIONS: Mapping[str, tuple[Option, ...]] = MappingProxyType(
    {
        "odoo": (
            Option("base_url", Kind.ADDRESS, required=True),
            Option("api_key", Kind.SECRET, required=True),
            # Needed where one server has several databases, and before Odoo 19 always (reference: Odoo 3.5).
            Option("database", Kind.TEXT),
            Option("user", Kind.TEXT),
            Option("protocol", Kind.CHOICE, default="auto", choices=("auto", "json2", "jsonrpc")),
            Option("companies", Kind.TEXTS),
            Option("warehouses", Kind.TEXTS),
            Option("locations", Kind.TEXTS),
            Option("available", Kind.CHOICE, default="free", choices=("free", "promised", "on_hand")),
            # Where a marketplace's connector writes the marketplace's own number of the order.
            Option("order_field", Kind.TEXT, default="client_order_ref"),
            Option("shop_field", Kind.TEXT),
            Option("shops", Kind.NAMES),
            Option("stocktakes", Kind.TEXTS),
            Option("correct_at", Kind.TEXT),
            # Longer than the usual audit_window, so that it can be judged to its beginning.
            Option("history", Kind.DURATION, default=timedelta(days=40)),
            Option("requests_per_second", Kind.RATE, default=5.0),
        ),
        "erpnext": (
            Option("base_url", Kind.ADDRESS, required=True),
            Option("api_key", Kind.TEXT, required=True),
            Option("api_secret", Kind.SECRET, required=True),
            Option("warehouses", Kind.TEXTS, required=True),
            Option("available", Kind.TEXT, default="actual_qty - reserved_qty"),
            Option("order_field", Kind.TEXT, default="po_no"),
            Option("shop_field", Kind.TEXT),
            Option("shops", Kind.NAMES),
            Option("kinds", Kind.NAMES),
            Option("listings", Kind.NAMES),
            Option("history", Kind.DURATION, default=timedelta(days=40)),
            # Without it the site is asked for its own (reference: ERPNext 3.6: times without an offset).
            Option("zone", Kind.TEXT),
            Option("correct_at", Kind.TEXT),
            Option("ref_field", Kind.TEXT, default="custom_stockrecon_ref"),
            Option("expense_account", Kind.TEXT),
            Option("cost_center", Kind.TEXT),
            Option("requests_per_second", Kind.RATE, default=5.0),
        ),
        "tryton": (
            Option("base_url", Kind.ADDRESS, required=True),
            Option("database", Kind.TEXT, required=True),
            Option("user", Kind.TEXT, required=True),
            Option("password", Kind.SECRET, required=True),
            Option("company", Kind.TEXT),
            Option("warehouses", Kind.TEXTS),
            Option("available", Kind.CHOICE, default="promised", choices=("promised", "forecast", "on_hand")),
            # Paths from a stock move, such as sale.reference: without Sales there is no sale to go by.
            Option("order_field", Kind.TEXT),
            Option("order_pattern", Kind.TEXT),
            Option("shop_field", Kind.TEXT),
            Option("shops", Kind.NAMES),
            Option("stocktake_lines", Kind.DIGITS, default="10"),
            Option("correct_at", Kind.TEXT),
            Option("history", Kind.DURATION, default=timedelta(days=40)),
            # Tryton tells times without an offset, as its database server writes them.
            Option("zone", Kind.TEXT, default="UTC"),
            Option("requests_per_second", Kind.RATE, default=10.0),
        ),
        "omisell": (
            Option("base_url", Kind.ADDRESS, default="https://api.omisell.com"),
            Option("api_key", Kind.SECRET),
            Option("api_secret", Kind.SECRET),
            # In place of the pair: a key of several businesses, or a partner's (reference: Omisell 3.1).
            Option("account_key", Kind.SECRET),
            Option("partner_key", Kind.SECRET),
            Option("seller_id", Kind.TEXT),
            Option("country", Kind.TEXT),
            Option("paths", Kind.NAMES, required=True, keys=OMISELL_PATHS),
            Option("fields", Kind.NAMES, required=True, keys=OMISELL_FIELDS),
            Option("movement_fields", Kind.NAMES, keys=OMISELL_MOVEMENT_FIELDS),
            Option("adjust_fields", Kind.NAMES, keys=OMISELL_ADJUST_FIELDS),
            Option("adjust_also", Kind.NAMES),
            Option("available", Kind.TEXT, default="available"),
            Option("orders", Kind.CHOICE, default="read", choices=("read", "none")),
            Option("statuses", Kind.NAMES),
            Option("kinds", Kind.NAMES),
            Option("shops", Kind.NAMES),
            Option("warehouses", Kind.TEXTS),
            # Each order is one call: the longest hold of an unpaid order, and no more.
            Option("history", Kind.DURATION, default=timedelta(days=3)),
            Option("page_size", Kind.DIGITS, default="50"),
            Option("zone", Kind.TEXT),
            # The vendor's bucket leaks 100 a minute (reference: Omisell 3.1).
            Option("requests_per_second", Kind.RATE, default=1.5),
        ),
        "ginee": (
            Option("base_url", Kind.ADDRESS, default="https://api.ginee.com"),
            Option("access_key", Kind.TEXT, required=True),
            Option("secret_key", Kind.SECRET, required=True),
            Option("country", Kind.CHOICE, default="ID", choices=("ID", "CN", "PH", "VN", "TH", "MY")),
            # Without any: the only one that is in use.
            Option("warehouses", Kind.TEXTS),
            Option("available", Kind.TEXT, default="warehouse - locked - spare"),
            Option(
                "order_field", Kind.CHOICE, default="externalOrderSn", choices=("externalOrderSn", "externalOrderId")
            ),
            Option("shops", Kind.NAMES),
            Option("correct_at", Kind.TEXT),
            # Ginee has no call that finds a correction again (reference: Ginee 3.2).
            Option("record", Kind.TEXT, default="ginee-corrections.jsonl"),
            # Its API tells orders and nothing that an audit would need, so a short look back is enough.
            Option("history", Kind.DURATION, default=timedelta(days=8)),
            Option("zone", Kind.TEXT, default="UTC"),
            Option("requests_per_second", Kind.RATE, default=5.0),
        ),
    }
)
"""The ledgers whose keys are options, each with all of them besides `type`."""

LEDGERS = ("file", "sql", *LEDGER_OPTIONS)
