"""The finished picture of a view in device px: scrolled and stretched as it is, drawn on in parts."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QRegion, QTransform

from gui.canvas.backdrop import Backdrop
from gui.canvas.tiles import NEAREST_FROM, rect_of, stretch
from gui.canvas.viewport import Viewport


class Screen:
    """Pixels, and where the document lies among them.

    Attributes:
        image: opaque RGB32. viewport: of what `image` shows. backdrop: what is around and behind the document.
    """

    def __init__(self) -> None:
        self.image = QImage(1, 1, QImage.Format.Format_RGB32)
        self.viewport = Viewport()
        self.backdrop = Backdrop()
        self._stable: tuple[QImage, Viewport] | None = None

    @property
    def rect(self) -> QRect:
        """All of it."""
        return self.image.rect()

    @property
    def canvas(self) -> QRect:
        """The part of it that the document covers."""
        return rect_of(self.viewport.shown)

    def clear(self, region: QRegion) -> None:
        """What is seen where nothing is drawn yet: the bare canvas."""
        canvas = self.canvas
        with QPainter(self.image) as painter:
            painter.setClipRegion(region)
            painter.fillRect(self.rect, self.backdrop.pasteboard)
            if not canvas.isEmpty():
                self.backdrop.fill(painter, canvas, self.viewport.x, self.viewport.y)

    def scroll(self, new: Viewport) -> QRegion:
        """The same zoom elsewhere. Returns what came into view, and is bare."""
        dx, dy = new.x - self.viewport.x, new.y - self.viewport.y
        previous, self.viewport = self.image, new
        self.image = QImage(new.width, new.height, QImage.Format.Format_RGB32)
        with QPainter(self.image) as painter:
            painter.drawImage(dx, dy, previous)
        whole = QRegion(self.rect)
        bare = whole - (QRegion(previous.rect().translated(dx, dy)) & whole)
        self.clear(bare)
        return bare

    def zoom(self, new: Viewport, complete: bool) -> QRegion:
        """Stretch what is there as a draft. Returns what of the canvas is bare all the same.

        While zooming goes on, the last `complete` picture is stretched, not a stretched one again.
        """
        old, previous = self.viewport, self.image
        if complete:
            self._stable = (previous, old)
        self.viewport = new
        self.image = QImage(new.width, new.height, QImage.Format.Format_RGB32)
        bare = QRegion(self.canvas)
        self.clear(QRegion(self.rect))
        with QPainter(self.image) as painter:
            for image, viewport in [self._stable or (previous, old), (previous, old)]:
                if bare.isEmpty():
                    break
                place = stretch(viewport, new)
                painter.resetTransform()
                painter.setClipRegion(bare)
                painter.setTransform(place)
                painter.drawImage(0, 0, image)
                bare -= QRegion(place.mapRect(QRectF(image.rect())).toRect())
        return bare

    def outdated(self) -> None:
        """The document is another one than on the last complete picture."""
        self._stable = None

    def put(self, rect: QRect, image: QImage | None, part: QRect, opaque: bool) -> None:
        """Draw `rect` anew: `image` is what `part` (composition px) of the canvas shows; `opaque`: all over."""
        canvas = self.canvas & rect
        with QPainter(self.image) as painter:
            painter.setClipRect(rect)
            if canvas != rect:
                painter.fillRect(rect, self.backdrop.pasteboard)
            if image is not None:
                painter.setClipRect(canvas)
                if opaque:
                    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                else:
                    self.backdrop.fill(painter, canvas, self.viewport.x, self.viewport.y)
                self._put(painter, image, part)

    def _put(self, painter: QPainter, image: QImage, part: QRect) -> None:
        v = self.viewport
        if v.zoom <= 1:
            painter.drawImage(part.x() + v.x, part.y() + v.y, image)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, v.zoom < NEAREST_FROM)
        painter.setTransform(
            QTransform.fromScale(v.zoom, v.zoom)
            * QTransform.fromTranslate(v.x + part.x() * v.zoom, v.y + part.y() * v.zoom)
        )
        painter.drawImage(0, 0, image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
        painter.resetTransform()
