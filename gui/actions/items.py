"""The table's actions as Qt has them: live keys, tool tips, icons of the scheme in use, whether they can be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from gui.actions.action import Action
from gui.actions.keymap import KeyMap, native
from gui.actions.table import ACTIONS, BY_ID, TOOLS
from gui.look import theme
from gui.look.icons import icon
from gui.workplace import Workplace


class ActionItems(QObject):
    """A QAction for each row of the table.

    Attributes:
        by_id: the QActions.
    """

    def __init__(self, place: Workplace, keymap: KeyMap, window: QWidget) -> None:
        """`window`: in which the keys work."""
        super().__init__(window)
        self._place = place
        self._window = window
        self._keymap = keymap
        self._choices: dict[str, QActionGroup] = {}
        self.by_id: dict[str, QAction] = {spec.id: self._make(spec) for spec in ACTIONS}
        keymap.changed.connect(self._show_keys)
        theme.notifier().changed.connect(self._show_icons)
        self._show_keys()
        self._show_icons()
        self._follow(place)

    def _follow(self, place: Workplace) -> None:
        """Refresh whenever what the actions ask about may be another."""
        session, run, canvas = place.session, place.controller, place.canvas
        for changed in (session.opened, session.changed, session.selection_changed, run.started, run.finished):
            changed.connect(self.refresh)
        for changed in (session.stack.indexChanged, canvas.tool_changed, canvas.area_changed, place.looks.changed):
            changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Bring every action's text, enabled and checked state up to date."""
        if not isValid(self._place.session.stack):
            return  # the window is being taken down, and the stack tells that its steps go
        for spec in ACTIONS:
            item = self.by_id[spec.id]
            item.setEnabled(spec.enabled(self._place))
            if spec.checked is not None:
                item.setChecked(spec.checked(self._place))
            if spec.now is not None:
                item.setText(f"{spec.text} {spec.now(self._place)}".rstrip())

    def _make(self, spec: Action) -> QAction:
        item = QAction(spec.text, self._window)
        item.setObjectName(spec.id)
        context = Qt.ShortcutContext.WidgetShortcut if spec.on_canvas else Qt.ShortcutContext.WindowShortcut
        item.setShortcutContext(context)
        item.setCheckable(spec.checked is not None)
        item.setIconVisibleInMenu(spec.checked is None)  # an icon would take the place of the check mark
        item.triggered.connect(_runner(self._place, spec))
        if spec.choice:
            group = self._choices.setdefault(spec.choice, QActionGroup(self._window))
            group.addAction(item)
        host = self._place.canvas if spec.on_canvas else self._window
        host.addAction(item)
        return item

    @Slot()
    def _show_keys(self) -> None:
        for spec in ACTIONS:
            item, keys = self.by_id[spec.id], self._keymap.keys(spec.id)
            if spec.hold is None and not spec.fixed:
                item.setShortcuts([QKeySequence(key) for key in keys])
            else:  # the window or the canvas listens for these; the menu shows them all the same
                item.setText(f"{spec.text}\t{key_text(spec, keys)}" if keys else spec.text)
            item.setToolTip(f"{spec.name} ({key_text(spec, keys)})" if keys else spec.name)

    @Slot()
    def _show_icons(self) -> None:
        """The tool bar's at once; the menus' when nothing else waits, for drawing them takes a while."""
        for name in filter(None, TOOLS):
            self.by_id[name].setIcon(icon(BY_ID[name].icon))
        QTimer.singleShot(0, self, self._show_other_icons)

    @Slot()
    def _show_other_icons(self) -> None:
        for spec in ACTIONS:
            if spec.icon and spec.id not in TOOLS:
                self.by_id[spec.id].setIcon(icon(spec.icon))


def key_text(spec: Action, keys: tuple[str, ...]) -> str:
    """The key that menus, tips and the palette show for an action; "" where it has none."""
    if not keys:
        return ""
    return f"Hold {native(keys[0])}" if spec.hold is not None else native(keys[0])


def _runner(place: Workplace, spec: Action) -> Callable[[], None]:
    def run() -> None:
        spec.run(place)

    return run
