"""The application: one QApplication, the theme, the window and a clean end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget


def run_window(images: Sequence[Path]) -> int:
    """Open the window, with the first of `images`; returns the exit code when it is closed."""
    if sys.platform == "linux" and not _has_screen():
        from engine.words import said

        print(f"unflatten: {said('window.no-screen')}", file=sys.stderr)
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
    _end_by_signals(app, window)
    app.commitDataRequest.connect(lambda manager: commit_session(manager, window))
    app.saveStateRequest.connect(lambda _manager: window.save_state())
    code = app.exec()
    from gui.ending import finish

    return finish(code)


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


class Endable(Protocol):
    """What ends the window."""

    @property
    def unsaved(self) -> bool: ...

    def close(self) -> bool: ...

    def close_at_once(self) -> None: ...

    def save_state(self) -> None: ...


class Session(Protocol):
    """What of QSessionManager is used."""

    def allowsInteraction(self) -> bool: ...

    def cancel(self) -> None: ...


def commit_session(manager: Session, window: Endable) -> None:
    """The desktop's session wants to end: stop it while something is unsaved and ask; the user ends it once more.

    The question cannot be awaited in here, and a dialog with a loop of its own would stop every task.
    """
    window.save_state()
    if window.unsaved and manager.allowsInteraction():
        manager.cancel()
        window.close()


def _end_by_signals(app: QApplication, window: Endable) -> None:
    """Ctrl-C, and a system that asks the program to end: nobody is there to be asked."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            # Not at once: the signal may come in the middle of anything.
            signal.signal(number, lambda *_: QTimer.singleShot(0, app, window.close_at_once))
    # Python handles signals only between its own instructions; Qt's loop must come up for air.
    pulse = QTimer(app)
    pulse.start(300)
    pulse.timeout.connect(_breathe)


def _breathe() -> None:
    """Nothing; being called is enough."""


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))
