"""The vendor's own call for webhooks: one address for each topic. Only an address on this machine is taken here."""

from __future__ import annotations

from datetime import datetime

from stockrecon.sandbox.push import Hook, checked_url
from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.tiktok_shop.asked import body_of
from stockrecon.sandbox.tiktok_shop.gate import PARAMETER, Refused
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.telling import TYPES
from stockrecon.sandbox.wire import Body, Call

MAX_ADDRESS = 255


class EventCalls:
    """`hooks` are the face's, in which those that control set stand as well."""

    def __init__(self, hooks: list[Hook]) -> None:
        self.hooks = hooks
        self._made: dict[str, int] = {}

    def listed(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        rows = [
            {"event_type": kind, "address": hook.url, "create_time": made, "update_time": made}
            for hook in self.hooks
            for kind in hook.kinds
            if (made := self._made.get(kind)) is not None
        ]
        return {**({"webhooks": rows} if rows else {}), "total_count": len(rows)}

    def update(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        asked = body_of(call)
        kind, address = self._kind(asked.text("event_type")), asked.text("address")
        try:
            url = checked_url(address[: MAX_ADDRESS + 1])
        except MarketRefusal as refusal:
            raise Refused(PARAMETER, f"Invalid address. {refusal}") from None
        if len(address) > MAX_ADDRESS:
            raise Refused(PARAMETER, f"Invalid address. It is longer than {MAX_ADDRESS} characters.")
        self._drop(kind)
        self._made[kind] = int(now.timestamp())
        self.hooks.append(Hook(url, (kind,)))
        return {}

    def delete(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        self._drop(self._kind(body_of(call).text("event_type")))
        return {}

    def _kind(self, text: str) -> str:
        if text not in TYPES:
            raise Refused(PARAMETER, f"Invalid event_type. The sandbox tells of {', '.join(TYPES)}.")
        return text

    def _drop(self, kind: str) -> None:
        """Forget the address of a topic that this call set; what control set stays."""
        if self._made.pop(kind, None) is not None:
            self.hooks[:] = [hook for hook in self.hooks if hook.kinds != (kind,)]
