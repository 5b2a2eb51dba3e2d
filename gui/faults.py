"""The window's ends of the log: Qt's messages go into it, and what nobody foresaw is shown once, beside the work."""

from __future__ import annotations

import logging

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, Slot, qInstallMessageHandler
from PySide6.QtWidgets import QWidget

from engine import log

qt_log = logging.getLogger("unflatten.qt")

LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Faults(QObject):
    """Shows a dialog for a fault in a slot, a thread or a task; one at a time, later ones only stand in the log."""

    _came = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._shown = False
        # Emitted in the fault's own thread; a bound method of a QObject is called in this one's.
        self._came.connect(self._show)
        log.on_fault(self._came.emit)

    @Slot(object)
    def _show(self, fault: log.Unforeseen) -> None:
        if self._shown:
            return
        from gui.dialogs.fault import FaultDialog

        self._shown = True
        dialog = FaultDialog(fault.message, self._window)
        dialog.finished.connect(self._closed)
        dialog.open()

    @Slot()
    def _closed(self) -> None:
        self._shown = False


def log_qt() -> None:
    """Send Qt's own messages to the log instead of stderr."""
    qInstallMessageHandler(_write)


def _write(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    qt_log.log(LEVELS.get(kind, logging.WARNING), "%s: %s", context.category or "qt", text)
