"""The bar above the list that narrows it down by name and kind."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QTreeView, QWidget

from engine.document import Group, Node
from gui.layers.delegate import KIND_ICONS
from gui.layers.model import LayerModel
from gui.layers.words import KIND_NAMES, kind_of
from gui.look import icons, theme
from gui.widgets.buttons import IconButton


class FilterBar(QWidget):
    """A search field and a menu of kinds.

    Attributes:
        field: where the name is typed.

    Signals:
        filter_changed(): `text` or `kinds` is another one.
        left(): Esc, Enter or Down in the search field: on to the list. Esc also empties the field.
    """

    filter_changed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Filter by name")
        self.field.setAccessibleName("Filter layers by name")
        self.field.setClearButtonEnabled(True)
        self._lens = self.field.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(lambda _text: self.filter_changed.emit())
        self.field.installEventFilter(self)
        self._button = IconButton("filter", "Filter by kind")
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._button.setCheckable(True)
        menu = QMenu(self._button)
        self._kinds: dict[str, QAction] = {}
        for kind, name in KIND_NAMES.items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.toggled.connect(self._on_kind)
            self._kinds[kind] = action
        menu.addSeparator()
        menu.addAction("All kinds", lambda: self.set_filter(self.text, ()))
        self._button.setMenu(menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.field, 1)
        layout.addWidget(self._button)
        theme.notifier().changed.connect(self._show_icons)
        self._show_icons()

    @property
    def text(self) -> str:
        """What is typed."""
        return self.field.text().strip()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that pass; none is all of them."""
        return frozenset(kind for kind, action in self._kinds.items() if action.isChecked())

    @property
    def active(self) -> bool:
        """Whether it narrows anything down."""
        return bool(self.text or self.kinds)

    def set_filter(self, text: str = "", kinds: Collection[str] = ()) -> None:
        """Let pass only names with these words and these kinds; nothing given lets all pass."""
        self.field.setText(text)
        for kind, action in self._kinds.items():
            action.setChecked(kind in kinds)

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self.field.setFocus()
        self.field.selectAll()

    def matches(self, node: Node) -> bool:
        """Whether the node itself passes; the words typed may stand in any order."""
        kind = kind_of(node)
        name = node.name.casefold()
        return (not self.kinds or kind in self.kinds) and all(word in name for word in self.text.casefold().split())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.field.clear()
            if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    def _on_kind(self) -> None:
        self._button.setChecked(bool(self.kinds))
        chosen = ", ".join(KIND_NAMES[kind] for kind in KIND_NAMES if kind in self.kinds)
        self._button.setToolTip(f"Filter by kind: {chosen}" if chosen else "Filter by kind")
        self.filter_changed.emit()

    def _show_icons(self) -> None:
        t = theme.tokens()
        self._lens.setIcon(icons.icon("search"))
        for kind, action in self._kinds.items():
            name, color = KIND_ICONS.get(kind, ("group", "group"))
            action.setIcon(icons.pixmap(name, 16, t.color(color), self.devicePixelRatioF()))


def show_only(view: QTreeView, model: LayerModel, passes: Callable[[Node], bool] | None) -> int:
    """Hide the rows that do not pass; a group stays for what it holds. None shows all. Returns how many pass."""
    found = 0

    def visit(parent: QModelIndex) -> bool:
        nonlocal found
        any_shown = False
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            node = model.node(index)
            hit = passes is None or (node is not None and passes(node))
            found += hit
            below = isinstance(node, Group) and visit(index)
            shown = hit or below
            if view.isRowHidden(row, parent) == shown:
                view.setRowHidden(row, parent, not shown)
            any_shown |= shown
        return any_shown

    visit(QModelIndex())
    return found
