"""The JSON document of the contract's section 6, for programs. Same result, same bytes.

Written in chunks, a statement a line: a document of every SKU need not fit into memory as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from stockrecon.core.findings import (
    Action,
    ActionKind,
    Finding,
    Line,
    Outcome,
    Refusal,
    RunResult,
    ShopReport,
    Statement,
    Summary,
    Withheld,
)
from stockrecon.core.model import ListingKey
from stockrecon.reports.view import PLAIN, View, narrowed

SCHEMA = "stockrecon/1"

# Valid in JSON as they are, but a terminal would obey them, and lone surrogates have no UTF-8: as \u escapes the
# value is the same.
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Object = dict[str, Any]


def schema() -> Object:
    """The JSON Schema (2020-12) of this document, as shipped in the package."""
    text = files("stockrecon.reports").joinpath("schema", "stockrecon-1.json").read_text(encoding="utf-8")
    loaded: Object = json.loads(text)
    return loaded


def render(result: RunResult, view: View = PLAIN) -> Iterator[str]:
    """The document, ended by a newline. With `view.scenarios` the key `filter` says that findings were left out."""
    shown = narrowed(result, view.scenarios)
    extra = {"filter": {"scenarios": list(view.scenarios)}} if view.scenarios else {}
    return document(shown, extra)


def document(result: RunResult, extra: Mapping[str, Any]) -> Iterator[str]:
    """The document; `extra` keys stand between the statements and the plan."""
    yield "{" + ",\n ".join(f"{_text(key)}: {_text(value)}" for key, value in _head(result).items())
    yield ',\n "statements": ['
    yield from _lines(_statement(statement) for statement in result.statements)
    yield "]"
    for key, value in extra.items():
        if isinstance(value, list):
            yield f",\n {_text(key)}: ["
            yield from _lines(value)
            yield "]"
        else:
            yield f",\n {_text(key)}: {_text(value)}"
    yield f',\n "plan": {{"digest": {_text(result.plan.digest)}, "actions": ['
    yield from _lines(_action(action) for action in result.plan.actions)
    yield '],\n  "withheld": ['
    yield from _lines(_withheld(withheld) for withheld in result.plan.withheld)
    if result.refusals:
        yield '],\n  "refused": ['
        yield from _lines(_refusal(refusal) for refusal in result.refusals)
    unpermitted = [action for action in result.plan.actions if action.id in result.unpermitted]
    if unpermitted:
        yield '],\n  "unpermitted": ['
        yield from _lines({"id": one.id, "text": result.unpermitted[one.id]} for one in unpermitted)
    yield ']},\n "outcomes": ['
    yield from _lines(_outcome(outcome) for outcome in result.outcomes)
    yield f'],\n "exit": {result.exit_code}}}\n'


def stamp(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`; fractions of a second only where there are any."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _text(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _lines(values: Iterable[object]) -> Iterator[str]:
    separator = "\n  "
    for value in values:
        yield separator + _text(value)
        separator = ",\n  "


def _head(result: RunResult) -> Object:
    ledger: Object = {"type": None, "as_of": None, "skus": None}
    if result.ledger is not None:
        ledger = {"type": result.ledger.type, "as_of": stamp(result.ledger.as_of), "skus": result.ledger.skus}
    if result.ledger_error is not None:
        ledger["error"] = result.ledger_error
    head: Object = {
        "schema": SCHEMA,
        "command": result.command,
        "run": result.run,
        "now": stamp(result.now),
        "ledger": ledger,
        "shops": [_shop(shop) for shop in result.shops],
        "summary": _summary(result.summary),
    }
    if result.cannot:
        head["cannot"] = list(result.cannot)
    if result.warnings:
        head["warnings"] = list(result.warnings)
    return head


def _shop(shop: ShopReport) -> Object:
    facts = shop.facts
    shown: Object = {
        "name": shop.name,
        "channel": shop.channel,
        "as_of": stamp(facts.as_of) if facts else None,
        "listings": shop.listings,
        "complete": facts.complete if facts else False,
        "requests": shop.requests,
        "error": shop.error,
        "read": None if facts is None else "full" if shop.little is None else "changes",
    }
    if shop.little is not None:
        shown["changes"] = {
            "since": stamp(shop.little.since),
            "full_at": stamp(shop.little.full_at),
            "kept": shop.little.kept,
            "untold": shop.little.untold,
        }
    elif shop.in_full:
        shown["read_because"] = shop.in_full
    if shop.warnings:
        shown["warnings"] = list(shop.warnings)
    return shown


def _summary(summary: Summary) -> Object:
    shown: Object = {
        "skus": summary.skus,
        "listings": summary.listings,
        "in_line": summary.in_line,
        "variance_units": summary.variance_units,
        "oversell_units": summary.oversell_units,
        "by_scenario": {
            slug: {"findings": part.findings, "units": part.units, "ledger_units": part.ledger_units}
            for slug, part in sorted(summary.by_scenario.items())
        },
    }
    if summary.unlisted:
        shown["unlisted"] = summary.unlisted
    return shown


def _statement(statement: Statement) -> Object:
    shown: Object = {
        "sku": statement.sku,
        "available": statement.available,
        "available_in_flight": statement.available_in_flight,
        "excess": statement.excess,
        "deficit": statement.deficit,
        "listings": [_listing(line) for line in statement.lines],
        "findings": [_finding(finding) for finding in statement.findings],
    }
    if statement.warnings:
        shown["warnings"] = list(statement.warnings)
    if statement.moving:
        shown["moving"] = True
    if statement.policy:
        shown["policy"] = list(statement.policy)
    return shown


def _listing(line: Line) -> Object:
    listing = line.listing
    return {
        "shop": listing.key.shop,
        **_ids(listing.key),
        "seller_sku": listing.seller_sku,
        "sellable": listing.sellable,
        "campaign": listing.campaign,
        "withheld": line.withheld,
        "committed": line.committed,
        "state": listing.state.value,
        "components": [{"sku": component.sku, "units": component.units} for component in listing.components],
        "target": line.target,
        "floor": line.floor,
        "write_target": line.write_target,
        "exposed": listing.exposed,
        "variance": line.variance,
    }


def _ids(key: ListingKey | None) -> Object:
    """Item and variation id; "" inside means none."""
    if key is None:
        return {"item_id": None, "variation_id": None}
    return {"item_id": key.item_id or None, "variation_id": key.variation_id or None}


def _finding(finding: Finding) -> Object:
    return {
        "scenario": finding.scenario,
        "number": finding.number,
        "side": finding.side.value,
        "shop": finding.listing.shop if finding.listing else finding.shop,
        **_ids(finding.listing),
        "units": finding.units,
        "ambiguous": finding.ambiguous,
        "resolves_at": stamp(finding.resolves_at),
        "text": finding.text,
        "evidence": [{"at": stamp(fact.at), "source": fact.source, "fact": fact.fact} for fact in finding.evidence],
        "id": finding.id,
        "remedies": [remedy.kind.value for remedy in finding.remedies],
    }


def _action(action: Action) -> Object:
    """Exactly the keys that the contract gives each kind."""
    shown: Object = {"id": action.id, "kind": action.kind.value}
    tail: Object = {"scenario": action.scenario, "finding": action.finding}
    where: Object = {"shop": action.listing.shop if action.listing else action.shop, **_ids(action.listing)}
    match action.kind:
        case ActionKind.SET_STOCK:
            numbers = {"from": action.frm, "to": action.to}
            return shown | where | {"sku": action.sku} | numbers | tail | {"after": action.after}
        case ActionKind.ADJUST_LEDGER:
            return shown | {"sku": action.sku, "by": action.by, "ref": action.ref} | tail
        case ActionKind.MANUAL:
            return shown | {"sku": action.sku} | where | {"text": action.text} | tail | {"due": stamp(action.due)}
        case ActionKind.WAIT:
            return shown | {"sku": action.sku} | where | {"until": stamp(action.until)} | tail


def _withheld(withheld: Withheld) -> Object:
    action = withheld.action
    shown: Object = {
        "id": action.id,
        "rule": withheld.rule,
        "text": withheld.text,
        "kind": action.kind.value,
        "shop": action.listing.shop if action.listing else action.shop,
        **_ids(action.listing),
        "sku": action.sku,
        "from": action.frm,
        "to": action.to,
        "scenario": action.scenario,
        "finding": action.finding,
    }
    if action.kind is ActionKind.ADJUST_LEDGER:
        shown |= {"by": action.by, "ref": action.ref}
    return shown


def _refusal(refusal: Refusal) -> Object:
    return {
        "who": refusal.who,
        "rule": refusal.rule,
        "text": refusal.text,
        "way_on": refusal.way_on,
        "approvable": refusal.approvable,
    }


def _outcome(outcome: Outcome) -> Object:
    shown: Object = {
        "action": outcome.action,
        "result": outcome.result.value,
        "seen": outcome.seen,
        "at": stamp(outcome.at),
        "detail": outcome.detail,
    }
    if outcome.run:
        shown["run"] = outcome.run
    if outcome.about is not None:
        shown["about"] = _about(outcome.about)
    return shown


def _about(action: Action) -> Object:
    """What an earlier run sent: it need not be an action of this plan."""
    return {
        "kind": action.kind.value,
        "sku": action.sku,
        "shop": action.listing.shop if action.listing else action.shop,
        **_ids(action.listing),
        "from": action.frm,
        "to": action.to,
        "by": action.by,
        "ref": action.ref,
    }
