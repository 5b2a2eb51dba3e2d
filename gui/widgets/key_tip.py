"""Tool tips that name the keys in force."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class KeyTip(QObject):
    """Keeps a widget's tool tip up to date with the keys of actions; lives as long as the widget.

    Args:
        text: the tip where an action has no key.
        template: what follows it, with "{}" for each action's key.
    """

    def __init__(self, widget: QWidget, text: str, actions: Sequence[QAction], template: str = "({})") -> None:
        super().__init__(widget)
        self._widget = widget
        self._text = text
        self._template = template
        self._actions = actions
        for action in actions:
            action.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        keys = [action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) for action in self._actions]
        tip = f"{self._text} {self._template.format(*keys)}" if all(keys) else self._text
        if tip == self._widget.toolTip():
            return
        for widget in (self._widget, *self._widget.findChildren(QWidget)):
            widget.setToolTip(tip)
