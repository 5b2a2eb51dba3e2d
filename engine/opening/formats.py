"""Which image files are read. No imports: the welcome page shows this before anything else is loaded."""

FORMATS: dict[str, tuple[str, ...]] = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif"),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "PSD": (".psd", ".psb"),
    "JPEG2000": (".jp2", ".j2k"),
    "TGA": (".tga",),
    "PPM": (".ppm", ".pgm", ".pbm"),
    "ICO": (".ico",),
}
"""Pillow's format names and the suffixes that people use for them."""

SUFFIXES: tuple[str, ...] = tuple(s for group in FORMATS.values() for s in group)
READABLE = "PNG, JPEG, WebP, AVIF, HEIC, TIFF, BMP, GIF, PSD, PSB or OpenRaster"
