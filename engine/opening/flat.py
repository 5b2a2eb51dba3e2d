"""Open an image safely: orientation, colour profile, bit depth, CMYK and size limits; the source's metadata is kept."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from engine.cancel import Check, HearingFile, never
from engine.document import Document, Layer, LayerKind, Pixels, frozen
from engine.errors import Cancelled, InputError
from engine.file_keys import FIXED_POINT, PSD_HEADER, PSD_SIGNATURE, Compression, Resource
from engine.opening.formats import FORMATS, READABLE
from engine.opening.limits import check_size, max_megapixels
from engine.words import Message, note, said

HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""ISO/IEC 23008-12, annex B and clause 10: the brands of still pictures and sequences."""
PACKAGES = {"pi_heif": "pi-heif", "psd_tools": "psd-tools"}
"""Readers by the name that they are imported by -> the name that pip knows."""

DPI = 72.0
"""Pixels per inch where a file says nothing."""
MIN_DPI, MAX_DPI = 1.0, 30_000.0
LONGEST_PATH, LONGEST_REASON = 200, 120
"""Characters within a sentence."""

# Our own limit, checked against the header before anything is decoded, replaces Pillow's warning.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """An opened image: its document, and what had to be changed to open it."""

    document: Document
    notes: tuple[Message, ...] = ()


def open_image(path: Path | str, limit_megapixels: float | None = None, check: Check = never) -> Opened:
    """Open a file as a document of one layer.

    Raises InputError, one sentence, for anything that cannot be opened, and Cancelled soon after `check` does.
    """
    path = Path(path)
    data = _checked(path)
    with data:
        opened = _decode(data, path.name, limit_megapixels or max_megapixels(), check)
    return replace(opened, document=replace(opened.document, source=path))


def open_bytes(data: bytes, name: str = "", limit_megapixels: float | None = None, check: Check = never) -> Opened:
    """Open an encoded image from memory (clipboard, drag). Raises InputError as `open_image` does."""
    return _decode(io.BytesIO(data), name or said("opening.pasted"), limit_megapixels or max_megapixels(), check)


def from_pixels(
    pixels: Pixels, dpi: tuple[float, float] = (DPI, DPI), icc: bytes | None = None, icc_name: str = "sRGB"
) -> Document:
    """A document of one layer from uint8 H x W x 4 straight RGBA."""
    original = frozen(pixels)
    h, w = original.shape[:2]
    layer = Layer(original, name="Image", kind=LayerKind.BACKGROUND)
    return Document(w, h, (layer,), dpi=dpi, icc=icc, icc_name=icc_name, original=original)


def _checked(path: Path) -> IO[bytes]:
    """The file, open for reading, or one sentence that says why not."""
    try:
        if path.is_dir():
            raise InputError("opening.is-folder", path=str(path))
        if not path.exists():
            raise InputError("opening.not-there", path=str(path))
        if not path.is_file():
            raise InputError("opening.no-file", path=str(path))
        if path.stat().st_size == 0:
            raise InputError("opening.empty", path=str(path))
        return path.open("rb")
    except PermissionError:
        raise InputError("opening.no-permission", path=str(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or note("opening.bad-name")
        raise InputError("opening.cannot-open", path=repr(str(path)[:LONGEST_PATH]), reason=reason) from None


def lacking(error: ImportError, name: str) -> InputError:
    """The error for a file whose reader is not installed: a missing package is not a damaged picture."""
    package = PACKAGES.get((error.name or "").partition(".")[0], error.name or "?")
    return InputError("opening.needs-package", name=name, package=package)


def _decode(data: IO[bytes], name: str, limit: float, check: Check) -> Opened:
    magic = data.read(4)
    data.seek(0)
    try:
        return (_decode_psd if magic == PSD_SIGNATURE else _decode_pillow)(data, name, limit, check)
    except (InputError, Cancelled):
        raise
    except UnidentifiedImageError:
        raise InputError("opening.unknown-kind", name=name, readable=READABLE) from None
    except MemoryError:
        raise InputError("opening.out-of-memory", name=name) from None
    except ImportError as error:
        raise lacking(error, name) from error
    except Exception as error:  # decoders raise anything at all on damaged files
        raise InputError("opening.damaged-why", name=name, reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return text[:LONGEST_REASON].rstrip(".")


def _decode_pillow(data: IO[bytes], name: str, limit: float, check: Check) -> Opened:
    _use_optional_readers(data)
    hearing = cast(IO[bytes], HearingFile(data, check))
    with Image.open(hearing, formats=[f for f in FORMATS if f in Image.OPEN]) as image:
        check_size(*image.size, name, limit)
        notes: list[Message] = []
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format in ("GIF", "WEBP", "TIFF", "PNG", "AVIF"):
            notes.append(note("opening.first-frame", name=name, frames=frames))
        deep = _is_deep(image)
        dpi = _dpi(image.info.get("dpi"))
        icc = image.info.get("icc_profile")
        image.load()
        check()
        turned = ImageOps.exif_transpose(image)
        if turned is not image and turned.size != image.size:
            dpi = dpi[::-1]
        return _finish(turned, icc, dpi, deep, notes, check)


def _use_optional_readers(data: IO[bytes]) -> None:
    """Let packages add the formats that Pillow does not read. Raises ImportError only for a file that needs one."""
    Image.init()
    if "HEIF" in Image.OPEN:
        return
    try:
        from pi_heif import register_heif_opener
    except ImportError:
        if _is_heif(data):
            raise
    else:
        register_heif_opener()


def _is_heif(data: IO[bytes]) -> bool:
    """By its brand; AVIF has the same container and is Pillow's own."""
    head = data.read(12)
    data.seek(0)
    return head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS


def _is_deep(image: Image.Image) -> bool:
    """Whether the file holds more than 8 bits a channel (Pillow hides that for colour images)."""
    return image.mode.startswith(("I", "F")) or any(";16" in str(tile) for tile in getattr(image, "tile", ()))


def _dpi(value: Any) -> tuple[float, float]:
    try:
        x, y = (float(v) for v in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return DPI, DPI
    return (x, y) if all(math.isfinite(v) and MIN_DPI <= v <= MAX_DPI for v in (x, y)) else (DPI, DPI)


def _finish(
    image: Image.Image, icc: bytes | None, dpi: tuple[float, float], deep: bool, notes: list[Message], check: Check
) -> Opened:
    if deep:
        notes.append(note("opening.eight-bits"))
    check()
    image = _eight_bit(image)
    check()
    rgba, icc, icc_name = _to_rgb(image, icc, notes)
    check()
    return Opened(from_pixels(np.asarray(rgba), dpi, icc, icc_name), tuple(notes))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Modes of 16 bits and more to "L"; Pillow's own conversion would clip them."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image).astype(np.float64)
    if image.mode == "F":
        values = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0)
        top = 1.0 if values.max(initial=0) <= 1 else 255.0 if values.max() <= 255 else values.max()
    else:
        top = 65535.0 if values.max(initial=0) <= 65535 else float(2**31 - 1)
    return Image.fromarray(np.rint(np.clip(values / top, 0, 1) * 255).astype(np.uint8))


def _to_rgb(image: Image.Image, icc: bytes | None, notes: list[Message]) -> tuple[Image.Image, bytes | None, str]:
    """RGBA, the profile that its colours are in (None: sRGB) and that profile's name."""
    profile = _profile(icc, notes)
    if image.mode in ("CMYK", "LAB"):
        return _converted(image, profile, notes), None, "sRGB"
    if image.mode == "PA" or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode in ("L", "LA", "1") and profile is not None and _space(profile) == "GRAY":
        return _grey(image, profile), None, "sRGB"
    rgba = image.convert("RGBA")
    if profile is None or _space(profile) != "RGB":
        return rgba, None, "sRGB"
    return rgba, icc, _profile_name(profile)


def _profile(icc: bytes | None, notes: list[Message]) -> ImageCms.ImageCmsProfile | None:
    if not icc:
        return None
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(icc))
    except (OSError, ImageCms.PyCMSError):
        notes.append(note("opening.bad-profile"))
        return None


def _space(profile: ImageCms.ImageCmsProfile) -> str:
    return str(profile.profile.xcolor_space).strip().upper()


def _profile_name(profile: ImageCms.ImageCmsProfile) -> str:
    return " ".join(str(ImageCms.getProfileDescription(profile)).split())[:80] or "Unnamed profile"


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile | None, notes: list[Message]) -> Image.Image:
    """CMYK and Lab once to sRGB, through the embedded profile where there is one."""
    mode = image.mode
    if mode == "LAB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    elif profile is None or _space(profile) != "CMYK":
        notes.append(note("opening.cmyk-without-profile"))
        return image.convert("RGB").convert("RGBA")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    rgb = ImageCms.profileToProfile(image, profile, srgb, renderingIntent=intent, outputMode="RGB", flags=flags)
    notes.append(note("opening.was-lab" if mode == "LAB" else "opening.was-cmyk"))
    if rgb is None:
        raise InputError("opening.no-way-to-rgb")
    return rgb.convert("RGBA")


def _grey(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "LA" else None
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    rgb = ImageCms.profileToProfile(image.convert("L"), profile, srgb, outputMode="RGB")
    rgba = (rgb or image.convert("RGB")).convert("RGBA")
    if alpha is not None:
        rgba.putalpha(alpha)
    return rgba


def _decode_psd(data: IO[bytes], name: str, limit: float, check: Check) -> Opened:
    """The merged image of a PSD or PSB."""
    _, _, _, height, width, _, _ = PSD_HEADER.unpack(data.read(PSD_HEADER.size))
    data.seek(0)
    check_size(width, height, name, limit)
    from psd_tools import PSDImage
    from psd_tools.psd import PSD

    record: Any = PSD.read(data)
    psd: Any = PSDImage(record)
    notes: list[Message] = []
    if psd.has_preview():
        _check_merged(record, name)
    check()
    image = psd.topil(apply_icc=False) if psd.has_preview() else psd.composite(apply_icc=False)
    if image is None:
        raise InputError("opening.no-merged-image", name=name)
    resources: Callable[[Any], Any] = psd.image_resources.get_data
    resolution = resources(Resource.RESOLUTION)
    told = resolution and (resolution.horizontal / FIXED_POINT, resolution.vertical / FIXED_POINT)
    return _finish(image, resources(Resource.ICC_PROFILE), _dpi(told), psd.depth > 8, notes, check)


def _check_merged(record: Any, name: str) -> None:
    """Refuse merged image data that is cut short; psd-tools would fill the rest with black."""
    data, header = record.image_data, record.header
    rows = header.height * header.channels
    wanted = rows * ((header.width * header.depth + 7) // 8)
    if data.compression == Compression.RLE:
        width = 4 if header.version == 2 else 2
        counts = np.frombuffer(data.data[: rows * width], ">u4" if width == 4 else ">u2")
        wanted = rows * width + int(counts.sum()) if len(counts) == rows else rows * width
    if data.compression in (Compression.RAW, Compression.RLE) and len(data.data) < wanted:
        raise InputError("opening.merged-cut-short", name=name)
