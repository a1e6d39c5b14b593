"""Values of core as JSON and back, by their annotations: what a saved plan holds.

Mappings whose keys are no text become lists of pairs. Decoding is strict: what is missing, of another type or unknown
raises KeyError, TypeError or ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: encode(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return [[encode(key), encode(one)] for key, one in value.items()]
    if isinstance(value, tuple | list | frozenset):
        return [encode(one) for one in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a saved plan")


def decode(kind: type[T], value: Any) -> T:
    return cast(T, _decoded(kind, value))


def _decoded(kind: Any, value: Any) -> Any:
    kind = getattr(kind, "__supertype__", kind)  # a NewType is its supertype at run time
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if value is None and NoneType in arguments else _decoded(_other(arguments), value)
    if origin is tuple:
        return tuple(_decoded(arguments[0], one) for one in _typed(list, value))
    if origin is not None and issubclass(origin, Mapping):
        return {_decoded(arguments[0], key): _decoded(arguments[1], one) for key, one in _typed(list, value)}
    if is_dataclass(kind):
        return _dataclass(kind, _typed(dict, value))
    if kind is datetime:
        at = datetime.fromisoformat(_typed(str, value))
        if at.tzinfo is None:
            raise ValueError("a time without an offset")
        return at
    if issubclass(kind, Enum):
        return kind(value)
    return _typed(kind, value)


def _dataclass(kind: Any, value: dict[str, Any]) -> Any:
    hints = _hints(kind)
    if value.keys() != hints.keys():
        raise ValueError(f"{kind.__name__} has other fields")
    return kind(**{name: _decoded(hints[name], one) for name, one in value.items()})


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


def _other(arguments: tuple[Any, ...]) -> Any:
    (kind,) = (one for one in arguments if one is not NoneType)
    return kind


def _typed(kind: Any, value: Any) -> Any:
    # bool is a kind of int, and no quantity.
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected, {type(value).__name__} found")
    return value
