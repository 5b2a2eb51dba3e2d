"""Drive the real window through the main job and save pictures of it: python tools/screenshots.py FOLDER

Runs with or without a screen; on Linux without one, Qt's offscreen platform draws the same pixels.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="unflatten-shots-")

from PySide6.QtCore import QElapsedTimer
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine.document import Layer, LayerKind, Recolor
from engine.editing import edits
from gui.app import make_application
from gui.dialogs.export import ExportDialog
from gui.shell.main_window import SAMPLE, MainWindow
from tools import qwen_pictures, tool_pictures

SIZE = (1440, 900)


def wait(condition: Callable[[], bool], seconds: float = 120) -> None:
    timer = QElapsedTimer()
    timer.start()
    while not condition():
        QApplication.processEvents()
        if timer.elapsed() > seconds * 1000:
            raise SystemExit("Waited too long.")


def settle(milliseconds: int = 400) -> None:
    timer = QElapsedTimer()
    timer.start()
    wait(lambda: timer.elapsed() > milliseconds)


def the_object(window: MainWindow) -> Layer:
    return next(layer for layer in window.session.document.layers() if layer.kind is LayerKind.OBJECT)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    make_application()
    window = MainWindow()
    window.resize(*SIZE)
    window.show()
    window.complete()

    def shoot(name: str) -> None:
        settle()
        window.grab().save(str(folder / f"{name}.png"))

    shoot("empty")
    window.files.open_path(SAMPLE)
    wait(lambda: window.session.is_open)
    shoot("opened")
    window.decompose.button.click()
    wait(lambda: not window.controller.running or window.decompose.bar.value() > 500)
    shoot("running")
    wait(lambda: not window.controller.running)
    shoot("layers")
    balloon = the_object(window)
    tool_pictures.Pictures(window, balloon, folder, settle).take()
    window.session.select([balloon.id])
    window.session.apply("Recolour", lambda d: edits.recolor(d, [balloon.id], Recolor(hue=160)))
    window.session.apply("Move", lambda d: edits.move_by(d, [balloon.id], -190, -30))
    shoot("recoloured")
    dialog = ExportDialog(window.session.document, window)
    dialog.show_target(Path("poster-layers.psd"))
    dialog.open()
    settle()
    dialog.grab().save(str(folder / "export.png"))
    dialog.reject()
    window.session.stack.setClean()
    window.files.open_path(SAMPLE)
    wait(lambda: len(window.session.document.layers()) == 1)
    qwen_pictures.Pictures(window, folder, wait, settle).take()
    window.close_at_once()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
