"""Which keys do what: the table's keys, and over them the user's own, which are kept between runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from engine.words import Message, note
from gui.actions.action import Action, plain
from gui.actions.table import ACTIONS
from gui.actions.titles import MENUS
from gui.settings import preferences

MENU_KEYS = {f"Alt+{title[title.index('&') + 1].upper()}": plain(title) for title in MENUS}
"""Keys that open the menus."""


@dataclass(eq=False)
class Refusal(Exception):
    """Why a key cannot be given to an action.

    Attributes:
        message: the sentence.
        may_take: whether it can be taken from the action that has it.
    """

    message: Message
    may_take: bool


class KeyMap(QObject):
    """The keys in force. A key belongs to one action at most: whoever the user gave it to, else the table's.

    Signals:
        changed(): some action has other keys.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._specs = {spec.id: spec for spec in ACTIONS}
        self._own = _stored(self._specs)

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The action's keys in Qt's portable text; the first one is shown."""
        if action_id in self._own:
            return self._own[action_id]
        given = {key for keys in self._own.values() for key in keys}
        return tuple(key for key in map(portable, self._specs[action_id].shortcuts) if key not in given)

    def is_changed(self, action_id: str) -> bool:
        """Whether the keys are not the table's."""
        return self.keys(action_id) != tuple(map(portable, self._specs[action_id].shortcuts))

    def owner(self, key: str) -> Action | None:
        """The action that has this key."""
        key = portable(key)
        return next((spec for spec in ACTIONS if key in self.keys(spec.id)), None)

    def assign(self, action_id: str, keys: Sequence[str], *, take: bool = False) -> None:
        """Give an action these keys instead of its own.

        Raises:
            Refusal: another action has one of them, and `take` does not say to take it from there; or it opens a menu.
        """
        keys = tuple(dict.fromkeys(portable(key) for key in keys if portable(key)))
        for key in keys:
            if key in MENU_KEYS:
                raise Refusal(note("actions.key-opens-menu", key=native(key), menu=MENU_KEYS[key]), False)
            owner = self.owner(key)
            if owner is None or owner.id == action_id:
                continue
            if owner.fixed:
                raise Refusal(note("actions.key-fixed", key=native(key), action=owner.name), False)
            if not take:
                raise Refusal(note("actions.key-taken", key=native(key), action=owner.name), True)
            self._keep(owner.id, [k for k in self.keys(owner.id) if k != key])
        self._keep(action_id, keys)
        self.changed.emit()

    def reset(self, action_id: str) -> None:
        """Give an action the table's keys again, also those that the user gave to others meanwhile."""
        back = set(map(portable, self._specs[action_id].shortcuts))
        for other, keys in list(self._own.items()):
            if other != action_id and back & set(keys):
                self._keep(other, [key for key in keys if key not in back])
        self._forget(action_id)
        self.changed.emit()

    def reset_all(self) -> None:
        """The table's keys for every action."""
        for action_id in list(self._own):
            self._forget(action_id)
        self.changed.emit()

    def _keep(self, action_id: str, keys: Iterable[str]) -> None:
        self._own[action_id] = tuple(keys)
        preferences().set(f"keys.{action_id}", self._own[action_id])

    def _forget(self, action_id: str) -> None:
        self._own.pop(action_id, None)
        preferences().set(f"keys.{action_id}", None)


def _stored(specs: dict[str, Action]) -> dict[str, tuple[str, ...]]:
    """What the user chose; entries that are no longer actions or keys are passed over, and no key counts twice."""
    stored = preferences().now.keys
    out: dict[str, tuple[str, ...]] = {}
    taken = {portable(key) for spec in specs.values() if spec.fixed for key in spec.shortcuts}
    for action_id, spec in specs.items():
        if spec.fixed or action_id not in stored:
            continue
        keys = tuple(key for key in map(portable, stored[action_id]) if key and key not in taken)
        taken.update(keys)
        out[action_id] = keys
    return out


def portable(key: str) -> str:
    """A key as Qt writes it in every language; "" for what is no key."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def native(key: str) -> str:
    """A key as the user's system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
