"""Every action and its keys, from the one table: find one, press another key for it, or go back to the table's."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.words import said
from gui.actions.action import Action
from gui.actions.keymap import KeyMap, Refusal, native
from gui.actions.shortcut_rows import KeyDelegate
from gui.actions.table import ACTIONS

ID = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """Changes are kept and work at once.

    Attributes:
        items: the rows, by action id. filter, tree: the field above them, and the list.
    """

    def __init__(self, keymap: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 640)
        self._keymap = keymap
        self._take: Callable[[], None] | None = None
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by name or key")
        self.filter.setAccessibleName("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._on_filter)
        self.tree = _KeyTree()
        delegate = KeyDelegate(self)
        delegate.key_pressed.connect(self._on_key_pressed)
        self.tree.setItemDelegate(delegate)
        self.tree.remove_asked.connect(self._remove)
        self.tree.currentItemChanged.connect(self._show_buttons)
        self.items: dict[str, QTreeWidgetItem] = {}
        self._groups: dict[str, QTreeWidgetItem] = {}
        self._fill()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.filter)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._bar())
        layout.addLayout(self._buttons())
        keymap.changed.connect(self._show_keys)
        self._show_keys()
        self._say("")

    # -- building

    def _fill(self) -> None:
        groups = self._groups
        for spec in ACTIONS:
            title = spec.path[0]
            if title not in groups:
                group = groups[title] = QTreeWidgetItem(self.tree, [title])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFirstColumnSpanned(True)
            item = self.items[spec.id] = QTreeWidgetItem(groups[title], [spec.name])
            item.setData(0, ID, spec.id)
            if not spec.fixed:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        self.tree.expandAll()

    def _bar(self) -> QWidget:
        """One sentence about the last key pressed, and what can be done."""
        bar = QFrame()
        row = QHBoxLayout(bar)
        row.setContentsMargins(2, 0, 0, 0)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(28)
        self.take = QPushButton("Use it here")
        self.take.clicked.connect(self._on_take)
        self.keep = QPushButton("Leave it")
        self.keep.clicked.connect(lambda: self._say(""))
        row.addWidget(self.note, 1)
        row.addWidget(self.keep)
        row.addWidget(self.take)
        return bar

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.reset = QPushButton("Reset")
        self.reset.setToolTip(said("actions.reset-keys-tip"))
        self.reset.clicked.connect(self._on_reset)
        self.reset_all = QPushButton("Reset all")
        self.reset_all.setToolTip(said("actions.reset-all-keys-tip"))
        self.reset_all.clicked.connect(self._on_reset_all)
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        for button in (self.reset, self.reset_all, close, self.take, self.keep):
            button.setAutoDefault(False)
        row.addWidget(self.reset)
        row.addWidget(self.reset_all)
        row.addStretch(1)
        row.addWidget(close)
        return row

    # -- changing keys

    def choose(self, action_id: str, place: int, key: str) -> None:
        """Give an action a key as its first (0) or second (1) one; asks where another action has it."""
        keys = list(self._keymap.keys(action_id))
        keys[place : place + 1] = [key] if key else []
        self._assign(action_id, keys, take=False)

    @Slot(str, int, str)
    def _on_key_pressed(self, action_id: str, column: int, key: str) -> None:
        self.choose(action_id, column - 1, key)

    def _assign(self, action_id: str, keys: list[str], *, take: bool) -> None:
        try:
            self._keymap.assign(action_id, keys, take=take)
        except Refusal as refusal:
            self._say(str(refusal.message))
            if refusal.may_take:
                self._take = lambda: self._assign(action_id, keys, take=True)
                self._show_choice(True)
                self.take.setFocus()
            return
        self._say("")
        self.tree.setFocus()

    @Slot()
    def _on_take(self) -> None:
        if self._take is not None:
            self._take()

    @Slot(QTreeWidgetItem, int)
    def _remove(self, item: QTreeWidgetItem, column: int) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEditable and column:
            self.choose(item.data(0, ID), column - 1, "")

    @Slot()
    def _on_reset(self) -> None:
        if action_id := self._current():
            self._keymap.reset(action_id)
            self._say("")

    @Slot()
    def _on_reset_all(self) -> None:
        self._keymap.reset_all()
        self._say("")

    # -- showing

    def _say(self, sentence: str) -> None:
        self._take = None
        self.note.setText(sentence or said("actions.key-hint"))
        self.note.setObjectName("problem" if sentence else "hint")
        self.note.style().polish(self.note)
        self._show_choice(False)

    def _show_choice(self, on: bool) -> None:
        self.take.setVisible(on)
        self.keep.setVisible(on)

    @Slot()
    def _show_keys(self) -> None:
        for action_id, item in self.items.items():
            keys = [*map(native, self._keymap.keys(action_id)), "", ""]
            item.setText(1, keys[0])
            item.setText(2, keys[1])
            changed = self._keymap.is_changed(action_id)
            font = item.font(0)
            font.setBold(changed)
            item.setFont(0, font)
            item.setToolTip(0, said("actions.key-is-own") if changed else "")
        self._show_buttons()

    @Slot()
    def _show_buttons(self) -> None:
        action_id = self._current()
        self.reset.setEnabled(bool(action_id) and self._keymap.is_changed(action_id))
        self.reset_all.setEnabled(any(map(self._keymap.is_changed, self.items)))

    def _current(self) -> str:
        """The id of the current row's action; "" on a title or nothing."""
        item = self.tree.currentItem()
        return str(item.data(0, ID) or "") if item is not None else ""

    @Slot(str)
    def _on_filter(self, text: str) -> None:
        words = text.casefold().split()
        for group in self._groups.values():
            group.setHidden(True)
        for spec in ACTIONS:
            group, item = self._groups[spec.path[0]], self.items[spec.id]
            said = " ".join((group.text(0), *(item.text(column) for column in range(3)))).casefold()
            item.setHidden(not all(word in said for word in words))
            if not item.isHidden():
                group.setHidden(False)


class _KeyTree(QTreeWidget):
    """Groups of actions with two columns of keys.

    Signals:
        remove_asked(QTreeWidgetItem, int): Delete or Backspace on a key.
    """

    remove_asked = Signal(QTreeWidgetItem, int)

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(3)
        self.setHeaderLabels(["Action", "Key", "Other key"])
        self.setAccessibleName("Actions and keys")
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setAllColumnsShowFocus(False)
        self.setEditTriggers(self.EditTrigger.DoubleClicked | self.EditTrigger.EditKeyPressed)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, 150)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item, column = self.currentItem(), self.currentColumn()
        if item is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item.flags() & Qt.ItemFlag.ItemIsEditable:
                self.editItem(item, max(1, column))
            return
        if item is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_asked.emit(item, max(1, column))
            return
        super().keyPressEvent(event)


def rows() -> list[tuple[str, str, str]]:
    """(menu or section, what it does, the table's keys) of everything that has a key."""
    return [(spec.path[0], _said(spec), ", ".join(map(native, spec.shortcuts))) for spec in ACTIONS if spec.shortcuts]


def _said(spec: Action) -> str:
    return f"{spec.name}, while held" if spec.hold is not None else spec.name
