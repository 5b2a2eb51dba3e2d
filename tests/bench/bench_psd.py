"""How fast PSDs are written, how large they get and what memory that takes, beside every other writer.

`python -m tests.bench.bench_psd` prints the tables of docs/benchmarks.md (half an hour); `--quick` leaves the largest
size out. `make bench` holds the ratios that are promised at the middle size.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.psd_writers import WRITERS

ROOT = Path(__file__).parents[2]
SIZES = {"8 x 1 MP": (8, 1024, 1024), "8 x 12 MP": (8, 4000, 3000), "20 x 24 MP": (20, 6000, 4000)}
RUNS = {"8 x 1 MP": 3, "8 x 12 MP": 3, "20 x 24 MP": 1}
MODULES = {"psd-tools": "psd_tools", "PhotoshopAPI": "photoshopapi", "psdparse": "psdparse"}
NO_ZIP = ("psdparse",)
# ImageMagick's usual limits end its write of the largest document half way.
TOO_LARGE = {("ImageMagick", "20 x 24 MP")}


@dataclass(frozen=True, slots=True)
class Took:
    """Medians of one writer's runs: seconds of wall and processor time, bytes of peak memory and of the file."""

    seconds: float
    cpu: float
    peak: float
    size: float


def available() -> list[str]:
    """The writers that are installed here."""
    programs = {"ag-psd": "node", "ImageMagick": "convert"}
    have = [w for w in WRITERS if w not in MODULES or importlib.util.find_spec(MODULES[w]) is not None]
    modules = Path(os.environ.get("UNFLATTEN_JS_MODULES", ROOT / "tests/export/node_modules")) / "ag-psd"
    have = [w for w in have if w not in programs or shutil.which(programs[w]) is not None]
    return [w for w in have if w != "ag-psd" or modules.is_dir()]


def once(writer: str, content: str, compression: str, size: str) -> Took | None:
    """One run in a process of its own; None where the writer failed."""
    count, width, height = SIZES[size]
    modules = os.environ.get("UNFLATTEN_JS_MODULES", str(ROOT / "tests/export/node_modules"))
    with tempfile.TemporaryDirectory() as folder:
        arguments = [writer, content, compression, str(count), str(width), str(height), folder]
        command = [sys.executable, "-m", "tests.bench.psd_writers", *arguments]
        environment = {**os.environ, "NODE_PATH": modules}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(f"{writer}: {done.stderr[-300:]}", file=sys.stderr)
        return None
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return Took(told["seconds"], told["cpu"], told["peak"], told["bytes"])


def measured(writers: list[str], content: str, compression: str, size: str, runs: int) -> dict[str, Took]:
    """Medians by writer; the writers take turns, so that a busy machine hits all alike."""
    rounds: dict[str, list[Took]] = {w: [] for w in writers}
    for _ in range(runs):
        for writer in writers:
            took = once(writer, content, compression, size)
            if took is not None:
                rounds[writer].append(took)
    return {
        writer: Took(*(statistics.median(getattr(t, field) for t in taken) for field in Took.__slots__))
        for writer, taken in rounds.items()
        if taken
    }


def table(content: str, compression: str, size: str, runs: int, among: list[str]) -> str:
    """A Markdown table of those writers among `among` that are installed and can write this."""
    writers = [
        w
        for w in available()
        if w in among and not (compression == "zip" and w in NO_ZIP) and (w, size) not in TOO_LARGE
    ]
    took = measured(writers, content, compression, size, runs)
    ours = took["Unflatten"]
    rows = [
        f"| {w} | {t.seconds:.2f} | {ours.seconds / t.seconds:.2f} | {t.cpu:.2f}"
        f" | {f'{t.peak / 1e6:.0f}' if t.peak else '-'} | {t.size / 1e6:.1f} |"
        for w, t in took.items()
    ]
    kind = "RLE" if compression == "rle" else "ZIP"
    head = [f"**{size}, {content}, {kind}** (median of {runs})", ""]
    head += ["| writer | s | ours / it | processor s | peak MB | file MB |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows, ""])


@pytest.mark.bench
@pytest.mark.parametrize("content", ["photo", "sparse"])
def test_ratios(content: str) -> None:
    size = "8 x 12 MP"
    count, width, height = SIZES[size]
    raw = count * width * height * 4
    for compression in ("rle", "zip"):
        writers = [w for w in ("Unflatten", "PhotoshopAPI", "psd-tools") if w in available()]
        took = measured(writers, content, compression, size, 3)
        ours, api = took["Unflatten"], took["PhotoshopAPI"]
        print(f"{content} {compression}: " + ", ".join(f"{w} {t.seconds:.2f} s" for w, t in took.items()))
        assert ours.seconds <= api.seconds * (1 if compression == "rle" else 0.5)
        assert ours.seconds <= took["psd-tools"].seconds * 0.15
        assert ours.peak <= max(1.2 * ours.size, 0.25 * raw)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--size", choices=SIZES)
    parser.add_argument("--writers", nargs="*", default=list(WRITERS))
    options = parser.parse_args()
    sizes = [options.size] if options.size else list(SIZES)[: 2 if options.quick else 3]
    for size in sizes:
        for content in ("photo", "sparse"):
            for compression in ("rle", "zip"):
                print(table(content, compression, size, options.runs or RUNS[size], options.writers), flush=True)


if __name__ == "__main__":
    main()
