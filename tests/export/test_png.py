"""The PNG stack: what a designer finds in the folder."""

import json
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image, ImageCms

from engine.document import Document, Layer
from engine.errors import Cancelled, OutputError
from engine.imaging.compositing import composite
from export.registry import ExportOptions, export

from .documents import full_document, picture, plain_document


def restacked(folder: Path, width: int, height: int) -> np.ndarray:
    """The plain layers of a stack drawn over each other by `layers.json` alone (Normal blending)."""
    told = json.loads((folder / "layers.json").read_text("utf-8"))
    canvas = Image.new("RGBA", (width, height))
    for entry in told["layers"]:
        image = Image.open(folder / entry["file"])
        assert image.size == (entry["width"], entry["height"])
        if entry["visible"]:
            image.putalpha(image.getchannel("A").point(lambda a, o=entry["opacity"]: round(a * o)))
            sheet = Image.new("RGBA", (width, height))
            sheet.paste(image, (entry["left"], entry["top"]))
            canvas.alpha_composite(sheet)
    return np.asarray(canvas)


def two_layers() -> Document:
    nodes = (
        Layer(picture(64, 48, 0), name="Background"),
        Layer(picture(20, 20, 1, "soft"), 50, -5, name="ball", opacity=0.5),
    )
    return Document(64, 48, nodes, dpi=(144.0, 144.0))


@pytest.mark.parametrize("trim", [False, True])
def test_stack_gives_the_picture_back(tmp_path: Path, trim: bool) -> None:
    paths = export(two_layers(), tmp_path / "out", "png", ExportOptions(trim=trim))
    assert [p.name for p in paths] == ["00-Background.png", "01-ball.png", "layers.json"]
    assert all(p.exists() for p in paths)
    off = restacked(tmp_path / "out", 64, 48).astype(int) - composite(two_layers())
    assert np.abs(off).max() <= 1
    with Image.open(paths[1]) as ball:
        assert ball.size == ((20, 20) if trim else (64, 48)) or trim
        assert ball.info["dpi"] == pytest.approx((144, 144), abs=0.1)
        assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(_stream(ball.info["icc_profile"])))


def _stream(data: bytes):
    from io import BytesIO

    return BytesIO(data)


def test_listing_tells_everything(tmp_path: Path) -> None:
    export(full_document(), tmp_path / "out", "png")
    told = json.loads((tmp_path / "out" / "layers.json").read_text("utf-8"))
    assert (told["width"], told["height"], told["dpi"]) == (320, 240, [300.0, 300.0])
    assert [e["order"] for e in told["layers"]] == list(range(len(told["layers"])))
    assert [e["name"] for e in told["layers"]] == [x.name for x in full_document().layers()]
    groups = {g["id"]: g["name"] for g in told["groups"]}
    half = next(e for e in told["layers"] if e["name"] == "half off")
    assert (half["opacity"], half["locked"], half["kind"], groups[half["group"]]) == (0.5, True, "text", "グループ é")
    multiply = next(e for e in told["layers"] if e["name"].startswith("商品"))
    assert multiply["blend_mode"] == "multiply"
    assert next(e for e in told["layers"] if e["name"] == "hidden")["visible"] is False


@pytest.mark.parametrize("name", ["🎨" * 300, "a/b", "nul\0", "CON", "مرحبا", "..", "x" * 300, ""])
def test_any_layer_name(tmp_path: Path, name: str) -> None:
    document = Document(8, 8, (Layer(picture(8, 8, 0), name=name),))
    png, listing = export(document, tmp_path / "out", "png")
    assert png.parent == listing.parent == tmp_path / "out"
    assert png.exists()
    assert json.loads(listing.read_text("utf-8"))["layers"][0]["name"] == name


def test_empty_and_outside_layers(tmp_path: Path) -> None:
    layers = (
        Layer(np.zeros((4, 4, 4), np.uint8), name="clear"),
        Layer(np.zeros((0, 0, 4), np.uint8), name="none"),
        Layer(picture(4, 4, 0), 100, 100, name="outside"),
    )
    for trim in (False, True):
        paths = export(Document(8, 8, layers), tmp_path / f"out{trim}", "png", ExportOptions(trim=trim))
        assert len(paths) == 4


def test_no_layers(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no layers"):
        export(Document(8, 8), tmp_path / "out", "png")
    assert list(tmp_path.iterdir()) == []


def test_cancelled_leaves_nothing(tmp_path: Path) -> None:
    cancelled = Event()

    def report(fraction: float) -> None:
        if fraction > 0:
            cancelled.set()

    with pytest.raises(Cancelled):
        export(plain_document(), tmp_path / "out", "png", report=report, cancelled=cancelled)
    assert list(tmp_path.iterdir()) == []


def test_colour_is_bled_under_the_edge(tmp_path: Path) -> None:
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[8:12, 8:12] = (200, 40, 10, 255)
    export(Document(20, 20, (Layer(pixels),)), tmp_path / "out", "png")
    with Image.open(tmp_path / "out" / "00-Layer.png") as image:
        got = np.asarray(image)
    np.testing.assert_array_equal(got[..., 3], pixels[..., 3])
    assert tuple(got[5, 10, :3]) == (200, 40, 10)
    assert tuple(got[0, 0, :3]) == (0, 0, 0)
