"""What the configuration of a Tryton ledger may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.config.options import LEDGER_OPTIONS
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault
from stockrecon.ledgers.tryton.setup import setup_of

NEEDED = {"base_url": "https://h", "database": "d", "user": "u", "password": Secret("secret-word")}


def settings(**options: object) -> LedgerSettings:
    return LedgerSettings("tryton", Path(), options={**NEEDED, **options})


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_what_every_call_needs(missing: str) -> None:
    """Nothing can be asked without it."""
    options = {name: value for name, value in NEEDED.items() if name != missing}
    with pytest.raises(UsageFault, match="base_url, database, user and password are needed"):
        setup_of(LedgerSettings("tryton", Path(), options=options))


def test_defaults_are_those_of_the_configuration() -> None:
    """What the table of options says is what holds where a key is left out."""
    usual = {option.name: option.default for option in LEDGER_OPTIONS["tryton"]}
    setup = setup_of(settings())
    assert setup.available.value == usual["available"]
    assert (setup.history, setup.rate) == (usual["history"], usual["requests_per_second"])
    assert str(setup.stocktake_lines) == usual["stocktake_lines"]
    assert (setup.order_field, setup.shop_field, setup.order_pattern) == ("", "", None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"order_field": "reference"}, "ledger.order_field: 'reference' is no field of a move's sale or shipment"),
        ({"order_field": "sale"}, "is no field of a move's sale or shipment"),
        ({"shop_field": "sale.party.name.upper()"}, "is no field of a move's sale or shipment"),
        ({"order_pattern": "("}, "ledger.order_pattern is no regular expression"),
        ({"order_pattern": ".+"}, "ledger.order_pattern names no group `order`"),
        ({"zone": "Nowhere/Land"}, "ledger.zone: "),
        ({"shops": {"a": "X", "b": "X"}}, "ledger.shops: one value stands for two shops"),
    ],
)
def test_what_cannot_be_meant(options: dict[str, object], words: str) -> None:
    """It is refused before anything is asked of Tryton."""
    with pytest.raises(UsageFault) as caught:
        setup_of(settings(**options))
    assert words in str(caught.value)


def test_a_secret_is_never_shown() -> None:
    """Neither by the settings nor by what is made of them."""
    assert "secret-word" not in f"{settings()!r} {setup_of(settings())!r}"
