"""OpenRaster files: by the specification, and as Krita and GIMP open them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.document import Document
from engine.imaging.compositing import composite
from export.registry import export

from .documents import full_document, plain_document
from .readers import Reading, gimp, krita, missing, open_raster
from .test_psd_readers import check_layer, parents, premultiplied


def test_the_archive_is_as_specified(tmp_path: Path) -> None:
    export(plain_document(), tmp_path / "a.ora", "ora")
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        with Image.open(archive.open("Thumbnails/thumbnail.png")) as small:
            assert max(small.size) <= 256
        assert archive.testzip() is None


@pytest.mark.parametrize("bottom", ["opaque", "ramp"])
def test_layers_and_merged_image(tmp_path: Path, bottom: str) -> None:
    document = full_document(bottom)
    export(document, tmp_path / "a.ora", "ora")
    reading = open_raster(tmp_path / "a.ora")
    check(reading, document)
    assert reading.composite is not None
    assert np.abs(premultiplied(reading.composite) - premultiplied(composite(document))).max() <= 1
    assert reading.extra["xres"] == "300"
    assert reading.named("blend color-dodge").blend == "svg:color-dodge"


def check(reading: Reading, document: Document) -> None:
    owner = parents(document)
    assert [x.name for x in reading.layers if not x.is_group] == [x.name for x in document.layers()]
    for node in document.walk():
        found = reading.named(node.name)
        assert (found.visible, found.group) == (node.visible, owner[node.id])
        assert abs((found.opacity or 0) - node.opacity * 255) <= 0.6
    for layer in document.layers():
        check_layer(reading.named(layer.name), layer, document)


def test_krita_opens_it(tmp_path: Path) -> None:
    if reason := missing("Krita"):
        pytest.skip(reason)
    document = plain_document("ramp")
    export(document, tmp_path / "a.ora", "ora")
    reading = krita(tmp_path / "a.ora", tmp_path)
    check(reading, document)
    assert reading.composite is not None
    assert np.abs(premultiplied(reading.composite) - premultiplied(composite(document))).max() <= 4


def test_gimp_opens_it(tmp_path: Path) -> None:
    if reason := missing("GIMP"):
        pytest.skip(reason)
    folders = [Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib")]
    if not any(True for f in folders for _ in f.glob("**/gimp/*/plug-ins/*openraster*")):
        pytest.skip("this GIMP has no OpenRaster plug-in (Debian leaves it out)")
    document = plain_document("ramp")
    export(document, tmp_path / "a.ora", "ora")
    check(gimp(tmp_path / "a.ora", tmp_path), document)
