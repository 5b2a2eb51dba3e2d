"""Documents with every plain feature, written by us and opened in every PSD reader that is installed here."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.document import BlendMode, Document, Group, Layer, Pixels
from engine.imaging.compositing import composite, render_layer
from export.registry import ExportOptions, export

from .documents import full_document, plain_document
from .readers import READERS, Found, Reading, read

QUICK = ["psd-tools", "psdparse", "PhotoshopAPI", "ag-psd"]
KINDS = ["opaque-rle", "ramp-rle", "opaque-zip", "ramp-zip", "psb"]
# Programs that take seconds to start read one file of each sort that could trip them; GIMP 2.10 reads no PSB.
EXACT = [(reader, kind) for reader in QUICK for kind in KINDS] + [
    ("GIMP", "opaque-zip"),
    ("Krita", "psb"),
]
PLAIN = [(r, b) for r in ("psd-tools", "psdparse", "GIMP") for b in ("opaque", "ramp")] + [("Krita", "ramp")]
# GIMP and Krita have their own formulas for some blend modes and groups; on the plain document they must agree.
COMPOSITE_WITHIN = {"psd-tools": 2, "psdparse": 2}
PLAIN_COMPOSITE_WITHIN = {"psd-tools": 2, "psdparse": 2, "GIMP": 2, "Krita": 4}
MARGIN = 300


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("psd")
    made = {}
    for bottom in ("opaque", "ramp"):
        for compression in ("rle", "zip"):
            target = folder / f"{bottom}-{compression}.psd"
            export(full_document(bottom), target, "psd", ExportOptions(compression=compression))
            made[f"{bottom}-{compression}"] = target
    export(full_document("opaque"), folder / "large.psb", "psd", ExportOptions())
    return {**made, "psb": folder / "large.psb"}


def on_field(pixels: Pixels, left: int, top: int, document: Document) -> Pixels:
    """A layer on a field wider than the canvas, nothing where alpha is 0: equal whatever box a reader trims to."""
    out = np.zeros((document.height + 2 * MARGIN, document.width + 2 * MARGIN, 4), np.uint8)
    out[top + MARGIN : top + MARGIN + pixels.shape[0], left + MARGIN : left + MARGIN + pixels.shape[1]] = pixels
    out[out[..., 3] == 0] = 0
    return out


def premultiplied(pixels: Pixels) -> np.ndarray:
    return pixels[..., :3] * (pixels[..., 3:] / 255.0)


def check_layer(found: Found, layer: Layer, document: Document, masked: bool = True) -> None:
    """`masked`: the reader gives pixels with the layer's mask applied."""
    assert found.pixels is not None
    shown = render_layer(layer if masked else replace(layer, mask=None))
    expected = on_field(shown.pixels, shown.left, shown.top, document)
    assert np.array_equal(on_field(found.pixels, found.left, found.top, document), expected), layer.name


def check_fields(found: Found, node: Layer | Group, parent: str | None, told: set[str]) -> None:
    if isinstance(node, Layer):
        told = told | ({"opacity"} if "layer opacity" in told else set())
    expected = {"opacity": round(node.opacity * 255), "visible": node.visible, "group": parent}
    got = {key: getattr(found, key) for key in expected if key in told}
    assert got == {key: value for key, value in expected.items() if key in told}, node.name


def parents(document: Document) -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for node in document.walk():
        parent, _ = document.place_of(node.id)
        found = document.find(parent) if parent else None
        out[node.id] = found.name if found else None
    return out


def check(reading: Reading, document: Document, reader: str) -> None:
    told = {
        "psd-tools": {"opacity", "visible", "group"},
        "psdparse": {"opacity"},
        "PhotoshopAPI": {"opacity", "visible", "group"},
        "ag-psd": {"opacity", "visible", "group"},
        "GIMP": {"opacity", "visible", "group"},
        "Krita": {"layer opacity", "visible", "group"},  # its ORA export drops groups' opacity
    }[reader]
    owner = parents(document)
    assert [x.name for x in reading.layers if not x.is_group] == [x.name for x in document.layers()]
    for node in document.walk():
        found = reading.named(node.name)
        check_fields(found, node, owner[node.id], told)
        if isinstance(node, Layer):
            check_layer(found, node, document, masked=reader == "Krita")
    if reader in COMPOSITE_WITHIN:
        assert reading.composite is not None
        off = np.abs(premultiplied(reading.composite) - premultiplied(composite(document)))
        assert off.max() <= COMPOSITE_WITHIN[reader]


@pytest.mark.parametrize(("reader", "kind"), EXACT)
def test_layers_are_exact(files: dict[str, Path], kind: str, reader: str) -> None:
    document = full_document("ramp" if kind.startswith("ramp") else "opaque")
    check(read(reader, files[kind]), document, reader)


@pytest.mark.parametrize(("reader", "bottom"), PLAIN)
def test_their_composite_is_ours(tmp_path: Path, bottom: str, reader: str) -> None:
    export(plain_document(bottom), tmp_path / "plain.psd", "psd")
    reading = read(reader, tmp_path / "plain.psd")
    assert reading.composite is not None
    off = np.abs(premultiplied(reading.composite) - premultiplied(composite(plain_document(bottom))))
    assert off.max() <= PLAIN_COMPOSITE_WITHIN[reader]


@pytest.mark.parametrize("kind", ["opaque-rle", "ramp-zip"])
def test_image_magick_sees_places_pixels_and_preview(files: dict[str, Path], kind: str) -> None:
    reading = read("ImageMagick", files[kind])
    document = full_document("ramp" if kind.startswith("ramp") else "opaque")
    solid = [x for x in document.layers() if x.opacity == 1 and x.visible and x.mask is None]
    boxes = {(x.left, x.top) for x in reading.layers}
    assert {(x.left, x.top) for x in solid if x.pixels[0, 0, 3]} <= boxes
    assert reading.composite is not None
    off = np.abs(premultiplied(reading.composite) - premultiplied(composite(document)))
    assert off.max() <= 2


@pytest.mark.parametrize("kind", ["opaque-rle", "ramp-rle"])
def test_blend_modes_by_name(files: dict[str, Path], kind: str) -> None:
    reading = read("psd-tools", files[kind])
    for mode in BlendMode:
        if mode not in (BlendMode.NORMAL, BlendMode.PASS_THROUGH):
            assert reading.named(f"blend {mode}").blend == mode
    assert reading.named("outer").blend == "pass-through"
    assert reading.named("inner").blend == "normal"


def test_every_reader_is_asked() -> None:
    assert {reader for reader, _ in EXACT} | {"ImageMagick"} == set(READERS)


def test_stored_preview_is_the_composite(files: dict[str, Path]) -> None:
    """Programs that know no layers (file managers, viewers) show the stored picture."""
    for bottom in ("opaque", "ramp"):
        stored = read("psd-tools", files[f"{bottom}-rle"]).extra["stored"]
        off = np.abs(premultiplied(stored) - premultiplied(composite(full_document(bottom))))
        assert off.max() <= 1


def test_plain_document_in_pillow(tmp_path: Path) -> None:
    from PIL import Image

    export(plain_document(), tmp_path / "a.psd", "psd")
    with Image.open(tmp_path / "a.psd") as image:
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), composite(plain_document())[..., :3])
