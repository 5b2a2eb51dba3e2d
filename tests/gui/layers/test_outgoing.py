"""Rows dragged to another program are PNG files with alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engine.document import Document, Layer, Transform
from engine.editing import edits
from gui.document.session import DocumentSession
from gui.layers.model import MIME, LayerModel
from gui.layers.outgoing import LayerMime, write_files
from tests.gui.documents import block, poster


def test_a_drag_offers_files_and_writes_them_only_when_asked(qapp):
    session = DocumentSession()
    session.open(poster())
    model = LayerModel(session)
    rows = model.mimeData([model.index_of("sun")])
    mime = LayerMime(rows, session.document, ["sun"])
    assert mime.hasUrls()
    assert not mime.written, "nothing is written while the cursor only passes over"
    assert model.dragged(mime) == ["sun"]
    [url] = mime.urls()
    assert Path(url.toLocalFile()).name.endswith("Sun.png")
    with Image.open(url.toLocalFile()) as image:
        assert image.size == (50, 50)
        assert image.mode == "RGBA"
        assert image.getpixel((25, 25)) == (255, 200, 60, 255)
    assert mime.urls() == [url], "asked twice, written once"
    assert MIME in mime.formats()


def test_hidden_moved_and_half_opaque_layers_look_as_they_do_alone(tmp_path):
    pixels = block(40, 20).copy()
    pixels[:, 20:, 3] = 0
    layer = Layer(pixels, id="a", name="a/b", visible=False, opacity=0.5, transform=Transform(scale_x=2, dx=900.5))
    [path] = write_files(Document(100, 100, (layer,)), ["a"], tmp_path)
    assert path.parent == tmp_path
    with Image.open(path) as opened:
        image = np.asarray(opened)
    assert abs(image.shape[1] - 41) <= 2
    assert image[10, 20, 3] == 128


def test_a_group_is_one_picture_and_nothing_visible_is_no_file(tmp_path):
    document = poster()
    [path] = write_files(document, ["head"], tmp_path)
    with Image.open(path) as image:
        assert image.size == (200, 40)
    empty = edits.set_fields(document, ["sun"], opacity=0.0)
    assert write_files(empty, ["sun"], tmp_path) == []


def test_equal_names_do_not_overwrite_each_other(tmp_path):
    document, copies = edits.duplicate(poster(), ["sun"])
    document = edits.rename(document, copies[0], "Sun")
    assert len({*write_files(document, ["sun", *copies], tmp_path)}) == 2


def test_rows_dropped_on_the_own_window_are_no_new_image(opened):
    from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
    from PySide6.QtGui import QDragEnterEvent
    from PySide6.QtWidgets import QApplication

    def taken(mime: QMimeData) -> bool:
        event = QDragEnterEvent(
            QPointF(300, 300), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(opened, event)
        return event.isAccepted()

    model = opened.layers.model
    [node] = opened.session.document.nodes
    rows = LayerMime(model.mimeData([model.index_of(node.id)]), opened.session.document, [node.id])
    assert not taken(rows)
    foreign = QMimeData()
    foreign.setUrls([QUrl.fromLocalFile("/tmp/a.png")])
    assert taken(foreign)
