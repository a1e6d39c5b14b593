"""The configuration's `policy` and `apply`."""

from __future__ import annotations

from collections.abc import Callable, Collection

from stockrecon.config import forms
from stockrecon.config.schema import Section, Wrong, nearest
from stockrecon.config.yamltree import Node
from stockrecon.core.policy import Limit, Limits, Policy
from stockrecon.core.slugs import SCENARIOS

_DURATIONS = (
    "sync_latency",
    "import_grace",
    "campaign_settle",
    "confirm_raise",
    "lookback",
    "audit_window",
    "full_pull",
)
POLICY_KEYS = (*_DURATIONS, "max_age", "unexplained", "protect_campaign_stock")
APPLY_KEYS = ("scenarios", "limits")
_LIMITS = ("changed", "zeroed", "added", "lost")

PluginNames = Callable[[str], Collection[str]]
"""Gives the names that other packages offer under an entry point group."""


def read_policy(policy: Section, apply: Section, plugins: PluginNames) -> Policy:
    """Both sections as one Policy; what is left out has the contract's default."""
    usual = Policy()
    spans = {name: policy.get(name, forms.duration, getattr(usual, name)) for name in _DURATIONS}
    age = policy.section("max_age", ("network", "file"))
    unexplained = policy.get("unexplained", forms.choice(("report", "correct")), "report")
    return Policy(
        **spans,
        max_age_network=age.get("network", forms.duration, usual.max_age_network),
        max_age_file=age.get("file", forms.duration, usual.max_age_file),
        correct_unexplained=unexplained == "correct",
        protect_campaign_stock=policy.get("protect_campaign_stock", forms.boolean, False),
        apply_scenarios=_scenarios(apply, plugins),
        limits=_limits(apply.section("limits", (*_LIMITS, "corrections"))),
    )


def _scenarios(apply: Section, plugins: PluginNames) -> frozenset[str]:
    if apply.find("scenarios") is None:
        return Policy().apply_scenarios
    slug = _slug(plugins)
    found: set[str] = set()
    for node, path in apply.items("scenarios"):
        value = apply.faults.read(node, path, slug)
        if value in found:
            apply.faults.add(node, path, f"{value} stands here a second time")
        elif value is not None:
            found.add(value)
    return frozenset(found)


def _slug(plugins: PluginNames) -> Callable[[Node], str]:
    def form(node: Node) -> str:
        value = forms.text(node)
        if value not in SCENARIOS and value not in plugins("stockrecon.scenarios"):
            raise Wrong(f"unknown scenario {forms.shown(value)}", guess=nearest(value, SCENARIOS))
        return value

    return form


def _limits(section: Section) -> Limits:
    usual = Limits()
    corrections = section.section("corrections", ("skus", "units"))
    return Limits(
        **{name: _limit(section, name, getattr(usual, name)) for name in _LIMITS},
        correction_skus=_limit(corrections, "skus", usual.correction_skus),
        correction_units=_limit(corrections, "units", usual.correction_units),
    )


def _limit(section: Section, key: str, usual: Limit) -> Limit:
    own = section.section(key, ("count", "percent"))
    return Limit(
        count=own.get("count", forms.whole(), usual.count),
        percent=own.get("percent", forms.whole(0, 100), usual.percent),
    )
