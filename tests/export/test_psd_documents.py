"""PSD files of unusual documents, what they say about themselves, and when a PSD becomes a PSB."""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from engine.document import Document, Group, Layer, LayerKind, Pixels
from engine.errors import OutputError
from engine.imaging.compositing import composite
from export.metadata import srgb_profile
from export.psd import writer
from export.registry import ExportOptions, export, notes

from .documents import picture, plain_document
from .readers import read


def written(document: Document, folder: Path, **options: object) -> Path:
    return export(document, folder / "a.psd", "psd", ExportOptions(**options))[0]  # type: ignore[arg-type]


def one(pixels: Pixels, left: int = 0, top: int = 0, **fields: object) -> Document:
    return Document(32, 24, (Layer(pixels, left, top, **fields),))  # type: ignore[arg-type]


UNUSUAL = {
    "1 x 1": Document(1, 1, (Layer(picture(1, 1, 0)),)),
    "one pixel wide": Document(1, 300, (Layer(picture(1, 300, 0, "ramp")),)),
    "only groups": Document(32, 24, (Group((Group(name="inner"),), name="outer"),)),
    "empty layer": one(np.zeros((0, 0, 4), np.uint8)),
    "clear layer": one(np.zeros((9, 9, 4), np.uint8), 3, 3),
    "wholly outside": one(picture(9, 9, 0), 5000, -7000),
    "far larger than the canvas": one(picture(900, 700, 0), -400, -300),
    "300 layers": Document(32, 24, tuple(Layer(picture(5, 4, i), i % 30, i % 20, f"layer {i}") for i in range(300))),
    "deep groups": Document(32, 24, (Layer(picture(4, 4, 0)),)),
}
for depth in range(20):
    UNUSUAL["deep groups"] = Document(32, 24, (Group(UNUSUAL["deep groups"].nodes, name=f"group {depth}"),))


@pytest.mark.parametrize("reader", ["psd-tools", "psdparse", "PhotoshopAPI", "ag-psd"])
@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_documents_open(tmp_path: Path, name: str, reader: str) -> None:
    document = UNUSUAL[name]
    for compression in ("rle", "zip"):
        reading = read(reader, written(document, tmp_path, compression=compression, overwrite=True))
        expected = [n.name for n in document.walk()]
        got = [x.name for x in reading.layers]
        assert sorted(got) == sorted(expected)
        if reader == "psdparse":
            assert reading.composite is not None
            off = reading.composite.astype(int) - composite(document)
            assert np.abs(off[composite(document)[..., 3] > 0]).max(initial=0) <= 2


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("x" * 300, "x" * 255),
        ("🎨" * 300, "🎨" * 127),
        ("a\0b", "a b"),
        ("\ud800", "?"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("", ""),
        ("a/b:c", "a/b:c"),
    ],
)
def test_any_layer_name(tmp_path: Path, name: str, kept: str) -> None:
    path = written(one(picture(4, 4, 0), name=name), tmp_path)
    assert [x.name for x in read("psd-tools", path).layers] == [kept]
    assert read("ag-psd", path).layers[0].name == kept


def test_background_is_one_only_where_it_can_be(tmp_path: Path) -> None:
    full = picture(32, 24, 0)
    cases = [
        (one(full), True),
        (one(full, name="locked", locked=True), True),
        (one(full, opacity=0.9), False),
        (one(full, 1, 0), False),
        (one(full, visible=False), False),
        (one(picture(32, 24, 0, "ramp")), False),
    ]
    for document, fixed in cases:
        path = written(document, tmp_path, overwrite=True)
        assert struct.unpack(">H", path.read_bytes()[12:14])[0] == (3 if fixed else 4)
        layer = read("psd-tools", path).extra["psd"][0]
        assert (layer.topil().mode == "RGB") == fixed


def test_original_is_a_hidden_bottom_layer(tmp_path: Path) -> None:
    flat = picture(32, 24, 9)
    document = Document(32, 24, (Layer(picture(32, 24, 0), name="paper"),), original=flat)
    reading = read("psd-tools", written(document, tmp_path, include_original=True))
    assert [(x.name, x.visible) for x in reading.layers] == [("Original", False), ("paper", True)]
    assert reading.layers[0].pixels is not None
    np.testing.assert_array_equal(reading.layers[0].pixels, flat)


def test_boxes_are_tight(tmp_path: Path) -> None:
    pixels = np.zeros((100, 120, 4), np.uint8)
    pixels[40:50, 30:60] = (10, 20, 30, 200)
    path = written(Document(120, 100, (Layer(pixels, 5, 6),)), tmp_path)
    layer = read("psd-tools", path).extra["psd"][0]
    assert layer.bbox == (35, 46, 65, 56)


def test_colour_under_the_edge_is_bled_and_visible_colour_kept(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    y, x = np.mgrid[0:40, 0:40]
    inside = np.hypot(x - 20, y - 20) < 12
    pixels[inside] = (200, 40, 10, 255)
    pixels[(np.hypot(x - 20, y - 20) < 13) & ~inside] = (200, 40, 10, 60)
    found = read("psd-tools", written(Document(40, 40, (Layer(pixels),)), tmp_path)).layers[0]
    assert found.pixels is not None
    corner = found.pixels[0, found.pixels.shape[1] // 2 - 8]
    assert corner[3] == 0
    assert tuple(corner[:3]) == (200, 40, 10)


def test_profile_resolution_and_metadata(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    document = Document(
        32, 24, (Layer(picture(32, 24, 0)),), dpi=(240.0, 240.0), icc=profile, source=Path("Käse & <Brot>.jpg")
    )
    path = written(document, tmp_path, caption="Two & three")
    told = read("ag-psd", path).extra
    assert told["resolution"]["horizontalResolution"] == 240
    for part in ("Käse &amp; &lt;Brot&gt;", "Unflatten", "Two &amp; three"):
        assert part in told["xmp"]
    assert read("psdparse", path).extra["icc"] == profile
    assert told["thumbnail"]


def test_srgb_is_embedded_where_the_document_has_no_profile(tmp_path: Path) -> None:
    with Image.open(written(one(picture(4, 4, 0)), tmp_path)) as image:
        assert image.info["icc_profile"] == srgb_profile()


def test_thumbnail_is_the_picture(tmp_path: Path) -> None:
    from psd_tools import PSDImage
    from psd_tools.constants import Resource

    document = plain_document("ramp")
    psd = PSDImage.open(written(document, tmp_path))
    small = psd.image_resources.get_data(Resource.THUMBNAIL_RESOURCE)
    assert (small.width, small.height) == (160, 120)
    with Image.open(BytesIO(small.data)) as image:
        got = np.asarray(image, np.float32)
    flat = composite(document).astype(np.float32)
    white = flat[..., :3] * flat[..., 3:] / 255 + 255 - flat[..., 3:]
    expected = white.reshape(120, 2, 160, 2, 3).mean(axis=(1, 3))
    assert np.abs(got - expected).mean() < 8


def test_labels_by_kind(tmp_path: Path) -> None:
    kinds = tuple(Layer(picture(4, 4, 0), name=str(k), kind=k) for k in LayerKind)
    psd = read("psd-tools", written(Document(8, 8, kinds), tmp_path)).extra["psd"]
    colours = [x.sheet_color.name for x in psd]
    assert len(set(colours)) == len(kinds)


def test_ids_are_unique(tmp_path: Path) -> None:
    psd = read("psd-tools", written(plain_document(), tmp_path)).extra["psd"]
    ids = [x.layer_id for x in psd.descendants()]
    assert len(set(ids)) == len(ids)
    assert min(ids) > 0


def test_wide_documents_become_large_ones(tmp_path: Path) -> None:
    document = Document(30_001, 2, (Layer(picture(30_001, 2, 0)),))
    (note,) = notes(document, tmp_path / "a.psd", "psd", ExportOptions())
    assert "a.psb" in str(note)
    path = written(document, tmp_path)
    assert path.name == "a.psb"
    assert path.read_bytes()[4:6] == b"\0\2"
    reading = read("psdparse", path)
    assert reading.composite is not None
    assert np.array_equal(reading.composite, composite(document))


def test_heavy_documents_become_large_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = plain_document()
    plain = written(document, tmp_path).stat().st_size
    monkeypatch.setattr(writer, "PSD_LIMIT_BYTES", plain // 2)
    (note,) = notes(document, tmp_path / "b.psd", "psd", ExportOptions())
    assert "2 GB" in str(note)
    assert export(document, tmp_path / "b.psd", "psd")[0].name == "b.psb"


def test_a_psd_that_grows_too_large_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PSD_END", 1000)
    path = written(plain_document(), tmp_path)
    assert path.name == "a.psb"
    assert [p.name for p in tmp_path.iterdir()] == ["a.psb"]
    assert len(read("psd-tools", path).layers) == 5


def test_estimate_is_near_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PSD_LIMIT_BYTES", 1)  # judged by sampling, as large documents are
    document = plain_document()
    size = export(document, tmp_path / "a.psb", "psd")[0].stat().st_size
    assert 0.9 * size < writer.estimated_bytes(document, ExportOptions()) < 2 * size


def test_too_large_for_any_photoshop_document(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="300,000"):
        written(Document(300_001, 1, (Layer(picture(1, 1, 0)),)), tmp_path)
