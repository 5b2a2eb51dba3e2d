"""The application: one QApplication, the theme, the window and a clean end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication


def run_window(images: Sequence[Path]) -> int:
    """Open the window, with the first of `images`; returns the exit code when it is closed."""
    if sys.platform == "linux" and not _has_screen():
        print("unflatten: There is no screen to open a window on; use `unflatten decompose IMAGE`.", file=sys.stderr)
        return 1
    app = make_application()
    from gui.shell.main_window import MainWindow

    window = MainWindow()
    if images:
        window.open_when_ready(images[0])
    window.show()
    QTimer.singleShot(0, app, _log_to_file)
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


def _breathe() -> None:
    """Nothing; being called is enough."""


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))


def _log_to_file() -> None:
    """Details of unexpected errors, for a bug report; the user sees one sentence."""
    import logging
    from logging.handlers import RotatingFileHandler

    from platformdirs import user_log_path

    try:
        folder = user_log_path("unflatten", appauthor=False, ensure_exists=True)
        handler = RotatingFileHandler(folder / "unflatten.log", maxBytes=1 << 20, backupCount=2, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
