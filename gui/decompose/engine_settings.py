"""What a person has set for an engine; kept from one start of the program to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from engine.options import settings_of
from engine.settings import options_of
from gui.settings import preferences


class EngineSettings(QObject):
    """The settings of one engine, by the names of its options' fields. What was never set has the official value.

    Signals:
        changed(): a setting is another one.
    """

    changed = Signal()

    def __init__(
        self, engine_id: str, kind: type[Any], parent: QObject | None = None, *, once: Iterable[str] = ()
    ) -> None:
        """`once`: names of what belongs to a single run and is never kept."""
        super().__init__(parent)
        self._engine, self._kind = engine_id, kind
        self._names = tuple(field.name for field in fields(kind) if field.name not in tuple(once))
        preferences().changed.connect(self._on_changed)

    def get(self, name: str) -> Any:
        """The value as the options want it; a path is a str here, "" for none."""
        value = self.values()[name]
        return "" if value is None else str(value) if isinstance(value, Path) else value

    def set(self, name: str, value: Any) -> None:
        """Keep a value; "" for a path and None bring the official one back."""
        official = getattr(self._kind(), name)
        if value != self.get(name):
            preferences().set(self.place(name), None if official is None and value == "" else value)

    def update(self, **values: Any) -> None:
        """Keep several at once, as one change."""
        preferences().update({self.place(name): value for name, value in values.items()})

    def reset(self) -> None:
        """Everything that has a field on the form as the engine's makers set it."""
        described = settings_of(self._kind)
        self.update(**{name: None for name in self._names if name in described and described[name].label})

    def options(self) -> Any:
        """The options with what was set. Raises InputError for what cannot be."""
        return self._kind(**self.values())

    def values(self) -> dict[str, Any]:
        """Every setting that is kept, by name."""
        kept, official = options_of(self._engine, self._kind), self._kind()
        return {name: kept.get(name, getattr(official, name)) for name in self._names}

    def place(self, name: str) -> str:
        """Where it stands in the program's settings."""
        return f"engines.{self._engine}.{name}"

    @Slot(str)
    def _on_changed(self, name: str) -> None:
        if name.startswith(self.place("")):
            self.changed.emit()
