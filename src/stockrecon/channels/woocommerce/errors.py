"""What WooCommerce's answers mean (reference: WooCommerce 3.1 and 3.5): the status, and the code that stands in it.

Messages are in the shop's language: what is decided is decided by codes.
"""

from __future__ import annotations

from html import unescape

from stockrecon.channels.woocommerce.answers import document_of, from_cache
from stockrecon.channels.woocommerce.fields import Object, plain, text, whole
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict

NO_ROUTE = "rest_no_route"
NO_PRODUCT = frozenset({"woocommerce_rest_product_invalid_id", "woocommerce_rest_invalid_product_id"})

KEYS = "WooCommerce > Settings > Advanced > REST API"
_KEY_WAY = f"check consumer_key, consumer_secret and the key's permission ({KEYS}), and this machine's clock"
_VIEW_WAY = (
    f"either the key is not known ({KEYS}), or its user may not see this, or the key did not arrive: where the host "
    "strips the Authorization header set `auth: query` or `auth: oauth`; where a proxy ends TLS before WordPress, tell "
    "WordPress in wp-config.php that the connection is https"
)
_ROUTE_WAY = "check base_url: it is the shop's home address; and that WooCommerce is active there"
_CACHE_WAY = (
    "exclude the REST API (/wp-json/ and ?rest_route=) from caching: at the host, the CDN and in cache plug-ins"
)


class Refused(ReadFault):
    """WooCommerce refused this one call; `code` is WooCommerce's, `message` as it wrote it."""

    def __init__(self, who: str, call: str, code: str, message: str, *, way_on: str = "") -> None:
        super().__init__(who, f"{call}: {said(code, message)}", way_on=way_on)
        self.code = code
        self.message = message


def said(code: str, message: str) -> str:
    return f"{code}: {message}" if message else code


def error_of(document: object) -> tuple[str, str, int | None] | None:
    """Code, message and status of an error's document; None for anything else."""
    if not isinstance(document, dict) or not text(document.get("code")) or "message" not in document:
        return None
    data = document.get("data")
    status = whole(data.get("status")) if isinstance(data, dict) else None
    return plain(document.get("code"), 80), plain(unescape(text(document.get("message")))), status


def judge_for(who: str, call: str) -> Judge:
    """The judge of a reading call; `call` names it in texts."""

    def judge(answer: Answer) -> Verdict:
        verdict = _judge(who, call, answer)
        cached = from_cache(answer) if answer.status < 300 else ""
        if cached:
            words = f"{call}: the answer comes from a cache ({cached}), so its stock is of before"
            return Verdict.fail(ReadFault(who, words, way_on=_CACHE_WAY))
        return verdict

    return judge


def judge_write(who: str, call: str) -> Judge:
    """The judge of a write: whatever is neither a batch's answer nor a refusal by name says nothing of its effect."""

    def judge(answer: Answer) -> Verdict:
        document = document_of(answer)
        if answer.status < 300 and error_of(document) is None:
            if isinstance(document, dict):
                return Verdict.ok()
            return Verdict.retry(f"{call}: HTTP {answer.status} with JSON that is no object")
        if error_of(document) is None and answer.status != 429:
            return Verdict.retry(f"{call}: HTTP {answer.status} without an error code")
        return _judge(who, call, answer)

    return judge


def _judge(who: str, call: str, answer: Answer) -> Verdict:
    document = document_of(answer)
    if not isinstance(document, dict | list):
        raise BadAnswer("the body is JSON but neither an object nor a list")
    error = error_of(document)
    if error is None:
        return Verdict.ok() if answer.status < 300 else _by_status(who, call, answer.status, "no error code", "")
    code, message, told = error
    status = told if answer.status < 300 and told else answer.status
    if status < 300:
        # An error that comes as a success, and does not say which: nothing of what was asked for is in it.
        return Verdict.fail(Refused(who, call, code, message))
    return _by_status(who, call, status, code, message)


def _by_status(who: str, call: str, status: int, code: str, message: str) -> Verdict:
    words = f"{call}: HTTP {status}, {said(code, message)}"
    if status in (401, 403):
        if "timestamp" in message.lower():
            # Accepted for 15 minutes (reference: 3.1).
            return Verdict.clock(words)
        way_on = _KEY_WAY if code.startswith("woocommerce_rest_authentication") else _VIEW_WAY
        return Verdict.fail(AuthFault(who, words, way_on=way_on))
    if status == 429:
        return Verdict.throttled(words)
    if status in (408, 425) or status >= 500:
        return Verdict.retry(words)
    way_on = _ROUTE_WAY if code == NO_ROUTE else ""
    return Verdict.fail(Refused(who, call, code, message, way_on=way_on))


def refused_row(row: Object) -> str | None:
    """What a batch's answer says against one of its rows; None where it says nothing (reference: 3.3)."""
    error = row.get("error")
    if not isinstance(error, dict):
        return None
    code, message = plain(error.get("code"), 80), plain(unescape(text(error.get("message"))))
    return said(code, message) if code or message else "an error without words"
