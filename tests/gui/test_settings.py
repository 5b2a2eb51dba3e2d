"""The settings as the window sees them: heard of, bound to widgets, and carried over from an older version's file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QMainWindow

from engine.models import access
from engine.qwen.options import Language, QwenOptions
from engine.settings import current, keep
from engine.settings_file import config_folder
from gui.actions.keymap import KeyMap
from gui.decompose.qwen_settings import QwenSettings
from gui.look import theme
from gui.settings import bind, carry_over, preferences
from gui.shell.main_window import MainWindow

ROOT = Path(__file__).parents[2]
OLD = Path(__file__).parent / "data" / "old-settings.ini"
"""Written by the version before this one, with its own window."""


def old() -> QSettings:
    return QSettings(str(OLD), QSettings.Format.IniFormat)


def test_who_listens_hears_of_each_change_once(qtbot):
    heard = []
    preferences().changed.connect(heard.append)
    preferences().set("view.rulers", True)
    preferences().set("view.rulers", True)
    preferences().update({"view.rulers": False, "view.theme": "light", "view.pixel_grid": True})
    assert heard == ["view.rulers", "view.rulers", "view.theme"]


def test_a_bound_widget_shows_and_sets(qtbot, monkeypatch):
    box, line, combo = QCheckBox(), QLineEdit(), QComboBox()
    for scheme in ("dark", "light"):
        combo.addItem(scheme.title(), scheme)
    for widget, name in ((box, "view.rulers"), (line, "models.mirror"), (combo, "view.theme")):
        qtbot.addWidget(widget)
        bind(widget, name)
    assert (box.isChecked(), line.text(), combo.currentData()) == (False, "", "dark")
    preferences().update({"view.rulers": True, "models.mirror": "http://mirror", "view.theme": "light"})
    assert (box.isChecked(), line.text(), combo.currentData()) == (True, "http://mirror", "light")
    box.click()
    line.setText("  http://other ")
    line.editingFinished.emit()
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    now = preferences().now
    assert (now.view.rulers, now.models.mirror, now.view.theme) == (False, "http://other", "dark")
    monkeypatch.setenv("HF_ENDPOINT", "http://set-elsewhere")
    other = QLineEdit()
    qtbot.addWidget(other)
    bind(other, "models.mirror")
    assert other.text() == "http://set-elsewhere"
    assert not other.isEnabled()
    assert "HF_ENDPOINT" in other.toolTip()


def test_a_widget_that_is_gone_hears_nothing(qtbot):
    box = QCheckBox()
    bind(box, "view.rulers")
    box.deleteLater()
    qtbot.wait(10)
    preferences().set("view.rulers", True)


def test_everything_of_an_older_version_is_carried_over(qapp):
    carry_over(old())
    now = current()
    assert now.files.folder == now.files.layers == "/data/pictures"
    assert now.files.recent == ("/data/pictures/zwei, drei=ä.png", "/data/pictures/one.png")
    assert now.view.model_dump() == {
        "theme": "light", "background": "#204060", "rulers": False, "pixel_grid": False, "auto_select": False,
    }  # fmt: skip
    assert now.export.format == "png"
    assert now.export.options == {"editable": False, "include_original": False, "trim": False, "zip": False}
    assert now.window.sections == {"position": False}
    assert now.palette.recent == ("rulers",)
    assert QByteArray.fromBase64(now.window.geometry.encode()) == old().value("window/geometry")
    keymap = KeyMap()
    assert (keymap.keys("move"), keymap.keys("delete"), keymap.keys("hand")) == (("W",), ("Del", "X"), ())
    assert QwenSettings().options() == QwenOptions(
        negative_prompt="blurry, dark", steps=20, cfg=2.5, cfg_normalize=False, resolution=1024,
        language=Language.CHINESE, preset="fast", model=Path("/data/weights"), gguf=Path("/data/weights/denoiser.gguf"),
        lora=Path("/data/some.safetensors"), lora_scale=0.75, device="cuda:1", names=False, tidy=True,
    )  # fmt: skip


def test_it_is_carried_over_once_and_never_over_what_is_set(qapp):
    keep({"view.theme": "system"})
    carry_over(old())
    assert current().view.theme == "system"
    assert not current().view.pixel_grid
    keep({"view.pixel_grid": None, "keys.move": None})
    carry_over(old())
    assert current().view.pixel_grid
    assert "move" not in current().keys


def test_what_cannot_be_is_left_behind(qapp, tmp_path):
    (tmp_path / "old.ini").write_text("[view]\ntheme=plaid\nrulers=true\n[window]\ngeometry=a b\n[export]\nfolder=\n")
    carry_over(QSettings(str(tmp_path / "old.ini"), QSettings.Format.IniFormat))
    assert current().view.theme == "dark"
    assert current().view.rulers


@pytest.mark.parametrize("gone", [False, True])
def test_the_mirror_moves_from_the_keys_file_to_the_settings(qapp, gone):
    config_folder().mkdir(parents=True, exist_ok=True)
    access.path().write_text('{"mirror": "http://mirror", "token": "secret"}')
    assert access.load() == access.Access("http://mirror", "secret")
    carry_over(old())
    assert access.load() == access.Access("http://mirror", "secret")
    assert json.loads(access.path().read_text()) == {"token": "secret"}
    if gone:
        access.save(access.Access("", "secret"))
        assert access.load() == access.Access("", "secret")


def test_the_window_is_painted_before_the_typed_settings_are_loaded(tmp_path):
    """Loading them takes as long as half of all the rest."""
    code = (
        "import sys\nfrom gui.app import make_application\napp = make_application()\n"
        "from gui.shell.main_window import MainWindow\nfrom gui.look import theme\nwindow = MainWindow()\n"
        "print('pydantic' in sys.modules, theme.choice(), window.width())"
    )
    window = QMainWindow()
    window.resize(703, 602)
    geometry = bytes(window.saveGeometry().toBase64().data()).decode()
    kept = {"carried": True, "view": {"theme": "light"}, "window": {"geometry": geometry}}
    (tmp_path / "settings.json").write_text(json.dumps(kept))
    environment = {**os.environ, "UNFLATTEN_CONFIG": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "light", "703"], done.stderr


@pytest.mark.parametrize("text", ["", "{", "[]", '{"view": {"theme": ["x"]}, "window": {"geometry": "\\ud800 no"}}'])
def test_a_first_paint_over_damaged_settings(qtbot, text):
    config_folder().mkdir(parents=True, exist_ok=True)
    (config_folder() / "settings.json").write_text(text)
    assert theme.choice() == "dark"
    qtbot.addWidget(MainWindow())
