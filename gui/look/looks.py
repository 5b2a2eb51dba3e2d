"""How things are shown, remembered between runs: theme, background, rulers, pixel grid; and before and after."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget

from gui.look import theme
from gui.look.color_dialog import color_dialog
from gui.settings import preferences

BACKGROUNDS = ("checker", "white", "black")


class Picture(Protocol):
    """What of the canvas the View menu chooses about.

    Attributes:
        pixel_grid: whether lines part the pixels at high zoom.
        showing: "layers", "original" or "difference".
    """

    pixel_grid: bool

    @property
    def rulers(self) -> bool: ...
    def set_rulers(self, on: bool) -> None: ...
    @property
    def auto_select(self) -> bool: ...
    def set_auto_select(self, on: bool) -> None: ...
    def set_background(self, kind: str | QColor) -> None: ...
    @property
    def showing(self) -> str: ...
    def show_original(self, on: bool) -> None: ...
    def show_difference(self, on: bool) -> None: ...


class Looks(QObject):
    """What the View menu chooses.

    Signals:
        changed(): something is shown in another way.
    """

    changed = Signal()

    def __init__(self, canvas: Picture, window: QWidget | None = None) -> None:
        """`window`: over which the colour dialog is shown."""
        super().__init__(window)
        self._window = window
        self._canvas = canvas
        self._before_hold: str | None = None
        view = preferences().now.view
        self._background = view.background
        self._show_background(self._background)
        canvas.set_rulers(view.rulers)
        canvas.pixel_grid = view.pixel_grid
        canvas.set_auto_select(view.auto_select)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.follow_system(app)

    # -- background

    @property
    def background(self) -> str:
        """What is seen through the document: "checker", "white", "black" or a colour as #rrggbb."""
        return self._background

    def set_background(self, kind: str) -> None:
        """Choose what is seen through the document, in the words of `background`."""
        self._background = kind
        self._show_background(kind)
        self._remember("background", kind)

    def choose_background(self) -> None:
        """Ask for a colour; it shows at once, and Cancel brings back what was there."""
        start = QColor(self._background if self._background.startswith("#") else "#808080")
        dialog = color_dialog(start, "Background of the canvas", self._window)
        dialog.currentColorChanged.connect(self._canvas.set_background)
        dialog.colorSelected.connect(self._on_chosen)
        dialog.rejected.connect(self._on_rejected)
        self._canvas.set_background(start)
        dialog.open()

    @Slot(QColor)
    def _on_chosen(self, color: QColor) -> None:
        self.set_background(color.name())

    @Slot()
    def _on_rejected(self) -> None:
        self._show_background(self._background)
        self.changed.emit()

    def _show_background(self, kind: str) -> None:
        self._canvas.set_background(kind if kind in BACKGROUNDS else QColor(kind))

    # -- theme

    @property
    def theme(self) -> str:
        """ "system", "dark" or "light"."""
        return theme.choice()

    def set_theme(self, choice: str) -> None:
        """Choose the theme and apply it at once."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.choose(app, choice)
        self.changed.emit()

    # -- on and off

    @property
    def rulers(self) -> bool:
        """Whether rulers are shown along the edges."""
        return self._canvas.rulers

    def set_rulers(self, on: bool) -> None:
        """Show rulers or none."""
        self._canvas.set_rulers(on)
        self._remember("rulers", on)

    @property
    def pixel_grid(self) -> bool:
        """Whether lines part the pixels at high zoom."""
        return self._canvas.pixel_grid

    def set_pixel_grid(self, on: bool) -> None:
        """Show the grid or none."""
        self._canvas.pixel_grid = on
        self._remember("pixel_grid", on)

    @property
    def auto_select(self) -> bool:
        """Whether a press with the move tool picks the layer under it."""
        return self._canvas.auto_select

    def set_auto_select(self, on: bool) -> None:
        """Let a press pick layers, or only move what is selected."""
        self._canvas.set_auto_select(on)
        self._remember("auto_select", on)

    def _remember(self, name: str, value: str | bool) -> None:
        preferences().set(f"view.{name}", value)
        self.changed.emit()

    # -- before and after

    def toggle(self, view: str) -> None:
        """Show the original image or the difference, and the layers again the next time."""
        self._show("layers" if self._canvas.showing == view else view)

    def hold(self, view: str, down: bool) -> None:
        """Show a view while its key is down, and afterwards what was shown before."""
        if down and self._before_hold is None:
            self._before_hold = self._canvas.showing
            self._show(view)
        elif not down and self._before_hold is not None:
            before, self._before_hold = self._before_hold, None
            self._show(before)

    def _show(self, view: str) -> None:
        if view == "difference":
            self._canvas.show_difference(True)
        else:
            self._canvas.show_original(view == "original")
        self.changed.emit()
