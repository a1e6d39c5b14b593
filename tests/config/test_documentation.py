"""docs/configuration.md says what the program does: its examples load, its keys and defaults are the program's."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.config.ledger import _KEYS as LEDGER_KEYS
from stockrecon.config.options import CHANNELS
from stockrecon.config.policy import APPLY_KEYS, POLICY_KEYS
from stockrecon.config.shops import SHOP_KEYS
from stockrecon.core.policy import DEFAULT_APPLY, Limit, Policy, StockRule
from stockrecon.core.slugs import SCENARIOS
from tests.config.conftest import Load

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
ENVIRON = {
    "STOCKRECON_LEDGER_URL": "postgresql://u:p@h/n",
    "ODOO_API_KEY": "k",
    "ERPNEXT_API_KEY": "k",
    "ERPNEXT_API_SECRET": "k",
    "TRYTON_PASSWORD": "k",
    "GINEE_SECRET_KEY": "k",
    "OMISELL_API_KEY": "k",
    "OMISELL_API_SECRET": "k",
    "STOCKRECON_STATE_URL": "postgresql://u:p@h/n",
    "STOCKRECON_HOOK": "https://h/in",
    "STOCKRECON_HOOK_SECRET": "k",
    "SHOPEE_PARTNER_KEY": "k",
    "LAZADA_APP_SECRET": "k",
    "TIKTOK_APP_SECRET": "k",
    "WOO_CONSUMER_SECRET": "k",
    "SHOPIFY_ACCESS_TOKEN": "k",
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_loads(load_text: Load, example: str) -> None:
    """An example without a ledger or shops gets the page's first ones."""
    if not re.search("^ledger:", example, re.MULTILINE):
        example += "ledger: {type: file, path: ledger/}\n"
    if not re.search("^shops:", example, re.MULTILINE):
        example += "shops: [{name: s, channel: file, path: s/}]\n"
    load_text(example, ENVIRON)


def test_every_key_and_name_is_explained() -> None:
    options = [option.name for form in CHANNELS.values() for option in form.options]
    ledger = [key for keys in LEDGER_KEYS.values() for key in keys]
    rules = [field.name for field in fields(StockRule)]
    names = [
        *options,
        *ledger,
        *rules,
        *SHOP_KEYS,
        *POLICY_KEYS,
        *APPLY_KEYS,
        *CHANNELS,
    ]
    assert [name for name in [*names, *SCENARIOS, "state", "base_url"] if f"`{name}`" not in TEXT] == []


def short(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds % 86400 == 0 and seconds > 86400:
        return f"{seconds // 86400}d"
    return f"{seconds // 3600}h" if seconds % 3600 == 0 else f"{seconds // 60}m"


def row(key: str) -> str:
    (found,) = re.findall(rf"^\| `{key}` \| (.*?) \|", TEXT, re.MULTILINE)
    return str(found)


def test_the_defaults_are_the_programs() -> None:
    usual = Policy()
    for key in (
        "sync_latency",
        "import_grace",
        "campaign_settle",
        "confirm_raise",
        "lookback",
        "audit_window",
        "full_pull",
    ):
        assert row(key) == f"`{short(getattr(usual, key))}`"
    assert row("max_age") == f"`{{network: {short(usual.max_age_network)}, file: {short(usual.max_age_file)}}}`"
    for key in ("changed", "zeroed", "added", "lost"):
        assert row(key) == limit(getattr(usual.limits, key))
    both = {"skus": usual.limits.correction_skus, "units": usual.limits.correction_units}
    assert row("corrections") == "`{" + ", ".join(f"{key}: {limit(value)[1:-1]}" for key, value in both.items()) + "}`"
    assert set(re.findall(r"`([a-z-]+)`", row("scenarios"))) == DEFAULT_APPLY
    for form in CHANNELS.values():
        for option in form.options:
            if isinstance(option.default, timedelta):
                hours, minutes = divmod(int(option.default.total_seconds()) // 60, 60)
                assert row(option.name) == (f"`{minutes}m`" if minutes else f"`{hours}h`")
            elif isinstance(option.default, float):
                assert f"| `{option.name}` | {option.default:g} |" in TEXT


def limit(value: Limit) -> str:
    return f"`{{count: {value.count}, percent: {value.percent}}}`"
