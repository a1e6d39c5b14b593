"""Holds a JSON report against what was acted out. Returns disagreements as sentences; empty is agreement."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from tests.market.build import Built
from tests.market.claims import NUMBERS, Claim, Expect, Key, Played
from tests.market.rules import limiting, target
from tests.market.things import Listing

NOT_COUNTED = {"in-flight", "platform-fulfilled", "unlisted", "policy"}
UNTOLD = {
    "shopee": {"withheld", "committed"},
    "tiktok-shop": {"withheld"},
    "shopify": {"withheld"},
    "woocommerce": {"withheld", "committed"},
}
"""What a channel never tells of a listing: 0 there is not known to be 0."""
Report = dict[str, Any]


def key_of(row: Report) -> Key:
    """The listing that a row names, None where it names none."""
    return (row["shop"], row["item_id"], row["variation_id"]) if row.get("item_id") is not None else None


def time_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class Judge:
    """One report against one market, after run 1 or 2."""

    def __init__(self, built: Built, report: Report, run: int) -> None:
        self.built, self.report, self.run = built, report, run
        self.market = built.market
        self.faults: list[str] = []
        self.read = {
            (shop.name, row["item_id"], row["variation_id"] or None): row
            for shop in self.market.shops.values()
            for row in shop.read["listings"]
        }
        self.statements = {one["sku"]: one for one in report["statements"]}
        self.expected: dict[str, Expect] = {}
        self.story: dict[str, str] = {}
        self.moved: dict[str, int] = {}
        for played in built.played:
            self.expected[played.sku] = expect = played.expected(run)
            self.moved.update(expect.moved)
            for sku in (played.sku, *played.skus):
                self.story[sku] = played.story
        self.stock = dict(self.market.stock)
        for sku, expect in self.expected.items():
            if sku in self.stock:
                self.stock[sku] += expect.correction

    def say(self, sku: str, text: str) -> None:
        self.faults.append(f"seed {self.built.seed} run {self.run} {self.story.get(sku, 'in line')} {sku}: {text}")

    def judge(self) -> list[str]:
        self.all_are_there()
        for sku, statement in self.statements.items():
            expect = self.expected.get(sku, Expect())
            self.numbers(sku, statement, expect)
            self.sums(sku, statement)
            if not expect.loose:
                self.findings(sku, statement, expect)
        self.plan()
        self.summary()
        return self.faults

    def all_are_there(self) -> None:
        skus = set(self.market.stock) | {one.sku for one in self.built.played}
        if missing := skus - set(self.statements):
            self.say("", f"--all lacks {sorted(missing)[:5]}")
        if strange := set(self.statements) - skus:
            self.say("", f"statements of {sorted(strange)[:5]} that nobody has")
        seen = Counter(key_of(one) for each in self.statements.values() for one in each["listings"])
        shown = {
            one.key
            for shop in self.market.shops.values()
            for one in shop.listings
            if one.in_snapshot and one.state != "deleted"
        }
        if twice := [key for key, count in seen.items() if count > 1]:
            self.say("", f"listings stand twice: {twice[:5]}")
        if missing := shown - set(seen):
            self.say("", f"listings without a line: {sorted(map(str, missing))[:5]}")

    def numbers(self, sku: str, statement: Report, expect: Expect) -> None:
        available = self.market.stock.get(sku)
        wanted = {"available": available, "excess": expect.excess}
        if available is not None:
            wanted["available_in_flight"] = available + self.moved.get(sku, expect.in_flight)
            wanted["deficit"] = expect.deficit if expect.deficit is not None else max(0, -available)
        for name, value in wanted.items():
            if statement[name] != value:
                self.say(sku, f"{name} {statement[name]}, not {value}")
        if expect.warned and not statement.get("warnings"):
            self.say(sku, "no warning of its state")
        listings = {one.key: one for one in self.market.of_sku.get(sku, ())}
        for row in statement["listings"]:
            listing = listings.get(key_of(row))
            if listing is None:
                if sku in self.market.stock:
                    self.say(sku, f"shows {key_of(row)}, which is not of it")
                continue
            self.listing(sku, row, listing, expect)

    def listing(self, sku: str, row: Report, listing: Listing, expect: Expect) -> None:
        known = listing.fulfilment == "seller" and all(part in self.stock for part in listing.components)
        right = target(self.market, listing, self.stock) if known else None
        shown = self.read[listing.key]
        exposed = shown["sellable"] + shown["campaign"]
        floor = expect.floors.get(listing.key, min(shown["campaign"], exposed))
        cautious = expect.cautious.get(listing.key, right)
        wanted: Report = {
            **{name: shown[name] for name in ("sellable", "campaign", "withheld", "committed", "seller_sku", "state")},
            "exposed": exposed,
            "target": right,
            "variance": None if right is None else exposed - right,
            "write_target": None if cautious is None else max(cautious, exposed if floor is None else floor),
            "floor": floor,
        }
        for name in UNTOLD.get(listing.shop.imitates or "", ()):
            wanted[name] = wanted[name] or None
        if listing.state == "deleted":
            return
        for name, value in wanted.items():
            if row[name] != value and not (right is None and name in ("floor", "write_target")):
                self.say(sku, f"{listing.key}: {name} {row[name]}, not {value}")
        if right is not None:
            parts = {one["sku"]: one["units"] for one in row["components"]}
            if parts != listing.components:
                self.say(sku, f"{listing.key}: components {parts}, not {listing.components}")
            if limiting(listing, self.stock) != sku:
                self.say(sku, f"{listing.key}: its limiting component is another")

    def sums(self, sku: str, statement: Report) -> None:
        units: dict[Key, int] = defaultdict(int)
        ledger = 0
        for one in statement["findings"]:
            if one["number"] != NUMBERS.get(one["scenario"]):
                self.say(sku, f"{one['scenario']} has the number {one['number']}")
            if not one["evidence"] and one["scenario"] not in ("unlisted", "unexplained"):
                self.say(sku, f"{one['scenario']} without evidence")
            if one["side"] == "listing":
                units[key_of(one)] += one["units"] or 0
            elif one["scenario"] != "cancelled-order-not-restocked" and "adjust-ledger" not in one["remedies"]:
                ledger += 0 if one["ambiguous"] and one["scenario"] == "cancelled-order-restock" else one["units"]
        for row in statement["listings"]:
            if row["variance"] is not None and row["variance"] != units[key_of(row)]:
                self.say(sku, f"{key_of(row)}: variance {row['variance']}, findings say {units[key_of(row)]}")
        if ledger != statement["deficit"]:
            self.say(sku, f"deficit {statement['deficit']}, ledger-side findings say {ledger}")

    def findings(self, sku: str, statement: Report, expect: Expect) -> None:
        found = list(statement["findings"])
        for claim in expect.claims:
            fits = [one for one in found if self.fits(one, claim)]
            if not fits:
                self.say(sku, f"lacks {_claim(claim)}; says {[_finding(one) for one in found]}")
                continue
            found = [one for one in found if one not in (fits if claim.side == "any" else fits[:1])]
        for one in found:
            self.say(sku, f"says also {_finding(one)}; expected {[_claim(each) for each in expect.claims]}")
        self.steps(sku, expect)

    @staticmethod
    def fits(one: Report, claim: Claim) -> bool:
        place = claim.side == "any" or (
            one["side"] == ("ledger" if claim.of_ledger else "listing")
            and (claim.listing is None or key_of(one) == claim.listing)
        )
        return (
            one["scenario"] in (claim.scenario, *claim.also)
            and (one["units"] or 0) == claim.units
            and place
            and one["ambiguous"] == claim.ambiguous
            and (set(one["remedies"]) == claim.remedies or one["scenario"] in claim.also)
            and (claim.resolves_at is None or time_of(one["resolves_at"]) == claim.resolves_at)
        )

    def steps(self, sku: str, expect: Expect) -> None:
        plan = self.report["plan"]
        ids = {one["id"] for one in self.statements[sku]["findings"]}
        for kind, rows in (("planned", plan["actions"]), ("withheld", plan["withheld"])):
            sets = {
                (key_of(one), one["to"]) for one in rows if one.get("kind") == "set-stock" and one["finding"] in ids
            }
            wanted = {
                (step.listing, step.to)
                for step in expect.steps
                if step.kind == "set-stock" and step.held == (kind == "withheld")
            }
            if sets != wanted:
                rules = [one["rule"] for one in plan["withheld"] if one.get("finding") in ids]
                self.say(sku, f"{kind} {sets}, not {wanted}; withheld by {rules}")
        by = sum(one["by"] for one in plan["actions"] if one["kind"] == "adjust-ledger" and one["finding"] in ids)
        if by != expect.correction:
            self.say(sku, f"ledger corrected by {by}, not {expect.correction}")
        waiting = {one["id"] for one in self.statements[sku]["findings"] if "wait" in one["remedies"]}
        if left := waiting - {one["finding"] for one in plan["actions"] if one["kind"] == "wait"}:
            self.say(sku, f"nothing in the plan waits for {left}")
        for kind in ("wait", "manual"):
            have = {time_of(o.get("until")) for o in plan["actions"] if o["kind"] == kind and o["finding"] in ids}
            want = {step.until for step in expect.steps if step.kind == kind}
            if bool(have) != bool(want) or (kind == "wait" and want - {None} - have):
                self.say(sku, f"{kind} {have}, not {want}")

    def plan(self) -> None:
        plan = self.report["plan"]
        ids = [one["id"] for one in plan["actions"]]
        if len(ids) != len(set(ids)):
            self.say("", "two steps of the plan share one id")
        findings = {one["id"]: one for each in self.statements.values() for one in each["findings"]}
        rows = {key_of(one): one for each in self.statements.values() for one in each["listings"]}
        written: Counter[Key] = Counter()
        for one in plan["actions"]:
            if one["finding"] not in findings or findings[one["finding"]]["scenario"] != one["scenario"]:
                self.say(one["sku"], f"{one['kind']} names a finding that is not there")
            if one["kind"] == "adjust-ledger" and not one["ref"]:
                self.say(one["sku"], "a correction without a reference")
            if one["kind"] != "set-stock":
                continue
            row = rows[key_of(one)]
            written[key_of(one)] += 1
            if one["from"] != row["exposed"] or one["to"] < (row["floor"] or 0) or one["to"] == one["from"]:
                self.say(one["sku"], f"sets {one['from']} -> {one['to']}, shows {row['exposed']}, floor {row['floor']}")
            if self.run == 1 and one["to"] > one["from"]:
                self.say(one["sku"], "a raise at the first sight")
            if one["after"] is not None and one["after"] not in ids:
                self.say(one["sku"], "waits for a step that is not there")
        if twice := [key for key, count in written.items() if count > 1]:
            self.say("", f"written twice: {twice}")

    def summary(self) -> None:
        report, summary = self.report, self.report["summary"]
        rows = [one for each in report["statements"] for one in each["listings"]]
        variances = [one["variance"] or 0 for one in rows]
        by: dict[str, dict[str, int]] = {}
        counted = False
        for each in report["statements"]:
            for one in each["findings"]:
                line = by.setdefault(one["scenario"], {"findings": 0, "units": 0, "ledger_units": 0})
                line["findings"] += 1
                line["units" if one["side"] == "listing" else "ledger_units"] += abs(one["units"] or 0)
                quiet = not one["units"] and set(one["remedies"]) <= {"wait", "none"}
                counted |= one["scenario"] not in NOT_COUNTED and not quiet
        wanted = {
            "skus": len(self.market.stock),
            "listings": len(rows),
            "variance_units": sum(map(abs, variances)),
            "oversell_units": sum(max(0, one) for one in variances),
            "by_scenario": by,
        }
        for name, value in wanted.items():
            if summary[name] != value:
                self.say("", f"summary.{name} is {summary[name]}, the statements say {value}")
        if report["exit"] != (10 if counted else 0):
            self.say("", f"exit {report['exit']}, though findings that count: {counted}")
        in_line = sum(1 for one in rows if one["variance"] == 0)
        if summary["in_line"] != in_line:
            self.say("", f"summary.in_line is {summary['in_line']}, {in_line} listings have no variance")


def _claim(one: Claim) -> str:
    return (
        f"{one.scenario} {one.units} {one.listing} {sorted(one.remedies)} ambiguous={one.ambiguous} {one.resolves_at}"
    )


def _finding(one: Report) -> str:
    return (
        f"{one['scenario']} {one['units']} {one['side']} {key_of(one)} {one['remedies']} "
        f"ambiguous={one['ambiguous']} {one['resolves_at']}"
    )


def judge(built: Built, report: Report, run: int) -> list[str]:
    """Everything in which the report and the market disagree."""
    return Judge(built, report, run).judge()


__all__ = ["Judge", "Played", "judge"]
