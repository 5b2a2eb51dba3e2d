"""How good the lift is and what it costs, against plain Lanczos upsampling of the same working layers.

`python -m tests.bench.bench_lift` prints the tables of docs/benchmarks.md; `--width 2000` makes a quick run of it, and
`--pictures docs/images` draws the crops there.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.decomposer import Lift, WorkingLayer, WorkingStack
from engine.document import Layer, LayerKind, Pixels
from engine.lifting.lift import Lifted, lift
from tests.bench.lift_designs import DESIGNS, TrueLayer, disturbed, flattened, rendered, visible_share

Floats = NDArray[np.float32]

WORKING_SIZES = ((640, 480), (1024, 752))
BAND = 16


@dataclass(slots=True)
class Errors:
    """Sums over a case: alpha in the bands around edges, and the colour of what is seen."""

    sad: float = 0.0
    gradient: float = 0.0
    colour: float = 0.0
    weight: float = 0.0

    def add(self, other: Errors) -> None:
        self.sad += other.sad
        self.gradient += other.gradient
        self.colour += other.colour
        self.weight += other.weight

    def ratios(self, baseline: Errors) -> tuple[float, float, float]:
        return (
            self.sad / baseline.sad,
            self.gradient / baseline.gradient,
            self.colour / baseline.colour,
        )


def slopes(alpha: Floats) -> tuple[Floats, Floats]:
    """Gaussian derivatives (sigma 1.4 px), as the usual matting benchmark takes them."""
    smooth = cv2.GaussianBlur(alpha, (0, 0), 1.4)
    across: NDArray[Any] = cv2.Sobel(smooth, -1, 1, 0, scale=0.125)
    down: NDArray[Any] = cv2.Sobel(smooth, -1, 0, 1, scale=0.125)
    return across, down


def edge_band(alpha: Pixels) -> NDArray[np.bool_]:
    """All within 16 px of an edge of the true matte; for a layer without edges, wherever it is soft."""
    step = cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 12
    if np.count_nonzero(step) < 200:
        return (alpha > 0) & (alpha < 255)
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND + 1, 2 * BAND + 1))
    return cv2.dilate(step.astype(np.uint8), reach) > 0


def layer_errors(true: TrueLayer, found: Pixels, share: Floats) -> Errors:
    out = Errors()
    true_alpha = true.pixels[..., 3]
    if not (true_alpha == 255).all():
        band = edge_band(true_alpha)
        a, b = (x.astype(np.float32) / 255 for x in (found[..., 3], true_alpha))
        out.sad = float(np.abs(a - b)[band].sum())
        (ax, ay), (bx, by) = slopes(a), slopes(b)
        out.gradient = float((np.hypot(ax, ay) - np.hypot(bx, by))[band].__pow__(2).sum())
    seen = share > 0.02
    off = np.abs(found[..., :3][seen].astype(np.float32) - true.pixels[..., :3][seen]).mean(axis=-1)
    out.colour = float((off * share[seen]).sum(dtype=np.float64))
    out.weight = float(share[seen].sum(dtype=np.float64))
    return out


def on_canvas(layer: Layer | None, shape: tuple[int, ...]) -> Pixels:
    out = np.zeros((*shape[:2], 4), np.uint8)
    if layer is not None:
        out[layer.top : layer.top + layer.height, layer.left : layer.left + layer.width] = layer.pixels
    return out


def errors_of(truth: Sequence[TrueLayer], lifted: Lifted, shares: Sequence[Floats]) -> dict[str, Errors]:
    by_name = {layer.name: layer for layer in lifted.layers}
    return {
        true.name: layer_errors(true, on_canvas(by_name.get(true.name), share.shape), share)
        for true, share in zip(truth, shares, strict=True)
    }


def total(errors: dict[str, Errors]) -> Errors:
    out = Errors()
    for part in errors.values():
        out.add(part)
    return out


def quality_table(width: int, names: Sequence[str], *, each_layer: bool = False) -> list[str]:
    height = width * 3 // 4
    rows = [
        (
            "| design | working px | alpha SAD | alpha gradient | visible colour "
            "| within 1/255 | max error | Lanczos within 1/255 | s |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        truth = rendered(name, width, height)
        original, shares = flattened(truth), visible_share(truth)
        for full_working in WORKING_SIZES:
            working = (full_working[0] * width // 4000, full_working[1] * width // 4000)
            stack = disturbed(truth, *working)
            plain = lift(original, stack, mode=Lift.NONE)
            start = time.perf_counter()
            ours = lift(original, stack)
            seconds = time.perf_counter() - start
            base, mine = errors_of(truth, plain, shares), errors_of(truth, ours, shares)
            sad, gradient, colour = total(mine).ratios(total(base))
            rows.append(
                f"| {name} | {working[0]} x {working[1]} | {sad:.2f} | {gradient:.2f} | {colour:.3f} "
                f"| {ours.recomposition.within_1:.4%} | {ours.recomposition.max_abs_error} "
                f"| {plain.recomposition.within_1:.1%} | {seconds:.1f} |"
            )
            print(rows[-1], flush=True)
            if each_layer:
                _print_layers(base, mine, ours.notes)
    return rows


def _print_layers(base: dict[str, Errors], mine: dict[str, Errors], notes: Sequence[str]) -> None:
    for key, b in base.items():
        m = mine[key]
        print(
            f"    {key:12} SAD {b.sad:9.0f} -> {m.sad:9.0f} ({m.sad / max(b.sad, 1):.2f})"
            f"  grad {b.gradient:8.0f} -> {m.gradient:8.0f} ({m.gradient / max(b.gradient, 1):.2f})"
            f"  colour {b.colour / max(b.weight, 1):6.2f} -> {m.colour / max(m.weight, 1):6.2f}"
        )
    for note in notes:
        print("    note:", note)


PICTURES = (
    ("portrait", "Hair", (1150, 830, 520, 360)),
    ("poster", "Lines", (2980, 2120, 520, 360)),
    ("glass", "Small type", (1030, 1250, 520, 160)),
)


def pictures(folder: Path) -> None:
    """Crops at 100 % of a layer on a new background: upsampled plainly, lifted, and as it was drawn."""
    for name, layer, (left, top, width, height) in PICTURES:
        truth = rendered(name, 4000, 3000)
        original, stack = flattened(truth), disturbed(truth, *WORKING_SIZES[0])
        found = []
        for mode in (Lift.NONE, Lift.FULL):
            lifted = lift(original, stack, mode=mode)
            found.append(on_canvas(next(x for x in lifted.layers if x.name == layer), original.shape))
        found.append(next(x.pixels for x in truth if x.name == layer))
        crops = [_on_green(pixels[top : top + height, left : left + width]) for pixels in found]
        gap = np.full((height, 8, 3), 255, np.uint8)
        row = np.hstack([crops[0], gap, crops[1], gap, crops[2]])
        path = folder / f"lift-{name}.png"
        cv2.imwrite(str(path), row[..., ::-1])
        print(path, flush=True)


def _on_green(pixels: Pixels) -> Pixels:
    alpha = pixels[..., 3:] / np.float32(255)
    return np.rint(pixels[..., :3] * alpha + np.array((96, 190, 120)) * (1 - alpha)).astype(np.uint8)


def prepare(width: int, file: Path) -> None:
    """The glass design at that width and its six working layers, for timing: the hardest one for the solve."""
    truth = rendered("glass", width, width * 3 // 4)
    stack = disturbed(truth, 1024, 768)
    np.savez(file, flattened(truth), *(layer.pixels for layer in stack.layers))


def timed(width: int) -> str:
    """One row of the speed table; drawn and lifted in processes of their own, so that the peak is the lift's."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "design.npz"
        command = [sys.executable, "-m", "tests.bench.bench_lift", "--time", str(width), "--prepare", str(file)]
        subprocess.run(command, check=True)
        with np.load(file) as data:
            original, *layers = (data[name] for name in data.files)
    kinds = [LayerKind.BACKGROUND] + [LayerKind.OBJECT] * (len(layers) - 1)
    stack = WorkingStack(1024, 768, tuple(WorkingLayer(p, kind=k) for p, k in zip(layers, kinds, strict=True)))
    # The peak that getrusage tells is the parent's where that one was larger; this starts a new count (Linux).
    Path("/proc/self/clear_refs").write_text("5")
    held = _resident()
    start, start_cpu = time.perf_counter(), time.process_time()
    lifted = lift(original, stack)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    peak = _peak()
    returned = sum(layer.pixels.nbytes for layer in lifted.layers) / 2**30
    above = max(0.0, peak - held - returned)
    megapixels = original.shape[0] * original.shape[1] / 1e6
    return (
        f"| {megapixels:.0f} MP x {len(stack.layers)} | {seconds:.1f} | {cpu:.1f} | {cpu / megapixels:.2f} "
        f"| {returned:.2f} | {above:.2f} | {lifted.recomposition.within_1:.4%} |"
    )


def _resident() -> float:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize() / 2**30


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def speed_table() -> None:
    print("\n| size | s | CPU s | CPU s per MP | layers GiB | peak above layers GiB | within 1/255 |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for width in (2000, 4000, 8000):
        subprocess.run([sys.executable, "-m", "tests.bench.bench_lift", "--time", str(width)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=4000, help="width of the designs; the working sizes scale with it")
    parser.add_argument("--only", choices=sorted(DESIGNS), action="append", help="only this design")
    parser.add_argument("--each-layer", action="store_true")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--time", type=int, metavar="WIDTH", help="print one row of the speed table")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write before/after crops there instead")
    options = parser.parse_args()
    if options.pictures:
        pictures(options.pictures)
        return
    if options.prepare:
        prepare(options.time, options.prepare)
        return
    if options.time:
        print(timed(options.time))
        return
    quality_table(options.width, options.only or list(DESIGNS), each_layer=options.each_layer)
    if not options.no_speed:
        speed_table()


if __name__ == "__main__":
    main()
