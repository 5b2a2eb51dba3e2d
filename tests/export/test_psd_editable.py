"""What stays editable in Photoshop: recolouring, scaling, rotation and masks; and the same edits baked."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from engine.document import Document, Layer, Mask, Pixels, Recolor, Transform
from engine.imaging.compositing import composite, render_layer
from export.registry import ExportOptions, export

from .documents import picture
from .readers import read

EDITS: dict[str, dict[str, object]] = {
    "hue": {"recolor": Recolor(hue=120, saturation=20, lightness=-10)},
    "tint": {"recolor": Recolor(colorize=(20, 90, 200), strength=0.8)},
    "both": {"recolor": Recolor(hue=-40, colorize=(200, 60, 10), strength=0.5)},
    "scaled": {"transform": Transform(0.5, 0.75, 0, 10, -4)},
    "larger": {"transform": Transform(1.6, 1.6)},
    "turned": {"transform": Transform(0.8, 0.8, 30, 5, 5)},
    "flipped": {"transform": Transform(-1, 1, 90)},
    "masked": {"mask": Mask(np.tile(np.arange(100, dtype=np.uint8) * 2, (80, 1)))},
    "masked and turned": {"mask": Mask(np.full((80, 100), 128, np.uint8)), "transform": Transform(1.2, 0.9, -20)},
}


def document(**edit: object) -> Document:
    smooth = picture(100, 80, 3, "soft")
    smooth[..., :3] = (215, 100, 40)
    smooth[:40, :, 1] = 160
    nodes = (
        Layer(np.full((120, 160, 4), 240, np.uint8) | np.array([0, 0, 0, 255], np.uint8), name="paper"),
        Layer(smooth, 30, 20, name="cut-out", **edit),  # type: ignore[arg-type]
    )
    return Document(160, 120, nodes)


def off(a: Pixels, b: Pixels) -> float:
    return float(np.abs(a[..., :3] * (a[..., 3:] / 255.0) - b[..., :3] * (b[..., 3:] / 255.0)).max())


@pytest.fixture(params=EDITS)
def edited(request: pytest.FixtureRequest) -> Document:
    return document(**EDITS[request.param])


@pytest.mark.parametrize("editable", [True, False])
def test_the_merged_image_shows_the_edit(tmp_path: Path, edited: Document, editable: bool) -> None:
    export(edited, tmp_path / "a.psd", "psd", ExportOptions(editable=editable))
    reading = read("psd-tools", tmp_path / "a.psd")
    assert off(reading.extra["stored"], composite(edited)) <= 1


@pytest.mark.parametrize("reader", ["psd-tools", "psdparse"])
def test_readers_that_know_adjustments_show_the_edit(tmp_path: Path, edited: Document, reader: str) -> None:
    """Both render Hue/Saturation and fills; under partial alpha one errs with the one, the other with the other."""
    export(edited, tmp_path / "a.psd", "psd", ExportOptions(editable=True))
    reading = read(reader, tmp_path / "a.psd")
    assert reading.composite is not None
    recolor = edited.layers()[1].recolor
    errs = recolor.colorize is not None if reader == "psd-tools" else bool(recolor.hue)
    got, expected = reading.composite, composite(edited)
    if errs:
        inside = edited.layers()[1].pixels[..., 3] == 255
        got, expected = got[20:100, 30:130][inside][None], expected[20:100, 30:130][inside][None]
    assert off(got, expected) <= 3


def test_baked_pixels_are_final(tmp_path: Path, edited: Document) -> None:
    export(edited, tmp_path / "a.psd", "psd", ExportOptions(editable=False))
    reading = read("PhotoshopAPI", tmp_path / "a.psd")
    assert [x.name for x in reading.layers] == ["paper", "cut-out"]
    got, shown = reading.layers[1], render_layer(edited.layers()[1])
    assert got.pixels is not None
    canvas = np.zeros((2, 400, 400, 4), np.uint8)
    canvas[0, got.top + 100 :, got.left + 100 :][: got.pixels.shape[0], : got.pixels.shape[1]] = got.pixels
    canvas[1, shown.top + 100 :, shown.left + 100 :][: shown.pixels.shape[0], : shown.pixels.shape[1]] = shown.pixels
    canvas[canvas[..., 3] == 0] = 0
    np.testing.assert_array_equal(canvas[0], canvas[1])


@pytest.mark.parametrize("edit", ["hue", "tint", "both"])
def test_recoloured_pixels_stay_untouched(tmp_path: Path, edit: str) -> None:
    doc = document(**EDITS[edit])
    export(doc, tmp_path / "a.psd", "psd")
    reading = read("psd-tools", tmp_path / "a.psd")
    found, layer = reading.named("cut-out"), doc.layers()[1]
    assert found.pixels is not None
    inner = layer.pixels[found.top - 20 :, found.left - 30 :][: found.pixels.shape[0], : found.pixels.shape[1]]
    seen = inner[..., 3] > 0
    np.testing.assert_array_equal(found.pixels[seen], inner[seen])
    above = [x for x in reading.extra["psd"] if x.kind in ("huesaturation", "solidcolorfill")]
    assert [x.kind for x in above] == {
        "hue": ["huesaturation"],
        "tint": ["solidcolorfill"],
        "both": ["huesaturation", "solidcolorfill"],
    }[edit]
    assert all(x.clipping for x in above)


def test_hue_saturation_holds_the_numbers(tmp_path: Path) -> None:
    export(document(**EDITS["hue"]), tmp_path / "a.psd", "psd")
    told = read("ag-psd", tmp_path / "a.psd").extra["layers"][2]
    master = told["adjustment"]["master"]
    assert (master["hue"], master["saturation"], master["lightness"]) == (120, 20, -10)
    assert told["clipping"]


def test_solid_colour_holds_the_colour(tmp_path: Path) -> None:
    export(document(**EDITS["tint"]), tmp_path / "a.psd", "psd")
    told = read("ag-psd", tmp_path / "a.psd").extra["layers"][2]
    assert told["fill"]["color"] == {"r": 20, "g": 90, "b": 200}
    assert (told["clipping"], told["blend"], told["opacity"]) == (True, "color", 204)


@pytest.mark.parametrize("edit", ["scaled", "larger", "turned", "flipped", "masked and turned"])
def test_smart_object_embeds_the_original_pixels(tmp_path: Path, edit: str) -> None:
    from psd_tools import PSDImage

    doc = document(**EDITS[edit])
    export(doc, tmp_path / "a.psd", "psd")
    reading = read("psd-tools", tmp_path / "a.psd")
    layer = reading.extra["psd"][1]
    assert layer.kind == "smartobject"
    inner = PSDImage.open(BytesIO(layer.smart_object.data))
    original = doc.layers()[1].pixels
    assert inner.size == (100, 80)
    pixels = np.zeros_like(original)
    only = inner[0]
    pixels[only.top : only.bottom, only.left : only.right] = np.asarray(only.topil(apply_icc=False))
    seen = original[..., 3] > 0
    np.testing.assert_array_equal(pixels[seen], original[seen])
    told = read("ag-psd", tmp_path / "a.psd").extra
    assert told["layers"][1]["placed"]["width"] == 100
    assert [name for name, *_ in told["linked"]] == ["cut-out.psd"]


def test_smart_object_corners_are_where_the_pixels_are(tmp_path: Path) -> None:
    export(document(transform=Transform(0.5, 0.5, 0, 10, 0)), tmp_path / "a.psd", "psd")
    placed = read("ag-psd", tmp_path / "a.psd").extra["layers"][1]["placed"]
    assert placed["transform"] == [65, 40, 115, 40, 115, 80, 65, 80]


def test_copies_share_one_embedded_file(tmp_path: Path) -> None:
    doc = document(transform=Transform(0.5, 0.5))
    twin = Layer(doc.layers()[1].pixels, 60, 60, name="twin", transform=Transform(0.3, 0.3))
    export(doc.with_siblings(None, (*doc.nodes, twin)), tmp_path / "a.psd", "psd")
    told = read("ag-psd", tmp_path / "a.psd").extra
    assert len(told["linked"]) == 1
    assert told["layers"][1]["placed"]["id"] == told["layers"][2]["placed"]["id"]


def test_mask_stays_a_mask(tmp_path: Path) -> None:
    doc = document(**EDITS["masked"])
    export(doc, tmp_path / "a.psd", "psd")
    layer = read("psd-tools", tmp_path / "a.psd").extra["psd"][1]
    assert layer.mask is not None
    assert layer.mask.bbox == (30, 20, 130, 100)
    np.testing.assert_array_equal(np.asarray(layer.mask.topil()), np.asarray(doc.layers()[1].mask.pixels))  # type: ignore[union-attr]


@pytest.mark.parametrize("edit", EDITS)
def test_large_document_format_holds_the_same(tmp_path: Path, edit: str) -> None:
    doc = document(**EDITS[edit])
    export(doc, tmp_path / "a.psb", "psd")
    reading = read("psd-tools", tmp_path / "a.psb")
    assert off(reading.extra["stored"], composite(doc)) <= 1
    kinds = [x.kind for x in reading.extra["psd"]]
    assert ("smartobject" in kinds) == ("transform" in EDITS[edit])
