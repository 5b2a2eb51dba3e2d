"""A small picture of the layers to come, over a corner of the canvas, while a run is under way."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from engine.decomposer import Progress

LONGEST = 260
MARGIN = 14


class RunPreview(QLabel):
    """Shows `Progress.preview`; hides when the run ends. Never takes the mouse."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("preview")
        self.setAccessibleName("Preview of the layers")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        canvas.installEventFilter(self)
        self.hide()

    @Slot(object)
    def show_progress(self, progress: Progress) -> None:
        if progress.preview is None:
            return
        h, w = progress.preview.shape[:2]
        image = QImage(progress.preview.tobytes(), w, h, 4 * w, QImage.Format.Format_RGBA8888).copy()
        picture = QPixmap.fromImage(image).scaled(
            LONGEST, LONGEST, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self.setPixmap(picture)
        self.adjustSize()
        self._place()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        canvas = self.parentWidget()
        if canvas is not None:
            self.move(MARGIN, canvas.height() - self.height() - MARGIN)
