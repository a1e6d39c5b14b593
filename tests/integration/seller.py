"""A seller of a test: configuration, ledger and state in one folder, and runs whose every output is looked through."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema

from stockrecon import reconcile
from stockrecon.config import load
from stockrecon.core.findings import RunResult
from stockrecon.reports import FORMATS, render
from stockrecon.reports.json import schema
from stockrecon.reports.view import View
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.run import Handle
from tests.skipping import Skipping

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
FAST = 200
"""Requests per second: nobody waits for the test's marketplaces but the test."""
RATELESS = ("file", "shopify")
"""Channels without a number of requests a second: Shopify counts points."""
_SECRETS = ("partner_key", "app_secret", "access_token", "refresh_token", "client_secret", "consumer_secret")
_VALIDATOR = jsonschema.Draft202012Validator(schema())

Document = dict[str, Any]


TIME = Skipping()


@dataclass
class Run:
    """What one run gave: the result, the JSON document as a program would read it, and the seconds it would have
    waited."""

    result: RunResult
    document: Document
    waited: float

    @property
    def exit(self) -> int:
        return self.result.exit_code

    @property
    def errors(self) -> dict[str, str | None]:
        return {shop["name"]: shop["error"] for shop in self.document["shops"]}

    @property
    def complete(self) -> dict[str, bool]:
        return {shop["name"]: shop["complete"] for shop in self.document["shops"]}

    def findings(self, sku: str) -> list[tuple[str, str | None, int]]:
        """Scenario, shop, units of each finding of a SKU."""
        return [
            (finding["scenario"], finding["shop"] if finding["side"] == "listing" else "ledger", finding["units"])
            for statement in self.document["statements"]
            if statement["sku"] == sku
            for finding in statement["findings"]
        ]

    def writes(self, sku: str) -> list[tuple[str | None, int, int]]:
        """Shop, from, to of each listing that the plan sets for a SKU."""
        return [
            (action["shop"], action["from"], action["to"])
            for action in self.document["plan"]["actions"]
            if action["kind"] == "set-stock" and action["sku"] == sku
        ]

    def withheld(self) -> list[tuple[str, int, int]]:
        """Rule, from, to of what the plan keeps back."""
        return [(one.rule, one.action.frm or 0, one.action.to or 0) for one in self.result.plan.withheld]

    @property
    def actions(self) -> list[Mapping[str, Any]]:
        return list(self.document["plan"]["actions"])


@dataclass
class Seller:
    """`shops`: entries of the configuration. `logged` gives what was logged so far."""

    folder: Path
    shops: Sequence[Mapping[str, object]]
    market: Handle | None = None
    ledger: Mapping[str, object] = field(default_factory=lambda: {"type": "file", "path": "ledger/"})
    policy: Mapping[str, object] = field(default_factory=dict)
    logged: Callable[[], str] = lambda: ""
    secrets: set[str] = field(default_factory=set)

    @property
    def config(self) -> Path:
        return self.folder / "stockrecon.yaml"

    def write(self) -> Path:
        """The configuration as a file; JSON is YAML too."""
        self.folder.mkdir(exist_ok=True)
        shops = [shop if shop["channel"] in RATELESS else {"requests_per_second": FAST, **shop} for shop in self.shops]
        whole = {"ledger": self.ledger, "shops": shops, "policy": self.policy, "state": "state/"}
        self.config.write_text(json.dumps(whole, indent=1), "utf-8")
        return self.config

    def now(self) -> datetime:
        return self.market.clock.now() if self.market else NOON

    def diff(
        self, *, clock: Callable[[], datetime] | None = None, everything: bool = True, skus: Iterable[str] = ()
    ) -> Run:
        """One run by the market's clock, of all or of some SKUs. Every format of its report, its state and its log are
        searched for secrets, and its JSON holds to the shipped schema. Waiting between attempts takes no time."""
        self.remember_secrets()
        before = TIME.skipped
        ask = clock or self.now
        settings = load(self.write(), os.environ)
        options = reconcile.RunOptions(command="diff", now=ask(), everything=everything, skus=tuple(skus))
        result = reconcile.run(settings, options, clock=ask, sleep=TIME.sleep)
        self.remember_secrets()
        view = View(evidence=True)
        reports = {name: "".join(render(name, result, view)) for name in FORMATS}
        document = json.loads(reports["json"])
        _VALIDATOR.validate(document)
        for name, text in reports.items():
            self.look_through(name, text)
        self.look_through("log", self.logged())
        self.look_through_state()
        return Run(result, document, TIME.skipped - before)

    def remember_secrets(self) -> None:
        """Those of the sandbox as they are now, and those in the files that the configuration names."""
        if self.market is not None:
            for given in self.market.credentials.values():
                self.secrets |= {str(given[name]) for name in _SECRETS if name in given}
        for shop in self.shops:
            for value in shop.values():
                if isinstance(value, dict) and "file" in value:
                    self.secrets.add(Path(str(value["file"])).read_text("utf-8"))

    def look_through(self, name: str, text: str) -> None:
        found = [secret[:4] for secret in self.secrets if len(secret) > 3 and secret in text]
        assert not found, f"{name} holds secrets that begin with {found}"

    def look_through_state(self) -> None:
        """No file of the state but those of the tokens."""
        state = self.folder / "state"
        for path in state.rglob("*") if state.exists() else ():
            if path.is_file() and "tokens" not in path.relative_to(state).parts:
                self.look_through(str(path), path.read_bytes().decode("latin-1"))


def statements(document: Document, without: Iterable[str] = ()) -> dict[str, Document]:
    """The statements by SKU."""
    left_out = set(without)
    return {one["sku"]: one for one in document["statements"] if one["sku"] not in left_out}


def later(market: Handle, **by: float) -> None:
    """Time passes in the market, and what is due happens."""
    market.clock.advance(timedelta(**by))
    with market.sandbox.lock:
        market.sandbox.settled()


def differences(one: object, other: object, where: str = "") -> list[str]:
    """Every leaf in which two documents differ, each on a line."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        return [line for key in keys for line in differences(one.get(key, "-"), other.get(key, "-"), f"{where}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return [line for number, (a, b) in enumerate(pairs) for line in differences(a, b, f"{where}[{number}]")]
    return [] if one == other else [f"{where}: {one!r} != {other!r}"]


def control(seller: Seller, path: str, **body: object) -> Any:
    """What a POST to the sandbox's control does, without its web server."""
    assert seller.market is not None
    status, value = Control(seller.market.sandbox).handle("POST", path, json.dumps(body).encode())
    assert status == 200, value
    return value
