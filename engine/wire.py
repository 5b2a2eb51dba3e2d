"""Values as plain JSON data and back; what the child process, HTTP and Ray speak."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def plain(value: object) -> Any:
    """A dataclass or other typed value as JSON data."""
    return _adapter(type(value)).dump_python(value, mode="json")


def typed(kind: type[T], data: object) -> T:
    """The value of that type that `plain` wrote. Raises pydantic's ValidationError for anything else."""
    return _adapter(kind).validate_python(data)


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
