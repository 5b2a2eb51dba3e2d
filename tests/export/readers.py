"""Other people's PSD readers, each turned into the same small result, so that one test can ask them all.

A reader that is not installed skips its tests by name.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from engine.document import Pixels

HERE = Path(__file__).parent
HOME = tempfile.TemporaryDirectory(prefix="unflatten-readers-")  # GIMP and Krita start faster the second time
JS_MODULES = Path(os.environ.get("UNFLATTEN_JS_MODULES", HERE / "node_modules"))


@dataclass
class Found:
    """One layer or group as a reader sees it. Fields that it does not tell are None."""

    name: str
    is_group: bool = False
    left: int = 0
    top: int = 0
    pixels: Pixels | None = None
    opacity: int | None = None
    visible: bool | None = None
    blend: str | None = None
    group: str | None = None


@dataclass
class Reading:
    """A file as a reader sees it: layers bottom to top, and its own merged picture (straight RGBA)."""

    layers: list[Found]
    composite: Pixels | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def named(self, name: str) -> Found:
        found = [x for x in self.layers if x.name == name]
        assert found, f"{name!r} is not among {[x.name for x in self.layers]}"
        return found[0]


def psd_tools(path: Path, _out: Path) -> Reading:
    from psd_tools import PSDImage

    psd = PSDImage.open(path)
    layers = []
    for node in psd.descendants():
        image = None if node.is_group() else node.topil(apply_icc=False)
        layers.append(
            Found(
                node.name,
                node.is_group(),
                node.left,
                node.top,
                None if image is None else np.asarray(image.convert("RGBA")),
                node.opacity,
                node.visible,
                node.blend_mode.name.lower().replace("_", "-"),
                node.parent.name if node.parent is not psd else None,
            )
        )
    few = len(layers) < 100  # its compositor is slow
    merged = np.asarray(psd.composite(force=True, apply_icc=False).convert("RGBA")) if few else None
    return Reading(layers, merged, {"psd": psd, "stored": np.asarray(psd.topil(apply_icc=False).convert("RGBA"))})


def psdparse(path: Path, _out: Path) -> Reading:
    import psdparse as library

    psd = library.PSDFile()
    assert psd.load(str(path))
    layers = []
    for index, layer in enumerate(psd.layers):
        kind = layer.layer_type.name
        if kind == "HIDDEN":
            continue
        found = Found(layer.name_unicode, kind == "FOLDER", layer.left, layer.top, None, layer.opacity)
        if kind != "FOLDER" and layer.width and layer.height:
            bgra = np.frombuffer(psd.layer_image(index, "image"), np.uint8)
            found.pixels = bgra.reshape(layer.height, layer.width, 4)[..., [2, 1, 0, 3]]
        layers.append(found)
    data, _ = psd.composite()
    merged = np.frombuffer(data, np.uint8).reshape(psd.header.height, psd.header.width, 4)[..., [2, 1, 0, 3]]
    return Reading(layers, merged, {"icc": bytes(psd.icc_profile or b"")})


def photoshop_api(path: Path, _out: Path) -> Reading:
    import photoshopapi

    psd = photoshopapi.LayeredFile.read(str(path))
    layers: list[Found] = []

    def walk(nodes: Any, group: str | None) -> None:
        for node in reversed(list(nodes)):
            is_group = type(node).__name__.startswith("Group")
            found = Found(node.name, is_group, opacity=round(node.opacity * 255), visible=node.is_visible, group=group)
            if is_group:
                walk(node.layers, node.name)
            else:
                w, h, planes = int(node.width), int(node.height), node.get_image_data()
                if w and h:
                    opaque = np.full((h, w), 255, np.uint8)
                    found.pixels = np.dstack(
                        [np.asarray(planes[i]).reshape(h, w) if i in planes else opaque for i in (0, 1, 2, -1)]
                    )
                found.left, found.top = round(node.center_x - w / 2), round(node.center_y - h / 2)
            layers.append(found)

    walk(psd.layers, None)
    return Reading(layers, None, {"dpi": psd.dpi, "icc": bytes(psd.icc)})


def ag_psd(path: Path, out: Path) -> Reading:
    script = HERE / "read_agpsd.js"
    _run(["node", str(script), str(path), str(out)], NODE_PATH=str(JS_MODULES))
    told = json.loads((out / "agpsd.json").read_text("utf-8"))
    layers = [
        Found(
            e["name"],
            e["isGroup"],
            e["left"],
            e["top"],
            _raw(out, e["file"], e["width"], e["height"]),
            e["opacity"],
            e["visible"],
            e["blend"].replace(" ", "-"),
            e["group"],
        )
        for e in told["layers"]
    ]
    return Reading(layers, _raw(out, "merged.raw", told["width"], told["height"]), told)


def gimp(path: Path, out: Path) -> Reading:
    script = re.sub(r"(?m)^;.*$", "", (HERE / "read_gimp.scm").read_text("utf-8"))
    call = f'(begin {script} (describe "{path}" "{out}"))'
    _run(
        ["gimp", "-i", "-d", "-f", "-b", call, "-b", "(gimp-quit 0)"],
        HOME=HOME.name,
        XDG_CONFIG_HOME=HOME.name,
        XDG_CACHE_HOME=HOME.name,
    )
    modes = {28: "normal", 30: "multiply", 61: "pass-through"}
    layers = []
    for line in (out / "gimp.txt").read_text("utf-8").splitlines():
        number, kind, left, top, opacity, mode, visible, parent, name = line.split("\t")
        file = out / f"layer-{number}.png"
        layers.append(
            Found(
                name,
                kind == "group",
                int(left),
                int(top),
                np.asarray(Image.open(file).convert("RGBA")) if file.exists() else None,
                round(float(opacity) * 2.55),
                visible == "1",
                modes.get(int(float(mode))),
                parent or None,
            )
        )
    return Reading(layers, np.asarray(Image.open(out / "merged.png").convert("RGBA")))


def krita(path: Path, out: Path) -> Reading:
    ora = out / "krita.ora"
    command = ["xvfb-run", "-a", "krita", str(path), "--export", "--export-filename", str(ora)]
    _run(command, HOME=HOME.name, XDG_CONFIG_HOME=HOME.name, XDG_RUNTIME_DIR=HOME.name, LC_ALL="C.UTF-8")
    return open_raster(ora)


def open_raster(path: Path) -> Reading:
    """An OpenRaster file, by its specification."""
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("stack.xml"))
        layers: list[Found] = []

        def walk(stack: Any, group: str | None) -> None:
            for element in reversed(list(stack)):
                told = element.attrib
                is_group = element.tag == "stack"
                image = None
                if told.get("src"):
                    with archive.open(told["src"]) as stream:
                        image = np.asarray(Image.open(stream).convert("RGBA"))
                found = Found(
                    told.get("name", ""),
                    is_group,
                    int(told.get("x", 0)),
                    int(told.get("y", 0)),
                    image,
                    round(float(told.get("opacity", 1)) * 255),
                    told.get("visibility", "visible") == "visible",
                    told.get("composite-op", "svg:src-over"),
                    group,
                )
                if is_group:
                    walk(element, found.name)
                layers.append(found)

        walk(root.find("stack"), None)
        with archive.open("mergedimage.png") as stream:
            merged = np.asarray(Image.open(stream).convert("RGBA"))
        return Reading(layers, merged, dict(root.attrib))


def image_magick(path: Path, out: Path) -> Reading:
    """Places and pixels; ImageMagick 6 knows no Unicode names, bakes opacity and drops groups' own records."""
    told = _run(["identify", "-format", "%s|%w|%h|%X|%Y\n", f"psd:{path}"])
    layers = []
    for line in told.strip().splitlines()[1:]:
        number, _width, _height, x, y = line.split("|")
        file = out / f"im-{number}.png"
        _run(["convert", f"psd:{path}[{number}]", "+repage", "-depth", "8", f"png32:{file}"])
        layers.append(Found("", False, int(x), int(y), np.asarray(Image.open(file).convert("RGBA"))))
    _run(["convert", f"psd:{path}[0]", "-depth", "8", f"png32:{out}/im.png"])
    return Reading(layers, np.asarray(Image.open(out / "im.png").convert("RGBA")))


def _raw(out: Path, name: str | None, width: int, height: int) -> Pixels | None:
    return None if not name else np.fromfile(out / name, np.uint8).reshape(height, width, 4)


def _run(command: list[str], **variables: str) -> str:
    """Run a program; its output. Fails the test with what it said where it fails or takes over two minutes."""
    done = subprocess.run(
        command,
        capture_output=True,
        timeout=120,
        env={**os.environ, **variables},
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace")[-600:]
        pytest.fail(f"{command[0]} ended with {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")


Reader = Callable[[Path, Path], Reading]

READERS: dict[str, Reader] = {
    "psd-tools": psd_tools,
    "psdparse": psdparse,
    "PhotoshopAPI": photoshop_api,
    "ag-psd": ag_psd,
    "GIMP": gimp,
    "Krita": krita,
    "ImageMagick": image_magick,
}


def missing(name: str) -> str | None:
    """Why that reader cannot run here, or None."""
    modules = {"psd-tools": "psd_tools", "psdparse": "psdparse", "PhotoshopAPI": "photoshopapi"}
    programs = {"GIMP": ["gimp"], "Krita": ["krita", "xvfb-run"], "ImageMagick": ["identify", "convert"]}
    if name in modules and importlib.util.find_spec(modules[name]) is None:
        return f"{name} is not installed"
    if name == "ag-psd" and (shutil.which("node") is None or not (JS_MODULES / "ag-psd").is_dir()):
        return "ag-psd is not installed (npm install ag-psd, with Node)"
    lacking = [p for p in programs.get(name, []) if shutil.which(p) is None]
    return f"{name} is not installed ({', '.join(lacking)})" if lacking else None


def read(name: str, path: Path) -> Reading:
    """The file as that reader sees it; skips the test where the reader is missing."""
    if reason := missing(name):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory() as folder:
        reading = READERS[name](path.resolve(), Path(folder))
        for layer in reading.layers:
            if layer.pixels is not None:
                layer.pixels = np.array(layer.pixels)
        return reading
