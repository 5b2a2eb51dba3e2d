"""A real window over a small flat design."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QSettings

from gui import theme


@pytest.fixture(autouse=True)
def fresh_settings(qapp):
    qapp.setApplicationName("Unflatten")
    qapp.setOrganizationName("Unflatten")
    QSettings().clear()
    theme.apply(qapp)


@pytest.fixture
def card(tmp_path) -> Path:
    """A red disc and a blue bar on cream, 480 x 320."""
    image = Image.new("RGB", (480, 320), (250, 244, 230))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 60, 220, 220), fill=(214, 40, 57))
    draw.rectangle((260, 200, 440, 250), fill=(29, 53, 135))
    path = tmp_path / "card.png"
    image.save(path)
    return path


@pytest.fixture
def window(qtbot):
    from gui.main_window import MainWindow

    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    qtbot.waitUntil(lambda: window.ready)
    yield window
    window.session.stack.setClean()
    window.close()


@pytest.fixture
def opened(window, card, qtbot):
    """The window with the card open."""
    window.files.open_path(card)
    qtbot.waitUntil(lambda: window.session.is_open, timeout=10_000)
    return window


@pytest.fixture
def separated(opened, qtbot):
    """The window with the card taken apart: a background, the disc and the bar."""
    opened.decompose.button.click()
    qtbot.waitUntil(lambda: not opened.controller.running, timeout=60_000)
    return opened
