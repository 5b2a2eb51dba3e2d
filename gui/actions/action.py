"""What one action is, and the questions whether it can be done now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.document import Group, Layer
from gui.workplace import Workplace

Run = Callable[[Workplace], object]
Test = Callable[[Workplace], bool]
Hold = Callable[[Workplace, bool], object]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that the user can do.

    Attributes:
        menu: the menu it stands in, "/" before a submenu; a leading "-" puts a separator before it; "" for none.
        shortcuts: the table's keys; the first one is shown. The user may choose others.
        enabled: whether it can be done now; asked whenever the document, selection or a run changes.
        checked: for an action that is on or off.
        on_canvas: the key works only while the canvas has the keyboard (arrows).
        hold: what its key does, down and up, for an action that lasts while the key is held; `run` switches it.
        fixed: the key is the canvas' own and cannot be another one.
        choice: of the actions of the same choice, one is checked.
        section: where the list of keys shows it, for an action that stands in no menu.
        words: what else people call it; the palette finds it by these, too.
        now: what follows its text at the moment, e.g. what would be undone.
    """

    id: str
    text: str
    menu: str
    run: Run
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    enabled: Test = lambda _w: True
    checked: Test | None = None
    on_canvas: bool = False
    hold: Hold | None = None
    fixed: bool = False
    choice: str = ""
    section: str = ""
    words: str = ""
    now: Callable[[Workplace], str] | None = None

    @property
    def name(self) -> str:
        """Its text as a sentence would write it."""
        return plain(self.text)

    @property
    def path(self) -> tuple[str, ...]:
        """The titles of the menus that lead to it, or its section."""
        titles = self.menu.lstrip("-").split("/") if self.menu else [self.section]
        return tuple(plain(title) for title in titles)


def plain(text: str) -> str:
    """A menu text without its mnemonic, dots and key."""
    return text.split("\t")[0].replace("&", "").rstrip("…")


# -- when it can be done


def is_open(w: Workplace) -> bool:
    """A document is open."""
    return w.session.is_open


def has_selection(w: Workplace) -> bool:
    """Any layer or group is selected."""
    return bool(w.session.selection)


def one_selected(w: Workplace) -> bool:
    """Exactly one layer or group is selected."""
    return len(w.session.selection) == 1


def several_selected(w: Workplace) -> bool:
    """More than one is selected."""
    return len(w.session.selection) > 1


def has_group(w: Workplace) -> bool:
    """A group is among what is selected."""
    chosen = set(w.session.selection)
    return any(isinstance(n, Group) and n.id in chosen for n in w.session.document.walk())


def has_area(w: Workplace) -> bool:
    """A part of the picture is selected."""
    return w.canvas.area is not None


def is_transforming(w: Workplace) -> bool:
    """A free transform is under way."""
    return w.canvas.transform_active


def is_running(w: Workplace) -> bool:
    """A decomposition is under way."""
    return w.controller.running


def can_decompose(w: Workplace) -> bool:
    """A document is open and no decomposition is under way."""
    return w.session.is_open and not w.controller.running


def can_decompose_layer(w: Workplace) -> bool:
    """One layer is selected and no decomposition is under way."""
    current = w.session.current
    if not one_selected(w) or current is None or w.controller.running:
        return False
    return isinstance(w.session.document.find(current), Layer)


OF_SELECTION = (has_selection, one_selected, several_selected, has_group, can_decompose_layer, has_area)
"""Questions about what is selected."""
