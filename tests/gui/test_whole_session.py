"""One designer's whole session with nothing but mouse and keys: open, take apart, move, turn, tint, mask, sort, undo
everything, do it all again, export - and what comes out is what was on screen."""

from __future__ import annotations

import numpy as np
from psd_tools import PSDImage
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from engine.document import Document, Layer
from engine.imaging.compositing import composite
from gui.dialogs.export import ExportDialog
from gui.shell.main_window import MainWindow
from tests.gui import answers

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


class Designer:
    """Hands on a window: real events, places in document px."""

    def __init__(self, window: MainWindow, qtbot) -> None:
        self.window, self.canvas, self.qtbot = window, window.canvas, qtbot

    @property
    def document(self) -> Document:
        return self.window.session.document

    def layer(self, layer_id: str) -> Layer:
        return self.document.layer(layer_id)

    def at(self, x: float, y: float) -> QPoint:
        vx, vy = self.canvas.viewport.to_view(x, y)
        return QPointF(vx / self.canvas.dpr, vy / self.canvas.dpr).toPoint()

    def key(self, key: Qt.Key, modifiers=NONE) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifiers)
        self.qtbot.wait(1)

    def drag(self, start: tuple[float, float], end: tuple[float, float], modifiers=NONE) -> None:
        QTest.mouseMove(self.canvas, self.at(*start))
        QTest.mousePress(self.canvas, Qt.MouseButton.LeftButton, modifiers, self.at(*start))
        for share in (0.1, 0.3, 0.6, 0.9, 1.0):
            QTest.mouseMove(
                self.canvas,
                self.at(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share),
            )
            self.qtbot.wait(5)
        QTest.mouseRelease(self.canvas, Qt.MouseButton.LeftButton, modifiers, self.at(*end))

    def picture(self) -> np.ndarray:
        """What is on the canvas, once it is exact: H x W x 3."""
        self.qtbot.waitUntil(lambda: not self.canvas.busy, timeout=20_000)
        image = self.canvas.image()
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        left, top, right, bottom = self.canvas.viewport.shown
        return rows[top:bottom, left:right, 2::-1].copy()


def on_white(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:] / 255.0
    return np.rint(rgba[..., :3] * alpha + 255 * (1 - alpha))


def open_by_key(designer: Designer, path) -> None:
    designer.key(Qt.Key.Key_O, CTRL)
    answers.choose_file(designer.window, designer.qtbot, path)
    designer.qtbot.waitUntil(lambda: designer.window.session.is_open, timeout=10_000)


def test_a_whole_session(window, card, tmp_path, qtbot):
    hand = Designer(window, qtbot)
    stack = window.session.stack
    open_by_key(hand, card)
    flat = hand.document
    window.canvas.set_background("white")
    hand.key(Qt.Key.Key_1, CTRL)

    # Take it apart: a background, a disc at (140, 140), a bar at (350, 225).
    hand.key(Qt.Key.Key_D, CTRL | SHIFT)
    qtbot.waitUntil(lambda: not window.controller.running, timeout=60_000)
    disc = next(x for x in hand.document.layers() if x.kind == "shape" and x.left < 100)
    bar = next(x for x in hand.document.layers() if x.kind == "shape" and x.left > 200)
    assert np.array_equal(hand.picture(), composite(hand.document)[..., :3])

    # Move the bar away and nearly back: it snaps to where it was found.
    hand.drag((350, 225), (310, 120))
    assert window.session.selection == (bar.id,)
    assert not hand.layer(bar.id).transform.is_identity
    hand.drag((310, 120), (352, 227))
    assert hand.layer(bar.id).transform.is_identity
    # With Ctrl nothing pulls; then 10 px to the left by a key.
    hand.drag((350, 225), (333, 282), CTRL)
    hand.key(Qt.Key.Key_Left, SHIFT)
    moved = hand.layer(bar.id).transform
    assert (round(moved.dx), round(moved.dy)) == (-27, 57)

    # Free transform of the disc: its lower right handle outwards, Enter.
    QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, NONE, hand.at(140, 140))
    assert window.session.selection == (disc.id,)
    hand.key(Qt.Key.Key_T, CTRL)
    hand.drag((221, 221), (261, 261), CTRL)
    hand.key(Qt.Key.Key_Return)
    assert 1.15 < hand.layer(disc.id).transform.scale_x < 1.35
    assert abs(hand.layer(disc.id).transform.scale_y - hand.layer(disc.id).transform.scale_x) < 0.02

    # Recolour: Ctrl+U, a hue, Enter.
    hand.key(Qt.Key.Key_U, CTRL)
    QTest.keyClicks(QApplication.focusWidget(), "120")
    hand.key(Qt.Key.Key_Return)
    assert hand.layer(disc.id).recolor.hue == 120
    middle = hand.picture()[140, 140].astype(int)
    assert middle[1] > middle[0], "a red disc a third around is green"

    # Erase a stroke of it; the pixels stay.
    hand.key(Qt.Key.Key_E)
    pixels = hand.layer(disc.id).pixels
    hand.drag((100, 140), (180, 140))
    assert hand.layer(disc.id).mask is not None
    assert hand.layer(disc.id).pixels is pixels
    assert np.abs(hand.picture()[140, 140].astype(int) - (250, 244, 230)).max() <= 8, "the cream shows through"
    hand.key(Qt.Key.Key_V)

    # Sort, duplicate, fade.
    hand.key(Qt.Key.Key_BracketRight, CTRL)
    assert hand.document.nodes[-1].id == disc.id
    hand.key(Qt.Key.Key_J, CTRL)
    hand.key(Qt.Key.Key_5)
    copy = hand.document.nodes[-1]
    assert copy.id != disc.id
    assert copy.opacity == 0.5
    hand.drag((100, 100), (330, 90), CTRL)
    done = hand.document
    shown = hand.picture()
    assert np.abs(shown - on_white(composite(done))).max() <= 2

    # Everything back, everything again.
    steps = stack.count()
    assert steps >= 10
    for _ in range(steps):
        hand.key(Qt.Key.Key_Z, CTRL)
    assert hand.document is flat
    assert flat.original is not None
    assert np.array_equal(hand.picture(), flat.original[..., :3])
    for _ in range(steps):
        hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert hand.document is done
    assert np.abs(hand.picture().astype(int) - shown).max() <= 2

    # Export by its key and button; another reader sees the same picture.
    hand.key(Qt.Key.Key_S, CTRL)
    dialog = answers.shown(window, qtbot, ExportDialog)
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(tmp_path / "out.psd"))
    button = next(b for b in dialog.findChildren(QPushButton) if b.objectName() == "primary")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: (tmp_path / "out.psd").exists() and not window.files.running, timeout=20_000)
    psd = PSDImage.open(tmp_path / "out.psd")
    merged = np.asarray(psd.topil().convert("RGBA"))
    assert np.abs(on_white(merged) - on_white(composite(done))).max() <= 2
    # Recolouring stays editable: an adjustment clipped to its layer.
    assert [x.name for x in psd if x.kind != "huesaturation"] == [node.name for node in done.nodes]
    assert not window.isWindowModified()
