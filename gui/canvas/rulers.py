"""Rulers along the top and left edge of the canvas: ticks as plain arithmetic, and how they are painted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from gui.canvas.viewport import Viewport

THICKNESS = 20
"""Logical px."""
ROOM = 64
"""Least logical px between two labels."""
MIDDLE_MARK, MINOR_MARK = 0.45, 0.28
"""Length of the marks between two labels, as shares of the thickness."""
LETTERS = 9
"""Height of the labels, logical px."""
BESIDE = 0.15
"""How far a label stands beside its mark, as a share of the thickness."""
ROUNDING = 1e-9
LEAST_GAP = 5
"""Device px between two marks."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on a ruler.

    Attributes:
        at: device px along the ruler. length: share of the ruler's thickness. label: document px, or "".
    """

    at: int
    length: float
    label: str = ""


def step_for(zoom: float, room: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... document px that is at least `room` device px long."""
    wanted = max(room / zoom, 1.0)
    power: int = 10 ** math.floor(math.log10(wanted))
    return next(round(power * m) for m in (1, 2, 5, 10) if power * m >= wanted * (1 - ROUNDING))


def ticks(origin: int, zoom: float, length: int, room: float) -> list[Tick]:
    """Marks on a ruler of `length` device px whose document zero lies at `origin`."""
    step = step_for(zoom, room)
    parts = next((p for p in (10, 5, 2) if step % p == 0 and step / p * zoom >= LEAST_GAP), 1)
    minor = step // parts
    first = math.floor(-origin / zoom / minor)
    last = math.ceil((length - origin) / zoom / minor)
    out = []
    for i in range(first, last + 1):
        value = i * minor
        whole = value % step == 0
        middle = parts % 2 == 0 and (value % step) * 2 == step
        share = 1.0 if whole else (MIDDLE_MARK if middle else MINOR_MARK)
        out.append(Tick(round(origin + value * zoom), share, str(value) if whole else ""))
    return out


def draw_rulers(
    painter: QPainter,
    viewport: Viewport,
    cursor: QPointF | None,
    colors: tuple[QColor, QColor, QColor],
    font: QFont,
    dpr: float,
) -> None:
    """Both rulers and the corner, in device px. `colors`: ground, marks, the cursor's mark."""
    ground, ink, mark = colors
    size = round(THICKNESS * dpr)
    small = QFont(font)
    small.setPixelSize(round(LETTERS * dpr))
    painter.save()
    painter.setFont(small)
    _draw_top(painter, ticks(viewport.x, viewport.zoom, viewport.width, ROOM * dpr), viewport.width, size, ground, ink)
    _draw_left(
        painter, ticks(viewport.y, viewport.zoom, viewport.height, ROOM * dpr), viewport.height, size, ground, ink
    )
    if cursor is not None:
        painter.fillRect(round(cursor.x()), 0, max(1, round(dpr)), size, mark)
        painter.fillRect(0, round(cursor.y()), size, max(1, round(dpr)), mark)
    painter.fillRect(0, 0, size, size, ground)
    painter.restore()


def _draw_top(painter: QPainter, marks: list[Tick], length: int, size: int, ground: QColor, ink: QColor) -> None:
    painter.fillRect(0, 0, length, size, ground)
    painter.fillRect(0, size - 1, length, 1, ink)
    painter.setPen(QPen(ink, 1))
    for tick in marks:
        tall = round(size * tick.length)
        painter.fillRect(tick.at, size - tall, 1, tall, ink)
        if tick.label:
            painter.drawText(_label_box(painter, tick, size), tick.label)


def _draw_left(painter: QPainter, marks: list[Tick], length: int, size: int, ground: QColor, ink: QColor) -> None:
    """The same with labels that read upwards, each below its mark."""
    painter.fillRect(0, 0, size, length, ground)
    painter.fillRect(size - 1, 0, 1, length, ink)
    painter.setPen(QPen(ink, 1))
    for tick in marks:
        tall = round(size * tick.length)
        painter.fillRect(size - tall, tick.at, tall, 1, ink)
        if tick.label:
            box = _label_box(painter, tick, size)
            painter.save()
            painter.translate(box.y(), box.right())
            painter.rotate(-90)
            painter.drawText(QRectF(0, 0, box.width(), box.height()), tick.label)
            painter.restore()


def _label_box(painter: QPainter, tick: Tick, size: int) -> QRectF:
    metrics = QFontMetricsF(painter.font())
    return QRectF(tick.at + size * BESIDE, 1, metrics.horizontalAdvance(tick.label) + 2, metrics.height())
