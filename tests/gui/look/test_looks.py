"""What the View menu chooses: it shows at once and is there again the next time."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog

from engine.editing import edits
from engine.settings_file import config_folder
from gui.look import theme
from gui.look.looks import Looks
from tests.gui.answers import choose_file
from tests.gui.documents import poster

Key = Qt.Key


@pytest.fixture
def full(window):
    window.session.open(poster())
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    return window


@pytest.fixture
def bare(full):
    """Nothing hides what lies behind the document."""
    ids = [node.id for node in full.session.document.nodes]
    full.session.apply("Hide", lambda d: edits.set_fields(d, ids, visible=False))
    return full


def behind(window) -> str:
    image = window.canvas.image()
    return image.pixelColor(image.rect().center()).name()


def checked(window, *names: str) -> list[str]:
    return [name for name in names if window.actions_by_id[name].isChecked()]


BACKGROUNDS = ("on_checker", "on_white", "on_black", "on_color")


def test_one_background_is_chosen_and_remembered(bare):
    assert checked(bare, *BACKGROUNDS) == ["on_checker"]
    bare.actions_by_id["on_black"].trigger()
    assert behind(bare) == "#000000"
    assert checked(bare, *BACKGROUNDS) == ["on_black"]
    bare.actions_by_id["on_white"].trigger()
    assert behind(bare) == "#ffffff"
    assert checked(bare, *BACKGROUNDS) == ["on_white"]
    assert Looks(bare.canvas).background == "white"


def test_a_background_colour_shows_while_it_is_chosen_and_cancel_takes_it_back(bare):
    def ask() -> QColorDialog:
        bare.actions_by_id["on_color"].trigger()
        return [d for d in bare.findChildren(QColorDialog) if d.isVisible()][-1]

    dialog = ask()
    dialog.setCurrentColor(QColor("#204060"))
    assert behind(bare) == "#204060"
    dialog.reject()
    assert checked(bare, *BACKGROUNDS) == ["on_checker"]
    assert behind(bare) != "#204060"
    dialog = ask()
    dialog.setCurrentColor(QColor("#204060"))
    dialog.accept()
    assert checked(bare, *BACKGROUNDS) == ["on_color"]
    assert Looks(bare.canvas).background == "#204060"
    assert behind(bare) == "#204060"


def test_a_stored_background_that_is_none_is_passed_over(full):
    config_folder().mkdir(parents=True, exist_ok=True)
    (config_folder() / "settings.json").write_text('{"view": {"background": "plaid"}}')
    assert Looks(full.canvas).background == "checker"


def test_the_theme_changes_at_once_with_its_icons_and_is_kept(full, qapp):
    def ink() -> str:
        image = full.actions_by_id["move"].icon().pixmap(QSize(24, 24)).toImage()
        return image.pixelColor(12, 12).name()

    dark = ink()
    full.actions_by_id["theme_light"].trigger()
    assert theme.tokens().scheme == "light"
    assert ink() != dark
    assert checked(full, "theme_system", "theme_dark", "theme_light") == ["theme_light"]
    theme.apply(qapp, "dark")
    theme.start(qapp)
    assert theme.tokens().scheme == "light"
    full.actions_by_id["theme_dark"].trigger()
    assert ink() == dark


def test_the_theme_of_the_system_is_followed(full, qapp, monkeypatch):
    systems = iter([Qt.ColorScheme.Light, Qt.ColorScheme.Dark, Qt.ColorScheme.Unknown])
    monkeypatch.setattr(theme, "_system_scheme", lambda: next(systems))
    full.actions_by_id["theme_system"].trigger()
    assert theme.tokens().scheme == "light"
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.tokens().scheme == "dark"
    theme.notifier().on_system_changed()
    assert theme.tokens().scheme == "dark"
    full.actions_by_id["theme_light"].trigger()
    theme.notifier().on_system_changed()
    assert theme.tokens().scheme == "light", "a choice of one's own stays"


def test_the_pixel_grid_is_switched_off_and_stays_off(full):
    full.canvas.zoom_to(16)
    with_grid = full.canvas.grab().toImage()
    full.actions_by_id["pixel_grid"].trigger()
    assert full.canvas.grab().toImage() != with_grid
    assert not full.actions_by_id["pixel_grid"].isChecked()
    full.canvas.pixel_grid = True
    Looks(full.canvas)
    assert not full.canvas.pixel_grid


def test_rulers_and_auto_select_are_remembered(full):
    full.actions_by_id["rulers"].trigger()
    full.actions_by_id["auto_select"].trigger()
    assert checked(full, "rulers", "auto_select") == ["rulers"]
    full.canvas.set_rulers(False)
    full.canvas.set_auto_select(True)
    Looks(full.canvas)
    assert full.canvas.rulers
    assert not full.canvas.auto_select


@pytest.mark.parametrize(("name", "key"), [("original", Key.Key_Backslash), ("difference", Key.Key_D)])
def test_before_and_difference_by_menu_and_by_a_held_key(full, name, key):
    full.canvas.setFocus()
    QTest.keyPress(full.canvas, key)
    assert full.canvas.showing == name
    assert checked(full, "original", "difference") == [name]
    QTest.keyRelease(full.canvas, key)
    assert full.canvas.showing == "layers"
    full.actions_by_id[name].trigger()
    assert full.canvas.showing == name
    QTest.keyPress(full.canvas, Key.Key_D)
    assert full.canvas.showing == "difference"
    QTest.keyRelease(full.canvas, Key.Key_D)
    assert full.canvas.showing == name, "what the menu chose comes back"
    full.actions_by_id[name].trigger()
    assert full.canvas.showing == "layers"
    assert checked(full, "original", "difference") == []


def test_a_held_view_ends_when_the_window_is_left(full, qtbot):
    full.canvas.setFocus()
    QTest.keyPress(full.canvas, Key.Key_D)
    full.actions_by_id["about"].trigger()
    qtbot.waitUntil(lambda: full.canvas.showing == "layers")
    QApplication.activeWindow().close()


def test_typing_a_held_letter_into_a_field_shows_nothing(full):
    full.layers.filter.focus_search()
    QTest.keyPress(full.layers.filter.field, Key.Key_D)
    assert full.canvas.showing == "layers"
    assert full.layers.filter.field.text() == "d"


def test_several_layers_are_shown_alone_and_the_others_come_back(full):
    full.session.apply("Hide", lambda d: edits.set_fields(d, ["title"], visible=False))
    full.session.select(["boat", "sun"])
    full.canvas.setFocus()
    QTest.keyClick(full.canvas, Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    visible = {node.id for node in full.session.document.walk() if node.visible}
    assert {"land", "boat", "sun"} <= visible
    assert not visible & {"sky", "hills", "head"}
    QTest.keyClick(full.canvas, Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    assert {node.id for node in full.session.document.walk() if not node.visible} == {"title"}


def test_a_layer_is_exported_as_a_png_with_its_alpha(full, tmp_path, qtbot):
    full.session.select(["boat"])
    full.actions_by_id["export_layer"].trigger()
    choose_file(full, qtbot, tmp_path / "the boat")
    qtbot.waitUntil(lambda: (tmp_path / "the boat.png").exists() and not full.files.running)
    pixels = np.asarray(Image.open(tmp_path / "the boat.png"))
    assert pixels.shape == (40, 60, 4)
    assert tuple(pixels[20, 30]) == (120, 60, 30, 255)
    assert "the boat.png" in full.statusBar().currentMessage()


def test_several_layers_are_exported_to_a_folder_and_nothing_there_is_lost(full, tmp_path, qtbot):
    (tmp_path / "00-Boat.png").write_bytes(b"mine")
    full.session.select(["boat", "head"])
    full.actions_by_id["export_layer"].trigger()
    choose_file(full, qtbot, tmp_path)
    qtbot.waitUntil(lambda: "2 files" in full.statusBar().currentMessage() and not full.files.running)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00-Boat 2.png", "00-Boat.png", "01-Head.png"]
    assert (tmp_path / "00-Boat.png").read_bytes() == b"mine"
