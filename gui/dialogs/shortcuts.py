"""Every action and its keys, from the one table, with a filter."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from gui.actions import ACTIONS, HELD_KEYS, plain_text


class ShortcutsDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(460, 560)
        self._filter = QLineEdit()
        self._filter.setPlaceholderText("Filter")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._on_filter)
        self._tree = QTreeWidget()
        self._tree.setHeaderHidden(True)
        self._tree.setColumnCount(2)
        self._tree.setRootIsDecorated(False)
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for text, keys in rows():
            QTreeWidgetItem(self._tree, [text, keys])
        layout = QVBoxLayout(self)
        layout.addWidget(self._filter)
        layout.addWidget(self._tree)

    @Slot(str)
    def _on_filter(self, text: str) -> None:
        for i in range(self._tree.topLevelItemCount()):
            item = self._tree.topLevelItem(i)
            item.setHidden(text.casefold() not in f"{item.text(0)} {item.text(1)}".casefold())


def rows() -> list[tuple[str, str]]:
    """(what it does, its keys) of everything that has a key."""
    out = [(plain_text(a), ", ".join(map(_native, a.shortcuts))) for a in ACTIONS if a.shortcuts]
    return out + [(text, _native(key)) for key, text in HELD_KEYS]


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
