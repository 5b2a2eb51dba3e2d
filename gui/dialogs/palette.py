"""The command palette: type a few letters of what you want to do, press Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget


class CommandPalette(QDialog):
    """Lists the actions that can be used now; the best match is first."""

    def __init__(self, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(440, 380)
        self._actions = actions
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._run)
        self.field.installEventFilter(self)
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._run)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, self.list.header().ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self._fill("")

    @Slot(str)
    def _fill(self, text: str) -> None:
        self.list.clear()
        ranked = sorted((rank, i) for i, a in enumerate(self._actions) if (rank := match(text, name_of(a))) is not None)
        for _rank, i in ranked:
            action = self._actions[i]
            item = QTreeWidgetItem(self.list, [name_of(action), action.shortcut().toString()])
            item.setData(0, Qt.ItemDataRole.UserRole, i)
        self.list.setCurrentItem(self.list.topLevelItem(0))

    @Slot()
    def _run(self) -> None:
        item = self.list.currentItem()
        self.accept()
        if item is not None:
            self._actions[item.data(0, Qt.ItemDataRole.UserRole)].trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.list.topLevelItemCount():
                row = self.list.indexOfTopLevelItem(self.list.currentItem()) + step
                self.list.setCurrentItem(self.list.topLevelItem(row % self.list.topLevelItemCount()))
                return True
        return super().eventFilter(watched, event)


def name_of(action: QAction) -> str:
    return action.text().replace("&", "").rstrip("…")


def match(typed: str, name: str) -> int | None:
    """How well a name fits: 0 best; None where the letters do not occur in order."""
    typed, name = typed.casefold().strip(), name.casefold()
    if name.startswith(typed):
        return 0
    if any(word.startswith(typed) for word in name.split()):
        return 1
    if typed in name:
        return 2
    letters = iter(name)
    return 3 if all(c in letters for c in typed.replace(" ", "")) else None
