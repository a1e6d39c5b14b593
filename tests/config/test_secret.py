"""A secret cannot be shown by accident."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict, dataclass

import pytest

from stockrecon.core.secret import Secret

TEXT = "hunter2-hunter2"


@dataclass(frozen=True)
class Holder:
    key: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>20}".format,
        "{!r}".format,
        lambda secret: "%s" % secret,  # noqa: UP031
        lambda secret: json.dumps({"a": secret}, default=str),
        lambda secret: repr(pickle.loads(pickle.dumps(secret))),
        lambda secret: repr(pickle.dumps(secret)),
        lambda secret: repr(Holder(secret)),
        lambda secret: repr(asdict(Holder(secret))),
        lambda secret: repr(ValueError(secret)),
        lambda secret: repr([secret, {secret: secret}]),
    ],
)
def test_every_way_of_showing_gives_asterisks(show: object) -> None:
    shown = show(Secret(TEXT))  # type: ignore[operator]
    assert TEXT not in shown
    assert "hunter" not in shown


def test_json_refuses_a_secret() -> None:
    with pytest.raises(TypeError):
        json.dumps(Secret(TEXT))


def test_secrets_are_equal_by_their_text_and_never_equal_to_a_text() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert len({Secret(TEXT), Secret(TEXT)}) == 1


def test_only_reveal_gives_the_text_and_copies_keep_it() -> None:
    assert Secret(TEXT).reveal() == TEXT
    assert copy.deepcopy({"a": Secret(TEXT)})["a"].reveal() == TEXT
    assert not hasattr(Secret(TEXT), "__dict__")
