"""The right side of the window: the inspector above the layer list, sharing the height as their contents ask for."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from gui.inspector.panel import InspectorPanel

LIST_HEIGHT = 300
"""px that the list always gets, where the window is tall enough for both."""


class Side(QSplitter):
    """The inspector takes what its unfolded sections need, the list the rest; a handle dragged by hand stays."""

    def __init__(self, inspector: InspectorPanel, layers: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._inspector = inspector
        self._by_hand = False
        self.addWidget(inspector)
        self.addWidget(layers)
        self.setStretchFactor(1, 1)
        inspector.folded.connect(self._share)
        self.splitterMoved.connect(self._on_moved)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._by_hand:
            self._inspector.fit(self.height() - LIST_HEIGHT)
            self._share()

    @Slot()
    def _share(self) -> None:
        total = self.height() - self.handleWidth()
        least = self._inspector.minimumSizeHint().height()
        wanted = max(least, min(self._inspector.sizeHint().height(), total - LIST_HEIGHT // 2))
        self._by_hand = False
        self.setSizes([wanted, max(1, total - wanted)])

    @Slot()
    def _on_moved(self) -> None:
        self._by_hand = True
