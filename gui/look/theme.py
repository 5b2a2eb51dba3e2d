"""The look of the window: one neutral grey scheme in dark and light, one accent, and the tokens that painters share.

The base is Qt's Fusion style with our own palette, so that it looks the same on every desktop; a style sheet made from
the tokens sets the few things a palette cannot (fields, scroll bars, sliders, menus).
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from engine.settings_file import glance
from gui.look.sheet import style_sheet
from gui.look.tokens import DARK, SCHEMES, Scheme, Tokens
from gui.settings import preferences

CHOICES = ("system", "dark", "light")


class _Notifier(QObject):
    """Tells painters that hold colours that the scheme is another one.

    Signals:
        changed(): `tokens()` is another scheme's.
    """

    changed = Signal()
    following = False

    @Slot()
    def on_system_changed(self) -> None:
        app = QApplication.instance()
        if choice() == "system" and isinstance(app, QApplication):
            apply(app, scheme_of("system"))


_current = DARK
_notifier: _Notifier | None = None


def tokens() -> Tokens:
    """The tokens of the scheme in use."""
    return _current


def notifier() -> _Notifier:
    """The object whose `changed` signal tells that another scheme was applied."""
    global _notifier
    if _notifier is None:
        _notifier = _Notifier()
    return _notifier


def apply(app: QApplication, scheme: Scheme = "dark") -> None:
    """Give the whole program that scheme; may be called again at any time."""
    global _current
    _current = SCHEMES[scheme]
    if not app.styleSheet():  # with a sheet, the style below it is ours already
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(palette(_current))
    font = QFont(app.font())
    font.setPixelSize(_current.font)
    app.setFont(font)
    app.setStyleSheet(style_sheet(_current))
    notifier().changed.emit()


def choice() -> str:
    """What the user wants: "system", "dark" or "light". Dark at first: colours are judged best on it."""
    kept = glance("view.theme")
    return kept if kept in CHOICES else "dark"


def choose(app: QApplication, wanted: str) -> None:
    """Keep the user's choice and apply it at once."""
    preferences().set("view.theme", wanted)
    start(app)


def start(app: QApplication) -> None:
    """Apply what the user chose."""
    apply(app, scheme_of(choice()))


def follow_system(app: QApplication) -> None:
    """From now on change with the system, where that is what the user chose. Once is enough."""
    if not notifier().following:
        notifier().following = True
        app.styleHints().colorSchemeChanged.connect(notifier().on_system_changed)


def scheme_of(wanted: str) -> Scheme:
    """The scheme that a choice comes to now; a system that does not say is taken for dark."""
    if wanted == "system":
        # Loading the namespace Qt takes as long as the rest of the theme, and the window waits for this at the start.
        from PySide6.QtCore import Qt

        return "light" if _system_scheme() is Qt.ColorScheme.Light else "dark"
    return "light" if wanted == "light" else "dark"


def _system_scheme() -> object:
    return QApplication.styleHints().colorScheme()


def palette(t: Tokens) -> QPalette:
    """The Qt palette of a scheme."""
    role = QPalette.ColorRole
    out = QPalette()
    normal = {
        role.Window: t.panel,
        role.WindowText: t.text,
        role.Base: t.field,
        role.AlternateBase: t.panel,
        role.Text: t.text,
        role.Button: t.raised if t.scheme == "dark" else "#ececec",
        role.ButtonText: t.text,
        role.BrightText: t.danger,
        role.ToolTipBase: t.field,
        role.ToolTipText: t.text,
        role.Highlight: t.accent,
        role.HighlightedText: t.accent_text,
        role.Accent: t.accent,
        role.Link: t.focus,
        role.LinkVisited: t.effect,
        role.PlaceholderText: t.text_muted,
        role.Light: t.border,
        role.Midlight: t.line,
        role.Mid: t.line,
        role.Dark: t.pressed,
        role.Shadow: t.canvas,
    }
    for key, value in normal.items():
        out.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText, role.PlaceholderText):
        out.setColor(QPalette.ColorGroup.Disabled, key, QColor(t.text_disabled))
    out.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(t.selection_idle))
    out.setColor(QPalette.ColorGroup.Disabled, role.Accent, QColor(t.text_disabled))
    return out
