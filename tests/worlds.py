"""Small worlds written as data: what a YAML case gives becomes facts, and what the program finds becomes short lines.

A case:

    now: "19:00"                       # every time is UTC on 2026-11-11; "-1d 10:00" is the day before
    as_of: "19:00"                     # of ledger and shops, unless a shop says its own
    ledger: {MUG: 40}                  # available per SKU
    shops: {shopee-vn: shopee}         # channel, or a mapping: channel, as_of, complete, buffer, percent, cap, ...
    listings: {shopee-vn/1: {sku: MUG, sellable: 48}}            # or components: {MUG: 2}
    movements: [[id, "12:00", MUG, -1, order, shopee-vn, O1, balance]]   # the last three may be left out
    orders: [{id: O1, where: shopee-vn/1, qty: 1, status: paid, at: "12:00", cancelled: "13:00"}]
    campaigns: [{id: C, where: shopee-vn/1, from: "10:00", to: "18:00", locked: 20, sold: 12, state: ended}]
    pushes: [[shopee-vn/1, "12:00", 40, ok]]                     # or the error instead of ok
    written: [[shopee-vn/1, "12:00", 40, ok]]                    # our own, also where the ledger records no pushes
    history: [[shopee-vn/1, "17:00", 40, 8]]                     # sellable, campaign
    past: [[shopee-vn/1, campaign-lock, 20, 30, "17:00"]]        # units, target
    policy: {correct_unexplained: true}
    expect:
      findings: ["campaign-returned shopee-vn/1 +8 set"]         # slug place units remedies [ambiguous]
      writes: ["shopee-vn/1 48->40", "ledger MUG -1"]
      withheld: ["shopee-vn/2 3->5 confirm-raise"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stockrecon.channels.capabilities import capabilities
from stockrecon.core.audit import Audit, audit, shipments
from stockrecon.core.case import Case
from stockrecon.core.compare import case_of, make_world
from stockrecon.core.damage import Likeness, nearest
from stockrecon.core.explain import explain
from stockrecon.core.findings import ActionKind, Finding, Plan, Side, Statement
from stockrecon.core.model import (
    Campaign,
    CampaignState,
    Component,
    Fulfilment,
    LedgerFacts,
    Listing,
    ListingKey,
    ListingState,
    Movement,
    MovementKind,
    Order,
    OrderStatus,
    PastFinding,
    Push,
    ShopFacts,
    ShopName,
    Sku,
    SkuFacts,
    Snapshot,
)
from stockrecon.core.plan import RaiseSeen, make_plan
from stockrecon.core.policy import DeclaredCampaign, Policy, ShopPolicy, StockRule
from stockrecon.scenarios import DETECTORS

DAY = datetime(2026, 11, 11, tzinfo=UTC)


def time(text: str) -> datetime:
    """`19:00`, `19:00:30`, or `-1d 19:00`."""
    days, _, clock = text.rpartition(" ")
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    shift = timedelta(days=int(days.removesuffix("d"))) if days else timedelta()
    return DAY + shift + timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)


def key(text: str) -> ListingKey:
    shop, item, *variation = text.split("/")
    return ListingKey(ShopName(shop), item, variation[0] if variation else "")


@dataclass(frozen=True)
class Outcome:
    """What the program made of a world: one statement per SKU, in SKU order, and the plan."""

    statements: tuple[Statement, ...]
    plan: Plan
    cases: tuple[Case, ...]

    @property
    def findings(self) -> list[str]:
        return [short(finding) for statement in self.statements for finding in statement.findings]

    @property
    def writes(self) -> list[str]:
        written = []
        for action in self.plan.actions:
            if action.kind is ActionKind.SET_STOCK:
                written.append(f"{place(action.listing)} {action.frm}->{action.to}")
            elif action.kind is ActionKind.ADJUST_LEDGER:
                written.append(f"ledger {action.sku} {action.by}")
        return written

    @property
    def withheld(self) -> list[str]:
        return [f"{place(w.action.listing)} {w.action.frm}->{w.action.to} {w.rule}" for w in self.plan.withheld]


def place(listing: ListingKey | None) -> str:
    if listing is None:
        return "-"
    return "/".join(part for part in (listing.shop, listing.item_id, listing.variation_id) if part)


def short(finding: Finding) -> str:
    where = f"ledger {finding.sku}" if finding.side is Side.LEDGER else place(finding.listing)
    remedies = ",".join(remedy.kind.value for remedy in finding.remedies)
    doubt = " ambiguous" if finding.ambiguous else ""
    return f"{finding.scenario} {where} {finding.units:+d} {remedies}{doubt}"


def run(given: Mapping[str, Any]) -> Outcome:
    """Explains the world of a case, every SKU of it."""
    policy = replace(Policy(), **given.get("policy", {}))
    now = time(given.get("now", given.get("as_of", "12:00")))
    as_of = time(given.get("as_of", given.get("now", "12:00")))
    policies, shops = _shops(given, as_of)
    movements = [_movement(row) for row in given.get("movements", [])]
    ledger = _ledger(given, as_of, movements)
    shops = {name: _noted(shop, movements, given) for name, shop in shops.items()}
    facts = _facts(given, movements, policies, shops)
    audits = {
        sku: audit(one.movements, one.available, shipments(one.orders))
        for sku, one in facts.items()
        if one.available is not None
    }
    corrections = {sku: -a.excess for sku, a in audits.items() if _may_correct(a, policy)}
    world = make_world(facts, ledger, shops, policies, policy, now, audits, corrections)
    cases = tuple(case_of(sku, world) for sku in sorted(facts))
    statements = tuple(explain(case, DETECTORS) for case in cases)
    raises = {key(place_): RaiseSeen(variance, time(at)) for place_, variance, at in given.get("raises", [])}
    return Outcome(statements, make_plan(zip(cases, statements, strict=True), raises), cases)


def _may_correct(one: Audit, policy: Policy) -> bool:
    return bool(one.excess) and not one.ambiguous and "cancelled-order-restock" in policy.apply_scenarios


def _shops(given: Mapping[str, Any], as_of: datetime) -> tuple[dict[ShopName, ShopPolicy], dict[ShopName, ShopFacts]]:
    policies, shops = {}, {}
    for text, said in given.get("shops", {}).items():
        name = ShopName(text)
        entry: dict[str, Any] = {"channel": said} if isinstance(said, str) else dict(said)
        rule = StockRule(**{k: entry[k] for k in ("buffer", "percent", "cap", "divide") if k in entry})
        declared = tuple(
            DeclaredCampaign(
                key(c["where"]).item_id, key(c["where"]).variation_id, c["locked"], time(c["from"]), time(c["to"])
            )
            for c in given.get("campaigns", [])
            if c.get("declared") and key(c["where"]).shop == name
        )
        edit = entry.get("edit_during_campaign", False)
        policies[name] = ShopPolicy(name, entry["channel"], stock=rule, campaigns=declared, edit_during_campaign=edit)
        shops[name] = ShopFacts(
            name=name,
            channel=entry["channel"],
            as_of=time(entry["as_of"]) if "as_of" in entry else as_of,
            complete=entry.get("complete", True),
            capabilities=capabilities(entry["channel"]),
            orders_known="orders" in given,
            campaigns_known="campaigns" in given,
            last_event=time(entry["last_event"]) if "last_event" in entry else None,
            usual_interval=timedelta(minutes=entry["usual_minutes"]) if "usual_minutes" in entry else None,
        )
    return policies, shops


def _noted(shop: ShopFacts, movements: Iterable[Movement], given: Mapping[str, Any]) -> ShopFacts:
    names = any(m.shop == shop.name and m.order_id for m in movements)
    return replace(shop, names_orders=names, pushes_known="pushes" in given)


def _ledger(given: Mapping[str, Any], as_of: datetime, movements: list[Movement]) -> LedgerFacts:
    tables = {"stock", *(name for name in ("movements", "pushes") if name in given)}
    at = time(given["ledger_as_of"]) if "ledger_as_of" in given else as_of
    oldest = min((m.at for m in movements), default=None)
    return LedgerFacts("file", at, len(given.get("ledger", {})), frozenset(tables), oldest)


def _movement(row: list[Any]) -> Movement:
    name, at, sku, quantity, kind, *rest = row
    shop, order, balance = [*rest, None, None, None][:3]
    ref = row[8] if len(row) > 8 else None
    return Movement(
        str(name),
        Sku(sku),
        time(at),
        quantity,
        MovementKind(kind),
        ShopName(shop) if shop else None,
        order,
        balance,
        ref,
    )


def _facts(
    given: Mapping[str, Any],
    movements: list[Movement],
    policies: Mapping[ShopName, ShopPolicy],
    shops: Mapping[ShopName, ShopFacts],
) -> dict[Sku, SkuFacts]:
    listings = [_listing(place_, said) for place_, said in given.get("listings", {}).items()]
    orders = [_order(said) for said in given.get("orders", [])]
    campaigns = [_campaign(said, shops) for said in given.get("campaigns", [])]
    pushes = [
        Push(key(at), n, time(when), ok == "ok", "" if ok == "ok" else ok, source)
        for name, source in (("pushes", "pushes"), ("written", "journal"))
        for at, when, n, ok in given.get(name, [])
    ]
    history = [
        Snapshot(key(at), time(when), sellable, campaign, 0)
        for at, when, sellable, campaign in given.get("history", [])
    ]
    past = [
        PastFinding(key(at), slug, units, target, time(when)) for at, slug, units, target, when in given.get("past", [])
    ]
    skus = {*map(Sku, given.get("ledger", {})), *(c.sku for one in listings for c in one.components)}
    facts = {}
    for sku in skus:
        ours = tuple(one for one in listings if any(c.sku == sku for c in one.components))
        keys = {one.key for one in ours}
        facts[sku] = SkuFacts(
            sku=sku,
            available=given.get("ledger", {}).get(sku),
            movements=tuple(sorted((m for m in movements if m.sku == sku), key=lambda m: m.at)),
            listings=ours,
            orders=tuple(o for o in orders if o.key in keys),
            campaigns=tuple(c for c in campaigns if c.key in keys),
            pushes=tuple(p for p in pushes if p.key in keys),
            snapshots=tuple(s for s in history if s.key in keys),
            past=tuple(p for p in past if p.key in keys),
            alike={c.sku: near for one in ours for c in one.components if (near := _alike(c.sku, given))},
        )
    return facts


def _alike(sku: Sku, given: Mapping[str, Any]) -> tuple[Likeness, ...]:
    known = given.get("ledger", {})
    return () if sku in known else nearest(sku, known)


def _listing(text: str, said: Mapping[str, Any]) -> Listing:
    components = said.get("components") or ({said["sku"]: said.get("units", 1)} if "sku" in said else {})
    return Listing(
        key=key(text),
        seller_sku=str(said.get("seller_sku", said.get("sku", ""))),
        sellable=said.get("sellable", 0),
        campaign=said.get("campaign", 0),
        withheld=said.get("withheld", 0),
        committed=said.get("committed", 0),
        state=ListingState(said.get("state", "ok")),
        message=said.get("message", ""),
        fulfilment=Fulfilment(said.get("fulfilment", "seller")),
        sells_beyond_stock=said.get("beyond", False),
        components=tuple(Component(Sku(sku), units) for sku, units in components.items()),
        mapped="components" in said or said.get("mapped", False),
    )


def _order(said: Mapping[str, Any]) -> Order:
    return Order(
        order_id=said["id"],
        key=key(said["where"]),
        quantity=said.get("qty", 1),
        status=OrderStatus(said.get("status", "paid")),
        created_at=time(said["at"]),
        shipped_at=time(said["shipped"]) if "shipped" in said else None,
        cancelled_at=time(said["cancelled"]) if "cancelled" in said else None,
        cancelled_by=said.get("by", ""),
        cancel_reason=said.get("reason", ""),
    )


def _campaign(said: Mapping[str, Any], shops: Mapping[ShopName, ShopFacts]) -> Campaign:
    where, ends = key(said["where"]), time(said["to"])
    state = CampaignState(said.get("state", "running"))
    as_of = shops[where.shop].as_of
    over = ends if ends <= as_of else as_of if state in (CampaignState.ENDED, CampaignState.CANCELLED) else None
    return Campaign(
        campaign_id=said.get("id", "declared"),
        key=where,
        starts_at=time(said["from"]),
        ends_at=ends,
        locked=said["locked"],
        sold=said.get("sold"),
        state=state,
        over_since=over,
        declared=said.get("declared", False),
    )
