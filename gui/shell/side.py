"""The page with a document: the canvas on the left; on the right the inspector above the layer list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from gui.inspector.panel import InspectorPanel

LIST_HEIGHT = 300
"""px that the list always gets, where the window is tall enough for both."""
WIDTH, LEAST_WIDTH, LEFT_WIDTH = 310, 290, 1050
"""px of the right side at first and at least, and of the left one in a window of the first size."""


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


def work_page(above: Sequence[QWidget], canvas: QWidget, inspector: InspectorPanel, layers: QWidget) -> QWidget:
    """The page: bars `above` the canvas, and the right side, which keeps its width when the window is resized."""
    left = QWidget()
    column = QVBoxLayout(left)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in above:
        column.addWidget(widget)
    column.addWidget(canvas, 1)
    side = Side(inspector, layers)
    side.setMinimumWidth(LEAST_WIDTH)
    page = QSplitter(Qt.Orientation.Horizontal)
    page.addWidget(left)
    page.addWidget(side)
    page.setStretchFactor(0, 1)
    page.setSizes([LEFT_WIDTH, WIDTH])
    for splitter in (side, page):
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
    return page
