"""Pictures of the window with Qwen-Image-Layered: its real code with tiny random weights, on this computer's CPU.

Called by tools/screenshots.py. Random weights see nothing, so the layers on the pictures are not what the model makes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMessageBox

from engine import decomposer
from engine.decomposer import Request
from engine.pipeline import decompose
from engine.variants import Variant, Variants
from gui.decompose.choices import ChoicesDialog
from gui.decompose.choices import prepare as prepare_choices
from gui.main_window import MainWindow

ROOT = Path(__file__).parent.parent
WORKER = (sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.small_worker")

PROMPT = "A poster of a hot air balloon festival: a striped balloon before the evening sun, hills and a card"


def prepare() -> Path:
    """Make the tiny weights, and let the engine's process be the one for them. Returns the weights' folder."""
    home = Path(tempfile.mkdtemp(prefix="unflatten-shots-"))
    os.environ["XDG_DATA_HOME"] = str(home / "data")
    os.environ["UNFLATTEN_MODELS"] = str(home / "models")
    os.chdir(ROOT)  # the process finds its module from here
    subprocess.run([sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.tiny", home / "tiny"], check=True)
    return home / "tiny"


def take(window: MainWindow, folder: Path, wait: Callable[..., None], settle: Callable[..., None]) -> None:
    """Drive the open window through a run, a choice and a failure, and save what it shows."""
    from engine.qwen import engine

    tiny = prepare()

    def shoot(name: str, widget: object = None) -> None:
        settle()
        (widget or window).grab().save(str(folder / f"qwen-{name}.png"))

    window.decompose.engine.setCurrentIndex(window.decompose.engine.findData("qwen"))
    wait(lambda: window.qwen.cards.cards[640].figures != "")
    shoot("form")
    window.show_models()
    settle(600)
    shoot("models", window.models_dialog)
    window.models_dialog.reject()
    QSettings().setValue("qwen/model", str(tiny))
    QSettings().setValue("qwen/dtype", "fp32")
    QSettings().setValue("qwen/names", False)
    window.qwen.more.setChecked(True)
    window.qwen.refresh()
    settle(1500)
    shoot("settings")
    window.qwen.more.setChecked(False)
    host = engine.Host(WORKER)
    decomposer.ENGINES["qwen"] = lambda: engine.QwenEngine(host)
    window.qwen.settings.set("steps", 40)
    window.qwen.show_caption(PROMPT)
    window.decompose.layers.setCurrentIndex(window.decompose.layers.findData(4))
    window.decompose.start()
    wait(lambda: window.preview.isVisible() or not window.controller.running)
    shoot("running")
    window.controller.cancel()
    wait(lambda: not window.controller.running)
    dialog = chooser(window)
    shoot("variants", dialog)
    dialog.reject()
    window.decompose.start()
    wait(lambda: "of 40" in window.decompose.stage.text() or not window.controller.running)
    os.kill(host.pid or 0, signal.SIGKILL)
    wait(lambda: not window.controller.running)
    settle()
    for box in window.findChildren(QMessageBox):
        box.close()
    shoot("failed")
    window.qwen.settings.set("steps", 4)
    window.decompose.start()
    wait(lambda: not window.controller.running)
    shoot("recovered")
    host.close()


def chooser(window: MainWindow) -> ChoicesDialog:
    """The chooser over layers of the built-in engine, which sees something where random weights do not."""
    document = window.session.document
    results = [decompose(document, Request(document.original, "builtin", count)) for count in (None, 6, 4)]
    dialog = ChoicesDialog(prepare_choices(Variants(tuple(Variant(i, r) for i, r in enumerate(results)))), window)
    dialog.open()
    return dialog
