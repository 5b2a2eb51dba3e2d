"""Files that were exported come back as the documents they were; other programs' files come in as far as they can."""

from pathlib import Path

import numpy as np
import pytest

from engine.document import BlendMode, Document, Group, Layer, LayerKind, Recolor
from engine.errors import InputError
from engine.imaging.compositing import composite, render_layer
from engine.opening.layered import open_layered
from export.registry import ExportOptions, export

from .documents import full_document, picture
from .test_psd_editable import EDITS
from .test_psd_editable import document as edited_document
from .test_psd_readers import on_field, premultiplied


def assert_same(got: Document, expected: Document, told: set[str]) -> None:
    assert (got.width, got.height) == (expected.width, expected.height)
    assert got.dpi == pytest.approx(expected.dpi, abs=0.01)
    for a, b in zip(got.walk(), expected.walk(), strict=True):
        assert (type(a), a.name, a.visible, a.blend_mode) == (type(b), b.name, b.visible, b.blend_mode)
        assert abs(a.opacity - b.opacity) < 1 / 255
        assert not {"locked"} & told or a.locked == b.locked or isinstance(a, Group)
        if isinstance(a, Layer) and isinstance(b, Layer):
            shown, wanted = render_layer(a), render_layer(b)
            field = on_field(shown.pixels, shown.left, shown.top, expected)
            assert np.array_equal(field, on_field(wanted.pixels, wanted.left, wanted.top, expected)), b.name
            assert "kind" not in told or a.kind == b.kind
    off = np.abs(premultiplied(composite(got)) - premultiplied(composite(expected)))
    assert off.max() <= 2  # opacity is stored in 255 steps


@pytest.mark.parametrize("bottom", ["opaque", "ramp"])
@pytest.mark.parametrize(("name", "compression"), [("a.psd", "rle"), ("a.psd", "zip"), ("a.psb", "rle")])
def test_psd(tmp_path: Path, name: str, compression: str, bottom: str) -> None:
    document = full_document(bottom)
    export(document, tmp_path / name, "psd", ExportOptions(compression=compression))  # type: ignore[arg-type]
    opened = open_layered(tmp_path / name)
    assert opened.notes == ()
    assert_same(opened.document, document, {"locked", "kind"})
    assert opened.document.original is not None
    assert opened.document.source == tmp_path / name


@pytest.mark.parametrize("bottom", ["opaque", "ramp"])
def test_openraster(tmp_path: Path, bottom: str) -> None:
    document = full_document(bottom)
    export(document, tmp_path / "a.ora", "ora")
    opened = open_layered(tmp_path / "a.ora")
    assert opened.notes == ()
    assert_same(opened.document, document, {"locked"})


@pytest.mark.parametrize("edit", ["hue", "tint", "both", "masked"])
def test_recolouring_and_masks_come_back_editable(tmp_path: Path, edit: str) -> None:
    document = edited_document(**EDITS[edit])
    export(document, tmp_path / "a.psd", "psd")
    opened = open_layered(tmp_path / "a.psd")
    assert_same(opened.document, document, set())
    got, expected = opened.document.layers()[1], document.layers()[1]
    assert (got.mask is None) == (expected.mask is None)
    assert (got.recolor.hue, got.recolor.colorize) == (expected.recolor.hue, expected.recolor.colorize)


def test_recoloured_background_comes_back(tmp_path: Path) -> None:
    paper = Layer(picture(40, 30, 0), name="paper", kind=LayerKind.BACKGROUND, recolor=Recolor(hue=90))
    document = Document(40, 30, (paper,))
    export(document, tmp_path / "a.psd", "psd")
    assert_same(open_layered(tmp_path / "a.psd").document, document, {"kind"})


def test_clipped_layer_keeps_its_look(tmp_path: Path) -> None:
    from PIL import Image
    from psd_tools import PSDImage

    psd = PSDImage.new("RGBA", (100, 80))
    psd.create_pixel_layer(Image.fromarray(picture(60, 60, 1, "soft")), "base", left=10, top=10)
    top = psd.create_pixel_layer(Image.new("RGBA", (50, 50), (255, 0, 0, 255)), "stripe", left=30, top=20)
    top.clipping = True
    top.blend_mode = top.blend_mode.__class__(b"vLit")
    psd.save(tmp_path / "a.psd")
    opened = open_layered(tmp_path / "a.psd")
    base, stripe = opened.document.layers()
    assert stripe.mask is not None
    assert stripe.mask.pixels[0, 0] == base.pixels[10, 20, 3]
    assert stripe.blend_mode is BlendMode.NORMAL
    assert any("Vivid Light" in str(note) for note in opened.notes)
    assert any("clipped" in str(note) for note in opened.notes)


def test_flat_images_open_as_one_layer(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(picture(8, 6, 0)).save(tmp_path / "a.png")
    assert len(open_layered(tmp_path / "a.png").document.layers()) == 1
    with pytest.raises(InputError, match="does not exist"):
        open_layered(tmp_path / "b.psd")


def test_one_layer_of_a_file_can_be_changed_and_saved_back(tmp_path: Path) -> None:
    export(full_document(), tmp_path / "a.psd", "psd")
    opened = open_layered(tmp_path / "a.psd").document
    moved = opened.map_nodes(lambda n: n if n.name != "one pixel" else Layer(n.pixels, 3, 4, "moved"))  # type: ignore[union-attr]
    export(moved, tmp_path / "a.psd", "psd", ExportOptions(overwrite=True))
    assert_same(open_layered(tmp_path / "a.psd").document, moved, set())
