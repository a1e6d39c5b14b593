"""Replaces loaded secrets in a text, in every form in which they travel."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "«secret»"
_SHORTEST = 4


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with each secret, and its URL-encoded, base64 and JSON-escaped forms, replaced.

    Secrets of fewer than four characters are left alone: replacing them would riddle any text and hide nothing.
    """
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def _forms(secret: str) -> Iterable[str]:
    raw = secret.encode("utf-8")
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode("ascii")
        yield whole
        yield whole.rstrip("=")
