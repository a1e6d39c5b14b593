"""Each shop's stock rules and overrides as SQL: the rule of a component, by the first pattern that matches."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from stockrecon.catalogue.engine import Connection, insert, literal, rows_of
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Override, ShopPolicy, StockRule

_MOST = 2 * 10**18
"""Beyond every quantity there can be: a larger buffer or cap means the same."""


@dataclass(slots=True)
class Rules:
    """Numbered rules and the SQL expression (of `shop`, `sku`, `seller_sku`) that picks one."""

    rules: list[StockRule] = field(default_factory=list)
    choice: str = "0"

    @property
    def divides(self) -> bool:
        return any(rule.divide for rule in self.rules)

    @property
    def plain(self) -> bool:
        """Every rule shows all the free stock."""
        return all(rule.percent == 100 for rule in self.rules)

    def number(self, rule: StockRule) -> int:
        if rule not in self.rules:
            self.rules.append(rule)
        return self.rules.index(rule)

    @property
    def table(self) -> str:
        rows = [
            f"({number}, {_within(rule.buffer)}::bigint, {rule.percent}::bigint, "
            f"{'null' if rule.cap is None else _within(rule.cap)}::bigint, {str(rule.divide).lower()})"
            for number, rule in enumerate(self.rules)
        ]
        return f"(values {', '.join(rows)}) as rule(rule_no, buffer, percent, cap, divide)"


def make_rules(connection: Connection, shops: Mapping[ShopName, ShopPolicy]) -> Rules:
    """The rules of all shops. Patterns that SQL cannot tell are tried once on every name beforehand."""
    rules = Rules()
    choices = []
    connection.execute("create or replace temp table pattern_match (pattern varchar, name varchar)")
    tried: set[str] = set()
    for shop, policy in sorted(shops.items()):
        usual = rules.number(policy.stock)
        cases = []
        for override in policy.overrides:
            if "[" in override.pattern and override.pattern not in tried:
                _try_all(connection, override)
                tried.add(override.pattern)
            test = " or ".join(_matches(name, override.pattern) for name in ("sku", "seller_sku"))
            cases.append(f"when {test} then {rules.number(override.rule)}")
        chosen = f"case {' '.join(cases)} else {usual} end" if cases else str(usual)
        choices.append(f"when {literal(shop)} then {chosen}")
    if not rules.rules:
        rules.number(StockRule())
    if len(rules.rules) > 1:
        rules.choice = f"case shop {' '.join(choices)} end"
    return rules


def _within(units: int) -> int:
    return max(-_MOST, min(_MOST, units))


def _matches(name: str, pattern: str) -> str:
    if "[" in pattern:
        return f"{name} in (select name from pattern_match where pattern = {literal(pattern)})"
    if "*" not in pattern and "?" not in pattern:
        return f"{name} = {literal(pattern)}"
    expression = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern)
    return f"regexp_full_match({name}, {literal('(?s)' + expression)})"


def _try_all(connection: Connection, override: Override) -> None:
    """Shell patterns with classes have rules of their own, so Python tries them on each distinct name."""
    names = rows_of(connection, "select seller_sku from listing union select sku from mapped")
    found = [(override.pattern, str(name)) for (name,) in names if override.matches(str(name))]
    insert(connection, "pattern_match", {"pattern": "varchar", "name": "varchar"}, found)
