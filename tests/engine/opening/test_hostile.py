"""Malformed and hostile layered files: refused with one sentence, never a crash, a hang or a full memory."""

import io
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.document import Document, Group, Layer, Recolor, Transform
from engine.errors import InputError
from engine.opening.layered import open_layered
from export.registry import ExportOptions, export
from tests.export.documents import picture

ROOT = Path(__file__).parents[3]
HEADER = struct.Struct(">4sH6xHIIHH")


def small_document() -> Document:
    inside = Group((Layer(picture(9, 8, 1, "soft"), 3, 2, "商品", recolor=Recolor(hue=40)),), "group")
    turned = Layer(picture(8, 8, 2), 10, 4, "turned", transform=Transform(0.8, 0.8, 20))
    return Document(24, 16, (Layer(picture(24, 16, 0), name="paper"), inside, turned))


def psd_with(tmp_path: Path, width: int, height: int, layers: bytes = b"", version: int = 1) -> Path:
    wide = ">I" if version == 1 else ">Q"
    header = HEADER.pack(b"8BPS", version, 3, height, width, 8, 3)
    path = tmp_path / "a.psd"
    path.write_bytes(header + bytes(8) + struct.pack(wide, len(layers)) + layers + b"\0\0" + bytes(64))
    return path


def record(rect: tuple[int, int, int, int], lengths: list[int]) -> bytes:
    channels = b"".join(struct.pack(">hI", i, n) for i, n in enumerate(lengths))
    return struct.pack(">4iH", *rect, len(lengths)) + channels + b"8BIMnorm\xff\0\0\0" + struct.pack(">I", 0)


def layer_section(records: list[bytes], data: bytes = b"") -> bytes:
    info = struct.pack(">h", len(records)) + b"".join(records) + data
    return struct.pack(">I", len(info)) + info + bytes(4)


@pytest.mark.parametrize(("width", "height"), [(2**31, 2**31), (2**31, 1), (0, 0), (30000, 30000), (2**32 - 1, 1)])
def test_impossible_sizes(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(InputError):
        open_layered(psd_with(tmp_path, width, height))


def test_ten_thousand_layers(tmp_path: Path) -> None:
    records = [record((0, 0, 0, 0), [2, 2, 2])] * 10_000
    with pytest.raises(InputError, match="10,000 layers"):
        open_layered(psd_with(tmp_path, 8, 8, layer_section(records, bytes(60_000))))


def test_layer_larger_than_its_data(tmp_path: Path) -> None:
    section = layer_section([record((0, 0, 30_000, 30_000), [8, 8, 8])], bytes(24))
    with pytest.raises(InputError, match="claims more pixels"):
        open_layered(psd_with(tmp_path, 8, 8, section))


@pytest.mark.parametrize("rect", [(0, 0, -5, 5), (-(2**31), 0, 2**31 - 1, 5), (5, 5, 0, 0)])
def test_impossible_rectangles(tmp_path: Path, rect: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError):
        open_layered(psd_with(tmp_path, 8, 8, layer_section([record(rect, [2, 2, 2])], bytes(6))))


@pytest.mark.parametrize("length", [0, 1, 25, 26, 30, 34, 60, 200, 1000])
def test_cut_short(tmp_path: Path, length: int) -> None:
    export(small_document(), tmp_path / "good.psd", "psd")
    (tmp_path / "a.psd").write_bytes((tmp_path / "good.psd").read_bytes()[:length])
    with pytest.raises(InputError):
        open_layered(tmp_path / "a.psd")


def test_something_else_with_that_name(tmp_path: Path) -> None:
    for suffix in (".psd", ".psb", ".ora"):
        path = tmp_path / f"a{suffix}"
        path.write_text("This is a letter.")
        with pytest.raises(InputError):
            open_layered(path)


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def ora_with(tmp_path: Path, stack: bytes | str, **entries: bytes) -> Path:
    path = tmp_path / "a.ora"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", stack)
        archive.writestr("mergedimage.png", png(picture(8, 8, 0)))
        for name, data in entries.items():
            archive.writestr(f"data/{name}.png", data)
    return path


def stack(inner: str, size: str = 'w="8" h="8"') -> str:
    return f"<image {size}><stack>{inner}</stack></image>"


def test_good_archive_opens(tmp_path: Path) -> None:
    path = ora_with(tmp_path, stack('<layer src="data/a.png" x="2"/>'), a=png(picture(4, 4, 1)))
    assert open_layered(path).document.layers()[0].left == 2


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + stack("&b;"),
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + stack('<layer name="&a;"/>'),
        stack("<stack>" * 5000 + "</stack>" * 5000),
        stack('<layer src="../../etc/passwd"/>'),
        stack('<layer src="/etc/passwd"/>'),
        stack('<layer src="data/missing.png"/>'),
        stack('<layer src="data/a.png" x="1e400"/>'),
        stack('<layer src="data/a.png" opacity="nan-ish"/>'),
        stack("", 'w="2147483648" h="2147483648"'),
        stack("", 'w="-8" h="-8"'),
        stack("", ""),
        stack('<layer src="data/a.png"/>' * 10_000),
        "not xml",
        "",
    ],
    ids=range(14),
)
def test_hostile_stacks(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        open_layered(ora_with(tmp_path, text, a=png(picture(4, 4, 1))))


def test_zip_bomb(tmp_path: Path) -> None:
    path = ora_with(tmp_path, stack('<layer src="data/bomb.png"/>'), bomb=bytes(200 << 20))
    with pytest.raises(InputError, match="claims more data"):
        open_layered(path)


def test_picture_bomb(tmp_path: Path) -> None:
    bomb = Image.new("1", (16_000, 16_000))
    out = io.BytesIO()
    bomb.save(out, "PNG")
    path = ora_with(tmp_path, stack('<layer src="data/bomb.png"/>'), bomb=out.getvalue())
    with pytest.raises(InputError, match="claims more pixels"):
        open_layered(path)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux' limits on memory and time")
def test_two_thousand_damaged_files(tmp_path: Path) -> None:
    export(small_document(), tmp_path / "rle.psd", "psd")
    export(small_document(), tmp_path / "zip.psd", "psd", ExportOptions(compression="zip"))
    export(small_document(), tmp_path / "large.psb", "psd")
    export(small_document(), tmp_path / "a.ora", "ora")
    command = [sys.executable, "-m", "tests.export.mutate", str(tmp_path), "0", "2000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-1500:]}"
    assert 200 < int(done.stdout) < 2000
