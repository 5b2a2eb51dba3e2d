"""The process itself: it starts, it lives long, it says what it lacks."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def run(code: str, **environment) -> subprocess.CompletedProcess:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def test_twenty_thousand_calls_into_qt_do_not_end_the_process():
    # PySide6 6.12.0 on Python 3.11 loses a reference to None in each.
    done = run(
        "import gui\n"
        "from PySide6.QtCore import QObject, Signal\n"
        "from PySide6.QtWidgets import QApplication, QWidget\n"
        "app = QApplication([]); widget = QWidget()\n"
        "class Bell(QObject): rang = Signal(bool)\n"
        "bell = Bell(); bell.rang.connect(widget.setEnabled)\n"
        "for i in range(20000): widget.update(); bell.rang.emit(i % 2 == 0); widget.isVisible(); widget.x()\n"
        "print('alive')"
    )
    assert done.stdout == "alive\n", done.stderr
    assert done.returncode == 0


def test_without_a_screen_the_window_says_what_to_use_instead():
    code = "import sys; sys.argv = ['unflatten']\nimport main; main.run()"
    env = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    done = run(code, **env)
    assert done.returncode == 1
    assert "no screen" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_window_loads_no_model_library():
    heavy = "{'torch', 'onnxruntime', 'rapidocr', 'scipy', 'psd_tools'}"
    done = run(f"import sys\nimport gui.shell.main_window\nprint({heavy} & set(sys.modules))")
    assert done.stdout.strip() == "set()", done.stderr
