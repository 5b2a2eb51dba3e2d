"""One PSD writer, one document, one fresh process: prints what the write took as JSON.

    python -m tests.bench.psd_writers WRITER CONTENT COMPRESSION LAYERS WIDTH HEIGHT FOLDER

Each writer gets the same interleaved RGBA layer, held once and used for every layer, as a program holds it. Time runs
from there to the finished file, without imports. PhotoshopAPI and ImageMagick take input their own way: planes, a file.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.document import Document, Layer, Pixels

FEATHER = 60


def content(kind: str, width: int, height: int) -> Pixels:
    """`photo`: slow colours with noise and a feathered edge; `sparse`: a soft ellipse on 5 % of a clear canvas."""
    rng = np.random.default_rng(0)
    out = np.zeros((height, width, 4), np.uint8)
    x = np.arange(width)
    for top in range(0, height, 128):
        y = np.arange(top, min(top + 128, height))[:, None]
        band = out[top : top + 128]
        if kind == "photo":
            slow = 128 + 100 * np.sin(x / 700) * np.cos(y / 500)
            noise = rng.normal(0, 6, (*band.shape[:2], 3))
            band[..., :3] = np.clip(slow[..., None] + noise, 0, 255)
            edge = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
            band[..., 3] = np.clip(edge * 255 / FEATHER + 1, 0, 255)
        else:
            radius = np.hypot((x - width / 2) / (width * 0.126), (y - height / 2) / (height * 0.126))
            alpha = np.clip((1 - radius) * 8, 0, 1) * 255
            band[...] = np.stack([x + 0 * y, y + 0 * x, 90 + 0 * (x + y), alpha], axis=-1).astype(np.uint8)
            band[band[..., 3] == 0] = 0
    return out


def unflatten(pixels: Pixels, count: int, compression: str, folder: Path) -> Callable[[], Path]:
    from export.registry import ExportOptions, export

    importlib.import_module("export.psd.writer")  # which the first export would do

    height, width = pixels.shape[:2]
    document = Document(width, height, tuple(Layer(pixels, name=f"L{i}") for i in range(count)))
    options = ExportOptions(compression="rle" if compression == "rle" else "zip")
    return lambda: export(document, folder / "ours.psd", "psd", options)[0]


def psd_tools(pixels: Pixels, count: int, compression: str, folder: Path) -> Callable[[], Path]:
    from PIL import Image
    from psd_tools import PSDImage
    from psd_tools.constants import Compression

    kind = Compression.RLE if compression == "rle" else Compression.ZIP_WITH_PREDICTION

    def write() -> Path:
        psd = PSDImage.new("RGBA", (pixels.shape[1], pixels.shape[0]), compression=Compression.RLE)
        image = Image.fromarray(pixels)
        for i in range(count):
            psd.create_pixel_layer(image, f"L{i}", compression=kind)
        psd.save(folder / "psd_tools.psd")
        return folder / "psd_tools.psd"

    return write


def photoshop_api(pixels: Pixels, count: int, compression: str, folder: Path) -> Callable[[], Path]:
    import photoshopapi as library

    height, width = pixels.shape[:2]

    def write() -> Path:
        # Any: its stubs take the property `compression`, which can only be set, for a method.
        file: Any = library.LayeredFile_8bit(library.enum.ColorMode.rgb, width, height)
        planes = {i: np.ascontiguousarray(pixels[..., i]) for i in (0, 1, 2)}
        planes[-1] = np.ascontiguousarray(pixels[..., 3])
        for i in range(count):
            at = {"pos_x": width / 2, "pos_y": height / 2}
            layer = library.ImageLayer_8bit(planes, layer_name=f"L{i}", width=width, height=height, **at)
            layer.fill = 1.0
            file.add_layer(layer)
        file.compression = getattr(library.enum.Compression, "rle" if compression == "rle" else "zipprediction")
        file.write(str(folder / "psapi.psd"), True)
        return folder / "psapi.psd"

    return write


def psdparse(pixels: Pixels, count: int, _compression: str, folder: Path) -> Callable[[], Path]:
    import psdparse as library

    height, width = pixels.shape[:2]

    def write() -> Path:
        psd = library.PSDFile()
        psd.create_blank(width, height)
        data = pixels[..., [2, 1, 0, 3]].tobytes()
        for i in range(count):
            psd.add_layer(f"L{i}", 0, 0, data, width, height)
        assert psd.save(str(folder / "psdparse.psd"))
        return folder / "psdparse.psd"

    return write


AG_PSD = """
const fs = require('fs'); const { writePsdBuffer } = require('ag-psd');
const [, , file, target, width, height, count, compress] = process.argv;
const w = Number(width), h = Number(height);
const image = { width: w, height: h, data: new Uint8ClampedArray(fs.readFileSync(file).buffer) };
const layer = (_, i) => ({ name: `L${i}`, left: 0, top: 0, imageData: image });
const children = Array.from({ length: Number(count) }, layer);
const start = process.hrtime.bigint();
const data = writePsdBuffer({ width: w, height: h, imageData: image, children },
  { noBackground: true, compress: compress === 'zip' });
fs.writeFileSync(target, data);
console.log(Number(process.hrtime.bigint() - start) / 1e9, process.resourceUsage().maxRSS);
"""


def ag_psd(pixels: Pixels, count: int, compression: str, folder: Path) -> Callable[[], Path]:
    raw, script = folder / "layer.raw", folder / "write.js"
    pixels.tofile(raw)
    script.write_text(AG_PSD)
    size = [str(pixels.shape[1]), str(pixels.shape[0]), str(count), compression]

    def write() -> Path:
        command = ["node", "--max-old-space-size=16000", str(script), str(raw), str(folder / "agpsd.psd"), *size]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, peak = done.stdout.split()
        (folder / "inner.json").write_text(json.dumps({"seconds": float(seconds), "peak": int(peak) << 10}))
        return folder / "agpsd.psd"

    return write


def image_magick(pixels: Pixels, count: int, compression: str, folder: Path) -> Callable[[], Path]:
    raw = folder / "layer.rgba"
    pixels.tofile(raw)
    size = f"{pixels.shape[1]}x{pixels.shape[0]}"
    inputs = ["-size", size, "-depth", "8", *[f"rgba:{raw}"] * (count + 1)]

    def write() -> Path:
        how = ["-compress", "RLE" if compression == "rle" else "Zip"]
        subprocess.run(["convert", *inputs, *how, str(folder / "im.psd")], check=True, capture_output=True)
        return folder / "im.psd"

    return write


WRITERS = {
    "Unflatten": unflatten,
    "psd-tools": psd_tools,
    "PhotoshopAPI": photoshop_api,
    "psdparse": psdparse,
    "ag-psd": ag_psd,
    "ImageMagick": image_magick,
}


def status(field: str) -> int:
    """A figure of /proc/self/status in bytes; 0 where there is none."""
    path = Path("/proc/self/status")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(field)), 0)


def main() -> None:
    name, kind, compression, count, width, height, folder = sys.argv[1:]
    pixels = content(kind, int(width), int(height))
    write = WRITERS[name](pixels, int(count), compression, Path(folder))
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    held, cpu, start = status("VmRSS"), sum(os.times()[:4]), time.perf_counter()
    path = write()
    seconds, cpu = time.perf_counter() - start, sum(os.times()[:4]) - cpu
    peak = max(0, status("VmHWM") - held)
    inner = Path(folder) / "inner.json"
    if inner.exists():
        told = json.loads(inner.read_text())
        seconds, peak = told["seconds"], told["peak"] - pixels.nbytes
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "bytes": path.stat().st_size}))


if __name__ == "__main__":
    main()
