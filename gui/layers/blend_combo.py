"""The blend mode list: hovering over a mode previews it, choosing one keeps it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from engine.document import LAYER_BLEND_MODES, BlendMode
from gui.layers.words import blend_name

# Lines in the list between the families that designers know: darker, lighter, contrast, comparison.
FAMILIES: tuple[tuple[BlendMode, ...], ...] = (
    (BlendMode.NORMAL,),
    (BlendMode.DARKEN, BlendMode.MULTIPLY, BlendMode.COLOR_BURN),
    (BlendMode.LIGHTEN, BlendMode.SCREEN, BlendMode.COLOR_DODGE),
    (BlendMode.OVERLAY, BlendMode.SOFT_LIGHT, BlendMode.HARD_LIGHT),
    (BlendMode.DIFFERENCE, BlendMode.EXCLUSION),
)
ORDER: tuple[BlendMode, ...] = tuple(mode for family in FAMILIES for mode in family)
assert set(ORDER) == set(LAYER_BLEND_MODES)


class BlendCombo(QComboBox):
    """A list of blend modes.

    Signals:
        hovered(str): a mode is under the cursor in the open list. left(): the list was closed.
        chosen(str): a mode was picked.
    """

    hovered = Signal(str)
    left = Signal()
    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Blend mode")
        self.setToolTip("Blend mode")
        self.setPlaceholderText("Mixed")
        self.setMaxVisibleItems(20)
        # A click leaves the keyboard with the list or the canvas, whose keys go on working.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._groups_only = False
        self._open = False
        self._fill()
        self.highlighted.connect(self._on_highlighted)
        self.activated.connect(self._on_activated)

    def show_modes(self, modes: Iterable[BlendMode], groups_only: bool) -> None:
        """Show the mode that all have, or that they differ; "Pass Through" is offered for groups only."""
        if groups_only != self._groups_only:
            self._groups_only = groups_only
            self._fill()
        values = set(modes)
        at = self.findData(values.pop().value) if len(values) == 1 else -1
        if at != self.currentIndex():
            self.setCurrentIndex(at)

    def modes(self) -> list[BlendMode]:
        """The modes offered, top first."""
        return [BlendMode(self.itemData(i)) for i in range(self.count()) if self.itemData(i)]

    def showPopup(self) -> None:
        super().showPopup()
        self._open = True
        self.view().window().installEventFilter(self)

    def hidePopup(self) -> None:
        # Closed before it is hidden: the mouse may still move over it meanwhile.
        self._open = False
        super().hidePopup()
        self.left.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Esc hides the list without a call of `hidePopup` that could be seen here.
        if event.type() == QEvent.Type.Hide and self._open:
            self._open = False
            self.left.emit()
        return super().eventFilter(watched, event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def _fill(self) -> None:
        self.blockSignals(True)
        self.clear()
        if self._groups_only:
            self.addItem(blend_name(BlendMode.PASS_THROUGH), BlendMode.PASS_THROUGH.value)
        for family in FAMILIES:
            if self.count():
                self.insertSeparator(self.count())
            for mode in family:
                self.addItem(blend_name(mode), mode.value)
        self.blockSignals(False)

    def _on_highlighted(self, at: int) -> None:
        if self._open and self.itemData(at):
            self.hovered.emit(self.itemData(at))

    def _on_activated(self, at: int) -> None:
        if mode := self.itemData(at, Qt.ItemDataRole.UserRole):
            self.chosen.emit(mode)
