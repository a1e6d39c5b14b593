"""What `update_stock` answered, model by model (reference: Shopee 3.5).

An empty `error` proves nothing: both lists count. What stands in neither, in both, or with another number than was
sent is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stockrecon.channels.base import WriteAnswer
from stockrecon.channels.shopee.errors import code_of
from stockrecon.channels.shopee.fields import Malformed, Object, plain, text, whole
from stockrecon.core.intent import Answered

Sent = Mapping[str, Mapping[str, int]]
"""What was sent: variation id ("" for none) -> location ("" for none) -> units."""
SILENCE = "Shopee lists it neither as done nor as failed"


@dataclass(slots=True)
class _Rows:
    """`done`: the locations that a model's rows name; `odd`: where a row says another number than was sent."""

    done: dict[str, set[str]] = field(default_factory=dict)
    odd: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    nameless: list[str] = field(default_factory=list)


def row_answers(document: Object, sent: Sent) -> dict[str, WriteAnswer]:
    """An answer for each model of `sent`, by its variation id. `document`: the whole answer, its error included."""
    response = document.get("response")
    lists = response if isinstance(response, dict) else {}
    rows = _Rows()
    for row in _objects(lists.get("success_list")):
        _succeeded(row, sent, rows)
    for row in _objects(lists.get("failure_list")):
        _failed(row, sent, rows)
    whole_call = _error(document)
    missing = [name for name in sent if name not in rows.done and name not in rows.failed]
    # Where the item as a whole is refused the entry names no model (reference: 3.5).
    for_all = bool(rows.nameless) and (len(missing) == 1 or not (rows.done or rows.failed))
    if not (rows.done or rows.failed or rows.nameless) and whole_call:
        for_all = True
    reason = _joined(whole_call, rows.nameless[0] if rows.nameless else "")
    return {
        name: _missing(reason, document, for_all=for_all) if name in missing else _judged(name, sent, rows, whole_call)
        for name in sent
    }


def _judged(name: str, sent: Sent, rows: _Rows, whole_call: str) -> WriteAnswer:
    if name in rows.failed and name in rows.done:
        return WriteAnswer(Answered.UNKNOWN, f"Shopee lists it as done and as failed: {rows.failed[name]}")
    if name in rows.failed:
        return WriteAnswer(Answered.REJECTED, _joined(whole_call, rows.failed[name]))
    if name in rows.odd:
        return WriteAnswer(Answered.UNKNOWN, f"Shopee says that it set {rows.odd[name]}, which was not asked for")
    places = rows.done[name]
    if "" not in places and not set(sent[name]) <= places | {""}:
        return WriteAnswer(Answered.UNKNOWN, f"Shopee names {', '.join(sorted(places))} alone of the locations sent")
    return WriteAnswer(Answered.ACCEPTED)


def _missing(reason: str, document: Object, *, for_all: bool) -> WriteAnswer:
    if for_all:
        return WriteAnswer(Answered.REJECTED, reason)
    told = "; ".join(part for part in (reason, plain(document.get("warning"))) if part)
    return WriteAnswer(Answered.UNKNOWN, f"{SILENCE}; it says: {told}" if told else SILENCE)


def _succeeded(row: Object, sent: Sent, rows: _Rows) -> None:
    name = _name(row, sent)
    if name is None:
        return
    place = text(row.get("location_id"))
    rows.done.setdefault(name, set()).add(place)
    units = sent[name]
    meant = units.get(place) if place in units else next(iter(units.values())) if len(units) == 1 else None
    told = _number(row.get("stock"))
    if meant is not None and told is not None and told != meant:
        rows.odd[name] = told


def _failed(row: Object, sent: Sent, rows: _Rows) -> None:
    reason = plain(row.get("failed_reason")) or "no reason given"
    name = _name(row, sent)
    if name is not None:
        rows.failed[name] = reason
    elif _number(row.get("model_id")) is None:
        rows.nameless.append(reason)


def _name(row: Object, sent: Sent) -> str | None:
    """Which model a row is about. Of an item without models the echo may leave the id out, or show a hidden one."""
    if set(sent) == {""}:
        return ""
    number = _number(row.get("model_id"))
    if number is None:
        return next(iter(sent)) if len(sent) == 1 else None
    return str(number) if str(number) in sent else None


def _number(value: object) -> int | None:
    try:
        return whole(value, "")
    except Malformed:
        return None


def _objects(value: object) -> list[Object]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _error(document: Object) -> str:
    error = text(document.get("error"))
    return _joined(code_of(plain(error, 80)), plain(document.get("message"))) if error else ""


def _joined(first: str, second: str) -> str:
    """Both, the second only where it says something new: Shopee repeats its message as the reason."""
    return ": ".join(part for part in (first, "" if second in first else second) if part)
