"""Pictures of the window with Qwen-Image-Layered: its real code with tiny random weights, on this computer's CPU.

Called by tools/screenshots.py. Random weights see nothing, so the layers on the pictures are not what the model makes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from engine.decomposer import Request
from engine.engines import ENGINES
from engine.pipeline import decompose
from engine.variants import Variant, Variants
from gui.decompose.choices import ChoicesDialog
from gui.decompose.choices import prepare as prepare_choices
from gui.decompose.qwen_form import QwenForm
from gui.settings import preferences
from gui.shell.main_window import MainWindow

if TYPE_CHECKING:
    from engine.qwen.engine import Host

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


def qwen_form(window: MainWindow) -> QwenForm:
    """The form of Qwen-Image-Layered."""
    form = window.forms.form("qwen")
    assert isinstance(form, QwenForm)
    return form


class Pictures:
    """Drives the open window and saves what it shows as qwen-NAME.png."""

    def __init__(self, window: MainWindow, folder: Path, wait: Callable[..., None], settle: Callable[..., None]):
        self._window, self._folder, self._wait, self._settle = window, folder, wait, settle

    def take(self) -> None:
        """The model manager, the form, a run, a choice, a failure and the run after it."""
        from engine.qwen import engine

        tiny = prepare()
        window = self._window
        window.show_dialog("models")
        self._shoot("models", window.dialogs.models)
        window.dialogs.models.reject()
        preferences().set("engines.qwen.model", str(tiny))
        self._form()
        window.decompose.layers.setCurrentIndex(window.decompose.layers.findData(4))
        for name, value in (("dtype", "fp32"), ("names", False), ("steps", 40)):
            qwen_form(window).settings.set(name, value)
        qwen_form(window).show_caption(PROMPT)
        host = engine.Host(WORKER)
        ENGINES["qwen"] = replace(ENGINES["qwen"], make=lambda: engine.QwenEngine(host), close=host.close)
        self._run()
        dialog = chooser(window)
        self._shoot("variants", dialog)
        dialog.reject()
        self._failure(host)
        host.close()

    def _form(self) -> None:
        window = self._window
        with usual_computer():
            window.decompose.engine.setCurrentIndex(window.decompose.engine.findData("qwen"))
            self._wait(lambda: qwen_form(window).cards.cards[640].figures != "")
            self._shoot("form")
            qwen_form(window).more.setChecked(True)
            self._shoot("settings")
        qwen_form(window).more.setChecked(False)

    def _run(self) -> None:
        self._window.decompose.start()
        self._wait(lambda: self._window.preview.isVisible() or self._idle())
        self._shoot("running")
        self._window.controller.cancel()
        self._wait(self._idle)

    def _failure(self, host: Host) -> None:
        window = self._window
        window.decompose.start()
        self._wait(lambda: "of 40" in window.decompose.stage.text() or self._idle())
        if host.pid:
            os.kill(host.pid, signal.SIGKILL)
        self._wait(self._idle)
        self._shoot("failed")
        qwen_form(window).settings.set("steps", 4)
        window.decompose.start()
        self._wait(self._idle)
        self._shoot("recovered")

    def _idle(self) -> bool:
        return not self._window.controller.running

    def _shoot(self, name: str, widget: QWidget | None = None) -> None:
        self._settle(600)
        (widget or self._window).grab().save(str(self._folder / f"qwen-{name}.png"))


@contextmanager
def usual_computer() -> Iterator[None]:
    """The advice is that for the published weights on a computer as many people have it."""
    from engine import hardware
    from engine.qwen import advise
    from engine.qwen.planning.plan import Gpu, Machine
    from engine.qwen.planning.weights import NOMINAL

    card = Gpu(0, "NVIDIA GeForce RTX 4070", 12_000_000_000, 11_400_000_000, (8, 9), 58.0)
    probe, known = hardware.probe, advise.known_weights
    hardware.probe = lambda: Machine((card,), 54_000_000_000, 64_000_000_000)
    advise.known_weights = lambda _options: NOMINAL
    yield
    hardware.probe, advise.known_weights = probe, known


def chooser(window: MainWindow) -> ChoicesDialog:
    """The chooser over layers of the built-in engine, which sees something where random weights do not."""
    document = window.session.document
    results = [decompose(document, Request(document.original, "builtin", count)) for count in (None, 6, 4)]
    dialog = ChoicesDialog(prepare_choices(Variants(tuple(Variant(i, r) for i, r in enumerate(results)))), window)
    dialog.open()
    return dialog
