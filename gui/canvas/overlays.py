"""What is painted over the picture: outlines, handles, guides, marquee, pixel grid and the read-out at the cursor.

Everything here is in device pixels, so that lines are exactly one of them wide on every screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from gui.canvas.area import Area
from gui.canvas.handles import ROOM, OrientedBox, places
from gui.canvas.snapping import Guide
from gui.canvas.tiles import NEAREST_FROM
from gui.canvas.viewport import Viewport

ACCENT = QColor(0x14, 0x7C, 0xF5)
HALO = QColor(255, 255, 255, 110)
GUIDE = QColor(0xFF, 0x2D, 0x92)
GRID = QColor(128, 128, 128, 90)
EDGE = QColor(0, 0, 0, 120)
MARQUEE = QColor(ACCENT.red(), ACCENT.green(), ACCENT.blue(), 36)
LABEL, LABEL_TEXT = QColor(24, 24, 27, 225), QColor(245, 245, 245)
LABEL_PAD = (8, 5)
"""Of the read-out, logical px at the sides and above and below."""
LABEL_AWAY, LABEL_BACK = (18, 20), 12
"""Logical px from the cursor to the read-out: right and below, or left and above where there is no room."""
LABEL_MARGIN = 4
"""Logical px that the read-out stays away from the view's edges."""
GRID_FROM = 8.0
"""Device px a document pixel must have for lines between them to help."""
HANDLE = 8
"""Side of a handle, logical px."""
FAR = 100_000.0
"""Device px from the view beyond which a point is drawn no further away: Qt's rasteriser needs small numbers."""
DASH = 4
"""Device px of a dash, and of the gap after it."""
ANTS_PERIOD = 2 * DASH
"""After so many steps of a device px the marching ants look as before."""


def draw_frame(
    painter: QPainter,
    viewport: Viewport,
    frame: OrientedBox,
    *,
    color: QColor = ACCENT,
    halo: bool = True,
    dpr: float = 1.0,
) -> None:
    """The outline of a box: one device px, on a faint light band that keeps it legible on any picture."""
    points = [_place(viewport, *corner) for corner in frame.corners()]
    upright = frame.rotation % 90 == 0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not upright)
    band = max(1, round(dpr)) if halo else 0
    if upright:
        rect = _upright_rect(points)
        if band:
            _draw_ring(painter, rect.adjusted(-band, -band, band, band), band, HALO)
            _draw_ring(painter, rect.adjusted(1, 1, -1, -1), band, HALO)
        _draw_ring(painter, rect, 1, color)
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen_color, width in [(HALO, 1 + 2 * band), (color, 1)] if band else [(color, 1)]:
            pen = QPen(pen_color, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawPolygon(QPolygonF(points))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_ring(painter: QPainter, rect: QRect, width: int, color: QColor) -> None:
    """A rectangle's outline, inside it, of four filled strips: much faster than stroking a long path."""
    if rect.width() <= 2 * width or rect.height() <= 2 * width:
        painter.fillRect(rect, color)
        return
    left, top, w, h = rect.x(), rect.y(), rect.width(), rect.height()
    painter.fillRect(left, top, w, width, color)
    painter.fillRect(left, top + h - width, w, width, color)
    painter.fillRect(left, top + width, width, h - 2 * width, color)
    painter.fillRect(left + w - width, top + width, width, h - 2 * width, color)


def draw_handles(painter: QPainter, viewport: Viewport, frame: OrientedBox, dpr: float) -> None:
    """White squares with a blue rim, turned with the box."""
    size = HANDLE * dpr
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, frame.rotation % 90 != 0)
    for point in places(frame, viewport.zoom, ROOM * dpr).values():
        center = _place(viewport, *point)
        painter.save()
        painter.translate(round(center.x()), round(center.y()))
        painter.rotate(frame.rotation)
        rect = QRectF(-round(size / 2), -round(size / 2), round(size), round(size))
        painter.fillRect(rect.adjusted(-1, -1, 2, 2), QColor(0, 0, 0, 50))
        painter.setPen(QPen(ACCENT, max(1, round(dpr))))
        painter.setBrush(QColor(255, 255, 255))
        painter.drawRect(rect)
        painter.restore()
    painter.restore()


def draw_guides(painter: QPainter, viewport: Viewport, guides: Iterable[Guide]) -> None:
    """Snap lines with a small cross at either end."""
    painter.setPen(QPen(GUIDE, 1))
    for guide in guides:
        along = (guide.start, guide.end)
        ends = [_place(viewport, *((guide.at, v) if guide.axis == "x" else (v, guide.at))) for v in along]
        a, b = (QPointF(round(p.x()), round(p.y())) for p in ends)
        painter.drawLine(a, b)
        for end in (a, b):
            painter.drawLine(end + QPointF(-3, -3), end + QPointF(3, 3))
            painter.drawLine(end + QPointF(-3, 3), end + QPointF(3, -3))


def draw_marquee(painter: QPainter, rect: QRectF) -> None:
    """The box of a drag that selects layers."""
    painter.fillRect(rect, MARQUEE)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ACCENT, 1))
    painter.drawRect(rect.toRect())


def draw_ghost(painter: QPainter, viewport: Viewport, frame: OrientedBox) -> None:
    """The original place, dashed, while a layer is snapped back to it."""
    pen = QPen(GUIDE, 1)
    pen.setDashPattern([DASH, DASH])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(QPolygonF([_place(viewport, *corner) for corner in frame.corners()]))


def draw_grid(painter: QPainter, viewport: Viewport) -> None:
    """Lines between the document's pixels."""
    left, top, right, bottom = viewport.shown
    if viewport.zoom < GRID_FROM or right <= left:
        return
    painter.setPen(QPen(GRID, 1))
    first_x, first_y = (int(v) for v in viewport.to_document(left, top))
    last_x, last_y = (int(v) + 1 for v in viewport.to_document(right, bottom))
    for x in range(first_x, last_x + 1):
        at = round(viewport.to_view(x, 0)[0])
        painter.drawLine(at, top, at, bottom - 1)
    for y in range(first_y, last_y + 1):
        at = round(viewport.to_view(0, y)[1])
        painter.drawLine(left, at, right - 1, at)


def draw_edge(painter: QPainter, viewport: Viewport) -> None:
    """One dark px around the canvas."""
    left, top, right, bottom = viewport.canvas
    _draw_ring(painter, QRect(left - 1, top - 1, right - left + 2, bottom - top + 2), 1, EDGE)


def draw_readout(painter: QPainter, text: Sequence[str], at: QPointF, view: QRect, font: QFont, dpr: float) -> None:
    """A small dark label near the cursor that stays inside the view."""
    lines = [line for line in text if line]
    if not lines:
        return
    metrics = QFontMetricsF(font)
    width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * LABEL_PAD[0]
    height = metrics.height() * len(lines) + 2 * LABEL_PAD[1]
    painter.save()
    painter.scale(dpr, dpr)
    x, y = at.x() / dpr + LABEL_AWAY[0], at.y() / dpr + LABEL_AWAY[1]
    if x + width > view.width() / dpr - LABEL_MARGIN:
        x = at.x() / dpr - width - LABEL_BACK
    if y + height > view.height() / dpr - LABEL_MARGIN:
        y = at.y() / dpr - height - LABEL_BACK
    rect = QRectF(max(LABEL_MARGIN, x), max(LABEL_MARGIN, y), width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(LABEL)
    painter.drawRoundedRect(rect, 5, 5)
    painter.setPen(LABEL_TEXT)
    painter.setFont(font)
    left, top = rect.x() + LABEL_PAD[0], rect.y() + LABEL_PAD[1] + metrics.ascent()
    for index, line in enumerate(lines):
        painter.drawText(QPointF(left, top + metrics.height() * index), line)
    painter.restore()


def _place(viewport: Viewport, x: float, y: float) -> QPointF:
    vx, vy = viewport.to_view(x, y)
    return QPointF(min(max(vx, -FAR), FAR), min(max(vy, -FAR), FAR))


def _upright_rect(points: Sequence[QPointF]) -> QRect:
    xs, ys = [round(p.x()) for p in points], [round(p.y()) for p in points]
    return QRect(min(xs) - 1, min(ys) - 1, max(xs) - min(xs) + 2, max(ys) - min(ys) + 2)


def draw_ants(
    painter: QPainter,
    viewport: Viewport,
    lines: Iterable[Sequence[tuple[float, float]]],
    phase: int,
    *,
    closed: bool = True,
) -> None:
    """A selection's outline: black and white dashes, one device px, legible on everything."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    white = QPen(QColor(255, 255, 255), 1)
    black = QPen(QColor(0, 0, 0), 1)
    black.setDashPattern([DASH, DASH])
    black.setDashOffset(phase)
    for line in lines:
        places = (_place(viewport, x, y) for x, y in line)
        shape = QPolygonF([QPointF(round(p.x()), round(p.y())) for p in places])
        for pen in (white, black):
            painter.setPen(pen)
            if closed:
                painter.drawPolygon(shape)
            else:
                painter.drawPolyline(shape)


def draw_matte(painter: QPainter, viewport: Viewport, area: Area) -> None:
    """What a selecting brush has covered, as a red veil."""
    veil = np.zeros((*area.matte.shape, 4), np.uint8)
    veil[..., 0] = veil[..., 3] = area.matte // 2
    h, w = area.matte.shape
    image = QImage(veil.data, w, h, w * 4, QImage.Format.Format_RGBA8888_Premultiplied)
    left, top = viewport.to_view(area.left, area.top)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, viewport.zoom < NEAREST_FROM)
    painter.drawImage(QRectF(left, top, w * viewport.zoom, h * viewport.zoom), image)


def draw_brush(painter: QPainter, at: QPointF, size: float) -> None:
    """The brush's rim at the cursor."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    r = max(size / 2, 1.0)
    for color, grow in ((QColor(0, 0, 0, 180), 1.0), (QColor(255, 255, 255, 230), 0.0)):
        painter.setPen(QPen(color, 1))
        painter.drawEllipse(at, r + grow, r + grow)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
