"""A real window over a small flat design."""

import asyncio
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine import log
from engine.decomposer import Request
from engine.opening.flat import open_image
from engine.pipeline import decompose
from engine.settings_file import config_folder
from gui import jobs
from gui.look import theme
from gui.tasks import close_loop, loop
from tests.gui.documents import poster


@pytest.fixture(autouse=True)
def flow(qapp):
    """The window's loop rides on Qt's, as in the program, so that waiting with qtbot drives it.

    After the test it is taken off, and nothing may be left running on it or in a job's thread.
    """
    faults = []

    def note(made, context):
        faults.append(context)
        log.asyncio_fault(made, context)

    loop().set_exception_handler(note)
    yield faults
    until = time.monotonic() + 5
    while (asyncio.all_tasks(loop()) or jobs.threads()) and time.monotonic() < until:
        qapp.processEvents()
        jobs.wait(0.01)
    left = [task.get_name() for task in asyncio.all_tasks(loop())] + [thread.name for thread in jobs.threads()]
    close_loop()
    assert not left, "left running"
    assert not faults, "a task ended with an exception that nobody foresaw"


@pytest.fixture(scope="session", autouse=True)
def clipboard_given_back(qapp):
    """Take our data off the clipboard at the end: Qt would delete it after Python is gone, which ends in a crash."""
    yield
    QGuiApplication.clipboard().clear()


@pytest.fixture(autouse=True)
def fresh_settings(qapp):
    qapp.setApplicationName("Unflatten")
    qapp.setOrganizationName("Unflatten")
    QSettings().clear()
    shutil.rmtree(config_folder(), ignore_errors=True)
    theme.apply(qapp)


def draw_card(path: Path) -> Path:
    """A red disc and a blue bar on cream, 480 x 320."""
    image = Image.new("RGB", (480, 320), (250, 244, 230))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 60, 220, 220), fill=(214, 40, 57))
    draw.rectangle((260, 200, 440, 250), fill=(29, 53, 135))
    image.save(path)
    return path


@pytest.fixture
def card(tmp_path) -> Path:
    return draw_card(tmp_path / "card.png")


@pytest.fixture
def window(qtbot):
    from gui.shell.main_window import MainWindow

    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    qtbot.waitUntil(lambda: window.ready)
    yield window
    window.session.stack.setClean()
    window.close()


@pytest.fixture
def full(window):
    """The window, active, with the poster open, its boat selected and the keyboard on the canvas."""
    window.session.open(poster())
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    window.session.select(["boat"])
    window.canvas.setFocus()
    return window


@pytest.fixture
def opened(window, card, qtbot):
    """The window with the card open."""
    window.files.open_path(card)
    qtbot.waitUntil(lambda: window.session.is_open, timeout=10_000)
    return window


@pytest.fixture(scope="session")
def card_layers(tmp_path_factory):
    """The card's layers as the built-in engine makes them: a background, the disc and the bar."""
    document = open_image(draw_card(tmp_path_factory.mktemp("card") / "card.png")).document
    return decompose(document, Request(document.original, "builtin")).document.nodes


@pytest.fixture
def separated(opened, card_layers):
    """The window with the card taken apart."""
    opened.session.apply("Decompose", lambda document: replace(document, nodes=card_layers), select=())
    return opened
