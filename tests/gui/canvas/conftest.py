"""A canvas with a session, small layers to put on it, and the picture as an array."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.document import Document, Layer, Pixels
from gui.canvas.area import Area
from gui.canvas.handles import OrientedBox, Point
from gui.canvas.tools.gestures import Gesture
from gui.canvas.tools.grip import Grip
from gui.canvas.tools.move import MoveTool
from gui.canvas.tools.transform import TransformTool
from gui.canvas.view import CanvasView
from gui.document.session import DocumentSession


def plain(w: int, h: int, color: tuple[int, ...]) -> np.ndarray:
    """One colour, RGB or RGBA."""
    out = np.full((h, w, 4), 255, np.uint8)
    out[..., : len(color)] = color
    return out


def disc(w: int, h: int, color: tuple[int, int, int]) -> np.ndarray:
    """An ellipse with a soft edge; transparent in the corners."""
    y, x = np.mgrid[:h, :w]
    away = np.hypot((x + 0.5 - w / 2) / (w / 2), (y + 0.5 - h / 2) / (h / 2))
    out = plain(w, h, color)
    out[..., 3] = np.clip((1 - away) * 400, 0, 255)
    return out


def noise(w: int, h: int, seed: int = 0, alpha: bool = True) -> np.ndarray:
    out = np.random.default_rng(seed).integers(0, 256, (h, w, 4), np.uint8)
    if not alpha:
        out[..., 3] = 255
    return out


def poster() -> Document:
    """A locked background, a disc and two boxes, one of them covering part of the other."""
    return Document(
        400,
        300,
        (
            Layer(plain(400, 300, (40, 90, 140)), name="Background", locked=True, id="bg"),
            Layer(disc(100, 100, (220, 60, 40)), 40, 50, name="Ball", id="ball"),
            Layer(plain(120, 60, (240, 240, 230)), 200, 40, name="Card", id="card"),
            Layer(plain(60, 60, (30, 180, 90)), 260, 70, name="Stamp", id="stamp"),
        ),
    )


class Hand:
    """Real mouse and key events, in document px."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view

    def at(self, x: float, y: float) -> QPoint:
        vx, vy = self.view.viewport.to_view(x, y)
        return QPointF(vx / self.view.dpr, vy / self.view.dpr).toPoint()

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseMove(self.view, self.at(x, y))
        QTest.mousePress(self.view, Qt.MouseButton.LeftButton, modifiers, self.at(x, y))

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        from PySide6.QtCore import QEvent
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        at = QPointF(self.at(x, y))
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            at,
            self.view.mapToGlobal(at),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            modifiers,
        )
        QApplication.sendEvent(self.view, event)

    def release(self, x: float, y: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseRelease(self.view, Qt.MouseButton.LeftButton, modifiers, self.at(x, y))

    def click(self, x: float, y: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.press(x, y, modifiers)
        self.release(x, y, modifiers)

    def drag(
        self, start: Point, end: Point, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, steps: int = 4
    ) -> None:
        self.press(*start, modifiers)
        for i in range(1, steps + 1):
            share = i / steps
            x = start[0] + (end[0] - start[0]) * share
            self.move(x, start[1] + (end[1] - start[1]) * share, modifiers)
        self.release(*end, modifiers)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.view, key, modifiers)


class Stage:
    """A canvas on screen with its session."""

    def __init__(self, qtbot: QtBot, view: CanvasView) -> None:
        self.qtbot, self.view, self.session = qtbot, view, view.session
        self.hand = Hand(view)
        self.messages: list[str] = []
        view.message.connect(self.messages.append)

    def open(self, document: Document, zoom: float | None = 1.0) -> None:
        self.session.open(document)
        if zoom is not None:
            self.view.zoom_to(zoom)
        self.settle()

    @property
    def area(self) -> Area:
        """The selected part, where there must be one."""
        area = self.view.area
        assert area is not None
        return area

    @property
    def grip(self) -> Grip:
        """That of the move or the transform tool, whichever is in hand."""
        tool = self.view.tool
        assert isinstance(tool, MoveTool | TransformTool)
        return tool.grip

    @property
    def gesture(self) -> Gesture:
        """The drag of it under way."""
        gesture = self.grip.gesture
        assert gesture is not None
        return gesture

    @property
    def frame(self) -> OrientedBox:
        """What its handles are on."""
        frame = self.grip.frame()
        assert frame is not None
        return frame

    def mask(self, layer_id: str) -> Pixels:
        """The mask of a layer that has one."""
        mask = self.session.document.layer(layer_id).mask
        assert mask is not None
        return mask.pixels

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.view.busy, timeout=20_000)

    def picture(self) -> np.ndarray:
        """What is on screen in the document's area, H x W x 3, once everything is exact."""
        self.settle()
        image = self.view.image()
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        left, top, right, bottom = self.view.viewport.shown
        return rows[top:bottom, left:right, 2::-1].copy()


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    view = CanvasView(DocumentSession())
    qtbot.addWidget(view)
    view.resize(600, 450)
    view.show()
    qtbot.waitExposed(view)
    return Stage(qtbot, view)
