"""The look: readable in both schemes, icons for everything that asks for one, tints that follow the scheme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QToolButton

import gui
from gui.look import icons, theme, tokens
from gui.look.sheet import style_sheet
from gui.look.tokens import Tokens
from gui.widgets.buttons import IconButton

SCHEMES = [tokens.DARK, tokens.LIGHT]


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2 defines it."""
    values = (color.redF(), color.greenF(), color.blueF())
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in values]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(t: Tokens, a: str, b: str) -> float:
    high, low = sorted((luminance(t.color(a)), luminance(t.color(b))), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("t", SCHEMES, ids=lambda t: t.scheme)
@pytest.mark.parametrize("ground", ["panel", "field", "window", "hover", "selection", "selection_idle", "raised"])
def test_text_is_readable_on_every_ground(t, ground):
    assert contrast(t, "text", ground) >= 4.5


@pytest.mark.parametrize("t", SCHEMES, ids=lambda t: t.scheme)
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("text_muted", "panel", 4.5),
        ("accent_text", "accent", 4.5),
        ("focus", "panel", 3),
        ("danger", "panel", 4.5),
        ("warning", "panel", 4.5),
        ("success", "panel", 4.5),
        ("background", "panel", 3),
        ("object", "panel", 3),
        ("text_kind", "panel", 3),
        ("shape", "panel", 3),
        ("effect", "panel", 3),
        ("group", "panel", 3),
        ("object", "selection", 2),
        ("text_disabled", "panel", 2),
    ],
)
def test_marks_stand_out(t, ink, ground, least):
    assert contrast(t, ink, ground) >= least


def test_applying_a_scheme_changes_palette_icons_and_tells(qapp):
    told = []
    theme.notifier().changed.connect(lambda: told.append(theme.tokens().scheme))
    for scheme, t in tokens.SCHEMES.items():
        theme.apply(qapp, scheme)
        assert qapp.palette().color(QPalette.ColorRole.WindowText) == t.color("text")
        assert qapp.styleSheet()
        image = icons.icon("plus").pixmap(QSize(24, 24)).toImage()
        assert image.pixelColor(image.rect().center()).name() == t.text
    theme.apply(qapp, "dark")
    assert told[-3:] == ["dark", "light", "dark"]


def test_a_button_follows_the_scheme_and_its_checked_state(qtbot, qapp):
    theme.apply(qapp, "dark")
    button = IconButton("unlock", "Lock (Ctrl+/)", checked="lock")
    qtbot.addWidget(button)
    assert button.accessibleName() == "Lock"
    keys = {button.icon().cacheKey()}
    button.setChecked(True)
    keys.add(button.icon().cacheKey())
    theme.apply(qapp, "light")
    qapp.processEvents()
    keys.add(button.icon().cacheKey())
    assert len(keys) == 3
    theme.apply(qapp, "dark")


def test_every_icon_is_drawn_on_the_same_grid():
    assert len(icons.names()) > 80
    for name in icons.names():
        text = (icons.ICON_DIR / f"{name}.svg").read_text()
        assert 'viewBox="0 0 24 24"' in text, name
        assert set(re.findall(r"#[0-9a-fA-F]{3,8}", text)) == {"#000"}, name


@pytest.mark.parametrize("size", [16, 20, 24, 48])
def test_every_icon_shows_something_and_stays_inside(qapp, size):
    for name in icons.names():
        image = icons.pixmap(name, size, "#ff0000").toImage()
        inked = [(x, y) for x in range(size) for y in range(size) if image.pixelColor(x, y).alpha() > 60]
        assert len(inked) > size / 4, name
        edge = [p for p in inked if p[0] in (0, size - 1) or p[1] in (0, size - 1)]
        assert not edge, f"{name} touches its edge"


def test_a_disabled_icon_is_dimmer(qapp):
    shown = icons.icon("plus").pixmap(QSize(24, 24), QIcon.Mode.Normal).toImage()
    dim = icons.icon("plus").pixmap(QSize(24, 24), QIcon.Mode.Disabled).toImage()
    assert dim.pixelColor(12, 12) != shown.pixelColor(12, 12)
    assert dim.pixelColor(12, 12).alpha() > 200


def test_an_unknown_icon_is_a_clear_error(qapp):
    with pytest.raises(KeyError, match="no icon called 'nonsense'"):
        icons.icon("nonsense")


def test_icons_are_sharp_on_dense_screens(qapp):
    assert icons.pixmap("eye", 16, "#000000", 2.0).size() == QSize(32, 32)
    assert icons.pixmap("eye", 16, "#000000", 2.0).deviceIndependentSize().width() == 16


def test_every_icon_that_the_program_names_exists():
    root = Path(gui.__file__).parent
    asked = set()
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""(?:\bicon|IconButton)\(\s*["']([a-z0-9-]+)["']""", text))
    from gui.actions.table import ACTIONS

    asked |= {a.icon for a in ACTIONS if a.icon}
    assert asked - set(icons.names()) == set()


def test_the_style_sheet_names_only_files_that_exist(qapp):
    for t in SCHEMES:
        for path in re.findall(r'url\("([^"]+)"\)', style_sheet(t)):
            assert Path(path).is_file(), path


def test_tool_buttons_show_the_focus(qtbot, qapp):
    theme.apply(qapp, "dark")
    button = QToolButton()
    qtbot.addWidget(button)
    button.resize(30, 30)
    button.show()
    before = button.grab().toImage()
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    assert button.grab().toImage() != before
