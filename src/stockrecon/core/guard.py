"""The guards: when nothing at all is written to a shop or to the ledger (semantics, section 6).

All rules are judged before the first write and all that are broken are named at once, in a fixed order: the ledger,
then the shops by name; for each first whether what was read can be trusted, then whether too much would be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from stockrecon.core.findings import LEDGER as LEDGER
from stockrecon.core.findings import Action, ActionKind, Plan, Refusal
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Limit, Policy
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing

LOST = "lost"
TRUST = frozenset({"forgotten", "empty", LOST, "unread-end", "old", "future", "older-than-seen"})
"""Rules about what was read; the others are about how much would be written."""
CORRECTIONS = frozenset({"correction-skus", "correction-units"})
"""The only refusals of the ledger that leave stock writes alone, unless they count on a correction."""

AHEAD = timedelta(minutes=5)
"""So far ahead of the run's time a source may be: clocks differ."""

_SECOND = timedelta(seconds=1)
_NOTHING: Mapping[str, str] = MappingProxyType({})


def judge(
    writes: Sequence[Action],
    standing: Standing,
    policy: Policy,
    now: datetime,
    *,
    digest: str,
    unread: Mapping[str, str] = _NOTHING,
) -> tuple[Refusal, ...]:
    """Everything that speaks against carrying out `writes`, the actions that `sync --apply` may write.

    Judged are the ledger, if anything is written at all, and the shops that are written to. `digest`: the plan's, by
    whose name what is approvable can be approved. `unread`: by name, why a shop (or "ledger") was not read.
    """
    sets: dict[str, list[Action]] = {}
    corrections: list[Action] = []
    for action in writes:
        if action.kind is ActionKind.SET_STOCK:
            sets.setdefault(action.writes_to, []).append(action)
        elif action.kind is ActionKind.ADJUST_LEDGER:
            corrections.append(action)
    if not sets and not corrections:
        return ()
    trial = _Trial(policy, now, digest)
    refusals = [*_forgotten(standing), *trial.trust(_of_ledger(standing.ledger, unread))]
    refusals += trial.corrections(corrections, standing.ledger)
    for name in sorted(sets):
        shop = standing.shops.get(ShopName(name))
        if shop is None:
            refusals.append(_unread_end(name, unread.get(name, "it was not read in this run")))
        else:
            refusals += trial.trust(_of_shop(shop, unread))
            refusals += trial.stock(sets[name], shop)
    return tuple(refusals)


def effects(refusals: Sequence[Refusal], writes: Sequence[Action], plan: Plan) -> Mapping[str, str]:
    """The writes that must not be carried out, by id, each with the first refusal that forbids it as a text.

    A refused ledger forbids all; a refused shop its own writes; too large corrections all of them, and every stock
    write that counts on one.
    """
    distrust = next(
        (refusal for refusal in refusals if refusal.who == LEDGER and refusal.rule not in CORRECTIONS), None
    )
    by_who: dict[str, Refusal] = {}
    for refusal in refusals:
        by_who.setdefault(refusal.who, refusal)
    refused: dict[str, str] = {}
    for action in writes:
        hit = distrust or by_who.get(action.writes_to)
        if hit is not None:
            refused[action.id] = f"refused ({hit.rule}): {hit.who}: {hit.text}"
    for action in writes:
        counted = next((refused[one] for one in plan.basis.counted_on(action) if one in refused), None)
        if counted is not None:
            refused.setdefault(action.id, counted)
    return refused


def counts_on(action: Action, plan: Plan) -> frozenset[str]:
    """The ids of the plan's actions that all have to succeed before this one is carried out."""
    return frozenset(plan.basis.counted_on(action))


@dataclass(frozen=True, slots=True)
class _Source:
    """A ledger or a shop, as far as trusting it goes the same way for both."""

    who: str
    noun: str
    rows: int
    good_rows: int | None
    as_of: datetime
    dated: bool
    seen: datetime | None
    networked: bool
    error: str | None


def _of_ledger(ledger: LedgerStanding, unread: Mapping[str, str]) -> _Source:
    error = unread.get(LEDGER)
    rows, seen = ledger.skus, ledger.seen
    return _Source(LEDGER, "SKUs", rows, ledger.good_rows, ledger.as_of, ledger.dated, seen, ledger.networked, error)


def _of_shop(shop: ShopStanding, unread: Mapping[str, str]) -> _Source:
    error = shop.error or unread.get(shop.name)
    return _Source(shop.name, "listings", shop.rows, shop.good_rows, shop.as_of, True, shop.seen, shop.networked, error)


def _forgotten(standing: Standing) -> Iterator[Refusal]:
    if standing.forgotten:
        text = f"what earlier runs read and wrote could not be asked for, and it has to be: {standing.forgotten}"
        yield Refusal(LEDGER, "forgotten", text, "Mend what keeps the state from being used, and run again.")


def _unread_end(who: str, error: str) -> Refusal:
    way_on = "Mend what kept it from being read, and run again."
    return Refusal(who, "unread-end", f"it is not proven to have been read to its end: {error}", way_on)


@dataclass(frozen=True, slots=True)
class _Trial:
    policy: Policy
    now: datetime
    digest: str

    def trust(self, source: _Source) -> Iterator[Refusal]:
        """Whether what was read may be the basis of any write."""
        if not source.rows:
            text = f"it holds 0 {source.noun}, and at least 1 is needed to write anything"
            yield Refusal(source.who, "empty", text, "See whether this is the right one, whole and readable.")
        if source.good_rows is not None:
            yield from self._lost(source, source.good_rows)
        if source.error is not None:
            yield _unread_end(source.who, source.error)
        yield from self._times(source)

    def _lost(self, source: _Source, good: int) -> Iterator[Refusal]:
        text = f"{good - source.rows} of {good} {source.noun} are gone since the last good snapshot"
        yield from self._over(LOST, source.who, good - source.rows, good, self.policy.limits.lost, "lost", text)

    def _times(self, source: _Source) -> Iterator[Refusal]:
        who, age = source.who, self.now - source.as_of
        limit = self.policy.max_age_network if source.networked else self.policy.max_age_file
        key = f"policy.max_age.{'network' if source.networked else 'file'}"
        said = f"what was read is of {_at(source.as_of)}"
        if source.dated and age > limit:
            text = f"{said}, {_span(age)} old; the limit is {_span(limit)}"
            yield Refusal(who, "old", text, f"Run again with what is newer. {key} holds the limit.")
        if -age > AHEAD:
            text = f"{said}, {_span(-age)} ahead of this run's time; the limit is {_span(AHEAD)}"
            yield Refusal(who, "future", text, "Set the clocks right, or the time that it tells (or --now).")
        if source.seen is not None and source.as_of < source.seen:
            older = _span(source.seen - source.as_of)
            text = f"{said}, {older} older than what an earlier run read, of {_at(source.seen)}; the limit is 0s"
            yield Refusal(who, "older-than-seen", text, "Run again with what is as new as that, or newer.")

    def stock(self, sets: Sequence[Action], shop: ShopStanding) -> Iterator[Refusal]:
        """Whether this is too much for one run to write to one shop."""
        limits = self.policy.limits
        text = f"{len(sets)} of {shop.rows} listings would be changed"
        yield from self._over("changed", shop.name, len(sets), shop.rows, limits.changed, "changed", text)
        zeroed = sum(1 for action in sets if action.to == 0 and action.frm != 0)
        text = f"{zeroed} of {shop.in_stock} listings in stock would be taken to zero"
        yield from self._over("zeroed", shop.name, zeroed, shop.in_stock, limits.zeroed, "zeroed", text)
        added = sum(max(0, (action.to or 0) - (action.frm or 0)) for action in sets)
        text = f"{added} units would be added to {shop.exposed} exposed ones"
        yield from self._over("added", shop.name, added, shop.exposed, limits.added, "added", text)

    def corrections(self, corrections: Sequence[Action], ledger: LedgerStanding) -> Iterator[Refusal]:
        """Whether this is too much for one run to correct in the ledger."""
        limits = self.policy.limits
        skus, units = len({action.sku for action in corrections}), sum(abs(action.by or 0) for action in corrections)
        text = f"{skus} of {ledger.skus} SKUs would be corrected"
        key = "corrections.skus"
        yield from self._over("correction-skus", LEDGER, skus, ledger.skus, limits.correction_skus, key, text)
        text = f"{units} of {ledger.units} units would be corrected"
        key = "corrections.units"
        yield from self._over("correction-units", LEDGER, units, ledger.units, limits.correction_units, key, text)

    def _over(
        self, rule: str, who: str, number: int, whole: int, limit: Limit, key: str, text: str
    ) -> Iterator[Refusal]:
        most = limit.of(whole)
        if number > most:
            text = f"{text}; the limit is {most}, the larger of {limit.count} and {limit.percent} %"
            approve = f"Read the plan; if it is right: stockrecon sync --apply --approve {self.digest}"
            yield Refusal(who, rule, text, f"{approve}. apply.limits.{key} holds the limit.", approvable=True)


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _span(length: timedelta) -> str:
    """A duration as the configuration writes it, up to the next second: 1d 2h, 15m 1s."""
    seconds = -(-length // _SECOND)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
