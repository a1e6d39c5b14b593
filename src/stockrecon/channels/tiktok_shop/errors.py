"""What an answer complains of: the code stands in the body, whatever the HTTP status (reference: TikTok Shop 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stockrecon.channels.tiktok_shop.codes import Kind, rule_of
from stockrecon.channels.tiktok_shop.fields import plain


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error. `known` False: the table does not have it. `{shop}` in `way_on`: the shop's configured name."""

    kind: Kind
    code: str
    message: str = ""
    way_on: str = ""
    itself: bool = False
    known: bool = True

    @property
    def said(self) -> str:
        """Code and message, in TikTok Shop's words."""
        return f"{self.code}: {self.message}" if self.message else self.code


NO_CODE = "no code"


def trouble(document: Mapping[str, object]) -> Trouble | None:
    """None for success."""
    told = document.get("code")
    code = plain(str(told), 20) if isinstance(told, (int, str)) and not isinstance(told, bool) else ""
    if not code:
        words = "the answer has none of TikTok Shop's fields"
        return Trouble(Kind.FAIL, NO_CODE, words, "check base_url", known=False)
    if code == "0":
        return None
    message = plain(document.get("message"))
    rule = rule_of(code, message)
    if rule is None:
        return Trouble(Kind.FAIL, code, message, known=False)
    return Trouble(rule.kind, code, message, rule.way_on, rule.itself)
