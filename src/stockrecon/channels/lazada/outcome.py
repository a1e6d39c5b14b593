"""What a stock write answered, row by row (reference: Lazada 4.3, 8.1).

The code alone proves nothing: "0" can stand beside rows that failed, and 501 is but an overview. `detail` names the
rows, by whatever it has of them. Whether the good rows of a failed call took effect is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.lazada.errors import Trouble, trouble
from stockrecon.channels.lazada.fields import first, identifier, plain, text
from stockrecon.channels.writing import Answers
from stockrecon.core.intent import Answered

_ENTITY = re.compile(r"entityId=([0-9]{1,20})", re.ASCII)
_Entry = Mapping[str, object]


def row_answers(document: Mapping[str, object], batch: Sequence[StockWrite]) -> Answers:
    """An answer for each write of the batch, by its listing. Lazada's own words, shortened and on one line."""
    problem = trouble(document)
    said = plain(problem.said) if problem else ""
    failed: dict[int, list[str]] = {}
    strange: list[str] = []
    for entry in _entries(document):
        words = _words(entry)
        row = _row(entry, batch)
        if row is None:
            strange.append(words)
        else:
            failed.setdefault(row, []).append(words)
    answers: Answers = {}
    rest = _rest(said, strange, alone=len(batch) == 1, whole=_is_whole(problem, failed))
    for number, write in enumerate(batch):
        told = failed.get(number)
        answers[write.key] = rest if told is None else WriteAnswer(Answered.REJECTED, _joined(said, *told))
    return answers


def _rest(said: str, strange: Sequence[str], *, alone: bool, whole: bool) -> WriteAnswer:
    """What holds for the rows that no detail names. `said` "": the call itself succeeded."""
    told = _joined(said, *strange)
    if not told:
        return WriteAnswer(Answered.ACCEPTED)
    if (said and alone) or (whole and not strange):
        return WriteAnswer(Answered.REJECTED, told)
    if said:
        return WriteAnswer(Answered.UNKNOWN, f"the call failed and does not name this row: {told}")
    return WriteAnswer(Answered.UNKNOWN, f"a failure that names no row that was sent: {told}")


def _is_whole(problem: Trouble | None, failed: Mapping[int, object]) -> bool:
    """Refused before any row was looked at; a detail of rows shows that it was not."""
    return problem is not None and problem.whole and not failed


def _entries(document: Mapping[str, object]) -> Iterator[_Entry]:
    told = first(document, "detail", "details")
    for entry in told if isinstance(told, list) else [] if told is None else [told]:
        yield entry if isinstance(entry, Mapping) else {"message": entry}


def _words(entry: _Entry) -> str:
    parts = (text(first(entry, name)).strip() for name in ("code", "field", "message"))
    return plain(": ".join(part for part in parts if part)) or "a detail without words"


def _row(entry: _Entry, batch: Sequence[StockWrite]) -> int | None:
    """Which row an entry means; None where that cannot be told. Its keys vary: any of them that finds a row counts,
    and all that do have to agree."""
    found = set(range(len(batch)))
    for value, told in _facts(entry):
        matching = {number for number, write in enumerate(batch) if value in told(write)}
        if matching:
            found &= matching
    return next(iter(found)) if len(found) == 1 else None


def _facts(entry: _Entry) -> Iterator[tuple[str, Callable[[StockWrite], tuple[str, ...]]]]:
    yield identifier(first(entry, "sku_id", "skuId", "SkuId")), lambda write: (write.key.variation_id,)
    yield text(first(entry, "sku")), lambda write: (write.key.variation_id, write.shown.seller_sku)
    yield text(first(entry, "seller_sku", "sellerSku", "SellerSku")), lambda write: (write.shown.seller_sku,)
    yield identifier(first(entry, "item_id", "itemId", "ItemId")), lambda write: (write.key.item_id,)
    entity = _ENTITY.search(text(first(entry, "message")))
    yield entity.group(1) if entity else "", lambda write: (write.key.variation_id,)


def _joined(*parts: str) -> str:
    return "; ".join(dict.fromkeys(part for part in parts if part))
