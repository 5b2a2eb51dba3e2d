"""A titled part of a panel that can be folded away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.look import icons, theme
from gui.settings import preferences


class SectionHeader(QToolButton):
    """The title with its fold mark."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("section")
        self.setText(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setToolTip("Fold or unfold")
        self.setAccessibleName(f"{title}, section")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(14, 14))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._show_icon)
        self._show_icon()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icon()

    def _show_icon(self) -> None:
        self.setIcon(icons.icon("chevron-down" if self.isChecked() else "chevron-right"))


class Section(QWidget):
    """A header, a place for small buttons beside it, and a body that folds. What is folded is remembered by name.

    Signals:
        folded(): the user folded or unfolded it.

    Attributes:
        wanted: whether the user wants it open, though there may be no room for it.
        pinned: opened by hand since the window was opened, so that it stays open.
    """

    folded = Signal()

    def __init__(self, title: str, body: QWidget, *, folded: bool = False, last: bool = False) -> None:
        """`last`: nothing follows that a line would have to part it from."""
        super().__init__()
        self.body = body
        self.header = SectionHeader(title)
        self._key = f"window.sections.{title.lower()}"
        self._fitting = False
        self._head = QWidget()
        self._top = QHBoxLayout(self._head)
        self._top.setContentsMargins(4, 3, 8, 3)
        self._top.setSpacing(2)
        self._top.addWidget(self.header, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(body)
        if not last:
            layout.addWidget(Hairline())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        kept = preferences().get(self._key)
        self.wanted = not folded if kept is None else bool(kept)
        self.pinned = False
        self.header.setChecked(self.wanted)
        self.header.toggled.connect(self._on_toggled)
        body.setVisible(self.wanted)

    def add_button(self, button: QWidget) -> None:
        """Put a small button beside the title."""
        self._top.addWidget(button)

    @property
    def folded_height(self) -> int:
        """px of the header alone."""
        return self._head.sizeHint().height() + 1

    def make_room(self, fold: bool) -> None:
        """Fold it for want of room, or show it again if it is wanted; what the user wants is not changed."""
        self._fitting = True
        self.header.setChecked(self.wanted and not fold)
        self._fitting = False

    def _on_toggled(self, open_: bool) -> None:
        self.body.setVisible(open_)
        if not self._fitting:
            self.wanted = self.pinned = open_
            preferences().set(self._key, open_)
            self.folded.emit()


class Hairline(QWidget):
    """A line of one px between parts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(theme.tokens().line))


class Divider(QWidget):
    """An upright line of one px between parts of a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(9, 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.width() // 2, 0, 1, self.height(), QColor(theme.tokens().border))
