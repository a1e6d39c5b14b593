"""What an inventory update answered, SKU by SKU (reference: TikTok Shop 2.7).

Code 0 proves nothing: what failed stands in `data.errors`. A code of the whole call means that nothing was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stockrecon.channels.base import WriteAnswer
from stockrecon.channels.tiktok_shop.codes import NO_ZERO
from stockrecon.channels.tiktok_shop.errors import trouble
from stockrecon.channels.tiktok_shop.fields import Object, plain
from stockrecon.channels.tiktok_shop.places import OFF
from stockrecon.core.intent import Answered

Sent = Mapping[str, Mapping[str, int]]
"""What was sent: SKU id -> warehouse id -> units."""


def row_answers(document: Object, sent: Sent) -> dict[str, WriteAnswer]:
    """An answer for each SKU of `sent`. `document`: the whole answer, a refusal of the whole call included."""
    problem = trouble(document)
    data = document.get("data")
    listed = data.get("errors") if isinstance(data, dict) else None
    failed: dict[str, list[str]] = {}
    strange: list[str] = []
    for entry in _entries(listed):
        told, codes = _words(entry)
        sku_id = _sku_id(entry)
        if sku_id not in sent:
            strange.append(told)
            continue
        if not any(sent[sku_id].values()) and codes & NO_ZERO:
            told = f"{told}; 0 is not taken here: {OFF}"
        failed.setdefault(sku_id, []).append(told)
    if problem is not None:
        rest = WriteAnswer(Answered.REJECTED, _whole(problem.code, plain(problem.said), sent))
    elif not strange:
        rest = WriteAnswer(Answered.ACCEPTED)
    elif len(sent) == 1 and not failed:
        rest = WriteAnswer(Answered.REJECTED, "; ".join(strange))
    else:
        rest = WriteAnswer(Answered.UNKNOWN, f"a failure that names no SKU that was sent: {'; '.join(strange)}")
    return {
        sku_id: WriteAnswer(Answered.REJECTED, "; ".join(dict.fromkeys(failed[sku_id]))) if sku_id in failed else rest
        for sku_id in sent
    }


def _whole(code: str, said: str, sent: Sent) -> str:
    zero = code in NO_ZERO and not any(units for places in sent.values() for units in places.values())
    return f"{said}; 0 is not taken here: {OFF}" if zero else said


def _entries(listed: object) -> Iterator[object]:
    """What is no list of errors is one error nobody understands; absent or empty is none."""
    if isinstance(listed, list):
        yield from listed
    elif listed is not None:
        yield listed


def _sku_id(entry: object) -> str:
    detail = entry.get("detail") if isinstance(entry, dict) else None
    return str(detail.get("sku_id", "")) if isinstance(detail, dict) else ""


def _words(entry: object) -> tuple[str, set[str]]:
    """An error in TikTok Shop's words, and its codes: the outer one may be a mere wrapper (12052990)."""
    if not isinstance(entry, dict):
        return "an error without words", set()
    parts = [_said(entry)]
    codes = {str(entry.get("code"))}
    detail = entry.get("detail")
    extra = detail.get("extra_errors") if isinstance(detail, dict) else None
    for each in extra if isinstance(extra, list) else []:
        if isinstance(each, dict):
            place = plain(str(each.get("warehouse_id") or ""), 40)
            parts.append(f"warehouse {place}: {_said(each)}" if place else _said(each))
            codes.add(str(each.get("code")))
    return "; ".join(dict.fromkeys(part for part in parts if part)) or "an error without words", codes


def _said(entry: Mapping[str, object]) -> str:
    code = entry.get("code")
    shown = plain(str(code), 20) if isinstance(code, (int, str)) and not isinstance(code, bool) else ""
    return ": ".join(part for part in (shown, plain(entry.get("message"))) if part)
