"""Run results of `sync` for tests of the views: planned, refused by every rule, carried out with every outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from stockrecon.core import guard
from stockrecon.core.findings import (
    LEDGER,
    Action,
    ActionKind,
    Outcome,
    OutcomeResult,
    Plan,
    Refusal,
    RunResult,
    ScenarioSum,
    Summary,
    Withheld,
)
from stockrecon.core.model import ListingKey, ShopName, Sku
from stockrecon.core.permit import permitted
from stockrecon.core.plan import action_id
from stockrecon.core.policy import Mode, Policy
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing
from tests.reports import samples
from tests.reports.samples import DIGEST, FILE, LAZADA, LONG, NOW, SHOPEE

THAI = "เสื้อยืด-สีแดง-ไซส์-M"
VIETNAMESE = "ÁO-THUN-ĐỎ-CỠ-M"
DONE = NOW + timedelta(minutes=1, seconds=5)
EARLIER = "20261111T110000Z-7"


def put(shop: ShopName, item: str, sku: str, frm: int, to: int, *, variation: str = "", after: str = "") -> Action:
    """A stock write with the id that the plan would give it."""
    key = ListingKey(shop, item, variation)
    name = action_id(ActionKind.SET_STOCK, shop, item, variation)
    return Action(
        name,
        ActionKind.SET_STOCK,
        Sku(sku),
        "campaign-returned",
        f"f-{item}",
        shop,
        key,
        frm,
        to,
        after=after or None,
    )


def correct(sku: str, by: int) -> Action:
    ref = f"stockrecon:{sku}:m9"
    name = action_id(ActionKind.ADJUST_LEDGER, sku, ref)
    return Action(name, ActionKind.ADJUST_LEDGER, Sku(sku), "cancelled-order-restock", f"f-{sku}", by=by, ref=ref)


def by_hand(name: str, text: str, due: datetime | None) -> Action:
    key = ListingKey(LAZADA, "5551234567890")
    return Action(name, ActionKind.MANUAL, Sku(LONG), "campaign-lock", f"f-{name}", LAZADA, key, text=text, due=due)


def wait(name: str, sku: str, until: datetime | None) -> Action:
    return Action(
        name, ActionKind.WAIT, Sku(sku), "unpaid-release", f"f-{name}", LAZADA, ListingKey(LAZADA, "31"), until=until
    )


CORRECTION = correct("00123", -1)
LATE = by_hand("a-late", "take the 20 units out of the campaign in Seller Center", samples.at(10))
OVER = wait("a-over", "MUG-BLUE", samples.at(9, day=10))
SOON = wait("a-soon", "MUG-RED", samples.at(9, day=14))
WRITES = (
    CORRECTION,
    put(LAZADA, "5551234567890", LONG, 100, 50),
    put(SHOPEE, "1001", "TEE-RED-M", 48, 40, variation="2"),
    put(SHOPEE, "1002", VIETNAMESE, 12, 3),
    put(SHOPEE, "1003", THAI, 10, 7),
    put(SHOPEE, "1004", "MUG|BLUE `1`", 9, 4),
    put(SHOPEE, "1005", "CAP-01", 5, 2),
    put(SHOPEE, "1006", samples.WIDE, 6, 5),
    put(LAZADA, "77", "LAMP-OAK", 8, 6),
    put(FILE, "77", "00123", 1, 0, after=CORRECTION.id),
)
SENT = replace(put(SHOPEE, "1003", THAI, 11, 8), scenario="", finding="")
POSTED = replace(correct("00777", -2), scenario="", finding="")
"""What an earlier run had sent, as the journal keeps it: other numbers than this run's plan has."""
RAISE = put(LAZADA, "13", "SOCKS", 0, 1230)


def standing(**modes: Mode) -> Standing:
    shops = {
        name: ShopStanding(name, modes.get(name.replace("-", "_"), Mode.APPLY), NOW, 40, 30, 500)
        for name in (SHOPEE, LAZADA, FILE)
    }
    return Standing(LedgerStanding(NOW, 801, 12_000), shops)


def planned(**modes: Mode) -> RunResult:
    """A plan that nothing has been written of: every kind of step, two of them overdue."""
    base = samples.in_line()
    known = standing(**modes)
    by_shop = {name: shop.mode for name, shop in known.shops.items()}
    plan = Plan(DIGEST, (*WRITES, SOON, LATE, OVER), (Withheld(RAISE, "confirm-raise", "seen in one run only"),))
    shops = (
        *base.shops,
        replace(base.shops[0], name=LAZADA, channel="lazada", listings=640),
        replace(base.shops[0], name=FILE, channel="file", listings=20, requests=0),
    )
    since = {LATE.id: NOW - timedelta(hours=3), OVER.id: NOW - timedelta(days=5), WRITES[1].id: NOW}
    return replace(
        base,
        command="sync",
        shops=shops,
        summary=Summary(801, 1864, 1850, 104, 104, by_scenario={"campaign-returned": ScenarioSum(8, 104)}),
        plan=plan,
        ages=since | {RAISE.id: NOW - timedelta(minutes=5)},
        standing=known,
        unpermitted=permitted(plan, Policy(), by_shop)[1],
        exit_code=10,
    )


_LIMIT = "Read the plan; if it is right: stockrecon sync --apply --approve " + DIGEST
_RULES = (
    (
        LEDGER,
        "empty",
        "it holds 0 SKUs, and at least 1 is needed to write anything",
        "See whether it is the right one.",
    ),
    (LEDGER, "lost", "90 of 801 SKUs are gone since the last good snapshot; the limit is 80", _LIMIT),
    (LEDGER, "unread-end", "it is not proven to have been read to its end: cut off", "Mend it, and run again."),
    (LEDGER, "correction-skus", "9 of 801 SKUs would be corrected; the limit is 8", _LIMIT),
    (LEDGER, "correction-units", "400 of 12000 units would be corrected; the limit is 120", _LIMIT),
    (SHOPEE, "old", "what was read is of 2026-11-11 11:00:00 UTC, 1h old; the limit is 15m", "Run again."),
    (SHOPEE, "future", "what was read is of 2026-11-11 13:00:00 UTC, 1h ahead; the limit is 5m", "Set the clocks."),
    (SHOPEE, "older-than-seen", "what was read is 2h older than what an earlier run read", "Run again."),
    (SHOPEE, "changed", "9 of 40 listings would be changed; the limit is 8, the larger of 5 and 20 %", _LIMIT),
    (SHOPEE, "zeroed", "3 of 30 listings in stock would be taken to zero; the limit is 2", _LIMIT),
    (SHOPEE, "added", "900 units would be added to 500 exposed ones; the limit is 125", _LIMIT),
)
REFUSALS = {
    (who, rule): Refusal(who, rule, text, way_on, approvable=way_on is _LIMIT) for who, rule, text, way_on in _RULES
}
CHANGED = REFUSALS[SHOPEE, "changed"]


def foreseen() -> RunResult:
    """A plan of which a guard would refuse one shop's part; another shop is only observed."""
    return replace(planned(lazada_vn=Mode.OBSERVE), refusals=(CHANGED,))


def refused() -> RunResult:
    """The same plan, carried out: one shop's part is refused, the rest confirmed."""
    plan = planned()
    forbidden = guard.effects((CHANGED,), WRITES, plan.plan)
    outcomes = [
        Outcome(one.id, OutcomeResult.SKIPPED, None, NOW, forbidden[one.id])
        if one.id in forbidden
        else Outcome(one.id, OutcomeResult.CONFIRMED, one.to, DONE)
        for one in WRITES
    ]
    return replace(plan, refusals=(CHANGED,), outcomes=tuple(outcomes), exit_code=11)


def refused_by_every_rule() -> RunResult:
    """Nothing is written: every rule there is says no."""
    plan = planned()
    refusals = tuple(REFUSALS.values())
    forbidden = guard.effects(refusals, WRITES, plan.plan)
    outcomes = tuple(Outcome(one.id, OutcomeResult.SKIPPED, None, NOW, forbidden[one.id]) for one in WRITES)
    return replace(plan, refusals=refusals, outcomes=outcomes, exit_code=11)


_OUTCOMES = (
    (OutcomeResult.CONFIRMED, 0, "movement stockrecon:00123:m9"),
    (OutcomeResult.CONFIRMED, 50, ""),
    (OutcomeResult.CONFIRMED, 40, ""),
    (OutcomeResult.REJECTED, 12, "error_busi: stock less than reserved stock \x1b[31m(5)"),
    (OutcomeResult.UNKNOWN, 10, "no answer within 30 s; it is read first by the next run and not written until then"),
    (OutcomeResult.NOT_APPLIED, 9, "the shop answered success and still shows the old number"),
    (OutcomeResult.CONFLICT, 4, "not written: it shows 4 sellable and 0 campaign, the plan was made at 5 and 0"),
    (OutcomeResult.SUPERSEDED, 4, "another number than was written: somebody bought or set it"),
    (OutcomeResult.SKIPPED, None, "mode: observe of lazada-vn: it is written only with mode: apply"),
    (
        OutcomeResult.EXPORTED,
        None,
        "written to the file for upload",
    ),
)


def carried_out() -> RunResult:
    """Every result that a write can have, and what became of writes that an earlier run left open."""
    earlier = (
        Outcome(WRITES[4].id, OutcomeResult.NOT_APPLIED, 10, NOW, "no sign of the write was seen", EARLIER, SENT),
        Outcome(POSTED.id, OutcomeResult.CONFIRMED, None, NOW, "", EARLIER, POSTED),
    )
    own = tuple(
        Outcome(action.id, result, seen, DONE, detail)
        for action, (result, seen, detail) in zip(WRITES, _OUTCOMES, strict=True)
    )
    plan = replace(planned(lazada_vn=Mode.OBSERVE), unpermitted={})
    return replace(plan, outcomes=(*earlier, *own), exit_code=12)


def confirmed() -> RunResult:
    """Everything was confirmed by reading back, and nothing is left."""
    writes = WRITES[1:4]
    plan = replace(planned(), plan=Plan(DIGEST, writes), ages={}, exit_code=0)
    return replace(plan, outcomes=tuple(Outcome(one.id, OutcomeResult.CONFIRMED, one.to, DONE) for one in writes))


def saved_plan() -> RunResult:
    """A plan from a file was carried out: nothing was compared, and the ledger is not in the result."""
    done = confirmed()
    shops = tuple(replace(shop, facts=None) for shop in done.shops)
    return replace(done, ledger=None, shops=shops, summary=Summary(801, 1864), statements=())


def idle() -> RunResult:
    """`sync --apply` where everything was in line."""
    return replace(samples.in_line(), command="sync")


def many_outcomes(count: int) -> RunResult:
    """As many confirmed writes, and one that is not."""
    writes = tuple(put(SHOPEE, str(number), f"SKU-{number:05d}", 10, 7) for number in range(count))
    outcomes = [Outcome(one.id, OutcomeResult.CONFIRMED, 7, DONE) for one in writes]
    outcomes[-1] = Outcome(writes[-1].id, OutcomeResult.UNKNOWN, None, DONE, "no answer")
    return replace(planned(), plan=Plan(DIGEST, writes), outcomes=tuple(outcomes), exit_code=12)
