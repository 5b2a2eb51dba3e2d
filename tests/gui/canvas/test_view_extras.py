"""Rulers, the canvas menu, high density, and the end of the program."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QNativeGestureEvent, QPointingDevice
from PySide6.QtWidgets import QApplication, QGestureEvent, QMenu, QPinchGesture
from pytestqt.qtbot import QtBot

from engine.document import Document, Layer, LayerKind
from engine.editing import edits
from engine.imaging.compositing import bounds
from gui.canvas.placing import Edge
from gui.canvas.rulers import THICKNESS, step_for, ticks
from gui.canvas.view import CanvasView
from gui.canvas.workshop import Workshop
from gui.document.session import DocumentSession
from tests.gui.canvas.conftest import Stage, noise, plain, poster


@given(st.floats(1 / 128, 64), st.integers(-10_000, 10_000), st.integers(1, 4000))
def test_ticks_lie_on_their_values_and_do_not_crowd(zoom: float, origin: int, length: int) -> None:
    marks = ticks(origin, zoom, length, 64)
    labelled = [m for m in marks if m.label]
    for mark in labelled:
        assert mark.at == round(origin + int(mark.label) * zoom)
    gaps = [b.at - a.at for a, b in pairwise(labelled)]
    assert all(gap >= 63 for gap in gaps)
    assert len(marks) < length + 20
    assert step_for(zoom, 64) * zoom >= 63.9


def test_rulers_take_their_room_and_show_the_place(stage: Stage) -> None:
    stage.open(poster())
    plain_image = stage.view.grab().toImage()
    stage.view.set_rulers(True)
    stage.settle()
    stage.view.fit()
    image = stage.view.grab().toImage()
    assert image.pixelColor(300, THICKNESS - 1) != plain_image.pixelColor(300, THICKNESS - 1)
    left, top, _, _ = stage.view.viewport.canvas
    assert min(left, top) >= THICKNESS


def open_menu(stage: Stage, x: float, y: float) -> list[str]:
    at = stage.hand.at(x, y)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, stage.view.mapToGlobal(at))
    QApplication.sendEvent(stage.view, event)
    if QApplication.activePopupWidget() is None:
        return []
    return [action.text() for action in menu_shown().actions() if not action.isSeparator()]


def menu_shown() -> QMenu:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_another_size_of_the_document_is_shown_at_once_and_taken_back(stage: Stage) -> None:
    stage.open(poster())
    stage.view.set_rulers(True)
    for size, act in ((200, None), (400, stage.session.stack.undo), (200, stage.session.stack.redo)):
        if act is None:
            stage.session.apply("Crop", lambda d: replace(d, width=200, height=150))
        else:
            act()
        stage.settle()
        viewport = stage.view.viewport
        assert (viewport.doc_width, viewport.doc_height) == (size, size * 3 // 4)
        left, top, right, bottom = viewport.to_view(0, 0) + viewport.to_view(size, size * 3 // 4)
        room = THICKNESS * stage.view.dpr
        assert min(left, top) >= room, "the rulers keep their room"
        assert right <= stage.view.width() * stage.view.dpr
        assert bottom <= stage.view.height() * stage.view.dpr


def test_the_menu_lists_what_lies_under_the_cursor(stage: Stage) -> None:
    stage.open(poster())

    def layer_menu() -> QMenu:
        menu = QMenu(stage.view)
        menu.addAction("Rename")
        return menu

    stage.view.set_menu_factory(layer_menu)
    assert open_menu(stage, 290, 80) == ["Stamp", "Card", "Background (locked)", "Rename"]
    assert stage.session.selection == ("stamp",)
    menu_shown().actions()[1].trigger()
    assert stage.session.selection == ("card",)
    menu_shown().close()
    assert open_menu(stage, 20, 280) == ["Rename"]
    menu_shown().close()


def test_a_drag_over_the_backdrop_is_a_marquee_and_a_click_selects_it(stage: Stage) -> None:
    back = Layer(plain(400, 300, (40, 90, 140)), id="back", kind=LayerKind.BACKGROUND)
    card = Layer(plain(60, 60, (200, 90, 140)), 100, 100, id="card")
    stage.open(Document(400, 300, (back, card)))
    stage.hand.drag((50, 50), (130, 130))
    assert stage.session.selection == ("card",)
    assert stage.session.stack.count() == 0
    stage.hand.click(20, 20)
    assert stage.session.selection == ("back",)
    assert stage.messages == []


def backdrop(stage: Stage) -> Layer:
    back = Layer(plain(400, 300, (40, 90, 140)), id="back", kind=LayerKind.BACKGROUND)
    card = Layer(plain(60, 60, (200, 90, 140)), 100, 100, id="card")
    stage.open(Document(400, 300, (back, card)))
    return back


def dx(stage: Stage, layer_id: str) -> float:
    return stage.session.document.layer(layer_id).transform.dx


def test_a_backdrop_that_a_click_selected_stays_when_dragged(stage: Stage) -> None:
    backdrop(stage)
    stage.hand.click(20, 20)
    assert stage.session.selection == ("back",)
    assert stage.view.cursor().shape() == Qt.CursorShape.ArrowCursor, "it does not promise to move"
    stage.hand.drag((50, 50), (130, 130))
    assert stage.session.stack.count() == 0
    assert stage.session.selection == ("card",)


def test_a_backdrop_moves_with_ctrl_or_when_selected_elsewhere_or_alone(stage: Stage) -> None:
    backdrop(stage)
    stage.hand.click(20, 20)
    stage.hand.drag((50, 50), (90, 50), Qt.KeyboardModifier.ControlModifier)
    assert dx(stage, "back") == 40
    stage.session.stack.undo()
    stage.session.select(["card"])
    stage.session.select(["back"])
    stage.hand.drag((50, 50), (90, 50))
    assert dx(stage, "back") == 40
    stage.open(Document(400, 300, (Layer(plain(400, 300, (40, 90, 140)), id="back", kind=LayerKind.BACKGROUND),)))
    stage.hand.drag((50, 50), (90, 50))
    assert dx(stage, "back") == 40


@pytest.mark.parametrize(
    ("edge", "card", "stamp"),
    [
        ("left", (200, 40), (200, 70)),
        ("centre", (200, 40), (230, 70)),
        ("right", (200, 40), (260, 70)),
        ("top", (200, 40), (260, 40)),
        ("middle", (200, 55), (260, 55)),
        ("bottom", (200, 70), (260, 70)),
    ],
)
def test_several_layers_align_with_the_box_around_them(
    stage: Stage, edge: Edge, card: tuple[float, float], stamp: tuple[float, float]
) -> None:
    stage.open(poster())
    stage.session.select(["card", "stamp"])
    stage.view.align(edge)
    document = stage.session.document
    assert (bounds(document.layer("card"))[:2], bounds(document.layer("stamp"))[:2]) == (card, stamp)


def test_one_layer_aligns_with_the_canvas_and_with_the_selected_part(stage: Stage) -> None:
    stage.open(poster())
    stage.session.select(["card"])
    stage.view.align("right")
    stage.view.align("middle")
    assert bounds(stage.session.document.layer("card")) == (280, 120, 400, 180)
    stage.view.set_tool("select-rectangle")
    stage.hand.drag((20, 30), (220, 90))
    stage.view.align("centre")
    stage.view.align("bottom")
    assert bounds(stage.session.document.layer("card")) == (60, 30, 180, 90)


def test_a_group_aligns_as_a_whole_and_locked_layers_say_why(stage: Stage) -> None:
    stage.open(poster())
    document, group_id = edits.group(stage.session.document, ["card", "stamp"])
    assert group_id is not None
    stage.session.apply("group", lambda _: document, select=[group_id])
    stage.view.align("left")
    assert (dx(stage, "card"), dx(stage, "stamp")) == (-200, -200)
    stage.session.select(["bg"])
    stage.view.align("left")
    assert "locked" in stage.messages[-1]


def test_auto_select_off_moves_the_selection_from_anywhere(stage: Stage) -> None:
    stage.open(poster())
    stage.session.select(["ball"])
    stage.view.set_auto_select(False)
    stage.hand.drag((220, 250), (260, 250), Qt.KeyboardModifier.ControlModifier)
    assert stage.session.document.layer("ball").transform.dx == 40


def test_jobs_run_once_in_order_and_the_thread_ends(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    shop, gate = Workshop(), threading.Event()
    seen: list[int | str] = []

    def number_of(number: int) -> int:
        seen.append(number)
        return number

    shop.submit("gate", gate.wait)
    for number in range(5):
        shop.submit(number, partial(number_of, number))
        shop.submit(number, lambda: seen.append("again"))
    shop.submit("broken", lambda: 1 / 0)
    gate.set()
    results: dict[Hashable, object] = {}

    def done() -> bool:
        results.update(shop.results())
        return not shop.busy

    qtbot.waitUntil(done)
    assert results == {"gate": True, 0: 0, 1: 1, 2: 2, 3: 3, 4: 4, "broken": None}
    assert seen == [0, 1, 2, 3, 4]
    assert "ZeroDivisionError" in caplog.text, "a fault leaves a trace"
    assert not [t for t in threading.enumerate() if t.name == "canvas-images" and t.is_alive()]


def test_a_stopped_workshop_waits_and_takes_no_more() -> None:
    shop, gate = Workshop(), threading.Event()
    shop.submit("a", lambda: gate.wait(5))
    shop.submit("b", lambda: None)
    gate.set()
    shop.stop()
    assert not shop.submit("c", lambda: None)
    assert "c" not in dict(shop.results())


def run_apart(code: str, **env: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


APART = """
import numpy as np
from PySide6.QtWidgets import QApplication
from engine.document import Document, Layer
from gui.canvas.view import CanvasView
from gui.document.session import DocumentSession
app = QApplication([])
pixels = np.random.default_rng(0).integers(0, 256, (H, W, 4), np.uint8)
pixels[..., 3] = 255
view = CanvasView(DocumentSession())
view.resize(500, 400)
view.show()
view.session.open(Document(W, H, (Layer(pixels),)))
"""


def test_the_program_may_end_while_images_are_being_made() -> None:
    run_apart(APART.replace("H, W", "5000, 6000").replace("W, H", "6000, 5000") + "view.grab()\n")


def test_on_a_dense_screen_100_percent_is_one_pixel_to_one(qtbot: QtBot) -> None:
    run_apart(
        APART.replace("H, W", "200, 300").replace("W, H", "300, 200")
        + """
view.actual_size()
while view.busy:
    app.processEvents()
assert view.devicePixelRatioF() == 2.0
v = view.viewport
assert (v.width, v.height) == (1000, 800)
image = view.grab().toImage().convertToFormat(__import__("PySide6.QtGui").QtGui.QImage.Format.Format_RGBA8888)
rows = np.frombuffer(image.constBits(), np.uint8).reshape(800, 1000, 4)
assert np.array_equal(rows[v.y : v.y + 200, v.x : v.x + 300, :3], pixels[..., :3])
""",
        QT_SCALE_FACTOR="2",
    )


def test_a_canvas_for_a_document_that_is_open_already_shows_all_of_it(qtbot: QtBot) -> None:
    session = DocumentSession()
    session.open(poster())
    view = CanvasView(session)
    qtbot.addWidget(view)
    view.resize(600, 450)
    view.show()
    qtbot.waitExposed(view)
    left, top, right, bottom = view.viewport.shown
    assert (right - left, bottom - top) == (400, 300)


def test_closing_the_view_during_a_drag(stage: Stage) -> None:
    stage.open(poster())
    stage.hand.press(90, 100)
    stage.hand.move(140, 130)
    stage.view.close()
    stage.session.open(poster())
    assert stage.view.isHidden()


def test_a_layer_of_no_use_is_survived(stage: Stage) -> None:
    empty = Layer(plain(1, 1, (0, 0, 0, 0)), 5, 5, name="Dot")
    wide = Layer(noise(3000, 1, 2), 0, 9)
    stage.open(Document(1, 1, (empty, wide)))
    stage.view.zoom_to(64)
    stage.view.zoom_to(1 / 128)
    stage.hand.press(0, 0)
    stage.hand.move(40, 40)
    stage.hand.release(40, 40)
    stage.view.grab()


def test_a_pinch_zooms_around_the_fingers(stage: Stage) -> None:
    stage.open(poster(), zoom=1.0)
    at = QPointF(stage.hand.at(100, 80))
    view = stage.view
    for share in (0.2, 0.25):
        pinch = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture,
            QPointingDevice.primaryPointingDevice(),
            2,
            at,
            at,
            view.mapToGlobal(at),
            share,
            QPointF(),
        )
        QApplication.sendEvent(view, pinch)
    assert view.zoom == pytest.approx(1.2 * 1.25)
    x, y = view.viewport.to_document(at.x() * view.dpr, at.y() * view.dpr)
    assert (x, y) == pytest.approx((100, 80), abs=0.8)


def test_a_pinch_on_a_touch_screen_zooms_and_moves(stage: Stage) -> None:
    stage.open(poster(), zoom=1.0)
    view = stage.view
    before = view.viewport
    at = QPointF(view.mapToGlobal(stage.hand.at(100, 80)))
    pinch = QPinchGesture()
    pinch.setCenterPoint(at)
    pinch.setLastCenterPoint(at - QPointF(12, -7))
    pinch.setScaleFactor(1.5)
    QApplication.sendEvent(view, QGestureEvent([pinch]))
    assert view.zoom == pytest.approx(1.5)
    x, y = (view.mapFromGlobal(at) * view.dpr).toTuple()
    under = before.scrolled(round(12 * view.dpr), round(-7 * view.dpr)).to_document(x, y)
    assert view.viewport.to_document(x, y) == pytest.approx(under, abs=0.8), "it zooms about the fingers"
