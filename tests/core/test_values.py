"""Values that must not tell what they hold."""

from __future__ import annotations

import copy
from pathlib import Path

from stockrecon.core.secret import HIDDEN, Secret
from stockrecon.core.settings import LedgerSettings
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


def test_a_ledger_is_shown_without_its_address() -> None:
    """An address may hold a password that nobody marked as a secret."""
    told = LedgerSettings("sql", Path("shop"), url="postgresql://reader:hunter2@host/erp", options={"key": "hunter2"})
    assert repr(told) == "LedgerSettings(type='sql')"
