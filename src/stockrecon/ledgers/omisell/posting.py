"""Posting one correction: one adjustment by so many units, which carries its reference, sent once.

What the call is, and where its reference shows afterwards, the configuration names. Without a list of movements in
which the reference is found again nothing is sent: it could be posted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from stockrecon.config.unpublished import OMISELL_ADJUST_FIELDS, OMISELL_MOVEMENT_FIELDS, OMISELL_PATHS
from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import moved, one_line, posted_before
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.omisell.api import Api
from stockrecon.ledgers.omisell.errors import Refused
from stockrecon.ledgers.omisell.fields import Malformed, Object
from stockrecon.ledgers.omisell.movements import posted, read_movements
from stockrecon.ledgers.omisell.stock import reread
from stockrecon.rest import Unsettled

BY_HAND = (
    "By hand: app.omisell.com > Products > All products > the eye beside the SKU > Update stock, change it by the "
    "number of units that the plan names, with the plan's reference as the note"
)
_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Poster:
    api: Api

    def why_not(self) -> str | None:
        """None where the configuration holds all that a correction needs; else what is missing, and how it is done by
        hand."""
        setup = self.api.setup
        missing = [f"ledger.paths.{key.name}" for key in OMISELL_PATHS if key.name in _PATHS - setup.paths.keys()]
        if "reference" not in setup.movement_fields:
            missing.append("ledger.movement_fields.reference")
        missing += [
            f"ledger.adjust_fields.{key.name}"
            for key in OMISELL_ADJUST_FIELDS
            if key.required and key.name not in setup.adjust_fields
        ]
        if "direction" in setup.adjust_fields:
            missing += [f"ledger.adjust_fields.{key}" for key in ("up", "down") if key not in setup.adjust_fields]
        if not missing:
            return None
        return f"not configured: {', '.join(missing)} (docs/ledgers/omisell.md, Corrections). {BY_HAND}"

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that Omisell's movements show. Raises ReadFault, also where no movements can be asked."""
        if "movements" not in self.api.setup.paths:
            (why,) = (key.why for key in OMISELL_PATHS if key.name == "movements")
            raise ReadFault("ledger", "no movements can be read", way_on=f"set ledger.paths.movements: {why}")
        if "reference" not in self.api.setup.movement_fields:
            (why,) = (key.why for key in OMISELL_MOVEMENT_FIELDS if key.name == "reference")
            raise ReadFault("ledger", "no reference can be read", way_on=f"set movement_fields.reference: {why}")
        now = self.api.now()
        return posted(self.api, read_movements(self.api, now - self.api.setup.history - _MARGIN, now + _MARGIN), refs)

    def post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Raises ReadFault or Malformed where nothing was sent."""
        refusal = self.why_not()
        if refusal:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: {refusal}")
        before = self.posted([request.ref]).get(request.ref)
        available = reread(self.api, [request.sku]).get(request.sku)
        if before is not None:
            return posted_before(request, before, available)
        if available is None:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: Omisell has no SKU {request.sku!r}")
        if available != request.available:
            return moved(request, available)
        return self._settled(request, self._sent(request))

    def _sent(self, request: CorrectionRequest) -> CorrectionAnswer:
        try:
            self.api.send("adjust", self.document(request))
        except (Unsettled, Malformed) as fault:
            return CorrectionAnswer(Answered.UNKNOWN, str(fault))
        except Refused as fault:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: {one_line(fault)}")
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")
        return CorrectionAnswer(Answered.ACCEPTED, f"adjustment {request.ref}")

    def _settled(self, request: CorrectionRequest, answer: CorrectionAnswer) -> CorrectionAnswer:
        """What was answered, or not answered, against what the movements show."""
        if answer.answered is Answered.NOT_SENT:
            return answer
        try:
            told = self.posted([request.ref]).get(request.ref)
            now = reread(self.api, [request.sku]).get(request.sku)
        except (ReadFault, Malformed) as fault:
            if answer.answered is Answered.REJECTED:
                return answer
            words = one_line(fault) if isinstance(fault, ReadFault) else str(fault)
            return CorrectionAnswer(Answered.UNKNOWN, f"{answer.text}; whether it was posted cannot be told: {words}")
        if told is None:
            return answer if answer.answered is not Answered.ACCEPTED else replace(answer, answered=Answered.UNKNOWN)
        if told != request.by or answer.answered is Answered.REJECTED:
            return posted_before(request, told, now)
        return CorrectionAnswer(Answered.ACCEPTED, answer.text, now)

    def document(self, request: CorrectionRequest) -> Object:
        """The body, by the configured names."""
        names = self.api.setup.adjust_fields
        line: Object = {**self.api.setup.adjust_also, names["sku"]: request.sku, names["ref"]: request.ref}
        if "direction" in names:
            line |= {names["by"]: abs(request.by), names["direction"]: names["up" if request.by > 0 else "down"]}
        else:
            line[names["by"]] = request.by
        return {names["list"]: [line]} if "list" in names else line


_PATHS = {"adjust", "movements"}
