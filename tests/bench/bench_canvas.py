"""How long a frame of the canvas takes while a hand works. Run: python -m tests.bench.bench_canvas

Eight layers (one multiplied, one screened) as large as the document. A frame is the edit or scroll itself, drawing what
it changed, and the widget's own painting; figures are medians of the frames in milliseconds by the clock, with the
processor time of all threads behind (where the clock shows much more, the machine was busy). The ratio is against
drawing the same view from all layers without any cache ("all layers anew").
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.document import BlendMode, Document, Layer, Recolor, Transform
from engine.editing import edits
from gui.canvas.view import CanvasView
from gui.document.session import DocumentSession

MODES = (*[BlendMode.NORMAL] * 3, BlendMode.MULTIPLY, *[BlendMode.NORMAL] * 2, BlendMode.SCREEN, BlendMode.NORMAL)
PATIENCE = 20.0


def document(width: int, height: int, count: int) -> Document:
    """A photograph-like background and soft ellipses over all of it."""
    small = np.random.default_rng(1).integers(0, 256, (height // 8, width // 8, 4), np.uint8)
    layers = []
    for i in range(count):
        pixels = cv2.resize(np.roll(small, i * 7, 0), (width, height), interpolation=cv2.INTER_LINEAR)
        alpha = np.full((height, width), 0 if i else 255, np.uint8)
        if i:
            half = (width // 2, height // 2)
            cv2.ellipse(alpha, half, (half[0] - 5, half[1] - 5), 0, 0, 360, 255, -1, cv2.LINE_AA)
        pixels[..., 3] = alpha
        layers.append(Layer(pixels, name=f"Layer {i}", locked=i == 0, blend_mode=MODES[i % len(MODES)]))
    return Document(width, height, tuple(layers))


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processor (all threads)."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock * 1000:6.1f} ms  (processor {self.processor * 1000:6.1f})"


@dataclass
class Bench:
    """A canvas on a document, and what one frame costs."""

    application: QApplication
    view: CanvasView

    @property
    def session(self) -> DocumentSession:
        return self.view.session

    def settle(self) -> None:
        end = time.monotonic() + PATIENCE
        self.application.processEvents()
        while self.view.busy and time.monotonic() < end:
            self.application.processEvents()

    def frames(self, step: Callable[[int], object], count: int = 20) -> Cost:
        """Median cost of step + paint; the event loop runs between the frames."""
        times = []
        for i in range(count):
            start = time.perf_counter(), time.process_time()
            step(i)
            self.view.repaint()
            times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
            self.application.processEvents()
        return Cost(*np.median(times, axis=0).tolist())

    def anew(self) -> Cost:
        """Drawing the whole view from all layers, finished and exact."""

        def step(_: int) -> None:
            self.view.picture.redraw()

        return self.frames(step, 3)


def drag(bench: Bench) -> Cost:
    view = bench.view
    start = QPoint(view.width() // 2, view.height() // 2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    seconds = bench.frames(lambda i: QTest.mouseMove(view, start + QPoint(7 * i + 7, 5 * i + 5)))
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    return seconds


def preview(change: Callable[[Layer, int], Layer]) -> Callable[[Bench], Cost]:
    """A slider: the middle layer changes a little with every frame."""

    def run(bench: Bench) -> Cost:
        session = bench.session
        layer = session.document.layers()[len(session.document.layers()) // 2]

        def step(i: int) -> None:
            new = change(layer, i)
            fields = {"opacity": new.opacity, "recolor": new.recolor, "transform": new.transform}
            session.preview(lambda d: edits.set_fields(d, [layer.id], **fields))

        seconds = bench.frames(step)
        session.cancel_preview()
        return seconds

    return run


def pan(bench: Bench) -> Cost:
    return bench.frames(lambda i: bench.view.scroll_view(-13 if i < 10 else 13, -7 if i < 10 else 7))


def zoom(bench: Bench) -> Cost:
    return bench.frames(lambda i: bench.view.zoom_to(bench.view.zoom * (1.05 if i < 10 else 1 / 1.05)))


def undo(bench: Bench) -> Cost:
    """The worst of undoing and redoing each kind of edit of all layers but the lowest, each seen before the next."""
    session = bench.session
    ids = [layer.id for layer in session.document.layers()[1:]]
    edit = {
        "Hide": lambda d: edits.set_fields(d, ids, visible=False),
        "Show": lambda d: edits.set_fields(d, ids, visible=True),
        "Move": lambda d: edits.move_by(d, ids, 40, 30),
        "Recolour": lambda d: edits.recolor(d, ids, Recolor(hue=30)),
        "Turn": lambda d: edits.set_fields(d, ids, transform=Transform(0.9, 0.9, 12)),
        "Reverse": lambda d: replace(d, nodes=d.nodes[::-1]),
        "Delete": lambda d: edits.remove(d, ids),
    }
    for text, change in edit.items():
        session.apply(text, change)
        bench.settle()

    def once(step: Callable[[], object]) -> Cost:
        return bench.frames(lambda _i: step(), 1)

    worst = Cost(0, 0)
    for step in [session.stack.undo] * len(edit) + [session.stack.redo] * len(edit) + [session.stack.undo] * len(edit):
        worst = max(worst, once(step), key=lambda c: c.clock)
        bench.settle()
    session.stack.clear()
    return worst


ACTIONS: dict[str, Callable[[Bench], Cost]] = {
    "drag a layer": drag,
    "opacity slider": preview(lambda layer, i: replace(layer, opacity=i / 20)),
    "hue slider": preview(lambda layer, i: replace(layer, recolor=Recolor(hue=i))),
    "rotate": preview(lambda layer, i: replace(layer, transform=Transform(0.9, 0.9, 10 + i))),
    "pan": pan,
    "zoom": zoom,
    "undo (worst)": undo,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="3840x2160", help="of the document")
    parser.add_argument("--view", default="1600x1000", help="of the canvas")
    parser.add_argument("--layers", type=int, default=8)
    options = parser.parse_args(arguments)
    application = QApplication.instance() or QApplication([])
    view = CanvasView(DocumentSession())
    view.resize(*(int(v) for v in options.view.split("x")))
    view.show()
    bench = Bench(application, view)
    width, height = (int(v) for v in options.size.split("x"))
    pictures = document(width, height, options.layers)
    first = bench.frames(lambda _i: view.session.open(pictures), 1)
    print(f"{options.layers} layers of {options.size} in {options.view}")
    print(f"first paint after open: {first}")
    bench.settle()
    pixels = sum(layer.pixels.nbytes for layer in pictures.layers())
    for name, prepare in (("fit", view.fit), ("100 %", view.actual_size)):
        prepare()
        bench.settle()
        baseline = bench.anew()
        print(f"{name}: all layers anew  {baseline}")
        for label, action in ACTIONS.items():
            cost = action(bench)
            bench.settle()
            print(f"  {label:15} {cost}   x {cost.clock / baseline.clock:.2f}")
            prepare()
            bench.settle()
    print(f"images kept beside the layers' own pixels: x {view.picture.kept_bytes / pixels:.2f}")
    view.stop()


if __name__ == "__main__":
    main()
