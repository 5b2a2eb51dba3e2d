"""The command palette: type a few letters of what you want to do, press Enter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine.words import said
from gui.actions.action import OF_SELECTION, plain
from gui.actions.fuzzy import Fit, fit
from gui.actions.items import key_text
from gui.actions.keymap import KeyMap
from gui.actions.palette_rows import CommandDelegate, Row, RowRole
from gui.actions.table import ACTIONS
from gui.settings import preferences

RECENT_LIMIT = 5
SIZE = (580, 440)
PAGE = 8
NEAREST = ("Layer", "Edit", "Image")


@dataclass(frozen=True, slots=True)
class Command:
    """What the palette offers.

    Attributes:
        path: where it stands in the menus. keys: its key as text. words: what else people call it.
        of_selection: whether it is about what is selected. listed: whether it is shown before anything is typed.
    """

    id: str
    action: QAction
    path: str
    keys: str
    words: str
    of_selection: bool
    listed: bool

    @property
    def name(self) -> str:
        """What it does, as its action says at the moment."""
        return plain(self.action.text())


def commands_of(actions: Mapping[str, QAction], keymap: KeyMap) -> list[Command]:
    """All that can be done now."""
    out = []
    for spec in ACTIONS:
        action = actions[spec.id]
        if action.isEnabled() and spec.id != "palette":
            keys = key_text(spec, keymap.keys(spec.id))
            of_selection = spec.enabled in OF_SELECTION and bool(spec.menu)
            listed = bool(spec.menu) or spec.section == "Tools"
            out.append(Command(spec.id, action, " › ".join(spec.path), keys, spec.words, of_selection, listed))
    return out


class CommandPalette(QDialog):
    """Lists the commands; the best match is first. Without a word: used lately, of the selection, the rest.

    Attributes:
        commands: all that can be chosen, by id. field, list: where one types, and what fits.
    """

    def __init__(self, commands: Sequence[Command], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle("Commands")
        self.setObjectName("palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self.commands = {command.id: command for command in commands}
        self.field = QLineEdit()
        self.field.setObjectName("command")
        self.field.setPlaceholderText(said("actions.palette-asks"))
        self.field.setAccessibleName("Command")
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._run)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setItemDelegate(CommandDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._run)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 6)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self._fill("")
        self._place()

    def _place(self) -> None:
        """In the upper part of the window, where the eye already is."""
        parent = self.parentWidget()
        if parent is not None:
            self.resize(min(SIZE[0], parent.width() - 40), min(SIZE[1], parent.height() - 80))
            left = (parent.width() - self.width()) // 2
            self.move(parent.mapToGlobal(QPoint(left, max(40, parent.height() // 9))))

    @Slot(str)
    def _fill(self, text: str) -> None:
        self.list.clear()
        if text.strip():
            self._add_all((command, hit.at) for hit, command in self._found(text))
        else:
            self._fill_unasked()
        first = next((row for row in range(self.list.count()) if self.command_in(row)), -1)
        self.list.setCurrentRow(first)
        self.list.scrollToTop()

    def _found(self, text: str) -> list[tuple[Fit, Command]]:
        hits = [
            (hit, at, command)
            for at, command in enumerate(self.commands.values())
            if (hit := fit(text, command.name, f"{command.path} {command.words}")) is not None
        ]
        return [(hit, command) for hit, _at, command in sorted(hits, key=lambda h: (h[0], h[1]))]

    def _fill_unasked(self) -> None:
        recent = [self.commands[i] for i in preferences().now.palette.recent if i in self.commands]
        rest = [c for c in self.commands.values() if c.listed and c not in recent]
        for title, chosen in (
            ("Used lately", recent),
            ("For what is selected", sorted((c for c in rest if c.of_selection), key=_nearness)),
            ("Everything else", [c for c in rest if not c.of_selection]),
        ):
            if chosen:
                self._add_title(title)
                self._add_all((command, ()) for command in chosen)

    def _add_title(self, title: str) -> None:
        item = QListWidgetItem(title, self.list)
        item.setFlags(Qt.ItemFlag.NoItemFlags)

    def _add_all(self, found: Iterable[tuple[Command, tuple[int, ...]]]) -> None:
        for command, at in found:
            item = QListWidgetItem(command.name, self.list)
            item.setData(RowRole, Row(command.id, command.name, command.path, command.keys, command.action.icon(), at))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{command.name}, {command.path}, {command.keys}")

    def command_in(self, row: int) -> Command | None:
        """The command of a row; None for a title."""
        item = self.list.item(row)
        data = item.data(RowRole) if item is not None else None
        return self.commands[data.id] if isinstance(data, Row) else None

    @Slot()
    def _run(self) -> None:
        command = self.command_in(self.list.currentRow())
        if command is None:
            return
        self.accept()
        kept = [i for i in preferences().now.palette.recent if i != command.id]
        preferences().set("palette.recent", [command.id, *kept][:RECENT_LIMIT])
        command.action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            if step := {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(key):
                self._step(step, around=True)
                return True
            if step := {Qt.Key.Key_PageDown: PAGE, Qt.Key.Key_PageUp: -PAGE}.get(key):
                self._step(step, around=False)
                return True
        return super().eventFilter(watched, event)

    def _step(self, by: int, *, around: bool) -> None:
        """To the next command, over the titles."""
        rows = [row for row in range(self.list.count()) if self.command_in(row)]
        if not rows:
            return
        at = rows.index(self.list.currentRow()) + by
        self.list.setCurrentRow(rows[at % len(rows) if around else min(max(at, 0), len(rows) - 1)])
        if self.list.currentRow() == rows[0]:
            self.list.scrollToTop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isVisible() and not self.isActiveWindow():
            # Not at once: while it closes it is told of this too, and closing twice leaves Qt's window blocked.
            QTimer.singleShot(0, self, self._leave)

    @Slot()
    def _leave(self) -> None:
        if self.isVisible() and not self.isActiveWindow():
            self.reject()


def _nearness(command: Command) -> int:
    """What the Layer menu has is meant before what others have for a selection."""
    menu = command.path.split(" › ")[0]
    return NEAREST.index(menu) if menu in NEAREST else len(NEAREST)
