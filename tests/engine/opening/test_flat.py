"""Opening images: what a designer's files hold comes out right, and bad files get one clear sentence."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from engine.document import Pixels
from engine.errors import InputError
from engine.opening.flat import Opened, open_bytes, open_image

ROOT = Path(__file__).parents[3]
HEIC = Path(__file__).parent / "plain.heic"
RNG = np.random.default_rng(5)
RGB = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
RGBA = np.dstack([RGB, RNG.integers(1, 256, (20, 30), dtype=np.uint8)])


def save(path, image, **options):
    image.save(path, **options)
    return path


def original(opened: Opened) -> Pixels:
    assert opened.document.original is not None
    return opened.document.original


def pixels_of(path) -> Pixels:
    return original(open_image(path))


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "bmp", "tga", "psd_"])
def test_lossless_formats_give_the_same_bytes(tmp_path, suffix):
    if suffix == "psd_":
        from psd_tools import PSDImage

        path = tmp_path / "a.psd"
        PSDImage.frompil(Image.fromarray(RGB)).save(path)
    else:
        path = save(tmp_path / f"a.{suffix}", Image.fromarray(RGB), **({"lossless": True} if suffix == "webp" else {}))
    got = pixels_of(path)
    assert got.shape == (20, 30, 4)
    assert np.array_equal(got[..., :3], RGB)
    assert (got[..., 3] == 255).all()


@pytest.mark.parametrize("suffix", ["jpg", "avif", "jp2"])
def test_lossy_formats_open(tmp_path, suffix):
    flat = Image.new("RGB", (64, 48), (200, 60, 30))
    got = pixels_of(save(tmp_path / f"a.{suffix}", flat))
    assert got.shape == (48, 64, 4)
    assert np.abs(got[..., :3].astype(int) - (200, 60, 30)).max() <= 6


def test_heic_opens():
    got = pixels_of(HEIC)  # made by an iPhone's kind of encoder; our reader has none
    assert got.shape == (48, 64, 4)
    assert np.abs(got[..., :3].astype(int) - (200, 60, 30)).max() <= 6


def without(package: str, path: Path) -> str:
    """What opening `path` says in a process where `package` is not installed."""
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from engine.errors import InputError\nfrom engine.opening.layered import open_layered\n"
        f"try: print(open_layered({str(path)!r}).document.width)\nexcept InputError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_its_reader_a_heic_file_says_what_is_missing_and_others_open(tmp_path):
    assert without("pi_heif", save(tmp_path / "a.png", Image.fromarray(RGB))) == "30"
    assert without("pi_heif", HEIC).startswith("plain.heic cannot be read without the package pi-heif;")


def test_without_psd_tools_a_psd_is_not_called_damaged(tmp_path):
    from psd_tools import PSDImage

    PSDImage.frompil(Image.fromarray(RGB)).save(tmp_path / "a.psd")
    assert "without the package psd-tools" in without("psd_tools", tmp_path / "a.psd")


def test_alpha_survives(tmp_path):
    assert np.array_equal(pixels_of(save(tmp_path / "a.png", Image.fromarray(RGBA))), RGBA)


def test_palette_with_transparency(tmp_path):
    image = Image.new("P", (4, 2), 1)
    image.putpalette([0, 0, 0, 250, 120, 10])
    image.putpixel((0, 0), 0)
    got = pixels_of(save(tmp_path / "a.png", image, transparency=0))
    assert got[0, 0, 3] == 0
    assert got[1, 1].tolist() == [250, 120, 10, 255]


def test_greyscale_and_sixteen_bit_grey(tmp_path):
    grey = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(3, 0)
    opened = open_image(save(tmp_path / "a.png", Image.fromarray(grey)))
    assert np.array_equal(original(opened)[0, :, 0], np.arange(256))
    assert any("8 bits" in str(note) for note in opened.notes)
    assert pixels_of(save(tmp_path / "b.png", Image.fromarray(grey.astype(np.uint8)).convert("LA"))).shape == (
        3,
        256,
        4,
    )


def test_sixteen_bit_colour_is_reduced_and_said(tmp_path):
    raw = b"".join(b"\0" + struct.pack(">6H", 65535, 32896, 0, 257, 514, 771) for _ in range(3))
    chunks = [(b"IHDR", struct.pack(">2I5B", 2, 3, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
    )
    (tmp_path / "a.png").write_bytes(data)
    opened = open_image(tmp_path / "a.png")
    assert original(opened)[0].tolist() == [[255, 128, 0, 255], [1, 2, 3, 255]]
    assert any("8 bits" in str(note) for note in opened.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    image = Image.new("RGB", (40, 20), "white")
    image.paste((255, 0, 0), (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    got = pixels_of(save(tmp_path / "a.png", image, exif=exif))
    corner = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}[
        orientation
    ]
    assert got.shape[:2] == ((20, 40) if orientation < 5 else (40, 20))
    assert got[corner].tolist() == [255, 0, 0, 255]


def test_icc_profile_and_dpi_are_kept(tmp_path):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    document = open_image(save(tmp_path / "a.png", Image.fromarray(RGB), icc_profile=icc, dpi=(300, 300))).document
    assert document.icc == icc
    assert "sRGB" in document.icc_name
    assert [round(v) for v in document.dpi] == [300, 300]
    assert document.source == tmp_path / "a.png"


def test_cmyk_is_converted_once_and_said(tmp_path):
    opened = open_image(save(tmp_path / "a.tif", Image.new("CMYK", (9, 9), (0, 255, 255, 0))))
    assert original(opened)[0, 0].tolist() == [255, 0, 0, 255]
    assert "CMYK" in str(opened.notes[0])


def test_damaged_profile_is_said_and_ignored(tmp_path):
    opened = open_image(save(tmp_path / "a.png", Image.fromarray(RGB), icc_profile=b"not a profile"))
    assert opened.document.icc is None
    assert "profile" in str(opened.notes[0])


def test_psd_transparency_is_not_matted(tmp_path):
    from psd_tools import PSDImage

    psd = PSDImage.new("RGBA", (30, 20))
    layer = psd.create_pixel_layer(Image.fromarray(RGBA), name="a")
    assert layer
    path = tmp_path / "a.psd"
    psd.save(path)
    assert pixels_of(path).shape == (20, 30, 4)


def test_animation_opens_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (8, 8), c) for c in ("red", "blue")]
    opened = open_image(save(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:]))
    assert original(opened)[0, 0, :3].tolist() == [255, 0, 0]
    assert "2 frames" in str(opened.notes[0])


def test_one_pixel(tmp_path):
    assert pixels_of(save(tmp_path / "a.png", Image.new("RGB", (1, 1), "red"))).tolist() == [[[255, 0, 0, 255]]]


def refused(path) -> str:
    with pytest.raises(InputError) as caught:
        open_image(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_bad_paths(tmp_path):
    assert "does not exist" in refused(tmp_path / "none.png")
    assert "folder" in refused(tmp_path)
    assert "name" in refused(str(tmp_path / "a\0.png"))
    assert refused(tmp_path / ("n" * 300))
    (tmp_path / "empty.png").touch()
    assert "empty" in refused(tmp_path / "empty.png")
    if sys.platform == "linux":
        assert "not a file" in refused("/dev/zero")


def test_text_renamed_to_png(tmp_path):
    (tmp_path / "a.png").write_text("hello " * 50)
    assert "not an image" in refused(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "tif", "bmp", "psd"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_truncated_files(tmp_path, suffix, keep):
    big = Image.fromarray(RNG.integers(0, 256, (200, 200, 3), dtype=np.uint8))
    path = tmp_path / f"a.{suffix}"
    if suffix == "psd":
        from psd_tools import PSDImage

        PSDImage.frompil(big).save(path)
    else:
        save(path, big)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert refused(path)


def test_decompression_bomb_is_refused_from_its_header(tmp_path):
    header = struct.pack(">2I5B", 40_000, 40_000, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + header
        + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    )
    (tmp_path / "a.png").write_bytes(data + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND")))
    assert "1,600 megapixels" in refused(tmp_path / "a.png")


def test_the_limit_can_be_raised(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", Image.new("RGB", (200, 100)))
    monkeypatch.setenv("UNFLATTEN_MAX_MEGAPIXELS", "0.01")
    assert "limit" in refused(path)
    monkeypatch.setenv("UNFLATTEN_MAX_MEGAPIXELS", "1")
    assert pixels_of(path).shape == (100, 200, 4)


def test_zero_pixels(tmp_path):
    (tmp_path / "a.bmp").write_bytes(
        b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 0, 0, 1, 24, 0, 0, 0, 0, 0, 0)
    )
    assert refused(tmp_path / "a.bmp")


def test_pasted_bytes():
    buffer = io.BytesIO()
    Image.fromarray(RGBA).save(buffer, "PNG")
    assert np.array_equal(open_bytes(buffer.getvalue()).document.original, RGBA)
