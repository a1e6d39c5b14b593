"""Run results for tests of the views: every kind of finding and action, wide characters, long names, unknowns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from stockrecon.core.findings import (
    Action,
    ActionKind,
    Correction,
    Evidence,
    Finding,
    Line,
    Outcome,
    OutcomeResult,
    Plan,
    Remedy,
    RemedyKind,
    RunResult,
    ScenarioSum,
    ShopReport,
    Side,
    Statement,
    Summary,
    Timeline,
    Withheld,
)
from stockrecon.core.model import (
    Campaign,
    CampaignState,
    Capabilities,
    Component,
    LedgerFacts,
    Listing,
    ListingKey,
    ListingState,
    Movement,
    MovementKind,
    Order,
    OrderStatus,
    Push,
    ShopFacts,
    ShopName,
    Sku,
    Snapshot,
)

NOW = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
SHOPEE, LAZADA, FILE = ShopName("shopee-vn"), ShopName("lazada-vn"), ShopName("tiki-files")
DIGEST = "sha256:" + "ab" * 32
LONG = "LIMITED-EDITION-2026-DOUBLE-ELEVEN-GIFT-SET-WITH-A-VERY-LONG-NAME-RED-EXTRA-LARGE-000123"
WIDE = "紅色連帽衫-大號"


def at(hour: int, minute: int = 0, day: int = 11) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def listing(
    shop: ShopName,
    item: str,
    sku: str,
    sellable: int,
    campaign: int = 0,
    *,
    variation: str = "",
    state: ListingState = ListingState.OK,
    units: int = 1,
    message: str = "",
) -> Listing:
    key = ListingKey(shop, item, variation)
    return Listing(key, sku, sellable, campaign, 0, 0, state, message, components=(Component(Sku(sku), units),))


def line(shown: Listing, target: int | None, floor: int | None = 0) -> Line:
    variance = None if target is None else shown.exposed - target
    return Line(shown, target, target, floor, variance, shown.withheld, shown.committed)


def on_listing(
    slug: str, number: int | None, of: Listing, units: int, text: str, *remedies: Remedy, **more: object
) -> Finding:
    return Finding(
        scenario=slug,
        number=number,
        side=Side.LISTING,
        sku=of.components[0].sku if of.components else Sku(of.seller_sku),
        units=units,
        text=text,
        listing=of.key,
        shop=of.key.shop,
        remedies=remedies or (Remedy(RemedyKind.NONE),),
        **more,  # type: ignore[arg-type]
    )


def statement(
    sku: str, available: int | None, lines: Iterable[Line], findings: Iterable[Finding], **more: object
) -> Statement:
    return Statement(
        Sku(sku),
        available,
        available,
        0,
        max(0, -(available or 0)),
        tuple(lines),
        tuple(findings),
        **more,  # type: ignore[arg-type]
    )


def campaign_returned() -> Statement:
    shown = listing(SHOPEE, "1001", "TEE-RED-M", 48, variation="2")
    finding = on_listing(
        "campaign-returned",
        1,
        shown,
        8,
        "A campaign of 20 ended at 2026-11-11 18:00 +07:00 with 12 sold, and its 8 unsold units went back on sale.",
        Remedy(RemedyKind.SET),
        evidence=(
            Evidence(at(11), "shopee-vn campaign 77", "20 locked, 12 sold, ended"),
            Evidence(at(11, 58), "shopee-vn listing", "shows 48 sellable, 0 campaign; target 40"),
            Evidence(None, "configuration", "buffer 0, percent 100"),
        ),
    )
    movement = Movement("m1", Sku("TEE-RED-M"), at(9), -2, MovementKind.ORDER, SHOPEE, "ORDER-1", 40)
    timeline = Timeline(
        movements=(movement,),
        orders=(Order("ORDER-1", shown.key, 2, OrderStatus.PAID, at(8, 55), paid_at=at(8, 56)),),
        campaigns=(Campaign("77", shown.key, at(5), at(11), 20, 12, CampaignState.ENDED, at(11)),),
        pushes=(Push(shown.key, 40, at(9, 1), True), Push(shown.key, 40, at(9, 30), False, "system busy")),
        snapshots=(Snapshot(shown.key, at(10), 40, 8, 0),),
    )
    other = line(listing(LAZADA, "9", "TEE-RED-M", 40), 40)
    return statement("TEE-RED-M", 40, [line(shown, 40), other], [finding], timeline=timeline, policy=("no buffer",))


def campaign_lock() -> Statement:
    shown = listing(LAZADA, "5551234567890", LONG, 50, 50)
    manual = "20 units stay exposed in the campaign until it ends; ask the campaign team to take them out."
    finding = on_listing(
        "campaign-lock",
        2,
        shown,
        70,
        "50 units are locked for a campaign and the ledger has only 30.",
        Remedy(RemedyKind.SET),
        Remedy(RemedyKind.MANUAL, manual, at(17)),
    )
    return statement(LONG, 30, [line(shown, 30, 50)], [finding])


def cancelled_restock() -> Statement:
    sku = "00123"
    shown = listing(FILE, "77", sku, 1)
    correction = Correction(-1, "stockrecon:00123:m9")
    finding = Finding(
        "cancelled-order-restock",
        3,
        Side.LEDGER,
        Sku(sku),
        1,
        "Order A was written off by hand and its cancellation put 1 unit back a second time.",
        remedies=(Remedy(RemedyKind.ADJUST_LEDGER, corrections=(correction,)),),
        evidence=(Evidence(at(3), "ledger movement m9", "cancel +1 for tiki-files order A, balance 1"),),
    )
    follows = on_listing(
        "cancelled-order-restock",
        3,
        shown,
        1,
        "The shop shows the unit that the ledger should not have.",
        Remedy(RemedyKind.SET),
    )
    return replace(statement(sku, 1, [line(shown, 0)], [finding, follows]), excess=1)


def sync_error() -> Statement:
    shown = listing(
        SHOPEE, "2002", WIDE, 5, state=ListingState.BANNED, message="Item banned: \x1b[31mforbidden\x1b[0m words"
    )
    finding = on_listing(
        "listing-sync-error",
        4,
        shown,
        -3,
        f"The listing is banned and takes no update: {shown.message}",
        Remedy(RemedyKind.MANUAL, "mend the title in Seller Centre; the first run after that corrects the stock"),
    )
    return statement(WIDE, 8, [line(shown, 8)], [finding], warnings=("title has 違禁 words",))


def unpaid_and_near() -> Statement:
    sku = "MUG|BLUE `1`"
    shown = listing(LAZADA, "31", sku, 1)
    unpaid = on_listing(
        "unpaid-release",
        5,
        shown,
        1,
        "Order L-77 is unpaid, its hold was given back after 30 minutes.",
        Remedy(RemedyKind.WAIT, "", at(9, day=14)),
        resolves_at=at(9, day=14),
        ambiguous=True,
    )
    near = Finding(
        "orders-too-near",
        6,
        Side.LEDGER,
        Sku(sku),
        1,
        "Orders L-1 (12:00) and S-1 (12:01) took the last unit 60 s apart.",
        remedies=(Remedy(RemedyKind.MANUAL, "cancel or back-order S-1, the last to arrive @ops"),),
    )
    return statement(sku, -1, [line(shown, 0)], [unpaid, near], moving=True)


def waiting() -> Statement:
    shown = listing(SHOPEE, "404", "CAP-01", 9)
    finding = on_listing(
        "in-flight",
        None,
        shown,
        -1,
        "Order S-9 is 4 minutes old and not yet in the ledger.",
        Remedy(RemedyKind.WAIT, "", at(12, 26)),
        resolves_at=at(12, 26),
    )
    return statement("CAP-01", 10, [line(shown, 10)], [finding])


def strange() -> Statement:
    """A seller SKU that the ledger does not know, with characters that hide: everything is unknown, never 0."""
    shown = listing(SHOPEE, "999", "AB\u202eC\u200b ", 4)
    finding = on_listing(
        "unknown-sku",
        None,
        shown,
        0,
        "No ledger row has this seller SKU.",
        Remedy(RemedyKind.MANUAL, "add it to the ledger or to its listings table"),
    )
    return Statement(Sku("AB\u202eC\u200b "), None, None, 0, 0, (line(shown, None, None),), (finding,))


def unexplained() -> Statement:
    up, down = listing(SHOPEE, "12", "=SUM(A1)", 1250), listing(LAZADA, "13", "=SUM(A1)", 0)
    return statement(
        "=SUM(A1)",
        1230,
        [line(up, 1230), line(down, 1230)],
        [
            on_listing("unexplained", None, up, 20, "20 units more than the target, and nothing accounts for them."),
            on_listing("unexplained", None, down, -1230, "Nothing is on sale where 1,230 could be."),
        ],
    )


def shop_facts(name: ShopName, channel: str, zone: str, *, complete: bool = True) -> ShopFacts:
    tz: tzinfo = ZoneInfo(zone)
    return ShopFacts(name, channel, at(11, 58), complete, Capabilities(channel), zone, tz)


def _actions(statements: Iterable[Statement]) -> tuple[list[Action], list[Withheld]]:
    found = {(s.sku, f.scenario, f.side): f for s in statements for f in s.findings}
    returned = found[Sku("TEE-RED-M"), "campaign-returned", Side.LISTING]
    lock = found[Sku(LONG), "campaign-lock", Side.LISTING]
    ledger = found[Sku("00123"), "cancelled-order-restock", Side.LEDGER]
    follows = found[Sku("00123"), "cancelled-order-restock", Side.LISTING]
    unpaid = found[Sku("MUG|BLUE `1`"), "unpaid-release", Side.LISTING]
    error = found[Sku(WIDE), "listing-sync-error", Side.LISTING]

    def act(number: int, kind: ActionKind, finding: Finding, **more: object) -> Action:
        return Action(
            f"a-{number}",
            kind,
            finding.sku,
            finding.scenario,
            finding.id,
            shop=finding.shop,
            listing=finding.listing,
            **more,  # type: ignore[arg-type]
        )

    actions = [
        act(1, ActionKind.SET_STOCK, lock, frm=100, to=50),
        act(2, ActionKind.SET_STOCK, returned, frm=48, to=40),
        act(3, ActionKind.ADJUST_LEDGER, ledger, by=-1, ref="stockrecon:00123:m9"),
        act(4, ActionKind.SET_STOCK, follows, frm=1, to=0, after="a-3"),
        act(5, ActionKind.MANUAL, lock, text=lock.remedies[1].text, due=at(17)),
        act(6, ActionKind.MANUAL, error, text=error.remedies[0].text),
        act(7, ActionKind.WAIT, unpaid, until=at(9, day=14)),
    ]
    down = found[Sku("=SUM(A1)"), "unexplained", Side.LISTING]
    raised = act(8, ActionKind.SET_STOCK, down, frm=0, to=1230)
    return actions, [Withheld(raised, "confirm-raise", "a raise must be seen in two runs 10 minutes apart")]


def everything() -> RunResult:
    """A run with every kind of thing in it, one shop unread."""
    statements = (
        campaign_returned(),
        campaign_lock(),
        cancelled_restock(),
        sync_error(),
        unpaid_and_near(),
        waiting(),
        strange(),
        unexplained(),
    )
    actions, withheld = _actions(statements)
    return RunResult(
        command="diff",
        run="20261111T120000Z-1",
        now=NOW,
        ledger=LedgerFacts("file", at(11, 59), 801, frozenset({"stock", "movements"}), at(1, day=1)),
        ledger_error=None,
        shops=(
            ShopReport(SHOPEE, "shopee", shop_facts(SHOPEE, "shopee", "Asia/Ho_Chi_Minh"), 1204, 31),
            ShopReport(
                LAZADA,
                "lazada",
                shop_facts(LAZADA, "lazada", "Asia/Ho_Chi_Minh", complete=False),
                640,
                14,
                warnings=("paging ended before the total of 700 that the shop named",),
            ),
            ShopReport(FILE, "file", shop_facts(FILE, "file", "Asia/Singapore"), 20, 0),
            ShopReport(
                ShopName("shopee-th"),
                "shopee",
                None,
                0,
                2,
                error="shopee-th: the access token has been revoked (error_auth)\n  authorise the shop again",
            ),
        ),
        summary=summary_of(statements, 801, 1864, 1850),
        statements=statements,
        plan=Plan(DIGEST, tuple(actions), tuple(withheld)),
        cannot=("push-not-applied, edited-in-seller-center: the ledger has no pushes table",),
        warnings=("the state directory is new: nothing is known of earlier runs",),
        exit_code=13,
    )


def in_line() -> RunResult:
    """A run that found nothing."""
    return RunResult(
        "diff",
        "20261111T120000Z-2",
        NOW,
        LedgerFacts("sql", at(11, 59), 12, frozenset({"stock"})),
        None,
        (ShopReport(SHOPEE, "shopee", shop_facts(SHOPEE, "shopee", "Asia/Ho_Chi_Minh"), 12, 3),),
        Summary(12, 12, 12),
        (),
        Plan(DIGEST),
    )


def nothing_read() -> RunResult:
    """Ledger and shop both unreadable: every number is unknown."""
    return RunResult(
        "diff",
        "20261111T120000Z-3",
        NOW,
        None,
        "ledger: ledger/stock.csv: there is no such file\n  name the folder in ledger.path",
        (ShopReport(SHOPEE, "shopee", None, 0, 0, error="shopee-vn: no answer within 30 s"),),
        Summary(),
        (),
        Plan(DIGEST),
        exit_code=13,
    )


def applied() -> RunResult:
    """A result of a later command, with outcomes."""
    outcome = Outcome("a-1", OutcomeResult.CONFIRMED, 50, NOW, "read back twice")
    return replace(everything(), command="sync", outcomes=(outcome, Outcome("a-2", OutcomeResult.UNKNOWN, None, NOW)))


def many(count: int) -> RunResult:
    """A run with `count` findings on as many SKUs, in two causes, worst in the middle of the input."""
    statements = []
    for index in range(count):
        sku = f"SKU-{index:06d}"
        units = 1 + (index * 7919) % 97
        shown = listing(SHOPEE if index % 2 else LAZADA, str(100000 + index), sku, 10 + units)
        slug, number = ("campaign-returned", 1) if index % 3 else ("unexplained", None)
        text = f"A campaign of {units + 5} ended at 18:00 with 5 sold, and its {units} unsold units went back on sale."
        finding = on_listing(slug, number, shown, units, text, Remedy(RemedyKind.SET))
        statements.append(statement(sku, 10, [line(shown, 10)], [finding]))
    actions = tuple(
        Action(f"a-{i}", ActionKind.SET_STOCK, f.sku, f.scenario, f.id, f.shop, f.listing, 10 + f.units, 10)
        for i, s in enumerate(statements)
        for f in s.findings
    )
    facts = in_line()
    return replace(
        facts,
        statements=tuple(statements),
        plan=Plan(DIGEST, actions),
        summary=summary_of(statements, count, count, 0),
        exit_code=10,
    )


def summary_of(statements: Iterable[Statement], skus: int, listings: int, in_line: int) -> Summary:
    variances = []
    sums: dict[str, ScenarioSum] = {}
    for each in statements:
        variances += [shown.variance for shown in each.lines if shown.variance]
        for finding in each.findings:
            old = sums.get(finding.scenario, ScenarioSum())
            on_shop = finding.side is Side.LISTING
            sums[finding.scenario] = ScenarioSum(
                old.findings + 1,
                old.units + (abs(finding.units) if on_shop else 0),
                old.ledger_units + (0 if on_shop else abs(finding.units)),
            )
    return Summary(
        skus,
        listings,
        in_line,
        sum(map(abs, variances)),
        sum(v for v in variances if v > 0),
        unlisted=3 if in_line else 0,
        by_scenario=sums,
    )
