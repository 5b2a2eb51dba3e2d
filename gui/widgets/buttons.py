"""Buttons: an icon that follows the theme, and a colour."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton, QWidget

from gui.look import icons, theme


class IconButton(QToolButton):
    """A flat button with one of our icons; a second icon shows while it is checked."""

    def __init__(
        self, name: str, tip: str, parent: QWidget | None = None, *, checked: str = "", side: int = 18
    ) -> None:
        super().__init__(parent)
        self._names = (name, checked)
        self._action: QAction | None = None
        self.setToolTip(tip)
        self.setAccessibleName(tip.split(" (")[0])
        self.setIconSize(QSize(side, side))
        self.setAutoRaise(True)
        self.setCheckable(bool(checked))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._show_icon)
        self._show_icon()

    def follow(self, action: QAction) -> None:
        """Be that action: a click triggers it; whether it can be done and its tip come from it. The icon stays."""
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._show_action)
        self._show_action()

    def _show_action(self) -> None:
        if self._action is not None:
            self.setEnabled(self._action.isEnabled())
            self.setToolTip(self._action.toolTip())
            self.setAccessibleName(self._action.toolTip().split(" (")[0])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._show_icon()

    def _show_icon(self) -> None:
        name, checked = self._names
        self.setIcon(icons.icon(checked if checked and self.isChecked() else name))


class ActionButton(QPushButton):
    """A button with words of its own that does an action; whether it can be done and its tip come from the action."""

    def __init__(
        self, action: QAction | None, words: str, parent: QWidget | None = None, *, primary: bool = False
    ) -> None:
        super().__init__(words, parent)
        self._action, self._words, self._icon_name = action, words, ""
        self.setAccessibleName(words)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if primary:
            self.setObjectName("primary")
        if action is not None:
            self.clicked.connect(action.trigger)
            action.changed.connect(self._show_action)
            self._show_action()

    def show_words(self, shown: bool, icon_name: str) -> None:
        """Show the words, or that icon in their place."""
        self._icon_name = "" if shown else icon_name
        self.setText(self._words if shown else "")
        self._show_icon()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icon()

    def _show_icon(self) -> None:
        if not self._icon_name:
            self.setIcon(QIcon())
        elif self.objectName() == "primary":
            color = theme.tokens().accent_text
            self.setIcon(QIcon(icons.pixmap(self._icon_name, 18, color, self.devicePixelRatioF())))
        else:
            self.setIcon(icons.icon(self._icon_name))

    @Slot()
    def _show_action(self) -> None:
        assert self._action is not None
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())


class ColorSwatch(QAbstractButton):
    """A button that shows a colour."""

    def __init__(self, color: QColor, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = color
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(44, 24)

    @property
    def color(self) -> QColor:
        """The colour shown."""
        return self._color

    def set_color(self, color: QColor) -> None:
        """Show another colour."""
        if color != self._color:
            self._color = color
            self.setAccessibleDescription(color.name())
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(self._color)
        fill.setAlphaF(1.0 if self.isEnabled() else 0.25)
        painter.setBrush(fill)
        edge = "focus" if self.hasFocus() else "text_muted" if self.underMouse() and self.isEnabled() else "border"
        painter.setPen(QPen(t.color(edge), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), t.radius, t.radius)
