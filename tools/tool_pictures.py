"""Pictures of each tool in use, made with real mouse and key events on the sample's layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.document import Layer
from gui.actions.palette import CommandPalette
from gui.actions.shortcuts import ShortcutsDialog
from gui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


class Pictures:
    """Takes them from a window that shows the sample's layers; the document is as before afterwards."""

    def __init__(self, window: MainWindow, layer: Layer, folder: Path, settle: Callable[[int], None]) -> None:
        self._window, self._layer, self._folder, self._settle = window, layer, folder, settle

    def take(self) -> None:
        self._move()
        self._transform()
        self._select()
        self._erase()
        self._held()
        self._dialogs()

    def _shoot(self, name: str) -> None:
        self._settle(400)
        self._window.grab().save(str(self._folder / f"tool-{name}.png"))

    def _at(self, x: float, y: float) -> QPoint:
        canvas = self._window.canvas
        vx, vy = canvas.viewport.to_view(x, y)
        return QPointF(vx / canvas.dpr, vy / canvas.dpr).toPoint()

    def _drag(self, places: Sequence[tuple[float, float]], shot: str = "") -> None:
        """Press at the first place, pass all, and let go; `shot` is taken while the button is still down."""
        canvas = self._window.canvas
        QTest.mouseMove(canvas, self._at(*places[0]))
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self._at(*places[0]))
        for place in places[1:]:
            QTest.mouseMove(canvas, self._at(*place))
            self._settle(20)
        if shot:
            self._shoot(shot)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self._at(*places[-1]))

    def _middle(self) -> tuple[float, float]:
        return self._layer.left + self._layer.width / 2, self._layer.top + self._layer.height / 2

    def _again(self) -> None:
        """The layer selected, everything undone, the Move tool in hand."""
        while self._window.session.stack.canUndo() and self._window.session.stack.undoText() != "Decompose":
            self._window.session.stack.undo()
        self._window.actions_by_id["move"].trigger()
        self._window.session.select([self._layer.id])
        self._window.canvas.setFocus()

    def _move(self) -> None:
        self._again()
        x, y = self._middle()
        page = self._window.session.document.width / 2
        self._drag([(x, y), (x + 20, y + 30), (page + 60, y + 80), (page + 4, y + 90)], "move")

    def _transform(self) -> None:
        self._again()
        QTest.keyClick(self._window.canvas, Qt.Key.Key_T, CTRL)
        x, y = self._middle()
        wide, high = self._layer.width / 2, self._layer.height / 2
        self._drag([(x + wide + 60, y - high - 60), (x + wide + 100, y - high + 40), (x + wide + 150, y - high + 130)])
        self._shoot("transform")
        QTest.keyClick(self._window.canvas, Qt.Key.Key_Escape)

    def _select(self) -> None:
        self._again()
        self._window.actions_by_id["select-lasso"].trigger()
        x, y = self._middle()
        self._drag([(x - 160, y - 200), (x + 60, y - 260), (x + 180, y - 60), (x + 40, y + 120), (x - 150, y + 60)])
        self._shoot("lasso")
        self._window.canvas.set_area(None)

    def _erase(self) -> None:
        self._again()
        self._window.actions_by_id["mask-erase"].trigger()
        x, y = self._middle()
        self._drag([(x - 120, y - 60), (x - 40, y), (x + 60, y + 20), (x + 130, y - 40)])
        self._shoot("erase")

    def _held(self) -> None:
        """What does not match the image: here the balloon, which stands elsewhere than it was found."""
        self._again()
        x, y = self._middle()
        self._drag([(x, y), (x + 20, y + 30), (x + 90, y + 140)])
        QTest.keyPress(self._window.canvas, Qt.Key.Key_D)
        self._settle(1500)
        self._shoot("difference")
        QTest.keyRelease(self._window.canvas, Qt.Key.Key_D)
        self._again()

    def _dialogs(self) -> None:
        QTest.keyClick(self._window.canvas, Qt.Key.Key_K, CTRL)
        palette = self._window.findChild(CommandPalette)
        QTest.keyClicks(palette.field, "mer")
        self._grab(palette, "palette")
        self._window.show_dialog("shortcuts")
        self._grab(self._window.findChild(ShortcutsDialog), "shortcuts")

    def _grab(self, dialog: CommandPalette | ShortcutsDialog, name: str) -> None:
        self._settle(300)
        dialog.grab().save(str(self._folder / f"tool-{name}.png"))
        dialog.close()
        QApplication.processEvents()
