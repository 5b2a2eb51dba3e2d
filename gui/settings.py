"""The settings as the window sees them: observable, bound to widgets, and carried over from older versions.

The typed settings are loaded by the first who asks for them, not with this file: the first paint does without them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit

from engine.settings_file import glance

if TYPE_CHECKING:
    from engine.settings import Settings


class Preferences(QObject):
    """The settings in force, by dotted name; see `engine.settings`.

    Signals:
        changed(str): this window set the setting with that name to another value.
    """

    changed = Signal(str)

    @property
    def now(self) -> Settings:
        """All of them, as they are at this moment."""
        from engine.settings import current

        return current()

    def get(self, name: str) -> Any:
        """One of them; None for an entry that a table lacks."""
        from engine.settings import value_of

        return value_of(name)

    def set(self, name: str, value: object) -> None:
        """Keep a value, or bring the default back with None. Raises ValueError for one that cannot be."""
        self.update({name: value})

    def update(self, changes: Mapping[str, object]) -> None:
        """Keep several at once, as one change of the file."""
        from engine.settings import keep

        before = {name: self.get(name) for name in changes}
        keep(changes)
        for name, value in before.items():
            if self.get(name) != value:
                self.changed.emit(name)


@lru_cache(maxsize=1)
def preferences() -> Preferences:
    """The one object that hears of every change in this window."""
    return Preferences()


class _Bond(QObject):
    """Keeps a widget showing a setting, for as long as there is the widget."""

    def __init__(self, widget: QLineEdit | QAbstractButton | QComboBox, name: str) -> None:
        super().__init__(widget)
        self._widget = widget
        self._name = name
        preferences().changed.connect(self._on_changed)
        self._on_changed(name)

    @Slot(str)
    def _on_changed(self, name: str) -> None:
        if name != self._name:
            return
        value = preferences().get(name)
        blocked = self._widget.blockSignals(True)
        if isinstance(self._widget, QLineEdit):
            self._widget.setText(value or "")
        elif isinstance(self._widget, QComboBox):
            self._widget.setCurrentIndex(self._widget.findData(value))
        else:
            self._widget.setChecked(bool(value))
        self._widget.blockSignals(blocked)


def bind(widget: QLineEdit | QAbstractButton | QComboBox, name: str) -> None:
    """Let a widget show a setting and set it: text when it is left, a box its state, a list its chosen item's data.

    A setting that an environment variable overrides cannot be set: the widget is off, and its tool tip says why.
    """
    from engine.settings import origin
    from engine.words import said

    _Bond(widget, name)
    if isinstance(widget, QLineEdit):
        widget.editingFinished.connect(lambda: preferences().set(name, widget.text().strip()))
    elif isinstance(widget, QComboBox):
        widget.activated.connect(lambda: preferences().set(name, widget.currentData()))
    else:
        widget.toggled.connect(lambda on: preferences().set(name, on))
    if (found := origin(name)).kind == "environment":
        widget.setEnabled(False)
        widget.setToolTip(said("settings.overridden", variable=found.variable))


# -- from versions that kept settings as Qt does

OLD = {
    "files/folder": "files.folder",
    "files/recent": "files.recent",
    "files/layers": "files.layers",
    "view/theme": "view.theme",
    "view/background": "view.background",
    "view/rulers": "view.rulers",
    "view/pixel-grid": "view.pixel_grid",
    "view/auto-select": "view.auto_select",
    "window/geometry": "window.geometry",
    "export/folder": "export.folder",
    "export/format": "export.format",
    "palette/recent": "palette.recent",
}
"""Old key -> setting. The keys of a table follow in `OLD_TABLES`."""
OLD_TABLES = {"sections/": "window.sections.", "keys/": "keys.", "qwen/": "engines.qwen.", "export/": "export.options."}
LISTS = ("files/recent", "palette/recent")


def carry_over(old: QSettings) -> None:
    """Take over, once, what an older version kept; what is set already stays, and the old settings are left alone."""
    if glance("carried"):
        return
    from engine import settings as stored
    from engine.errors import UnflattenError
    from engine.models import access

    found: dict[str, object] = {"carried": True}
    for name, value in _old(old).items():
        if stored.origin(name).kind == "default":
            with contextlib.suppress(ValueError):  # what cannot be is left behind
                found |= stored.checked({name: value})
    stored.keep(found)
    if access.path().exists():
        with contextlib.suppress(UnflattenError):
            access.save(access.load())  # the mirror goes from the key's file to the settings


def _old(old: QSettings) -> dict[str, object]:
    found: dict[str, object] = {}
    for key in old.allKeys():
        if key in LISTS:
            found[OLD[key]] = old.value(key, [], type=list)
        elif key in OLD:
            found[OLD[key]] = _plain(old.value(key))
        elif prefix := next((p for p in OLD_TABLES if key.startswith(p)), ""):
            found[OLD_TABLES[prefix] + key.removeprefix(prefix)] = _plain(old.value(key))
    keys = {name: str(value).split("\n") if value else [] for name, value in found.items() if name.startswith("keys.")}
    return found | keys


def _plain(value: Any) -> object:
    """Bytes as base64; a file of Qt's holds numbers and switches as text, which the settings' own types read."""
    if isinstance(value, QByteArray):
        return bytes(value.toBase64().data()).decode()
    return value
