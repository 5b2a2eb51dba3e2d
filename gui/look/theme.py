"""The look of the window: one neutral grey scheme in dark and light, one accent, and the tokens that painters share.

The base is Qt's Fusion style with our own palette, so that it looks the same on every desktop; a style sheet made from
the tokens sets the few things a palette cannot (fields, scroll bars, sliders, menus).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

import resources
from engine.settings_file import glance
from gui.settings import preferences

Scheme = Literal["dark", "light"]
CHOICES = ("system", "dark", "light")

STYLE_ICONS = Path(resources.__file__).parent / "icons" / "style"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every colour (as #rrggbb), distance (px) and type size (px) of one scheme, by name.

    Attributes:
        canvas: around the picture. window: behind panels. panel: a panel's body. raised: buttons. field: what can be
            typed into. hover, pressed: over `panel`. line: hairlines. border: outlines of fields.
        text, text_muted, text_disabled: on `panel` and `field`.
        accent, accent_text: filled marks and the text on them. focus: focus rings and drop lines.
        selection, selection_idle: selected rows with and without keyboard focus; `text` is readable on both.
        checker_a, checker_b: the transparency pattern.
        background, object, text_kind, shape, effect, group: colour labels by kind.
    """

    scheme: Scheme
    canvas: str
    window: str
    panel: str
    raised: str
    field: str
    hover: str
    pressed: str
    line: str
    border: str
    text: str
    text_muted: str
    text_disabled: str
    accent: str
    accent_hover: str
    accent_text: str
    focus: str
    selection: str
    selection_idle: str
    danger: str
    warning: str
    success: str
    checker_a: str
    checker_b: str
    scroll: str
    scroll_hover: str
    background: str
    object: str
    text_kind: str
    shape: str
    effect: str
    group: str
    radius: int = 4
    control: int = 26
    row: int = 40
    font: int = 13
    font_small: int = 12

    def color(self, name: str) -> QColor:
        """The colour of that name."""
        return QColor(getattr(self, name))


DARK = Tokens(
    scheme="dark",
    canvas="#1d1d1d",
    window="#282828",
    panel="#2f2f2f",
    raised="#414141",
    field="#212121",
    hover="#3a3a3a",
    pressed="#252525",
    line="#3d3d3d",
    border="#4d4d4d",
    text="#e4e4e4",
    text_muted="#a8a8a8",
    text_disabled="#757575",
    accent="#2b72dc",
    accent_hover="#3a80e8",
    accent_text="#ffffff",
    focus="#5c9dff",
    selection="#33527f",
    selection_idle="#474b52",
    danger="#ff7b72",
    warning="#e8b64c",
    success="#5fc98a",
    checker_a="#ffffff",
    checker_b="#cfcfcf",
    scroll="#5a5a5a",
    scroll_hover="#757575",
    background="#8d9aa8",
    object="#62a8ff",
    text_kind="#e5b567",
    shape="#7cc98b",
    effect="#c79bf2",
    group="#b4b4b4",
)

LIGHT = Tokens(
    scheme="light",
    canvas="#c4c4c4",
    window="#e6e6e6",
    panel="#f2f2f2",
    raised="#ffffff",
    field="#ffffff",
    hover="#e4e4e4",
    pressed="#d3d3d3",
    line="#d4d4d4",
    border="#b4b4b4",
    text="#1e1e1e",
    text_muted="#5c5c5c",
    text_disabled="#969696",
    accent="#1f69d6",
    accent_hover="#2e78e4",
    accent_text="#ffffff",
    focus="#1f69d6",
    selection="#bcd6fa",
    selection_idle="#d3d6da",
    danger="#c0342b",
    warning="#8a5a00",
    success="#1c7a45",
    checker_a="#ffffff",
    checker_b="#cfcfcf",
    scroll="#b0b0b0",
    scroll_hover="#8c8c8c",
    background="#5f6e7d",
    object="#1f69d6",
    text_kind="#9a6200",
    shape="#26803f",
    effect="#8a46c8",
    group="#5f5f5f",
)

SCHEMES: dict[str, Tokens] = {"dark": DARK, "light": LIGHT}


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


def style_sheet(t: Tokens) -> str:
    """The style sheet of a scheme."""
    return _SHEET.format(t=t, icons=STYLE_ICONS.as_posix(), s=t.scheme, text_size=t.font)


_SHEET = """
QToolTip {{ background: {t.field}; color: {t.text}; border: 1px solid {t.border}; padding: 4px 6px; }}
QMainWindow, QDialog {{ background: {t.window}; }}
QMainWindow::separator {{ background: {t.canvas}; width: 4px; height: 4px; }}
QMainWindow::separator:hover {{ background: {t.focus}; }}
QDockWidget::title {{ background: {t.window}; padding: 6px 8px; text-align: left; }}
QMenuBar {{ background: {t.window}; color: {t.text}; padding: 2px; }}
QMenuBar::item {{ background: transparent; padding: 4px 9px; border-radius: 3px; }}
QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {t.hover}; }}
QMenu {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.border}; padding: 4px; }}
QMenu::item {{ padding: 5px 26px 5px 10px; border-radius: 3px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.accent_text}; }}
QMenu::item:disabled {{ color: {t.text_disabled}; background: transparent; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 6px; }}
QToolBar {{ background: {t.window}; border: none; padding: 3px; spacing: 2px; }}
QToolBar::separator {{ background: {t.line}; margin: 5px 4px; width: 1px; height: 1px; }}
QStatusBar {{ background: {t.window}; color: {t.text_muted}; border-top: 1px solid {t.line}; }}
QStatusBar::item {{ border: none; }}
QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: {t.radius}px; padding: 3px; }}
QToolButton:hover:enabled {{ background: {t.hover}; }}
QToolButton:pressed {{ background: {t.pressed}; }}
QToolButton:checked {{ background: {t.selection}; }}
QToolButton:checked:disabled {{ background: {t.selection_idle}; }}
QToolButton:focus {{ border-color: {t.focus}; }}
QToolButton#section, QToolButton#section:checked {{ background: transparent; font-weight: 600; text-align: left;
    padding: 3px 4px; }}
QToolButton#section:hover {{ background: {t.hover}; }}
QToolButton::menu-indicator {{ image: none; }}
QPushButton {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; border-radius: {t.radius}px;
    padding: 4px 12px; min-height: 16px; }}
QPushButton:hover {{ border-color: {t.text_muted}; }}
QPushButton:pressed {{ background: {t.pressed}; }}
QPushButton:focus {{ border-color: {t.focus}; }}
QPushButton:default, QPushButton#primary {{ background: {t.accent}; color: {t.accent_text}; border-color: {t.accent}; }}
QPushButton:default:hover, QPushButton#primary:hover {{ background: {t.accent_hover}; }}
QPushButton:default:focus, QPushButton#primary:focus {{ border-color: {t.accent_text}; }}
QPushButton:disabled, QPushButton#primary:disabled {{ background: transparent; color: {t.text_disabled};
    border-color: {t.line}; }}
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {{ background: {t.field}; color: {t.text};
    border: 1px solid {t.border}; border-radius: {t.radius}px; selection-background-color: {t.accent};
    selection-color: {t.accent_text}; }}
QLineEdit, QAbstractSpinBox, QComboBox {{ padding: 2px 5px; min-height: 18px; }}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {{ border-color: {t.text_muted}; }}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QComboBox:on, QPlainTextEdit:focus, QTextEdit:focus {{
    border-color: {t.focus}; }}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {t.text_disabled};
    border-color: {t.line}; background: {t.panel}; }}
QAbstractSpinBox {{ padding: 2px 0; }}
QAbstractSpinBox QLineEdit {{ border: none; background: transparent; padding: 0; min-height: 0; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; width: 16px; height: 11px;
    border: none; background: transparent; border-radius: 2px; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin: 1px 1px 0 0; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 1px 1px 0; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {t.hover}; }}
QAbstractSpinBox::up-arrow {{ image: url("{icons}/{s}-up.svg"); width: 9px; height: 9px; }}
QAbstractSpinBox::down-arrow {{ image: url("{icons}/{s}-down.svg"); width: 9px; height: 9px; }}
QAbstractSpinBox::up-arrow:disabled, QAbstractSpinBox::down-arrow:disabled {{ image: none; }}
QComboBox::drop-down {{ subcontrol-origin: border; subcontrol-position: center right; width: 18px; border: none; }}
QComboBox::down-arrow {{ image: url("{icons}/{s}-down.svg"); width: 11px; height: 11px; }}
QComboBox::down-arrow:disabled {{ image: none; }}
QComboBoxPrivateContainer {{ border: none; }}
QComboBox QAbstractItemView {{ background: {t.panel}; border: 1px solid {t.border}; padding: 3px; outline: none;
    selection-background-color: {t.accent}; selection-color: {t.accent_text}; }}
QAbstractItemView {{ background: {t.panel}; color: {t.text}; border: none; outline: none; }}
QHeaderView::section {{ background: {t.window}; color: {t.text_muted}; border: none;
    border-bottom: 1px solid {t.line}; padding: 4px 6px; }}
QTreeView::branch {{ background: transparent; border-image: none; image: none; }}
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: 11px; }}
QScrollBar:horizontal {{ height: 11px; }}
QScrollBar::handle {{ background: {t.scroll}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {t.scroll_hover}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractScrollArea::corner {{ background: transparent; }}
QProgressBar {{ background: {t.field}; border: 1px solid {t.border}; border-radius: {t.radius}px; color: {t.text};
    text-align: center; min-height: 14px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.line}; }}
QTabBar::tab {{ background: transparent; color: {t.text_muted}; padding: 6px 12px;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.focus}; }}
QTabBar::tab:hover {{ color: {t.text}; }}
QTabBar::tab:focus {{ color: {t.focus}; }}
QGroupBox {{ border: 1px solid {t.line}; border-radius: {t.radius}px; margin-top: 9px; padding-top: 6px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 8px; padding: 0 4px; color: {t.text_muted}; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: 14px; height: 14px; }}
QCheckBox::indicator {{ background: {t.field}; border: 1px solid {t.border}; border-radius: 3px; }}
QRadioButton::indicator {{ background: {t.field}; border: 1px solid {t.border}; border-radius: 8px; }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {t.text_muted}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
    image: url("{icons}/check.svg"); }}
QCheckBox::indicator:indeterminate {{ background: {t.accent}; border-color: {t.accent};
    image: url("{icons}/dash.svg"); }}
QRadioButton::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url("{icons}/dot.svg"); }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {t.focus}; }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ background: {t.panel}; border-color: {t.line}; }}
QSlider::groove:horizontal {{ background: {t.border}; height: 4px; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {t.text}; border: 1px solid {t.panel}; width: 12px; height: 12px;
    margin: -5px 0; border-radius: 7px; }}
QSlider::handle:horizontal:focus {{ border-color: {t.focus}; }}
QSlider::groove:horizontal:disabled, QSlider::sub-page:horizontal:disabled {{ background: {t.line}; }}
QSlider::handle:horizontal:disabled {{ background: {t.text_disabled}; }}
QPushButton#primary {{ background: {t.accent}; color: {t.accent_text}; border-color: {t.accent}; font-weight: 600; }}
QPushButton#primary:hover {{ background: {t.accent_hover}; }}
QPushButton#primary:disabled {{ background: transparent; color: {t.text_disabled}; border-color: {t.line}; }}
QWidget#welcome {{ background: {t.canvas}; }}
QFrame#notice {{ background: {t.raised}; border: none; border-top: 1px solid {t.line}; }}
QDialog#palette {{ background: {t.panel}; border: 1px solid {t.border}; }}
QLineEdit#command {{ background: transparent; border: none; border-bottom: 1px solid {t.line}; border-radius: 0;
    padding: 9px 14px; font-size: 15px; }}
QFrame#options {{ background: {t.panel}; border: none; border-top: 1px solid {t.line};
    border-bottom: 1px solid {t.line}; }}
QLabel#title {{ font-size: 22px; font-weight: 600; }}
QLabel#hint {{ color: {t.text_muted}; }}
QLabel#problem {{ color: {t.warning}; }}
"""
