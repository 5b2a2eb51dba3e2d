"""Opens the window's dialogs by name. Each is imported when it is first wanted: the window is there sooner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QUndoStack
from PySide6.QtWidgets import QWidget

from gui.actions.keymap import KeyMap
from gui.workplace import DialogName

if TYPE_CHECKING:
    from gui.dialogs.models import ModelsDialog


class Dialogs:
    """The dialogs of one window.

    Attributes:
        models: the models' dialog once it was shown; it is kept, for a download goes on while it is closed.
    """

    def __init__(
        self,
        window: QWidget,
        stack: QUndoStack,
        keymap: KeyMap,
        actions: Mapping[str, QAction],
        models_closed: Callable[[], None],
    ) -> None:
        """`models_closed`: called when the models' dialog is closed; there may be other models then."""
        self.models: ModelsDialog | None = None
        self._window, self._stack, self._keymap, self._actions = window, stack, keymap, actions
        self._models_closed = models_closed
        self._openers: dict[DialogName, Callable[[], None]] = {
            "palette": self._palette,
            "shortcuts": self._shortcuts,
            "models": self._models,
            "history": self._history,
            "about": self._about,
        }

    def show(self, name: DialogName) -> None:
        """Open that dialog; this does not wait for its end."""
        self._openers[name]()

    def close_jobs(self) -> None:
        """End what the dialogs still do; before the window is closed."""
        if self.models is not None:
            self.models.close_jobs()

    def _palette(self) -> None:
        from gui.actions.palette import CommandPalette, commands_of

        CommandPalette(commands_of(self._actions, self._keymap), self._window).open()

    def _shortcuts(self) -> None:
        from gui.actions.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._keymap, self._window).open()

    def _models(self) -> None:
        from gui.dialogs.models import ModelsDialog

        if self.models is None:
            self.models = ModelsDialog(self._window)
            self.models.finished.connect(self._models_closed)
        self.models.open()

    def _history(self) -> None:
        from gui.dialogs.history import HistoryDialog

        HistoryDialog(self._stack, self._window).show()

    def _about(self) -> None:
        from gui.dialogs.about import show_about

        show_about(self._window)
