"""The line at the bottom: messages on the left; work under way, cursor, document and zoom on the right."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Signal, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

MESSAGE_MS = 8000


class StatusBar(QStatusBar):
    """Signals:
    cancel_requested(): of what is being opened or exported.
    """

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(6, 0, 10, 0)
        self._title, self._bar, self.stop = QLabel(), QProgressBar(), QToolButton()
        self._bar.setFixedWidth(120)
        self._bar.setTextVisible(False)
        self.stop.setText("Cancel")
        self.stop.setAccessibleName("Cancel opening or exporting")
        self.stop.clicked.connect(self.cancel_requested)
        self._cursor, self._size, self._profile, self._zoom = QLabel(), QLabel(), QLabel(), QLabel()
        self._cursor.setMinimumWidth(110)
        self._zoom.setMinimumWidth(56)
        self._busy = (self._title, self._bar, self.stop)
        for widget in (*self._busy, self._cursor, self._size, self._profile, self._zoom):
            self.addPermanentWidget(widget)
            widget.setContentsMargins(6, 0, 6, 0)
        self.show_busy("")

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Show a sentence for a while."""
        self.showMessage(sentence, MESSAGE_MS)

    def show_document(self, size: tuple[int, int] | None, profile: str) -> None:
        """The document's size in px and colour profile; None where nothing is open."""
        self._size.setText(f"{size[0]} × {size[1]} px" if size else "")
        self._profile.setText(profile if size else "")
        self._zoom.setVisible(size is not None)
        self._cursor.clear()

    @Slot(str)
    def show_busy(self, title: str) -> None:
        """What is being opened or exported; "" when nothing is."""
        self._title.setText(title)
        for widget in self._busy:
            widget.setVisible(bool(title))
        self._bar.setRange(0, 0)

    @Slot(object)
    def show_progress(self, fraction: float) -> None:
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(fraction * 1000))

    @Slot(float)
    def show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{zoom * 100:.0f} %" if zoom >= 0.1 else f"{zoom * 100:.1f} %")

    @Slot(object)
    def show_cursor(self, point: QPointF | None) -> None:
        self._cursor.setText("" if point is None else f"{int(point.x() // 1)}, {int(point.y() // 1)}")
