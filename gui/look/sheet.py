"""The style sheet: what a palette cannot say of fields, scroll bars, sliders and menus."""

from __future__ import annotations

from pathlib import Path

import resources
from gui.look.tokens import Tokens

STYLE_ICONS = Path(resources.__file__).parent / "icons" / "style"


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
