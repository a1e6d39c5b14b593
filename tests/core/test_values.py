"""Values that must not tell what they hold."""

from __future__ import annotations

import copy

from stockrecon.core.secret import HIDDEN, Secret
from stockrecon.core.tokens import Tokens
from tests.core.writes import NOW


def test_tokens_are_not_printed() -> None:
    """Only the times they end."""
    told = repr(Tokens("key-1", "key-2", NOW, None))
    assert "key-" not in told
    assert told == f"Tokens(access_ends={NOW}, refresh_ends=None)"


def test_a_copy_of_a_secret_is_the_secret() -> None:
    """Shallow or deep; equal only to a secret of the same text, and equal ones hash alike."""
    secret = Secret("key-1")
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
    assert secret == Secret("key-1") != Secret("key-2")
    assert hash(secret) == hash(Secret("key-1"))
    assert secret != "key-1"
    assert str(secret) == HIDDEN
