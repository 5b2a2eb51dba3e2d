"""Slides: every layer a picture of its own, in its place."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.document import BlendMode, Document, Layer, Transform
from engine.imaging.compositing import composite, render_layer
from export.registry import ExportOptions, export, notes

from .documents import picture, plain_document


def slide_document() -> Document:
    nodes = (
        Layer(picture(400, 240, 0), name="Background"),
        Layer(picture(90, 60, 1, "soft"), 30, 20, name="商品 🎨", opacity=0.5, transform=Transform(2, 2, 30)),
        Layer(picture(50, 50, 2), 380, 220, name="over the edge"),
        Layer(picture(40, 40, 3), 10, 180, name="hidden", visible=False),
    )
    return Document(400, 240, nodes, dpi=(100.0, 100.0))


def test_places_sizes_and_names(tmp_path: Path) -> None:
    from pptx import Presentation

    document = slide_document()
    export(document, tmp_path / "a.pptx", "pptx")
    deck = Presentation(str(tmp_path / "a.pptx"))
    scale = deck.slide_width / document.width
    assert deck.slide_width / deck.slide_height == pytest.approx(400 / 240, rel=1e-4)
    assert deck.slide_width == 4 * 914400
    shapes = list(deck.slides[0].shapes)
    assert [s.name for s in shapes] == [x.name for x in document.layers()]
    for shape, layer in zip(shapes, document.layers(), strict=True):
        image = np.asarray(Image.open(BytesIO(shape.image.blob)))
        raster = render_layer(layer)
        assert image.shape[0] == pytest.approx(shape.height / scale, abs=0.01)
        assert image.shape[1] == pytest.approx(shape.width / scale, abs=0.01)
        assert raster.left - 1 <= shape.left / scale <= raster.box[2]
    assert shapes[3].element.nvPicPr.cNvPr.get("hidden") == "1"


def test_blend_modes_are_mentioned() -> None:
    plain = slide_document()
    assert notes(plain, Path("a.pptx"), "pptx", ExportOptions()) == ()
    (note,) = notes(plain_document(), Path("a.pptx"), "pptx", ExportOptions())
    assert "multiply" in str(note)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (30000, 20), (10, 9000)])
def test_extreme_proportions_open(tmp_path: Path, width: int, height: int) -> None:
    from pptx import Presentation

    document = Document(width, height, (Layer(picture(1, 1, 0)),))
    export(document, tmp_path / "a.pptx", "pptx")
    deck = Presentation(str(tmp_path / "a.pptx"))
    assert min(deck.slide_width, deck.slide_height) >= 914400
    assert max(deck.slide_width, deck.slide_height) <= 56 * 914400


@pytest.mark.slow
def test_libreoffice_shows_the_picture(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice Impress is not installed")
    document = slide_document()
    assert all(x.blend_mode is BlendMode.NORMAL for x in document.layers())
    export(document, tmp_path / "a.pptx", "pptx")
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/home", "--headless", "--convert-to", "png"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(tmp_path / "a.pptx")], check=True, timeout=170)
    with Image.open(tmp_path / "a.png") as shown:
        small = np.asarray(shown.convert("RGB").resize((100, 60), Image.Resampling.BOX), np.float32)
    expected = Image.fromarray(composite(document)).convert("RGB").resize((100, 60), Image.Resampling.BOX)
    assert np.abs(small - np.asarray(expected, np.float32)).mean() < 6
