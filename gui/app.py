"""The application: one QApplication, the theme, the window and a clean end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget


def run_window(images: Sequence[Path]) -> int:
    """Open the window, with the first of `images`; returns the exit code when it is closed."""
    if sys.platform == "linux" and not _has_screen():
        print("unflatten: There is no screen to open a window on; use `unflatten decompose IMAGE`.", file=sys.stderr)
        return 1
    sys.excepthook = _before_the_log
    app = make_application()
    from gui.shell.main_window import MainWindow

    window = MainWindow()
    if images:
        window.open_when_ready(images[0])
    window.show()
    # After the first paint: the log's libraries would delay it.
    QTimer.singleShot(0, window, lambda: _catch_faults(window))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close_at_once())
    # Python handles signals only between its own instructions; Qt's loop must come up for air.
    pulse = QTimer(app)
    pulse.start(300)
    pulse.timeout.connect(_breathe)
    return app.exec()


def make_application() -> QApplication:
    """The QApplication with its names and theme."""
    from gui.look import theme
    from gui.settings import carry_over

    QGuiApplication.setDesktopFileName("unflatten")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Unflatten")
    app.setOrganizationName("Unflatten")
    carry_over(QSettings())
    theme.start(app)
    return app


def _catch_faults(window: QWidget) -> None:
    from engine import log
    from gui.faults import Faults, log_qt

    log.start()
    log_qt()
    Faults(window)


def _before_the_log(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A fault of the start itself; from `log.start` on its own hook is in force."""
    from engine import log

    log.start()
    sys.excepthook(kind, error, trace)


def _breathe() -> None:
    """Nothing; being called is enough."""


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))
