"""Keys whose action lasts while they are down."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit

from gui.actions.action import Action
from gui.actions.keymap import KeyMap
from gui.actions.table import ACTIONS
from gui.workplace import Workplace


class HeldKeys:
    """Listens to the window's keys. One key at a time is held; typing into a field holds none."""

    def __init__(self, place: Workplace, keymap: KeyMap) -> None:
        self._place = place
        self._keymap = keymap
        self._held: tuple[int, Action] | None = None

    def press(self, event: QKeyEvent) -> bool:
        """A key went down; True where it holds something."""
        if self._held is not None:
            return event.key() == self._held[0]
        spec = self._wanted(event)
        if spec is None or spec.hold is None or not spec.enabled(self._place):
            return False
        if not event.isAutoRepeat():
            self._held = (event.key(), spec)
            spec.hold(self._place, True)
        return True

    def release(self, event: QKeyEvent) -> bool:
        """A key went up; True where it held something."""
        if self._held is None or event.key() != self._held[0]:
            return False
        if not event.isAutoRepeat():
            self.let_go()
        return True

    def let_go(self) -> None:
        """End what is held: the window may never hear of the key's release once it is not active."""
        if self._held is not None:
            spec, self._held = self._held[1], None
            if spec.hold is not None:
                spec.hold(self._place, False)

    def _wanted(self, event: QKeyEvent) -> Action | None:
        if isinstance(QApplication.focusWidget(), QLineEdit):
            return None
        pressed = QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
        held = (spec for spec in ACTIONS if spec.hold is not None)
        return next((spec for spec in held if pressed in self._keymap.keys(spec.id)), None)
