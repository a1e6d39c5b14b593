"""An answer's document, also where PHP wrote its complaints before it, and whether a cache gave it."""

from __future__ import annotations

import re

from stockrecon.rest import Answer, BadAnswer, decode

_NOTICE_ENDS = re.compile(rb"\bon line (?:<b>)?\d{1,7}(?:</b>)?(?:<br ?/?>)?\s*(?=[\[{])")
_HITS = (
    "x-wc-cache",
    "x-cache",
    "x-cache-status",
    "x-proxy-cache",
    "x-litespeed-cache",
    "x-fastcgi-cache",
    "x-nginx-cache",
    "x-sucuri-cache",
    "cf-cache-status",
)
_HIT = re.compile(r"\bhit\b", re.IGNORECASE)


def document_of(answer: Answer) -> object:
    """The JSON of the body. Raises BadAnswer.

    A shop that shows PHP's notices writes them before it (reference: WooCommerce 3.5): what stands behind the last of
    them has to be a whole document, or the answer is none.
    """
    try:
        return answer.json()
    except BadAnswer:
        for end in _NOTICE_ENDS.finditer(answer.body):
            try:
                return decode(answer.body[end.end() :])
            except BadAnswer:
                continue
        raise


def noisy(answer: Answer) -> bool:
    """Whether something stands before the document that `document_of` found."""
    try:
        answer.json()
    except BadAnswer:
        return True
    return False


def from_cache(answer: Answer) -> str:
    """The header by which a cache admits that the answer is an old one; "" where none does (reference: 3.5)."""
    age = answer.headers.get("age", "").strip()
    if age.isascii() and age.isdigit() and int(age[:9]) > 0:
        return f"Age: {age[:9]}"
    for name in _HITS:
        value = answer.headers.get(name, "")
        if _HIT.search(value):
            return f"{name}: {''.join(each for each in value[:40] if each.isprintable())}"
    return ""
