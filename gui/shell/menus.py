"""The table's actions as the window shows them: the menu bar's menus, the tool bar, the menu of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolBar, QWidget

from gui.actions import table
from gui.files.files import Files


class RecentMenu(QMenu):
    """The files opened lately, read again each time it opens."""

    def __init__(self, files: Files, parent: QWidget) -> None:
        super().__init__("Open &recent", parent)
        self._files = files
        self.aboutToShow.connect(self.fill)

    @Slot()
    def fill(self) -> None:
        """Show the files of now."""
        self.clear()
        for path in self._files.recent():
            self._add(path)
        if self.isEmpty():
            self.addAction("No files yet").setEnabled(False)
            return
        self.addSeparator()
        self.addAction("Clear this list", self._files.clear_recent)

    def _add(self, path: Path) -> None:
        self.addAction(path.name, lambda: self._files.open_path(path)).setToolTip(str(path))


def fill_menus(menus: Mapping[str, QMenu], actions: Mapping[str, QAction], recent: QMenu) -> None:
    """Put the table's rows into the menus of their titles, and the recent files below Open."""
    for title, entries in table.menus():
        submenus: dict[str, QMenu] = {}
        for spec, separated in entries:
            menu, submenu = menus[title], spec.menu.partition("/")[2]
            menu = submenus.get(submenu, menu)
            if separated:
                menu.addSeparator()
            if submenu and submenu not in submenus:
                menu = submenus[submenu] = menu.addMenu(submenu)
            menu.addAction(actions[spec.id])
            if spec.id == "open":
                menu.addMenu(recent)


def tool_bar(actions: Mapping[str, QAction]) -> QToolBar:
    """The upright bar of tools, as the table has it."""
    bar = QToolBar("Tools")
    bar.setObjectName("tools")
    bar.setMovable(False)
    bar.setOrientation(Qt.Orientation.Vertical)
    for name in table.TOOLS:
        bar.addAction(actions[name]) if name else bar.addSeparator()
    return bar


def context_menu(actions: Mapping[str, QAction], parent: QWidget) -> QMenu:
    """The menu of a layer, for the list and the canvas: what can be done with the selection, and nothing else."""
    menu = QMenu(parent)
    for name in table.CONTEXT_MENU:
        if not name:
            menu.addSeparator()
        elif actions[name].isEnabled():
            menu.addAction(actions[name])
    return menu
