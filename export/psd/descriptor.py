"""Action descriptors: the tree of typed values in which newer Photoshop features are stored."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from export.psd.structures import unicode_string

# Four-letter keys that Photoshop writes with their length; the other four-letter ones are known to it by code.
_NAMED = frozenset({"warp"})


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A class and its items, in order."""

    class_id: str
    items: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Enum:
    """One of a type's named values."""

    type_id: str
    value: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A number with a unit: `#Pxl`, `#Prc`, `#Rsl`."""

    unit: str
    value: float


Value = Descriptor | Enum | Unit | str | bool | int | float | Sequence[float]


def descriptor(class_id: str, **items: Value) -> Descriptor:
    """A descriptor; in keyword names `_` stands for the spaces that fill a code up to four letters."""
    return Descriptor(class_id, tuple((key.replace("_", " "), value) for key, value in items.items()))


def versioned(value: Descriptor) -> bytes:
    """A descriptor behind its version number (16)."""
    return struct.pack(">I", 16) + packed(value)


def packed(value: Descriptor) -> bytes:
    """A descriptor's bytes: an empty name, class, count, items."""
    out = [unicode_string("\0"), _key(value.class_id), struct.pack(">I", len(value.items))]
    for key, item in value.items:
        kind, data = _typed(item)
        out += [_key(key), kind, data]
    return b"".join(out)


def _key(key: str) -> bytes:
    data = key.encode("ascii")
    length = 0 if len(data) == 4 and key not in _NAMED else len(data)
    return struct.pack(">I", length) + data


def _typed(value: Value) -> tuple[bytes, bytes]:
    """The OSType of a value, and its bytes."""
    if isinstance(value, Descriptor):
        return b"Objc", packed(value)
    if isinstance(value, Enum):
        return b"enum", _key(value.type_id) + _key(value.value)
    if isinstance(value, Unit):
        return b"UntF", value.unit.encode("ascii") + struct.pack(">d", value.value)
    if isinstance(value, str):
        return b"TEXT", unicode_string(value + "\0")
    if isinstance(value, bool):
        return b"bool", struct.pack(">?", value)
    if isinstance(value, int):
        return b"long", struct.pack(">i", value)
    if isinstance(value, float):
        return b"doub", struct.pack(">d", value)
    numbers = b"".join(b"doub" + struct.pack(">d", v) for v in value)
    return b"VlLs", struct.pack(">I", len(value)) + numbers
