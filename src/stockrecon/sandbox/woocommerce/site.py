"""What can be called of the site itself: its settings, the system's status, the index (reference: WooCommerce 3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from stockrecon.sandbox.wire import Body, integer
from stockrecon.sandbox.woocommerce.gate import Refused
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.order_views import CURRENCIES, DOLLARS
from stockrecon.sandbox.woocommerce.pages import Reply
from stockrecon.sandbox.woocommerce.records import SiteOptions
from stockrecon.sandbox.woocommerce.views import OFFSETS
from stockrecon.sandbox.woocommerce.visit import NAMESPACE, Route, Visit, route

WORDPRESS = "7.0"


@dataclass(frozen=True, slots=True)
class Setting:
    """`value` reads the option as the text that the site keeps."""

    id: str
    label: str
    description: str
    type: str
    default: str
    value: Callable[[SiteOptions], str]

    def shown(self, visit: Visit) -> Body:
        group = visit.address("/settings/products")
        found: Body = {"self": [{"href": f"{group}/{self.id}"}], "collection": [{"href": group}]}
        return {
            "id": self.id,
            "label": self.label,
            "description": self.description,
            "type": self.type,
            "default": self.default,
            "value": self.value(visit.shop.site),
            "group_id": "products",
            "_links": found,
        }


SETTINGS = (
    Setting(
        "woocommerce_manage_stock",
        "Manage stock",
        "Enable stock management",
        "checkbox",
        "yes",
        lambda site: "yes" if site.manage_stock else "no",
    ),
    Setting(
        "woocommerce_hold_stock_minutes",
        "Hold stock (minutes)",
        "Hold stock (for unpaid orders) for x minutes. When this limit is reached, the pending order will be "
        "cancelled. Leave blank to disable.",
        "number",
        "60",
        lambda site: "" if site.hold_minutes is None else str(site.hold_minutes),
    ),
    Setting(
        "woocommerce_notify_low_stock_amount",
        "Low stock threshold",
        "When product stock reaches this amount you will be notified via email.",
        "number",
        "2",
        lambda site: "2",
    ),
    Setting(
        "woocommerce_notify_no_stock_amount",
        "Out of stock threshold",
        'When product stock reaches this amount the stock status will change to "out of stock".',
        "number",
        "0",
        lambda site: str(site.no_stock_amount),
    ),
)


class Site:
    def routes(self) -> list[Route]:
        return [
            Route(re.compile("/"), {"GET": index}, "index"),
            route("/settings/([\\w-]+)", "list", manager=True, GET=self._settings),
            route("/settings/([\\w-]+)/([\\w-]+)", "item", manager=True, GET=self._setting, PUT=self._set),
            route("/system_status", "list", manager=True, GET=self._status),
        ]

    def _settings(self, visit: Visit) -> Reply:
        if visit.ids[0] != "products":
            raise Refused("rest_setting_setting_group_invalid", "Invalid setting group.", 404)
        return Reply([setting.shown(visit) for setting in SETTINGS])

    def _known(self, visit: Visit) -> Setting:
        self._settings(visit)
        found = next((setting for setting in SETTINGS if setting.id == visit.ids[1]), None)
        if found is None:
            raise Refused("rest_setting_setting_invalid", "Invalid setting.", 404)
        return found

    def _setting(self, visit: Visit) -> Reply:
        return Reply(self._known(visit).shown(visit))

    def _set(self, visit: Visit) -> Reply:
        setting, value = self._known(visit), visit.ask.get("value")
        text = "" if value is None else str(value).strip()
        wrong = text not in ("yes", "no") if setting.type == "checkbox" else text != "" and (integer(text) or 0) < 0
        if wrong:
            raise Refused("rest_setting_value_invalid", "An invalid setting value was passed.", 400)
        _put(visit.shop, setting.id, text)
        return Reply(setting.shown(visit))

    def _status(self, visit: Visit) -> Reply:
        return Reply(status(visit.reads, visit.root))


def _put(shop: WooShop, name: str, text: str) -> None:
    if name == "woocommerce_manage_stock":
        shop.site.manage_stock = text == "yes"
        shop.holds_changed()
    elif name == "woocommerce_hold_stock_minutes":
        shop.set_hold(integer(text) or None)
    elif name == "woocommerce_notify_no_stock_amount":
        shop.site.no_stock_amount = integer(text) or 0


def status(shop: WooShop, root: str) -> Body:
    """The parts that tell versions, currency and plugins; the site names its version twice, as its page has it and as
    its answers do.
    """
    currency, symbol = CURRENCIES.get(shop.region, DOLLARS)
    version = shop.site.version
    plugin = {"plugin": "woocommerce/woocommerce.php", "name": "WooCommerce", "version": version}
    return {
        "environment": {
            "home_url": root,
            "site_url": root,
            "version": version,
            "wc_version": version,
            "wp_version": WORDPRESS,
            "wp_multisite": False,
            "wp_debug_mode": shop.site.notice,
            "wp_cron": True,
            "language": "en_US",
            "php_version": "8.2.36",
            "default_timezone": "UTC",
        },
        "database": {"wc_database_version": version, "database_prefix": "wp_", "database_tables": {}},
        "active_plugins": [{**plugin, "version_latest": version, "network_activated": False}],
        "inactive_plugins": [],
        "theme": {"name": "Storefront", "is_child_theme": False, "has_woocommerce_support": True, "overrides": []},
        "settings": {
            "api_enabled": True,
            "force_ssl": False,
            "currency": currency,
            "currency_symbol": symbol,
            "currency_position": "left",
            "thousand_separator": ",",
            "decimal_separator": ".",
            "number_of_decimals": 2,
        },
        "security": {"secure_connection": shop.site.tls, "hide_errors": not shop.site.notice},
        "pages": [],
    }


def index(visit: Visit) -> Reply:
    """What `/wp-json/` tells anybody: whose site it is, and which interfaces it has."""
    return Reply(
        {
            "name": visit.shop.name,
            "description": "",
            "url": visit.root,
            "home": visit.root,
            "gmt_offset": str(OFFSETS.get(visit.shop.region, 0)),
            "timezone_string": "",
            "namespaces": ["wp/v2", NAMESPACE.strip("/")],
            "authentication": [],
        }
    )
