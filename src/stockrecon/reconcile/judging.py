"""From what was read to the one result: compare, explain, settle, plan, and what is remembered."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from stockrecon import registry
from stockrecon.catalogue import Catalogue
from stockrecon.channels.base import ShopSettings
from stockrecon.config import Settings
from stockrecon.core.audit import Audit
from stockrecon.core.case import Case
from stockrecon.core.findings import (
    Plan,
    RunResult,
    ScenarioSum,
    ShopReport,
    Statement,
    Summary,
)
from stockrecon.core.model import LedgerFacts, ShopFacts, ShopName, Sku
from stockrecon.core.plan import digest_of, make_plan
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.sources import LedgerRead, Pulled
from stockrecon.errors import DataFault, OutputFault, ReadFault
from stockrecon.reconcile import explaining, result, telling
from stockrecon.reconcile.cannot import impossible
from stockrecon.reconcile.going import written_in_full
from stockrecon.reconcile.little import MARGIN, CannotKnow, InFull
from stockrecon.reconcile.memory import Memory
from stockrecon.reconcile.options import RunOptions
from stockrecon.reconcile.reading import Sources
from stockrecon.reconcile.remembered import Remembered
from stockrecon.reconcile.settle import settle
from stockrecon.reconcile.standing import standing_of
from stockrecon.spool.cells import zone_of

_BY_THEMSELVES = frozenset({"in-flight", "platform-fulfilled"})
"""Scenarios whose units no order that came meanwhile would explain otherwise."""


@dataclass(slots=True)
class Judging:
    """What one reading of both sides is judged to be: compared, explained, planned, remembered."""

    settings: Settings
    options: RunOptions
    clock: Callable[[], datetime]
    sources: Sources
    catalogue: Catalogue
    spool: Path
    remembered: Remembered

    def result(self) -> RunResult:
        """Raises InFull where a little pull of some shop is not enough for what there is to say or to write."""
        ledger = self._load_ledger()
        # Shops that do not say who they are need no memory to be loaded, and loading takes as long as the import.
        shops = self._load_shops(lambda pulled: not pulled.identity)
        memory = self.remembered.memory
        run_id = self.remembered.begin(self.options.recorded or self.options.command, self.options.now)
        # Shops are loaded also where there is no ledger: what is wrong with them is told in the same run.
        shops |= self._load_shops(lambda pulled: bool(pulled.identity) and self._is_itself(pulled, memory))
        shops = {shop.name: shops[shop.name] for shop in self.settings.shops if shop.name in shops}
        if ledger is None:
            done = self._unread(run_id, shops)
            if not self.options.goes_on:
                memory.end(done)
        else:
            with _uncollected():
                done = self._compared(run_id, ledger, shops, memory)
        shown = result.showing(done.statements, self.options.scenarios, everything=self._everything)
        return replace(done, statements=shown, warnings=(*done.warnings, *dict.fromkeys(memory.warnings)))

    def _load_ledger(self) -> LedgerFacts | None:
        read = self.sources.ledger_read
        if read is None:
            return None
        try:
            return self._loaded(read)
        except ReadFault as fault:
            self.sources.ledger_fault = fault
            return None

    def _loaded(self, read: LedgerRead) -> LedgerFacts:
        """What does not go together with what was kept of the ledger is read in full."""
        try:
            return self.catalogue.load_ledger(read)
        except (DataFault, OutputFault):
            if not read.kept:
                raise
        folder = self.spool / "ledger-in-full"
        folder.mkdir(mode=0o700)
        self.sources.ledger_read = self.sources.read_ledger(folder, self.options.now, {})
        return self.catalogue.load_ledger(self.sources.ledger_read)

    def _is_itself(self, pulled: Pulled, memory: Memory) -> bool:
        """Whether a shop is the one that earlier runs read; where it is not, that is its fault."""
        other = memory.other_shop(pulled.shop, pulled.identity)
        if other is not None:
            self.sources.faults[pulled.shop] = other
        return other is None

    def _load_shops(self, wanted: Callable[[Pulled], bool]) -> dict[ShopName, ShopFacts]:
        shops: dict[ShopName, ShopFacts] = {}
        for settings in self.settings.shops:
            pulled = self.sources.pulled.get(settings.name)
            if pulled is None or not wanted(pulled):
                continue
            try:
                shops[settings.name] = self._load_shop(settings, pulled)
            except DataFault as fault:
                self.sources.faults[settings.name] = fault
        return shops

    def _load_shop(self, settings: ShopSettings, pulled: Pulled) -> ShopFacts:
        facts = self.catalogue.load_shop(settings.policy, pulled)
        since = pulled.little.since if pulled.little else None
        return replace(facts, tz=_zone(pulled.zone), changes_since=since)

    def _compared(
        self, run_id: str, ledger: LedgerFacts, shops: dict[ShopName, ShopFacts], memory: Memory
    ) -> RunResult:
        policy, policies = self.settings.policy, self._policies()
        memory.recall(self.catalogue, shops, policy, self.spool)
        audits = self._audits(ledger)
        corrections = explaining.corrections_of(audits, policy)
        self.catalogue.set_corrections(corrections)
        skus = self._suspects(audits, shops)
        memory.recall_history(self.catalogue, self.catalogue.keys(skus), shops, policy)
        context = explaining.Context(
            ledger=ledger,
            shops=shops,
            policies=policies,
            policy=policy,
            now=self.options.now,
            all_shops_read=self._all_read(shops),
            detectors=registry.detectors(),
        )
        explained = list(explaining.statements_of(skus, self.catalogue.facts, context, audits, corrections))
        self._look_again(explained)
        if self.options.writes and self.sources.little:
            plan = make_plan(explained, memory.raises(), quarantined=memory.quarantined())
            written_in_full(plan, self.settings.shops, policy, self.sources.little)
        explained = settle(explained, self.sources)
        plan = make_plan(explained, memory.raises(), quarantined=memory.quarantined())
        done = self._result(run_id, ledger, shops, explained, plan, memory)
        whole = not self.options.skus and self.options.explain_sku is None
        judged = [statement for _, statement in explained]
        known = {shop.name for shop in shops.values() if shop.complete}
        unread = {ShopName(name) for name in (*self.settings.all_shops, *policies)} - known
        ages = memory.keep(
            self.catalogue,
            done,
            shops,
            judged,
            self.spool,
            policy,
            whole=whole,
            readings=self.sources.readings(self.settings.shops, policy),
            to_keep=self.sources.ledger_read.to_keep if self.sources.ledger_read is not None else {},
            unread=unread,
            ended=not self.options.goes_on,
        )
        return replace(done, ages=ages)

    def _suspects(self, audits: Mapping[Sku, Audit], shops: dict[ShopName, ShopFacts]) -> list[Sku]:
        """The SKUs to explain. Of a shop that was not read in full every listing of theirs is read first, what the OMS
        set, and all else that differs: whatever stands in a statement or in a sum was read in this run."""
        more = {
            name: self.catalogue.pushed(name, little.going.base.began_at - MARGIN)
            for name, little in self.sources.little.items()
        }
        while True:
            for name, items in more.items():
                if items:
                    shops[name] = self._read_more(name, items, shops[name])
            self.catalogue.compare(self.settings.policy, self._policies())
            skus = self._asked(audits)
            if not self.sources.little:
                return skus
            differing = {*skus, *self.catalogue.suspects()} if self.options.skus else skus
            more = self.sources.unread(self.catalogue.keys(differing))
            if not any(more.values()):
                return skus

    def _look_again(self, explained: Sequence[tuple[Case, Statement]]) -> None:
        """Of a shop that was not read in full: whether an order that came after the orders were read explains what no
        order that is known does. Raises InFull."""
        findings = [finding for _, statement in explained for finding in statement.findings]
        for name, little in self.sources.little.items():
            keys = [one.listing for one in findings if one.listing and one.units and one.scenario not in _BY_THEMSELVES]
            items = {key.item_id for key in keys if key.shop == name}
            if not items:
                continue
            before = little.requests
            try:
                little.look_again(items)
            except (CannotKnow, ReadFault) as reason:
                raise InFull({name: str(reason)}) from None
            pulled = self.sources.pulled[name]
            self.sources.pulled[name] = replace(pulled, requests=pulled.requests + little.requests - before)

    def _read_more(self, name: ShopName, items: Collection[str], before: ShopFacts) -> ShopFacts:
        """The shop with these items read as well. Raises InFull where that cannot be had."""
        settings = next(shop for shop in self.settings.shops if shop.name == name)
        try:
            self.sources.pulled[name] = self.sources.little[name].more(items)
            facts = self._load_shop(settings, self.sources.pulled[name])
        except (CannotKnow, ReadFault) as reason:
            raise InFull({name: str(reason)}) from None
        # What this program pushed is loaded by now, and is no event of the shop's.
        return replace(facts, last_event=before.last_event, usual_interval=before.usual_interval)

    @property
    def _everything(self) -> bool:
        return self.options.everything or self.options.explain_sku is not None

    def _policies(self) -> dict[ShopName, ShopPolicy]:
        return {shop.name: shop.policy for shop in self.settings.shops}

    def _audits(self, ledger: LedgerFacts) -> dict[Sku, Audit]:
        if "movements" not in ledger.tables:
            return {}
        asked = self.catalogue.audit_skus(ledger.as_of - self.settings.policy.audit_window)
        return explaining.audits_of(asked, self.catalogue.facts)

    def _asked(self, audits: Mapping[Sku, Audit]) -> list[Sku]:
        """The SKUs to explain: suspects and what the audit found, of those asked for."""
        if self.options.explain_sku is not None:
            return [Sku(self.options.explain_sku)]
        found = self.catalogue.suspects(self.options.skus, self.options.everything)
        audited = [sku for sku in audits if result.wanted(sku, self.options.skus)]
        return sorted({*found, *audited})

    def _all_read(self, shops: Mapping[ShopName, ShopFacts]) -> bool:
        return len(shops) == len(self.settings.all_shops or self.settings.shops)

    def _result(
        self,
        run_id: str,
        ledger: LedgerFacts,
        shops: Mapping[ShopName, ShopFacts],
        explained: Sequence[tuple[Case, Statement]],
        plan: Plan,
        memory: Memory,
    ) -> RunResult:
        statements = tuple(statement for _, statement in explained)
        unread = len(shops) < len(self.settings.shops)
        return RunResult(
            command=self.options.command,
            run=run_id,
            now=self.options.now,
            ledger=ledger,
            ledger_error=None,
            shops=tuple(self._shop(shop, shops.get(shop.name)) for shop in self.settings.shops),
            summary=self._summary(statements, shops),
            statements=statements,
            plan=plan,
            cannot=tuple(impossible(ledger, shops)),
            warnings=tuple(self._warnings(ledger, shops, memory, statements)),
            exit_code=result.exit_code(statements, unread=unread),
            standing=standing_of(ledger, self.settings.shops, shops, self.sources.pulled, self.catalogue, memory),
        )

    def _summary(self, statements: Sequence[Statement], shops: Mapping[ShopName, ShopFacts]) -> Summary:
        totals = self.catalogue.totals()
        plain = Summary(
            skus=totals.skus,
            listings=totals.listings,
            in_line=totals.in_line,
            variance_units=totals.variance_units,
            oversell_units=totals.oversell_units,
        )
        summary = result.with_scenarios(plain, statements)
        whole = self._all_read(shops) and all(shop.complete for shop in shops.values())
        nowhere = len(self.catalogue.unlisted()) if whole and shops else 0
        rows = sum(1 for s in statements for f in s.findings if f.scenario == "unlisted" and f.listing is not None)
        if not nowhere and not rows:
            return summary
        by_scenario = dict(summary.by_scenario) | {"unlisted": ScenarioSum(nowhere + rows)}
        return replace(summary, unlisted=nowhere + rows, by_scenario=dict(sorted(by_scenario.items())))

    def _shop(self, settings: ShopSettings, facts: ShopFacts | None) -> ShopReport:
        pulled, fault = self.sources.pulled.get(settings.name), self.sources.faults.get(settings.name)
        why = self.sources.in_full.get(settings.name, "")
        report = telling.shop_report(settings, facts, pulled, fault, self.catalogue.listings(settings.name), why)
        strays = self.catalogue.strays(settings.name) if facts is not None and facts.complete else ()
        return replace(report, warnings=(*report.warnings, *telling.of_strays(strays)))

    def _warnings(
        self,
        ledger: LedgerFacts,
        shops: Mapping[ShopName, ShopFacts],
        memory: Memory,
        statements: Sequence[Statement],
    ) -> Iterator[str]:
        read = self.sources.ledger_read
        yield from read.warnings if read else ()
        yield from ledger.warnings
        yield from telling.of_movements(ledger)
        yield from telling.of_emptiness(ledger, {name: self.catalogue.listings(name) for name in shops})
        explained = [statement.sku for statement in statements]
        yield from telling.of_patterns(self.options.skus, explained, lambda some: self.catalogue.suspects(some, True))
        for who, text in telling.of_times(ledger, shops, self.settings.policy, self.options.now):
            yield f"{who}: {text}"
        read_at = [("ledger", ledger.as_of), *((str(name), shop.as_of) for name, shop in shops.items())]
        for who, as_of in read_at:
            older = memory.older_than_seen(who, as_of)
            if older is not None:
                yield older

    def _unread(self, run_id: str, shops: Mapping[ShopName, ShopFacts]) -> RunResult:
        return RunResult(
            command=self.options.command,
            run=run_id,
            now=self.options.now,
            ledger=None,
            ledger_error=telling.reason(self.sources.ledger_fault),
            shops=tuple(self._shop(shop, shops.get(shop.name)) for shop in self.settings.shops),
            summary=Summary(),
            statements=(),
            plan=Plan(digest_of(())),
            exit_code=result.UNREAD,
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Facts and findings hold no cycles: looking for some among a million of them again and again frees nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _zone(name: str) -> tzinfo:
    return zone_of(name) or UTC
