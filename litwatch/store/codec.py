"""Frozen dataclasses to and from plain values, driven by their type hints.

A field that holds its default is left out. So a record on file stays small, and it reads, and its
hash stays, the same after a later litwatch has added a field.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from litwatch.errors import StoreError

T = TypeVar("T")
SCALARS = frozenset({str, int, float, bool})


def dump(plain: object) -> str:
    """The JSON of a plain value: compact, readable, the same text for the same value."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def to_plain(value: object) -> Any:
    """The value as dicts, lists, strings and numbers, which JSON can hold."""
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        kind: Any = type(value)
        return {
            name: to_plain(part)
            for name, default in _defaults(kind)
            if (part := getattr(value, name)) != default
        }
    return value


def from_plain(kind: type[T], plain: object) -> T:
    """The `kind` that `to_plain` made these plain values of.

    Raises StoreError where they cannot be of that kind.
    """
    hint: Any = kind
    try:
        value: T = _reader(hint)(plain)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"a {kind.__name__} on file cannot be read: {error!r}") from error
    return value


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    """The dataclass's fields with their defaults: MISSING, like no value, where there is none."""
    return tuple((field.name, field.default) for field in fields(kind))


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """The function from plain values to a value of that type hint."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in SCALARS or origin is Literal:
        return _as_it_is
    if hint in (date, datetime):
        return hint.fromisoformat  # type: ignore[no-any-return]
    if origin is tuple and arguments[-1] is Ellipsis:
        item = _reader(arguments[0])
        return lambda plain: tuple(item(part) for part in plain)
    if origin is tuple:
        items = tuple(_reader(argument) for argument in arguments)
        return lambda plain: tuple(item(part) for item, part in zip(items, plain, strict=True))
    if origin in (Union, types.UnionType):
        return _union_reader(arguments)
    if is_dataclass(hint):
        return _dataclass_reader(hint)
    raise TypeError(f"no plain form is known for {hint}")


def _as_it_is(plain: Any) -> Any:
    return plain


def _union_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    """`X | None`, or scalars, which JSON itself keeps apart."""
    members = [argument for argument in arguments if argument is not type(None)]
    if SCALARS.issuperset(members):
        return _as_it_is
    if len(members) > 1:
        raise TypeError(f"no plain form is known for a union of {arguments}")
    member = _reader(members[0])
    return lambda plain: None if plain is None else member(plain)


def _dataclass_reader(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}

    def read(plain: Mapping[str, Any]) -> Any:
        return kind(**{name: readers[name](part) for name, part in plain.items()})

    return read
