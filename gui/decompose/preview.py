"""The layers to come, small and side by side, over the lower edge of the canvas while a run is under way."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.decomposer import Progress
from engine.words import said
from gui.decompose.checkers import paint_checkers
from gui.look import theme

MARGIN = 14
"""px between the strip and the canvas' edges."""
PAD = 10
TITLE = 22
HIGHEST = 260
SHARE = 0.36
"""Of the canvas' height, at most."""


class RunPreview(QWidget):
    """Shows `Progress.preview` on checkers; hides when the run ends. Never takes the mouse."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._image = QImage()
        self._step = ""
        self.setAccessibleName("Preview of the layers")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        canvas.installEventFilter(self)
        self.hide()

    @Slot(object)
    def show_progress(self, progress: Progress) -> None:
        """Show the layers so far, where the progress brings a picture of them."""
        if progress.preview is None:
            return
        h, w = progress.preview.shape[:2]
        self._image = QImage(progress.preview.tobytes(), w, h, 4 * w, QImage.Format.Format_RGBA8888).copy()
        step, total = progress.step, progress.total
        self._step = said("decompose.preview-step", step=step, total=total) if total else ""
        self._place()
        self.show()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self._image.isNull():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(t.color("border"), 1))
        painter.setBrush(t.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(t.color("text_muted"))
        head = QRectF(PAD, 4, self.width() - 2 * PAD, TITLE)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "Layers so far")
        painter.drawText(head, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._step)
        high = self.height() - TITLE - 6 - PAD
        wide = high * self._image.width() / max(1, self._image.height())
        area = QRectF((self.width() - wide) / 2, TITLE + 6, wide, high)
        shape = QPainterPath()
        shape.addRoundedRect(area, t.radius, t.radius)
        painter.setClipPath(shape)
        paint_checkers(painter, area)
        painter.drawImage(area, self._image)
        painter.end()

    def _place(self) -> None:
        """As large as the canvas allows, in its lower left corner."""
        canvas = self.parentWidget()
        if canvas is None:
            return
        room = QSize(canvas.width() - 2 * (MARGIN + PAD), min(HIGHEST, round(SHARE * canvas.height())))
        size = self._image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        self.resize(max(size.width(), 200) + 2 * PAD, size.height() + TITLE + 6 + PAD)
        self.move(MARGIN, canvas.height() - self.height() - MARGIN)
