"""How one setting of an engine is told: written beside its field, once, and read by flags, forms and checks.

An engine's settings are a frozen dataclass over `Options`; each field that a person may set is made with `setting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, Self, get_args, get_type_hints

from engine.errors import InputError

KEY = "setting"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        label: its name on a form; "" where the general form has no field for it.
        tip: id of the sentence that goes with the field. flag: id of the flag's help; "" for no flag.
        low, high, step: of a number; step 0 for whole numbers.
        choices: (value, label) of one out of several.
        hint: what an empty text field says. empty: the value that an empty text field stands for.
        files: the file dialog's filter of a path.
        name, kind, default: the field's own; kind is its type without None.
    """

    label: str = ""
    tip: str = ""
    flag: str = ""
    low: float = 0
    high: float = 0
    step: float = 0
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    empty: str = ""
    files: str = ""
    name: str = ""
    kind: type[Any] = str
    default: Any = None

    def holds(self, value: float) -> bool:
        """True for a number within its range."""
        return self.low <= value <= self.high


def setting(default: Any, label: str = "", **about: Any) -> Any:
    """A dataclass field with that default which a person may set; `about` are a `Setting`'s attributes."""
    return field(default=default, metadata={KEY: (label, about)})


class Options:
    """Base of an engine's settings."""

    __slots__ = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The settings with the values that were given, by name; choices may be given by their text.

        Raises InputError for a value that cannot be.
        """
        described = settings_of(cls)
        return cls(**{name: _typed(described[name], value) for name, value in given.items()})


_described: dict[type[Any], Mapping[str, Setting]] = {}


def settings_of(kind: type[Any]) -> Mapping[str, Setting]:
    """Every setting of those options, by name, in the order of the fields; none of a class that describes none."""
    if kind not in _described:
        _described[kind] = _read(kind)
    return _described[kind]


def _read(kind: type[Any]) -> Mapping[str, Setting]:
    hints = get_type_hints(kind)
    found = {}
    for one in fields(kind):
        if KEY in one.metadata:
            label, about = one.metadata[KEY]
            default = None if one.default is MISSING else one.default
            found[one.name] = Setting(label, name=one.name, kind=_plain(hints[one.name]), default=default, **about)
    return found


def _plain(hint: Any) -> type[Any]:
    """The type without None."""
    given = [part for part in get_args(hint) if part is not NoneType]
    kind = given[0] if given else hint
    return kind if isinstance(kind, type) else str


def _typed(one: Setting, value: Any) -> Any:
    if issubclass(one.kind, StrEnum) and not isinstance(value, one.kind):
        try:
            return one.kind(value)
        except ValueError:
            known = ", ".join(member.value for member in one.kind)
            raise InputError("engines.unknown-choice", name=one.name, value=str(value), known=known) from None
    return Path(value) if one.kind is Path and value is not None else value
