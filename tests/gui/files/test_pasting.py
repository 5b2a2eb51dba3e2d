"""The clipboard, out and in: pictures keep alpha, colours and resolution, and land where a hand expects them."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColorSpace, QGuiApplication
from PySide6.QtWidgets import QMessageBox

from engine.document import Document, Group, Layer
from export.registry import ExportOptions
from gui.files.pasting import Pasted, corner_of, place_in
from tests.gui.documents import block, poster
from tests.nodes import with_everything

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def put_png(pixels: np.ndarray, **saved) -> None:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", **saved)
    mime = QMimeData()
    mime.setData("image/png", out.getvalue())
    QGuiApplication.clipboard().setMimeData(mime)


def paste(window, qtbot) -> Layer | Group:
    before = window.session.document
    window.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: window.session.document is not before and not window.files.running, timeout=10_000)
    return window.session.document.find(window.session.current)


def faint() -> np.ndarray:
    pixels = block(40, 20, (255, 0, 0), 3)
    pixels[:, 20:] = (0, 80, 255, 128)
    return pixels


def test_a_copied_layer_is_a_png_with_alpha_profile_and_resolution(window):
    layer = Layer(faint(), 5, 5, id="a")
    window.session.open(Document(100, 60, (layer,), dpi=(300, 300), icc=PROFILE, icc_name="x"))
    window.session.select(["a"])
    window.actions_by_id["copy"].trigger()
    mime = QGuiApplication.clipboard().mimeData()
    with Image.open(io.BytesIO(bytes(mime.data("image/png").data()))) as image:
        assert np.array_equal(np.asarray(image)[..., 3], layer.pixels[..., 3])
        assert np.abs(np.asarray(image)[:, 20:].astype(int) - layer.pixels[:, 20:]).max() <= 1
        assert image.info["icc_profile"] == PROFILE
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert QGuiApplication.clipboard().image().colorSpace().isValid()


def test_a_png_of_another_program_keeps_every_pixel(window, qtbot):
    window.session.open(poster())
    put_png(faint())
    assert np.array_equal(paste(window, qtbot).pixels, faint())


def test_a_picture_with_another_profile_is_converted_to_the_documents(window, qtbot):
    window.session.open(poster())
    wide = bytes(QColorSpace(QColorSpace.NamedColorSpace.AdobeRgb).iccProfile().data())
    put_png(block(8, 8, (200, 60, 40)), icc_profile=wide)
    pasted = paste(window, qtbot)
    assert pasted.pixels[4, 4, 0] > 215, "the same numbers are a stronger red in the wider space"
    assert pasted.pixels[4, 4, 3] == 255


def test_a_pasted_layer_goes_right_above_the_current_one_in_the_middle_of_the_view(window, qtbot):
    window.session.open(poster())
    window.session.select(["hills"])
    window.canvas.actual_size()
    window.canvas.zoom_in()
    put_png(block(20, 10))
    x, y = window.canvas.visible_centre()
    pasted = paste(window, qtbot)
    assert window.session.document.place_of(pasted.id) == ("land", 1)
    assert abs(pasted.left + 10 - x) <= 1
    assert abs(pasted.top + 5 - y) <= 1


def test_a_picture_of_the_pages_size_lies_on_the_page_though_the_view_is_exact_to_a_screens_pixel_only():
    document = poster()
    width, height = document.width, document.height
    pasted = Pasted(Layer(block(width, height)), width, height)
    assert corner_of(pasted, document, None, (width / 2 + 0.9, height / 2 - 0.9)) == (0, 0)
    smaller = Pasted(Layer(block(10, 10)), 10, 10)
    assert corner_of(smaller, document, None, (20, 30)) == (15, 25)


def test_nothing_is_pasted_into_a_locked_group(window, qtbot):
    window.session.open(poster())
    window.session.select(["land"])
    window.actions_by_id["lock"].trigger()
    window.session.select(["hills"])
    put_png(block(20, 10))
    pasted = paste(window, qtbot)
    assert window.session.document.place_of(pasted.id) == (None, 2)


def test_a_copied_file_becomes_a_layer_and_a_layered_one_a_group(window, card, tmp_path, qtbot):
    window.session.open(poster())
    window.files.export(tmp_path / "stack.psd", "psd", ExportOptions())
    qtbot.waitUntil(lambda: not window.files.running, timeout=10_000)
    for path, kind in ((card, Layer), (tmp_path / "stack.psd", Group)):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        QGuiApplication.clipboard().setMimeData(mime)
        pasted = paste(window, qtbot)
        assert isinstance(pasted, kind)
        assert pasted.name == path.stem
    assert [n.name for n in window.session.document.nodes] == ["Sky", "Land", "Sun", "Head", "card", "stack"]
    assert [n.name for n in pasted.children] == ["Sky", "Land", "Sun", "Head"]


def test_a_damaged_picture_on_the_clipboard_is_refused_and_the_document_stays(window, qtbot):
    window.session.open(poster())
    mime = QMimeData()
    mime.setData("image/png", b"\x89PNG\r\n\x1a\nnothing")
    QGuiApplication.clipboard().setMimeData(mime)
    before = window.session.document
    window.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=5000)
    box = window.findChildren(QMessageBox)[-1]
    assert "Pasted image" in box.text()
    box.accept()
    assert window.session.document is before


def test_what_a_pasted_group_holds_moves_with_it():
    group = Group(with_everything(poster()).nodes, id="pasted")
    placed = place_in(Document(9, 9), [Pasted(group, 9, 9)], None, [(30, -4)])
    moved, before = placed.find("levels"), group.children[1]
    assert (moved.mask.left, moved.mask.top) == (before.mask.left + 30, before.mask.top - 4)
    assert moved.mask.pixels is before.mask.pixels
    assert placed.find("paint").mask is None
