"""The line at the bottom: messages on the left; work under way, cursor, document and zoom on the right."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

MESSAGE_MS = 8000


class Work(QWidget):
    """What is under way, with a bar and Cancel; hidden while nothing is.

    Signals:
        cancel_requested(): the button was pressed.
    """

    cancel_requested = Signal()

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.bar, self.stop = QLabel(), QProgressBar(), QToolButton()
        self.bar.setFixedWidth(120)
        self.bar.setTextVisible(False)
        self.stop.setAccessibleName(f"Cancel {what}")
        self._waiting = 0
        self.stop.clicked.connect(self._on_stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        for widget in (self.title, self.bar, self.stop):
            row.addWidget(widget)
        self.show_busy("")

    @Slot(str)
    def show_busy(self, title: str) -> None:
        """What is being done; "" when nothing is."""
        self.title.setText(title)
        self.stop.setText("Cancel")
        self.stop.setEnabled(True)
        self.bar.setRange(0, 0)
        self.setVisible(bool(title))

    @Slot(object)
    def show_queue(self, names: tuple[str, ...]) -> None:
        """The files that are being exported: the first is being written, the others wait their turn."""
        title = _queued(names)
        if not names or len(names) <= self._waiting:
            self.show_busy(title)  # the one before has ended
        self.title.setText(title)
        self.setToolTip("\n".join(names))
        self.setVisible(bool(names))
        self._waiting = len(names)

    @Slot(object)
    def show_progress(self, fraction: float) -> None:
        """How far it is, 0..1."""
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(fraction * 1000))

    @Slot()
    def _on_stop(self) -> None:
        self.stop.setText("Cancelling…")
        self.stop.setEnabled(False)
        self.cancel_requested.emit()


class StatusBar(QStatusBar):
    """Attributes:
    opening, exports, edits: what is being opened; what is being exported; which edit is being worked out.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(6, 0, 10, 0)
        self.opening, self.exports, self.edits = Work("opening"), Work("exporting"), Work("the edit")
        self._cursor, self._size, self._profile, self._zoom = QLabel(), QLabel(), QLabel(), QLabel()
        self._cursor.setMinimumWidth(110)
        self._zoom.setMinimumWidth(56)
        for work in (self.edits, self.opening, self.exports):
            self.addPermanentWidget(work)
            work.hide()
        for widget in (self._cursor, self._size, self._profile, self._zoom):
            self.addPermanentWidget(widget)
            widget.setContentsMargins(6, 0, 6, 0)

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

    def document_words(self) -> tuple[str, str]:
        """What stands there: the document's size, and its profile."""
        return self._size.text(), self._profile.text()

    @Slot(float)
    def show_zoom(self, zoom: float) -> None:
        """The zoom; 1 is one px of the picture for one of the screen."""
        self._zoom.setText(f"{zoom * 100:.0f} %" if zoom >= 0.1 else f"{zoom * 100:.1f} %")

    @Slot(object)
    def show_cursor(self, point: QPointF | None) -> None:
        """Where the mouse is, in document px; None beside the canvas."""
        self._cursor.setText("" if point is None else f"{int(point.x() // 1)}, {int(point.y() // 1)}")


def _queued(names: tuple[str, ...]) -> str:
    from engine.words import said  # not before the first paint

    if len(names) < 2:
        return said("files.exporting", name=names[0]) if names else ""
    if len(names) == 2:
        return said("files.exporting-then", name=names[0], next=names[1])
    return said("files.exporting-then-more", name=names[0], count=len(names) - 1)
